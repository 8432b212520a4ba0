//! How many of the schools in scope were visited.

use std::ops::AddAssign;

use entity::plans::plan_year;
use entity::visits::visit;
use sea_orm::sea_query::{Alias, Expr, JoinType, Order, Query as Select, SelectStatement, TableRef, ValueTuple};
use sea_orm::sea_query::{IntoIden, IntoValueTuple};
use sea_orm::{ExprTrait, QueryResult};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::counted::{CountedVisits, column, flag, plan_years};
use super::rules;
use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, IN_SCOPE, ReportGroup, ReportedSchools, SchoolGrouping};

/// More years than this stand in no plan.
const MOST_YEARS: usize = 20;

entity::choice! {
    /// By what the coverage is grouped.
    #[example = "area"]
    pub enum CoverageGrouping {
        /// The area that the school lies in.
        Area = "area",
        /// The phase of education.
        Phase = "phase",
        /// The local authority.
        La = "la",
        /// The specialist leader who leads at the school on the day.
        Specialist = "specialist",
        /// The academic years of the period, each as on its last day, or on `as_at` where that comes first.
        AcademicYear = "academic_year",
        /// The years of a plan, likewise.
        PlanYear = "plan_year",
    }
}

/// What the coverage is asked for by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoverageQuery {
    /// By what the lines are grouped; one line for all schools if absent.
    #[param(inline)]
    pub by: Option<CoverageGrouping>,
    /// The plan whose years are meant by `by=plan_year`.
    pub plan_id: Option<Uuid>,
}

/// The report.
pub struct Coverage;

/// How many of some schools were visited.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitCoverage {
    /// The schools, or the year, that the line is about.
    pub group: ReportGroup,
    /// How many schools are in scope.
    #[schema(minimum = 0, example = 60)]
    pub schools: i64,
    /// Schools with a visit that was completed in the period.
    pub visited: Share,
    /// Schools visited in the period that had not been visited before it.
    pub first_visits: Share,
    /// Schools visited in the period for the second time or more.
    pub repeats: Share,
    /// Schools visited in the period or before it, since the first day that counts.
    pub visited_to_date: Share,
    /// Schools that are due in the rest of the period: not visited yet, or visited so long ago that the next visit
    /// falls due by its last day.
    #[schema(minimum = 0, example = 20)]
    pub due: i64,
    /// Schools whose last visit is longer ago than the interval, and schools that were never visited once the period
    /// is over.
    #[schema(minimum = 0, example = 4)]
    pub overdue: i64,
    /// Schools at which nobody leads on the day.
    #[schema(minimum = 0, example = 2)]
    pub unassigned: i64,
}

impl ReportSource for Coverage {
    const NAME: &'static str = "visit-coverage";
    type Query = And<CoverageQuery, And<CountedVisits, And<ReportedSchools, PeriodQuery>>>;
    type Line = VisitCoverage;

    async fn read(reading: &ReportReading<'_>, query: &Self::Query) -> Result<Figures<Self::Line>> {
        let And(query, And(counted, And(narrowed, period))) = query;
        let Asking { period, since, spans } = Asking::of(reading, query, period).await?;
        let whole = Bucket::new(&period, reading.as_at, reading.as_at, counted.interval());
        let buckets = spans.iter().map(|span| {
            let day = Ord::min(reading.as_at, span.period.to_on);
            Bucket::new(&span.period, day, reading.as_at, counted.interval())
        });
        let buckets: Vec<_> = std::iter::once(whole).chain(buckets).collect();
        let by = query.by.and_then(CoverageGrouping::of_schools);
        let schools = reported::schools(reading, narrowed, Some(SchoolGrouping::Specialist)).await?;
        let visits = counted.visits(reading.caller, counted.since_on.or(since), reading.as_at);
        let rows = reading.all(&coverage(schools, visited(visits, &buckets), &buckets, by)).await?;
        let (lines, total) = lines(reading, &rows, spans, by).await?;
        let found = lines.len() as u64;
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total: Some(total), found })
    }
}

/// Which days are counted.
struct Asking {
    /// All days.
    period: Period,
    /// The first day of the plan, where years of a plan are asked for.
    since: Option<Date>,
    /// The years that the lines are about; empty where the lines are about schools.
    spans: Vec<Span>,
}

impl Asking {
    async fn of(reading: &ReportReading<'_>, query: &CoverageQuery, period: &PeriodQuery) -> Result<Self> {
        let by_plan_year = query.by == Some(CoverageGrouping::PlanYear);
        if let Some(id) = query.plan_id.filter(|_| by_plan_year) {
            return Self::of_plan(plan_years(reading, id).await?);
        }
        let period = period.period(reading).await?;
        let years = match period.plan_id {
            Some(id) => plan_years(reading, id).await?,
            None => Vec::new(),
        };
        if by_plan_year {
            return Self::of_plan(years);
        }
        let spans = match query.by {
            Some(CoverageGrouping::AcademicYear) => academic_years(&period)?,
            _ => Vec::new(),
        };
        Ok(Self { period, since: years.first().map(|year| year.first_day), spans })
    }

    /// The years of a plan one by one.
    fn of_plan(years: Vec<plan_year::Model>) -> Result<Self> {
        let last_day = years.iter().map(|year| year.last_day).max();
        let (Some(first), Some(to_on)) = (years.first(), last_day) else { return Err(no_plan()) };
        let period = Period { from_on: first.first_day, to_on, label: None, plan_id: Some(first.plan_id) };
        let since = Some(first.first_day);
        Ok(Self { period, since, spans: years.into_iter().map(Span::of_plan_year).collect() })
    }
}

/// The lines in their order, and the total.
async fn lines(
    reading: &ReportReading<'_>,
    rows: &[QueryResult],
    spans: Vec<Span>,
    by: Option<SchoolGrouping>,
) -> Result<(Vec<VisitCoverage>, VisitCoverage)> {
    let mut total = Tally::default();
    let mut years = vec![Tally::default(); spans.len()];
    let (mut values, mut groups) = (Vec::new(), Vec::new());
    for row in rows {
        let (place, tally) = (row.try_get_by_index::<i32>(0)?, Tally::of(row)?);
        if let Some(year) = usize::try_from(place - 1).ok().and_then(|place| years.get_mut(place)) {
            *year = tally;
            continue;
        }
        total += tally;
        if let Some(by) = by {
            values.push(by.value(row, GROUP)?);
            groups.push(tally);
        }
    }
    let total = line((ReportGroup::all(), total));
    let lines = match by {
        Some(by) => {
            let groups = by.groups(reading, values).await?.into_iter().zip(groups);
            let mut lines: Vec<_> = groups.map(line).collect();
            lines.sort_by(|one, two| place(&one.group).cmp(&place(&two.group)));
            lines
        }
        None if spans.is_empty() => {
            rows.iter().map(|row| Ok(line((ReportGroup::all(), Tally::of(row)?)))).collect::<Result<_>>()?
        }
        None => spans.into_iter().map(Span::group).zip(years).map(line).collect(),
    };
    Ok((lines, total))
}

impl CoverageGrouping {
    /// The grouping of schools that it is, if it is one.
    const fn of_schools(self) -> Option<SchoolGrouping> {
        match self {
            Self::Area => Some(SchoolGrouping::Area),
            Self::Phase => Some(SchoolGrouping::Phase),
            Self::La => Some(SchoolGrouping::La),
            Self::Specialist => Some(SchoolGrouping::Specialist),
            Self::AcademicYear | Self::PlanYear => None,
        }
    }
}

/// The place of a group among the lines: by its name, the schools without one last.
fn place(group: &ReportGroup) -> (bool, &Option<String>, &Option<String>) {
    (group.value.is_none(), &group.label, &group.value)
}

/// A year that a line is about.
struct Span {
    period: Period,
    value: String,
}

impl Span {
    fn of_plan_year(year: plan_year::Model) -> Self {
        let label = Some(year.label);
        let period = Period { from_on: year.first_day, to_on: year.last_day, label, plan_id: Some(year.plan_id) };
        Self { period, value: year.id.to_string() }
    }

    fn group(self) -> ReportGroup {
        ReportGroup { value: Some(self.value), label: self.period.label }
    }
}

/// The academic years that have a day of the period.
fn academic_years(period: &Period) -> Result<Vec<Span>> {
    let mut years = Vec::new();
    let mut day = period.from_on;
    while day <= period.to_on {
        let year = academic_year(day);
        let Some((from_on, to_on)) = academic_year::days(&year) else { break };
        if years.len() == MOST_YEARS {
            let message = format!("a report has at most {MOST_YEARS} years: ask for a shorter period");
            let fault = Fault::new("?to_on", "too_large", &message);
            return Err(Problem::new(Code::BadParameter, message).with(fault));
        }
        let period = Period { from_on, to_on, label: Some(year.clone()), plan_id: None };
        years.push(Span { period, value: year });
        let Some(next) = to_on.next_day() else { break };
        day = next;
    }
    Ok(years)
}

fn no_plan() -> Problem {
    let message = "name a plan with years by `plan_id`, or one of its years by `plan_year_id`";
    Problem::new(Code::BadParameter, message).with(Fault::new("?plan_id", "required", message))
}

/// A stretch of days over which visits are counted, and the days by which schools are due.
struct Bucket {
    from: Date,
    upto: Date,
    /// The day on which schools are due: for one that was visited after the period is over, the visit counts.
    day: Date,
    overdue_before: Date,
    due_before: Date,
    over: bool,
}

impl Bucket {
    fn new(period: &Period, day: Date, as_at: Date, interval: i32) -> Self {
        let after = period.to_on.next_day().unwrap_or(Date::MAX);
        Self {
            from: period.from_on,
            upto: Ord::min(as_at, period.to_on),
            day,
            overdue_before: rules::months_before(day, interval),
            due_before: rules::months_before(after, interval),
            over: period.to_on < day,
        }
    }
}

/// The stretches as rows, named `bucket`.
fn rows_of(buckets: &[Bucket]) -> TableRef {
    let rows = (0_i32..).zip(buckets).map(|(place, bucket)| {
        let Bucket { from, upto, day, overdue_before, due_before, over } = *bucket;
        (place, from, upto, overdue_before, due_before, i32::from(over), day).into_value_tuple()
    });
    TableRef::ValuesList(rows.collect::<Vec<ValueTuple>>(), Alias::new("bucket").into_iden())
}

const PLACE: &str = "column1";
const FROM: &str = "column2";
const UPTO: &str = "column3";
const OVERDUE_BEFORE: &str = "column4";
const DUE_BEFORE: &str = "column5";
const OVER: &str = "column6";
const DAY: &str = "column7";

/// For each school and stretch: the visits in it and before it, and the last one by its day.
fn visited(mut visits: SelectStatement, buckets: &[Bucket]) -> SelectStatement {
    let made = || Expr::col((visit::Entity, visit::Column::CompletedOn));
    let bucket = |name| column("bucket", name);
    let made_by_then: Expr = Expr::case(made().lte(bucket(DAY)), made()).into();
    visits
        .column((visit::Entity, visit::Column::SchoolId))
        .expr_as(bucket(PLACE), Alias::new("place"))
        .expr_as(flag(made().gte(bucket(FROM)).and(made().lte(bucket(UPTO)))).sum(), Alias::new("inside"))
        .expr_as(flag(made().lt(bucket(FROM))).sum(), Alias::new("before"))
        .expr_as(made_by_then.max(), Alias::new("last"))
        .join(JoinType::InnerJoin, rows_of(buckets), Expr::cust("1 = 1"))
        .add_group_by([Expr::col((visit::Entity, visit::Column::SchoolId)), bucket(PLACE)]);
    visits
}

/// The figures of each stretch, and of each group of schools in it.
fn coverage(
    schools: SelectStatement,
    visits: SelectStatement,
    buckets: &[Bucket],
    by: Option<SchoolGrouping>,
) -> SelectStatement {
    let bucket = |name| column("bucket", name);
    let of = |name| column("visited", name);
    let visited = || of("inside").gt(0);
    let last = || of("last");
    let never = || last().is_null();
    let mut rows = Select::select();
    rows.expr(bucket(PLACE)).expr(Expr::cust("COUNT(*)"));
    for figure in [
        visited(),
        visited().and(of("before").eq(0)),
        visited().and(of("inside").add(of("before")).gt(1)),
        of("inside").add(of("before")).gt(0),
        never().and(bucket(OVER).eq(0)).or(last().gte(bucket(OVERDUE_BEFORE)).and(last().lt(bucket(DUE_BEFORE)))),
        never().and(bucket(OVER).eq(1)).or(last().lt(bucket(OVERDUE_BEFORE))),
        column("counted", "lead_id").is_null(),
    ] {
        rows.expr(flag(figure).sum());
    }
    rows.from(rows_of(buckets))
        .join_subquery(JoinType::InnerJoin, schools, Alias::new("counted"), Expr::cust("1 = 1"))
        .join_subquery(
            JoinType::LeftJoin,
            visits,
            Alias::new("visited"),
            of("school_id").eq(column("counted", "id")).and(of("place").eq(bucket(PLACE))),
        )
        .add_group_by([bucket(PLACE)])
        .order_by_expr(bucket(PLACE), Order::Asc);
    if let Some(by) = by {
        rows.expr(column("counted", by.column())).add_group_by([column("counted", by.column())]);
    }
    rows
}

/// The place of the group in a row, after the figures.
const GROUP: usize = 9;

/// The figures of a line.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    schools: i64,
    visited: i64,
    first: i64,
    repeats: i64,
    to_date: i64,
    due: i64,
    overdue: i64,
    unassigned: i64,
}

impl Tally {
    fn of(row: &QueryResult) -> Result<Self> {
        let figure = |at| row.try_get_by_index(at);
        Ok(Self {
            schools: figure(1)?,
            visited: figure(2)?,
            first: figure(3)?,
            repeats: figure(4)?,
            to_date: figure(5)?,
            due: figure(6)?,
            overdue: figure(7)?,
            unassigned: figure(8)?,
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.schools += other.schools;
        self.visited += other.visited;
        self.first += other.first;
        self.repeats += other.repeats;
        self.to_date += other.to_date;
        self.due += other.due;
        self.overdue += other.overdue;
        self.unassigned += other.unassigned;
    }
}

fn line((group, tally): (ReportGroup, Tally)) -> VisitCoverage {
    let share = |numerator| Share::of(numerator, tally.schools, IN_SCOPE);
    VisitCoverage {
        group,
        schools: tally.schools,
        visited: share(tally.visited),
        first_visits: share(tally.first),
        repeats: share(tally.repeats),
        visited_to_date: share(tally.to_date),
        due: tally.due,
        overdue: tally.overdue,
        unassigned: tally.unassigned,
    }
}

routes! { ReadReports: report_visit_coverage }

/// Reports how many of the schools in scope were visited.
///
/// A school is visited in the period if a visit that counts was completed in it. The plan's shares can be read off the
/// lines of `by=plan_year`: in its first year `visited`, in its second one `first_visits` and `repeats`.
#[utoipa::path(
    get,
    path = "/reports/visit-coverage",
    params(Asked<Coverage>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<VisitCoverage> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_visit_coverage(can: Can<ReadReports>, asked: Asked<Coverage>) -> Result<Reply> {
    report::run(&can, asked).await
}
