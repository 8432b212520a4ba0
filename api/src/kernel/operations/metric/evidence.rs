//! The rows behind a metric's figure, page by page.

use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement};
use sea_orm::{Condition, ExprTrait, QueryResult};
use serde_json::json;
use time::Date;
use uuid::Uuid;

use super::{Counted, MetricMeasure, THING};
use crate::kernel::base::cursor::Cursor;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::operations::report::ReportReading;

/// A row of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// The thing that counts, or the member of the population that does not.
    pub id: Uuid,
    /// The day from which it counts; none where it does not.
    pub on_date: Option<Date>,
    /// The school that it belongs to.
    pub school_id: Option<Uuid>,
    /// What it is, in words.
    pub label: Option<String>,
    /// What it adds to a ratio or a sum.
    pub amount: Option<f64>,
    /// What it could add to a ratio at most.
    pub whole: Option<f64>,
}

/// Where a page ends: the day and the id of its last row.
pub type After = (Option<Date>, Uuid);

impl Thing {
    /// The cursor that stands for it.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { key: json!(self.on_date.map(Date::to_julian_day)), id: self.id }
    }

    fn of(row: &QueryResult) -> Result<Self> {
        Ok(Self {
            id: row.try_get_by_index(0)?,
            on_date: row.try_get_by_index(1)?,
            school_id: row.try_get_by_index(2)?,
            label: row.try_get_by_index(3)?,
            amount: row.try_get_by_index(4)?,
            whole: row.try_get_by_index(5)?,
        })
    }
}

/// The place after which a page begins.
///
/// # Errors
/// 400 for a cursor of another form.
pub fn after(cursor: &Cursor) -> Result<After> {
    let bad = || Problem::new(Code::BadCursor, "start again without `cursor`");
    if cursor.key == serde_json::Value::Null {
        return Ok((None, cursor.id));
    }
    let day = cursor.key.as_i64().and_then(|day| i32::try_from(day).ok());
    let day = day.and_then(|day| Date::from_julian_day(day).ok()).ok_or_else(bad)?;
    Ok((Some(day), cursor.id))
}

/// The next things that count, in the order of their days; of a share the things of its population alone.
///
/// # Errors
/// When the database is away.
pub async fn counting(
    reading: &ReportReading<'_>,
    measure: MetricMeasure,
    counted: Counted,
    after: Option<After>,
    limit: u64,
) -> Result<Vec<Thing>> {
    let column = |name: &'static str| Expr::col((Alias::new("thing"), Alias::new(name)));
    let mut rows = Query::select();
    for name in THING {
        rows.expr(counted.column(name));
    }
    rows.from_subquery(counted.things, Alias::new("thing"));
    if let (MetricMeasure::Share, Some(population)) = (measure, counted.population) {
        rows.and_where(column("id").in_subquery(ids(population)));
    }
    if let Some((Some(day), id)) = after {
        let same = Condition::all().add(column("on_date").eq(day)).add(column("id").gt(id));
        rows.cond_where(Condition::any().add(column("on_date").gt(day)).add(same));
    }
    rows.order_by((Alias::new("thing"), Alias::new("on_date")), Order::Asc);
    rows.order_by((Alias::new("thing"), Alias::new("id")), Order::Asc).limit(limit);
    reading.all(&rows).await?.iter().map(Thing::of).collect()
}

/// The next members of a share's population that do not count, in the order of their ids.
///
/// # Errors
/// When the database is away.
pub async fn lacking(
    reading: &ReportReading<'_>,
    counted: Counted,
    after: Option<After>,
    limit: u64,
) -> Result<Vec<Thing>> {
    let Some(population) = counted.population else { return Ok(Vec::new()) };
    let id = || Expr::col((Alias::new("member"), Alias::new("id")));
    let mut rows = Query::select();
    rows.expr(id()).from_subquery(population, Alias::new("member"));
    rows.and_where(id().not_in_subquery(ids(counted.things)));
    if let Some((_, after)) = after {
        rows.and_where(id().gt(after));
    }
    rows.order_by((Alias::new("member"), Alias::new("id")), Order::Asc).limit(limit);
    let rows = reading.all(&rows).await?;
    let thing = |row: &QueryResult| {
        let id = row.try_get_by_index(0)?;
        Ok(Thing { id, on_date: None, school_id: None, label: None, amount: None, whole: None })
    };
    rows.iter().map(thing).collect()
}

fn ids(of: SelectStatement) -> SelectStatement {
    let mut ids = Query::select();
    ids.expr(Expr::col((Alias::new("one"), Alias::new("id")))).from_subquery(of, Alias::new("one"));
    ids
}
