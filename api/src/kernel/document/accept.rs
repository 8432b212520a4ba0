//! What a caller accepts.

use std::future::{Ready, ready};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, Accept, Header, HeaderValue, Quality};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpRequest};

use super::openapi::Document;
use crate::kernel::base::problem::{Code, Problem, Result};

/// Returns the quality of a media type: that of the range that is closest to it (RFC 9110, 12.5.1).
fn quality(accept: &Accept, (kind, subtype): (&str, &str)) -> Quality {
    let closest = accept.iter().filter_map(|range| {
        let nearness = match (range.item.type_().as_str(), range.item.subtype().as_str()) {
            (a, b) if a == kind && b == subtype => 3,
            (a, "*") if a == kind => 2,
            ("*", "*") => 1,
            _ => return None,
        };
        Some((nearness, range.quality))
    });
    closest.max_by_key(|(nearness, _)| *nearness).map_or(Quality::ZERO, |(_, quality)| quality)
}

/// Returns the form that the caller's `Accept` prefers. Among equals, and without the header, it is the first
/// form; `None` if the caller accepts none of them.
pub fn preferred<F>(
    request: &HttpRequest,
    forms: impl IntoIterator<Item = (F, (&'static str, &'static str))>,
) -> Option<F> {
    let mut forms = forms.into_iter();
    if request.headers().get(ACCEPT).is_none_or(HeaderValue::is_empty) {
        return forms.next().map(|(form, _)| form);
    }
    let accept = Accept::parse(request).ok()?;
    let mut best: Option<(Quality, F)> = None;
    for (form, media) in forms {
        let quality = quality(&accept, media);
        if quality > best.as_ref().map_or(Quality::ZERO, |(best, _)| *best) {
            best = Some((quality, form));
        }
    }
    best.map(|(_, form)| form)
}

/// A form in which an operation answers.
pub trait Form: Copy + 'static {
    /// All of them. The first is sent where the caller leaves the choice.
    const FORMS: &'static [Self];

    /// The media type, as type and subtype.
    fn media(self) -> (&'static str, &'static str);
}

entity::choice! {
    /// A form of what programs and people read.
    pub enum PageFormat {
        /// Data (`application/json`).
        Json = "json",
        /// To print, and to read in a browser (`text/html`).
        Html = "html",
    }
}

impl Form for PageFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Html => ("text", "html"),
        }
    }
}

/// The form that the caller's `Accept` likes best; none where it likes none of them.
pub struct Accepted<F>(Option<F>);

impl<F: Form> Accepted<F> {
    /// The form asked for by name, or else the one accepted.
    ///
    /// # Errors
    /// 406 when there is neither.
    pub fn or(self, named: Option<F>) -> Result<F> {
        named.or(self.0).ok_or_else(|| {
            let media = F::FORMS.iter().map(|form| form.media()).map(|(kind, subtype)| format!("{kind}/{subtype}"));
            let media = media.collect::<Vec<_>>().join(" or ");
            Problem::new(Code::NotAcceptable, format!("accept {media}, or name a form by `format`"))
        })
    }

    /// What a request accepts.
    pub fn of(request: &HttpRequest) -> Self {
        Self(preferred(request, F::FORMS.iter().map(|form| (*form, form.media()))))
    }
}

impl<F: Form> FromRequest for Accepted<F> {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

/// Refuses a request whose caller would not take the JSON that it is answered with, before
/// anything is done. An operation that gives other forms as well decides for itself.
///
/// # Errors
/// 406.
pub async fn require_acceptable<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if takes_json(&request) || gives_more(&request) {
        return next.call(request).await;
    }
    Err(Problem::new(Code::NotAcceptable, "accept application/json").into())
}

fn takes_json(request: &ServiceRequest) -> bool {
    if request.headers().get(ACCEPT).is_none_or(HeaderValue::is_empty) {
        return true;
    }
    let accept = Accept::parse(request);
    accept.is_ok_and(|accept| quality(&accept, ("application", "json")) > Quality::ZERO)
}

fn gives_more(request: &ServiceRequest) -> bool {
    let document = request.app_data::<Document>();
    document.is_some_and(|document| document.gives_more(request.method().as_str(), request.path()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Format {
        Json,
        Csv,
        Html,
    }

    impl Form for Format {
        const FORMS: &'static [Self] = &[Self::Json, Self::Csv, Self::Html];

        fn media(self) -> (&'static str, &'static str) {
            match self {
                Self::Json => ("application", "json"),
                Self::Csv => ("text", "csv"),
                Self::Html => ("text", "html"),
            }
        }
    }

    fn preferred(accept: &str) -> Option<Format> {
        Accepted::of(&TestRequest::get().insert_header((ACCEPT, accept)).to_http_request()).0
    }

    #[test]
    fn the_preferred_form_is_sent() {
        for (accept, format) in [
            ("", Some(Format::Json)),
            ("*/*", Some(Format::Json)),
            ("application/*", Some(Format::Json)),
            ("text/csv", Some(Format::Csv)),
            ("text/*", Some(Format::Csv)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Format::Html)),
            ("application/json;q=0.5, text/html;q=0.7", Some(Format::Html)),
            ("application/json;q=0, */*", Some(Format::Csv)),
            ("application/pdf", None),
            ("application/json;q=0", None),
            ("%%%", None),
        ] {
            assert_eq!(preferred(accept), format, "{accept}");
        }
        assert_eq!(Accepted::of(&TestRequest::get().to_http_request()).0, Some(Format::Json));
    }

    #[test]
    fn a_named_form_wins_and_none_is_refused() {
        assert_eq!(Accepted(None).or(Some(Format::Csv)).unwrap(), Format::Csv);
        assert_eq!(Accepted(Some(Format::Html)).or(None).unwrap(), Format::Html);
        assert_eq!(Accepted::<Format>(None).or(None).unwrap_err().code(), Code::NotAcceptable);
    }
}
