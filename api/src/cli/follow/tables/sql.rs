//! The statements, which differ between the two kinds of database in types and in how they read JSON.
//!
//! Items come as one text, a list of objects, which the database takes apart itself: one value for each statement,
//! however many columns and items there are.

use super::super::catalogue::{Column, Kind, Type};

/// What statements are written for.
pub struct Dialect {
    /// Whether it is PostgreSQL.
    pub postgres: bool,
    /// The schema of the tables.
    pub schema: Option<String>,
    /// What the names of the tables begin with.
    pub prefix: String,
}

/// A name as statements have it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Dialect {
    /// A table by its name.
    pub fn table(&self, name: &str) -> String {
        let table = quoted(&format!("{}{name}", self.prefix));
        match &self.schema {
            Some(schema) => format!("{}.{table}", quoted(schema)),
            None => table,
        }
    }

    /// The table of a kind.
    pub fn live(&self, kind: &str) -> String {
        self.table(kind)
    }

    /// The table in which the next copy of a kind is made.
    pub fn next(&self, kind: &str) -> String {
        self.table(&next_name(kind))
    }

    /// The type of a column.
    fn column_type(&self, of: Type) -> &'static str {
        match (self.postgres, of) {
            (true, Type::Uuid) => "uuid",
            (true, Type::Date) => "date",
            (true, Type::Instant) => "timestamptz",
            (true, Type::Integer) => "bigint",
            (true, Type::Number) => "double precision",
            (true, Type::Json) => "jsonb",
            (true, Type::Text) => "text",
            (true, Type::Boolean) => "boolean",
            (false, Type::Integer) => "INTEGER",
            (false, Type::Number) => "REAL",
            (false, Type::Boolean) => "BOOLEAN",
            (false, Type::Text | Type::Uuid | Type::Date | Type::Instant | Type::Json) => "TEXT",
        }
    }

    fn defined(&self, column: &Column) -> String {
        format!("{} {}", quoted(&column.name), self.column_type(column.of))
    }

    /// Makes the table for the next copy of a kind.
    pub fn create(&self, kind: &Kind) -> String {
        let columns = kind.columns.iter().map(|column| {
            let key = if column.name == "id" { " NOT NULL PRIMARY KEY" } else { "" };
            format!("{}{key}", self.defined(column))
        });
        format!("CREATE TABLE {} ({})", self.next(&kind.name), list(columns))
    }

    /// Adds a column to the table of a kind.
    pub fn add_column(&self, kind: &Kind, column: &Column) -> String {
        format!("ALTER TABLE {} ADD COLUMN {}", self.live(&kind.name), self.defined(column))
    }

    /// Gives the table of the next copy the name of the one that readers see.
    pub fn rename(&self, kind: &str) -> String {
        let name = quoted(&format!("{}{kind}", self.prefix));
        format!("ALTER TABLE {} RENAME TO {name}", self.next(kind))
    }

    /// Puts the rows of the next copy where readers see them.
    pub fn fill(&self, kind: &Kind) -> String {
        let columns = list(kind.columns.iter().map(|column| quoted(&column.name)));
        format!("INSERT INTO {} ({columns}) SELECT {columns} FROM {}", self.live(&kind.name), self.next(&kind.name))
    }

    /// Writes items, given as a text, into a table.
    pub fn upsert(&self, kind: &Kind, table: &str) -> String {
        let columns = list(kind.columns.iter().map(|column| quoted(&column.name)));
        let changed = kind.columns.iter().map(|column| quoted(&column.name)).filter(|name| name != "\"id\"");
        let changed = list(changed.map(|name| format!("{name} = excluded.{name}")));
        let items = if self.postgres {
            let defined = list(kind.columns.iter().map(|column| self.defined(column)));
            format!("SELECT {columns} FROM json_to_recordset(CAST($1 AS json)) AS item ({defined})")
        } else {
            let read = list(kind.columns.iter().map(|column| match column.of {
                // As JSON, also where it is a text; null where it is null.
                Type::Json => format!("nullif(value -> '$.{0}', 'null')", column.name),
                _ => format!("value ->> '$.{}'", column.name),
            }));
            // Without a condition SQLite would take ON for that of a join.
            format!("SELECT {read} FROM json_each($1) WHERE true")
        };
        let conflict = if changed.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {changed}") };
        format!("INSERT INTO {table} ({columns}) {items} ON CONFLICT (\"id\") DO {conflict}")
    }

    /// Deletes rows by their ids, given as a text that is a list.
    pub fn delete(&self, table: &str) -> String {
        let ids = if self.postgres {
            "SELECT CAST(value AS uuid) FROM json_array_elements_text(CAST($1 AS json))"
        } else {
            "SELECT value FROM json_each($1)"
        };
        format!("DELETE FROM {table} WHERE \"id\" IN ({ids})")
    }

    /// Makes the tables that say where the copy stands.
    pub fn bookkeeping(&self) -> [String; 2] {
        let now = if self.postgres { "timestamptz" } else { "TEXT" };
        let position = format!(
            r#"CREATE TABLE IF NOT EXISTS {} (
                "copy" text NOT NULL PRIMARY KEY, "epoch" text NOT NULL, "after" bigint NOT NULL, "at" {now} NOT NULL,
                "hub" text NOT NULL, "rights" bigint NOT NULL, "shape" text NOT NULL)"#,
            self.table(POSITION)
        );
        let copy = format!(
            r#"CREATE TABLE IF NOT EXISTS {} (
                "kind" text NOT NULL PRIMARY KEY, "columns" text, "next_columns" text, "next_cursor" text)"#,
            self.table(COPY)
        );
        [position, copy]
    }

    /// This moment.
    pub const fn now(&self) -> &'static str {
        if self.postgres { "now()" } else { "strftime('%Y-%m-%dT%H:%M:%fZ')" }
    }
}

/// The table that says where a copy is in the feed.
pub const POSITION: &str = "smep_position";

/// The table of what each table has, and of how far its next copy is.
pub const COPY: &str = "smep_copy";

/// The name of the table in which the next copy of a kind is made.
fn next_name(kind: &str) -> String {
    format!("smep_next_{kind}")
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
