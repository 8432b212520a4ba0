//! What happens around every handler: the request's number, the log line, errors in one form,
//! the security headers.

mod headers;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_cors::CorsError;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ContentEncoding, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use futures_util::FutureExt;
use tracing::{Instrument, Span};
use uuid::Uuid;

pub use self::headers::cors;
use self::headers::{Kind, X_REQUEST_ID, set_headers};
use super::metrics;
use super::pace::{Pace, PaceLimits};
use super::pages::{self, Layout};
use crate::kernel::base::connection::{self, Answering};
use crate::kernel::base::prescribed::{self, is_prescribed};
use crate::kernel::base::problem::{Code, Problem, RequestId};
use crate::kernel::base::reply::HeadOnly;
use crate::kernel::caller::state::State;
use crate::kernel::database::db::limit;

/// A body is handed on in pieces of at most this size: the connection takes the next one when its
/// client has made room, so that it never holds more than two.
const PIECE: usize = 32 << 10;

/// Bodies below this size are sent as they are: packing them costs more than it saves.
const WORTH_PACKING: u64 = 1024;

/// The outermost layer.
pub async fn request_context<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Framed>, Error> {
    let answering = connection::answering(&request);
    let id = number(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    if method == Method::HEAD {
        // HEAD is answered by the handler of GET; the connection leaves out the body, since it
        // remembers how it was asked.
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(HeadOnly);
    }
    let kind = Kind::of(request.path());
    let page = kind == Kind::Other && pages::prefers_page(request.request());
    let page = page.then(|| Layout::of(request.request()));
    let prescribed = is_prescribed(request.path());
    let state = request.app_data::<Data<State>>().cloned();
    let https = state.as_ref().is_some_and(|state| state.settings.public_https());
    let base = || state.as_ref().map_or("", |state| state.settings.public_base());
    let limits = state.as_ref().map(|state| PaceLimits::new(&state.settings));
    let span = tracing::info_span!("request", id);
    let mut finish = Finish {
        method,
        route: None,
        status: StatusCode::INTERNAL_SERVER_ERROR,
        quiet: kind == Kind::Probe,
        start: Instant::now(),
        span: span.clone(),
        answering,
    };
    let form = |page| {
        if prescribed { ErrorForm::Prescribed } else { ErrorForm::Problem { id: &id, base: base(), page } }
    };
    metrics::begin();
    let answer = AssertUnwindSafe(limit::request(next.call(request))).catch_unwind().instrument(span.clone()).await;
    let _in_span = span.enter();
    match answer {
        Ok(Ok(response)) => {
            finish.route = route(response.request(), state.as_ref());
            let (request, response) = response.into_parts();
            let mut response = uniform(response, form(page));
            set_headers(&mut response, &id, kind, https);
            finish.status = response.status();
            // The connection would read the body of a reply to HEAD to its end, to send nothing.
            let unread = finish.method == Method::HEAD;
            let response = response.map_body(|_, body| {
                let body = if unread { BoxBody::new(Unread(body.size())) } else { body };
                let pace = finish.answering.take().zip(limits).map(|(answering, limits)| Pace::new(answering, limits));
                Framed { body, rest: Bytes::new(), pace, _finish: finish }
            });
            Ok(ServiceResponse::new(request, response))
        }
        // A layer gave up on the request, or a handler panicked: the request is gone, so that
        // the reply has to travel as an error.
        Ok(Err(error)) => Err(last_resort(&told(&error), form(None), &id, kind, https, finish)),
        Err(panic) => {
            let cause =
                panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            let problem = Problem::internal(cause.unwrap_or("a handler panicked"));
            Err(last_resort(&problem, form(None), &id, kind, https, finish))
        }
    }
}

/// The pattern of the address that was asked for.
fn route(request: &HttpRequest, state: Option<&Data<State>>) -> Option<Arc<str>> {
    let known = state.and_then(|state| state.document.template(request.match_info().as_str()));
    known.or_else(|| request.match_pattern().map(Into::into))
}

/// The innermost layer: marks small bodies, for the layer that compresses.
pub async fn leave_small<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let small = matches!(response.response().body().size(), BodySize::Sized(size) if size < WORTH_PACKING);
    if small && !response.headers().contains_key(CONTENT_ENCODING) {
        let identity = HeaderValue::from_static(ContentEncoding::Identity.as_str());
        response.headers_mut().insert(CONTENT_ENCODING, identity);
    }
    Ok(response)
}

/// A problem as it is sent where there is no request to answer; the connection closes after it.
pub(super) fn bytes_of(problem: &Problem, base: &str, https: bool) -> Vec<u8> {
    let id = Uuid::now_v7().to_string();
    let mut response = problem.response(&id, base);
    set_headers(&mut response, &id, Kind::Other, https);
    let status = response.status();
    tracing::info!(id, status = status.as_u16(), "answered what is no HTTP");
    let mut bytes = format!("HTTP/1.1 {status}\r\nconnection: close\r\n").into_bytes();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

fn last_resort(problem: &Problem, form: ErrorForm<'_>, id: &str, kind: Kind, https: bool, mut finish: Finish) -> Error {
    let mut response = form.reply(problem);
    set_headers(&mut response, id, kind, https);
    finish.status = response.status();
    InternalError::from_response(problem.clone(), response).into()
}

/// The caller's number for the request if it is a plain one, else a new one.
fn number(headers: &HeaderMap) -> String {
    headers
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=64).contains(&id.len()))
        .filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The form of the errors at an address.
enum ErrorForm<'a> {
    /// As `application/problem+json`, with the request's number and its kind below the base, or as a page for a browser
    /// that went astray.
    Problem { id: &'a str, base: &'a str, page: Option<Layout> },
    /// As the standard has it that prescribes the address.
    Prescribed,
}

impl ErrorForm<'_> {
    fn reply(self, problem: &Problem) -> HttpResponse {
        match self {
            Self::Prescribed => prescribed::response(problem),
            Self::Problem { id, base, page } => {
                let reply = problem.response(id, base);
                match page {
                    Some(layout) => pages::as_page(layout, problem, id, reply),
                    None => reply,
                }
            }
        }
    }
}

/// Every error in the form of its address.
fn uniform<B: MessageBody + 'static>(response: HttpResponse<B>, form: ErrorForm<'_>) -> HttpResponse {
    let status = response.status();
    let ours = |response: &HttpResponse<B>| {
        let kind = response.headers().get(CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
    };
    let problem = match response.error() {
        Some(error) => told(error),
        None if status.is_client_error() || status.is_server_error() => {
            if ours(&response) {
                return response.map_into_boxed_body();
            }
            Problem::from_actix(&InternalError::new("an empty error reply", status).into())
        }
        None => return response.map_into_boxed_body(),
    };
    let mut reply = form.reply(&problem);
    // What inner layers added (CORS, rate limits) stays; what described the old body does not.
    for (name, value) in response.headers() {
        let of_body = [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, TRANSFER_ENCODING].contains(name);
        if !of_body && !problem_has(&reply, name) {
            reply.headers_mut().append(name.clone(), value.clone());
        }
    }
    reply
}

/// The problem behind an error of a handler or a layer.
fn told(error: &Error) -> Problem {
    match error.as_error::<CorsError>() {
        Some(error) => {
            let detail = format!("{error}: SMEP_CORS_ORIGINS names the origins that may call");
            Problem::new(Code::BadRequest, detail)
        }
        None => Problem::from_actix(error),
    }
}

fn problem_has(reply: &HttpResponse, name: &HeaderName) -> bool {
    // Vary is a list that each layer adds to; all else is said once.
    *name != VARY && reply.headers().contains_key(name)
}

/// The body of a reply, no faster and no slower than its client may take it. When its last byte is
/// on its way, the request is done.
#[derive(Debug)]
pub struct Framed {
    body: BoxBody,
    /// What is left of a part that was larger than a piece.
    rest: Bytes,
    pace: Option<Pace>,
    _finish: Finish,
}

impl MessageBody for Framed {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.pace.as_mut().is_some_and(|pace| !pace.taken()) {
            return Poll::Ready(Some(Err("the client is too slow".into())));
        }
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(part)) => this.rest = part,
                end => return Poll::Ready(end),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        if let Some(pace) = &mut this.pace {
            pace.offer(piece.len());
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

/// A body of which only the size is known.
#[derive(Debug)]
struct Unread(BodySize);

impl MessageBody for Unread {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// Writes the log line and the metrics when a request is done or its client has left.
#[derive(Debug)]
struct Finish {
    method: Method,
    /// The pattern, since a path may hold personal data.
    route: Option<Arc<str>>,
    status: StatusCode,
    quiet: bool,
    start: Instant,
    span: Span,
    answering: Option<Answering>,
}

impl Drop for Finish {
    fn drop(&mut self) {
        let _in_span = self.span.enter();
        let took = self.start.elapsed();
        let route = self.route.as_deref().unwrap_or("none");
        let method = self.method.as_str();
        let status = self.status.as_u16();
        let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
        if self.quiet {
            tracing::debug!(method, route, status, ms, "answered");
        } else {
            tracing::info!(method, route, status, ms, "answered");
        }
        metrics::end(&self.method, self.route.as_ref(), status, took);
    }
}
