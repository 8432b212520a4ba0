//! The figure of a target month by month, beside what was to be expected.

use entity::plans::parts::{Due, Dues};
use entity::plans::progress_update::{self, Decision};
use entity::plans::target::{Comparator, TargetUnit};
use entity::plans::{plan_year, target};
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use time::{Date, Month};
use utoipa::ToSchema;

use super::value::facts;
use super::{OnDay, measured};
use crate::kernel::operations::metric::value::{MetricUnknown, values};
use crate::kernel::prelude::*;
use crate::plans::progress::status::{Status, expected, status};

/// The months of ten years, and the first day.
const MOST: usize = 121;

/// The figure of a target month by month.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetSeries {
    /// The target.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub target_id: Uuid,
    /// What is to be reached.
    #[schema(max_length = 1000, example = "60 % of schools are visited")]
    pub statement: String,
    /// The metric that computes the figures; null where they are reported.
    #[schema(max_length = 80, example = "schools_visited")]
    pub metric: Option<String>,
    /// What the figures count.
    #[schema(example = "percent")]
    pub unit: Option<TargetUnit>,
    /// The figure before the work began.
    #[schema(example = 0.0)]
    pub baseline: Option<f64>,
    /// How a figure is compared with `value`.
    #[schema(example = "at_least")]
    pub comparator: Option<Comparator>,
    /// The figure to reach.
    #[schema(example = 60.0)]
    pub value: Option<f64>,
    /// When it is due.
    #[schema(value_type = Vec<Due>, max_items = 20, example = json!([]))]
    pub dues: Dues,
    /// The target's first day, the last day of each of its months, and its last day or today. Of more than 121 points,
    /// these are the first and the latest 120.
    #[schema(max_items = 121)]
    pub points: Vec<SeriesPoint>,
    /// How many months after the first day are left out of `points`; 0 where none are.
    #[schema(minimum = 0, example = 0)]
    pub left_out: u64,
}

/// The figure on a day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesPoint {
    /// The day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-30")]
    pub as_at: Date,
    /// The figure; null where there is none.
    #[schema(example = 31.5)]
    pub value: Option<f64>,
    /// What was to be expected; null where no way leads to the target.
    #[schema(example = 30.0)]
    pub expected: Option<f64>,
    /// The status that follows.
    pub status: Status,
    /// Why there is no figure; null where there is one, or none was reported.
    pub unknown: Option<MetricUnknown>,
}

routes! { ReadPlans: get_target_series }

/// Tells the figure of a target month by month.
///
/// The points are the target's first day, the last day of each month, and its last day or today. There are at most 121:
/// of a longer series the first and the latest 120, and `left_out` says how many are missing. The picture of the series
/// is at `/targets/{id}/series/picture`.
#[utoipa::path(get, path = "/targets/{id}/series", responses((status = 200, body = TargetSeries), (status = 409)))]
async fn get_target_series(can: Can<ReadPlans>, id: Id) -> Result<Reply> {
    Reply::ok(&series(&can, id.0).await?)
}

impl TargetSeries {
    /// The series of a target.
    ///
    /// # Errors
    /// As for the target's value.
    pub async fn of(caller: &Caller, id: Uuid) -> Result<Self> {
        series(caller, id).await
    }
}

/// The series of a target.
///
/// # Errors
/// As for the target's value.
pub async fn series(caller: &Caller, id: Uuid) -> Result<TargetSeries> {
    let db = caller.db().report_snapshot().await?;
    let (target, year) = measured(caller, &db, id).await?;
    let mut days = days(&target, year.as_ref(), caller.today());
    let left_out = days.len().saturating_sub(MOST);
    // The first point shows where the target began, the latest ones show its recent course.
    days.drain(1..=left_out);
    let on = |as_at| OnDay { target: &target, year: year.as_ref(), as_at };
    let wanted: Vec<_> = days.iter().filter_map(|day| on(*day).wanted(caller)).collect();
    let figures: Vec<(Option<f64>, Option<MetricUnknown>)> = if wanted.is_empty() {
        let reports = reports(caller, &db, target.id).await?;
        days.iter().map(|day| (reported(&reports, *day), None)).collect()
    } else {
        let found = values(&ReportReading::new(caller, caller.today(), &db), &wanted).await?;
        found.into_iter().map(|found| (found.value, found.unknown)).collect()
    };
    db.rollback().await?;
    let points = days.into_iter().zip(figures).map(|(as_at, (value, unknown))| {
        let facts = facts(&target, year.as_ref(), value, as_at);
        SeriesPoint { as_at, value, expected: expected(&facts, as_at), status: status(&facts, as_at), unknown }
    });
    Ok(TargetSeries {
        points: points.collect(),
        left_out: left_out as u64,
        target_id: target.id,
        statement: target.statement,
        metric: target.metric,
        unit: target.unit,
        baseline: target.baseline,
        comparator: target.comparator,
        value: target.value,
        dues: target.dues,
    })
}

/// The accepted figures of a target, the earliest first.
async fn reports(caller: &Caller, db: &impl ConnectionTrait, target: Uuid) -> Result<Vec<progress_update::Model>> {
    use progress_update::Column;

    let accepted = caller.rows::<progress_update::Entity>().filter(Column::TargetId.eq(target));
    let accepted = accepted.filter(Column::Decision.eq(Decision::Accepted)).filter(Column::Value.is_not_null());
    Ok(accepted.order_by_asc(Column::OnDate).order_by_asc(Column::Id).all(db).await?)
}

fn reported(reports: &[progress_update::Model], day: Date) -> Option<f64> {
    reports.iter().rev().find(|report| report.on_date <= day)?.value
}

/// The days of a series, in order.
fn days(target: &target::Model, year: Option<&plan_year::Model>, today: Date) -> Vec<Date> {
    let whole = OnDay { target, year, as_at: today };
    let (first, last) = (whole.from_on(), whole.until());
    let mut days = vec![first];
    let mut day = end_of_month(first);
    while day < last {
        if day > first {
            days.push(day);
        }
        let Some(next) = day.next_day() else { break };
        day = end_of_month(next);
    }
    if last > first {
        days.push(last);
    }
    days
}

fn end_of_month(day: Date) -> Date {
    let (year, month): (i32, Month) = (day.year(), day.month());
    day.replace_day(month.length(year)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::row::Meta;
    use time::macros::date;

    use crate::kernel::resource::traits::Form;
    use crate::plans::nodes::plan_year::NewPlanYear;
    use crate::plans::nodes::target::NewTarget;

    #[test]
    fn a_series_has_the_first_day_the_ends_of_months_and_the_last_day() {
        let (plan_id, label) = (Uuid::nil(), "2014/15".to_owned());
        let year = NewPlanYear { plan_id, label, first_day: date!(2014 - 04 - 01), last_day: date!(2014 - 07 - 15) };
        let year = year.into_row(Meta::unset());
        let form = json!({
            "objective_id": Uuid::nil(), "plan_year_id": Uuid::nil(), "kind": "measured", "statement": "Half of them",
            "comparator": "at_least", "value": 50, "unit": "percent",
        });
        let target = serde_json::from_value::<NewTarget>(form).unwrap().into_row(Meta::unset());
        let ends = [date!(2014 - 04 - 30), date!(2014 - 05 - 31), date!(2014 - 06 - 30)];
        let [april, may, june] = ends;
        let first = date!(2014 - 04 - 01);
        assert_eq!(days(&target, Some(&year), date!(2026 - 01 - 01)), [first, april, may, june, date!(2014 - 07 - 15)]);
        assert_eq!(days(&target, Some(&year), may), [first, april, may]);
        assert_eq!(days(&target, Some(&year), date!(2014 - 03 - 01)), [first]);
    }
}
