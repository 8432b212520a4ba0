//! The levels of self-evaluations by section, year and group of schools.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::framework::FrameworkKind;
use entity::frameworks::{criterion, evaluation_response as response, section};
use sea_orm::sea_query::{Alias, Expr, JoinType, Query, SelectStatement};
use sea_orm::{ExprTrait, QueryResult};

use super::ProfileQuery;
use crate::kernel::base::wall_day;
use crate::kernel::prelude::*;
use crate::reports::counted::{column, flag};
use crate::schools::store::reported::{self, ReportedSchools, SchoolGrouping};

/// The levels of a section in a year, for a group of schools.
#[derive(Clone, Debug)]
pub struct Levels {
    pub framework_id: Uuid,
    pub section_id: Uuid,
    pub position: i32,
    pub title: String,
    pub year: String,
    /// The value of the group.
    pub group: Option<String>,
    pub schools: i64,
    /// How many criteria have each of the six levels.
    pub counts: [i64; 6],
}

/// The columns of the six levels.
const LEVELS: [&str; 6] = ["level_1", "level_2", "level_3", "level_4", "level_5", "level_6"];

/// The place of the group in a row.
const GROUP: usize = 12;

impl Levels {
    fn of(row: &QueryResult, by: Option<SchoolGrouping>) -> Result<Self> {
        let mut counts = [0; 6];
        for (at, count) in counts.iter_mut().enumerate() {
            *count = row.try_get_by_index(6 + at)?;
        }
        Ok(Self {
            framework_id: row.try_get_by_index(0)?,
            section_id: row.try_get_by_index(1)?,
            position: row.try_get_by_index(2)?,
            title: row.try_get_by_index(3)?,
            year: row.try_get_by_index(4)?,
            schools: row.try_get_by_index(5)?,
            counts,
            group: by.map(|by| by.value(row, GROUP)).transpose()?.flatten(),
        })
    }
}

/// The levels that count on the day of the reading.
///
/// # Errors
/// When the database is away.
pub async fn levels(
    reading: &ReportReading<'_>,
    query: &ProfileQuery,
    schools: &ReportedSchools,
    years: &[String],
) -> Result<Vec<Levels>> {
    let schools = reported::schools(reading, schools, query.by).await?;
    let rows = reading.all(&statement(reading, query, schools, years)).await?;
    rows.iter().map(|row| Levels::of(row, query.by)).collect()
}

/// The levels of each section. They are counted by the section's id before the section is joined: otherwise SQLite
/// begins with the responses of all evaluations.
fn statement(
    reading: &ReportReading<'_>,
    query: &ProfileQuery,
    schools: SelectStatement,
    years: &[String],
) -> SelectStatement {
    use section::Column as Of;

    let of = |column| Expr::col((section::Entity, column));
    let judged = |name: &'static str| column("judged", name);
    let same = of(Of::HubId).eq(reading.caller.hub_id).and(of(Of::Id).eq(judged("section_id")));
    let mut rows = Query::select();
    rows.exprs([of(Of::FrameworkId), of(Of::Id), of(Of::Position), of(Of::Title), judged("year"), judged("schools")])
        .exprs(LEVELS.map(judged))
        .from_subquery(by_section(reading, query, schools, years), Alias::new("judged"))
        .join(JoinType::InnerJoin, section::Entity, same);
    if query.by.is_some() {
        rows.expr(judged("of_group"));
    }
    rows
}

/// The levels by section, year and group. An index has all that is read of a response.
fn by_section(
    reading: &ReportReading<'_>,
    query: &ProfileQuery,
    schools: SelectStatement,
    years: &[String],
) -> SelectStatement {
    use criterion::Column as Asked;
    use evaluation::{Column, Entity};
    use response::Column as Answer;

    let answer = |column| Expr::col((response::Entity, column));
    let asked = |column| Expr::col((criterion::Entity, column));
    let made = |column| Expr::col((Entity, column));
    let level = || answer(Answer::AgreedLevel).if_null(answer(Answer::Level));
    let by_evaluation = answer(Answer::HubId)
        .equals((Entity, Column::HubId))
        .and(answer(Answer::EvaluationId).equals((Entity, Column::Id)));
    let by_criterion = asked(Asked::HubId)
        .equals((response::Entity, Answer::HubId))
        .and(asked(Asked::Id).equals((response::Entity, Answer::CriterionId)));
    let in_scope = column("counted", "id").equals((Entity, Column::SchoolId));
    let sent = [EvaluationStatus::Submitted, EvaluationStatus::InModeration, EvaluationStatus::Agreed];
    let keys = [(asked(Asked::SectionId), "section_id"), (made(Column::AcademicYear), "year")];
    let group = query.by.map(|by| (column("counted", by.column()), "of_group"));
    let mut rows = reading.caller.statement::<Entity>(false);
    for (key, name) in keys.into_iter().chain(group) {
        rows.expr_as(key.clone(), Alias::new(name)).add_group_by([key]);
    }
    rows.expr_as(made(Column::SchoolId).count_distinct(), Alias::new("schools"));
    for (name, place) in LEVELS.into_iter().zip(1..) {
        rows.expr_as(flag(level().eq(place)).sum().cast_as("bigint"), Alias::new(name));
    }
    rows.join_subquery(JoinType::InnerJoin, schools, Alias::new("counted"), in_scope)
        .join(JoinType::InnerJoin, response::Entity, by_evaluation)
        .join(JoinType::InnerJoin, criterion::Entity, by_criterion)
        .cond_where(
            wall_day::by_end_of(Column::SubmittedAt, reading.as_at)
                .add(Column::AcademicYear.is_in(years.iter().cloned()))
                .add(Column::Kind.eq(FrameworkKind::SelfEvaluation))
                .add(Column::Status.is_in(sent))
                .add_option(any_of(Column::FrameworkId, &query.framework_id))
                .add(level().is_not_null()),
        );
    rows
}
