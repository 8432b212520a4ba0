//! Schools with whom practice was shared, and schools that opened it.

use entity::engagement::practice_opening;
use entity::engagement::shared_practice::{self, PracticeKind};
use entity::engagement::shared_practice_audience as audience;
use entity::schools::{school, school_group_member as member};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Query, SelectStatement, UnionType};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{Caller, ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, Uuid, any_of};
use crate::schools::store::reported::{self, ReportedSchools};

/// Which practice a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PracticeCounted {
    /// Only practice of any of these kinds counts.
    #[serde(default)]
    #[schema(max_items = 3)]
    kind: Vec<PracticeKind>,
    /// Only these pieces of practice count.
    #[serde(default)]
    #[schema(max_items = 50)]
    shared_practice_id: Vec<Uuid>,
    /// True if only schools count that opened practice in the days counted.
    opened: Option<bool>,
    /// Days count from this one on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Days count until this one, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

impl PracticeCounted {
    fn of_practice(&self) -> Condition {
        Condition::all()
            .add_option(any_of(shared_practice::Column::Kind, &self.kind))
            .add_option(any_of(shared_practice::Column::Id, &self.shared_practice_id))
    }

    /// With whom practice was shared on a day among these: a statement without a column.
    fn given(&self, caller: &Caller, [first, last]: [Date; 2]) -> SelectStatement {
        use audience::Column;

        let consent = shared_practice::Column::ConsentUntil;
        let mut practice = caller.statement::<shared_practice::Entity>(false);
        practice
            .column((shared_practice::Entity, shared_practice::Column::Id))
            .cond_where(self.of_practice())
            .cond_where(Condition::any().add(consent.is_null()).add(consent.gte(first)));
        let mut rows = caller.statement::<audience::Entity>(false);
        rows.and_where(Column::FromOn.lte(last))
            .cond_where(Condition::any().add(Column::ToOn.is_null()).add(Column::ToOn.gte(first)))
            .and_where(Column::SharedPracticeId.in_subquery(practice));
        rows
    }
}

/// The later of two days.
fn later(one: Expr, other: Expr) -> Expr {
    Expr::case(one.clone().lt(other.clone()), other).finally(one).into()
}

/// The schools with whom practice was shared, with the day from which it was; a school may stand there more than once.
fn shared_with(reading: &ReportReading<'_>, filter: &PracticeCounted, days: [Date; 2]) -> SelectStatement {
    use audience::Column;

    let (caller, first) = (reading.caller, days[0]);
    let of = |column| Expr::col((audience::Entity, column));
    let from_on = || later(of(Column::FromOn), Expr::val(first));
    let mut named = filter.given(caller, days);
    named
        .expr_as(of(Column::SchoolId), Alias::new("id"))
        .expr_as(from_on(), Alias::new("on_date"))
        .and_where(Column::SchoolId.is_not_null());
    // A school counts that was a member on a day on which the practice was shared with the group.
    let member = |column| Expr::col((member::Entity, column));
    let meets = member(member::Column::HubId)
        .equals((audience::Entity, Column::HubId))
        .and(member(member::Column::SchoolGroupId).equals((audience::Entity, Column::SchoolGroupId)));
    let begins = member(member::Column::FromOn);
    let ends = member(member::Column::ToOn);
    let in_time = Condition::all()
        .add(begins.clone().is_null().or(begins.clone().lte(days[1])))
        .add(begins.clone().is_null().or(of(Column::ToOn).is_null()).or(begins.clone().lte(of(Column::ToOn))))
        .add(ends.clone().is_null().or(ends.clone().gte(from_on())));
    let since = later(from_on(), begins.if_null(of(Column::FromOn)));
    let mut grouped = filter.given(caller, days);
    grouped
        .join(JoinType::InnerJoin, member::Entity, meets)
        .expr_as(member(member::Column::SchoolId), Alias::new("id"))
        .expr_as(since, Alias::new("on_date"))
        .and_where(member::Column::ArchivedAt.is_null())
        .cond_where(in_time);
    let mut everybody = filter.given(caller, days);
    everybody
        .join(
            JoinType::InnerJoin,
            school::Entity,
            Expr::col((school::Entity, school::Column::HubId)).equals((audience::Entity, Column::HubId)),
        )
        .expr_as(Expr::col((school::Entity, school::Column::Id)), Alias::new("id"))
        .expr_as(from_on().min(), Alias::new("on_date"))
        .and_where(Column::SchoolId.is_null())
        .and_where(Column::SchoolGroupId.is_null())
        .and_where(school::Column::ArchivedAt.is_null())
        .add_group_by([Expr::col((school::Entity, school::Column::Id))]);
    named.union(UnionType::All, grouped).union(UnionType::All, everybody);
    named
}

/// The schools that opened practice in the days counted, with the first of the days.
fn opened_by(caller: &Caller, filter: &PracticeCounted, [first, last]: [Date; 2]) -> SelectStatement {
    use practice_opening::{Column, Entity};

    let mut practice = caller.statement::<shared_practice::Entity>(true);
    practice.column((shared_practice::Entity, shared_practice::Column::Id)).cond_where(filter.of_practice());
    let mut opened = caller.statement::<Entity>(false);
    opened
        .expr_as(Expr::col((Entity, Column::SchoolId)), Alias::new("id"))
        .expr_as(Expr::col((Entity, Column::OpenedOn)), Alias::new("on_date"))
        .and_where(Column::OpenedOn.gte(first))
        .and_where(Column::OpenedOn.lte(last))
        .and_where(Column::SharedPracticeId.in_subquery(practice));
    opened
}

/// Schools with whom practice was shared.
pub struct PracticeShared;

impl Metric for PracticeShared {
    type Filter = PracticeCounted;

    const CODE: &'static str = "practice_shared";
    const MEANING: &'static str = "Schools with whom practice was shared on one of the days counted, or that opened \
                                   it then, of the schools in scope.";
    const PART: &'static str = "engagement";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadEngagement;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: PracticeCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let rows = match filter.opened {
            Some(true) => opened_by(reading.caller, &filter, days),
            _ => shared_with(reading, &filter, days),
        };
        let of = |name: &'static str| Expr::col((Alias::new("with"), Alias::new(name)));
        let mut schools = Query::select();
        schools
            .expr_as(of("id"), Alias::new("id"))
            .expr_as(of("on_date").min(), Alias::new("on_date"))
            .expr_as(of("id"), Alias::new("school_id"))
            .from_subquery(rows, Alias::new("with"))
            .add_group_by([of("id")]);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools, population))
    }
}
