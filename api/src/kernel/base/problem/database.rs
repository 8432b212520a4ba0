//! What a database error means to the caller.

use sea_orm::{DbErr, RuntimeErr, SqlErr};
use sqlx::sqlite::SqliteError;

use super::{Code, Fault, Problem};

/// Seconds after which another try makes sense when the database is away.
const RETRY_AFTER: u64 = 2;

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(text)) => {
                return duplicate(&text, table(&error));
            }
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
                return Self::invalid(
                    "",
                    "unknown_reference",
                    "a reference names nothing of this hub, or something still refers to this item",
                );
            }
            _ => {}
        }
        match trouble(&error) {
            Some(Trouble::Outrun) => {
                tracing::debug!(%error, "others were before a statement");
                Self::unavailable("others are changing the same at the moment: send it again", RETRY_AFTER)
            }
            Some(Trouble::Away) => {
                tracing::warn!(%error, "database away");
                Self::unavailable("the database cannot be reached at the moment", RETRY_AFTER)
            }
            Some(Trouble::Storage) => {
                tracing::error!(%error, "the database cannot read or write its storage");
                Self::unavailable("the database cannot read or write its storage at the moment", RETRY_AFTER)
            }
            Some(Trouble::Full) => {
                tracing::error!(%error, "no space left for the database");
                Self::storage_full()
            }
            None => Self::internal(error),
        }
    }
}

/// Points at the field of a unique index `<table>_<field>`. PostgreSQL names the index, SQLite
/// the columns (`table.hub_id, table.field`).
fn duplicate(text: &str, table: Option<&str>) -> Problem {
    let field = if let Some((_, rest)) = text.split_once("UNIQUE constraint failed: ") {
        rest.rsplit(['.', ',']).next().map(|field| field.trim().to_owned())
    } else {
        text.split('"').nth(1).and_then(|index| {
            // The table's name may hold underscores itself.
            table
                .and_then(|table| index.strip_prefix(table))
                .and_then(|field| field.strip_prefix('_'))
                .or_else(|| index.split_once('_').map(|(_, field)| field))
                .map(str::to_owned)
        })
    };
    let pointer = field.map_or_else(String::new, |field| format!("/{}", field.strip_suffix("_key").unwrap_or(&field)));
    Problem::new(Code::Duplicate, "another item of the hub, perhaps an archived one, has this key").with(Fault::new(
        pointer,
        "duplicate",
        "this value is taken within the hub",
    ))
}

/// The table that PostgreSQL says an error is about.
fn table(error: &DbErr) -> Option<&str> {
    let (DbErr::Exec(RuntimeErr::SqlxError(sqlx)) | DbErr::Query(RuntimeErr::SqlxError(sqlx))) = error else {
        return None;
    };
    sqlx.as_database_error().and_then(|error| error.table())
}

/// Why the database could not do its work, for any statement.
enum Trouble {
    /// Others held for too long what was needed, or the transaction gave way to theirs.
    Outrun,
    /// It could not be asked, or was busy: nothing was decided.
    Away,
    /// Its files cannot be read or written.
    Storage,
    /// Its disk is full.
    Full,
}

fn trouble(error: &DbErr) -> Option<Trouble> {
    let (DbErr::Conn(inner) | DbErr::Exec(inner) | DbErr::Query(inner)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_)).then_some(Trouble::Away);
    };
    let RuntimeErr::SqlxError(sqlx) = inner else { return None };
    match sqlx.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_) => Some(Trouble::Away),
        sqlx::Error::Database(error) => {
            let code = error.code()?;
            match error.try_downcast_ref::<SqliteError>() {
                Some(_) => sqlite_trouble(code.parse().ok()?),
                None => postgres_trouble(&code),
            }
        }
        _ => None,
    }
}

/// By SQLite's extended result code, whose low byte is the primary one.
const fn sqlite_trouble(code: u32) -> Option<Trouble> {
    match (code, code & 0xff) {
        // SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the log's index could not grow.
        (13 | 4874, _) => Some(Trouble::Full),
        // BUSY, LOCKED, PROTOCOL: others were in the way for too long.
        (_, 5 | 6 | 15) => Some(Trouble::Away),
        // NOMEM, READONLY, IOERR, CORRUPT, CANTOPEN, NOTADB.
        (_, 7 | 8 | 10 | 11 | 14 | 26) => Some(Trouble::Storage),
        _ => None,
    }
}

/// By PostgreSQL's SQLSTATE.
fn postgres_trouble(code: &str) -> Option<Trouble> {
    match code {
        // disk_full
        "53100" => Some(Trouble::Full),
        // io_error, data_corrupted, index_corrupted
        "58030" | "XX001" | "XX002" => Some(Trouble::Storage),
        // lock_timeout, statement_timeout, a deadlock, an order of transactions that cannot be kept.
        "55P03" | "57014" | "40P01" | "40001" => Some(Trouble::Outrun),
        // Shutting down or starting, too many connections, a server that takes no writes, a session
        // that was idle for too long.
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "53300" | "25006" | "25P03" => Some(Trouble::Away),
        // Class 08: the connection.
        code if code.starts_with("08") => Some(Trouble::Away),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_507_and_a_broken_one_503() {
        for full in [13, 4874] {
            assert!(matches!(sqlite_trouble(full), Some(Trouble::Full)), "{full}");
        }
        // IOERR and its extended codes for reading, writing and fsync; CORRUPT, READONLY, CANTOPEN.
        for broken in [10, 266, 778, 1034, 11, 8, 1032, 14] {
            assert!(matches!(sqlite_trouble(broken), Some(Trouble::Storage)), "{broken}");
        }
        for busy in [5, 261, 517, 6, 262] {
            assert!(matches!(sqlite_trouble(busy), Some(Trouble::Away)), "{busy}");
        }
        // ERROR, and a CHECK that failed.
        assert!(sqlite_trouble(1).is_none() && sqlite_trouble(275).is_none());
        assert!(matches!(postgres_trouble("53100"), Some(Trouble::Full)));
        assert!(matches!(postgres_trouble("08006"), Some(Trouble::Away)));
        assert!(matches!(postgres_trouble("25006"), Some(Trouble::Away)));
        assert!(matches!(postgres_trouble("40P01"), Some(Trouble::Outrun)));
        assert!(matches!(postgres_trouble("58030"), Some(Trouble::Storage)));
        assert!(postgres_trouble("42601").is_none());
    }
}
