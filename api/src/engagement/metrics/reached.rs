//! Schools that a message reached.

use entity::engagement::communication::CommunicationKind;
use entity::engagement::communication_recipient::{self, Column, Outcome};
use sea_orm::sea_query::{Alias, Expr};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, any_of};
use crate::schools::store::reported::{self, ReportedSchools};

/// Which messages a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct MessagesCounted {
    /// Only messages of any of these kinds count.
    #[serde(default)]
    #[schema(max_items = 6)]
    kind: Vec<CommunicationKind>,
    /// Messages count that were sent on this day or later, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Messages count that were sent until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Schools that a message reached.
pub struct SchoolsReached;

impl Metric for SchoolsReached {
    type Filter = MessagesCounted;

    const CODE: &'static str = "schools_reached";
    const MEANING: &'static str = "Schools that a message had reached by the day which was sent in the days \
                                   counted, of the schools in scope.";
    const PART: &'static str = "engagement";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadEngagement;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: MessagesCounted) -> Result<Counted> {
        let [first, last] = over.days(filter.from_on, filter.to_on, reading.as_at);
        let school = || Expr::col((communication_recipient::Entity, Column::SchoolId));
        let mut reached = reading.caller.statement::<communication_recipient::Entity>(false);
        reached
            .expr_as(school(), Alias::new("id"))
            .expr_as(Column::ReachedOn.min(), Alias::new("on_date"))
            .expr_as(school(), Alias::new("school_id"))
            .cond_where(
                Condition::all()
                    .add(Column::SentOn.gte(first))
                    .add(Column::SentOn.lte(last))
                    .add(Column::Outcome.eq(Outcome::Reached))
                    .add(Column::ReachedOn.lte(reading.as_at))
                    .add_option(any_of(Column::Kind, &filter.kind)),
            )
            .add_group_by([school()]);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(reached, population))
    }
}
