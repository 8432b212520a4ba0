//! Outcomes: what schools do and reach in music, year by year.
//!
//! `measure_definition` says what is counted, `measure_value` has the figures of schools. A `collection` asks all
//! schools for some of them by a form; `school_return` says how far each school has come.

pub mod collection;
pub mod exams;
mod labels;
pub mod measure_definition;
pub mod measure_value;
mod metrics;
pub mod missing_summary;
pub mod rules;
pub mod school_plan_file;
pub mod school_plan_record;
pub mod school_return;
pub mod store;
mod tasks;

pub use self::labels::labels;
pub use self::metrics::metrics;
pub use self::tasks::tasks;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("outcomes");
    school_plan_record::routes(routes);
    school_plan_file::routes(routes);
    missing_summary::routes(routes);
    measure_definition::shipped::routes(routes);
    measure_definition::routes(routes);
    measure_definition::lifecycle::routes(routes);
    measure_value::routes(routes);
    collection::routes(routes);
    collection::lifecycle::routes(routes);
    collection::template::routes(routes);
    school_return::routes(routes);
    school_return::lifecycle::routes(routes);
    school_return::answers::routes(routes);
    exams::exam_result::routes(routes);
    exams::exam_statistic::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 7] {
    [
        FeedResource::of::<school_plan_record::SchoolPlanRecord>(),
        FeedResource::of::<measure_definition::MeasureDefinition>(),
        FeedResource::of::<measure_value::MeasureValue>(),
        FeedResource::of::<collection::Collection>(),
        FeedResource::of::<school_return::SchoolReturn>(),
        FeedResource::of::<exams::exam_result::ExamResult>(),
        FeedResource::of::<exams::exam_statistic::ExamStatistic>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 3] {
    [measure_definition::MeasureDefinition::TABLE, collection::Collection::TABLE, school_return::SchoolReturn::TABLE]
}
