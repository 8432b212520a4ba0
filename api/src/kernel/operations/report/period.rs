//! The days over which a report counts events, by parameters that all reports have alike.

use entity::plans::plan_year;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::ReportReading;
use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::base::period::months_later;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::caller::permission::Scope;
use crate::kernel::database::db::limit;

/// How many years the period of a report has at most.
pub const MOST_YEARS: i32 = 30;

/// The days over which events are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Period {
    /// The first day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01")]
    pub from_on: Date,
    /// The last day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-08-31")]
    pub to_on: Date,
    /// The year that the days make up; null where they were given.
    #[schema(max_length = 60, example = "2014/15")]
    pub label: Option<String>,
    /// The plan to which a plan year belongs; null for other periods.
    #[schema(example = json!(null))]
    pub plan_id: Option<Uuid>,
}

/// The period: an academic year, a year of a plan, or a first and a last day.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// The academic year, from September to August. Without any period: the academic year of `as_at`.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    pub academic_year: Option<String>,
    /// A year of a plan, instead of an academic year.
    pub plan_year_id: Option<Uuid>,
    /// The first day, instead of a year; it needs `to_on`.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub from_on: Option<Date>,
    /// The last day; it needs `from_on`, and makes a period of at most 30 years with it.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub to_on: Option<Date>,
}

impl PeriodQuery {
    /// The days asked for.
    ///
    /// # Errors
    /// 400 for more than one period, half of one, one that is too long, or a year that does not exist for the caller.
    pub async fn period(&self, reading: &ReportReading<'_>) -> Result<Period> {
        match (&self.academic_year, self.plan_year_id, self.from_on, self.to_on) {
            (None, None, None, None) => of_academic_year(&academic_year(reading.as_at)),
            (Some(year), None, None, None) => of_academic_year(year),
            (None, Some(id), None, None) => of_plan_year(reading, id).await,
            (None, None, Some(from_on), Some(to_on)) => of_days(from_on, to_on),
            (None, None, Some(_), None) => Err(refused("to_on", "required", "goes with `from_on`")),
            (None, None, None, Some(_)) => Err(refused("from_on", "required", "goes with `to_on`")),
            (Some(_), ..) => Err(refused("academic_year", "exclusive", "send one period: a year, or two days")),
            _ => Err(refused("plan_year_id", "exclusive", "send one period: a year, or two days")),
        }
    }
}

fn of_academic_year(year: &str) -> Result<Period> {
    let (from_on, to_on) = academic_year::days(year).ok_or_else(|| {
        let message = "an academic year is a year and the last two digits of the next, such as 2016/17";
        refused("academic_year", "order", message)
    })?;
    Ok(Period { from_on, to_on, label: Some(year.to_owned()), plan_id: None })
}

fn of_days(from_on: Date, to_on: Date) -> Result<Period> {
    if to_on < from_on {
        return Err(refused("to_on", "order", "not before `from_on`"));
    }
    if from_on <= months_later(to_on, -12 * MOST_YEARS) {
        let message = format!("a period has at most {MOST_YEARS} years: ask for a shorter one");
        return Err(refused("to_on", "too_long", &message));
    }
    Ok(Period { from_on, to_on, label: None, plan_id: None })
}

async fn of_plan_year(reading: &ReportReading<'_>, id: Uuid) -> Result<Period> {
    let unknown = || refused("plan_year_id", "unknown_reference", "there is no such year of a plan");
    let caller = reading.caller.under(Scope::ReadPlans).ok_or_else(unknown)?;
    let year = caller.rows::<plan_year::Entity>().filter(plan_year::Column::Id.eq(id));
    let year = limit::report(year.one(reading.db())).await?.ok_or_else(unknown)?;
    let plan_id = Some(year.plan_id);
    Ok(Period { from_on: year.first_day, to_on: year.last_day, label: Some(year.label), plan_id })
}

/// The refusal of a parameter.
pub(super) fn refused(parameter: &str, code: &str, message: &str) -> Problem {
    let fault = Fault::new(format!("?{parameter}"), code, message);
    Problem::new(Code::BadParameter, format!("?{parameter}: {message}")).with(fault)
}
