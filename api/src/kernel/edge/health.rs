//! Whether the service is alive, ready, and which one it is.

use std::sync::atomic::Ordering;

use actix_web::web::{Data, Json};
use sea_orm::DbBackend;
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoint::Public;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::routes;

routes! { Public: read_liveness, read_readiness, read_version, super::metrics::read_metrics }

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// `live` or `ready`.
    #[schema(max_length = 10, example = "ready")]
    status: &'static str,
}

/// Which service this is.
#[derive(Debug, Serialize, ToSchema)]
struct Program {
    /// The name of the program.
    #[schema(max_length = 20, example = "smep")]
    name: &'static str,
    /// The version of the program.
    #[schema(max_length = 40, example = "0.1.0")]
    version: &'static str,
    /// The commit it was built from, if the build knew it.
    #[schema(max_length = 64, example = "f817845")]
    commit: Option<&'static str>,
    /// The kind of database behind it: `sqlite` or `postgresql`.
    #[schema(max_length = 20, example = "sqlite")]
    database: &'static str,
}

/// Tells that the service is alive.
///
/// The service asks nothing else: an unreachable database is no reason to restart it.
#[utoipa::path(
    get,
    path = "/health/live",
    responses((status = 200, description = "Alive", body = Health, example = json!({"status": "live"}))),
)]
async fn read_liveness() -> Json<Health> {
    Json(Health { status: "live" })
}

/// Tells whether the service can answer requests now.
///
/// The service asks the database. After a failed write, on a full disk for example, it is not ready
/// until a probe has been written. It is not ready while it shuts down either, so that a load
/// balancer sends requests elsewhere.
#[utoipa::path(
    get,
    path = "/health/ready",
    responses((status = 200, description = "Ready", body = Health, example = json!({"status": "ready"}))),
)]
async fn read_readiness(state: Data<State>) -> Result<Json<Health>> {
    if state.stopping.load(Ordering::SeqCst) {
        return Err(Problem::unavailable("the service is shutting down", 5));
    }
    state.db.ready().await?;
    Ok(Json(Health { status: "ready" }))
}

/// Tells which version runs, on which kind of database.
#[utoipa::path(get, path = "/version", responses((status = 200, description = "The version", body = Program)))]
async fn read_version(state: Data<State>) -> Json<Program> {
    Json(Program {
        name: "smep",
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("SMEP_COMMIT"),
        database: match state.db.backend() {
            DbBackend::Postgres => "postgresql",
            _ => "sqlite",
        },
    })
}
