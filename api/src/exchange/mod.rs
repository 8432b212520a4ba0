//! What partner systems follow and fetch, and the files that the hub takes in.

use utoipa_actix_web::service_config::ServiceConfig;

mod changes;
pub mod gias;
pub mod import;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(changes::list_changes);
    import::routes(config);
}
