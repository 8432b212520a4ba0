//! A copy in a database, and what stands in it.

use std::collections::BTreeMap;
use std::path::Path;

use sea_orm::{ConnectionTrait, Database as Connect, DatabaseConnection, QueryResult, Statement};
use serde_json::Value;

use super::id;
use crate::support::Database;

/// A database to copy into.
pub struct Mirror {
    database: Database,
}

impl Mirror {
    /// An empty one.
    pub async fn empty() -> Self {
        Self { database: Database::empty().await }
    }

    /// As `--to` takes it.
    pub fn url(&self) -> &str {
        self.database.url()
    }

    async fn open(&self) -> DatabaseConnection {
        let url = self.url();
        let url = if url.starts_with("postgres") { url.to_owned() } else { format!("sqlite://{url}") };
        Connect::connect(url).await.unwrap()
    }

    /// The rows of a statement.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let db = self.open().await;
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        db.close().await.unwrap();
        rows
    }

    /// Changes the copy behind the follower's back.
    pub async fn run(&self, sql: &str) {
        let db = self.open().await;
        db.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        db.close().await.unwrap();
    }

    /// How many rows the table of a kind has.
    pub async fn count(&self, kind: &str) -> i64 {
        self.rows(&format!("SELECT count(*) FROM \"{kind}\"")).await[0].try_get_by_index(0).unwrap()
    }

    /// The number of the last change that the copy has; none where no copy is whole.
    pub async fn position(&self) -> Option<i64> {
        let on_server = self.url().starts_with("postgres");
        if !on_server && !Path::new(self.url()).exists() {
            return None;
        }
        let tables = if on_server {
            "SELECT count(*) FROM information_schema.tables WHERE table_name = 'smep_position'"
        } else {
            "SELECT count(*) FROM sqlite_schema WHERE name = 'smep_position'"
        };
        if self.rows(tables).await[0].try_get_by_index::<i64>(0).unwrap() == 0 {
            return None;
        }
        let position = "SELECT \"after\" FROM smep_position WHERE \"copy\" = 'current'";
        self.rows(position).await.first().map(|row| row.try_get_by_index(0).unwrap())
    }

    /// The versions of the rows of a kind, by their ids.
    pub async fn versions(&self, kind: &str) -> BTreeMap<String, i64> {
        let rows = self.rows(&format!("SELECT CAST(\"id\" AS text), \"version\" FROM \"{kind}\"")).await;
        rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
    }

    /// Checks that the table of a kind has these items and nothing else, field by field.
    pub async fn holds(&self, kind: &str, items: &[Value]) {
        let Some(first) = items.first().and_then(Value::as_object) else {
            assert_eq!(self.count(kind).await, 0, "the list of {kind} is empty");
            return;
        };
        let names: Vec<&String> = first.keys().collect();
        let columns: Vec<_> = names.iter().map(|name| format!("CAST(\"{name}\" AS text)")).collect();
        let rows = self.rows(&format!("SELECT {} FROM \"{kind}\" ORDER BY \"id\"", columns.join(", "))).await;
        let place = names.iter().position(|name| *name == "id").unwrap();
        let mut copied: BTreeMap<String, &QueryResult> =
            rows.iter().map(|row| (row.try_get_by_index(place).unwrap(), row)).collect();
        assert_eq!(copied.len(), rows.len(), "each item of {kind} once");
        for item in items {
            let row = copied.remove(id(item)).unwrap_or_else(|| panic!("the copy lacks the {kind} {item}"));
            for (at, name) in names.iter().enumerate() {
                let text: Option<String> = row.try_get_by_index(at).unwrap();
                assert!(same(text.as_deref(), &item[*name]), "{name} of the {kind} {item} is {text:?} in the copy");
            }
        }
        assert!(copied.is_empty(), "the copy has {kind} items that the list does not show: {:?}", copied.keys());
    }
}

/// Whether a column, as a text, has the value of a field.
fn same(text: Option<&str>, value: &Value) -> bool {
    let Some(text) = text else { return value.is_null() };
    match value {
        Value::Null => false,
        Value::Bool(value) => text == if *value { "1" } else { "0" } || text == value.to_string(),
        Value::Number(value) => text.parse::<f64>().ok() == value.as_f64(),
        Value::String(value) => text == value || moment(text).is_some_and(|moment| moment == *value),
        Value::Array(_) | Value::Object(_) => serde_json::from_str::<Value>(text).is_ok_and(|read| read == *value),
    }
}

/// A moment as PostgreSQL writes it in UTC, written as the service does.
fn moment(text: &str) -> Option<String> {
    let (day, time) = text.strip_suffix("+00")?.split_once(' ')?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    Some(format!("{day}T{seconds}.{fraction:0<6}Z"))
}
