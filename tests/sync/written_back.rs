//! What goes to the source: values of user-defined fields, by an account that may write nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};

use super::fixture::{World, counts, ended};
use super::hub;
use crate::support;
use crate::sync_sources::sample::{self, TABLES};
use crate::sync_sources::servers::Mariadb;

/// A hub over a database on MariaDB, and three schools of it that have one contact each.
struct Written {
    world: World,
    server: Mariadb,
    schools: Vec<(String, Value)>,
}

impl Written {
    async fn new(adjust: impl Fn(&str) -> String) -> Option<Self> {
        let server = Mariadb::empty().await?;
        let [schema, rows] = sample::statements(1)?;
        server.run(&schema).await;
        server.run(&rows).await;
        let world = World::over("mysql", &server.account(&TABLES).await, adjust).await?;
        let mut written = Self { world, server, schools: Vec::new() };
        for (contact, urn) in written.plain().await {
            let school = written.world.school(urn).await;
            if school["status"] == "open" && written.schools.len() < 3 {
                written.schools.push((contact, school));
            }
        }
        Some(written)
    }

    /// Contacts of the source with a right URN which no other contact has, and with no value in our fields.
    async fn plain(&self) -> Vec<(String, u32)> {
        let rows = self
            .ask(
                "SELECT CAST(contact_id AS CHAR), CAST(urn AS CHAR) FROM school s WHERE urn REGEXP '^[0-9]{6}$' \
                 AND dfe_number IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM school o WHERE o.contact_id <> s.contact_id AND o.urn = s.urn) \
                 AND NOT EXISTS (SELECT 1 FROM user_field_value v \
                 WHERE v.entity_id = s.contact_id AND v.code LIKE 'SMEP%') \
                 ORDER BY contact_id LIMIT 40",
            )
            .await;
        rows.into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
    }

    async fn ask(&self, statement: &str) -> Vec<Vec<String>> {
        let mut connection = MySqlConnection::connect(self.server.url()).await.unwrap();
        let rows = sqlx::query(AssertSqlSafe(statement.to_owned())).fetch_all(&mut connection).await.unwrap();
        // Everything is asked as text but the checksum of a table.
        let cell = |row: &sqlx::mysql::MySqlRow, at| match row.try_get::<Option<String>, _>(at) {
            Ok(text) => text.unwrap_or_default(),
            Err(_) => row.try_get::<i64, _>(at).unwrap().to_string(),
        };
        rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect()).collect()
    }

    /// The values of a contact in our fields, with who wrote them.
    async fn values(&self, contact: &str) -> BTreeMap<String, String> {
        let statement = format!(
            "SELECT code, CONCAT(COALESCE(value, '-'), ' by ', modified_by) FROM user_field_value \
             WHERE entity = 'school' AND entity_id = {contact} AND code LIKE 'SMEP%'"
        );
        self.ask(&statement).await.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
    }

    /// All that is in the source but our fields.
    async fn others(&self) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for table in TABLES.into_iter().filter(|table| *table != "user_field_value") {
            all.extend(self.ask(&format!("CHECKSUM TABLE {table}")).await);
        }
        let values = "SELECT CONCAT_WS('|', entity, entity_id, code, value, modified_by, modified_at) \
                      FROM user_field_value \
                      WHERE code NOT LIKE 'SMEP%' ORDER BY entity, entity_id, code";
        all.extend(self.ask(values).await);
        all
    }

    async fn type_in(&self, contact: &str, field: &str, value: &str) {
        let statement = format!(
            "UPDATE user_field_value SET value = '{value}', modified_by = 'jsample' \
             WHERE entity_id = {contact} AND code = '{field}'"
        );
        self.server.run(&statement).await;
    }
}

fn as_it_is(text: &str) -> String {
    text.to_owned()
}

/// The documented mapping with the two fields that it shows beside those that it writes.
pub fn every_field(text: &str) -> String {
    let (before, rest) = text.split_once("# [write.fields.next_visit]").unwrap();
    let (fields, after) = rest.split_once("\n\n# The code of the measure").unwrap();
    format!("{before}[write.fields.next_visit]{}\n\n# The code of the measure{after}", fields.replace("\n# ", "\n"))
}

/// The documented mapping, in which the hub leads in the rating.
fn hub_leads(text: &str) -> String {
    text.replace("# leads = \"here\"\n# The source's word", "leads = \"here\"\n# The source's word")
}

fn outcomes(run: &Value) -> BTreeMap<String, i64> {
    counts(run, "user_values").into_iter().filter(|(outcome, _)| outcome != "unchanged").collect()
}

#[actix_web::test]
async fn what_the_hub_says_about_a_school_is_written_once_and_nothing_else_is() {
    let Some(written) = Written::new(as_it_is).await else { return };
    let Written { world, schools, .. } = &written;
    let schools_of_ours: Vec<Value> = schools.iter().map(|(_, school)| school.clone()).collect();
    hub::says(world, &schools_of_ours).await;
    let others = written.others().await;
    let dry = world.run(true).await;
    assert_eq!(outcomes(&dry)["written"], 6);
    assert_eq!(written.values(&schools[0].0).await, BTreeMap::new(), "a dry run writes nothing");
    let run = world.synced().await;
    assert_eq!(outcomes(&run), BTreeMap::from([("written".to_owned(), 6)]));
    let values: Vec<_> = vec![
        written.values(&schools[0].0).await,
        written.values(&schools[1].0).await,
        written.values(&schools[2].0).await,
    ];
    insta::assert_debug_snapshot!(values, @r#"
    [
        {
            "SMEP_LAST_VISIT": "14/01/2025 by smep",
            "SMEP_RAG": "Red by smep",
            "SMEP_SLE": "Ada Example by smep",
        },
        {
            "SMEP_LAST_VISIT": "05/11/2024 by smep",
            "SMEP_RAG": "Amber by smep",
        },
        {
            "SMEP_RAG": "Green by smep",
        },
    ]
    "#);
    assert_eq!(written.others().await, others);
    let rows = world.rows(&run, "section=user_values&outcome=written").await;
    assert!(rows.iter().all(|row| row["direction"] == "out" && !row.to_string().contains("Ada")), "{rows:#?}");
    let second = world.synced().await;
    assert_eq!((outcomes(&second), &second["written"]), (BTreeMap::new(), &json!(0)));
}

#[actix_web::test]
async fn the_next_visit_and_the_highest_award_that_holds_are_written_and_emptied_once_they_are_over() {
    let Some(mut written) = Written::new(every_field).await else { return };
    let [(visited, one), (awarded, other), (neither, _)] = written.schools.clone().try_into().unwrap();
    let world = &written.world;
    hub::plans_to_visit(world, &one, "2025-02-24T23:30:00Z", "2025-02-24T23:45:00Z").await;
    hub::plans_to_visit(world, &one, "2025-02-10T13:00:00Z", "2025-02-10T14:00:00Z").await;
    hub::award(world, &other, [("2023/24", "silver"), ("2024/25", "bronze")]).await;
    world.synced().await;
    let values = |field: &str, value: &str| BTreeMap::from([(field.to_owned(), format!("{value} by smep"))]);
    assert_eq!(written.values(&visited).await, values("SMEP_NEXT_VISIT", "10/02/2025"), "the first of two");
    assert_eq!(written.values(&awarded).await, values("SMEP_AWARD", "Silver"), "the higher of two");
    assert_eq!(written.values(&neither).await, BTreeMap::new());
    assert_eq!(outcomes(&written.world.synced().await), BTreeMap::new());
    written.world.days_later(20);
    written.world.synced().await;
    assert_eq!(written.values(&visited).await, values("SMEP_NEXT_VISIT", "24/02/2025"));
    // Two years and a month after it was given.
    written.world.days_later(760);
    written.world.synced().await;
    assert_eq!(written.values(&visited).await, values("SMEP_NEXT_VISIT", "-"), "nobody knows of another one");
    assert_eq!(written.values(&awarded).await, values("SMEP_AWARD", "-"), "it has ended");
}

#[actix_web::test]
async fn a_value_that_somebody_typed_over_ours_is_listed_and_stays_unless_the_hub_leads() {
    for (leads, adjust) in [(false, as_it_is as fn(&str) -> String), (true, hub_leads)] {
        let Some(written) = Written::new(adjust).await else { return };
        let Written { world, schools, .. } = &written;
        let (contact, school) = &schools[0];
        hub::rate(world, school, "red").await;
        world.synced().await;
        written.type_in(contact, "SMEP_RAG", "Purple?").await;
        let run = world.synced().await;
        let rows = world.rows(&run, "section=user_values&code=both_changed").await;
        assert_eq!(rows.len(), 1, "{rows:#?}");
        assert_eq!(rows[0]["outcome"], if leads { "written" } else { "conflict" });
        let stands = if leads { "Red by smep" } else { "Purple? by jsample" };
        assert_eq!(written.values(contact).await["SMEP_RAG"], stands);
        assert_eq!(outcomes(&world.synced().await), BTreeMap::new(), "it is listed once");
    }
}

#[actix_web::test]
async fn a_value_that_stood_there_before_is_a_conflict_and_one_that_we_have_no_more_is_emptied() {
    let Some(written) = Written::new(as_it_is).await else { return };
    let Written { world, schools, server, .. } = &written;
    let [(typed, one), (ours, other), _] = &schools[..] else { panic!("three schools") };
    let statement = "INSERT INTO user_field_value (entity, entity_id, code, value, modified_by) VALUES";
    server.run(&format!("{statement} ('school', {typed}, 'SMEP_RAG', 'AMBER', 'jsample')")).await;
    hub::rate(world, one, "amber").await;
    let rating = hub::rate(world, other, "green").await;
    let run = world.synced().await;
    assert_eq!(outcomes(&run), BTreeMap::from([("conflict".to_owned(), 1), ("written".to_owned(), 1)]));
    assert_eq!(written.values(typed).await["SMEP_RAG"], "AMBER by jsample");
    world.office.delete(&format!("/rag-ratings/{rating}"), "*").await.expect(204);
    let run = world.synced().await;
    assert_eq!(outcomes(&run), BTreeMap::from([("written".to_owned(), 1)]));
    assert_eq!(written.values(ours).await["SMEP_RAG"], "- by smep");
}

#[actix_web::test]
async fn what_somebody_types_while_a_run_is_under_way_stays_and_the_next_run_decides() {
    let Some(written) = Written::new(as_it_is).await else { return };
    let Written { world, schools, server } = &written;
    let (contact, school) = &schools[0];
    hub::rate(world, school, "red").await;
    world.synced().await;
    hub::rate(world, school, "green").await;
    // The run reads the value that was there before, and wants to write when this one has come.
    let mut typing = MySqlConnection::connect(server.url()).await.unwrap();
    let typed = format!(
        "BEGIN; UPDATE user_field_value SET value = 'Typed', modified_by = 'jsample' \
         WHERE entity_id = {contact} AND code = 'SMEP_RAG'"
    );
    sqlx::raw_sql(AssertSqlSafe(typed)).execute(&mut typing).await.unwrap();
    let run = world.begin(false).await;
    support::until("the run writes", async || {
        let run = world.office.get(&format!("/sync-runs/{run}")).await.expect(200).json();
        (run["step"] == "writing_back").then_some(())
    })
    .await;
    sqlx::raw_sql("COMMIT").execute(&mut typing).await.unwrap();
    let run = ended(&world.office, run).await;
    assert_eq!(run["state"], "succeeded", "{run:#}");
    let row = world.rows(&run, "section=user_values&outcome=conflict").await.remove(0);
    assert_eq!((&row["code"], &row["written"]), (&json!("changed_meanwhile"), &json!(false)), "{row:#}");
    assert_eq!(written.values(contact).await["SMEP_RAG"], "Typed by jsample");
    let next = world.synced().await;
    let rows = world.rows(&next, "section=user_values&code=both_changed").await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
}

#[actix_web::test]
async fn a_folder_gets_each_new_value_until_it_is_taken_over_and_never_one_over_a_persons_word() {
    let Some(world) = World::new().await else { return };
    let exported = std::fs::read_to_string(world.file("user_field_value")).unwrap();
    let export = |lines: &str| std::fs::write(world.file("user_field_value"), format!("{exported}{lines}")).unwrap();
    let line = |text: &str, contact: &str| format!("school,{contact},SMEP_RAG,{text},smep,2025-01-27 09:00:00\r\n");
    world.synced().await;
    let (contact, school) = hub::places(&world)
        .await
        .into_iter()
        .filter(|(contact, _)| !exported.contains(&format!("school,{contact},SMEP")))
        .min()
        .unwrap();
    let has = |text: &str| {
        let lines = world.handed_over();
        let ours: Vec<_> =
            lines.iter().filter(|line| line["entity_id"] == contact && line["code"] == "SMEP_RAG").collect();
        if text.is_empty() { ours.is_empty() } else { ours.len() == 1 && ours[0]["value"] == text }
    };
    let school = json!({ "id": school });
    hub::rate(&world, &school, "red").await;
    assert_eq!(outcomes(&world.synced().await)["written"], 1);
    assert!(has("Red"));
    hub::rate(&world, &school, "amber").await;
    assert_eq!(outcomes(&world.synced().await)["written"], 1);
    assert!(has("Amber"), "the first one was not taken over yet");
    assert_eq!(outcomes(&world.synced().await), BTreeMap::new());
    assert!(has("Amber"), "it waits to be taken over");
    export(&line("Red", &contact));
    assert_eq!(outcomes(&world.synced().await).get("conflict"), None, "an older file was taken over");
    assert!(has("Amber"));
    export(&line("Amber", &contact));
    assert_eq!(outcomes(&world.synced().await).get("conflict"), None);
    assert!(has(""));
    hub::rate(&world, &school, "green").await;
    assert_eq!(outcomes(&world.synced().await)["written"], 1);
    assert!(has("Green"));
    export(&line("Purple?", &contact));
    assert_eq!(outcomes(&world.synced().await)["conflict"], 1);
    assert!(has(""), "what somebody typed stays");
    export(&format!("{}{}", line("Green", &contact), line("Amber", &contact).replace("RAG", "rag")));
    let run = world.synced().await;
    assert_eq!(outcomes(&run)["rejected"], 1, "{run:#}");
    assert!(has(""), "nobody knows which of two rows is meant");
}

#[actix_web::test]
async fn every_contact_of_a_school_gets_the_value_and_one_in_review_none() {
    let Some(written) = Written::new(as_it_is).await else { return };
    let Written { world, schools, server, .. } = &written;
    let [(first, one), (second, _), _] = &schools[..] else { panic!("three schools") };
    server
        .run(&format!("UPDATE school SET urn = '{}', dfe_number = NULL WHERE contact_id = {second}", one["urn"]))
        .await;
    server.run(&format!("UPDATE contact c SET organisation_name = 'X' WHERE contact_id = {second}")).await;
    hub::rate(world, one, "red").await;
    world.synced().await;
    assert_eq!(written.values(first).await["SMEP_RAG"], "Red by smep");
    assert_eq!(written.values(second).await["SMEP_RAG"], "Red by smep");
    let waiting = "SELECT CAST(contact_id AS CHAR) FROM school WHERE urn IS NULL AND dfe_number IS NULL";
    for row in written.ask(waiting).await {
        let by_us: Vec<_> = written.values(&row[0]).await.into_values().filter(|it| it.ends_with("by smep")).collect();
        assert_eq!(by_us, Vec::<String>::new());
    }
}
