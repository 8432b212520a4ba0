//! Databases on servers that the tests use as sources, each for one test.

use std::future::Future;
use std::net::TcpStream;

use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};
use uuid::Uuid;

use super::sample::skipped;
use crate::support::database;

/// All our databases and accounts on a server begin so.
const PREFIX: &str = "smep_test_sync_";

fn name() -> String {
    format!("{PREFIX}{}", Uuid::now_v7().simple())
}

/// Runs something to its end on a thread of its own: a runtime may be running on this one.
fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let thread = std::thread::spawn(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    });
    thread.join().unwrap()
}

/// A database on PostgreSQL.
pub struct Postgresql {
    admin: String,
    name: String,
    url: String,
}

impl Postgresql {
    /// Makes an empty one; none, said aloud, when the tests do not run on PostgreSQL.
    pub async fn empty() -> Option<Self> {
        let Some(admin) = database::server() else {
            eprintln!("skipped: these tests run on PostgreSQL when TEST_DATABASE_URL names a server");
            return None;
        };
        let name = name();
        let mut connection = PgConnection::connect(&admin).await.unwrap();
        connection
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")))
            .await
            .unwrap();
        let url = database::named(&admin, &name);
        Some(Self { admin, name, url })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements as the owner.
    pub async fn run(&self, statements: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Makes an account that may read all tables but the pupils', and write values of user-defined fields. Returns the
    /// URL for it.
    pub async fn account(&self) -> String {
        let role = &self.name;
        self.run(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'p@ss/wo:rd'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; \
             REVOKE ALL ON pupil FROM {role}; GRANT INSERT, UPDATE ON user_field_value TO {role}"
        ))
        .await;
        let (scheme, rest) = self.url.split_once("://").unwrap();
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        format!("{scheme}://{role}:p%40ss%2Fwo%3Ard@{place}")
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        wait(async move {
            let mut connection = PgConnection::connect(&admin).await.unwrap();
            for statement in [format!("DROP DATABASE {name} WITH (FORCE)"), format!("DROP ROLE IF EXISTS {name}")] {
                connection.execute(AssertSqlSafe(statement)).await.unwrap();
            }
        });
    }
}

/// A database on MariaDB.
pub struct Mariadb {
    admin: String,
    name: String,
    url: String,
}

/// How long the names of accounts may be.
const LONGEST: usize = 32;

impl Mariadb {
    /// Makes an empty one; none, said aloud, when no server listens, which on CI is a failure. The server is that of
    /// `TEST_MARIADB_URL`, else the one on this machine.
    pub async fn empty() -> Option<Self> {
        let set = std::env::var("TEST_MARIADB_URL").ok().filter(|url| !url.is_empty());
        let admin = set.unwrap_or_else(|| "mysql://root@127.0.0.1:3306/mysql".to_owned());
        let place = url::Url::parse(&admin).unwrap();
        let at = (place.host_str().unwrap().to_owned(), place.port().unwrap_or(3306));
        if TcpStream::connect((at.0.as_str(), at.1)).is_err() {
            skipped(&format!("no MariaDB listens on {}:{}", at.0, at.1));
            return None;
        }
        let name = name();
        let mut connection = MySqlConnection::connect(&admin).await.unwrap();
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))).await.unwrap();
        connection.close().await.unwrap();
        let mut url = place;
        url.set_path(&name);
        Some(Self { admin, name, url: url.to_string() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements as the owner.
    pub async fn run(&self, statements: &str) {
        let mut connection = MySqlConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Makes an account that may read these tables, and write values of user-defined fields. Returns the URL for it.
    pub async fn account(&self, tables: &[&str]) -> String {
        let account = self.account_name();
        let mut statements = format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'p@ss/wo:rd';");
        for table in tables {
            statements += &format!("GRANT SELECT ON {table} TO '{account}'@'%';");
        }
        statements += &format!("GRANT INSERT, UPDATE ON user_field_value TO '{account}'@'%'");
        self.run(&statements).await;
        let mut url = url::Url::parse(&self.url).unwrap();
        url.set_username(account).unwrap();
        url.set_password(Some("p@ss/wo:rd")).unwrap();
        url.to_string()
    }

    fn account_name(&self) -> &str {
        &self.name[self.name.len() - LONGEST..]
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        let account = self.account_name().to_owned();
        let (admin, name) = (self.admin.clone(), self.name.clone());
        wait(async move {
            let mut connection = MySqlConnection::connect(&admin).await.unwrap();
            // A source that was open ends with this thread's runtime, which waits here: its locks would stay.
            let ours = format!("SELECT id FROM information_schema.processlist WHERE db = '{name}'");
            let open = sqlx::query_scalar::<_, i64>(AssertSqlSafe(ours)).fetch_all(&mut connection).await.unwrap();
            for id in open {
                // One that has ended meanwhile cannot be killed.
                let _ended = connection.execute(AssertSqlSafe(format!("KILL {id}"))).await;
            }
            for statement in [format!("DROP DATABASE {name}"), format!("DROP USER IF EXISTS '{account}'@'%'")] {
                connection.execute(AssertSqlSafe(statement)).await.unwrap();
            }
        });
    }
}
