//! The levels of self-evaluations by section, year and group of schools.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::framework::FrameworkKind;
use entity::frameworks::{criterion, evaluation_response as response, section};
use sea_orm::sea_query::{Alias, Expr, JoinType, SelectStatement};
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

fn statement(
    reading: &ReportReading<'_>,
    query: &ProfileQuery,
    schools: SelectStatement,
    years: &[String],
) -> SelectStatement {
    use criterion::Column as Asked;
    use evaluation::{Column, Entity};
    use response::Column as Answer;
    use section::Column as Of;

    let answer = |column| Expr::col((response::Entity, column));
    let asked = |column| Expr::col((criterion::Entity, column));
    let of = |column| Expr::col((section::Entity, column));
    let made = |column| Expr::col((Entity, column));
    let level = || answer(Answer::AgreedLevel).if_null(answer(Answer::Level));
    let by_evaluation = answer(Answer::HubId)
        .equals((Entity, Column::HubId))
        .and(answer(Answer::EvaluationId).equals((Entity, Column::Id)));
    let by_criterion = asked(Asked::HubId)
        .equals((response::Entity, Answer::HubId))
        .and(asked(Asked::Id).equals((response::Entity, Answer::CriterionId)));
    let by_section = of(Of::HubId)
        .equals((criterion::Entity, Asked::HubId))
        .and(of(Of::Id).equals((criterion::Entity, Asked::SectionId)));
    let in_scope = column("counted", "id").equals((Entity, Column::SchoolId));
    let sent = [EvaluationStatus::Submitted, EvaluationStatus::InModeration, EvaluationStatus::Agreed];
    let keys = [of(Of::FrameworkId), of(Of::Id), of(Of::Position), of(Of::Title), made(Column::AcademicYear)];
    let mut rows = reading.caller.statement::<Entity>(false);
    rows.exprs(keys.clone()).expr(made(Column::SchoolId).count_distinct());
    for place in 1..=6 {
        rows.expr(flag(level().eq(place)).sum().cast_as("bigint"));
    }
    rows.join(JoinType::InnerJoin, response::Entity, by_evaluation)
        .join(JoinType::InnerJoin, criterion::Entity, by_criterion)
        .join(JoinType::InnerJoin, section::Entity, by_section)
        .join_subquery(JoinType::InnerJoin, schools, Alias::new("counted"), in_scope)
        .cond_where(
            wall_day::by_end_of(Column::SubmittedAt, reading.as_at)
                .add(Column::AcademicYear.is_in(years.iter().cloned()))
                .add(Column::Kind.eq(FrameworkKind::SelfEvaluation))
                .add(Column::Status.is_in(sent))
                .add_option(any_of(Column::FrameworkId, &query.framework_id))
                .add(level().is_not_null()),
        )
        .add_group_by(keys);
    if let Some(by) = query.by {
        let group = column("counted", by.column());
        rows.expr(group.clone()).add_group_by([group]);
    }
    rows
}
