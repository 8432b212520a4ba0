//! The figure of a target on a day.

use std::collections::HashMap;

use entity::plans::target::{TargetKind, TargetUnit};
use entity::plans::{plan_year, target};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::{OnDay, fill, measured};
use crate::kernel::operations::metric::value::MetricValue;
use crate::kernel::prelude::*;
use crate::plans::progress::as_at::{AsAtDay, Days};
use crate::plans::progress::status::{Status, TargetFacts, expected, status};
use crate::plans::progress::store;
use crate::plans::tree::Latest;

/// The figure of a target on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetValue {
    /// The target.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub target_id: Uuid,
    /// The metric that computes the figure; null where it is reported.
    #[schema(max_length = 80, example = "schools_visited")]
    pub metric: Option<String>,
    /// What the figure counts.
    #[schema(example = "percent")]
    pub unit: Option<TargetUnit>,
    /// The day, and why that day.
    #[serde(flatten)]
    pub day: AsAtDay,
    /// The first of the days on which events count.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-04-01")]
    pub from_on: Date,
    /// The last of them: the day itself, or the end of the target's year or last due where that comes first.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-03-31")]
    pub until_on: Date,
    /// The figure, computed or reported; null where there is none.
    #[schema(example = 60.0)]
    pub value: Option<f64>,
    /// What was to be expected by the day on the way to the target; null where no way leads there.
    #[schema(example = 54.2)]
    pub expected: Option<f64>,
    /// The status that follows.
    pub status: Status,
    /// What the metric gives; null where the figure is reported.
    pub live: Option<MetricValue>,
}

/// The day of a figure.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ValueQuery {
    /// The day. If absent: today, or the plan's nearest day where today is not one of its own.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub as_at: Option<Date>,
}

routes! { ReadPlans: get_target_value }

/// Tells the figure of a target as on a day, with the status that follows.
///
/// The figure of a live target is computed from the hub's records, as they are known now: what happened by the day, in
/// the days of the target. The figure of any other target is the latest one that was reported and accepted.
#[utoipa::path(
    get,
    path = "/targets/{id}/value",
    params(ValueQuery),
    responses((status = 200, body = TargetValue), (status = 409)),
)]
async fn get_target_value(can: Can<ReadPlans>, id: Id, query: Query<ValueQuery>) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let (target, year) = measured(&can, &db, id.0).await?;
    let days = Days::load(&can, &db, [target.plan_id], query.as_at).await?;
    let day = days.by_plan.get(&target.plan_id).copied().ok_or_else(Problem::not_found)?;
    let on = OnDay { target: &target, year: year.as_ref(), as_at: day.as_at };
    let reports = store::reported(target.plan_id, day.as_at).add(of_target(&target));
    let mut latest = store::latest(&can, &db, reports).await?;
    fill(&can, [on], &mut latest).await?;
    Reply::ok(&of(&on, day, latest.remove(&target.id)))
}

/// The figures of measured targets on the days of their plans, for `expand=live`; null for targets in words.
///
/// # Errors
/// 500 when a figure is no JSON.
#[expect(clippy::implicit_hasher, reason = "progress is kept in the usual maps")]
pub fn embedded(rows: &[target::Model], days: &Days, mut latest: HashMap<Uuid, Latest>) -> Result<Vec<Value>> {
    let shown = |row: &target::Model| {
        let day = days.by_plan.get(&row.plan_id).filter(|_| row.kind == TargetKind::Measured);
        let Some(day) = day else { return Ok(Value::Null) };
        let on = OnDay { target: row, year: days.years.get(&row.plan_year_id), as_at: day.as_at };
        serde_json::to_value(of(&on, *day, latest.remove(&row.id))).map_err(Problem::internal)
    };
    rows.iter().map(shown).collect()
}

fn of_target(target: &target::Model) -> sea_orm::sea_query::Expr {
    entity::plans::progress_update::Column::TargetId.eq(target.id)
}

fn of(on: &OnDay<'_>, day: AsAtDay, latest: Option<Latest>) -> TargetValue {
    let latest = latest.unwrap_or_default();
    let facts = facts(on.target, on.year, latest.last_value, day.as_at);
    TargetValue {
        target_id: on.target.id,
        metric: on.target.metric.clone(),
        unit: on.target.unit,
        day,
        from_on: on.from_on(),
        until_on: on.until(),
        value: latest.last_value,
        expected: expected(&facts, day.as_at),
        status: status(&facts, day.as_at),
        live: latest.live,
    }
}

/// The facts of a target with a figure on a day.
pub(super) fn facts(
    target: &target::Model,
    year: Option<&plan_year::Model>,
    value: Option<f64>,
    as_at: Date,
) -> TargetFacts {
    TargetFacts::of(target, year.map_or(as_at, |year| year.first_day), value, as_at)
}
