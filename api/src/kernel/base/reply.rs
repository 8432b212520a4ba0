//! What a handler answers.

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::condition::ETags;
use super::encoding::base64url;
use super::problem::{Problem, Result};

/// A reply that can be recorded and given again.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Headers beside the content's.
    pub headers: Vec<(HeaderName, String)>,
    /// The body with its type.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// True if it holds a secret, so that no record of it may be kept.
    pub secret: bool,
}

/// In the extensions of a request that asks for the head of a reply alone, though its handler is
/// that of GET: a body that costs much need not be made.
#[derive(Clone, Copy, Debug)]
pub struct HeadOnly;

/// The type of most bodies.
pub const JSON: &str = "application/json";

impl Reply {
    /// A reply with no body.
    #[must_use]
    pub const fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None, secret: false }
    }

    /// A reply with a JSON body.
    ///
    /// # Errors
    /// 500 when the value is no JSON.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Problem::internal)?;
        Ok(Self { status, ..Self::written(body) })
    }

    /// 200 with a body that was written as JSON.
    #[must_use]
    pub fn written(json: Vec<u8>) -> Self {
        Self { body: Some((JSON, json)), ..Self::empty(StatusCode::OK) }
    }

    /// 200 with a JSON body.
    ///
    /// # Errors
    /// 500 when the value is no JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self> {
        Self::json(StatusCode::OK, body)
    }

    /// Adds a field to a body that is a JSON object. Without such a body there is nothing to add it to.
    ///
    /// # Errors
    /// 500 when the value is no JSON.
    pub fn and_field(mut self, name: &str, value: &impl Serialize) -> Result<Self> {
        let Some((JSON, body)) = &mut self.body else { return Ok(self) };
        let mut object: serde_json::Map<String, Value> = serde_json::from_slice(body).map_err(Problem::internal)?;
        object.insert(name.to_owned(), serde_json::to_value(value).map_err(Problem::internal)?);
        *body = serde_json::to_vec(&object).map_err(Problem::internal)?;
        Ok(self)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds the ETag of a plain stored item.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        self.with(header::ETAG, format!("\"{version}\""))
    }

    /// Adds the ETag of an item with more in it than what is stored: the version and a hash of
    /// the whole reply.
    #[must_use]
    pub fn version_and_hash(self, version: i64) -> Self {
        let body = self.body.as_ref().map_or(&[][..], |(_, body)| body);
        let hash = base64url(&Sha256::digest(body)[..9]);
        self.with(header::ETAG, format!("\"{version}-{hash}\""))
    }

    /// Marks the reply as holding a secret, which is shown this once.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Returns true if the caller has this very reply already.
    fn known_to(&self, request: &HttpRequest) -> bool {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let etag = self.headers.iter().find(|(name, _)| name == header::ETAG);
        // One that cannot be read spares nothing: the caller gets the whole reply, which does no harm.
        let sent = ETags::of(request.headers(), &header::IF_NONE_MATCH).ok().flatten();
        let (true, Some((_, etag)), Some(sent)) = (reads, etag, sent) else { return false };
        sent.names_reply(etag)
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let known = self.status == StatusCode::OK && self.known_to(request);
        let status = if known { StatusCode::NOT_MODIFIED } else { self.status };
        let mut reply = HttpResponse::build(status);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                reply.append_header((name, value));
            }
        }
        match self.body {
            Some((kind, body)) if !known => reply.insert_header((header::CONTENT_TYPE, kind)).body(body),
            _ => reply.finish(),
        }
    }
}
