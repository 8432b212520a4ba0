//! The fields of an item, each read from its own columns of a row and written as JSON at once: no
//! row and no item in between, and no column that nobody asked for.

use entity::cell::{Cell, json};
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{DbErr, QueryResult};
use serde_json::{Map, Value};

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Listed;
use crate::kernel::resource::withheld::Withheld;

/// Writes a field as JSON from its columns, the first of which stands at a place of the row.
pub type WriteField = fn(&QueryResult, usize, &mut Vec<u8>) -> Result<(), DbErr>;

/// A field of an item.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON.
    pub name: &'static str,
    /// The columns that it is made of.
    pub columns: &'static [&'static str],
    /// How it is written.
    pub write: WriteField,
}

/// A field that is a column.
#[must_use]
pub const fn column<T: Cell>(name: &'static [&'static str; 1]) -> Field {
    Field { name: name[0], columns: name, write: T::copy }
}

/// The fields of an item, in the order of the document.
pub trait Fields {
    /// All of them, without what `expand` embeds.
    const FIELDS: &'static [Field];
}

/// Names the fields that are columns of the same name, each by its type.
#[macro_export]
macro_rules! fields {
    ($($name:ident : $type:ty),* $(,)?) => {
        &[$($crate::kernel::resource::field::column::<$type>(&[stringify!($name)])),*]
    };
}

/// Which fields of rows are read, and how their items are written.
pub struct Reading {
    fields: Vec<Read>,
    columns: Vec<&'static str>,
    withheld: Withheld,
}

struct Read {
    field: &'static Field,
    at: usize,
    /// Null for this caller.
    withheld: bool,
}

impl Reading {
    /// The fields asked for by name, or all; what is withheld from the caller is not even read.
    #[must_use]
    pub fn of<L: Listed>(caller: &Caller, names: &[&'static str]) -> Self {
        Self::new(L::FIELDS, L::withheld(caller), names)
    }

    /// Every field, for what shows a row to nobody from whom anything is withheld.
    pub(in crate::kernel) fn whole(fields: &'static [Field]) -> Self {
        Self::new(fields, Withheld::default(), &[])
    }

    fn new(all: &'static [Field], withheld: Withheld, names: &[&'static str]) -> Self {
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for field in all.iter().filter(|field| names.is_empty() || names.contains(&field.name)) {
            let never = withheld.fields().contains(&field.name) && withheld.is_everywhere();
            fields.push(Read { field, at: columns.len(), withheld: never });
            if !never {
                columns.extend_from_slice(field.columns);
            }
        }
        Self { fields, columns, withheld }
    }

    /// The names of the fields that the caller sees, in some rows at least.
    pub fn seen(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|read| !read.withheld).map(|read| read.field.name)
    }

    /// Returns true if the caller sees every field of every row.
    pub const fn withholds_nothing(&self) -> bool {
        self.withheld.fields().is_empty()
    }

    /// Returns true if the column is among those that are read.
    pub fn reads(&self, column: &str) -> bool {
        self.columns.contains(&column)
    }

    /// Adds the columns to a statement.
    pub fn select(&self, rows: &mut SelectStatement, table: &'static str) {
        let somewhere = |column: &&&str| self.withheld.fields().contains(*column);
        let mut rest = &self.columns[..];
        while let Some(column) = rest.iter().find(somewhere) {
            let at = rest.iter().position(|it| it == column).unwrap_or_default();
            select(rows, table, &rest[..at]);
            rows.expr_as(self.withheld.column(table, column), Alias::new(*column));
            rest = &rest[at + 1..];
        }
        select(rows, table, rest);
    }

    /// The columns, for a statement that groups by them.
    pub fn columns(&self, table: &'static str) -> impl Iterator<Item = Expr> + '_ {
        self.columns.iter().map(move |column| of_table(table, column))
    }

    /// Writes the item of a row, whose columns begin at `first`, with what is embedded.
    ///
    /// # Errors
    /// When a column is of another type.
    pub fn write<'a>(
        &self,
        row: &QueryResult,
        first: usize,
        embedded: impl IntoIterator<Item = (&'static str, &'a Value)>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let mut separator = b'{';
        let mut name = |name: &str, out: &mut Vec<u8>| {
            out.push(separator);
            separator = b',';
            // Names need no escaping.
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
        };
        for read in &self.fields {
            name(read.field.name, out);
            if read.withheld {
                out.extend_from_slice(b"null");
            } else {
                (read.field.write)(row, first + read.at, out)?;
            }
        }
        for (embedded, value) in embedded {
            name(embedded, out);
            json(value, out)?;
        }
        if separator == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
        Ok(())
    }

    /// Returns the item of a row as an object, for an item that is embedded in another reply.
    ///
    /// # Errors
    /// When a column is of another type.
    pub fn object(&self, row: &QueryResult, first: usize) -> Result<Map<String, Value>> {
        let mut text = Vec::new();
        self.write(row, first, [], &mut text)?;
        serde_json::from_slice(&text).map_err(Problem::internal)
    }

    /// The values of the fields that the caller sees, one by one.
    ///
    /// # Errors
    /// When a column is of another type.
    pub fn values(&self, row: &QueryResult, first: usize) -> Result<Vec<Value>> {
        let mut text = Vec::new();
        let seen = self.fields.iter().filter(|read| !read.withheld);
        seen.map(|read| {
            text.clear();
            (read.field.write)(row, first + read.at, &mut text)?;
            serde_json::from_slice(&text).map_err(Problem::internal)
        })
        .collect()
    }
}

/// Adds columns of a table to a statement: as one text, since building an expression for each of
/// fifty columns takes longer than the rest of a statement.
pub fn select(rows: &mut SelectStatement, table: &'static str, columns: &[&'static str]) {
    if columns.is_empty() {
        return;
    }
    let mut text = String::with_capacity(columns.len() * (table.len() + 24));
    for column in columns {
        if !text.is_empty() {
            text.push_str(", ");
        }
        // Names of tables and columns need no escaping.
        for part in ["\"", table, "\".\"", column, "\""] {
            text.push_str(part);
        }
    }
    rows.expr(Expr::cust(text));
}

fn of_table(table: &'static str, column: &'static str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(column)))
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Query, SqliteQueryBuilder};

    use super::*;

    const FIELDS: &[Field] = fields! { id: uuid::Uuid, name: String, note: Option<String> };

    #[test]
    fn only_what_is_asked_for_and_may_be_seen_is_read() {
        let read = |hidden: &'static [&'static str], names: &[&'static str]| {
            let mut rows = Query::select();
            Reading::new(FIELDS, Withheld::of(hidden), names).select(rows.from("area"), "area");
            rows.to_string(SqliteQueryBuilder)
        };
        assert_eq!(read(&[], &[]), r#"SELECT "area"."id", "area"."name", "area"."note" FROM "area""#);
        assert_eq!(read(&[], &["note"]), r#"SELECT "area"."note" FROM "area""#);
        assert_eq!(read(&["note"], &["id", "note"]), r#"SELECT "area"."id" FROM "area""#);
    }
    #[test]
    fn what_is_seen_in_some_rows_is_null_in_the_others() {
        let mut rows = Query::select();
        let withheld = Withheld::of(&["note"]).unless(entity::schools::area::Column::Name, ["North"]);
        Reading::new(FIELDS, withheld, &[]).select(rows.from("area"), "area");
        let note = r#"(CASE WHEN ("area"."name" IN ('North')) THEN "area"."note" END) AS "note""#;
        let expected = format!(r#"SELECT "area"."id", "area"."name", {note} FROM "area""#);
        assert_eq!(rows.to_string(SqliteQueryBuilder), expected);
    }
}
