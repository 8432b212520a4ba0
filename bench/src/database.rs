//! The databases to measure on, each made for the run and gone with it.

use std::path::Path;
use std::str::FromStr;

use clap::ValueEnum;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::Outcome;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// A file in a temporary folder
    Sqlite,
    /// A database on a server
    Postgres,
}

/// A database that is dropped with the run, and a folder that goes with it.
pub struct Database {
    url: String,
    folder: tempfile::TempDir,
    server: Option<Server>,
}

struct Server {
    admin: String,
    name: String,
}

impl Database {
    /// Makes an empty one.
    pub async fn create(engine: Engine, server: &str) -> Outcome<Self> {
        // Beside the program: a temporary folder may lie in memory, where writes cost nothing.
        let beside = std::env::current_exe().map_err(|error| error.to_string())?;
        let beside = beside.parent().unwrap_or(Path::new("."));
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(beside);
        let folder = folder.map_err(|error| format!("cannot make a folder in {}: {error}", beside.display()))?;
        if engine == Engine::Sqlite {
            let url = folder.path().join("smep.db").display().to_string();
            return Ok(Self { url, folder, server: None });
        }
        let name = format!("smep_bench_{}", Uuid::now_v7().simple());
        let url = named(server, &name);
        run(server, format!("CREATE DATABASE {name}")).await?;
        Ok(Self { url, folder, server: Some(Server { admin: server.to_owned(), name }) })
    }

    /// As `DATABASE_URL` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where files of the run lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Which database it is, with its version.
    pub async fn about(&self) -> Outcome<String> {
        let asked = async {
            match &self.server {
                None => {
                    let mut memory = SqliteConnectOptions::new().connect().await?;
                    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut memory).await?;
                    Ok(format!("SQLite {version}"))
                }
                Some(server) => {
                    let mut session = PgConnectOptions::from_str(&server.admin)?.connect().await?;
                    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut session).await?;
                    Ok(format!("PostgreSQL {version}"))
                }
            }
        };
        asked.await.map_err(|error: sqlx::Error| error.to_string())
    }

    /// Brings PostgreSQL's statistics up to date after much was written, as it does by itself a
    /// while later; SQLite keeps none.
    pub async fn settle(&self) -> Outcome {
        match &self.server {
            None => Ok(()),
            Some(_) => run(&self.url, "VACUUM ANALYZE".to_owned()).await,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(Server { admin, name }) = self.server.take() else { return };
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // A runtime may be running on this thread already.
        let dropped = std::thread::spawn(move || actix_web::rt::System::new().block_on(run(&admin, statement)));
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("bench: a database whose name begins with smep_bench_ was left behind: drop it");
        }
    }
}

async fn run(url: &str, statement: String) -> Outcome {
    let done = async {
        let mut session = PgConnection::connect(url).await?;
        session.execute(AssertSqlSafe(statement)).await?;
        session.close().await
    };
    done.await.map_err(|error| format!("PostgreSQL: {error}; --server names another one, --database sqlite needs none"))
}

/// The address of another database on the same server.
fn named(url: &str, name: &str) -> String {
    let (place, query) = url.split_once('?').map_or((url, None), |(it, query)| (it, Some(query)));
    let (scheme, rest) = place.split_once("://").unwrap_or(("postgres", place));
    let host = rest.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{host}/{name}{query}")
}
