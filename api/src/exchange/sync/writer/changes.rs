//! Which rows have to be written, and with which columns.

use std::collections::HashMap;

use time::OffsetDateTime;
use time::macros::format_description;

use crate::exchange::sync::clean;
use crate::exchange::sync::mapping::formats::normal;
use crate::exchange::sync::mapping::section::TableName;
use crate::exchange::sync::mapping::{Section, Stamp, WriteSection};
use crate::exchange::sync::record::UserValue;
use crate::exchange::sync::source::select::{Column, Condition, Dialect, Select, Statement};
use crate::exchange::sync::source::worker::RawRow;

/// The columns of the table of user-defined fields, and the texts that are the same in every row that is written.
#[derive(Clone, Debug)]
pub struct Columns {
    table: TableName,
    /// Columns that together are the key: fixed ones with their texts, then the school and the field.
    fixed: Vec<(Column, String)>,
    school: Column,
    field: Column,
    value: Column,
    /// The codes of the fields that are written.
    codes: Vec<String>,
    /// Who and when, as far as the table has columns for them.
    marks: Vec<(Column, String)>,
}

/// A row that has to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The texts of the key, for a row that stands there exactly as they stand there.
    pub key: Vec<String>,
    /// Whether the row stands there.
    pub known: bool,
    pub value: Option<String>,
}

impl Columns {
    pub fn new(section: &Section, write: &WriteSection, now: OffsetDateTime) -> Self {
        let column = |field: &str| {
            let place = section.fields.get(field).and_then(|map| map.places.first());
            place.map(|place| Column { name: place.column.clone(), line: place.line })
        };
        let needed = |field: &str| column(field).unwrap_or(Column { name: String::new(), line: 0 });
        let changed = section.modified_at.first().map(|it| Column { name: it.column.clone(), line: it.line });
        let marks = [(column("modified_by"), write.by.clone()), (changed, stamp(write.stamp, now))];
        let fixed = section.fixed.iter();
        let fixed = fixed.map(|(it, text)| (Column { name: it.column.clone(), line: it.line }, text.clone()));
        Self {
            table: section.table.clone(),
            fixed: fixed.collect(),
            school: needed("school"),
            field: needed("field"),
            value: needed("value"),
            codes: write.fields.iter().map(|field| normal(&field.code)).collect(),
            marks: marks.into_iter().filter_map(|(column, text)| Some((column?, text))).collect(),
        }
    }

    /// The columns of the key.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.fixed.iter().map(|(column, _)| column).chain([&self.school, &self.field])
    }

    /// The columns that a row has that is written: key, value, marks.
    pub fn all(&self) -> impl Iterator<Item = &Column> {
        self.key().chain([&self.value]).chain(self.marks.iter().map(|(column, _)| column))
    }

    /// The columns that change in a row that stands there.
    fn changing(&self) -> impl Iterator<Item = &Column> {
        [&self.value].into_iter().chain(self.marks.iter().map(|(column, _)| column))
    }

    /// The texts of a row, in the order of [`Columns::all`].
    pub fn texts(&self, change: &Change) -> Vec<Option<String>> {
        let key = change.key.iter().cloned().map(Some);
        key.chain([change.value.clone()]).chain(self.marks.iter().map(|(_, text)| Some(text.clone()))).collect()
    }

    /// Asks for the values that stand there.
    pub fn select(&self) -> Select {
        let conditions = self.fixed.iter().map(|(column, text)| Condition {
            column: column.name.clone(),
            texts: vec![normal(text)],
            keeps: true,
        });
        let ours = Condition { column: self.field.name.clone(), texts: self.codes.clone(), keeps: true };
        Select {
            table: self.table.clone(),
            columns: self.key().chain([&self.value]).cloned().collect(),
            conditions: conditions.chain([ours]).collect(),
        }
    }

    /// What has to be written, when these rows stand there.
    pub fn changes(&self, rows: Vec<RawRow>, values: &[UserValue]) -> Vec<Change> {
        let mut known = HashMap::new();
        for row in rows {
            let RawRow::Cells(cells) = row else { continue };
            let mut cells = cells.into_vec();
            let value = cells.pop().flatten();
            let key: Option<Vec<String>> = cells.into_iter().collect();
            let Some(key) = key else { continue };
            let (fixed, own) = key.split_at(self.fixed.len());
            let same = self.fixed.iter().zip(fixed).all(|((_, text), cell)| normal(text) == normal(cell));
            if let ([school, field], true) = (own, same)
                && let Some(school) = clean::key(school)
            {
                known.insert((school, normal(field)), (key.clone(), value));
            }
        }
        let mut changes = Vec::new();
        for value in values {
            let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
            match known.get(&(value.school.clone(), normal(&value.field))) {
                Some((_, old)) if blank(old) && blank(&value.value) => {}
                Some((_, Some(old))) if value.value.as_deref().is_some_and(|new| new.trim() == old.trim()) => {}
                Some((key, _)) => {
                    changes.push(Change { key: key.clone(), known: true, value: value.value.clone() });
                }
                None if blank(&value.value) => {}
                None => {
                    let fixed = self.fixed.iter().map(|(_, text)| text.clone());
                    let key = fixed.chain([value.school.clone(), value.field.clone()]).collect();
                    changes.push(Change { key, known: false, value: value.value.clone() });
                }
            }
        }
        changes
    }

    /// The statement that writes one row, for databases that make a number of a text by themselves.
    pub fn statement(&self, dialect: Dialect, change: &Change) -> Statement {
        let table = dialect.table(&self.table);
        let quoted = |column: &Column| dialect.quoted(&column.name);
        if !change.known {
            let names: Vec<String> = self.all().map(quoted).collect();
            let places: Vec<String> = (1..=names.len()).map(|number| dialect.placeholder(number)).collect();
            let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
            return Statement { sql, texts: self.texts(change) };
        }
        let mut number = 0;
        let mut equal = |column: &Column| {
            number += 1;
            format!("{} = {}", quoted(column), dialect.placeholder(number))
        };
        let sets: Vec<String> = self.changing().map(&mut equal).collect();
        let keys: Vec<String> = self.key().map(&mut equal).collect();
        let sql = format!("UPDATE {table} SET {} WHERE {}", sets.join(", "), keys.join(" AND "));
        let mut texts = self.texts(change);
        texts.rotate_left(change.key.len());
        Statement { sql, texts }
    }

    /// The two statements that write many rows into PostgreSQL, which takes a text as the type of its column only where
    /// it knows the column: rows that stand there, and new rows.
    pub fn statements(&self, changes: &[Change]) -> Vec<Statement> {
        let dialect = Dialect::Postgresql;
        let table = dialect.table(&self.table);
        let quoted = |column: &Column| dialect.quoted(&column.name);
        let rows = format!("jsonb_populate_recordset(NULL::{table}, $1::jsonb) AS new");
        let sets: Vec<String> = self.changing().map(quoted).map(|it| format!("{it} = new.{it}")).collect();
        let keys: Vec<String> = self.key().map(quoted).map(|it| format!("old.{it} = new.{it}")).collect();
        let names: Vec<String> = self.all().map(quoted).collect();
        let news: Vec<String> = names.iter().map(|it| format!("new.{it}")).collect();
        let update = format!("UPDATE {table} AS old SET {} FROM {rows} WHERE {}", sets.join(", "), keys.join(" AND "));
        let insert = format!("INSERT INTO {table} ({}) SELECT {} FROM {rows}", names.join(", "), news.join(", "));
        let mut statements = Vec::new();
        for (sql, known) in [(update, true), (insert, false)] {
            let some: Vec<&Change> = changes.iter().filter(|change| change.known == known).collect();
            if !some.is_empty() {
                statements.push(Statement { sql, texts: vec![Some(self.json(&some))] });
            }
        }
        statements
    }

    fn json(&self, changes: &[&Change]) -> String {
        let row = |change: &&Change| {
            let names = self.all().map(|column| column.name.clone());
            let texts = self.texts(change).into_iter().map(serde_json::Value::from);
            serde_json::Value::Object(names.zip(texts).collect())
        };
        serde_json::Value::Array(changes.iter().map(row).collect()).to_string()
    }
}

fn stamp(stamp: Stamp, now: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    match stamp {
        Stamp::Seconds => now.unix_timestamp().to_string(),
        Stamp::Instant => now.to_offset(time::UtcOffset::UTC).format(&format).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use time::macros::datetime;

    use super::*;
    use crate::exchange::sync::mapping::Mapping;
    use crate::exchange::sync::record::Table;

    const MAPPING: &str = "hub = \"a\"\nname = \"b\"\nsource = { kind = \"csv\", address = \"x\" }\n\
        [schools]\ntable = \"s\"\nkey = \"id\"\nname = \"name\"\nurn = \"urn\"\n\
        [user_values]\ntable = \"music.v\"\nschool = \"id\"\nfield = \"code\"\nvalue = \"text\"\n\
        modified_by = \"who\"\nmodified_at = \"changed\"\nfixed = { kind = \"school\" }\n\
        [write.fields.rating]\ncode = \"RAG\"\n";

    fn columns() -> Columns {
        let mapping = Mapping::parse(Path::new("m.toml"), MAPPING, &|_| None).unwrap();
        let section = mapping.section(Table::UserValues).unwrap();
        Columns::new(section, mapping.write_section().unwrap(), datetime!(2025-02-10 09:30:05 +01:00))
    }

    fn row(cells: [&str; 4]) -> RawRow {
        RawRow::Cells(cells.map(|cell| (!cell.is_empty()).then(|| cell.to_owned())).into())
    }

    fn value(school: &str, value: Option<&str>) -> UserValue {
        UserValue { school: school.to_owned(), field: "RAG".to_owned(), value: value.map(str::to_owned) }
    }

    #[test]
    fn what_stands_there_is_changed_by_its_own_key_and_the_rest_is_new() {
        let rows = vec![
            row(["school ", "10001   ", "rag", "Red "]),
            row(["school", "10002", "RAG", ""]),
            row(["person", "10003", "RAG", "Red"]),
            row(["school", "10004", "RAG", "Red"]),
        ];
        let values = [
            value("10001", Some("Green")),
            value("10002", None),
            value("10003", Some("Red")),
            value("10004", Some("Red")),
            value("10004", None),
            value("10005", Some(" ")),
        ];
        let changes = columns().changes(rows, &values);
        let change = |key: [&str; 3], known, value: Option<&str>| Change {
            key: key.map(str::to_owned).to_vec(),
            known,
            value: value.map(str::to_owned),
        };
        assert_eq!(
            changes,
            [
                change(["school ", "10001   ", "rag"], true, Some("Green")),
                change(["school", "10003", "RAG"], false, Some("Red")),
                change(["school", "10004", "RAG"], true, None),
            ]
        );
    }

    #[test]
    fn statements_write_one_table_and_take_values_as_placeholders() {
        let columns = columns();
        let change = |known| Change {
            key: ["school", "1", "RAG"].map(str::to_owned).to_vec(),
            known,
            value: Some("O'Red".to_owned()),
        };
        let update = columns.statement(Dialect::Mysql, &change(true));
        assert_eq!(
            update.sql,
            "UPDATE `music.v` SET `text` = ?, `who` = ?, `changed` = ? WHERE `kind` = ? AND `id` = ? AND `code` = ?"
        );
        let texts = ["O'Red", "smep", "2025-02-10 08:30:05", "school", "1", "RAG"];
        assert_eq!(update.texts, texts.map(|text| Some(text.to_owned())));
        let insert = columns.statement(Dialect::Mysql, &change(false));
        assert_eq!(
            insert.sql,
            "INSERT INTO `music.v` (`kind`, `id`, `code`, `text`, `who`, `changed`) VALUES (?, ?, ?, ?, ?, ?)"
        );
        let both = columns.statements(&[change(true), change(false)]);
        let rows = "jsonb_populate_recordset(NULL::\"music.v\", $1::jsonb) AS new";
        assert_eq!(
            both[0].sql,
            format!(
                "UPDATE \"music.v\" AS old SET \"text\" = new.\"text\", \"who\" = new.\"who\", \
                 \"changed\" = new.\"changed\" FROM {rows} WHERE old.\"kind\" = new.\"kind\" \
                 AND old.\"id\" = new.\"id\" AND old.\"code\" = new.\"code\""
            )
        );
        assert!(both[1].sql.starts_with("INSERT INTO \"music.v\" ("), "{}", both[1].sql);
        assert_eq!(
            both[0].texts[0].as_deref().unwrap(),
            r#"[{"kind":"school","id":"1","code":"RAG","text":"O'Red","who":"smep","changed":"2025-02-10 08:30:05"}]"#
        );
        assert_eq!(columns.statements(&[change(true)]).len(), 1);
    }
}
