//! The account that the sync gets: it reads without the pupils' table, and writes values of user-defined fields alone.

use api::exchange::sync::Writer;
use api::exchange::sync::mapping::Mapping;
use api::exchange::sync::record::{SchoolContact, UserValue};
use api::exchange::sync::source::Source;
use sqlx::{Connection, MySqlConnection, PgConnection};
use time::macros::datetime;

use super::sample::{self, DOCUMENTED, TABLES, mapping};
use super::servers::{Mariadb, Postgresql};
use super::{everything, rows, value, wanted};

/// What such an account must not be able to do.
const REFUSED: [&str; 5] = [
    "SELECT surname FROM pupil",
    "UPDATE contact SET surname = surname",
    "DELETE FROM user_field_value",
    "INSERT INTO job_role (job_role_id, name, is_active) VALUES (99, 'x', 1)",
    "UPDATE pupil SET surname = surname",
];

/// Reads everything, writes two values, and looks at the statements.
async fn reads_and_writes(mapping: &Mapping) {
    let (all, statements) = everything(mapping).await;
    assert!(all.values().all(|rows| rows.len() > 10));
    for statement in &statements {
        // The counts of pupils are a column; the table of pupils would stand after FROM.
        let pupils = ["FROM \"pupil\"", "FROM `pupil`", "pupil_id", "*"].iter().any(|it| statement.contains(it));
        assert!(!pupils, "{statement}");
    }
    let mut source = Source::open(mapping).await.unwrap();
    assert_eq!(source.check().await.unwrap(), []);
    let schools = rows::<SchoolContact>(&mut source).await;
    let values = rows::<UserValue>(&mut source).await;
    drop(source);
    let rated = values.values().filter_map(|row| row.row.as_ref()).find(|it| it.field == "SMEP_RAG").unwrap().clone();
    let new = schools.keys().find(|key| !values.contains_key(&format!("{key}/SMEP_RAG"))).unwrap();
    let mut writer = Writer::open(mapping).await.unwrap();
    let now = datetime!(2025-02-10 09:30 UTC);
    let green = value(&rated.school, "SMEP_RAG", Some("O'Green \\ ’x"));
    let [red, none] = [Some("Red"), None].map(|text| value(new, "SMEP_RAG", text));
    let both = [wanted(&green, rated.value.as_deref()), wanted(&red, None)];
    let typed = wanted(&value(&rated.school, "SMEP_RAG", Some("Blue")), Some("Typed"));
    let done = writer.write(&[typed], now).await.unwrap();
    assert_eq!((done.rows, done.changed), (0, vec![(rated.school.clone(), "SMEP_RAG".to_owned())]));
    assert_eq!(writer.write(&both, now).await.unwrap().rows, 2);
    assert_eq!(writer.write(&both, now).await.unwrap().rows, 0, "what stands there is not written");
    assert_eq!(writer.write(&[wanted(&none, Some("Red"))], now).await.unwrap().rows, 1);
    let nothing = wanted(&value("9", "SMEP_RAG", None), None);
    assert_eq!(writer.write(&[nothing], now).await.unwrap().rows, 0, "nothing to empty");
    for statement in writer.statements() {
        let known = ["SET TRANSACTION ", "START TRANSACTION", "COMMIT", "SELECT ", "UPDATE ", "INSERT INTO "];
        assert!(known.iter().any(|word| statement.starts_with(word)), "{statement}");
        assert!(!statement.contains("FROM") || statement.contains("user_field_value"), "{statement}");
    }
    let mut source = Source::open(mapping).await.unwrap();
    let after = rows::<UserValue>(&mut source).await;
    let old = &after[&format!("{}/SMEP_RAG", rated.school)];
    assert_eq!(old.row, Some(green));
    assert_eq!(old.modified_at, Some(now));
    assert_eq!(after[&format!("{new}/SMEP_RAG")].row, Some(none));
    assert_eq!(after.len(), values.len() + 1);
}

#[actix_web::test]
async fn a_restricted_account_of_postgresql_is_enough_and_can_do_no_more() {
    let (Some(server), Some([schema, first])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    server.run(&first).await;
    let url = server.account().await;
    reads_and_writes(&mapping(DOCUMENTED, "postgresql", &url)).await;
    for statement in REFUSED {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let error = sqlx::raw_sql(statement).execute(&mut connection).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{statement}: {error}");
    }
}

#[actix_web::test]
async fn a_restricted_account_of_mariadb_is_enough_and_can_do_no_more() {
    let (Some(server), Some([schema, first])) = (Mariadb::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    server.run(&first).await;
    let url = server.account(&TABLES).await;
    reads_and_writes(&mapping(DOCUMENTED, "mysql", &url)).await;
    for statement in REFUSED {
        let mut connection = MySqlConnection::connect(&url).await.unwrap();
        let error = sqlx::raw_sql(statement).execute(&mut connection).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42000"), "{statement}: {error}");
    }
}

#[actix_web::test]
async fn only_the_columns_that_the_mapping_names_are_asked_for() {
    let (Some(server), Some([schema, _])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    let mut source = Source::open(&sample::of_postgresql(&server)).await.unwrap();
    rows::<SchoolContact>(&mut source).await;
    let mut statements = source.statements().join("\n");
    for part in ["CAST", "FROM", "WHERE", "ORDER BY"] {
        statements = statements.replace(&format!(" {part}"), &format!("\n  {part}"));
    }
    insta::assert_snapshot!(statements, @r#"
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
SELECT
  CAST("modified_at" AS text),
  CAST("organisation_name" AS text),
  CAST("contact_id" AS text)
  FROM "contact"
  ORDER BY 1, 2, 3
SELECT
  CAST("modified_at" AS text),
  CAST("postcode" AS text),
  CAST("town" AS text),
  CAST("contact_id" AS text),
  CAST("is_primary" AS text)
  FROM "address"
  WHERE LOWER(BTRIM(CAST("is_primary" AS text), E' \t\r\n\u00a0')) IN ($1, $2, $3, $4, $5, $6, $7)
  ORDER BY 1, 2, 3, 4, 5
SELECT
  CAST("contact_id" AS text),
  CAST("modified_at" AS text),
  CAST("closed_on" AS text),
  CAST("dfe_number" AS text),
  CAST("urn" AS text)
  FROM "school"
  ORDER BY 1, 2, 3, 4, 5
"#);
    assert_eq!(source.check().await.unwrap(), []);
}
