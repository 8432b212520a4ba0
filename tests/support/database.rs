//! A database of its own for each test, copied from one that was migrated once per run.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use api::kernel::base::settings::Settings;
use api::kernel::database::db::Db;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use super::reuse;

/// All our databases on a server begin so; what follows is a UUIDv7, which tells their age.
const PREFIX: &str = "smep_test_";

/// Databases older than this were left behind by a run that is over.
const STALE: Duration = Duration::from_hours(1);

/// A database that goes with the test; on a server another test may have it next, emptied.
pub struct Database {
    url: String,
    place: Place,
}

enum Place {
    File(#[expect(dead_code, reason = "the folder goes with it")] tempfile::TempDir),
    Server { admin: String, name: String },
    Elsewhere,
}

/// The server to test on, if it is not SQLite.
pub fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

impl Database {
    /// As the template is: every table there, and empty.
    pub async fn migrated() -> Self {
        let template = tokio::task::spawn_blocking(template).await.unwrap();
        match server() {
            None => {
                let folder = folder();
                let path = folder.path().join("smep.db");
                std::fs::copy(template, &path).unwrap();
                Self { url: path.display().to_string(), place: Place::File(folder) }
            }
            Some(admin) => match reuse::take() {
                Some(name) => Self::of_server(admin, name),
                None => Self::on_server(admin, Some(template)).await,
            },
        }
    }

    /// A database without a table in it.
    pub async fn empty() -> Self {
        match server() {
            None => {
                let folder = folder();
                let url = folder.path().join("smep.db").display().to_string();
                Self { url, place: Place::File(folder) }
            }
            Some(admin) => Self::on_server(admin, None).await,
        }
    }

    /// A copy of this one, which nobody has open.
    pub async fn copy(&self) -> Self {
        match &self.place {
            Place::Server { admin, name } => Self::on_server(admin.clone(), Some(name)).await,
            Place::File(_) | Place::Elsewhere => {
                let folder = folder();
                let url = folder.path().join("smep.db").display().to_string();
                std::fs::copy(&self.url, &url).unwrap();
                Self { url, place: Place::File(folder) }
            }
        }
    }

    /// The same for as long as the run lasts; a later run drops it.
    pub fn kept(self) -> Self {
        match &self.place {
            Place::File(_) => {
                let path = template_path();
                std::fs::rename(&self.url, &path).unwrap();
                Self::at(path.display().to_string())
            }
            Place::Server { .. } | Place::Elsewhere => self,
        }
    }

    /// One that somebody else looks after.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), place: Place::Elsewhere }
    }

    async fn on_server(admin: String, template: Option<&str>) -> Self {
        let name = name();
        let template = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
        let statement = format!("CREATE DATABASE {name}{template}");
        connect(&admin).await.execute(AssertSqlSafe(statement)).await.unwrap();
        Self::of_server(admin, name)
    }

    fn of_server(admin: String, name: String) -> Self {
        Self { url: named(&admin, &name), place: Place::Server { admin, name } }
    }

    /// Opens it beside other connections.
    pub async fn open(&self) -> Db {
        open(&self.url).await
    }

    /// As `DATABASE_URL` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server { admin, name } = &self.place {
            let (admin, name) = (admin.clone(), name.clone());
            // A runtime may be running on this thread already.
            let given = std::thread::spawn(move || block_on(async { reuse::give_back(&admin, &name).await }));
            if !matches!(given.join(), Ok(Ok(()))) {
                eprintln!("a test database was left behind; a later run drops it");
            }
        }
    }
}

/// The path of the template's file, or its name on the server.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| std::thread::spawn(|| block_on(make_template())).join().expect("a migrated template"))
}

/// Where a file lies from which others are copied, until it is old.
fn template_path() -> PathBuf {
    scratch().join(format!("template-{}.db", Uuid::now_v7().simple()))
}

async fn make_template() -> String {
    let (url, template) = match server() {
        None => {
            let path = template_path();
            for entry in std::fs::read_dir(scratch()).unwrap().flatten() {
                if old(&entry.path()) {
                    let _ = std::fs::remove_file(entry.path());
                }
            }
            let path = path.display().to_string();
            (path.clone(), path)
        }
        Some(admin) => {
            drop_stale(&admin).await;
            let name = name();
            let statement = format!("CREATE DATABASE {name}");
            connect(&admin).await.execute(AssertSqlSafe(statement)).await.unwrap();
            (named(&admin, &name), name)
        }
    };
    let db = open(&url).await;
    db.migrate().await.unwrap();
    // Nothing may be connected to a template, and closing moves SQLite's log into the file.
    db.close().await;
    if server().is_some() {
        let mut session = connect(&url).await;
        reuse::remember(&mut session).await.unwrap();
        session.close().await.unwrap();
    }
    template
}

async fn open(url: &str) -> Db {
    let flag = format!("--database-url={url}");
    let settings = Settings::from_flags([flag.as_str(), "--sqlite-synchronous=off"]).unwrap();
    Db::open(&settings.database).await.unwrap()
}

fn old(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let age = std::fs::metadata(path).and_then(|data| data.modified()).ok();
    name.starts_with("template-") && age.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > STALE)
}

async fn drop_stale(admin: &str) {
    let mut session = connect(admin).await;
    let rows = sqlx::query("SELECT datname FROM pg_database WHERE datname LIKE 'smep\\_test\\_%'")
        .fetch_all(&mut session)
        .await
        .unwrap();
    for row in rows {
        let name: String = row.get(0);
        let made = name.strip_prefix(PREFIX).and_then(|id| Uuid::parse_str(id).ok());
        let Some((seconds, _)) = made.and_then(|id| id.get_timestamp()).map(|at| at.to_unix()) else {
            continue;
        };
        if now().saturating_sub(Duration::from_secs(seconds)) > STALE {
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            // Another run may be dropping it at this moment.
            let _ = session.execute(AssertSqlSafe(statement)).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the age of a leftover is real time")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Where files of tests lie.
pub fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A folder that goes with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(scratch()).unwrap()
}

/// A name for a database on a server.
pub fn name() -> String {
    format!("{PREFIX}{}", Uuid::now_v7().simple())
}

pub async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("TEST_DATABASE_URL leads to a server that answers")
}

/// The address of another database on the same server.
pub fn named(url: &str, name: &str) -> String {
    let (place, query) = url.split_once('?').map_or((url, None), |(it, query)| (it, Some(query)));
    let (_, rest) = place.split_once("://").expect("a postgres:// address");
    let host = rest.split('/').next().unwrap_or_default();
    let scheme = &place[..place.len() - rest.len()];
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}{host}/{name}{query}")
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
