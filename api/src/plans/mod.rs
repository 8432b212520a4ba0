//! Plans: what the hub is to reach, by when, who leads, who monitors, and how far it is.
//!
//! `plan` has the plan's own fields and its states, `nodes` what a plan is made of. `tree` loads, creates and copies
//! whole plans. `progress` has what is reported and decided, and the status that follows; `live` the targets whose
//! figure the service computes. `document` is a plan as people print it. `review` closes a year and makes the next
//! revision, and `compare` shows what two revisions differ in. The rules are in `rules`, the queries in `store`.

pub mod author;
pub mod compare;
pub mod document;
mod labels;
pub mod live;
mod metrics;
pub mod nodes;
pub mod plan;
pub mod progress;
pub mod review;
pub mod rules;
pub mod store;
mod tasks;
pub mod text;
pub mod tree;

pub use self::labels::labels;
pub use self::metrics::metrics;
pub use self::tasks::tasks;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::erase::Texts;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::resource::mentions::Held;
use crate::kernel::resource::transition::{States, Transitions};

use self::nodes::{
    budget_line, budget_spending, cohort, cohort_member, milestone, objective, plan_year, resource_line, strand, target,
};
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
    budget_spending::routes(routes);
    cohort::routes(routes);
    cohort_member::routes(routes);
    progress_update::routes(routes);
    approval::routes(routes);
    review::routes(routes);
    review::lifecycle::routes(routes);
    review::document::routes(routes);
    review::target::routes(routes);
    review::reflection::routes(routes);
    compare::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 15] {
    [
        FeedResource::of::<plan::Plan>(),
        FeedResource::of::<plan_year::PlanYear>(),
        FeedResource::of::<objective::Objective>(),
        FeedResource::of::<strand::Strand>(),
        FeedResource::of::<target::Target>(),
        FeedResource::of::<milestone::Milestone>(),
        FeedResource::of::<resource_line::ResourceLine>(),
        FeedResource::of::<budget_line::BudgetLine>(),
        FeedResource::of::<budget_spending::BudgetSpending>(),
        FeedResource::of::<cohort::Cohort>(),
        FeedResource::of::<cohort_member::CohortMember>(),
        FeedResource::of::<progress_update::ProgressUpdate>(),
        FeedResource::of::<approval::Approval>(),
        FeedResource::of::<review::Review>(),
        FeedResource::of::<review::reflection::ReviewReflection>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 3] {
    [plan::Plan::TABLE, progress_update::ProgressUpdate::TABLE, review::Review::TABLE]
}

/// What of it is made by name, to be tabled.
#[must_use]
pub fn named_reports() -> [NamedReport; 4] {
    [document::NAMED, progress::NAMED, compare::NAMED, review::document::NAMED]
}

/// The texts that it keeps beside items: targets as reviews found them.
#[must_use]
pub fn texts() -> Vec<Texts> {
    let columns = ["objective_title", "plan_year_label", "statement"].map(|column| (column, Held::Plain));
    vec![Texts::kept("review_target", &columns)]
}
