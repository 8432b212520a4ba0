//! How many schools messages have reached.

use std::collections::BTreeMap;

use entity::engagement::communication::CommunicationKind;
use entity::engagement::communication_recipient::{self, Outcome};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Query as Select, SelectStatement};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::counted::{column, flag};
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools, SchoolGrouping};

/// The report.
pub struct Reach;

entity::choice! {
    /// By what the lines of the report are grouped.
    #[example = "area"]
    pub enum ReachGrouping {
        /// The kind of message.
        Kind = "kind",
        /// The area that the school lies in.
        Area = "area",
        /// The phase of education.
        Phase = "phase",
        /// The local authority.
        La = "la",
    }
}

/// Which messages count, and by what they are grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReachQuery {
    /// By what the lines are grouped; by kind of message if absent.
    #[param(inline)]
    pub by: Option<ReachGrouping>,
    /// Only messages of any of these kinds count; all kinds if absent.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<CommunicationKind>,
}

/// The reach of the messages of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReachLine {
    /// What the messages or the schools have in common.
    pub group: ReportGroup,
    /// Schools to which a message was sent in the period.
    pub addressed: Share,
    /// Schools that such a message had reached by the day.
    pub reached: Share,
}

/// The days in which messages count that were sent, and the day by which schools are reached.
#[derive(Clone, Copy)]
pub struct Days {
    from_on: Date,
    to_on: Date,
    as_at: Date,
}

impl Days {
    /// The days of a period, as on the day of a report.
    #[must_use]
    pub fn of(reading: &ReportReading<'_>, period: &Period) -> Self {
        Self { from_on: period.from_on, to_on: Ord::min(period.to_on, reading.as_at), as_at: reading.as_at }
    }
}

/// The recipients of the messages that count, as the caller sees them: a statement without a column.
pub fn recipients(reading: &ReportReading<'_>, kinds: &[CommunicationKind], days: Days) -> SelectStatement {
    use communication_recipient::Column;

    let mut rows = reading.caller.statement::<communication_recipient::Entity>(false);
    rows.cond_where(
        Condition::all()
            .add(Column::SentOn.gte(days.from_on))
            .add(Column::SentOn.lte(days.to_on))
            .add_option(any_of(Column::Kind, kinds)),
    );
    rows
}

/// 1 for a recipient that was reached by the day, else 0.
pub fn reached(days: Days) -> Expr {
    use communication_recipient::Column;

    flag(Column::Outcome.eq(Outcome::Reached).and(Column::ReachedOn.lte(days.as_at)))
}

impl ReportSource for Reach {
    const NAME: &'static str = "reach";
    type Query = And<ReachQuery, And<ReportedSchools, PeriodQuery>>;
    type Line = ReachLine;

    async fn read(
        reading: &ReportReading<'_>,
        And(query, And(schools, period)): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let days = Days::of(reading, &period);
        let counted = reported::schools(reading, schools, None).await?;
        let by = query.by.unwrap_or(ReachGrouping::Kind);
        let all = counts(reading, total(reading, &counted, query, days)).await?;
        let (_, [of, ..]) = all.first().cloned().unwrap_or_default();
        let line = |group, [of, addressed, reached]: [i64; 3]| ReachLine {
            group,
            addressed: Share::of(addressed, of, reported::IN_SCOPE),
            reached: Share::of(reached, of, reported::IN_SCOPE),
        };
        let grouping = match by {
            ReachGrouping::Kind => None,
            ReachGrouping::Area => Some(SchoolGrouping::Area),
            ReachGrouping::Phase => Some(SchoolGrouping::Phase),
            ReachGrouping::La => Some(SchoolGrouping::La),
        };
        let mut lines: Vec<ReachLine> = match grouping {
            None => {
                let rows = counts(reading, by_kind(reading, &counted, query, days)).await?;
                let named = |kind: Option<String>| ReportGroup { value: kind.clone(), label: kind };
                rows.into_iter().map(|(kind, [_, sent, got])| line(named(kind), [of, sent, got])).collect()
            }
            Some(grouping) => {
                let rows = grouped(reading, by_group(reading, counted, query, days, grouping), grouping).await?;
                let (values, counts): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
                let groups = grouping.groups(reading, values).await?;
                groups.into_iter().zip(counts).map(|(group, counts)| line(group, counts)).collect()
            }
        };
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            (group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let total = all.into_iter().next().map(|(_, counts)| line(ReportGroup::all(), counts));
        let found = lines.len() as u64;
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total, found })
    }
}

/// For each school to which a message went whether one has reached it.
fn by_school(reading: &ReportReading<'_>, query: &ReachQuery, days: Days) -> SelectStatement {
    use communication_recipient::{Column, Entity};

    let mut rows = recipients(reading, &query.kind, days);
    rows.column((Entity, Column::SchoolId))
        .expr_as(reached(days).max(), Alias::new("reached"))
        .add_group_by([Expr::col((Entity, Column::SchoolId))]);
    rows
}

/// Schools in scope, with the addressed and the reached ones among them.
fn joined(reading: &ReportReading<'_>, counted: SelectStatement, query: &ReachQuery, days: Days) -> SelectStatement {
    let mut rows = Select::select();
    rows.from_subquery(counted, Alias::new("counted")).join_subquery(
        JoinType::LeftJoin,
        by_school(reading, query, days),
        Alias::new("sent"),
        column("sent", "school_id").eq(column("counted", "id")),
    );
    rows
}

fn figures(rows: &mut SelectStatement) {
    rows.expr(column("counted", "id").count())
        .expr(column("sent", "school_id").count())
        .expr(Expr::cust("CAST(COALESCE(SUM(\"sent\".\"reached\"), 0) AS BIGINT)"));
}

fn total(reading: &ReportReading<'_>, counted: &SelectStatement, query: &ReachQuery, days: Days) -> SelectStatement {
    let mut rows = joined(reading, counted.clone(), query, days);
    rows.expr(Expr::cust("CAST(NULL AS TEXT)"));
    figures(&mut rows);
    rows
}

fn by_group(
    reading: &ReportReading<'_>,
    counted: SelectStatement,
    query: &ReachQuery,
    days: Days,
    grouping: SchoolGrouping,
) -> SelectStatement {
    let mut rows = joined(reading, counted, query, days);
    rows.expr(column("counted", grouping.column()));
    figures(&mut rows);
    rows.add_group_by([column("counted", grouping.column())]);
    rows
}

/// For each kind of message the schools in scope that it went to, each once, and the reached ones.
fn by_kind(reading: &ReportReading<'_>, counted: &SelectStatement, query: &ReachQuery, days: Days) -> SelectStatement {
    use communication_recipient::{Column, Entity};

    let school = || Expr::col((Entity, Column::SchoolId));
    let got = Expr::case(reached(days).eq(1), school());
    let mut rows = recipients(reading, &query.kind, days);
    rows.column((Entity, Column::Kind))
        .expr(Expr::val(0_i64))
        .expr(school().count_distinct())
        .expr(Expr::expr(got).count_distinct())
        .join_subquery(
            JoinType::InnerJoin,
            counted.clone(),
            Alias::new("counted"),
            column("counted", "id").eq(school()),
        )
        .add_group_by([Expr::col((Entity, Column::Kind))]);
    rows
}

/// Rows of a text and three counts.
async fn counts(reading: &ReportReading<'_>, rows: SelectStatement) -> Result<Vec<(Option<String>, [i64; 3])>> {
    let rows = reading.all(&rows).await?;
    rows.iter()
        .map(|row| {
            let counts = [row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?];
            Ok((row.try_get_by_index(0)?, counts))
        })
        .collect()
}

/// Rows of a group and three counts, added up by the group.
async fn grouped(
    reading: &ReportReading<'_>,
    rows: SelectStatement,
    grouping: SchoolGrouping,
) -> Result<BTreeMap<Option<String>, [i64; 3]>> {
    let rows = reading.all(&rows).await?;
    rows.iter()
        .map(|row| {
            let counts = [row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?];
            Ok((grouping.value(row, 0)?, counts))
        })
        .collect()
}

routes! { ReadReports: report_reach }

/// Reports which share of the schools in scope the messages of a period have reached.
///
/// A message counts on the day on which it was sent, and a school once in each figure, from the day on which it was
/// reached.
#[utoipa::path(
    get,
    path = "/reports/reach",
    params(Asked<Reach>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<ReachLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_reach(can: Can<ReadReports>, asked: Asked<Reach>) -> Result<Reply> {
    report::run(&can, asked).await
}
