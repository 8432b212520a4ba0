//! Reports as pictures: a bar for each of their lines.

mod bars;

use super::award_applications::{Applications, AwardReportQuery};
use super::consultations::{ConsultationQuery, Consultations};
use super::counted::CountedVisits;
use super::evaluation_completeness::{Completeness, EvaluationsAsked};
use super::evaluation_profile::{Profile, ProfileQuery};
use super::plan_progress::{PlansProgress, PlansQuery};
use super::practice::{Practice, PracticeQuery};
use super::rating_movement::{Movement, SinceQuery};
use super::rating_spread::{Spread, SpreadQuery};
use super::reach::{Reach, ReachQuery};
use super::sales::capacity_used::{CapacityQuery, CapacityUsed};
use super::sales::income::{Income, IncomeQuery};
use super::sales::purchases::{Purchases, PurchasesQuery};
use super::sales::sold::SoldPackages;
use super::visit_coverage::{Coverage, CoverageQuery};
use crate::kernel::base::picture::SvgPicture;
use crate::kernel::operations::report::{PictureDay, draw};
use crate::kernel::prelude::*;
use crate::schools::store::reported::ReportedSchools;

/// The parameters of the report.
type CoverageAsked = And<CoverageQuery, And<CountedVisits, And<ReportedSchools, PeriodQuery>>>;

/// The parameters of the report.
type ReachAsked = And<ReachQuery, And<ReportedSchools, PeriodQuery>>;

/// The parameters of the report.
type PracticeAsked = And<PracticeQuery, And<ReportedSchools, PeriodQuery>>;

/// The parameters of the report.
type AwardAsked = And<AwardReportQuery, And<ReportedSchools, PeriodQuery>>;

/// The parameters of the report.
type IncomeAsked = And<IncomeQuery, And<SoldPackages, And<ReportedSchools, PeriodQuery>>>;

/// The parameters of the report.
type PurchasesAsked = And<PurchasesQuery, And<SoldPackages, And<ReportedSchools, PeriodQuery>>>;

routes! {
    ReadReports: draw_visit_coverage, draw_reach, draw_practice, draw_award_applications, draw_plan_progress,
        draw_evaluation_profile, draw_evaluation_completeness, draw_income, draw_purchases, draw_capacity_used,
        draw_consultations;
    ReadRatings: draw_rating_spread, draw_rating_movement;
}

/// Draws which share of the schools in scope was visited, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/visit-coverage/picture",
    params(And<And<CoverageQuery, And<CountedVisits, And<ReportedSchools, PeriodQuery>>>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_visit_coverage(can: Can<ReadReports>, asked: Query<And<CoverageAsked, PictureDay>>) -> Result<Reply> {
    draw::<Coverage>(&can, &asked).await
}

/// Draws how many schools have each colour, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/rating-spread/picture",
    params(And<And<SpreadQuery, ReportedSchools>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_rating_spread(
    can: Can<ReadRatings>,
    asked: Query<And<And<SpreadQuery, ReportedSchools>, PictureDay>>,
) -> Result<Reply> {
    draw::<Spread>(&can, &asked).await
}

/// Draws how schools moved from colour to colour, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/rating-movement/picture",
    params(And<And<SinceQuery, ReportedSchools>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_rating_movement(
    can: Can<ReadRatings>,
    asked: Query<And<And<SinceQuery, ReportedSchools>, PictureDay>>,
) -> Result<Reply> {
    draw::<Movement>(&can, &asked).await
}

/// Draws which share of the schools in scope messages reached, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/reach/picture",
    params(And<And<ReachQuery, And<ReportedSchools, PeriodQuery>>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_reach(can: Can<ReadReports>, asked: Query<And<ReachAsked, PictureDay>>) -> Result<Reply> {
    draw::<Reach>(&can, &asked).await
}

/// Draws with which share of the schools in scope practice was shared, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/practice/picture",
    params(And<And<PracticeQuery, And<ReportedSchools, PeriodQuery>>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_practice(can: Can<ReadReports>, asked: Query<And<PracticeAsked, PictureDay>>) -> Result<Reply> {
    draw::<Practice>(&can, &asked).await
}

/// Draws which share of schools applied for an award and has one, a bar for each level.
#[utoipa::path(
    get,
    path = "/reports/award-applications/picture",
    params(And<And<AwardReportQuery, And<ReportedSchools, PeriodQuery>>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_award_applications(can: Can<ReadReports>, asked: Query<And<AwardAsked, PictureDay>>) -> Result<Reply> {
    draw::<Applications>(&can, &asked).await
}

/// Draws how many targets are met, on track, at risk or missed, a bar for each objective.
#[utoipa::path(
    get,
    path = "/reports/plan-progress/picture",
    params(And<PlansQuery, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_plan_progress(can: Can<ReadReports>, asked: Query<And<PlansQuery, PictureDay>>) -> Result<Reply> {
    draw::<PlansProgress>(&can, &asked).await
}

/// Draws how the schools judge themselves, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/evaluation-profile/picture",
    params(And<And<ProfileQuery, ReportedSchools>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_evaluation_profile(
    can: Can<ReadReports>,
    asked: Query<And<And<ProfileQuery, ReportedSchools>, PictureDay>>,
) -> Result<Reply> {
    draw::<Profile>(&can, &asked).await
}

/// Draws how far the schools are with the year's evaluation, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/evaluation-completeness/picture",
    params(And<And<EvaluationsAsked, ReportedSchools>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_evaluation_completeness(
    can: Can<ReadReports>,
    asked: Query<And<And<EvaluationsAsked, ReportedSchools>, PictureDay>>,
) -> Result<Reply> {
    draw::<Completeness>(&can, &asked).await
}

/// Draws what the hub earns by its packages, and how much of that is delivered, a bar for each line of the report.
///
/// The longest bar fills the scale. A line below 0, as subsidies are, has no bar, and stands in words.
#[utoipa::path(
    get,
    path = "/reports/income/picture",
    params(And<And<IncomeQuery, And<SoldPackages, And<ReportedSchools, PeriodQuery>>>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_income(can: Can<ReadReports>, asked: Query<And<IncomeAsked, PictureDay>>) -> Result<Reply> {
    draw::<Income>(&can, &asked).await
}

/// Draws what each school pays for what it bought, a bar for each line of the report.
///
/// The longest bar fills the scale. A line below 0, as subsidies are, has no bar, and stands in words. At most 60 lines
/// are drawn: narrow the report to see others.
#[utoipa::path(
    get,
    path = "/reports/purchases/picture",
    params(And<And<PurchasesQuery, And<SoldPackages, And<ReportedSchools, PeriodQuery>>>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_purchases(can: Can<ReadReports>, asked: Query<And<PurchasesAsked, PictureDay>>) -> Result<Reply> {
    draw::<Purchases>(&can, &asked).await
}

/// Draws how many units of each package are ordered and left, a bar for each line of the report.
///
/// The longest bar fills the scale.
#[utoipa::path(
    get,
    path = "/reports/capacity-used/picture",
    params(And<And<CapacityQuery, SoldPackages>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_capacity_used(
    can: Can<ReadReports>,
    asked: Query<And<And<CapacityQuery, SoldPackages>, PictureDay>>,
) -> Result<Reply> {
    draw::<CapacityUsed>(&can, &asked).await
}

/// Draws how many answers to consultations support what is proposed, a bar for each line of the report.
#[utoipa::path(
    get,
    path = "/reports/consultations/picture",
    params(And<And<ConsultationQuery, PeriodQuery>, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_consultations(
    can: Can<ReadReports>,
    asked: Query<And<And<ConsultationQuery, PeriodQuery>, PictureDay>>,
) -> Result<Reply> {
    draw::<Consultations>(&can, &asked).await
}
