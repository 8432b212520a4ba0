//! The gate in front of the API.

use std::future::{Ready, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};

use super::Authenticated;
use crate::kernel::problem::{Code, Problem, Result};
use crate::kernel::state::State;

/// Where tokens are had, so that none is asked for.
const OPEN: &str = "/api/v1/auth/";

/// What the owner of a password that somebody else set may reach.
const OWN_PASSWORD: [&str; 2] = ["/api/v1/me", "/api/v1/me/password"];

/// Lets a request pass that carries a valid token, before any of its body is read: 401 without
/// one, 403 `password-change-required` while a password has to be changed, 503 when the database cannot say.
///
/// A refusal is a reply and not an error, so that the layers around add their headers to it and
/// count it.
///
/// # Errors
/// Those of the layers within.
pub async fn require_token<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match admit(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(problem) => Ok(request.error_response(problem).map_into_right_body()),
    }
}

/// Finds out who is calling, where that has to be known.
async fn admit(request: &ServiceRequest) -> Result<()> {
    if request.path().starts_with(OPEN) {
        return Ok(());
    }
    let state = request.app_data::<web::Data<State>>().cloned();
    let state = state.ok_or_else(|| Problem::internal("the App has no state"))?;
    let caller = state.auth.authenticator.authenticate(request.headers()).await?;
    if caller.must_change_password && !OWN_PASSWORD.contains(&request.path()) {
        let detail = "your password was set by somebody else: change it at POST /api/v1/me/password";
        return Err(Problem::new(Code::PasswordChangeRequired, detail));
    }
    request.extensions_mut().insert(caller.identity.clone());
    request.extensions_mut().insert(caller);
    Ok(())
}

/// A caller with a valid token, whatever its scopes: for what concerns nobody but the caller.
pub struct SignedIn(pub Authenticated);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Authenticated>().cloned();
        ready(caller.map(Self).ok_or_else(|| {
            Problem::new(Code::Unauthenticated, Code::Unauthenticated.mend())
                .header(actix_web::http::header::WWW_AUTHENTICATE, "Bearer realm=\"smep\"")
        }))
    }
}
