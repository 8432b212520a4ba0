//! How much work each specialist leader has.

use entity::schools::assignment::{self, AssignmentRole};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Order, SelectStatement};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

/// The report.
pub struct Load;

/// The work of one specialist leader.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpecialistLoad {
    /// The specialist leader.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Option<Uuid>,
    /// The name; null where the caller does not see it.
    #[schema(max_length = 200, example = "Priya Nair")]
    pub name: Option<String>,
    /// Schools in scope at which the person leads on the day.
    #[schema(minimum = 0, example = 24)]
    pub schools_led: i64,
    /// Schools in scope at which the person helps on the day.
    #[schema(minimum = 0, example = 3)]
    pub schools_supported: i64,
}

impl ReportSource for Load {
    const NAME: &'static str = "specialist-load";
    type Query = And<ReportedSchools, PeriodQuery>;
    type Line = SpecialistLoad;

    async fn read(reading: &ReportReading<'_>, And(schools, period): &Self::Query) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let schools = reported::schools(reading, schools).await?;
        let rows = reading.all(&statement(reading, schools)).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            lines.push(SpecialistLoad {
                person_id: row.try_get_by_index(0)?,
                name: None,
                schools_led: row.try_get_by_index(1)?,
                schools_supported: row.try_get_by_index(2)?,
            });
        }
        let mut names = reported::people(reading, lines.iter().filter_map(|line| line.person_id).collect()).await?;
        for line in &mut lines {
            line.name = line.person_id.and_then(|id| names.remove(&id.to_string()));
        }
        let found = lines.len() as u64;
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total: None, found })
    }
}

fn statement(reading: &ReportReading<'_>, schools: SelectStatement) -> SelectStatement {
    use assignment::Column;

    let with = |role: AssignmentRole| {
        let cases = Expr::case(Column::Role.eq(role), 1).finally(0);
        Expr::expr(cases).sum()
    };
    let mut load = reading.caller.statement::<assignment::Entity>(false);
    load.column((assignment::Entity, Column::PersonId))
        .expr(with(AssignmentRole::Lead))
        .expr(with(AssignmentRole::Support))
        .cond_where(holds(Column::FromOn, Column::ToOn, reading.as_at))
        .join_subquery(
            JoinType::InnerJoin,
            schools,
            Alias::new("counted"),
            Expr::col((Alias::new("counted"), Alias::new("id"))).equals((assignment::Entity, Column::SchoolId)),
        )
        .add_group_by([Column::PersonId.into_expr()])
        .order_by((assignment::Entity, Column::PersonId), Order::Asc);
    load
}

routes! { ReadReports: report_specialist_load }

/// Reports how much work each specialist leader has.
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
