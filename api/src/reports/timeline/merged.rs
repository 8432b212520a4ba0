//! The entries of all sources in one order: each source gives the next ones of its own, and the first of all are taken.

use entity::instant::Instant;
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{Condition, ConnectionTrait, DbBackend, ExprTrait, QueryResult, Value};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use super::sources::{self, Source};
use super::{TimelineEntry, TimelineKind, TimelineOrder, TimelineQuery, is_to_come};
use crate::kernel::base::clock::{day_begins, day_of};
use crate::kernel::base::cursor::Cursor;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;

/// Where an entry stands in the order of all: by its time, or the midnight of its day, then by its source and its id.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    at: Instant,
    source: i32,
    id: Uuid,
}

impl Place {
    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// 400 for a cursor of another form.
    pub fn of(cursor: &Cursor) -> Result<Self> {
        let bad = || Problem::new(Code::BadCursor, "start again without `cursor`");
        let at = cursor.key.get(0).and_then(serde_json::Value::as_i64).ok_or_else(bad)?;
        let source = cursor.key.get(1).and_then(serde_json::Value::as_i64).and_then(|n| i32::try_from(n).ok());
        Ok(Self { at: Instant::from_micros(at), source: source.ok_or_else(bad)?, id: cursor.id })
    }

    /// The cursor that stands for it.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { key: json!([self.at.as_micros(), self.source]), id: self.id }
    }
}

/// The next entries, one more than a page holds, each with its place.
///
/// # Errors
/// When the database is away.
pub async fn entries(
    caller: &Caller,
    db: &Transaction,
    school: Uuid,
    query: &TimelineQuery,
    after: Option<Place>,
) -> Result<Vec<(Place, TimelineEntry)>> {
    let wanted = Wanted { caller, query, after };
    let mut union: Option<SelectStatement> = None;
    let mut kinds: Vec<Option<(TimelineKind, bool)>> = Vec::new();
    for (source, number) in sources::all(caller, school).into_iter().zip(0..) {
        let source = source.filter(|source| query.kind.is_empty() || query.kind.contains(&source.kind));
        kinds.push(source.as_ref().map(|source| (source.kind, source.day)));
        let Some(source) = source else { continue };
        let next = wrapped(wanted.next_of(source, number));
        match &mut union {
            None => union = Some(next),
            Some(union) => {
                union.union(UnionType::All, next);
            }
        }
    }
    let Some(union) = union else { return Ok(Vec::new()) };
    let mut all = Query::select();
    all.columns(COLUMNS.map(Alias::new)).from_subquery(union, Alias::new("entry"));
    all.order_by(Alias::new("at"), wanted.order());
    all.order_by(Alias::new("source"), Order::Asc).order_by(Alias::new("id"), Order::Asc).limit(wanted.limit());
    let rows = db.query_all(&all).await?;
    rows.iter().map(|row| entry(caller, &kinds, row)).collect()
}

/// Where a day stands in the order: databases tell days apart at midnight of universal time.
fn in_order(day: Date) -> Instant {
    Instant::from_micros(i64::from(day.to_julian_day() - EPOCH.to_julian_day()) * DAY)
}

/// The day of a place in the order.
fn day_in_order(at: Instant) -> Date {
    let days = i32::try_from(at.as_micros().div_euclid(DAY)).ok();
    days.and_then(|days| Date::from_julian_day(EPOCH.to_julian_day() + days).ok()).unwrap_or(Date::MAX)
}

/// The first day that databases count from.
const EPOCH: Date = time::macros::date!(1970 - 01 - 01);

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// The columns of an entry on its way.
const COLUMNS: [&str; 6] = ["source", "id", "at", "what", "title", "status"];

/// A statement with an order and a limit of its own, as a part of a union takes it.
fn wrapped(statement: SelectStatement) -> SelectStatement {
    let mut outer = Query::select();
    outer.columns(COLUMNS.map(Alias::new)).from_subquery(statement, Alias::new("part"));
    outer
}

fn entry(caller: &Caller, kinds: &[Option<(TimelineKind, bool)>], row: &QueryResult) -> Result<(Place, TimelineEntry)> {
    let source: i32 = row.try_get_by_index(0)?;
    let kind = usize::try_from(source).ok().and_then(|source| kinds.get(source).copied().flatten());
    let (kind, whole_day) = kind.ok_or_else(|| Problem::internal("an entry of no source"))?;
    let (id, place) = (row.try_get_by_index(1)?, Instant::from_micros(row.try_get_by_index(2)?));
    let at = if whole_day { day_begins(day_in_order(place)) } else { place };
    let entry = TimelineEntry {
        kind,
        id,
        at,
        on_date: day_of(at),
        whole_day,
        planned: is_to_come(caller, at, whole_day),
        what: row.try_get_by_index(3)?,
        title: row.try_get_by_index(4)?,
        status: row.try_get_by_index(5)?,
        report_id: None,
        visitors: None,
    };
    Ok((Place { at: place, source, id }, entry))
}

/// What is asked for.
struct Wanted<'a> {
    caller: &'a Caller,
    query: &'a TimelineQuery,
    after: Option<Place>,
}

impl Wanted<'_> {
    fn limit(&self) -> u64 {
        self.query.limit.unwrap_or(50) + 1
    }

    fn rises(&self) -> bool {
        self.query.sort == Some(TimelineOrder::Rising)
    }

    fn order(&self) -> Order {
        if self.rises() { Order::Asc } else { Order::Desc }
    }

    /// The next entries of a source.
    fn next_of(&self, source: Source, number: i32) -> SelectStatement {
        let backend = self.caller.db().backend();
        let text = |expr: Option<Expr>| expr.map_or_else(|| Expr::val(None::<String>), Into::into).cast_as("text");
        let mut rows = source.rows;
        let column = Column { at: source.at, day: source.day };
        rows.cond_where(self.within(&column)).cond_where(self.rest(&column, &source.id, number));
        rows.expr_as(Expr::val(number), Alias::new("source"))
            .expr_as(source.id.clone(), Alias::new("id"))
            .expr_as(column.micros(backend), Alias::new("at"))
            .expr_as(text(source.what), Alias::new("what"))
            .expr_as(text(source.title), Alias::new("title"))
            .expr_as(text(source.status), Alias::new("status"))
            .order_by_expr(column.at, self.order())
            .order_by_expr(source.id, Order::Asc)
            .limit(self.limit());
        rows
    }

    /// The days that are asked for.
    fn within(&self, column: &Column) -> Condition {
        let (from, to) = (self.query.from.map(day_begins), self.query.to.and_then(Date::next_day).map(day_begins));
        let now = if column.day {
            self.caller.today().next_day().map(day_begins)
        } else {
            Some(Instant::from_micros(self.caller.now().as_micros() + 1))
        };
        let (planned, past) = (self.query.planned == Some(true), self.query.planned == Some(false));
        Condition::all()
            .add_option(from.map(|from| column.at.clone().gte(column.value(from))))
            .add_option(to.map(|to| column.at.clone().lt(column.value(to))))
            .add_option(now.filter(|_| planned).map(|now| column.at.clone().gte(column.value(now))))
            .add_option(now.filter(|_| past).map(|now| column.at.clone().lt(column.value(now))))
    }

    /// What comes after the last entry of the page before.
    fn rest(&self, column: &Column, id: &Expr, number: i32) -> Condition {
        let Some(after) = self.after else { return Condition::all() };
        let beyond = |at: Value| {
            if self.rises() { column.at.clone().gt(at) } else { column.at.clone().lt(at) }
        };
        let day = day_in_order(after.at);
        let at: Value = if column.day { day.into() } else { after.at.as_micros().into() };
        let same = column.at.clone().eq(at.clone());
        if column.day && in_order(day) != after.at {
            // The entry before is within the day, and the day itself begins before it.
            return Condition::any().add(beyond(at)).add_option((!self.rises()).then_some(same));
        }
        let tie = match number.cmp(&after.source) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some(same.and(id.clone().gt(after.id))),
            std::cmp::Ordering::Greater => Some(same),
        };
        Condition::any().add(beyond(at)).add_option(tie)
    }
}

/// The column with the time of a source.
struct Column {
    at: Expr,
    day: bool,
}

impl Column {
    /// A moment, or the day of it, as the column has it.
    fn value(&self, at: Instant) -> Value {
        if self.day { day_of(at).into() } else { at.as_micros().into() }
    }

    /// In microseconds, as [`in_order`] has a day.
    fn micros(&self, backend: DbBackend) -> SimpleExpr {
        let sql = match (self.day, backend) {
            (false, _) => return self.at.clone(),
            (true, DbBackend::Postgres) => "CAST(EXTRACT(EPOCH FROM $1) AS bigint) * 1000000",
            (true, _) => "unixepoch(?) * 1000000",
        };
        Expr::cust_with_exprs(sql, [self.at.clone()])
    }
}
