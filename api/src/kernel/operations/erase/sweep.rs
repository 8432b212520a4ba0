//! One table after the other, a chunk of rows at a time: each chunk is a transaction of its own, so that others write
//! meanwhile.

use sea_orm::sea_query::{Alias, Expr, Func, LockType, Order, Query, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, ExprTrait, QueryResult, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::ERASE;
use crate::kernel::base::filter::in_this_order;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::spellings::Spellings;
use crate::kernel::resource::change::{Difference, Entry, latest};
use crate::kernel::resource::mentions::{Held, Mentions, Place};
use crate::kernel::resource::write::Write;

/// How many rows are gone through in one transaction.
const AT_ONCE: u64 = 200;

/// A column of a table's key, beside the hub.
#[derive(Clone, Copy, Debug)]
enum Key {
    Id(&'static str),
    Number(&'static str),
    Text(&'static str),
}

impl Key {
    const fn name(self) -> &'static str {
        match self {
            Self::Id(name) | Self::Number(name) | Self::Text(name) => name,
        }
    }

    fn read(self, row: &QueryResult, at: usize) -> Result<Value> {
        Ok(match self {
            Self::Id(_) => row.try_get_by_index::<Uuid>(at)?.into(),
            Self::Number(_) => row.try_get_by_index::<i64>(at)?.into(),
            Self::Text(_) => row.try_get_by_index::<String>(at)?.into(),
        })
    }
}

/// A table with texts.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Its name.
    pub table: &'static str,
    /// True if a row of it is an item, which gets a new version and an entry in the log.
    pub items: bool,
    key: &'static [Key],
    places: Vec<Place>,
}

impl Texts {
    /// The texts of a resource, if it has any in which people may be named.
    pub(super) fn of(mentions: &Mentions) -> Option<Self> {
        let places = (mentions.names)();
        let texts = Self { table: mentions.table, items: true, key: &[Key::Id("id")], places };
        (!texts.places.is_empty()).then_some(texts)
    }

    /// The texts of a table whose rows have ids and are no items, such as what was sent once and is kept.
    #[must_use]
    pub fn kept(table: &'static str, places: &[(&'static str, Held)]) -> Self {
        let places = places.iter().map(|(column, held)| Place { column, held: *held }).collect();
        Self { table, items: false, key: &[Key::Id("id")], places }
    }

    /// What the kernel keeps beside items: the names of files, what imports and repeated requests need, last the log.
    pub(super) fn beside() -> [Self; 4] {
        let table = |name, key, places: &[(&'static str, Held)]| Self { key, ..Self::kept(name, places) };
        [
            Self::kept("attachment", &[("file_name", Held::Plain)]),
            table(
                "import_row",
                &[Key::Id("import_id"), Key::Number("number")],
                &[
                    ("message", Held::Plain),
                    ("warnings", Held::Json),
                    ("affects", Held::Json),
                    ("keys", Held::Json),
                    ("fields", Held::Json),
                    ("planned", Held::Json),
                ],
            ),
            table("idempotency", &[Key::Text("digest")], &[("body", Held::Plain)]),
            table(
                "change",
                &[Key::Number("number")],
                &[("reason", Held::Plain), ("keys", Held::Json), ("fields", Held::Json)],
            ),
        ]
    }

    fn column(&self, name: &'static str) -> Expr {
        Expr::col((Alias::new(self.table), Alias::new(name)))
    }

    /// The rows of a hub after one that may hold a spelling: their keys, their versions where they are items, and
    /// their texts.
    fn rows(&self, hub: Uuid, spellings: &Spellings, after: Option<&[Value]>) -> SelectStatement {
        let mut rows = Query::select();
        rows.from(Alias::new(self.table)).and_where(self.column("hub_id").eq(hub));
        for key in self.key {
            rows.expr(self.column(key.name())).order_by_expr(self.column(key.name()), Order::Asc);
        }
        if self.items {
            rows.expr(self.column("version"));
        }
        let mut any = Condition::any();
        let pieces = spellings.pieces();
        for place in &self.places {
            let text = || self.column(place.column).cast_as("text");
            rows.expr(text());
            for pieces in &pieces {
                any = any.add(Expr::expr(Func::lower(text())).like(in_this_order(pieces)));
            }
        }
        rows.cond_where(any);
        if let Some(after) = after {
            let keys = Expr::tuple(self.key.iter().map(|key| self.column(key.name())));
            rows.and_where(keys.gt(Expr::tuple(after.iter().cloned().map(Expr::val))));
        }
        rows.limit(AT_ONCE).lock(LockType::NoKeyUpdate).to_owned()
    }
}

/// What a text comes to, as a value of its column; none where it holds no spelling.
fn erased(spellings: &Spellings, text: &str, held: Held) -> Result<Option<Erased>> {
    Ok(match held {
        Held::Plain | Held::Folded => spellings.erased(text).map(Erased::Text),
        Held::Json => {
            let mut value: Json = serde_json::from_str(text).map_err(Problem::internal)?;
            spellings.erase_in(&mut value).then_some(Erased::Json(value))
        }
    })
}

/// A text without the spellings.
enum Erased {
    Text(String),
    Json(Json),
}

impl Erased {
    fn json(&self) -> Json {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Json(value) => value.clone(),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Json(value) => value.into(),
        }
    }
}

/// What came of a chunk.
pub struct Swept {
    /// How many rows held a spelling.
    pub rows: u64,
    /// The key of the last row that was gone through; none at the end of the table.
    pub last: Option<Vec<Value>>,
}

/// Goes through a chunk of a table's rows, and replaces each spelling unless it only counts.
///
/// # Errors
/// When the database fails.
pub async fn chunk(
    write: &mut Write,
    texts: &Texts,
    spellings: &Spellings,
    after: Option<&[Value]>,
    only_counts: bool,
) -> Result<Swept> {
    let rows = write.tx().query_all(&texts.rows(write.caller().hub_id, spellings, after)).await?;
    let mut found = Vec::new();
    let mut last = None;
    for row in &rows {
        let key = texts.key.iter().enumerate().map(|(at, key)| key.read(row, at)).collect::<Result<Vec<_>>>()?;
        let mut at = key.len();
        let version: i64 = if texts.items { row.try_get_by_index(at)? } else { 0 };
        at += usize::from(texts.items);
        let mut columns = Vec::new();
        for (place, at) in texts.places.iter().zip(at..) {
            let text: Option<String> = row.try_get_by_index(at)?;
            if let Some(erased) = text.map(|text| self::erased(spellings, &text, place.held)).transpose()?.flatten() {
                columns.push((*place, erased));
            }
        }
        last = Some(key.clone());
        if texts.items {
            tell_apart(&mut columns, &key);
        }
        if !columns.is_empty() {
            found.push(Found { key, version, columns });
        }
    }
    let swept = Swept { rows: found.len() as u64, last: last.filter(|_| rows.len() as u64 == AT_ONCE) };
    if !only_counts {
        if texts.items {
            log(write, texts.table, spellings, &found).await?;
        }
        // Few rows name a person.
        for row in found {
            replace(write, texts, row).await?;
        }
    }
    Ok(swept)
}

/// Columns with names of items, each with the column by which no two are alike.
const NAMES: [(&str, &str); 2] = [("name", "name_key"), ("title", "title_key")];

/// Adds a part of its id to the name of an item, so that two whose names differed in what was erased still differ.
fn tell_apart(columns: &mut [(Place, Erased)], key: &[Value]) {
    let Some(Value::Uuid(Some(id))) = key.first() else { return };
    let digits = id.simple().to_string();
    for (name, folded) in NAMES {
        let has = |column: &str, columns: &[(Place, Erased)]| columns.iter().any(|(place, _)| place.column == column);
        if has(name, columns) && has(folded, columns) {
            for (place, erased) in columns.iter_mut() {
                if let (true, Erased::Text(text)) = ([name, folded].contains(&place.column), erased) {
                    text.push(' ');
                    text.push_str(&digits[digits.len() - 6..]);
                }
            }
        }
    }
}

/// A row that holds a spelling.
struct Found {
    key: Vec<Value>,
    version: i64,
    columns: Vec<(Place, Erased)>,
}

impl Found {
    fn id(&self) -> Option<Uuid> {
        match self.key.first() {
            Some(Value::Uuid(id)) => *id,
            _ => None,
        }
    }
}

async fn replace(write: &Write, texts: &Texts, row: Found) -> Result<()> {
    let mut update = Query::update();
    update.table(Alias::new(texts.table)).and_where(Expr::col(Alias::new("hub_id")).eq(write.caller().hub_id));
    for (key, value) in texts.key.iter().zip(row.key) {
        update.and_where(Expr::col(Alias::new(key.name())).eq(Expr::val(value)));
    }
    if texts.items {
        update.value(Alias::new("version"), row.version + 1).value(Alias::new("updated_at"), write.now());
    }
    for (place, erased) in row.columns {
        update.value(Alias::new(place.column), erased.value());
    }
    write.tx().execute(&update).await?;
    Ok(())
}

/// Logs that texts of items were erased: each field as it is now, and not as it was.
async fn log(write: &mut Write, table: &'static str, spellings: &Spellings, found: &[Found]) -> Result<()> {
    let mut known = latest(write, table, found.iter().filter_map(Found::id).collect()).await?;
    for row in found {
        let Some((id, mut last)) = row.id().and_then(|id| Some((id, known.remove(&id)?))) else { continue };
        spellings.erase_in(&mut last.keys);
        let shown = row.columns.iter().filter(|(place, _)| place.held != Held::Folded);
        let fields = shown
            .map(|(place, erased)| (place.column.to_owned(), Difference { before: Json::Null, after: erased.json() }));
        write.log(Entry::over_columns(table, (id, row.version + 1), last, ERASE, fields.collect()));
    }
    Ok(())
}
