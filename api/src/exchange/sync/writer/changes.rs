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

/// How many rows a statement writes into MySQL.
const AT_ONCE: usize = 100;

/// What a user-defined field of a school is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The school, the field and its new text; none empties it.
    pub to: UserValue,
    /// The text that stood there when this was decided, without blanks at its ends; none if there was none.
    pub was: Option<String>,
}

/// What has to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub rows: Vec<Change>,
    /// Schools and fields with another text than when their values were decided, or with several rows: they are left
    /// alone.
    pub changed: Vec<(String, String)>,
}

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

/// The key of a row as it is written there, and its text.
type Known = (Vec<String>, Option<String>);

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
    pub fn changes(&self, rows: Vec<RawRow>, values: &[Wanted]) -> Changes {
        let known = self.known(rows);
        let mut changes = Changes::default();
        for Wanted { to: UserValue { school, field, value }, was } in values {
            let rows = known.get(&(school.clone(), normal(field))).map_or(&[][..], Vec::as_slice);
            let text = rows.first().and_then(|(_, old)| clean::typed(old.as_deref()?));
            let value = value.as_deref().and_then(clean::typed);
            if rows.len() > 1 || text != value && text != *was {
                changes.changed.push((school.clone(), field.clone()));
            } else if text != value {
                let new = || self.fixed.iter().map(|(_, text)| text).chain([school, field]).cloned().collect();
                let key = rows.first().map_or_else(new, |(key, _)| key.clone());
                changes.rows.push(Change { key, known: !rows.is_empty(), value });
            }
        }
        changes
    }

    /// The rows that stand there, by school and field.
    fn known(&self, rows: Vec<RawRow>) -> HashMap<(String, String), Vec<Known>> {
        let mut known: HashMap<_, Vec<Known>> = HashMap::new();
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
                known.entry((school, normal(field))).or_default().push((key, value));
            }
        }
        known
    }

    /// The statements that write many rows: those that stand there, then new ones.
    pub fn statements(&self, dialect: Dialect, changes: &[Change]) -> Vec<Statement> {
        let (known, new): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|change| change.known);
        if let Dialect::Postgresql = dialect {
            let some = |changes: &[&Change]| (!changes.is_empty()).then(|| vec![Some(self.json(changes))]);
            let update = some(&known).map(|texts| Statement { sql: self.update_of_json(), texts });
            let insert = some(&new).map(|texts| Statement { sql: self.insert_of_json(), texts });
            return update.into_iter().chain(insert).collect();
        }
        // Behind ODBC there are databases that know neither CASE nor several rows in one INSERT.
        let at_once = if dialect == Dialect::Mysql { AT_ONCE } else { 1 };
        let updates = known.chunks(at_once).map(|some| self.update(dialect, some));
        updates.chain(new.chunks(at_once).map(|some| self.insert(dialect, some))).collect()
    }

    /// The statement that changes rows, for databases that make a number of a text by themselves.
    fn update(&self, dialect: Dialect, changes: &[&Change]) -> Statement {
        let mut texts = Vec::new();
        let mut place = |text: Option<String>| {
            texts.push(text);
            dialect.placeholder(texts.len())
        };
        let is = |change: &Change, place: &mut dyn FnMut(Option<String>) -> String| {
            let equal = |(column, text): (&Column, &String)| {
                format!("{} = {}", dialect.quoted(&column.name), place(Some(text.clone())))
            };
            self.key().zip(&change.key).map(equal).collect::<Vec<_>>().join(" AND ")
        };
        let value = dialect.quoted(&self.value.name);
        let mut sets = match changes {
            [change] => format!("{value} = {}", place(change.value.clone())),
            many => {
                let mut sets = format!("{value} = CASE");
                for change in many {
                    let row = is(change, &mut place);
                    sets += &format!(" WHEN {row} THEN {}", place(change.value.clone()));
                }
                sets + &format!(" ELSE {value} END")
            }
        };
        for (column, text) in &self.marks {
            sets += &format!(", {} = {}", dialect.quoted(&column.name), place(Some(text.clone())));
        }
        let rows: Vec<String> = changes.iter().map(|change| format!("({})", is(change, &mut place))).collect();
        let sql = format!("UPDATE {} SET {sets} WHERE {}", dialect.table(&self.table), rows.join(" OR "));
        Statement { sql, texts }
    }

    /// The statement that adds rows, for databases that make a number of a text by themselves.
    fn insert(&self, dialect: Dialect, changes: &[&Change]) -> Statement {
        let names: Vec<String> = self.all().map(|column| dialect.quoted(&column.name)).collect();
        let mut texts = Vec::new();
        let row = |change: &&Change| {
            let places = self.texts(change).into_iter().map(|text| {
                texts.push(text);
                dialect.placeholder(texts.len())
            });
            format!("({})", places.collect::<Vec<_>>().join(", "))
        };
        let rows: Vec<String> = changes.iter().map(row).collect();
        let table = dialect.table(&self.table);
        Statement { sql: format!("INSERT INTO {table} ({}) VALUES {}", names.join(", "), rows.join(", ")), texts }
    }

    /// The statement that changes rows of PostgreSQL, which takes a text as the type of its column only where it knows
    /// the column.
    fn update_of_json(&self) -> String {
        let quoted = |column: &Column| Dialect::Postgresql.quoted(&column.name);
        let sets: Vec<String> = self.changing().map(quoted).map(|it| format!("{it} = new.{it}")).collect();
        let keys: Vec<String> = self.key().map(quoted).map(|it| format!("old.{it} = new.{it}")).collect();
        let table = Dialect::Postgresql.table(&self.table);
        format!("UPDATE {table} AS old SET {} FROM {} WHERE {}", sets.join(", "), self.of_json(), keys.join(" AND "))
    }

    /// The statement that adds rows to a table of PostgreSQL.
    fn insert_of_json(&self) -> String {
        let names: Vec<String> = self.all().map(|column| Dialect::Postgresql.quoted(&column.name)).collect();
        let news: Vec<String> = names.iter().map(|it| format!("new.{it}")).collect();
        let table = Dialect::Postgresql.table(&self.table);
        format!("INSERT INTO {table} ({}) SELECT {} FROM {}", names.join(", "), news.join(", "), self.of_json())
    }

    fn of_json(&self) -> String {
        let table = Dialect::Postgresql.table(&self.table);
        format!("jsonb_populate_recordset(NULL::{table}, $1::jsonb) AS new")
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

    fn wanted(school: &str, value: Option<&str>, was: Option<&str>) -> Wanted {
        let to = UserValue { school: school.to_owned(), field: "RAG".to_owned(), value: value.map(str::to_owned) };
        Wanted { to, was: was.map(str::to_owned) }
    }

    fn change(key: [&str; 3], known: bool, value: Option<&str>) -> Change {
        Change { key: key.map(str::to_owned).to_vec(), known, value: value.map(str::to_owned) }
    }

    #[test]
    fn what_stands_there_is_changed_by_its_own_key_and_the_rest_is_new() {
        let rows = vec![
            row(["school ", "10001   ", "rag", "Red "]),
            row(["school", "10002", "RAG", ""]),
            row(["person", "10003", "RAG", "Red"]),
            row(["school", "10004", "RAG", "Red"]),
            row(["school", "10006", "RAG", "Red"]),
            row(["school", "10007", "RAG", "Red"]),
            row(["school", "10007", "rag", "Green"]),
        ];
        let values = [
            wanted("10001", Some("Green"), Some("Red")),
            wanted("10002", None, None),
            wanted("10003", Some("Red"), None),
            wanted("10004", Some("Red"), None),
            wanted("10004", None, Some("Red")),
            wanted("10005", Some(" "), None),
            wanted("10006", Some("Green"), Some("Red")),
            wanted("10007", Some("Amber"), Some("Red")),
        ];
        let changes = columns().changes(rows, &values);
        assert_eq!(
            changes.rows,
            [
                change(["school ", "10001   ", "rag"], true, Some("Green")),
                change(["school", "10003", "RAG"], false, Some("Red")),
                change(["school", "10004", "RAG"], true, None),
                change(["school", "10006", "RAG"], true, Some("Green")),
            ]
        );
        assert_eq!(changes.changed, [("10007".to_owned(), "RAG".to_owned())], "two rows of one school and field");
    }

    #[test]
    fn what_somebody_typed_since_the_value_was_decided_is_left_alone() {
        let rows = vec![row(["school", "1", "RAG", "Typed"]), row(["school", "2", "RAG", ""])];
        let values = [
            wanted("1", Some("Green"), Some("Red")),
            wanted("2", Some("Green"), Some("Red")),
            wanted("3", Some("Green"), Some("Red")),
        ];
        let changes = columns().changes(rows, &values);
        assert_eq!(changes.rows, []);
        assert_eq!(changes.changed, ["1", "2", "3"].map(|school| (school.to_owned(), "RAG".to_owned())));
    }

    #[test]
    fn a_statement_writes_many_rows_of_one_table_and_takes_values_as_placeholders() {
        let changes = [
            change(["school", "1", "RAG"], true, Some("O'Red")),
            change(["school", "2", "RAG"], true, None),
            change(["school", "3", "RAG"], false, Some("Red")),
            change(["school", "4", "RAG"], false, Some("Green")),
        ];
        let [update, insert] = &columns().statements(Dialect::Mysql, &changes)[..] else { panic!("two statements") };
        let key = "`kind` = ? AND `id` = ? AND `code` = ?";
        assert_eq!(
            update.sql,
            format!(
                "UPDATE `music.v` SET `text` = CASE WHEN {key} THEN ? WHEN {key} THEN ? ELSE `text` END, \
                 `who` = ?, `changed` = ? WHERE ({key}) OR ({key})"
            )
        );
        let texts: Vec<&str> = update.texts.iter().map(|text| text.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            texts.join(","),
            "school,1,RAG,O'Red,school,2,RAG,-,smep,2025-02-10 08:30:05,school,1,RAG,school,2,RAG"
        );
        assert_eq!(
            insert.sql,
            "INSERT INTO `music.v` (`kind`, `id`, `code`, `text`, `who`, `changed`) \
             VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?)"
        );
        assert_eq!(insert.texts.len(), 12);
        let many: Vec<Change> = (0..=AT_ONCE).map(|id| change(["s", &id.to_string(), "R"], false, None)).collect();
        assert_eq!(columns().statements(Dialect::Mysql, &many).len(), 2, "a statement takes so many rows");
    }

    #[test]
    fn odbc_gets_plain_statements_of_one_row() {
        let changes = [
            change(["school", "1", "RAG"], true, Some("Red")),
            change(["school", "2", "RAG"], true, None),
            change(["school", "3", "RAG"], false, Some("Red")),
        ];
        let statements = columns().statements(Dialect::Odbc(Some(('[', ']'))), &changes);
        let set =
            "UPDATE [music.v] SET [text] = ?, [who] = ?, [changed] = ? WHERE ([kind] = ? AND [id] = ? AND [code] = ?)";
        let add = "INSERT INTO [music.v] ([kind], [id], [code], [text], [who], [changed]) VALUES (?, ?, ?, ?, ?, ?)";
        assert_eq!(statements.iter().map(|it| it.sql.as_str()).collect::<Vec<_>>(), [set, set, add]);
        assert_eq!(statements[1].texts[0], None);
    }

    #[test]
    fn postgresql_gets_all_rows_as_one_text() {
        let columns = columns();
        let changes = [true, false].map(|known| change(["school", "1", "RAG"], known, Some("O'Red")));
        let both = columns.statements(Dialect::Postgresql, &changes);
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
        assert_eq!(columns.statements(Dialect::Postgresql, &changes[..1]).len(), 1);
    }
}
