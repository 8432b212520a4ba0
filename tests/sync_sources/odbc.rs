//! A source behind an ODBC driver: the one for PostgreSQL.

use std::path::PathBuf;

use api::exchange::sync::Writer;
use api::exchange::sync::record::UserValue;
use api::exchange::sync::source::Source;
use time::macros::datetime;

use super::sample::{self, DOCUMENTED, mapping, skipped};
use super::servers::Postgresql;
use super::{everything, rows, wanted};

/// The driver; none, said aloud, where it is not installed.
fn driver() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let driver = folders.map(|folder| folder.path().join("odbc/psqlodbcw.so")).find(|path| path.exists());
    if driver.is_none() {
        skipped("Debian's odbc-postgresql is not installed");
    }
    driver
}

/// A connection string for a URL of PostgreSQL.
fn connection(driver: &std::path::Path, url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    let password = url.password().map(|_| ";PWD={p@ss/wo:rd}").unwrap_or_default();
    let (user, port) = (url.username(), url.port().unwrap_or(5432));
    let (host, database) = (url.host_str().unwrap(), url.path().trim_start_matches('/'));
    format!("Driver={};Server={host};Port={port};Database={database};UID={user}{password}", driver.display())
}

#[actix_web::test]
async fn a_database_behind_odbc_says_what_the_files_say() {
    let Some(driver) = driver() else { return };
    let (Some(server), Some([schema, first])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    server.run(&first).await;
    let url = server.account().await;
    let mapping = mapping(DOCUMENTED, "odbc", &connection(&driver, &url));
    let (files, _) = everything(&sample::of_folder(&sample::exported(1).unwrap())).await;
    let (tables, statements) = everything(&mapping).await;
    for (table, rows) in &files {
        for (key, row) in rows {
            assert_eq!(tables[table].get(key), Some(row), "{table} {key}");
        }
        assert_eq!(tables[table].len(), rows.len(), "{table}");
    }
    assert!(statements.iter().all(|it| !it.contains('*') && !it.contains("\"pupil\"")), "{statements:?}");
    let mut source = Source::open(&mapping).await.unwrap();
    assert_eq!(source.check().await.unwrap(), []);
}

#[actix_web::test]
async fn values_are_written_through_odbc() {
    let Some(driver) = driver() else { return };
    let (Some(server), Some([schema, first])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    server.run(&first).await;
    let url = server.account().await;
    let mapping = mapping(DOCUMENTED, "odbc", &connection(&driver, &url));
    let value = |school: &str, text: Option<&str>| super::value(school, "SMEP_SLE", text);
    let before = rows::<UserValue>(&mut Source::open(&mapping).await.unwrap()).await;
    let ours = before.values().filter_map(|row| row.row.as_ref()).filter(|row| row.field == "SMEP_SLE");
    let known: Vec<_> = ours.take(2).collect();
    let values = [
        value(&known[0].school, Some("Siân O'Example")),
        value(&known[1].school, Some("Zoë")),
        value("9", Some("Zoë")),
        value("8", Some("Ada")),
    ];
    let were = [known[0].value.as_deref(), known[1].value.as_deref(), None, None];
    let all: Vec<_> = values.iter().zip(were).map(|(value, was)| wanted(value, was)).collect();
    let mut writer = Writer::open(&mapping).await.unwrap();
    let now = datetime!(2025-02-10 09:30 UTC);
    let done = writer.write(&[wanted(&values[0], Some("Typed"))], now).await.unwrap();
    assert_eq!((done.rows, done.changed.len()), (0, 1), "somebody changed it since it was decided");
    assert_eq!(writer.write(&all, now).await.unwrap().rows, 4);
    assert_eq!(writer.write(&all, now).await.unwrap().rows, 0);
    assert_eq!(writer.write(&[wanted(&value("9", None), Some("Zoë"))], now).await.unwrap().rows, 1);
    let after = rows::<UserValue>(&mut Source::open(&mapping).await.unwrap()).await;
    for value in [&values[0], &values[1], &value("9", None), &values[3]] {
        assert_eq!(after[&format!("{}/SMEP_SLE", value.school)].row.as_ref(), Some(value));
    }
    assert_eq!(after.len(), before.len() + 2);
}

#[actix_web::test]
async fn what_a_driver_reports_is_a_reason_without_the_password() {
    let Some(driver) = driver() else { return };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("Driver={};Server=127.0.0.1;Port={port};UID=smep;PWD=geheim", driver.display());
    let away = Source::open(&mapping(DOCUMENTED, "odbc", &address)).await.unwrap_err();
    assert_eq!(away.code, "connection", "{away}");
    assert!(!away.reason.contains("geheim"), "{away}");
    let none = Source::open(&mapping(DOCUMENTED, "odbc", "Driver=/nowhere/none.so")).await.unwrap_err();
    assert_eq!(none.code, "missing", "{none}");
}
