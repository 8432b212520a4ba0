//! Replies that are the same for everybody: packed once, sent from one buffer, known by an ETag.

use std::borrow::Cow;
use std::io::Write;
use std::time::Duration;

use actix_web::http::header::{
    AcceptEncoding, CacheControl, CacheDirective, ContentEncoding, ETAG, Encoding, EntityTag, Header, IfNoneMatch, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::encoding::base64url;

/// A file, as it is and packed.
#[derive(Debug)]
pub struct Packed {
    kind: &'static str,
    plain: Bytes,
    /// None where packing gains nothing.
    gzip: Option<Bytes>,
    tag: String,
}

impl Packed {
    /// Packs a file of a media type.
    pub fn new(kind: &'static str, content: impl Into<Bytes>) -> Self {
        let plain = content.into();
        let gzip = gzip(&plain).ok().filter(|packed| packed.len() < plain.len()).map(Bytes::from);
        let hash = Sha256::digest(&plain);
        Self { kind, plain, gzip, tag: base64url(&hash[..12]) }
    }

    /// The file, or 304 where the caller has it. Without `fresh` it is asked for again each time,
    /// to hear whether it has changed.
    pub fn reply(&self, request: &HttpRequest, fresh: Option<Duration>) -> HttpResponse {
        let packed = self.gzip.as_ref().filter(|_| takes_gzip(request));
        // Each form is another sequence of bytes, so that it has another strong tag.
        let tag = match packed {
            Some(_) => Cow::Owned(format!("{}-gzip", self.tag)),
            None => Cow::Borrowed(self.tag.as_str()),
        };
        let cache = fresh.map_or(CacheDirective::NoCache, |time| {
            CacheDirective::MaxAge(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))
        });
        let mut response = if self.known(request) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((ETAG, EntityTag::new_strong(tag.into_owned())));
        response.insert_header(CacheControl(vec![cache])).insert_header((VARY, "Accept-Encoding"));
        if self.known(request) {
            return response.finish();
        }
        response.content_type(self.kind);
        match packed {
            Some(packed) => response.insert_header(ContentEncoding::Gzip).body(packed.clone()),
            None => response.insert_header(ContentEncoding::Identity).body(self.plain.clone()),
        }
    }

    fn known(&self, request: &HttpRequest) -> bool {
        match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => {
                let own = |tag: &EntityTag| tag.tag().strip_suffix("-gzip").unwrap_or(tag.tag()) == self.tag;
                tags.iter().any(own)
            }
            Err(_) => false,
        }
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let forms = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request).is_ok_and(|it| it.negotiate(forms.iter()) == Some(Encoding::gzip()))
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(plain)?;
    packer.finish()
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use actix_web::http::StatusCode;
    use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, IF_NONE_MATCH};
    use actix_web::test::TestRequest;

    use super::*;

    fn file() -> Packed {
        Packed::new("text/plain", "oboe ".repeat(1000))
    }

    #[test]
    fn each_reply_shares_one_buffer_packed_where_that_is_taken() {
        let file = file();
        let request = TestRequest::default().insert_header((ACCEPT_ENCODING, "gzip, br")).to_http_request();
        let reply = file.reply(&request, None);
        assert_eq!(reply.headers().get(CONTENT_ENCODING).unwrap(), "gzip");
        let body = reply.into_body().try_into_bytes().unwrap();
        assert_eq!(body.as_ptr(), file.gzip.as_ref().unwrap().as_ptr());
        for refused in ["identity", "gzip;q=0"] {
            let request = TestRequest::default().insert_header((ACCEPT_ENCODING, refused)).to_http_request();
            let body = file.reply(&request, None).into_body().try_into_bytes().unwrap();
            assert_eq!(body.as_ptr(), file.plain.as_ptr(), "{refused}");
        }
    }

    #[test]
    fn a_caller_that_has_it_in_either_form_is_sent_nothing() {
        let file = file();
        for accept in ["gzip", "identity"] {
            let request = || TestRequest::default().insert_header((ACCEPT_ENCODING, accept));
            let reply = file.reply(&request().to_http_request(), None);
            let tag = reply.headers().get(ETAG).unwrap().clone();
            let again = request().insert_header((IF_NONE_MATCH, tag.clone())).to_http_request();
            let again = file.reply(&again, None);
            assert_eq!((again.status(), again.headers().get(ETAG)), (StatusCode::NOT_MODIFIED, Some(&tag)));
            let other = request().insert_header((IF_NONE_MATCH, "\"other\"")).to_http_request();
            assert_eq!(file.reply(&other, None).status(), StatusCode::OK);
        }
    }
}
