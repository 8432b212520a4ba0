//! What stands at which address: metrics, Swagger UI and the API document may have a listener of
//! their own, or be switched off.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};

use super::docs;
use crate::kernel::base::problem::Problem;
use crate::kernel::caller::state::State;

/// Marks the connections to the listener for operations.
#[derive(Clone, Copy, Debug)]
pub struct ForOperations;

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

    /// Returns true if the listener that a request came to shows it.
    #[must_use]
    pub fn is_shown(self, request: &HttpRequest, state: &State) -> bool {
        let switched_off = match self {
            Self::Metrics => state.settings.no_metrics,
            Self::Docs => state.settings.no_docs,
        };
        let own = state.settings.operations_listen.is_some();
        !switched_off && (!own || request.conn_data::<ForOperations>().is_some())
    }
}

/// Answers 404 for what the listener of a request does not show.
///
/// # Errors
/// `not-found`, as for an address that there is not.
pub async fn show<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let shown = match (Apart::of(request.path()), request.app_data::<web::Data<State>>()) {
        (Some(apart), Some(state)) => apart.is_shown(request.request(), state),
        _ => true,
    };
    if shown { next.call(request).await } else { Err(Problem::not_found().into()) }
}
