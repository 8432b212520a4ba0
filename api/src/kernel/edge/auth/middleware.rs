//! The gate in front of the API.

use std::future::{Ready, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};

use super::Authenticated;
use crate::kernel::base::prescribed::is_prescribed;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::request::route_path;
use crate::kernel::caller::state::State;
use crate::kernel::document::openapi::API;

/// The addresses that give tokens, which need none.
const OPEN: &str = "/api/v1/auth/";

/// What the owner of a password that somebody else set may reach.
const OWN_PASSWORD: [&str; 2] = ["/api/v1/me", "/api/v1/me/password"];

/// What the token of a request came to.
pub struct Identified(pub Result<Authenticated>);

/// Finds out who is calling, before requests are counted and before any of the body is read.
///
/// # Errors
/// When a layer within fails.
pub async fn identify<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    if needs_token(&request) {
        let identified = identified(&request).await;
        request.extensions_mut().insert(identified);
    }
    next.call(request).await
}

/// Lets a request pass that carries a valid token: 401 without one, 403 while a password has to be
/// changed, 503 when the database cannot say.
///
/// A refusal is a reply and not an error, so that the layers around add their headers to it.
///
/// # Errors
/// When a layer within fails.
pub async fn require_token<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match admit(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(problem) => Ok(request.error_response(problem).map_into_right_body()),
    }
}

fn needs_token(request: &ServiceRequest) -> bool {
    let path = route_path(request);
    is_prescribed(path) || path.starts_with(API) && !path.starts_with(OPEN)
}

async fn identified(request: &ServiceRequest) -> Identified {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Identified(Err(Problem::internal("the App has no state")));
    };
    Identified(state.auth().authenticator.authenticate(request.headers()).await)
}

fn admit(request: &ServiceRequest) -> Result<()> {
    if !needs_token(request) {
        return Ok(());
    }
    let identified = request.extensions_mut().remove::<Identified>();
    let Identified(caller) = identified.ok_or_else(|| Problem::internal("nobody was identified"))?;
    let caller = caller?;
    if caller.must_change_password && !OWN_PASSWORD.contains(&request.path()) {
        let detail = "your password was set by somebody else: change it at POST /api/v1/me/password";
        return Err(Problem::new(Code::PasswordChangeRequired, detail));
    }
    request.extensions_mut().insert(caller.identity.clone());
    request.extensions_mut().insert(caller);
    Ok(())
}

/// A caller with a valid token and any scopes: for what concerns nobody but the caller.
pub struct SignedIn(pub Authenticated);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Authenticated>().cloned();
        ready(caller.map(Self).ok_or_else(|| {
            Problem::new(Code::Unauthenticated, Code::Unauthenticated.fix())
                .header(actix_web::http::header::WWW_AUTHENTICATE, "Bearer realm=\"smep\"")
        }))
    }
}
