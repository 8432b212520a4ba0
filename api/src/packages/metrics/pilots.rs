//! Schools and clusters that tried something out, and whether they are confident.

use entity::packages::pilot::{self, Column, PilotStatus};
use entity::schools::{school, school_group};
use sea_orm::sea_query::{Alias, Expr, Func, JoinType, Query, SelectStatement, UnionType};
use sea_orm::{DbBackend, ExprTrait};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, Uuid, any_of};

/// A name under which the items of a list are read within a statement.
const NAMED: &str = "named";

entity::choice! {
    /// What a pilot tries out.
    #[example = "package"]
    pub enum PilotSubject {
        /// A package of support.
        Package = "package",
        /// A framework.
        Framework = "framework",
        /// A resource, such as lessons online.
        Resource = "resource",
    }
}

/// Which pilots a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PilotsCounted {
    /// Only pilots of this count.
    subject: Option<PilotSubject>,
    /// Only pilots of any of these packages count.
    #[serde(default)]
    #[schema(max_items = 50)]
    package_id: Vec<Uuid>,
    /// Only pilots of any of these frameworks count.
    #[serde(default)]
    #[schema(max_items = 50)]
    framework_id: Vec<Uuid>,
    /// Only pilots of any of these resources count.
    #[serde(default)]
    #[schema(max_items = 50)]
    resource_id: Vec<Uuid>,
    /// Pilots count that ended on this day or later, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Pilots count that ended until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

impl PilotsCounted {
    /// The pilots that were completed in the days counted: a statement without a column.
    fn completed(&self, reading: &ReportReading<'_>, over: &Over) -> SelectStatement {
        let [first, last] = over.days(self.from_on, self.to_on, reading.as_at);
        let subject = self.subject.map(|subject| match subject {
            PilotSubject::Package => Column::PackageId.is_not_null(),
            PilotSubject::Framework => Column::FrameworkId.is_not_null(),
            PilotSubject::Resource => Column::ResourceId.is_not_null(),
        });
        let mut pilots = reading.caller.statement::<pilot::Entity>(false);
        pilots.cond_where(
            Condition::all()
                .add(Column::Status.eq(PilotStatus::Completed))
                .add(Column::ToOn.gte(first))
                .add(Column::ToOn.lte(last))
                .add_option(subject)
                .add_option(any_of(Column::PackageId, &self.package_id))
                .add_option(any_of(Column::FrameworkId, &self.framework_id))
                .add_option(any_of(Column::ResourceId, &self.resource_id)),
        );
        pilots
    }
}

/// Joins a statement over pilots with the ids in one of their lists, and returns the id.
fn each_id(pilots: &mut SelectStatement, backend: DbBackend, list: Column) -> Expr {
    let list = Expr::col((pilot::Entity, list));
    let (items, id) = match backend {
        DbBackend::Postgres => ("jsonb_array_elements_text", "\"named\".\"value\"::uuid"),
        _ => ("json_each", "unhex(replace(\"named\".\"value\", '-', ''))"),
    };
    pilots.from_function(Func::cust(items).arg(list), Alias::new(NAMED));
    Expr::cust(id)
}

/// Schools and clusters of completed pilots.
pub struct PilotsCompleted;

impl Metric for PilotsCompleted {
    type Filter = PilotsCounted;

    const CODE: &'static str = "pilots_completed";
    const MEANING: &'static str = "Schools and groups of schools that took part in a pilot which was completed and \
                                   ended in the days counted, each once.";
    const PART: &'static str = "packages";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Schools;
    const THINGS: &'static str = "schools and groups of schools";
    const READ: Scope = Scope::ReadPackages;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: PilotsCounted) -> Result<Counted> {
        let backend = reading.caller.db().backend();
        let mut took_part = filter.completed(reading, over);
        let id = each_id(&mut took_part, backend, Column::SchoolIds);
        took_part
            .expr_as(id, Alias::new("id"))
            .expr_as(Expr::col((pilot::Entity, Column::ToOn)), Alias::new("on_date"));
        let mut groups = filter.completed(reading, over);
        let id = each_id(&mut groups, backend, Column::SchoolGroupIds);
        groups.expr_as(id, Alias::new("id")).expr_as(Expr::col((pilot::Entity, Column::ToOn)), Alias::new("on_date"));
        took_part.union(UnionType::All, groups);
        let of = |name: &'static str| Expr::col((Alias::new("part"), Alias::new(name)));
        let hub = || Expr::val(reading.caller.hub_id);
        let own = |table: &'static str, name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
        let is_school = own("school", "hub_id").eq(hub()).and(own("school", "id").eq(of("id")));
        let is_group = own("school_group", "hub_id").eq(hub()).and(own("school_group", "id").eq(of("id")));
        let mut parts = Query::select();
        parts
            .expr_as(of("id"), Alias::new("id"))
            .expr_as(of("on_date").min(), Alias::new("on_date"))
            .expr_as(own("school", "id"), Alias::new("school_id"))
            .expr_as(own("school_group", "name"), Alias::new("label"))
            .from_subquery(took_part, Alias::new("part"))
            .join(JoinType::LeftJoin, school::Entity, is_school)
            .join(JoinType::LeftJoin, school_group::Entity, is_group)
            .add_group_by([of("id"), own("school", "id"), own("school_group", "name")]);
        Ok(Counted::things(parts, &["school_id", "label"]))
    }
}

/// How many of the respondents of pilots are confident.
pub struct PilotConfidence;

impl Metric for PilotConfidence {
    type Filter = PilotsCounted;

    const CODE: &'static str = "pilot_confidence";
    const MEANING: &'static str = "Respondents who are confident, of the respondents who said so or not, in pilots \
                                   that were completed and ended in the days counted.";
    const PART: &'static str = "packages";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "pilots";
    const SCOPE: &'static str = "respondents who said whether they are confident";
    const READ: Scope = Scope::ReadPackages;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: PilotsCounted) -> Result<Counted> {
        let (items, confident) = match reading.caller.db().backend() {
            DbBackend::Postgres => ("jsonb_array_elements", "\"named\".\"value\"->>'confident' = 'true'"),
            _ => ("json_each", "\"named\".\"value\"->>'$.confident' = 1"),
        };
        let of = |column| Expr::col((pilot::Entity, column));
        let count = |said: &str| Expr::cust(format!("CASE WHEN {said} THEN 1 ELSE 0 END")).sum();
        let mut pilots = filter.completed(reading, over);
        pilots
            .from_function(Func::cust(items).arg(of(Column::Respondents)), Alias::new(NAMED))
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(of(Column::ToOn), Alias::new("on_date"))
            .expr_as(of(Column::Title), Alias::new("label"))
            .expr_as(count(confident), Alias::new("amount"))
            .expr_as(count(&format!("({confident}) IS NOT NULL")), Alias::new("whole"))
            .add_group_by([of(Column::Id), of(Column::ToOn), of(Column::Title)]);
        Ok(Counted::things(pilots, &["label", "amount", "whole"]))
    }
}
