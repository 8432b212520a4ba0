//! With how many schools practice was shared, and how many opened it.

use std::collections::BTreeMap;

use entity::engagement::shared_practice::PracticeKind;
use entity::engagement::{practice_opening, shared_practice, shared_practice_audience};
use entity::schools::school_group_member;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, Query as Select, SelectStatement};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::counted::{column, flag};
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools, SchoolGrouping};

/// The report.
pub struct Practice;

/// Which practice counts, and by what the schools are grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PracticeQuery {
    /// By what the lines are grouped; by area if absent.
    #[param(inline)]
    pub by: Option<SchoolGrouping>,
    /// Only practice of any of these kinds counts; all kinds if absent.
    #[serde(default)]
    #[param(max_items = 3)]
    pub kind: Vec<PracticeKind>,
    /// Only these pieces of practice count; all if absent.
    #[serde(default)]
    #[param(max_items = 50)]
    pub shared_practice_id: Vec<Uuid>,
}

/// With how many schools of a group practice was shared.
#[derive(Debug, Serialize, ToSchema)]
pub struct PracticeLine {
    /// What the schools have in common.
    pub group: ReportGroup,
    /// Schools with which practice was shared on a day of the period, up to the day of the report.
    pub shared: Share,
    /// Schools that opened practice in the period, up to the day of the report.
    pub opened: Share,
}

impl ReportSource for Practice {
    const NAME: &'static str = "practice";
    type Query = And<PracticeQuery, And<ReportedSchools, PeriodQuery>>;
    type Line = PracticeLine;

    async fn read(
        reading: &ReportReading<'_>,
        And(query, And(schools, period)): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let days = [period.from_on, Ord::min(period.to_on, reading.as_at)];
        let by = query.by.unwrap_or(SchoolGrouping::Area);
        let counted = reported::schools(reading, schools, Some(by)).await?;
        let mut counts = BTreeMap::new();
        for row in reading.all(&grouped(reading, counted, query, days, by)).await? {
            let figures = [row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?];
            counts.insert(by.value(&row, 0)?, figures);
        }
        let line = |group, [of, shared, opened]: [i64; 3]| PracticeLine {
            group,
            shared: Share::of(shared, of, reported::IN_SCOPE),
            opened: Share::of(opened, of, reported::IN_SCOPE),
        };
        let (values, counts): (Vec<_>, Vec<[i64; 3]>) = counts.into_iter().unzip();
        let all = counts.iter().fold([0; 3], |all, one| [all[0] + one[0], all[1] + one[1], all[2] + one[2]]);
        let groups = by.groups(reading, values).await?;
        let mut lines: Vec<_> = groups.into_iter().zip(counts).map(|(group, counts)| line(group, counts)).collect();
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            (group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let found = lines.len() as u64;
        let total = Some(line(ReportGroup::all(), all));
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total, found })
    }
}

/// Schools in scope by group, with the ones among them that were given and that opened practice.
fn grouped(
    reading: &ReportReading<'_>,
    counted: SelectStatement,
    query: &PracticeQuery,
    days: [Date; 2],
    by: SchoolGrouping,
) -> SelectStatement {
    let id = || column("counted", "id");
    let given = given(reading, query, days);
    let to = |whom| given.clone().column((shared_practice_audience::Entity, whom)).to_owned();
    let everybody = given.clone().expr(Expr::val(1)).and_where(to_everybody()).to_owned();
    let shared = Condition::any()
        .add(Expr::exists(everybody))
        .add(id().in_subquery(to(shared_practice_audience::Column::SchoolId).and_where(to_a_school()).to_owned()))
        .add(id().in_subquery(members(reading, to(shared_practice_audience::Column::SchoolGroupId))));
    let opened = id().in_subquery(opened(reading, query, days));
    let mut rows = Select::select();
    rows.expr(column("counted", by.column()))
        .expr(id().count())
        .expr(whole(flag(shared.into())))
        .expr(whole(flag(opened)))
        .from_subquery(counted, Alias::new("counted"))
        .add_group_by([column("counted", by.column())]);
    rows
}

/// The sum of ones and zeros as a whole number of 64 bits.
fn whole(flag: Expr) -> Expr {
    flag.sum().cast_as("bigint")
}

fn to_everybody() -> Expr {
    use shared_practice_audience::Column;

    Column::SchoolId.is_null().and(Column::SchoolGroupId.is_null())
}

fn to_a_school() -> Expr {
    shared_practice_audience::Column::SchoolId.is_not_null()
}

/// The practice that counts: a condition over its table.
fn of_practice(query: &PracticeQuery) -> Condition {
    Condition::all()
        .add_option(any_of(shared_practice::Column::Kind, &query.kind))
        .add_option(any_of(shared_practice::Column::Id, &query.shared_practice_id))
}

/// With whom practice was shared on a day among these. Whom the hub shares with is no secret from callers who see less
/// than the hub: of it they get the figures of the schools that they reach. A statement without a column.
fn given(reading: &ReportReading<'_>, query: &PracticeQuery, [from_on, to_on]: [Date; 2]) -> SelectStatement {
    use shared_practice_audience::Column;

    let hub = Caller::system(reading.caller.state().clone(), reading.caller.hub_id);
    let consent = shared_practice::Column::ConsentUntil;
    let mut practice = hub.statement::<shared_practice::Entity>(false);
    practice
        .column((shared_practice::Entity, shared_practice::Column::Id))
        .cond_where(of_practice(query))
        .cond_where(Condition::any().add(consent.is_null()).add(consent.gte(from_on)));
    let mut rows = hub.statement::<shared_practice_audience::Entity>(false);
    rows.and_where(Column::FromOn.lte(to_on))
        .cond_where(Condition::any().add(Column::ToOn.is_null()).add(Column::ToOn.gte(from_on)))
        .and_where(Column::SharedPracticeId.in_subquery(practice));
    rows
}

/// The schools that are members of some groups on the day.
fn members(reading: &ReportReading<'_>, groups: SelectStatement) -> SelectStatement {
    use school_group_member::{Column, Entity};

    let mut members = reading.caller.statement::<Entity>(false);
    members.column((Entity, Column::SchoolId)).and_where(Column::SchoolGroupId.in_subquery(groups)).cond_where(holds(
        Column::FromOn,
        Column::ToOn,
        reading.as_at,
    ));
    members
}

/// The schools that opened practice on a day among these.
fn opened(reading: &ReportReading<'_>, query: &PracticeQuery, [from_on, to_on]: [Date; 2]) -> SelectStatement {
    use practice_opening::{Column, Entity};

    let hub = Caller::system(reading.caller.state().clone(), reading.caller.hub_id);
    let mut practice = hub.statement::<shared_practice::Entity>(true);
    practice.column((shared_practice::Entity, shared_practice::Column::Id)).cond_where(of_practice(query));
    let mut rows = reading.caller.statement::<Entity>(false);
    rows.column((Entity, Column::SchoolId))
        .and_where(Column::OpenedOn.gte(from_on))
        .and_where(Column::OpenedOn.lte(to_on))
        .and_where(Column::SharedPracticeId.in_subquery(practice));
    rows
}

routes! { ReadReports: report_practice }

/// Reports with which share of the schools in scope practice was shared in a period, and which share opened it.
///
/// A school counts once in each figure. Practice is shared from the day on which it was published for the school to the
/// day on which it was withdrawn or its consent ended.
#[utoipa::path(
    get,
    path = "/reports/practice",
    params(Asked<Practice>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<PracticeLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_practice(can: Can<ReadReports>, asked: Asked<Practice>) -> Result<Reply> {
    report::run(&can, asked).await
}
