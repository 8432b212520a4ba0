//! The figures of metrics, all in one statement.

use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement, UnionType};
use sea_orm::{ExprTrait, QueryResult};
use serde::Serialize;
use serde_json::Value;
use time::Date;
use utoipa::ToSchema;

use super::catalogue::open;
use super::{Counted, MetricEntry, MetricMeasure, Over};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::report::ReportReading;

/// So many figures come from one statement at most.
const AT_ONCE: usize = 60;

entity::choice! {
    /// Why there is no figure.
    #[example = "not_dated"]
    pub enum MetricUnknown {
        /// The caller does not see all of what is counted.
        NotSeen = "not_seen",
        /// What is counted bears no days, so that only today's figure is known.
        NotDated = "not_dated",
        /// Nothing could count: a percentage of nothing is none.
        EmptyPopulation = "empty_population",
        /// The metric does not exist any more, or its filter means nothing to it any more.
        NotComputed = "not_computed",
    }
}

/// The figure of a metric on a day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MetricValue {
    /// The figure, in the metric's unit; null where it is not known.
    #[schema(example = 60.0)]
    pub value: Option<f64>,
    /// What a percentage is made of: what counts; null for counts and sums.
    #[schema(example = 36.0)]
    pub numerator: Option<f64>,
    /// What could count; null for counts and sums.
    #[schema(example = 60.0)]
    pub denominator: Option<f64>,
    /// What the denominator counts; null for counts and sums.
    #[schema(value_type = Option<String>, max_length = 100, example = "schools in scope")]
    pub scope: Option<&'static str>,
    /// How many rows of evidence there are.
    #[schema(minimum = 0, example = 36)]
    pub evidence: i64,
    /// Why there is no figure; null where there is one.
    pub unknown: Option<MetricUnknown>,
}

impl MetricValue {
    /// No figure, for a reason.
    #[must_use]
    pub const fn unknown(unknown: MetricUnknown) -> Self {
        Self { value: None, numerator: None, denominator: None, scope: None, evidence: 0, unknown: Some(unknown) }
    }
}

/// A metric that is asked for.
#[derive(Clone)]
pub struct Wanted<'a> {
    /// For whom, where it is not the caller of the reading.
    pub by: Option<Caller>,
    /// The code of the metric.
    pub code: &'a str,
    /// What narrows it.
    pub filter: Option<&'a Value>,
    /// The days, and a cohort where there is one.
    pub over: Over,
    /// The day as on which it is asked for; events count until then.
    pub as_at: Date,
}

impl Wanted<'_> {
    /// What it counts, under the reach of the caller.
    ///
    /// # Errors
    /// Why there is no figure, or that the database is away.
    pub async fn counted(&self, reading: &ReportReading<'_>) -> Result<Result<(MetricEntry, Counted), MetricUnknown>> {
        let Some(entry) = reading.caller.state().metrics().find(self.code).copied() else {
            return Ok(Err(MetricUnknown::NotComputed));
        };
        let by = self.by.as_ref().unwrap_or(reading.caller);
        let Some(caller) = by.under(entry.read).filter(Caller::sees_hub) else {
            return Ok(Err(MetricUnknown::NotSeen));
        };
        if !entry.dated && self.as_at < caller.today() {
            return Ok(Err(MetricUnknown::NotDated));
        }
        let reading = reading.by(&caller, self.as_at);
        let none = open();
        match (entry.counted)(&reading, &self.over, self.filter.unwrap_or(&none)).await {
            Ok(counted) => Ok(Ok((entry, counted))),
            Err(problem) if problem.code() == Code::Invalid => Ok(Err(MetricUnknown::NotComputed)),
            Err(problem) => Err(problem),
        }
    }
}

/// The figures of some metrics, in their order: one statement for sixty of them.
///
/// # Errors
/// When the database is away.
pub async fn values(reading: &ReportReading<'_>, wanted: &[Wanted<'_>]) -> Result<Vec<MetricValue>> {
    let mut values = Vec::with_capacity(wanted.len());
    for part in wanted.chunks(AT_ONCE) {
        let mut union: Option<SelectStatement> = None;
        let mut entries = Vec::with_capacity(part.len());
        for (wanted, place) in part.iter().zip(0_i32..) {
            let counted = wanted.counted(reading).await?;
            if let Ok((entry, counted)) = &counted {
                let figures = figures(place, entry.measure, counted.clone());
                match &mut union {
                    None => union = Some(figures),
                    Some(union) => {
                        union.union(UnionType::All, figures);
                    }
                }
            }
            entries.push(counted.map(|(entry, _)| entry));
        }
        let rows = match union {
            Some(union) => reading.all(&union).await?,
            None => Vec::new(),
        };
        let mut found: Vec<Option<Figures>> = vec![None; part.len()];
        for row in &rows {
            let (place, figures) = Figures::of(row)?;
            if let Some(slot) = usize::try_from(place).ok().and_then(|place| found.get_mut(place)) {
                *slot = Some(figures);
            }
        }
        for (entry, figures) in entries.into_iter().zip(found) {
            values.push(match (entry, figures) {
                (Ok(entry), Some(figures)) => figures.value(&entry),
                (Ok(_), None) => return Err(Problem::internal("a metric without a figure")),
                (Err(unknown), _) => MetricValue::unknown(unknown),
            });
        }
    }
    Ok(values)
}

/// One row with the place of a metric, how many things count, their sum, and what they could be.
fn figures(place: i32, measure: MetricMeasure, counted: Counted) -> SelectStatement {
    let column = |part: &'static str, name: &'static str| Expr::col((Alias::new(part), Alias::new(name)));
    let double = Alias::new("double precision");
    let sum = |name: &'static str| counted.column(name).sum().cast_as(double.clone());
    let mut rows = Query::select();
    rows.expr(Expr::val(place).cast_as("integer")).expr(column("thing", "id").count());
    match (measure, &counted.population) {
        (MetricMeasure::Share, Some(population)) => {
            let mut all = Query::select();
            all.expr(column("population", "id").count()).from_subquery(population.clone(), Alias::new("population"));
            let mut members = Query::select();
            members.expr(column("member", "id")).from_subquery(population.clone(), Alias::new("member"));
            rows.expr(Expr::val(None::<f64>).cast_as(double.clone()))
                .expr(Expr::SubQuery(None, Box::new(all.into())).cast_as(double.clone()))
                .and_where(column("thing", "id").in_subquery(members));
        }
        _ => {
            rows.expr(sum("amount")).expr(sum("whole"));
        }
    }
    rows.from_subquery(counted.things, Alias::new("thing"));
    rows
}

#[derive(Clone, Copy, Debug)]
struct Figures {
    things: i64,
    amount: Option<f64>,
    whole: Option<f64>,
}

impl Figures {
    fn of(row: &QueryResult) -> Result<(i32, Self)> {
        let figures = Self {
            things: row.try_get_by_index(1)?,
            amount: row.try_get_by_index(2)?,
            whole: row.try_get_by_index(3)?,
        };
        Ok((row.try_get_by_index(0)?, figures))
    }

    fn value(self, entry: &MetricEntry) -> MetricValue {
        #[expect(clippy::cast_precision_loss, reason = "no hub has 2^53 records")]
        let things = self.things as f64;
        let amount = self.amount.unwrap_or(0.0);
        let of = |numerator: f64, denominator: f64| {
            let share = |denominator: f64| tenths(100.0 * numerator / denominator);
            let value = (denominator > 0.0).then(|| share(denominator));
            MetricValue {
                value,
                numerator: Some(numerator),
                denominator: Some(denominator),
                scope: Some(entry.scope),
                evidence: self.things,
                unknown: value.is_none().then_some(MetricUnknown::EmptyPopulation),
            }
        };
        let plain = |value: f64| MetricValue {
            value: Some(value),
            numerator: None,
            denominator: None,
            scope: None,
            evidence: self.things,
            unknown: None,
        };
        if entry.none_is_unknown && self.things == 0 {
            return MetricValue::unknown(MetricUnknown::EmptyPopulation);
        }
        match entry.measure {
            MetricMeasure::Share => of(things, self.whole.unwrap_or(0.0)),
            MetricMeasure::Ratio => of(amount, self.whole.unwrap_or(0.0)),
            MetricMeasure::Count => plain(things),
            MetricMeasure::Sum => plain(hundredths(amount)),
        }
    }
}

/// A percentage to one decimal, as reports have it.
fn tenths(share: f64) -> f64 {
    (share * 10.0 + 1e-9).round() / 10.0
}

/// A sum without what binary fractions add to it.
fn hundredths(sum: f64) -> f64 {
    (sum * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_one_decimal_and_a_sum_two() {
        let told = [tenths(100.0 / 16.0), tenths(200.0 / 3.0), hundredths(0.1 + 0.2)].map(|figure| figure.to_string());
        assert_eq!(told, ["6.3", "66.7", "0.3"]);
    }
}
