//! What partner systems follow and fetch: so far the change feed.

use utoipa_actix_web::service_config::ServiceConfig;

mod changes;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(changes::list_changes);
}
