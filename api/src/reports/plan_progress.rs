//! How far the hub's plans are, objective by objective.

use entity::plans::plan::{self, PlanStatus};
use entity::plans::{objective, target};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::prelude::*;
use crate::plans::progress::status::Status;
use crate::plans::progress::store;

/// What the report counts.
const SCOPE: &str = "targets of plans in force, or of the plans asked for";

/// So many targets are looked at, at most: as many as ten full plans have.
const MOST: u64 = 2000;

/// The report.
pub struct PlansProgress;

/// Which plans count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlansQuery {
    /// Any of these plans; all plans in force if absent.
    #[serde(default)]
    #[param(max_items = 20)]
    pub plan_id: Vec<Uuid>,
    /// Only targets of this year of a plan.
    pub plan_year_id: Option<Uuid>,
}

/// How many targets of an objective have each status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PlanProgressLine {
    /// The plan; null in the total.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub plan_id: Option<Uuid>,
    /// Its title; null in the total.
    #[schema(max_length = 200, example = "Schools Music Education Plan 2014-2016")]
    pub plan_title: Option<String>,
    /// The number of the objective; null in the total.
    #[schema(minimum = 1, example = 5)]
    pub objective_number: Option<i32>,
    /// The title of the objective; null in the total.
    #[schema(max_length = 300, example = "Lead the roll-out to schools")]
    pub objective_title: Option<String>,
    /// Its targets.
    #[schema(minimum = 0, example = 8)]
    pub targets: i64,
    /// Targets that have not begun.
    #[schema(minimum = 0, example = 1)]
    pub not_started: i64,
    /// Targets on track.
    #[schema(minimum = 0, example = 3)]
    pub on_track: i64,
    /// Targets at risk.
    #[schema(minimum = 0, example = 1)]
    pub at_risk: i64,
    /// Targets that are met.
    #[schema(minimum = 0, example = 3)]
    pub met: i64,
    /// Targets that are missed.
    #[schema(minimum = 0, example = 0)]
    pub missed: i64,
}

impl PlanProgressLine {
    const fn add(&mut self, status: Status) {
        self.targets += 1;
        *match status {
            Status::NotStarted => &mut self.not_started,
            Status::OnTrack => &mut self.on_track,
            Status::AtRisk => &mut self.at_risk,
            Status::Met => &mut self.met,
            Status::Missed => &mut self.missed,
        } += 1;
    }
}

impl ReportSource for PlansProgress {
    const NAME: &'static str = "plan-progress";
    type Query = PlansQuery;
    type Line = PlanProgressLine;

    async fn read(reading: &ReportReading<'_>, query: &Self::Query) -> Result<Figures<Self::Line>> {
        let mut figures = Figures {
            period: None,
            scope: SCOPE,
            lines: Vec::new(),
            total: Some(PlanProgressLine::default()),
            found: 0,
        };
        let Some(caller) = reading.caller.under(Scope::ReadPlans).filter(Caller::sees_hub) else { return Ok(figures) };
        let reading = reading.by(&caller, reading.as_at);
        let plans = plans(&reading, query).await?;
        let ids = || plans.iter().map(|plan| plan.id);
        let objectives = caller.rows::<objective::Entity>().filter(objective::Column::PlanId.is_in(ids()));
        let objectives = objectives.order_by_asc(objective::Column::Number).all(reading.db()).await?;
        let targets = caller.rows::<target::Entity>().filter(target::Column::PlanId.is_in(ids()));
        let targets = targets.filter(Condition::all().add_option(is(target::Column::PlanYearId, query.plan_year_id)));
        let targets = targets.limit(MOST).all(reading.db()).await?;
        let statuses = store::statuses(&reading, &targets).await?;
        let mut total = PlanProgressLine::default();
        for plan in &plans {
            for objective in objectives.iter().filter(|objective| objective.plan_id == plan.id) {
                let mut line = PlanProgressLine {
                    plan_id: Some(plan.id),
                    plan_title: Some(plan.title.clone()),
                    objective_number: Some(objective.number),
                    objective_title: Some(objective.title.clone()),
                    ..PlanProgressLine::default()
                };
                let of = targets.iter().zip(&statuses).filter(|(target, _)| target.objective_id == objective.id);
                for (_, status) in of {
                    line.add(*status);
                    total.add(*status);
                }
                figures.lines.push(line);
            }
        }
        figures.found = figures.lines.len() as u64;
        figures.total = Some(total);
        Ok(figures)
    }
}

/// The plans that are asked for, or the ones in force, by their titles.
async fn plans(reading: &ReportReading<'_>, query: &PlansQuery) -> Result<Vec<plan::Model>> {
    use plan::Column;

    let wanted = match any_of(Column::Id, &query.plan_id) {
        Some(asked) => Condition::all().add(asked),
        None => Condition::all().add(Column::Status.eq(PlanStatus::Active)),
    };
    let plans = reading.caller.rows::<plan::Entity>().filter(wanted);
    let plans = plans.order_by_asc(Column::TitleKey).order_by_asc(Column::Id).limit(20);
    Ok(plans.all(reading.db()).await?)
}

routes! { ReadReports: report_plan_progress }

/// Reports how many targets of each objective of the plans in force are met, on track, at risk or missed on a day.
///
/// Figures of live targets are computed from the hub's records as on the day; of the others the latest accepted report
/// by then counts. `GET /plans/{id}/progress` tells target by target.
#[utoipa::path(
    get,
    path = "/reports/plan-progress",
    params(Asked<PlansProgress>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<PlanProgressLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_plan_progress(can: Can<ReadReports>, asked: Asked<PlansProgress>) -> Result<Reply> {
    report::run(&can, asked).await
}
