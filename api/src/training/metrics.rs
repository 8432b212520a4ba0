//! What targets count of training.

use entity::training::attendance::{self, AttendanceStatus};
use entity::training::training_event::{self, TrainingKind, TrainingStatus};
use sea_orm::sea_query::{Alias, Expr};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::wall_day;
use crate::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{
    ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, any_of, is, search_key,
};

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![MetricEntry::of::<SessionsHeld>(), MetricEntry::of::<PeopleTrained>()]
}

/// Which training events a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct SessionsCounted {
    /// Only events of any of these kinds count.
    #[serde(default)]
    #[schema(max_items = 4)]
    kind: Vec<TrainingKind>,
    /// Only events count that qualify for this, without regard to case and accents.
    #[schema(min_length = 1, max_length = 200)]
    qualification: Option<String>,
    /// Events count from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Events count until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

impl SessionsCounted {
    fn of_events(&self) -> Condition {
        use training_event::Column;

        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(is(Column::QualificationKey, self.qualification.as_deref().map(search_key)))
    }
}

/// Sessions that were held.
pub struct SessionsHeld;

impl Metric for SessionsHeld {
    type Filter = SessionsCounted;

    const CODE: &'static str = "sessions_held";
    const MEANING: &'static str = "Training events that were held in the days counted.";
    const PART: &'static str = "training";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Sessions;
    const THINGS: &'static str = "training events";
    const READ: Scope = Scope::ReadTraining;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: SessionsCounted) -> Result<Counted> {
        use training_event::Column;

        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let of = |column| Expr::col((training_event::Entity, column));
        let day = wall_day::day(reading.caller.db().backend(), of(Column::StartsAt), days);
        let mut events = reading.caller.statement::<training_event::Entity>(false);
        events
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(day, Alias::new("on_date"))
            .expr_as(of(Column::Title), Alias::new("label"))
            .and_where(Column::Status.eq(TrainingStatus::Held))
            .cond_where(filter.of_events())
            .cond_where(wall_day::within(Column::StartsAt, days));
        Ok(Counted::things(events, &["label"]))
    }
}

/// People who came to training.
pub struct PeopleTrained;

impl Metric for PeopleTrained {
    type Filter = SessionsCounted;

    const CODE: &'static str = "people_trained";
    const MEANING: &'static str = "People who came to a training event in the days counted, each once.";
    const PART: &'static str = "training";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::People;
    const THINGS: &'static str = "people";
    const READ: Scope = Scope::ReadTraining;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: SessionsCounted) -> Result<Counted> {
        use attendance::Column;

        let [first, last] = over.days(filter.from_on, filter.to_on, reading.as_at);
        let mut events = reading.caller.statement::<training_event::Entity>(false);
        events.column((training_event::Entity, training_event::Column::Id)).cond_where(filter.of_events());
        let person = Expr::col((attendance::Entity, Column::PersonId));
        let mut people = reading.caller.statement::<attendance::Entity>(false);
        people
            .expr_as(person.clone(), Alias::new("id"))
            .expr_as(Column::AttendedOn.min(), Alias::new("on_date"))
            .and_where(Column::Status.eq(AttendanceStatus::Attended))
            .and_where(Column::AttendedOn.gte(first))
            .and_where(Column::AttendedOn.lte(last))
            .and_where(Column::EventId.in_subquery(events))
            .add_group_by([person]);
        Ok(Counted::things(people, &[]))
    }
}
