//! Frameworks that are ready to be used.

use entity::frameworks::framework::{self, Column, FrameworkKind};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::wall_day;
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{Condition, Deserialize, ReportReading, Result, Scope, any_of};

/// Which frameworks a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct FrameworksCounted {
    /// Only frameworks of any of these kinds count.
    #[serde(default)]
    #[schema(max_items = 5)]
    kind: Vec<FrameworkKind>,
    /// Frameworks count that were ready on this day or later, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Frameworks count that were ready until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

/// Frameworks that went into a pilot, or were published without one.
pub struct FrameworksReady;

impl Metric for FrameworksReady {
    type Filter = FrameworksCounted;

    const CODE: &'static str = "frameworks_ready";
    const MEANING: &'static str = "Editions of frameworks that went into a pilot in the days counted, or were \
                                   published then without a pilot.";
    const PART: &'static str = "frameworks";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "frameworks";
    const READ: Scope = Scope::ReadFrameworks;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FrameworksCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let of = |column| Expr::col((framework::Entity, column));
        let ready = of(Column::PilotedAt).if_null(of(Column::PublishedAt));
        let published =
            Condition::all().add(of(Column::PilotedAt).is_null()).add(wall_day::within(Column::PublishedAt, days));
        let mut frameworks = reading.caller.statement::<framework::Entity>(false);
        frameworks
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(wall_day::day(reading.caller.db().backend(), ready, days), Alias::new("on_date"))
            .expr_as(of(Column::Title), Alias::new("label"))
            .cond_where(Condition::any().add(wall_day::within(Column::PilotedAt, days)).add(published))
            .cond_where(Condition::all().add_option(any_of(Column::Kind, &filter.kind)));
        Ok(Counted::things(frameworks, &["label"]))
    }
}
