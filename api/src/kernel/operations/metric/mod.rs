//! Metrics: figures that parts compute from the hub's own records as on any day, for every part that asks for them by
//! code.
//!
//! A metric states its code, what it means, its unit, its filter and *the things that it counts* as one statement
//! ([`Metric`]). The figure and its evidence come from that same statement, so that they cannot differ: the figure
//! counts or adds up its rows ([`value`]), the evidence pages through them ([`evidence`]).

mod catalogue;
pub mod evidence;
mod parameter;
pub mod value;

use std::future::Future;

use futures_util::future::LocalBoxFuture;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::catalogue::Catalogue;
pub use self::parameter::MetricParameter;
use super::report::ReportReading;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::document::openapi::decode;

entity::choice! {
    /// What a metric's figure counts.
    #[example = "percent"]
    pub enum MetricUnit {
        /// Percentage, 0 to 100.
        Percent = "percent",
        /// Things counted.
        Count = "count",
        /// Full-time equivalent of staff.
        Fte = "fte",
        /// Money, in pence.
        Pence = "pence",
        /// Schools.
        Schools = "schools",
        /// People.
        People = "people",
        /// Sessions held.
        Sessions = "sessions",
    }
}

entity::choice! {
    /// How a metric's figure comes from the things that it counts.
    #[example = "share"]
    pub enum MetricMeasure {
        /// The percentage of a population that is among the things counted.
        Share = "share",
        /// What the things have, as a percentage of what they could have.
        Ratio = "ratio",
        /// How many things there are.
        Count = "count",
        /// What the things add up to.
        Sum = "sum",
    }
}

/// What a part computes from its records.
pub trait Metric: 'static {
    /// What narrows the figure: an object whose fields may all be left out.
    type Filter: ToSchema + DeserializeOwned + 'static;

    /// The code by which it is asked for.
    const CODE: &'static str;
    /// What it counts, in a sentence.
    const MEANING: &'static str;
    /// The part that computes it.
    const PART: &'static str;
    /// How the figure comes from the things.
    const MEASURE: MetricMeasure;
    /// What the figure counts.
    const UNIT: MetricUnit;
    /// What the things are, in the plural: `schools`.
    const THINGS: &'static str;
    /// What a percentage is a percentage of.
    const SCOPE: &'static str = "";
    /// The scope by which the things are seen. Nobody without it, and without reach over the whole hub in it, gets the
    /// figure.
    const READ: Scope;
    /// True if it counts schools, so that a cohort of schools can be its population.
    const OF_SCHOOLS: bool = false;
    /// False for what is known only as it is now: a past day has no figure then.
    const DATED: bool = true;
    /// True if it adds up what others publish or return: where there is nothing to add up the figure is not known, and
    /// not 0.
    const NONE_IS_UNKNOWN: bool = false;

    /// The things that it counts, under the caller's reach, as on the reading's day.
    ///
    /// # Errors
    /// When the database is away.
    fn counted(
        reading: &ReportReading<'_>,
        asked: &Over,
        filter: Self::Filter,
    ) -> impl Future<Output = Result<Counted>>;
}

/// Over what a metric is asked for.
#[derive(Clone, Debug)]
pub struct Over {
    /// The first of the days on which events count; the last one is the reading's day.
    pub from_on: Date,
    /// The `id` of schools, where the population is a cohort.
    pub cohort: Option<SelectStatement>,
}

impl Over {
    /// The first and the last day on which events count for a reading, where a filter begins or ends otherwise.
    #[must_use]
    pub fn days(&self, from_on: Option<Date>, to_on: Option<Date>, as_at: Date) -> [Date; 2] {
        [from_on.unwrap_or(self.from_on), to_on.map_or(as_at, |to_on| Ord::min(to_on, as_at))]
    }
}

/// What a metric counts.
#[derive(Clone, Debug)]
pub struct Counted {
    /// One row for each thing, with the columns of [`THING`] that it has.
    pub things: SelectStatement,
    /// The columns of [`THING`] that `things` has, beside `id` and `on_date`.
    pub columns: &'static [&'static str],
    /// For a share: the `id` of everything that could count. A thing outside it does not count.
    pub population: Option<SelectStatement>,
}

/// The columns of a thing that counts: its `id`; `on_date`, the day from which it counts, never null; `school_id`, the
/// school that it belongs to; `label`, words that tell what it is; `amount`, what it adds to a ratio or a sum; `whole`,
/// what it could add to a ratio at most.
pub const THING: [&str; 6] = ["id", "on_date", "school_id", "label", "amount", "whole"];

impl Counted {
    /// Schools that count, with `id`, `on_date` and `school_id`, among a population of schools.
    #[must_use]
    pub const fn share(things: SelectStatement, population: SelectStatement) -> Self {
        Self { things, columns: &["school_id"], population: Some(population) }
    }

    /// Things that count for themselves.
    #[must_use]
    pub const fn things(things: SelectStatement, columns: &'static [&'static str]) -> Self {
        Self { things, columns, population: None }
    }

    /// A column of a thing as it is read: of its type, null where the metric has none.
    fn column(&self, name: &'static str) -> Expr {
        let column = Expr::col((Alias::new("thing"), Alias::new(name)));
        let there = matches!(name, "id" | "on_date") || self.columns.contains(&name);
        match name {
            "amount" | "whole" if there => column.cast_as(Alias::new("double precision")),
            "amount" | "whole" => Expr::val(None::<f64>).cast_as(Alias::new("double precision")),
            "label" if !there => Expr::val(None::<String>).cast_as(Alias::new("text")),
            "school_id" if !there => Expr::val(None::<Uuid>).cast_as(Alias::new("uuid")),
            _ => column,
        }
    }
}

/// A metric without its type.
#[derive(Clone, Copy, Debug)]
pub struct MetricEntry {
    /// The code by which it is asked for.
    pub code: &'static str,
    /// What it counts, in a sentence.
    pub meaning: &'static str,
    /// The part that computes it.
    pub part: &'static str,
    /// How the figure comes from the things.
    pub measure: MetricMeasure,
    /// What the figure counts.
    pub unit: MetricUnit,
    /// What the things are.
    pub things: &'static str,
    /// What a percentage is a percentage of.
    pub scope: &'static str,
    /// The scope by which the things are seen.
    pub read: Scope,
    /// True if a cohort of schools can be its population.
    pub of_schools: bool,
    /// False for what is known only as it is now.
    pub dated: bool,
    /// True if the figure of no things is not known.
    pub none_is_unknown: bool,
    schema: fn() -> parameter::FilterSchema,
    counted: Compute,
}

type Compute = for<'a> fn(&'a ReportReading<'a>, &'a Over, &'a Value) -> LocalBoxFuture<'a, Result<Counted>>;

impl MetricEntry {
    /// The entry of a metric.
    #[must_use]
    pub fn of<M: Metric>() -> Self {
        Self {
            code: M::CODE,
            meaning: M::MEANING,
            part: M::PART,
            measure: M::MEASURE,
            unit: M::UNIT,
            things: M::THINGS,
            scope: M::SCOPE,
            read: M::READ,
            of_schools: M::OF_SCHOOLS,
            dated: M::DATED,
            none_is_unknown: M::NONE_IS_UNKNOWN,
            schema: parameter::FilterSchema::of::<M::Filter>,
            counted: |reading, over, filter| Box::pin(async move { M::counted(reading, over, decode(filter)?).await }),
        }
    }
}

/// A metric as the catalogue tells it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MetricDescription {
    /// The code by which a target names it.
    #[schema(value_type = String, max_length = 80, example = "schools_visited")]
    pub code: &'static str,
    /// What it counts.
    #[schema(value_type = String, max_length = 500, example = "Schools to which a visit was made.")]
    pub meaning: &'static str,
    /// The part that computes it.
    #[schema(value_type = String, max_length = 40, example = "visits")]
    pub part: &'static str,
    /// How the figure comes from the things counted.
    pub measure: MetricMeasure,
    /// What the figure counts.
    pub unit: MetricUnit,
    /// What the things counted are.
    #[schema(value_type = String, max_length = 60, example = "schools")]
    pub things: &'static str,
    /// What a percentage is a percentage of; null for counts and sums.
    #[schema(value_type = Option<String>, max_length = 100, example = "schools in scope")]
    pub scope: Option<&'static str>,
    /// The scope that a caller needs to get the figure and its evidence.
    #[schema(value_type = String, max_length = 40, example = "visits:read")]
    pub read_scope: &'static str,
    /// True if it counts schools, so that `cohort_id` of a target can be its population.
    #[schema(example = true)]
    pub of_schools: bool,
    /// True if it has a figure for past days; false for what is known only as it is now.
    #[schema(example = true)]
    pub dated: bool,
    /// What its filter may hold; every field may be left out.
    #[schema(max_items = 20)]
    pub parameters: Vec<MetricParameter>,
}
