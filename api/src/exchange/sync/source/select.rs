//! What is asked of a source: named columns of one table, never all of them.

use super::super::mapping::section::TableName;

/// A question about the rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    pub table: TableName,
    pub columns: Vec<Column>,
    pub conditions: Vec<Condition>,
}

/// A column, and the line of the mapping that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub line: usize,
}

/// A condition that the source can look at by itself, so that fewer rows are sent. The reader looks at it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub column: String,
    /// Texts in small letters without blanks at the ends; empty for an empty cell.
    pub texts: Vec<String>,
    /// Whether the cell must be one of the texts, or must be none of them.
    pub keeps: bool,
}

/// How a kind of database writes SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Postgresql,
    Mysql,
    /// With the signs that stand around names.
    #[cfg_attr(
        not(any(feature = "odbc", test)),
        expect(dead_code, reason = "the kind is there with the feature `odbc`")
    )]
    Odbc(Option<(char, char)>),
}

/// A statement with the texts for its placeholders; none is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub sql: String,
    pub texts: Vec<Option<String>>,
}

impl Dialect {
    /// A name as SQL takes it, with every sign in it.
    pub fn quoted(self, name: &str) -> String {
        let (before, after) = match self {
            Self::Postgresql => ('"', '"'),
            Self::Mysql => ('`', '`'),
            Self::Odbc(Some(quotes)) => quotes,
            Self::Odbc(None) => return name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect(),
        };
        format!("{before}{}{after}", name.replace(after, &format!("{after}{after}")))
    }

    /// The name of a table.
    pub fn table(self, table: &TableName) -> String {
        let parts: Vec<String> = table.parts.iter().map(|part| self.quoted(part)).collect();
        parts.join(".")
    }

    /// A column as text. ODBC makes texts of all types by itself.
    pub fn text(self, column: &str) -> String {
        let column = self.quoted(column);
        match self {
            Self::Postgresql => format!("CAST({column} AS text)"),
            Self::Mysql => format!("CAST({column} AS CHAR CHARACTER SET utf8mb4)"),
            Self::Odbc(_) => column,
        }
    }

    /// A column as texts compare: without blanks at its ends, in small letters.
    fn comparable(self, column: &str) -> String {
        let text = self.text(column);
        match self {
            Self::Postgresql => format!("LOWER(BTRIM({text}, E' \\t\\r\\n\\u00a0'))"),
            Self::Mysql => {
                let blanks = ["0xC2A0", "0x09", "0x0A", "0x0D"];
                let plain = |text: String, blank| format!("REPLACE({text}, CONVERT({blank} USING utf8mb4), ' ')");
                format!("LOWER(TRIM({})) COLLATE utf8mb4_bin", blanks.into_iter().fold(text, plain))
            }
            Self::Odbc(_) => format!("{{fn LCASE({{fn LTRIM({{fn RTRIM({{fn CONVERT({text}, SQL_VARCHAR)}})}})}})}}"),
        }
    }

    /// The placeholder of a value.
    pub fn placeholder(self, number: usize) -> String {
        match self {
            Self::Postgresql => format!("${number}"),
            Self::Mysql | Self::Odbc(_) => "?".to_owned(),
        }
    }

    /// The statement for a question. Rows come in the order of the columns.
    pub fn select(self, select: &Select) -> Statement {
        let columns: Vec<String> = select.columns.iter().map(|column| self.text(&column.name)).collect();
        let order: Vec<String> = (1..=columns.len()).map(|place| place.to_string()).collect();
        let mut texts = Vec::new();
        let conditions = select.conditions.iter().filter_map(|condition| self.condition(condition, &mut texts));
        let conditions: Vec<String> = conditions.collect();
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let sql = format!(
            "SELECT {} FROM {}{filter} ORDER BY {}",
            columns.join(", "),
            self.table(&select.table),
            order.join(", ")
        );
        Statement { sql, texts }
    }

    /// The statement that finds out whether a question can be asked, without a row as its answer.
    pub fn probe(self, select: &Select) -> Statement {
        let columns: Vec<String> = select.columns.iter().map(|column| self.text(&column.name)).collect();
        let sql = format!("SELECT {} FROM {} WHERE 1 = 0", columns.join(", "), self.table(&select.table));
        Statement { sql, texts: Vec::new() }
    }

    fn condition(self, condition: &Condition, texts: &mut Vec<Option<String>>) -> Option<String> {
        // Not every database folds letters beyond ASCII, so that the reader alone looks at them.
        if !condition.texts.iter().all(|text| text.is_ascii()) {
            return None;
        }
        let column = self.quoted(&condition.column);
        let blank = condition.texts.iter().any(String::is_empty);
        let mut places = Vec::new();
        // MySQL alone has texts with this sign in them, of columns of a single bit.
        for text in condition.texts.iter().filter(|text| self == Self::Mysql || *text != "\0") {
            texts.push(Some(text.clone()));
            places.push(self.placeholder(texts.len()));
        }
        let (comparable, places) = (self.comparable(&condition.column), places.join(", "));
        Some(match (condition.keeps, blank) {
            (true, true) => format!("({column} IS NULL OR {comparable} IN ({places}))"),
            (true, false) => format!("{comparable} IN ({places})"),
            (false, true) => format!("({column} IS NOT NULL AND {comparable} NOT IN ({places}))"),
            (false, false) => format!("({column} IS NULL OR {comparable} NOT IN ({places}))"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select() -> Select {
        let column = |name: &str| Column { name: name.to_owned(), line: 1 };
        let condition = |column: &str, texts: &[&str], keeps| Condition {
            column: column.to_owned(),
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            keeps,
        };
        Select {
            table: TableName { parts: vec!["music".to_owned(), "con\"tact".to_owned()], line: 1 },
            columns: vec![column("contact_id"), column("na`me")],
            conditions: vec![
                condition("kind", &["o", ""], true),
                condition("status", &["gone"], false),
                condition("place", &["ärmel"], true),
            ],
        }
    }

    #[test]
    fn statements_name_their_columns_and_take_values_as_placeholders() {
        let statement = Dialect::Postgresql.select(&select());
        assert_eq!(
            statement.sql,
            "SELECT CAST(\"contact_id\" AS text), CAST(\"na`me\" AS text) FROM \"music\".\"con\"\"tact\" \
             WHERE (\"kind\" IS NULL OR LOWER(BTRIM(CAST(\"kind\" AS text), E' \\t\\r\\n\\u00a0')) IN ($1, $2)) \
             AND (\"status\" IS NULL OR LOWER(BTRIM(CAST(\"status\" AS text), E' \\t\\r\\n\\u00a0')) NOT IN ($3)) \
             ORDER BY 1, 2"
        );
        assert_eq!(statement.texts, ["o", "", "gone"].map(|text| Some(text.to_owned())));
        let mysql = Dialect::Mysql.select(&select());
        assert!(mysql.sql.starts_with("SELECT CAST(`contact_id` AS CHAR CHARACTER SET utf8mb4), "), "{}", mysql.sql);
        assert!(mysql.sql.contains(" COLLATE utf8mb4_bin NOT IN (?)) ORDER BY 1, 2"), "{}", mysql.sql);
        let probe = Dialect::Odbc(Some(('[', ']'))).probe(&select());
        assert_eq!(probe.sql, "SELECT [contact_id], [na`me] FROM [music].[con\"tact] WHERE 1 = 0");
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(Dialect::Postgresql.quoted("a\"; DROP"), "\"a\"\"; DROP\"");
        assert_eq!(Dialect::Mysql.quoted("a`b"), "`a``b`");
        assert_eq!(Dialect::Odbc(Some(('[', ']'))).quoted("a]b"), "[a]]b]");
        assert_eq!(Dialect::Odbc(None).quoted("a; DROP b_1"), "aDROPb_1");
    }
}
