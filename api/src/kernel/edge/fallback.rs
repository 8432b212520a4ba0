//! The answer where no handler fits: 404, or 405 with the methods that would.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, Responder, web};

use super::{docs, pages};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;

/// What is wrong with a request that no handler took, or whose path did not parse.
#[must_use]
pub fn unmatched(request: &HttpRequest) -> Problem {
    Problem::unmatched(request.method(), methods(request).as_deref())
}

/// The service where no other fits. Every known address tells what it takes.
pub async fn answer(request: HttpRequest) -> Result<impl Responder> {
    match methods(&request) {
        Some(methods) if request.method() == Method::OPTIONS => {
            Ok(HttpResponse::NoContent().insert_header((ALLOW, methods.join(", "))).finish())
        }
        _ => Err(unmatched(&request)),
    }
}

fn methods(request: &HttpRequest) -> Option<Vec<String>> {
    let state = request.app_data::<web::Data<State>>()?;
    let path = request.path();
    let page =
        || (pages::takes(path) || docs::takes(path)).then(|| ["GET", "HEAD", "OPTIONS"].map(str::to_owned).into());
    state.document.answered(path).or_else(page)
}
