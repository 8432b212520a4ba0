//! What stands at which address: metrics, Swagger UI and the API document may have a listener of
//! their own, or be switched off.

use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::docs;
use super::problem::Problem;
use super::state::State;

/// What is not for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// `/metrics`.
    Metrics,
    /// Swagger UI and the document.
    Docs,
}

impl Apart {
    fn of(path: &str) -> Option<Self> {
        if path == "/metrics" { Some(Self::Metrics) } else { docs::takes(path).then_some(Self::Docs) }
    }

    /// Whether the listener of `config` shows it.
    #[must_use]
    pub fn is_at(self, config: &AppConfig, state: &State) -> bool {
        let switched_off = match self {
            Self::Metrics => state.settings.no_metrics,
            Self::Docs => state.settings.no_docs,
        };
        let own: Option<&Vec<SocketAddr>> = state.operations.get();
        !switched_off && own.is_none_or(|own| own.contains(&config.local_addr()))
    }
}

/// Answers 404 for what the listener of a request does not show.
///
/// # Errors
/// `not-found`, as for an address that there is not.
pub async fn show<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let shown = match (Apart::of(request.path()), request.app_data::<web::Data<State>>()) {
        (Some(apart), Some(state)) => apart.is_at(request.app_config(), state),
        _ => true,
    };
    if shown { next.call(request).await } else { Err(Problem::not_found().into()) }
}
