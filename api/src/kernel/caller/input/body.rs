//! Reading a body: its type, its size, and how long it may take.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::request::RequestMeta;
use crate::kernel::base::task;

/// How large a body may be and how long it may take. The App keeps it as `app_data`.
#[derive(Debug, Clone)]
pub struct Limits {
    bytes: usize,
    pub(super) upload: usize,
    pub(super) time: Duration,
    own: BTreeMap<String, usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(1 << 20, Duration::from_secs(30))
    }
}

impl Limits {
    /// At most `bytes` for any body, all of it within `time` of the handler's start.
    #[must_use]
    pub fn new(bytes: usize, time: Duration) -> Self {
        Self { bytes, upload: bytes, time, own: BTreeMap::new() }
    }

    /// Files may have so many bytes, and take any time as long as they do not stall.
    #[must_use]
    pub fn for_uploads(self, bytes: usize) -> Self {
        Self { upload: bytes, ..self }
    }

    /// Bodies of the form `T` have a limit of their own (a whole plan in one request, say).
    #[must_use]
    pub fn for_body<T: ToSchema>(mut self, bytes: usize) -> Self {
        self.own.insert(T::name().into_owned(), bytes);
        self
    }

    fn bytes_of(&self, form: &str) -> usize {
        self.own.get(form).copied().unwrap_or(self.bytes)
    }

    pub(super) fn of(request: &HttpRequest) -> Self {
        request.app_data::<Self>().cloned().unwrap_or_default()
    }
}

/// A body that has arrived.
pub(super) struct Body {
    pub bytes: Bytes,
    /// Which of the accepted types it is of.
    pub media_type: &'static str,
}

/// How long the rest of a refused body is held: well over the time that sending the reply takes.
const HOLD: Duration = Duration::from_secs(2);

/// Reads a body of one of the types in `accepted` for the form of this name.
pub(super) async fn read(
    form: &str,
    request: &HttpRequest,
    payload: Payload,
    accepted: &[&'static str],
) -> Result<Body> {
    let limits = Limits::of(request);
    read_within(&limits, limits.bytes_of(form), request, payload, accepted).await
}

/// Reads a body that may have as many bytes as given, or the ordinary limit if that is higher.
pub(super) async fn read_large(
    bytes: usize,
    request: &HttpRequest,
    payload: Payload,
    accepted: &[&'static str],
) -> Result<Body> {
    let limits = Limits::of(request);
    read_within(&limits, bytes.max(limits.bytes), request, payload, accepted).await
}

async fn read_within(
    limits: &Limits,
    bytes: usize,
    request: &HttpRequest,
    mut payload: Payload,
    accepted: &[&'static str],
) -> Result<Body> {
    let read = read_to_the_end(limits, bytes, request, &mut payload, accepted).await;
    if read.is_err() {
        hold(payload);
    }
    read
}

/// The server closes the connection after a reply while somebody holds the unread rest of the body.
/// A chunked one that nobody holds it reads to its end, which may never come.
pub(super) fn hold(rest: impl Sized + 'static) {
    task::spawn(async move {
        tokio::time::sleep(HOLD).await;
        drop(rest);
    });
}

async fn read_to_the_end(
    limits: &Limits,
    bytes: usize,
    request: &HttpRequest,
    payload: &mut Payload,
    accepted: &[&'static str],
) -> Result<Body> {
    let media_type = media_type(request, accepted)?;
    let bytes = tokio::time::timeout(limits.time, collect(request, payload, bytes))
        .await
        .map_err(|_| too_slow(limits.time))??;
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    // The first body counts, and a request has no second one.
    let _ = RequestMeta::of(request)?.body_digest.set(digest);
    Ok(Body { bytes, media_type })
}

async fn collect(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes> {
    let declared = declared(request);
    // Refused before a byte of it is read.
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut bytes = BytesMut::with_capacity(declared.unwrap_or(0));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unread(&error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// How long the body is, as its sender says.
pub(super) fn declared(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(super) fn unread(error: &impl std::fmt::Display) -> Problem {
    Problem::new(Code::BadRequest, format!("cannot read the body to its end: {error}"))
}

pub(super) fn too_large(limit: usize) -> Problem {
    Problem::new(Code::TooLarge, format!("the body is too large: send at most {limit} bytes"))
}

pub(super) fn too_slow(time: Duration) -> Problem {
    let seconds = time.as_secs_f64();
    Problem::new(Code::Timeout, format!("the body must arrive within {seconds} seconds"))
}

pub(super) fn media_type(request: &HttpRequest, accepted: &[&'static str]) -> Result<&'static str> {
    let refuse = |why: &str| {
        let detail = format!("{why}; send {}", accepted.join(" or "));
        Err(Problem::new(Code::UnsupportedMediaType, detail))
    };
    if let Some(coding) = request.headers().get(CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return refuse("a Content-Encoding is not supported");
    }
    let Some(given) = request.headers().get(CONTENT_TYPE) else {
        return refuse("the Content-Type is missing");
    };
    let Ok(given) = given.to_str() else {
        return refuse("the Content-Type is not readable");
    };
    let mut parts = given.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let Some(media_type) = accepted.iter().find(|known| known.eq_ignore_ascii_case(essence)) else {
        return refuse("the Content-Type is not supported");
    };
    // What a table says about its own encoding is often wrong: its reader finds out.
    if *media_type == "text/csv" {
        return Ok(media_type);
    }
    for parameter in parts {
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("charset")
            && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        {
            return refuse("the charset is not utf-8");
        }
    }
    Ok(media_type)
}
