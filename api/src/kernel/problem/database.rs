//! What a database error means to the caller.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

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
        if outrun(&error) {
            tracing::debug!(%error, "others were before a write");
            return Self::unavailable("others are changing the same at the moment: send it again", RETRY_AFTER);
        }
        if away(&error) {
            tracing::warn!(%error, "database away");
            return Self::unavailable("the database cannot be reached at the moment", RETRY_AFTER);
        }
        Self::internal(error)
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

/// Whether others held for too long what a statement needed, or ended its transaction: lock_timeout
/// (55P03), statement_timeout (57014), a deadlock (40P01) or an order that cannot be kept (40001).
fn outrun(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(sqlx)) | DbErr::Query(RuntimeErr::SqlxError(sqlx))) = error else {
        return false;
    };
    let code = sqlx.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["55P03", "57014", "40P01", "40001"].contains(&code.as_ref()))
}

/// Whether the database could not be asked at all, so that nothing was decided.
fn away(error: &DbErr) -> bool {
    let (DbErr::Conn(inner) | DbErr::Exec(inner) | DbErr::Query(inner)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let RuntimeErr::SqlxError(sqlx) = inner else { return false };
    match sqlx.as_ref() {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_) => true,
        // PostgreSQL: class 08 connection, 57P01..05 shutting down or starting, 53300 too many
        // connections, 25006 a server that takes no writes, 25P03 a session that was ended.
        // SQLite: 5 busy, 6 locked, 14 no file can be opened.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08")
                || ["57P01", "57P02", "57P03", "57P04", "57P05", "53300", "25006", "25P03", "5", "6", "14", "517"]
                    .contains(&code.as_ref())
        }),
        _ => false,
    }
}
