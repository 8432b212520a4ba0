//! How much work each specialist leader has.

use entity::schools::assignment::{self, AssignmentRole};
use entity::visits::action::{self, ActionStatus};
use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Order, Query as Select, SelectStatement, UnionType};
use serde::Serialize;
use utoipa::ToSchema;

use super::counted::{column, flag};
use crate::kernel::base::clock::day_begins;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

/// The report.
pub struct Load;

/// The work of one specialist leader, at schools in scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpecialistLoad {
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// The name; null where the caller does not see it.
    #[schema(max_length = 200, example = "Priya Nair")]
    pub name: Option<String>,
    /// Schools at which the person leads on the day.
    #[schema(minimum = 0, example = 24)]
    pub schools_led: i64,
    /// Schools at which the person helps on the day.
    #[schema(minimum = 0, example = 3)]
    pub schools_supported: i64,
    /// Visits of the person in the period that are planned or confirmed now, whichever the day of the report.
    #[schema(minimum = 0, example = 9)]
    pub visits_planned: i64,
    /// Visits of the person that were completed in the period, up to the day.
    #[schema(minimum = 0, example = 14)]
    pub visits_completed: i64,
    /// Visits of the person, completed up to the day, of which the school had no report by the day.
    #[schema(minimum = 0, example = 2)]
    pub open_reports: i64,
    /// Actions that the person owns, were due before the day, and were not done by then.
    #[schema(minimum = 0, example = 1)]
    pub overdue_actions: i64,
}

/// The names of the figures in the statement, in the order of the line.
const FIGURES: [&str; 6] = ["led", "supported", "planned", "completed", "open_reports", "overdue"];

impl ReportSource for Load {
    const NAME: &'static str = "specialist-load";
    type Query = And<ReportedSchools, PeriodQuery>;
    type Line = SpecialistLoad;

    async fn read(reading: &ReportReading<'_>, And(schools, period): &Self::Query) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let schools = reported::schools(reading, schools, None).await?;
        let rows = reading.all(&load(reading, &schools, &period)).await?;
        let people = rows.iter().map(|row| row.try_get_by_index::<Uuid>(0)).collect::<Result<Vec<_>, _>>()?;
        let mut names = reported::people(reading, people).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let person_id: Uuid = row.try_get_by_index(0)?;
            lines.push(SpecialistLoad {
                person_id,
                name: names.remove(&person_id.to_string()),
                schools_led: row.try_get_by_index(1)?,
                schools_supported: row.try_get_by_index(2)?,
                visits_planned: row.try_get_by_index(3)?,
                visits_completed: row.try_get_by_index(4)?,
                open_reports: row.try_get_by_index(5)?,
                overdue_actions: row.try_get_by_index(6)?,
            });
        }
        lines.sort_by(|one, two| (&one.name, one.person_id).cmp(&(&two.name, two.person_id)));
        let found = lines.len() as u64;
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total: None, found })
    }
}

/// The figures of each person who has work.
fn load(reading: &ReportReading<'_>, schools: &SelectStatement, period: &Period) -> SelectStatement {
    let mut work = assigned(reading, schools);
    work.union(UnionType::All, visits(reading, schools, period)).union(UnionType::All, actions(reading, schools));
    let person = || column("work", "person_id");
    let mut people = Select::select();
    people.expr(person());
    for figure in FIGURES {
        people.expr(column("work", figure).sum());
    }
    people.from_subquery(work, Alias::new("work")).add_group_by([person()]).order_by_expr(person(), Order::Asc);
    people
}

/// Adds the person and the figures to rows of work; figures that are not named are 0. The schools narrow the rows.
fn counting(
    mut rows: SelectStatement,
    schools: &SelectStatement,
    (person, school): (Expr, Expr),
    named: &[(&'static str, Expr)],
) -> SelectStatement {
    rows.expr_as(person, Alias::new("person_id"));
    for figure in FIGURES {
        let value = named.iter().find(|(name, _)| *name == figure);
        let value = value.map_or_else(|| Expr::val(0), |(_, condition)| flag(condition.clone()));
        rows.expr_as(value, Alias::new(figure));
    }
    let same = column("counted", "id").eq(school);
    rows.join_subquery(JoinType::InnerJoin, schools.clone(), Alias::new("counted"), same);
    rows
}

fn assigned(reading: &ReportReading<'_>, schools: &SelectStatement) -> SelectStatement {
    use assignment::Column;

    let of = |column| Expr::col((assignment::Entity, column));
    let mut rows = reading.caller.statement::<assignment::Entity>(false);
    rows.cond_where(holds(Column::FromOn, Column::ToOn, reading.as_at));
    let named =
        [("led", Column::Role.eq(AssignmentRole::Lead)), ("supported", Column::Role.eq(AssignmentRole::Support))];
    counting(rows, schools, (of(Column::PersonId), of(Column::SchoolId)), &named)
}

fn visits(reading: &ReportReading<'_>, schools: &SelectStatement, period: &Period) -> SelectStatement {
    use visit::Column;

    let of = |column| Expr::col((visit::Entity, column));
    let after = day_begins(period.to_on.next_day().unwrap_or(period.to_on));
    let planned = Column::Status
        .is_in([VisitStatus::Planned, VisitStatus::Confirmed])
        .and(Column::StartsAt.gte(day_begins(period.from_on)))
        .and(Column::StartsAt.lt(after));
    let made = Column::CompletedOn.lte(reading.as_at);
    let completed = made.clone().and(Column::CompletedOn.between(period.from_on, period.to_on));
    let unshared = Column::Status.is_in([VisitStatus::Completed, VisitStatus::Reported]);
    let open = made.and(unshared.or(Column::Id.in_subquery(reported_later(reading))));
    let mut rows = reading.caller.statement::<visit::Entity>(false);
    rows.cond_where(Condition::any().add(planned.clone()).add(completed.clone()).add(open.clone()));
    let named = [("planned", planned), ("completed", completed), ("open_reports", open)];
    counting(rows, schools, (of(Column::VisitorId), of(Column::SchoolId)), &named)
}

/// The visits of which the school got the first report after the day.
fn reported_later(reading: &ReportReading<'_>) -> SelectStatement {
    use visit_report::Column;

    let of = |column| Expr::col((visit_report::Entity, column));
    let after = day_begins(reading.as_at.next_day().unwrap_or(reading.as_at));
    let mut reports = reading.caller.statement::<visit_report::Entity>(false);
    reports
        .expr(of(Column::VisitId))
        .add_group_by([of(Column::VisitId)])
        .and_having(of(Column::SharedAt).min().gte(after));
    reports
}

fn actions(reading: &ReportReading<'_>, schools: &SelectStatement) -> SelectStatement {
    use action::Column;

    let of = |column| Expr::col((action::Entity, column));
    let done_later = Column::Status.eq(ActionStatus::Done).and(Column::DoneOn.gt(reading.as_at));
    let overdue = Column::DueOn.lt(reading.as_at).and(Column::Status.eq(ActionStatus::Open).or(done_later));
    let mut rows = reading.caller.statement::<action::Entity>(false);
    rows.and_where(Column::OwnerId.is_not_null()).and_where(overdue.clone());
    counting(rows, schools, (of(Column::OwnerId), of(Column::SchoolId)), &[("overdue", overdue)])
}

routes! { ReadReports: report_specialist_load }

/// Reports how much work each specialist leader has.
///
/// Assignments, visits, reports and overdue actions at the schools in scope, of everybody who has any of them. A visit
/// counts for its visitor, and not for people who come along.
#[utoipa::path(
    get,
    path = "/reports/specialist-load",
    params(Asked<Load>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<SpecialistLoad> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_specialist_load(can: Can<ReadReports>, asked: Asked<Load>) -> Result<Reply> {
    report::run(&can, asked).await
}
