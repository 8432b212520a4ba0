//! What is read of a request once, and kept beside it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{IF_MATCH, IF_NONE_MATCH};
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

use super::condition::{self, ETags};
use super::pairs;
use super::problem::{Result, request_id};

/// What the kernel needs of the request after its handler has begun.
#[derive(Debug, Default)]
pub struct RequestMeta {
    /// The request's number.
    pub id: String,
    /// Method and address, to which an `Idempotency-Key` is bound.
    pub route: String,
    /// The `Idempotency-Key`, if one was sent with a POST.
    pub idempotency_key: Option<String>,
    /// The hub that keeps the record of the key, where it is not the one that is written to.
    pub key_hub_id: Option<Uuid>,
    /// The `If-Match` header, if one was sent with a request that changes something.
    pub if_match: Option<ETags>,
    /// The `If-None-Match` header, if one was sent with a request that changes something.
    pub if_none_match: Option<ETags>,
    /// What the query of a change asks to embed in the reply, by `expand`.
    pub expand: Vec<String>,
    /// True if the query says `confirm=self`: the caller means to take away its own access.
    pub confirms_self: bool,
    /// SHA-256 of the body, set when it has been read.
    pub body_digest: OnceLock<[u8; 32]>,
}

impl RequestMeta {
    /// That of a request, made once and kept in its extensions.
    ///
    /// # Errors
    /// 400 for a header that cannot be read.
    pub fn of(request: &HttpRequest) -> Result<Arc<Self>> {
        if let Some(meta) = request.extensions().get::<Arc<Self>>() {
            return Ok(meta.clone());
        }
        let (method, headers) = (request.method(), request.headers());
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let meta = Arc::new(Self {
            id: request_id(request),
            route: format!("{method} {}", address(request)),
            idempotency_key: if *method == Method::POST { condition::idempotency_key(headers)? } else { None },
            key_hub_id: None,
            if_match: if reads { None } else { ETags::of(headers, &IF_MATCH)? },
            if_none_match: if reads { None } else { ETags::of(headers, &IF_NONE_MATCH)? },
            expand: if reads { Vec::new() } else { expand_of(request.query_string()) },
            confirms_self: request.query_string().split('&').any(|pair| pair == "confirm=self"),
            body_digest: OnceLock::new(),
        });
        request.extensions_mut().insert(meta.clone());
        Ok(meta)
    }
}

/// The names that a query asks to embed.
fn expand_of(query: &str) -> Vec<String> {
    let pairs = pairs::read(query, &mut Vec::new()).into_iter().filter(|(name, _)| name == "expand");
    let names = pairs.flat_map(|(_, names)| names.split(',').map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty()).collect()
}

/// The path, and the query where there is one: both say what is asked.
fn address(request: &HttpRequest) -> Cow<'_, str> {
    match request.query_string() {
        "" => request.path().into(),
        query => format!("{}?{query}", request.path()).into(),
    }
}

/// The path by which a route is found, in which what needs no escape is not escaped: `/%61pi/` is
/// `/api/`.
#[must_use]
pub fn route_path(request: &ServiceRequest) -> &str {
    request.match_info().as_str()
}
