//! What partner systems follow and fetch, calendars to subscribe to, and the files that the hub takes in.

pub mod calendar;
mod changes;
pub mod exams;
pub mod extract;
pub mod gias;
pub mod import;
pub mod job;

use entity::identity::hub;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::erase::Texts;
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
pub const fn transitions() -> [Transitions; 2] {
    [import::Import::TABLE, job::Job::TABLE]
}

/// Its kinds of jobs.
#[must_use]
pub const fn kinds() -> [Kind; 2] {
    [import::KIND, import::rows::FORGET]
}

/// What it keeps beside items: imports.
#[must_use]
pub fn texts() -> Vec<Texts> {
    let texts = ["file_name", "note", "error"].map(|column| (column, Held::Plain));
    vec![Texts::kept("import", &texts)]
}
