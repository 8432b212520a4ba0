//! What a caller accepts.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, Accept, Header, HeaderValue, Quality};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest};

use super::openapi::Document;
use crate::kernel::base::problem::{Code, Problem};

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
