//! Frameworks: what schools are judged by, or judge themselves by. A framework has sections, a section has criteria,
//! and a criterion has described levels.
//!
//! `framework` has the framework's own fields and its states, `section` and `criterion` what it is made of. `tree`
//! creates, shows and copies a whole framework. `shipped` has frameworks to begin with. `evaluation` has what schools
//! are found to be by them, and `award` what they apply for.

pub mod award;
pub mod criterion;
pub mod evaluation;
pub mod framework;
mod labels;
mod metrics;
pub mod observation;
pub mod rules;
pub mod section;
pub mod shipped;
pub mod store;
mod tasks;
pub mod tree;

pub use self::labels::labels;
pub use self::metrics::metrics;
pub use self::tasks::tasks;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::erase::Texts;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::mentions::Held;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("frameworks");
    shipped::routes(routes);
    framework::routes(routes);
    framework::lifecycle::routes(routes);
    section::routes(routes);
    criterion::routes(routes);
    evaluation::routes(routes);
    evaluation::lifecycle::routes(routes);
    evaluation::completeness::routes(routes);
    evaluation::differences::routes(routes);
    evaluation::response::routes(routes);
    evaluation::invitation::routes(routes);
    evaluation::judgement::routes(routes);
    evaluation::submission::routes(routes);
    evaluation::file::routes(routes);
    evaluation::results::routes(routes);
    evaluation::results::picture::routes(routes);
    evaluation::results::document::routes(routes);
    observation::routes(routes);
    award::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 10] {
    [
        FeedResource::of::<framework::Framework>(),
        FeedResource::of::<section::FrameworkSection>(),
        FeedResource::of::<criterion::FrameworkCriterion>(),
        FeedResource::of::<evaluation::Evaluation>(),
        FeedResource::of::<evaluation::response::EvaluationResponse>(),
        FeedResource::of::<evaluation::judgement::EvaluationJudgement>(),
        FeedResource::of::<evaluation::invitation::EvaluationInvitation>(),
        FeedResource::of::<observation::Observation>().never_shown(),
        FeedResource::of::<award::scheme::AwardScheme>(),
        FeedResource::of::<award::application::AwardApplication>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 5] {
    [
        framework::Framework::TABLE,
        evaluation::Evaluation::TABLE,
        evaluation::invitation::EvaluationInvitation::TABLE,
        award::scheme::AwardScheme::TABLE,
        award::application::AwardApplication::TABLE,
    ]
}

/// What it keeps beside items: evaluations as they were sent.
#[must_use]
pub fn texts() -> Vec<Texts> {
    vec![Texts::kept("evaluation_submission", &[("answers", Held::Json), ("comments", Held::Plain)])]
}
