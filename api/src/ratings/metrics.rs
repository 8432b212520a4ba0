//! What targets count of ratings.

use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{self, Column};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use time::Date;
use utoipa::ToSchema;

use super::store;
use crate::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{Condition, Deserialize, ReportReading, Result, Scope, any_of};
use crate::schools::store::reported::{self, ReportedSchools};

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![MetricEntry::of::<Ratings>(), MetricEntry::of::<RatingsMoved>()]
}

/// Which ratings a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RatingsCounted {
    /// Only schools with any of these colours count; all schools with a rating if absent.
    #[serde(default)]
    #[schema(max_items = 3)]
    colour: Vec<RatingColour>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// The schools of current ratings on the day: each has one.
fn current(reading: &ReportReading<'_>) -> SelectStatement {
    let of = |column| Expr::col((rag_rating::Entity, column));
    let mut ratings = reading.caller.statement::<rag_rating::Entity>(false);
    ratings
        .expr_as(of(Column::SchoolId), Alias::new("id"))
        .expr_as(of(Column::OnDate), Alias::new("on_date"))
        .expr_as(of(Column::SchoolId), Alias::new("school_id"))
        .expr_as(of(Column::Colour), Alias::new("label"))
        .cond_where(store::is_current(reading.caller, reading.as_at));
    ratings
}

/// Schools with a colour.
pub struct Ratings;

impl Metric for Ratings {
    type Filter = RatingsCounted;

    const CODE: &'static str = "ratings";
    const MEANING: &'static str =
        "Schools whose current rating on the day has one of the colours, of the schools in scope.";
    const PART: &'static str = "ratings";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadRatings;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: RatingsCounted) -> Result<Counted> {
        let mut ratings = current(reading);
        ratings.cond_where(Condition::all().add_option(any_of(Column::Colour, &filter.colour)));
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted { things: ratings, columns: &["school_id", "label"], population: Some(population) })
    }
}

entity::choice! {
    /// Whether a school's need of support grew or fell.
    #[example = "better"]
    pub enum MoveDirection {
        /// It needs less support than before.
        Better = "better",
        /// It needs more.
        Worse = "worse",
    }
}

/// Which moves between colours a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct MovesCounted {
    /// Only moves this way count; both ways if absent.
    direction: Option<MoveDirection>,
    /// The day with whose colour the present one is compared, instead of the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Schools whose colour changed.
pub struct RatingsMoved;

/// The place of a colour: the more support it asks for, the higher.
fn need(colour: Expr) -> Expr {
    Expr::case(colour.clone().eq(RatingColour::Red.as_str()), 3)
        .case(colour.clone().eq(RatingColour::Amber.as_str()), 2)
        .case(colour.eq(RatingColour::Green.as_str()), 1)
        .into()
}

impl Metric for RatingsMoved {
    type Filter = MovesCounted;

    const CODE: &'static str = "ratings_moved";
    const MEANING: &'static str = "Schools with another colour on the day than on the first of the days counted, of \
                                   the schools in scope; a school without a rating on one of the days has not \
                                   moved.";
    const PART: &'static str = "ratings";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadRatings;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: MovesCounted) -> Result<Counted> {
        let [first, _] = over.days(filter.from_on, None, reading.as_at);
        let of = |column| Expr::col((rag_rating::Entity, column));
        let before = need(store::colour_of(reading.caller, first, of(Column::SchoolId)));
        let now = need(of(Column::Colour));
        let mut moved = current(reading);
        moved.and_where(match filter.direction {
            Some(MoveDirection::Better) => now.lt(before),
            Some(MoveDirection::Worse) => now.gt(before),
            None => now.ne(before),
        });
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted { things: moved, columns: &["school_id", "label"], population: Some(population) })
    }
}
