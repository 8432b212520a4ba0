//! What waits for somebody: rows of all parts, in one list.
//!
//! A part registers a [`TaskSource`] for each kind of task that it knows. All sources together are one statement, so
//! that the list, its counts and the names of schools take three, however many kinds and rows there are.

use std::collections::HashMap;

use entity::owned::Owned;
use entity::schools::school;
use sea_orm::sea_query::{Alias, Expr, Func, IntoCondition, Order, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait, IdenStatic, QueryResult};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::Date;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::list::Address;
use crate::kernel::base::cursor::Cursor;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::openapi::API;

/// A kind of task. Later versions may add kinds.
#[derive(ToSchema)]
#[schema(value_type = String, example = "action")]
pub struct TaskKind(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Something that waits for the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Task {
    /// What kind of task it is.
    #[schema(value_type = TaskKind)]
    pub kind: &'static str,
    /// The item that the task is about.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What to do, and with what.
    #[schema(max_length = 400, example = "Answer the report of a visit: Hear the new choir")]
    pub title: String,
    /// The school that it is about, if it is about one.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Option<Uuid>,
    /// The name of the school, where the caller sees it.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: Option<String>,
    /// The last day for it; null where there is none.
    #[serde(with = "entity::date::option")]
    #[schema(example = "2015-02-17")]
    pub due_on: Option<Date>,
    /// True if that day is past.
    #[schema(example = false)]
    pub overdue: bool,
    /// The state of the item.
    #[schema(max_length = 40, example = "shared")]
    pub status: Option<String>,
    /// The address of the item. With `expand=actions` it names the transitions that the caller may make.
    #[schema(max_length = 200, example = "/api/v1/visit-reports/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub href: String,
}

/// How many tasks of a kind there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskCount {
    /// The kind.
    #[schema(value_type = TaskKind)]
    pub kind: &'static str,
    /// How many tasks of the kind wait.
    #[schema(minimum = 1, example = 3)]
    pub count: i64,
    /// How many of them are overdue.
    #[schema(minimum = 0, example = 1)]
    pub overdue: i64,
}

/// A page of what waits for the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tasks {
    /// The tasks, the first due first, the ones without a day last.
    #[schema(max_items = 200)]
    pub items: Vec<Task>,
    /// How many tasks of each kind there are under the other filters, of all kinds.
    #[schema(max_items = 50)]
    pub counts: Vec<TaskCount>,
    /// Send it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub next_cursor: Option<String>,
}

/// Narrows the list of tasks, and pages it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Any of these kinds; all if absent.
    #[serde(default)]
    #[param(value_type = Vec<TaskKind>, max_items = 50, example = json!(["action"]))]
    pub kind: Vec<String>,
    /// Only tasks about this school.
    pub school_id: Option<Uuid>,
    /// Only tasks that are due on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub due_from: Option<Date>,
    /// Only tasks that are due on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-07-31")]
    pub due_to: Option<Date>,
    /// True for tasks whose day is past, false for the others.
    pub overdue: Option<bool>,
    /// How many tasks a page holds at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before. It fits only the same filter.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub cursor: Option<String>,
}

/// A kind of task that a part knows.
#[derive(Clone, Copy, Debug)]
pub struct TaskSource {
    /// The kind.
    pub kind: &'static str,
    /// What to do, such as `Answer the report of a visit`.
    pub what: &'static str,
    /// The collection of the items that tasks are about, below `/api/v1`.
    pub collection: &'static str,
    /// The rows that wait for a caller; none where the caller never has such a task.
    pub waiting: fn(&Caller) -> Option<Waiting>,
}

/// Rows that wait for a caller, and what a task says about each.
#[derive(Clone, Debug)]
pub struct Waiting {
    rows: SelectStatement,
    id: Expr,
    school: Option<Expr>,
    due: Option<Expr>,
    about: Option<Expr>,
    status: Option<Expr>,
}

/// A column, in a statement that may read several tables.
pub fn column<E: Owned>(column: E::Column) -> Expr {
    Expr::col((Alias::new(E::table()), Alias::new(column.as_str())))
}

impl Waiting {
    /// Rows of a table that the caller sees, and whose id is that of the item.
    #[must_use]
    pub fn of<E: Owned>(caller: &Caller) -> Self {
        let rows = caller.statement::<E>(false);
        Self { rows, id: column::<E>(E::id()), school: None, due: None, about: None, status: None }
    }

    /// Only the rows under a condition.
    #[must_use]
    pub fn only(mut self, condition: impl IntoCondition) -> Self {
        self.rows.cond_where(condition);
        self
    }

    /// Adds the row of another table of the hub that a column names.
    #[must_use]
    pub fn joined<E: Owned, P: Owned>(mut self, by: E::Column) -> Self {
        let same = column::<E>(by).eq(column::<P>(P::id()));
        let own = column::<E>(E::hub()).eq(column::<P>(P::hub()));
        self.rows.inner_join(Alias::new(P::table()), same.and(own));
        self
    }

    /// Says which item it is, where that is not the row itself.
    #[must_use]
    pub fn item(self, id: Expr) -> Self {
        Self { id, ..self }
    }

    /// Says which school it is about.
    #[must_use]
    pub fn school(self, school: Expr) -> Self {
        Self { school: Some(school), ..self }
    }

    /// Says by when it is to be done: a day.
    #[must_use]
    pub fn due(self, due: Expr) -> Self {
        Self { due: Some(due), ..self }
    }

    /// Says what it is about, in words that follow on what to do.
    #[must_use]
    pub fn about(self, about: Expr) -> Self {
        Self { about: Some(about), ..self }
    }

    /// Says in which state the item is.
    #[must_use]
    pub fn status(self, status: Expr) -> Self {
        Self { status: Some(status), ..self }
    }

    fn part(self, number: i32) -> SelectStatement {
        let of_type = |expr: Option<Expr>, none: SimpleExpr| expr.map_or(none, Into::into);
        let mut rows = self.rows;
        rows.expr_as(Expr::val(number), Alias::new("source"))
            .expr_as(self.id, Alias::new("id"))
            .expr_as(of_type(self.school, Expr::val(None::<Uuid>).cast_as("uuid")), Alias::new("school_id"))
            .expr_as(of_type(self.due, Expr::val(None::<String>).cast_as("date")), Alias::new("due_on"))
            .expr_as(of_type(self.about, Expr::val(None::<String>).cast_as("text")), Alias::new("about"))
            .expr_as(of_type(self.status, Expr::val(None::<String>).cast_as("text")), Alias::new("status"));
        rows
    }
}

/// Where a task without a day stands among the others.
const LAST: Date = Date::MAX;

/// The columns of the list of all.
const SOURCE: &str = "source";
const ID: &str = "id";
const DUE: &str = "due_on";

fn of(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

/// Lists what waits for a caller. None stands for a caller without any scope, for whom nothing does.
///
/// # Errors
/// 400 for a cursor that does not fit.
pub async fn list(state: &State, caller: Option<&Caller>, query: &TaskQuery) -> Result<Reply> {
    let sources = state.registered::<Vec<TaskSource>>();
    let waiting = caller.map(|caller| (caller, all(caller, sources)));
    let Some((caller, Some(waiting))) = waiting else {
        return Reply::ok(&Tasks { items: Vec::new(), counts: Vec::new(), next_cursor: None });
    };
    let bound = query.bound(caller);
    let secret = &caller.state().cursor_secret;
    let after = query.cursor.as_deref().map(|text| Cursor::open(text, secret, &bound)).transpose()?;
    let limit = query.limit.unwrap_or(50);
    let db = caller.db().snapshot().await?;
    let counts = counts(caller, &db, sources, &waiting, query).await?;
    let mut rows = db.query_all(&page(caller, &waiting, sources, query, after, limit + 1)?).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = rows.last().filter(|_| more).map(place).transpose()?;
    let next_cursor = last.map(|place| place.seal(secret, &bound));
    let mut items = rows.iter().map(|row| task(caller, sources, row)).collect::<Result<Vec<_>>>()?;
    name_schools(caller, &db, &mut items).await?;
    let tasks = Tasks { items, counts, next_cursor: next_cursor.clone() };
    Address::asked_by(caller).reply_to(&tasks, next_cursor.as_deref())
}

impl TaskQuery {
    /// What a cursor fits: everything but the cursor and the length of a page.
    fn bound(&self, caller: &Caller) -> String {
        let Self { kind, school_id, due_from, due_to, overdue, .. } = self;
        let who = caller.actor.id();
        format!("tasks|{}|{who:?}|{kind:?}|{school_id:?}|{due_from:?}|{due_to:?}|{overdue:?}", caller.hub_id)
    }

    /// The rows asked for, of all kinds.
    fn narrow(&self, caller: &Caller, rows: &mut SelectStatement) {
        let past = || of(DUE).lt(caller.today());
        let overdue = self.overdue.map(|overdue| match overdue {
            true => past(),
            false => of(DUE).is_null().or(of(DUE).gte(caller.today())),
        });
        let school = self.school_id.map(|school| of("school_id").eq(school));
        let from = self.due_from.map(|from| of(DUE).gte(from));
        let to = self.due_to.map(|to| of(DUE).lte(to));
        for condition in [overdue, school, from, to].into_iter().flatten() {
            rows.and_where(condition);
        }
    }
}

/// The rows of all sources that may have any for the caller, each with the place of its source.
fn all(caller: &Caller, sources: &[TaskSource]) -> Option<SelectStatement> {
    let parts = sources.iter().zip(0..).filter_map(|(source, number)| Some((source.waiting)(caller)?.part(number)));
    parts.reduce(|mut all, part| {
        all.union(UnionType::All, part);
        all
    })
}

/// When a task is due, for the order.
fn due_or_last() -> Expr {
    Func::coalesce([of(DUE), Expr::val(LAST)]).into()
}

fn page(
    caller: &Caller,
    waiting: &SelectStatement,
    sources: &[TaskSource],
    query: &TaskQuery,
    after: Option<Cursor>,
    limit: u64,
) -> Result<SelectStatement> {
    let mut rows = Query::select();
    let columns = [SOURCE, ID, "school_id", DUE, "about", "status"].map(Alias::new);
    rows.columns(columns).from_subquery(waiting.clone(), Alias::new("task"));
    query.narrow(caller, &mut rows);
    if !query.kind.is_empty() {
        let asked = sources.iter().zip(0..).filter(|(source, _)| query.kind.iter().any(|kind| kind == source.kind));
        rows.and_where(of(SOURCE).is_in(asked.map(|(_, number): (_, i32)| number)));
    }
    if let Some(after) = after {
        let bad = || Problem::new(Code::BadCursor, "start again without `cursor`");
        let day = after.key.get(0).and_then(serde_json::Value::as_i64).and_then(|day| i32::try_from(day).ok());
        let day = day.and_then(|day| Date::from_julian_day(day).ok()).ok_or_else(bad)?;
        let source = after.key.get(1).and_then(serde_json::Value::as_i64).ok_or_else(bad)?;
        let here = Expr::tuple([due_or_last(), of(SOURCE), of(ID)]);
        rows.and_where(here.gt(Expr::tuple([Expr::val(day), Expr::val(source), Expr::val(after.id)])));
    }
    rows.order_by_expr(due_or_last(), Order::Asc).order_by_expr(of(SOURCE), Order::Asc);
    rows.order_by_expr(of(ID), Order::Asc).limit(limit);
    Ok(rows)
}

/// The place of a row in the order.
fn place(row: &QueryResult) -> Result<Cursor> {
    let (source, id): (i32, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let due: Option<Date> = row.try_get_by_index(3)?;
    Ok(Cursor { key: json!([due.unwrap_or(LAST).to_julian_day(), source]), id })
}

fn source_of<'a>(sources: &'a [TaskSource], row: &QueryResult) -> Result<&'a TaskSource> {
    let number: i32 = row.try_get_by_index(0)?;
    let source = usize::try_from(number).ok().and_then(|number| sources.get(number));
    source.ok_or_else(|| Problem::internal("a task of no source"))
}

fn task(caller: &Caller, sources: &[TaskSource], row: &QueryResult) -> Result<Task> {
    let source = source_of(sources, row)?;
    let (id, due_on): (Uuid, Option<Date>) = (row.try_get_by_index(1)?, row.try_get_by_index(3)?);
    let about: Option<String> = row.try_get_by_index(4)?;
    Ok(Task {
        kind: source.kind,
        id,
        title: titled(source.what, about.as_deref()),
        school_id: row.try_get_by_index(2)?,
        school_name: None,
        due_on,
        overdue: due_on.is_some_and(|due| due < caller.today()),
        status: row.try_get_by_index(5)?,
        href: format!("{API}{}/{id}", source.collection),
    })
}

/// How long the words about a task are at most.
const TITLE: usize = 300;

fn titled(what: &str, about: Option<&str>) -> String {
    let Some(about) = about else { return what.to_owned() };
    match about.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{what}: {}…", about[..end].trim_end()),
        None => format!("{what}: {about}"),
    }
}

async fn counts(
    caller: &Caller,
    db: &Transaction,
    sources: &[TaskSource],
    waiting: &SelectStatement,
    query: &TaskQuery,
) -> Result<Vec<TaskCount>> {
    let mut counted = Query::select();
    let late = Expr::case(of(DUE).lt(caller.today()), 1).finally(0);
    counted
        .column(Alias::new(SOURCE))
        .expr(Expr::cust("COUNT(*)"))
        .expr(Expr::expr(late).sum().cast_as("bigint"))
        .from_subquery(waiting.clone(), Alias::new("task"))
        .add_group_by([of(SOURCE)])
        .order_by_expr(of(SOURCE), Order::Asc);
    query.narrow(caller, &mut counted);
    let rows = db.query_all(&counted).await?;
    let count = |row: &QueryResult| {
        let kind = source_of(sources, row)?.kind;
        Ok(TaskCount { kind, count: row.try_get_by_index(1)?, overdue: row.try_get_by_index(2)? })
    };
    rows.iter().map(count).collect()
}

async fn name_schools(caller: &Caller, db: &Transaction, tasks: &mut [Task]) -> Result<()> {
    let ids: Vec<Uuid> = tasks.iter().filter_map(|task| task.school_id).collect();
    let Some(caller) = caller.under(Scope::ReadSchools).filter(|_| !ids.is_empty()) else { return Ok(()) };
    let mut rows = caller.statement::<school::Entity>(true);
    rows.and_where(school::Column::Id.is_in(ids)).columns([school::Column::Id, school::Column::Name]);
    let rows = db.query_all(&rows).await?;
    let name = |row: &QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    let names = rows.iter().map(name).collect::<Result<HashMap<Uuid, String>>>()?;
    for task in tasks {
        task.school_name = task.school_id.and_then(|id| names.get(&id).cloned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_says_what_to_do_and_with_what() {
        assert_eq!(titled("Do", None), "Do");
        assert_eq!(titled("Do", Some("the thing")), "Do: the thing");
        let long = titled("Do", Some(&"é".repeat(400)));
        assert_eq!(long.chars().count(), "Do: ".len() + TITLE + 1);
        assert!(long.ends_with('…'));
    }
}
