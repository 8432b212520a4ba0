//! The figures of all hubs that compare a metric, as quartiles. This is the one place that computes figures of other
//! hubs, and nothing but quartiles of five hubs or more leaves it.

use std::collections::BTreeMap;

use entity::identity::hub;
use entity::list::List;
use entity::reports::compared_metric;
use entity::schools::school::SchoolKind;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Expr, JoinType, Order, SelectStatement};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::{academic_year, days};
use crate::kernel::operations::metric::Over;
use crate::kernel::operations::metric::value::{Wanted, values};
use crate::kernel::prelude::*;
use crate::schools::store::reported;

/// Fewer hubs than this could be recognised.
///
/// A quartile can be the figure of one hub: the median of any odd number of hubs is, and so are all three of five, nine
/// or thirteen. That is accepted: all of them have agreed to compare the metric, and no reply names a hub or says which
/// hubs take part.
const FEWEST: usize = 5;

/// What comparing hubs have in common.
pub const SCOPE: &str = "hubs that compare the metric and have a figure of it";

/// The quartiles of the hubs that compare a metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Quartiles {
    /// A quarter of the hubs have this figure or less.
    #[schema(example = 48.5)]
    pub lower: f64,
    /// Half of them.
    #[schema(example = 57.0)]
    pub median: f64,
    /// Three quarters of them.
    #[schema(example = 66.1)]
    pub upper: f64,
}

/// The figures of a metric: the asking hub's own, and the quartiles of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The code of the metric.
    pub metric: String,
    /// The figure of the hub that asks.
    pub own: Option<f64>,
    /// How many hubs have a figure; none where they are too few.
    pub hubs: Option<u32>,
    /// Their quartiles; none where they are too few.
    pub quartiles: Option<Quartiles>,
}

/// The days that are compared: the academic year of a day.
#[must_use]
pub fn period(as_at: Date) -> Option<Period> {
    let label = academic_year(as_at);
    let (from_on, to_on) = days(&label)?;
    Some(Period { from_on, to_on, label: Some(label), plan_id: None })
}

/// The metrics that the caller's hub compares, or all for the platform, each with its distribution: of every hub's
/// records, in one statement for sixty figures.
///
/// # Errors
/// When the database is away.
pub async fn compared(reading: &ReportReading<'_>, only: &[String]) -> Result<Vec<Compared>> {
    let caller = reading.caller;
    let mut rows: Vec<(String, Uuid)> = Vec::new();
    for row in reading.all(&hubs(caller, only)).await? {
        let hub_id = row.try_get_by_index(1)?;
        let kinds: List<SchoolKind> = row.try_get_by_index(2)?;
        reported::know_kinds(reading, hub_id, kinds);
        rows.push((row.try_get_by_index(0)?, hub_id));
    }
    let from_on = period(reading.as_at).map_or(reading.as_at, |period| period.from_on);
    let wanted: Vec<Wanted<'_>> = rows
        .iter()
        .map(|(metric, hub)| Wanted {
            by: Some(Caller::system(caller.state().clone(), *hub)),
            code: metric,
            filter: None,
            over: Over { from_on, cohort: None },
            as_at: reading.as_at,
        })
        .collect();
    let figures = values(reading, &wanted).await?;
    let mut found: BTreeMap<&str, (Option<f64>, Vec<f64>)> = BTreeMap::new();
    for ((metric, hub), figure) in rows.iter().zip(figures) {
        let (own, all) = found.entry(metric).or_default();
        all.extend(figure.value);
        if *hub == caller.hub_id {
            *own = figure.value;
        }
    }
    let told = found.into_iter().map(|(metric, (own, figures))| {
        let hubs = u32::try_from(figures.len()).ok();
        let quartiles = quartiles(figures);
        let hubs = hubs.filter(|_| quartiles.is_some());
        Compared { metric: metric.to_owned(), own, hubs, quartiles }
    });
    Ok(told.collect())
}

/// Each compared metric with the hubs that compare it, and the kinds of school that these count.
fn hubs(caller: &Caller, only: &[String]) -> SelectStatement {
    use compared_metric::{Column, Entity};

    let mut rows = caller.statement::<Entity>(false);
    let of_hub = Expr::col((hub::Entity, hub::Column::Id)).equals((Entity, Column::HubId));
    rows.columns([(Entity, Column::Metric), (Entity, Column::HubId)])
        .column((hub::Entity, hub::Column::KindsInScope))
        .join(JoinType::InnerJoin, hub::Entity, of_hub)
        .cond_where(Condition::all().add_option(any_of(Column::Metric, only)))
        .order_by((Entity, Column::Metric), Order::Asc)
        .order_by((Entity, Column::HubId), Order::Asc);
    rows
}

/// The quartiles of five figures or more, each on the straight line between the two figures beside it.
fn quartiles(mut figures: Vec<f64>) -> Option<Quartiles> {
    figures.sort_by(f64::total_cmp);
    let last = figures.len().checked_sub(1).filter(|_| figures.len() >= FEWEST)?;
    let at = |quarters: usize| {
        let (below, rest) = (last * quarters / 4, last * quarters % 4);
        let low = *figures.get(below)?;
        let high = figures.get(below + 1).copied().unwrap_or(low);
        #[expect(clippy::cast_precision_loss, reason = "at most three quarters")]
        let between = low + (high - low) * (rest as f64) / 4.0;
        Some((between * 10.0).round() / 10.0)
    };
    Some(Quartiles { lower: at(1)?, median: at(2)?, upper: at(3)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_figures_or_more_have_quartiles() {
        assert_eq!(quartiles(vec![10.0, 20.0, 30.0, 40.0]), None);
        let of = |lower, median, upper| Some(Quartiles { lower, median, upper });
        assert_eq!(quartiles(vec![50.0, 10.0, 40.0, 30.0, 20.0]), of(20.0, 30.0, 40.0));
        assert_eq!(quartiles(vec![0.0, 10.0, 20.0, 30.0, 40.0, 50.0]), of(12.5, 25.0, 37.5));
        assert_eq!(quartiles(vec![7.0; 9]), of(7.0, 7.0, 7.0));
    }
}
