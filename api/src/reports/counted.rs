//! The visits that a report counts.

use entity::plans::plan_year;
use entity::visits::visit::{self, VisitKind, VisitMode};
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{QueryFilter, QueryOrder};
use time::Date;

use crate::kernel::prelude::*;

/// How many months after a visit a school is due for another one, unless it is asked otherwise: the plan visits every
/// school once in two years.
const INTERVAL: i32 = 24;

/// Says which visits count, and for how long.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CountedVisits {
    /// Only visits of any of these kinds count; all kinds if absent.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<VisitKind>,
    /// Only visits in any of these modes count; all modes if absent.
    #[serde(default)]
    #[param(max_items = 4)]
    pub mode: Vec<VisitMode>,
    /// Visits before this day do not count. If absent, all visits count, or for a year of a plan the ones from the
    /// plan's first day on.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub since_on: Option<Date>,
    /// So many months after its last visit a school is due for another one; 24 if absent.
    #[param(minimum = 1, maximum = 60, example = 24)]
    pub interval_months: Option<i32>,
}

impl CountedVisits {
    /// The months between two visits.
    #[must_use]
    pub fn interval(&self) -> i32 {
        self.interval_months.unwrap_or(INTERVAL)
    }

    /// The same for a period: in a year of a plan visits before the plan do not count, unless it is asked otherwise.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn in_period(&self, reading: &ReportReading<'_>, period: &Period) -> Result<Self> {
        let since_on = match (self.since_on, period.plan_id) {
            (None, Some(plan_id)) => plan_years(reading, plan_id).await?.first().map(|year| year.first_day),
            (since_on, _) => since_on,
        };
        Ok(Self { since_on, ..self.clone() })
    }

    /// The visits that count, of those that the caller reaches: made by a day, and since another one.
    #[must_use]
    pub fn visits(&self, caller: &Caller, since: Option<Date>, until: Date) -> SelectStatement {
        use visit::Column;

        let mut visits = caller.statement::<visit::Entity>(false);
        visits.cond_where(
            Condition::all()
                .add(Column::CompletedOn.lte(until))
                .add_option(since.map(|since| Column::CompletedOn.gte(since)))
                .add_option(any_of(Column::Kind, &self.kind))
                .add_option(any_of(Column::Mode, &self.mode)),
        );
        visits
    }
}

/// The years of a plan that the caller sees, in their order.
///
/// # Errors
/// When the database is away.
pub async fn plan_years(reading: &ReportReading<'_>, plan_id: Uuid) -> Result<Vec<plan_year::Model>> {
    let Some(caller) = reading.caller.under(Scope::ReadPlans) else { return Ok(Vec::new()) };
    let years = caller.rows::<plan_year::Entity>().filter(plan_year::Column::PlanId.eq(plan_id));
    let years = years.order_by_asc(plan_year::Column::FirstDay).order_by_asc(plan_year::Column::Id);
    Ok(years.all(reading.db()).await?)
}

/// A column of a part of a statement.
#[must_use]
pub fn column(part: &'static str, name: &'static str) -> Expr {
    Expr::col((Alias::new(part), Alias::new(name)))
}

/// 1 where a condition holds, else 0.
#[must_use]
pub fn flag(condition: Expr) -> Expr {
    Expr::case(condition, 1).finally(0).into()
}
