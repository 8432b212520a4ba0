//! What partner systems follow and fetch, so far the change feed; and the files that the hub takes
//! in, so far how the Department's are read.

use utoipa_actix_web::service_config::ServiceConfig;

mod changes;
pub mod gias;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(changes::list_changes);
}
