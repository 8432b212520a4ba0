//! The headers that every reply has, and who of other origins may read it.

use std::net::IpAddr;

use actix_cors::Cors;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, LINK, LOCATION, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::uri::Authority;

use crate::kernel::base::prescribed::is_counted;
use crate::kernel::base::settings::Settings;

/// The number of the request, in and out.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nothing in JSON is to be run, framed or loaded.
const STRICT: &str = "default-src 'none'; frame-ancestors 'none'";
/// Our own pages load their own style sheet.
const PAGES: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                     form-action 'none'; frame-ancestors 'none'";
/// Swagger UI brings its scripts and calls the API; it writes styles into its elements.
const SWAGGER: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                       img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                       form-action 'none'; frame-ancestors 'none'";

/// The headers that every reply has, unless its handler set them.
pub fn set_headers(response: &mut HttpResponse, id: &str, kind: Kind, https: bool) {
    let error = response.status().is_client_error() || response.status().is_server_error();
    let html = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let policy = match kind {
        Kind::Swagger if !error => SWAGGER,
        _ if html => PAGES,
        _ => STRICT,
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, id);
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "identity") {
        // It told the layer of compression to leave the body alone, and says nothing else.
        headers.remove(CONTENT_ENCODING);
    }
    let mut unless_set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(REFERRER_POLICY, "no-referrer");
    unless_set(CONTENT_SECURITY_POLICY, policy);
    if https {
        unless_set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if error || kind == Kind::Api || kind == Kind::Probe {
        unless_set(CACHE_CONTROL, "no-store");
    }
}

/// What a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An operation of the API.
    Api,
    /// Requests of operators: health, version, metrics.
    Probe,
    /// Swagger UI and its files.
    Swagger,
    /// Pages.
    Other,
}

impl Kind {
    /// By the beginning of the path.
    pub fn of(path: &str) -> Self {
        if is_counted(path) {
            Self::Api
        } else if path.starts_with("/health/") || path == "/metrics" || path == "/version" {
            Self::Probe
        } else if path.starts_with("/docs/") {
            Self::Swagger
        } else {
            Self::Other
        }
    }
}

/// Which pages of other origins may call, and what they may read of a reply.
pub fn cors(settings: &Settings) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .allow_any_header()
        .expose_headers([
            CONTENT_DISPOSITION,
            ETAG,
            LINK,
            LOCATION,
            RETRY_AFTER,
            X_REQUEST_ID,
            HeaderName::from_static("x-total-count"),
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("idempotency-replayed"),
        ])
        .max_age(3600);
    for origin in &settings.cors_origins {
        // The API takes tokens and no cookies, so that "every origin" gives nothing away.
        cors = if origin.is_any() {
            cors.allow_any_origin().send_wildcard()
        } else {
            cors.allowed_origin(origin.as_str())
        };
    }
    if settings.demo {
        // Front ends are tried against the demo from a development server on the same machine.
        cors = cors.allowed_origin_fn(|origin, _| is_loopback(origin));
    }
    cors
}

/// Returns true if an origin is a page of this machine: `http://localhost:5173`, say.
fn is_loopback(origin: &HeaderValue) -> bool {
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    authority.and_then(|text| text.parse::<Authority>().ok()).is_some_and(|authority| {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_machine_are_loopback() {
        for origin in ["http://localhost:5173", "https://LOCALHOST", "http://127.0.0.1:3000", "http://[::1]:8000"] {
            assert!(is_loopback(&HeaderValue::from_static(origin)), "{origin}");
        }
        for origin in ["http://localhost.example", "http://10.0.0.1", "http://127.0.0.1.example", "null", "localhost"] {
            assert!(!is_loopback(&HeaderValue::from_static(origin)), "{origin}");
        }
    }
}
