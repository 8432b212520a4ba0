//! Plans: what the hub is to reach, by when, who leads, who monitors, and how far it is.

pub mod approval;
pub mod as_at;
pub mod author;
pub mod budget_line;
pub mod check;
pub mod cohort;
pub mod cohort_member;
pub mod copy;
pub mod deciders;
pub mod document;
pub mod due;
pub mod lifecycle;
pub mod milestone;
pub mod monitor;
pub mod new_plan;
pub mod node;
pub mod objective;
pub mod outline;
pub mod parties;
pub mod place;
pub mod plan;
pub mod plan_year;
pub mod progress;
pub mod progress_update;
pub mod ready;
pub mod resource_line;
pub mod rows;
pub mod rules;
pub mod state;
pub mod status;
pub mod store;
pub mod strand;
pub mod target;
pub mod transition;
pub mod tree;
pub mod words;

use crate::kernel::feed::Followed;
use crate::kernel::routes::Routes;
use crate::kernel::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("plans");
    plan::routes(routes);
    document::routes(routes);
    document::link::routes(routes);
    lifecycle::routes(routes);
    plan_year::routes(routes);
    objective::routes(routes);
    strand::routes(routes);
    target::routes(routes);
    milestone::routes(routes);
    due::routes(routes);
    resource_line::routes(routes);
    budget_line::routes(routes);
    cohort::routes(routes);
    cohort_member::routes(routes);
    progress_update::routes(routes);
    approval::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn followed() -> [Followed; 12] {
    [
        Followed::of::<plan::Plan>(),
        Followed::of::<plan_year::PlanYear>(),
        Followed::of::<objective::Objective>(),
        Followed::of::<strand::Strand>(),
        Followed::of::<target::Target>(),
        Followed::of::<milestone::Milestone>(),
        Followed::of::<resource_line::ResourceLine>(),
        Followed::of::<budget_line::BudgetLine>(),
        Followed::of::<cohort::Cohort>(),
        Followed::of::<cohort_member::CohortMember>(),
        Followed::of::<progress_update::ProgressUpdate>(),
        Followed::of::<approval::Approval>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 2] {
    [plan::Plan::TABLE, progress_update::ProgressUpdate::TABLE]
}
