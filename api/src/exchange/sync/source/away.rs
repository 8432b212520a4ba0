//! Why a source could not be read or written.

use std::fmt;

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::super::mapping::Address;

/// A source that did not answer as it should. The reason holds no password and nothing that stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// For programs: `connection`, `credentials`, `permission`, `missing` (a database, table, column or file),
    /// `timeout`, `too_many_rows`, `busy` (others wrote the same rows at the same moment) or `failed`.
    pub code: &'static str,
    /// What is wrong and how to fix it, for people.
    pub reason: String,
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Away {}

impl Away {
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// The source stopped answering.
    pub fn timeout(seconds: u32) -> Self {
        let reason = format!(
            "the source did not answer within {seconds} seconds: see whether it is busy, or raise `timeout` in [source]"
        );
        Self::new("timeout", reason)
    }

    /// The connection was lost before.
    pub fn closed() -> Self {
        Self::new("connection", "the connection to the source was lost: start the run again")
    }

    /// An error of a database that is read, without what must not be seen.
    pub fn from_sql(error: &sqlx::Error, address: &Address) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let (code, state) = coded(&**error);
                let said = if shows(&state) { without_account(error.message()) } else { unshown(&state) };
                Self::new(code, address.scrub(&format!("the source says: {said}{}", fix(code))))
            }
            error => Self::lost(error, address),
        }
    }

    /// An error of a database that is written. A trigger can say there what stands in a row.
    pub fn from_writing(error: &sqlx::Error, address: &Address) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let (code, state) = coded(&**error);
                let fix = match code {
                    "permission" => ": grant the account SELECT, INSERT and UPDATE on the table of [user_values]",
                    code => fix(code),
                };
                Self::new(code, format!("the source says: {}{fix}", unshown(&state)))
            }
            error => Self::lost(error, address),
        }
    }

    /// An error that is none of the database's.
    fn lost(error: &sqlx::Error, address: &Address) -> Self {
        let (code, reason) = match error {
            sqlx::Error::Io(error) => {
                ("connection", format!("no connection to the source: {error}{}", fix("connection")))
            }
            sqlx::Error::Tls(error) => {
                ("connection", format!("no encrypted connection to the source: {error}: check its certificate"))
            }
            sqlx::Error::Configuration(_) => ("failed", "the address of the source is no URL".to_owned()),
            // Nothing else says anything about its cause that is sure to be free of what stands in rows.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                ("failed", "the source's answer is no text: name another column".to_owned())
            }
            sqlx::Error::Protocol(message) => {
                ("connection", format!("the source's answer was not understood: {message}"))
            }
            _ => ("failed", "the source did not answer as it should".to_owned()),
        };
        Self::new(code, address.scrub(&reason))
    }
}

/// What an error is, for programs, and its SQLSTATE or its number.
fn coded(error: &dyn DatabaseError) -> (&'static str, String) {
    match (error.try_downcast_ref::<PgDatabaseError>(), error.try_downcast_ref::<MySqlDatabaseError>()) {
        (Some(error), _) => (postgresql(error.code()), error.code().to_owned()),
        (_, Some(error)) => (mysql(error.number()), error.number().to_string()),
        _ => ("failed", String::new()),
    }
}

/// Whether the message of an error names tables and columns, and nothing that stands in a row or in an address.
pub fn shows(state: &str) -> bool {
    const PLAIN: [&str; 10] = ["42501", "3F000", "42P01", "42703", "1054", "1142", "1143", "1146", "42S02", "42S22"];
    PLAIN.contains(&state)
}

/// What stands for a message that is not shown.
pub fn unshown(state: &str) -> String {
    format!("error {state}, of which its own log says more")
}

/// A message without the account that MySQL names in it.
fn without_account(message: &str) -> String {
    let named = message.split_once(" to user ").and_then(|(said, rest)| Some((said, rest.split_once(" for ")?.1)));
    named.map_or_else(|| message.to_owned(), |(said, what)| format!("{said} for {what}"))
}

fn fix(code: &str) -> &'static str {
    match code {
        "connection" => ": check that it runs and can be reached from here",
        "credentials" => ": check the name and the password of the account",
        "permission" => ": grant the account SELECT on this table, or take it out of the mapping",
        "missing" => ": correct the name in the mapping",
        "busy" => {
            ": others wrote the same rows at the same moment, or a row stands there that the mapping does not see"
        }
        _ => "",
    }
}

fn postgresql(code: &str) -> &'static str {
    match code {
        "28000" | "28P01" => "credentials",
        "42501" => "permission",
        "3D000" | "3F000" | "42P01" | "42703" => "missing",
        "57014" => "timeout",
        "40001" | "40P01" | "23505" => "busy",
        "53300" | "57P01" | "57P02" | "57P03" => "connection",
        _ => "failed",
    }
}

fn mysql(number: u16) -> &'static str {
    match number {
        1045 | 1698 => "credentials",
        1044 | 1142 | 1143 => "permission",
        1049 | 1054 | 1146 => "missing",
        1205 | 3024 | 1969 => "timeout",
        1062 | 1213 => "busy",
        1040 | 1053 | 1203 | 1226 => "connection",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_only_where_it_names_tables_and_columns() {
        assert!(["42501", "42703", "1146"].into_iter().all(shows));
        assert!(!["22P02", "28P01", "3D000", "1045", "1044", "1292", ""].into_iter().any(shows));
        let denied = "SELECT command denied to user 'smep'@'10.0.0.7' for table `music`.`contact`";
        assert_eq!(without_account(denied), "SELECT command denied for table `music`.`contact`");
        assert_eq!(without_account("Unknown column 'unr' in 'SELECT'"), "Unknown column 'unr' in 'SELECT'");
    }
}
