//! The steps upwards, and what they make of rows that were there before.

use std::collections::{HashMap, HashSet};

use migration::{Migrator, MigratorTrait, steps};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, DbBackend, QueryResult, Statement};

use crate::rows::{id, insert_hub, insert_person, list, names, owned};
use crate::support::{self, migrate, on_both_empty};

#[tokio::test]
async fn every_step_is_taken_once() {
    on_both_empty("once", |db| {
        Box::pin(async move {
            migrate(&db).await.unwrap();
            assert!(Migrator::get_pending_migrations(&db).await.unwrap().is_empty());
            migrate(&db).await.unwrap();
        })
    })
    .await;
}

#[tokio::test]
async fn a_step_only_adds_unless_it_says_what_a_program_has_to_know() {
    let db = support::connect("sqlite::memory:").await;
    let mut before = fields(&db).await;
    for name in steps::names() {
        Migrator::up(&db, Some(1)).await.unwrap();
        let after = fields(&db).await;
        if steps::needs(&name) == steps::names()[0] {
            for (field, definition) in &before {
                assert_eq!(after.get(field), Some(definition), "{name} changes {field}");
            }
            let tables: HashSet<&str> = before.keys().filter_map(|field| field.split('.').next()).collect();
            for (field, (definition, optional)) in after.iter().filter(|(field, _)| !before.contains_key(*field)) {
                let added = tables.contains(field.split('.').next().unwrap());
                assert!(!added || *optional, "{name} adds {field} ({definition}), which older programs do not fill");
            }
        }
        before = after;
    }
    assert!(before.len() > 100, "{before:?}");
}

/// Each `table.column` with its definition, and whether a row may leave it out.
async fn fields(db: &DatabaseConnection) -> HashMap<String, (String, bool)> {
    let sql = "SELECT t.name || '.' || c.name AS field, c.type || ' ' || c.\"notnull\" || ' ' || c.pk AS definition, \
               c.\"notnull\" = 0 OR c.dflt_value IS NOT NULL AS optional \
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    let field = |row: &QueryResult| {
        let definition = (row.try_get("", "definition").unwrap(), row.try_get("", "optional").unwrap());
        (row.try_get("", "field").unwrap(), definition)
    };
    rows.iter().map(field).collect()
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing() {
    on_both_empty("fails", |db| {
        Box::pin(async move {
            // The second table of the second step is in the way.
            db.execute_unprepared("CREATE TABLE working_group (id int)").await.unwrap();
            migrate(&db).await.unwrap_err();
            let manager = SchemaManager::new(&db);
            assert!(manager.has_table("hub").await.unwrap());
            assert!(!manager.has_table("person").await.unwrap());
        })
    })
    .await;
}

#[tokio::test]
async fn one_time_passwords_that_are_out_end_seventy_two_hours_after_they_were_set() {
    on_both_empty("one_time", |db| {
        Box::pin(async move {
            let migrations = Migrator::migrations();
            let before = migrations.iter().take_while(|step| !step.name().ends_with("_one_time_passwords"));
            Migrator::up(&db, Some(before.fold(0, |steps, _| steps + 1))).await.unwrap();
            insert_hub(&db, id(1), "ours").await.unwrap();
            insert_person(&db, id(1), id(2)).await.unwrap();
            let set_at = 1_000_000_i64;
            for (number, one_time) in [(3, true), (4, false)] {
                let email = format!("{number}@hub.example");
                let fields = [
                    ("person_id", id(2).into()),
                    ("email", email.as_str().into()),
                    ("email_key", email.as_str().into()),
                    ("must_change_password", one_time.into()),
                    ("tokens_valid_from", set_at.into()),
                ];
                db.execute(&owned("user", id(1), id(number), &fields)).await.unwrap();
            }
            migrate(&db).await.unwrap();
            let sql = "SELECT CAST(one_time_expires_at - tokens_valid_from AS text) AS name FROM \"user\" \
                       WHERE one_time_expires_at IS NOT NULL";
            assert_eq!(names(&db, sql).await, [(72_i64 * 3600 * 1_000_000).to_string()]);
        })
    })
    .await;
}

#[tokio::test]
async fn imports_from_before_jobs_have_one_once_they_have_ended() {
    on_both_empty("jobs", |db| {
        Box::pin(async move {
            let migrations = Migrator::migrations();
            let before = migrations.iter().take_while(|step| !step.name().ends_with("_jobs"));
            Migrator::up(&db, Some(before.fold(0, |steps, _| steps + 1))).await.unwrap();
            insert_hub(&db, id(1), "ours").await.unwrap();
            let counts = ["bytes", "bytes_read", "read", "created", "updated", "unchanged", "rejected", "out_of_area"];
            let more = ["missing_from_source", "implied", "warned", "to_write", "written", "written_to"];
            for (number, state) in [(2, "finished"), (3, "reading"), (4, "cancelled")] {
                let mut fields = vec![
                    ("source", "gias-links".into()),
                    ("mode", "each".into()),
                    ("dry_run", false.into()),
                    ("state", state.into()),
                    ("missing_columns", list()),
                    ("actor_kind", "system".into()),
                    ("owner", id(9).into()),
                    ("heartbeat_at", 0_i64.into()),
                    ("cancel_asked", false.into()),
                ];
                fields.extend(counts.iter().chain(&more).map(|name| (*name, 0_i64.into())));
                db.execute(&owned("import", id(1), id(number), &fields)).await.unwrap();
            }
            migrate(&db).await.unwrap();
            assert_eq!(names(&db, "SELECT state AS name FROM job ORDER BY id").await, ["finished", "cancelled"]);
        })
    })
    .await;
}

#[tokio::test]
async fn rows_that_were_there_before_are_searched_by_their_words() {
    on_both_empty("keys", |db| {
        Box::pin(async move {
            Migrator::up(&db, Some(7)).await.unwrap();
            insert_hub(&db, id(1), "ours").await.unwrap();
            for number in 0..700 {
                let (code, meaning) = (format!("É{number}"), "Ångström  HALL".to_owned());
                let fields = [("code", code.clone().into()), ("code_key", code.into()), ("meaning", meaning.into())];
                db.execute(&owned("glossary_term", id(1), id(1000 + number), &fields)).await.unwrap();
            }
            let school = [
                ("kind", "school".into()),
                ("name", "St. Mary’s École".into()),
                ("name_key", "st. mary's ecole".into()),
                ("phase", "primary".into()),
                ("status", "open".into()),
                ("special", false.into()),
                ("in_scope", true.into()),
                ("missing_from_source", false.into()),
                ("external_ids", list()),
                ("urn", 120_305.into()),
                ("la_code", "855".into()),
                ("establishment_number", "2003".into()),
                ("postcode", "LE11 1NH".into()),
            ];
            db.execute(&owned("school", id(1), id(2), &school)).await.unwrap();
            migrate(&db).await.unwrap();
            let keys = names(&db, "SELECT search_key AS name FROM glossary_term ORDER BY id").await;
            let expected: Vec<_> = (0..700).map(|number| format!("e{number} angstrom hall")).collect();
            assert_eq!(keys, expected);
            let keys = names(&db, "SELECT search_key AS name FROM school").await;
            assert_eq!(keys, ["st marys ecole le111nh 120305 855/2003 8552003"]);
        })
    })
    .await;
}

/// The authors of plans in a database of the version before, of which the log tells this.
async fn authors(
    db: &DatabaseConnection,
    log: &[(i64, &'static str, u128, &'static str, Option<u128>)],
) -> Vec<String> {
    let migrations = Migrator::migrations();
    let before = migrations.iter().take_while(|step| !step.name().ends_with("_past_plan_authors"));
    Migrator::up(db, Some(before.fold(0, |steps, _| steps + 1))).await.unwrap();
    insert_hub(db, id(1), "ours").await.unwrap();
    for number in [2, 3] {
        let fields = [
            ("kind", "other".into()),
            ("title", "Plan".into()),
            ("title_key", "plan".into()),
            ("supporters", list()),
            ("status", "active".into()),
            ("revision", 1.into()),
        ];
        db.execute(&owned("plan", id(1), id(number), &fields)).await.unwrap();
    }
    let objective = [("plan_id", id(2).into()), ("number", 1.into()), ("title", "One".into())];
    let objective = owned(
        "objective",
        id(1),
        id(2),
        &[&objective[..], &[("functions", list()), ("leads", list()), ("monitors", list())]].concat(),
    );
    db.execute(&objective).await.unwrap();
    let kept = "UPDATE plan SET author_ids = '[\"00000000-0000-0000-0000-00000000000f\"]'";
    db.execute_unprepared(kept).await.unwrap();
    for &(number, resource, row, operation, person) in log {
        let fields = [
            ("hub_id", id(1).into()),
            ("number", number.into()),
            ("resource", resource.into()),
            ("row_id", id(row).into()),
            ("row_version", 1_i64.into()),
            ("keys", list()),
            ("operation", operation.into()),
            ("at", 0_i64.into()),
            ("actor_kind", "user".into()),
            ("actor_person_id", person.map(id).into()),
            ("fields", list()),
        ];
        let (columns, values): (Vec<_>, Vec<Value>) = fields.into_iter().unzip();
        let mut insert = Query::insert();
        insert.into_table("change").columns(columns).values_panic(values.into_iter().map(Expr::val));
        db.execute(&insert).await.unwrap();
    }
    migrate(db).await.unwrap();
    names(db, "SELECT CAST(author_ids AS text) AS name FROM plan ORDER BY id").await
}

#[tokio::test]
async fn the_authors_of_plans_from_before_are_those_whom_the_log_names() {
    on_both_empty("authors", |db| {
        Box::pin(async move {
            // An objective with the id of a plan is not that plan.
            let log = [
                (1, "plan", 2, "create", Some(0xa)),
                (2, "objective", 2, "update", Some(0xb)),
                (3, "plan", 2, "propose", Some(0xc)),
                (4, "plan", 2, "withdraw", Some(0xd)),
                (5, "objective", 2, "update", None),
                (6, "plan", 2, "update", Some(0xe)),
                (7, "plan", 2, "update", Some(0xe)),
                (8, "plan", 2, "propose", Some(0xa)),
                (9, "plan", 2, "activate", Some(0xd)),
                (10, "objective", 2, "done", Some(0xd)),
                (11, "plan", 2, "archive", Some(0xd)),
                (12, "plan", 3, "archive", Some(0xd)),
                (13, "glossary_term", 3, "update", Some(0xd)),
            ];
            let found = authors(&db, &log).await.into_iter().map(|list| {
                let mut last: Vec<char> = list
                    .split('"')
                    .filter_map(|id| id.strip_prefix("00000000-0000-0000-0000-0000000000"))
                    .filter_map(|id| id.chars().nth(1))
                    .collect();
                last.sort_unstable();
                last.into_iter().collect::<String>()
            });
            assert_eq!(found.collect::<Vec<_>>(), ["abcef", "f"]);
        })
    })
    .await;
}
