//! Plans: what the hub is to reach, by when, who leads, who monitors, and how far it is.
//!
//! `plan` has the plan's own fields and its states, `nodes` what a plan is made of. `tree` loads, creates and copies
//! whole plans. `progress` has what is reported and decided, and the status that follows; `live` the targets whose figure
//! the service computes. `document` is a plan as people print it. The rules are in `rules`, the queries in `store`.

pub mod author;
pub mod document;
pub mod live;
pub mod nodes;
pub mod plan;
pub mod progress;
pub mod rules;
pub mod store;
pub mod text;
pub mod tree;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::transition::{States, Transitions};

use self::nodes::{budget_line, cohort, cohort_member, milestone, objective, plan_year, resource_line, strand, target};
use self::plan::{approval, lifecycle};
use self::progress::{due, progress_update};

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
    live::catalogue::routes(routes);
    live::value::routes(routes);
    live::evidence::routes(routes);
    live::series::routes(routes);
    live::picture::routes(routes);
    resource_line::routes(routes);
    budget_line::routes(routes);
    cohort::routes(routes);
    cohort_member::routes(routes);
    progress_update::routes(routes);
    approval::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 12] {
    [
        FeedResource::of::<plan::Plan>(),
        FeedResource::of::<plan_year::PlanYear>(),
        FeedResource::of::<objective::Objective>(),
        FeedResource::of::<strand::Strand>(),
        FeedResource::of::<target::Target>(),
        FeedResource::of::<milestone::Milestone>(),
        FeedResource::of::<resource_line::ResourceLine>(),
        FeedResource::of::<budget_line::BudgetLine>(),
        FeedResource::of::<cohort::Cohort>(),
        FeedResource::of::<cohort_member::CohortMember>(),
        FeedResource::of::<progress_update::ProgressUpdate>(),
        FeedResource::of::<approval::Approval>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 2] {
    [plan::Plan::TABLE, progress_update::ProgressUpdate::TABLE]
}
