//! A database of its own for each test, with every step taken, on SQLite and, where
//! `TEST_DATABASE_URL` names a PostgreSQL server, there too.

use std::pin::Pin;

use migration::{Migrator, MigratorTrait};
use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};

type Check = fn(DatabaseConnection) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the check on empty databases. `name` keeps tests apart on the server.
pub async fn on_both_empty(name: &str, check: Check) {
    check(connect("sqlite::memory:").await).await;

    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        return;
    };
    let admin = connect(&server).await;
    let database = format!("smep_schema_{name}_{}", std::process::id());
    admin.execute_unprepared(&format!("CREATE DATABASE {database}")).await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let db = connect(&format!("{base}/{database}")).await;
    // In a task of its own, so that a failed check does not leave its database behind.
    let outcome = tokio::spawn(check(db)).await;
    admin.execute_unprepared(&format!("DROP DATABASE {database} WITH (FORCE)")).await.unwrap();
    outcome.unwrap();
}

/// A database with one connection: in memory, another one would be another database.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// Takes every step.
pub async fn migrate(db: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(db, None).await
}
