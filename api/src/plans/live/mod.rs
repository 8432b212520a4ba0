//! Live targets: their figures are computed by metrics from the hub's own records, as on any day, and nobody types
//! them in.

pub mod catalogue;
pub mod evidence;
pub mod picture;
mod rule;
pub mod series;
pub mod value;

use std::collections::HashMap;

use entity::plans::{cohort_member, plan_year, target};
use sea_orm::sea_query::{Alias, Expr};
use time::Date;

pub use self::rule::faults;
use super::progress::status::TargetFacts;
use super::tree::Latest;
use crate::kernel::operations::metric::Over;
use crate::kernel::operations::metric::value::{MetricValue, Wanted, values};
use crate::kernel::prelude::*;

/// A target as on a day.
#[derive(Clone, Copy, Debug)]
pub struct OnDay<'a> {
    /// The target.
    pub target: &'a target::Model,
    /// The year of the plan that it belongs to.
    pub year: Option<&'a plan_year::Model>,
    /// The day.
    pub as_at: Date,
}

impl<'a> OnDay<'a> {
    /// The first of the days on which events count: the target's own start, or that of its year.
    #[must_use]
    pub fn from_on(&self) -> Date {
        let begins = self.year.map_or(self.as_at, |year| year.first_day);
        TargetFacts::of(self.target, begins, None, self.as_at).starts_on
    }

    /// The day until which events count: the day asked for, but not beyond the target's year and its last due. What
    /// happens later is not what the target was about.
    #[must_use]
    pub fn until(&self) -> Date {
        let ends = self.year.map(|year| year.last_day).into_iter().chain(self.target.last_due_on).max();
        ends.map_or(self.as_at, |ends| Ord::min(ends, self.as_at))
    }

    /// What it asks its metric for; none for a target whose figure is typed in.
    #[must_use]
    pub fn wanted(&self, caller: &Caller) -> Option<Wanted<'a>> {
        let cohort = self.target.cohort_id.map(|cohort| {
            use cohort_member::Column;

            let mut members = caller.statement::<cohort_member::Entity>(false);
            members.expr_as(Expr::col((cohort_member::Entity, Column::SchoolId)), Alias::new("id"));
            members.and_where(Column::CohortId.eq(cohort));
            members
        });
        Some(Wanted {
            by: None,
            code: self.target.metric.as_deref()?,
            filter: self.target.metric_filter.as_ref(),
            over: Over { from_on: self.from_on(), cohort },
            as_at: self.until(),
        })
    }
}

/// Puts the figures of live targets in the place of what was reported of them.
///
/// # Errors
/// 503 when as many reports are being made as there are connections for them.
#[expect(clippy::implicit_hasher, reason = "progress is kept in the usual maps")]
pub async fn fill<'a>(
    caller: &Caller,
    targets: impl IntoIterator<Item = OnDay<'a>>,
    latest: &mut HashMap<Uuid, Latest>,
) -> Result<()> {
    let targets: Vec<OnDay<'a>> = targets.into_iter().filter(|one| one.target.metric.is_some()).collect();
    if targets.is_empty() {
        return Ok(());
    }
    let db = caller.db().report_snapshot().await?;
    fill_in(&ReportReading::new(caller, caller.today(), &db), targets, latest).await?;
    Ok(db.rollback().await?)
}

/// As [`fill`], in the snapshot of a report.
///
/// # Errors
/// When the database is away.
#[expect(clippy::implicit_hasher, reason = "progress is kept in the usual maps")]
pub async fn fill_in<'a>(
    reading: &ReportReading<'_>,
    targets: impl IntoIterator<Item = OnDay<'a>>,
    latest: &mut HashMap<Uuid, Latest>,
) -> Result<()> {
    let live = targets.into_iter().filter_map(|one| Some((one.target.id, one.wanted(reading.caller)?)));
    let (ids, wanted): (Vec<Uuid>, Vec<Wanted<'_>>) = live.unzip();
    let found = values(reading, &wanted).await?;
    for ((id, wanted), value) in ids.into_iter().zip(wanted).zip(found) {
        latest.entry(id).or_default().live(value, wanted.as_at);
    }
    Ok(())
}

impl Latest {
    /// The same with the figure that a metric gives as on a day.
    fn live(&mut self, value: MetricValue, on: Date) {
        self.last_value = value.value;
        self.last_value_on = value.value.map(|_| on);
        self.live = Some(value);
    }
}

/// A measured target that the caller may see the figure of, with the year that it belongs to.
///
/// # Errors
/// 404 when it is not there for the caller, 403 for who does not see progress, 409 for a target in words.
async fn measured(
    caller: &Caller,
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<(target::Model, Option<plan_year::Model>)> {
    use sea_orm::QueryFilter;

    let found = caller.rows::<target::Entity>().filter(target::Column::Id.eq(id)).one(db).await?;
    let target = found.ok_or_else(Problem::not_found)?;
    if !caller.sees_hub() {
        return Err(Problem::forbidden("figures of targets are visible only to callers who reach the whole hub"));
    }
    if target.kind == target::TargetKind::Text {
        return Err(Problem::conflict("a target in words has no figure: its dues say when it is met"));
    }
    let year = caller.rows_archived::<plan_year::Entity>();
    let year = year.filter(plan_year::Column::Id.eq(target.plan_year_id)).one(db).await?;
    Ok((target, year))
}
