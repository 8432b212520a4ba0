//! The page for governors: how a plan stands on a day, with pictures, and what is overdue.

mod load;
mod page;
mod picture;

use actix_web::http::header::{CONTENT_LANGUAGE, VARY};
use entity::plans::plan::PlanStatus;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::rating_spread::RatingSpread;
use crate::kernel::base::sheet::{HtmlPage, file_name};
use crate::kernel::document::accept::{Accepted, PageFormat};
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::prelude::*;
use crate::plans::live::series::TargetSeries;
use crate::plans::progress::PlanProgress;
use crate::plans::text::ShortText;

/// How a plan stands on a day, for the people who govern the hub.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanDashboard {
    /// The name of the hub.
    #[schema(max_length = 200, example = "Leicester-Shire Music Education Hub")]
    pub hub_name: String,
    /// The title of the plan.
    #[schema(max_length = 200, example = "Schools Music Education Plan 2014–2016")]
    pub title: String,
    /// Which revision it is.
    #[schema(minimum = 1, example = 1)]
    pub revision: i32,
    /// How far the plan has come.
    pub status: PlanStatus,
    /// The label of the plan's year in which the day lies; absent where it lies in none.
    #[schema(max_length = 40, example = "2014/15")]
    pub year: Option<String>,
    /// The status of each target, by objective and in all.
    pub progress: PlanProgress,
    /// What was to be done by the day and was not, the longest overdue first.
    #[schema(max_items = 20_000)]
    pub overdue: Vec<OverdueItem>,
    /// Two targets whose figures are followed month by month: live ones first, of the year of the day.
    #[schema(max_items = 2)]
    pub headlines: Vec<TargetSeries>,
    /// How much support the schools in scope need; absent for a caller who does not see ratings.
    pub ratings: Option<RatingSpread>,
}

entity::choice! {
    /// What is overdue.
    pub enum OverdueKind {
        /// A target that was missed.
        Target = "target",
        /// A milestone that was not done.
        Milestone = "milestone",
    }
}

/// Something that was to be done and was not.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct OverdueItem {
    /// Which of the two it is.
    pub kind: OverdueKind,
    /// The target or milestone.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The number of its objective.
    #[schema(minimum = 1, example = 5)]
    pub objective: i32,
    /// What was to be reached.
    #[schema(max_length = 1000, example = "60 % of schools are visited")]
    pub statement: String,
    /// The last day on which it was due.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-03-31")]
    pub due_on: Date,
    /// How many days ago that was.
    #[schema(minimum = 1, example = 30)]
    pub days_late: i32,
    /// Who leads it: the roles, and others in words.
    #[schema(value_type = Vec<ShortText>, max_items = 400, example = json!(["DHoS"]))]
    pub leads: Vec<String>,
}

/// How the page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DashboardQuery {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and JSON where it leaves the choice.
    #[param(inline, example = "json")]
    pub format: Option<PageFormat>,
    /// The day. If absent: today, or the plan's nearest day where today is not one of its own.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub as_at: Option<Date>,
}

routes! { ReadPlans: get_plan_dashboard }

/// Gets the page for governors: how a plan stands on a day, with pictures, and what is overdue.
///
/// As JSON it is data. As HTML it is a page that prints on A4: the status of each target by colour, word and shape, the
/// status by objective, two targets month by month, how much support schools need, and what is overdue. Only callers
/// who reach the whole hub see it (403).
#[utoipa::path(
    get,
    path = "/plans/{id}/dashboard",
    params(DashboardQuery, ("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The page, in the form asked for, with an `ETag`.",
            content((PlanDashboard = "application/json"), (HtmlPage = "text/html")),
        ),
        (status = 304, description = "The page named in `If-None-Match` is still the same."),
    ),
)]
async fn get_plan_dashboard(
    can: Can<ReadPlans>,
    id: Id,
    query: Query<DashboardQuery>,
    accepted: Accepted<PageFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let (dashboard, version) = load::dashboard(&can, id.0, query.as_at).await?;
    Ok(reply(&dashboard, format)?.with(VARY, "Accept").version_and_hash(version))
}

/// The page by its name.
pub const NAMED: NamedReport =
    NamedReport::about("plan-dashboard", Scope::ReadPlans, "plan", &["json", "html"], |caller, wanted| {
        Box::pin(async move {
            let query: DashboardQuery = wanted.parameters(&caller)?;
            let format = wanted.format(PageFormat::ALL, PageFormat::as_str)?;
            let (dashboard, _) = load::dashboard(&caller, wanted.item()?, query.as_at).await?;
            reply(&dashboard, format)
        })
    });

fn reply(dashboard: &PlanDashboard, format: PageFormat) -> Result<Reply> {
    Ok(match format {
        PageFormat::Json => Reply::ok(dashboard)?.with(CONTENT_LANGUAGE, "en-GB"),
        PageFormat::Html => {
            let name = format!("{} {}", dashboard.title, dashboard.progress.as_at);
            page::html(dashboard)?.reply(&file_name(&name, "dashboard", "html"))
        }
    })
}
