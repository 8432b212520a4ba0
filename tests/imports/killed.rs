//! What stands after the program was killed in the middle of an import.
#![expect(clippy::disallowed_methods, reason = "time is moved on behind the API")]

use std::time::Duration;

use entity::exchange::import;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ended, feed, holds, imported, job, many, ready, rows_of, schools, sent, until_job};
use crate::support::{self, App, Caller, until};

const COUNT: u32 = 8000;

/// Begins an import and kills the program as soon as something holds of the job.
async fn killed(query: &str, when: impl Fn(&Value) -> bool) -> (App, Caller, Uuid) {
    let mut app = support::program(&[]).await;
    let office = ready(&app).await;
    let begun = sent(&office, query, many(120_001, COUNT)).await.expect(202).id();
    until_job(&office, begun, "is to be killed", |job| {
        assert!(job["finished_at"].is_null(), "it ended before it could be killed: {job:#}");
        when(job)
    })
    .await;
    app.process().kill();
    (app, office, begun)
}

/// Starts the program again when nobody has heard of the job for long; the job as it is then.
async fn found(app: &mut App, office: &Caller, begun: Uuid) -> (Caller, Value) {
    let earlier = Expr::value(app.clock.now() - Duration::from_secs(31));
    let aged = import::Entity::update_many().col_expr(import::Column::HeartbeatAt, earlier);
    aged.exec(app.state.db.write_pool()).await.unwrap();
    app.start(&[]);
    let office = office.at(app.base());
    let closed = until("the job is closed", async || {
        let job = job(&office, begun).await;
        (!job["finished_at"].is_null()).then_some(job)
    })
    .await;
    (office, closed)
}

/// The schools of the hub, of its log, of the job and of its rows are the same in number.
async fn written(office: &Caller, job: &Value) -> i64 {
    let written = job["written"].as_i64().unwrap();
    assert_eq!(schools(office).await, written, "{job:#}");
    let logged = feed(office).await.iter().filter(|it| it["resource"] == "school").count();
    assert_eq!(i64::try_from(logged), Ok(written));
    let rows = rows_of(office, job, "").await;
    let told = rows.iter().filter(|row| row["written"] == true).count();
    assert_eq!(i64::try_from(told), Ok(written));
    written
}

async fn completed(office: &Caller, mode: &str, written: i64) {
    let job = imported(office, mode, many(120_001, COUNT)).await;
    let rest = i64::from(COUNT) - written;
    holds(&job, json!({ "state": "finished", "read": COUNT, "created": rest, "unchanged": written, "written": rest }));
    assert_eq!(schools(office).await, i64::from(COUNT));
    feed(office).await;
}

#[actix_web::test]
async fn killed_while_the_file_is_read_nothing_is_written() {
    let (mut app, office, begun) = killed("", |job| job["state"] == "reading").await;
    let (office, job) = found(&mut app, &office, begun).await;
    holds(&job, json!({ "state": "failed", "written": 0 }));
    assert_eq!(job["error"]["code"], "interrupted");
    assert_eq!(written(&office, &job).await, 0);
    completed(&office, "", 0).await;
}

#[actix_web::test]
async fn an_import_killed_while_writing_keeps_and_reports_whole_chunks() {
    let (mut app, office, begun) = killed("mode=each", |job| job["written"].as_i64() > Some(0)).await;
    let (office, job) = found(&mut app, &office, begun).await;
    holds(&job, json!({ "state": "failed", "created": COUNT, "to_write": COUNT }));
    assert_eq!(job["error"]["code"], "interrupted");
    let written = written(&office, &job).await;
    assert!(0 < written && written < i64::from(COUNT), "some of it");
    completed(&office, "mode=each", written).await;
}

#[actix_web::test]
async fn killed_while_an_atomic_import_is_written_all_of_it_stands_or_nothing() {
    let (mut app, office, begun) = killed("mode=atomic", |job| job["state"] == "applying").await;
    let (office, job) = found(&mut app, &office, begun).await;
    let written = written(&office, &job).await;
    if job["state"] == "finished" {
        assert_eq!(written, i64::from(COUNT));
    } else {
        assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("interrupted")));
        assert_eq!(written, 0);
    }
    completed(&office, "mode=atomic", written).await;
}

#[actix_web::test]
async fn stopped_in_the_middle_it_says_what_stands() {
    let mut app = support::program(&[]).await;
    let office = ready(&app).await;
    let begun = sent(&office, "", many(120_001, COUNT)).await.expect(202).id();
    until_job(&office, begun, "is written", |job| job["written"].as_i64() > Some(0)).await;
    app.process().ask_to_stop();
    assert!(app.process().ended().success());
    // It said so itself before it ended, and nobody had to find it silent.
    let told = import::Entity::find().all(app.state.db.write_pool()).await.unwrap().remove(0);
    assert!(told.finished_at.is_some(), "{told:?}");
    app.start(&[]);
    let office = office.at(app.base());
    let job = job(&office, begun).await;
    let written = written(&office, &job).await;
    if job["state"] == "failed" {
        assert_eq!(job["error"]["code"], "interrupted");
    }
    completed(&office, "", written).await;
}

#[actix_web::test]
async fn an_import_goes_on_while_the_hub_is_read_and_written() {
    let (app, office) = super::office().await;
    let begun = sent(&office, "", many(120_001, 3000)).await.expect(202).id();
    let mut meanwhile = 0;
    while job(&office, begun).await["finished_at"].is_null() {
        app.area(&office, &format!("Area {meanwhile}")).await;
        office.get("/schools?limit=200").await.expect(200);
        meanwhile += 1;
    }
    assert!(meanwhile > 0);
    holds(&ended(&office, begun).await, json!({ "state": "finished", "written": 3000 }));
    let log = feed(&office).await;
    assert_eq!(log.iter().filter(|it| it["resource"] == "area").count(), meanwhile);
    assert_eq!(log.iter().filter(|it| it["resource"] == "school").count(), 3000);
}
