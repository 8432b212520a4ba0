//! Another service's database: other tables, columns, codes and formats, the same rows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use api::exchange::extract::text;
use api::exchange::sync::mapping::Mapping;
use api::exchange::sync::record::{Activity, Association, Contract, HeadCount, Person, SchoolContact};
use api::exchange::sync::source::{Logical, Source};

use super::rows;
use super::sample::{self, mapping};
use super::servers::{Mariadb, Postgresql};

const MAPPING: &str = include_str!("differing.toml");

/// The other database as files or as SQL.
fn made(form: &str, place: &std::path::Path) -> Option<PathBuf> {
    let sample = sample::folder()?;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/sync_sources/differing.py");
    let place = place.join(form);
    let mut command = Command::new("python3");
    let command = command.env("PYTHONDONTWRITEBYTECODE", "1").arg(program).arg(sample).arg(form).arg(&place);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(place)
}

#[actix_web::test]
async fn a_bit_that_is_not_set_and_a_blank_that_is_none_are_seen_by_mariadb_too() {
    let Some(server) = Mariadb::empty().await else { return };
    server
        .run(
            "CREATE TABLE school (id INTEGER, name VARCHAR(20), urn VARCHAR(20), gone BIT(1), kind VARCHAR(20)); \
             INSERT INTO school VALUES (1, 'A', '100001', b'0', CONCAT('S', CHAR(13), CHAR(10))), \
             (2, 'B', '100002', b'1', 'S'), (3, 'C', '100003', NULL, CONCAT(CHAR(9), 's ')), (4, 'D', '1', b'0', 'T')",
        )
        .await;
    let text = "hub = \"a\"\nname = \"b\"\n[source]\nkind = \"mysql\"\naddress = \"${ADDRESS}\"\n\
                [schools]\ntable = \"school\"\nkey = \"id\"\nname = \"name\"\nurn = \"urn\"\n\
                where = { gone = false, kind = \"S\" }\n";
    let mut source = Source::open(&mapping(text, "mysql", server.url())).await.unwrap();
    let keys: Vec<String> = rows::<SchoolContact>(&mut source).await.into_keys().collect();
    assert_eq!(keys, ["1", "3"]);
}

/// Compares the rows of a logical table, each after `same` took away what only one of the two can say.
async fn expect_same<T: Logical + PartialEq + std::fmt::Debug>(
    one: &mut Source,
    other: &mut Source,
    same: impl Fn(&mut T),
) {
    let prepared = |rows: BTreeMap<String, api::exchange::sync::record::SourceRow<T>>| {
        let rows = rows.into_iter().map(|(key, row)| {
            let mut content = row.row;
            if let Some(content) = &mut content {
                same(content);
            }
            (key, content)
        });
        rows.collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (prepared(rows::<T>(one).await), prepared(rows::<T>(other).await));
    for (key, row) in &one {
        assert_eq!(other.get(key), Some(row), "{} {key}", T::TABLE);
    }
    assert_eq!(one.len(), other.len(), "{}", T::TABLE);
}

async fn says_what_the_sample_says(other: &Mapping) {
    let Some(folder) = sample::exported(1) else { return };
    let mut one = Source::open(&sample::of_folder(&folder)).await.unwrap();
    let mut other = Source::open(other).await.unwrap();
    assert_eq!(other.check().await.unwrap(), []);
    expect_same(&mut one, &mut other, |school: &mut SchoolContact| {
        // The other database has no URN, and an address in one column.
        (school.urn, school.town) = (None, None);
        school.postcode = school.postcode.as_deref().and_then(text::postcode);
    })
    .await;
    expect_same(&mut one, &mut other, |_: &mut Person| {}).await;
    expect_same(&mut one, &mut other, |_: &mut Association| {}).await;
    expect_same(&mut one, &mut other, |_: &mut Activity| {}).await;
    expect_same(&mut one, &mut other, |count: &mut HeadCount| count.sequence = None).await;
    expect_same(&mut one, &mut other, |_: &mut Contract| {}).await;
    let sequences = rows::<HeadCount>(&mut other).await;
    assert!(sequences.values().all(|row| row.row.as_ref().is_some_and(|row| row.sequence.is_some())));
    let unknown = sequences.values().filter(|row| row.modified_at.is_none()).count();
    let missing = rows::<HeadCount>(&mut one).await.values().filter(|row| row.modified_at.is_none()).count();
    assert_eq!(unknown, missing, "0 is unknown");
    let changed = rows::<Activity>(&mut one).await.into_iter().map(|(key, row)| (key, row.modified_at));
    let changed: BTreeMap<_, _> = changed.collect();
    let same = rows::<Activity>(&mut other).await.into_iter().map(|(key, row)| (key, row.modified_at));
    assert_eq!(changed, same.collect(), "seconds and milliseconds are instants");
}

#[actix_web::test]
async fn files_of_another_service_say_the_same() {
    let place = tempfile::tempdir().unwrap();
    let Some(folder) = made("csv", place.path()) else { return };
    let text = MAPPING.replace("[formats]", "separator = \";\"\nencoding = \"utf-8\"\n\n[formats]");
    says_what_the_sample_says(&mapping(&text, "csv", &folder.display().to_string())).await;
}

#[actix_web::test]
async fn texts_in_postgresql_say_the_same() {
    let place = tempfile::tempdir().unwrap();
    let (Some(server), Some(file)) = (Postgresql::empty().await, made("sql", place.path())) else { return };
    server.run(&std::fs::read_to_string(file).unwrap()).await;
    says_what_the_sample_says(&mapping(MAPPING, "postgresql", server.url())).await;
}

#[actix_web::test]
async fn texts_in_mariadb_say_the_same() {
    let place = tempfile::tempdir().unwrap();
    let (Some(server), Some(file)) = (Mariadb::empty().await, made("sql", place.path())) else { return };
    let statements = std::fs::read_to_string(file).unwrap();
    server.run(&format!("SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';\n{statements}")).await;
    says_what_the_sample_says(&mapping(MAPPING, "mysql", server.url())).await;
}
