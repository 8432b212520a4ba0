//! Reports over the hub: figures that follow from its own records, as on any day.
//!
//! `sales` has what schools buy, `comparison` what hubs compare with each other.
//!
//! `counted` says which visits count. `visit_coverage` and `visit_due` follow from them, `specialist_load` says who has
//! how much to do, and `proposal` proposes visits to the schools that are due. When a school is due is decided in
//! `rules`. `reach`, `unreached_schools`, `consultations` and `practice` are about what the hub sends, asks and shares.
//! `tabled` keeps reports as they were put before a meeting, and `dashboard` is the page for governors. `participation`
//! adds up the figures of a measure, `collected` the figures of a collection.

pub mod award_applications;
pub mod briefing;
pub mod capacity;
pub mod collected;
pub mod comparison;
pub mod consultations;
pub mod counted;
pub mod dashboard;
pub mod evaluation_completeness;
pub mod evaluation_profile;
pub mod exam_trends;
mod metrics;
pub mod participation;
pub mod pictures;
pub mod plan_progress;
pub mod practice;
pub mod proposal;
pub mod qualified_people;
pub mod rating_movement;
pub mod rating_spread;
pub mod reach;
pub mod road_map;
pub mod rules;
pub mod sales;
pub mod specialist_load;
pub mod tabled;
pub mod timeline;
pub mod training;
pub mod unreached_schools;
pub mod visit_coverage;
pub mod visit_due;

pub use self::metrics::metrics;
use crate::kernel::caller::permission::Scope;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::erase::Texts;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::resource::mentions::Held;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("reports");
    visit_coverage::routes(routes);
    visit_due::routes(routes);
    specialist_load::routes(routes);
    proposal::routes(routes);
    rating_spread::routes(routes);
    rating_movement::routes(routes);
    award_applications::routes(routes);
    capacity::routes(routes);
    capacity::picture::routes(routes);
    training::routes(routes);
    qualified_people::routes(routes);
    briefing::routes(routes);
    timeline::routes(routes);
    road_map::routes(routes);
    sales::income::routes(routes);
    sales::purchases::routes(routes);
    sales::capacity_used::routes(routes);
    reach::routes(routes);
    unreached_schools::routes(routes);
    consultations::routes(routes);
    practice::routes(routes);
    plan_progress::routes(routes);
    evaluation_profile::routes(routes);
    evaluation_completeness::routes(routes);
    pictures::routes(routes);
    comparison::metric_comparison::routes(routes);
    comparison::between::routes(routes);
    comparison::national::routes(routes);
    participation::routes(routes);
    participation::picture::routes(routes);
    collected::hub_return::routes(routes);
    collected::outstanding::routes(routes);
    exam_trends::routes(routes);
    exam_trends::picture::routes(routes);
    dashboard::routes(routes);
    tabled::routes(routes);
    tabled::content::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 2] {
    [FeedResource::of::<comparison::metric_comparison::MetricComparison>(), FeedResource::of::<tabled::TabledReport>()]
}

/// The texts that it keeps beside items: reports as they were tabled.
#[must_use]
pub fn texts() -> Vec<Texts> {
    vec![Texts::kept("tabled_report_text", &[("content", Held::Plain)])]
}

/// The reports that are made by their names, to be tabled.
#[must_use]
pub fn named_reports() -> Vec<NamedReport> {
    vec![
        NamedReport::of::<visit_coverage::Coverage>(Scope::ReadReports),
        NamedReport::of::<visit_due::Due>(Scope::ReadReports),
        NamedReport::of::<specialist_load::Load>(Scope::ReadReports),
        NamedReport::of::<rating_spread::Spread>(Scope::ReadRatings),
        NamedReport::of::<rating_movement::Movement>(Scope::ReadRatings),
        NamedReport::of::<rating_movement::Moves>(Scope::ReadRatings),
        NamedReport::of::<award_applications::Applications>(Scope::ReadReports),
        NamedReport::of::<capacity::Capacity>(Scope::ReadReports),
        NamedReport::of::<training::Training>(Scope::ReadReports),
        NamedReport::of::<qualified_people::QualifiedPeople>(Scope::ReadReports),
        NamedReport::of::<sales::income::Income>(Scope::ReadReports),
        NamedReport::of::<sales::purchases::Purchases>(Scope::ReadReports),
        NamedReport::of::<sales::capacity_used::CapacityUsed>(Scope::ReadReports),
        NamedReport::of::<reach::Reach>(Scope::ReadReports),
        NamedReport::of::<unreached_schools::Unreached>(Scope::ReadReports),
        NamedReport::of::<consultations::Consultations>(Scope::ReadReports),
        NamedReport::of::<practice::Practice>(Scope::ReadReports),
        NamedReport::of::<plan_progress::PlansProgress>(Scope::ReadReports),
        NamedReport::of::<evaluation_profile::Profile>(Scope::ReadReports),
        NamedReport::of::<evaluation_completeness::Completeness>(Scope::ReadReports),
        NamedReport::of::<exam_trends::ExamTrends>(Scope::ReadOutcomes),
        NamedReport::of::<participation::Participation>(Scope::ReadOutcomes),
        NamedReport::of::<collected::hub_return::HubReturn>(Scope::ReadOutcomes),
        NamedReport::of::<collected::outstanding::Outstanding>(Scope::ReadOutcomes),
        NamedReport::of::<comparison::between::BetweenHubs>(Scope::ReadReports),
        dashboard::NAMED,
    ]
}
