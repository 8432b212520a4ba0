//! What partner systems follow, fetch and are sent, calendars to subscribe to, the files that the hub takes in, and the
//! databases of music services with which it is kept in step.

pub mod calendar;
mod changes;
pub mod exams;
pub mod extract;
pub mod gias;
pub mod import;
pub mod job;
pub mod measures;
pub mod oneroster;
pub mod sync;
pub mod webhook;

use entity::identity::hub;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::erase::Texts;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::effect::Effect;
use crate::kernel::resource::job::Kind;
use crate::kernel::resource::mentions::Held;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("exchange");
    changes::routes(routes);
    calendar::routes(routes);
    import::routes(routes);
    job::routes(routes);
    oneroster::routes(routes);
    sync::sync_source::routes(routes);
    sync::sync_run::routes(routes);
    sync::sync_match::routes(routes);
    webhook::routes(routes);
    webhook::secret::routes(routes);
    webhook::again::routes(routes);
    webhook::delivery::routes(routes);
}

/// What it does when rows of parts before it change: an import decides by the kinds that it found
/// which schools are in scope, so that these stay until its end.
#[must_use]
pub fn effects() -> [Effect; 1] {
    [Effect::of::<hub::Entity>(hub::Column::KindsInScope, |write, _| {
        Box::pin(import::job::expect_none(write.caller(), write.tx()))
    })]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 6] {
    [
        import::Import::TABLE,
        job::Job::TABLE,
        sync::sync_run::SyncRun::TABLE,
        sync::sync_match::SyncMatch::TABLE,
        webhook::Webhook::TABLE,
        webhook::delivery::WebhookDelivery::TABLE,
    ]
}

/// What the change feed knows about its resources.
#[must_use]
pub fn feed_resources() -> [FeedResource; 3] {
    [
        FeedResource::of::<sync::sync_source::SyncSource>(),
        FeedResource::of::<sync::sync_match::SyncMatch>(),
        FeedResource::of::<webhook::Webhook>(),
    ]
}

/// Its kinds of jobs.
#[must_use]
pub const fn kinds() -> [Kind; 6] {
    [
        import::KIND,
        import::rows::FORGET,
        sync::sync_run::record::KIND,
        sync::sync_run::row::FORGET,
        sync::sync_source::schedule::SCHEDULE,
        webhook::FORGET,
    ]
}

/// What it keeps beside items: imports, and the replies of receivers.
#[must_use]
pub fn texts() -> Vec<Texts> {
    let texts = ["file_name", "note", "error"].map(|column| (column, Held::Plain));
    vec![Texts::kept("import", &texts), Texts::kept("webhook_delivery", &[("reply_body", Held::Plain)])]
}
