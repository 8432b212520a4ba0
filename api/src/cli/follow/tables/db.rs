//! One connection to a database of either kind.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Error, Postgres, Row, Sqlite};

/// How long another program may keep a SQLite file to itself.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection.
pub enum Db {
    /// To a file.
    Sqlite(SqliteConnection),
    /// To a server.
    Postgres(PgConnection),
}

/// A value of a statement.
#[derive(Clone, Copy)]
pub enum Bind<'v> {
    /// A text, or null.
    Text(Option<&'v str>),
    /// A number.
    Number(i64),
}

impl<'v> From<&'v str> for Bind<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'v> From<&'v String> for Bind<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'v> From<Option<&'v str>> for Bind<'v> {
    fn from(text: Option<&'v str>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Bind<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// The file of an address; none where it is that of a server.
pub fn file(place: &str) -> Option<&str> {
    let on_server = place.starts_with("postgres://") || place.starts_with("postgresql://");
    let file = place.strip_prefix("sqlite://").or_else(|| place.strip_prefix("sqlite:")).unwrap_or(place);
    (!on_server).then_some(file)
}

impl Db {
    /// Opens a server by its address, or a file, which is made where it is missing.
    pub async fn open(place: &str) -> Result<Self, Error> {
        let Some(file) = file(place) else {
            let options = PgConnectOptions::from_str(place)?.application_name("smep follow");
            return Ok(Self::Postgres(options.connect().await?));
        };
        let options = SqliteConnectOptions::new()
            .filename(Path::new(file))
            .create_if_missing(true)
            // Readers go on while the copy is written.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(PATIENCE);
        Ok(Self::Sqlite(options.connect().await?))
    }

    /// Returns true if it is a server.
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Runs a statement and returns how many rows it changed.
    pub async fn run(&mut self, sql: &str, values: &[Bind<'_>]) -> Result<u64, Error> {
        match self {
            Self::Sqlite(db) => {
                let mut query = sqlx::query::<Sqlite>(AssertSqlSafe(sql));
                for value in values {
                    query = match *value {
                        Bind::Text(text) => query.bind(text.map(str::to_owned)),
                        Bind::Number(number) => query.bind(number),
                    };
                }
                query.execute(db).await.map(|done| done.rows_affected())
            }
            Self::Postgres(db) => {
                let mut query = sqlx::query::<Postgres>(AssertSqlSafe(sql));
                for value in values {
                    query = match *value {
                        Bind::Text(text) => query.bind(text.map(str::to_owned)),
                        Bind::Number(number) => query.bind(number),
                    };
                }
                query.execute(db).await.map(|done| done.rows_affected())
            }
        }
    }

    /// The rows of a statement whose columns are so many texts.
    pub async fn rows(&mut self, sql: &str, columns: usize) -> Result<Vec<Vec<Option<String>>>, Error> {
        match self {
            Self::Sqlite(db) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(db).await?;
                rows.iter().map(|row| (0..columns).map(|at| row.try_get(at)).collect()).collect()
            }
            Self::Postgres(db) => {
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(db).await?;
                rows.iter().map(|row| (0..columns).map(|at| row.try_get(at)).collect()).collect()
            }
        }
    }

    /// Begins a transaction. One that is not committed ends with the connection.
    pub async fn begin(&mut self) -> Result<(), Error> {
        let begin = if self.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        self.run(begin, &[]).await.map(drop)
    }

    /// Commits it.
    pub async fn commit(&mut self) -> Result<(), Error> {
        self.run("COMMIT", &[]).await.map(drop)
    }
}
