//! Clients that do not take what they asked for, and exports that cannot be made whole.

use entity::identity::grant::Role;
use entity::schools::school;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{export, filled, lines};
use crate::support::{self, App, Caller, Wire, rows, until};

/// How many bytes the notes of [`heavy`] schools have together: more than a connection holds on
/// its way.
const HEAVY: usize = 12 << 20;

async fn heavy(app: &App) -> usize {
    let note = "note ".repeat(800);
    let rows: Vec<_> = (0..HEAVY / note.len())
        .map(|n| {
            let mut row = rows::school(app.hub, &format!("School {n:04}"), app.clock.now());
            row.note = Some(note.clone());
            row
        })
        .collect();
    let count = rows.len();
    app.insert::<school::Entity>(app.hub, rows).await;
    count
}

/// Asks for an export without reading it.
fn begin(app: &App, caller: &Caller, method: &str, version: &str) -> Wire {
    let mut wire = Wire::to(app.base().trim_start_matches("http://"));
    let head = format!(
        "{method} /api/v1/schools/export?format=ndjson {version}\r\nHost: smep.test\r\n\
         Authorization: Bearer {}\r\n\r\n",
        caller.token()
    );
    assert!(wire.send(head));
    wire
}

/// Waits on a thread of its own for what comes without giving way.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// One that has the head of its export, and stops reading.
async fn stalled(app: &App, caller: &Caller) -> Wire {
    let mut wire = begin(app, caller, "GET", "HTTP/1.1");
    apart(move || {
        assert_eq!(wire.head().status, 200);
        wire
    })
    .await
}

#[actix_web::test]
async fn a_client_that_takes_nothing_loses_its_export() {
    let app = support::app_with(&["--send-timeout=1"]).await;
    let caller = app.as_role(Role::Administrator).await;
    heavy(&app).await;
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let mut wire = begin(&app, &caller, "GET", version);
        let mut wire = apart(move || {
            assert_eq!(wire.head().status, 200);
            wire
        })
        .await;
        until("its space is free", async || (app.state.space.used() == 0).then_some(())).await;
        let (rest, reset) = apart(move || wire.rest()).await;
        assert!(reset && rest.len() < HEAVY, "{version}: {} bytes", rest.len());
    }
}

#[actix_web::test]
async fn clients_that_stop_reading_hold_files_and_keep_nobody_from_an_export() {
    let flags = ["--report-connections=1", "--send-timeout=3600", "--database-timeout=3"];
    let app = support::app_with(&flags).await;
    let caller = app.as_role(Role::Administrator).await;
    let count = heavy(&app).await;
    let slow = [stalled(&app, &caller).await, stalled(&app, &caller).await];
    assert!(app.state.space.used() > 2 * HEAVY as u64);
    assert_eq!(lines(&export(&caller, "", "ndjson").await).len(), count);
    export(&caller, "", "csv").await;
    export(&caller, "", "xlsx").await;
    drop(slow);
    until("their space is free", async || (app.state.space.used() == 0).then_some(())).await;
}

#[actix_web::test]
async fn nobody_fills_the_space_of_the_others() {
    let app = support::app_with(&["--export-space=64MiB", "--send-timeout=3600"]).await;
    let (caller, other) = (app.as_role(Role::Administrator).await, app.as_role(Role::Administrator).await);
    let count = heavy(&app).await;
    let slow = stalled(&app, &caller).await;
    let refused = caller.get("/schools/export?format=ndjson").await;
    refused.problem(429, "too-many-requests");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(lines(&export(&other, "", "ndjson").await).len(), count);
    drop(slow);
    until("the space is free", async || (app.state.space.used() == 0).then_some(())).await;
    export(&caller, "", "ndjson").await;
}

#[actix_web::test]
async fn an_export_that_is_larger_than_any_may_be_is_refused_before_it_begins() {
    let app = support::app_with(&["--export-space=16MiB"]).await;
    let caller = app.as_role(Role::Administrator).await;
    heavy(&app).await;
    for format in ["csv", "ndjson"] {
        let problem = caller.get(&format!("/schools/export?format={format}")).await.problem(400, "bad-parameter");
        assert!(problem["detail"].as_str().unwrap().contains("narrow the filter"), "{problem}");
    }
    assert_eq!(app.state.space.used(), 0);
    assert_eq!(lines(&export(&caller, "q=0001", "ndjson").await).len(), 1);
}

#[actix_web::test]
async fn an_export_over_the_limit_gets_503_with_retry_after() {
    let app = support::app_with(&["--report-connections=1", "--database-timeout=3"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let busy = app.state.db.report_snapshot().await.unwrap();
    for format in ["csv", "xlsx", "ndjson"] {
        let waiting = caller.get(&format!("/schools/export?format={format}")).await;
        waiting.problem(503, "unavailable");
        assert!(waiting.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    caller.get("/schools").await.expect(200);
    busy.rollback().await.unwrap();
    assert!(lines(&export(&caller, "", "ndjson").await).is_empty());
}

/// Schools of which the last one cannot be read.
async fn spoilt() -> (App, Caller, Uuid) {
    let (app, caller) = filled().await;
    let mut last = rows::school(app.hub, "Zzz", app.clock.now());
    last.name_key = "zzz".to_owned();
    let id = last.id;
    app.insert::<school::Entity>(app.hub, vec![last]).await;
    // Keys that no program of ours has written.
    let broken = "UPDATE school SET external_ids = '{\"a\": 1}' WHERE name_key = 'zzz'";
    app.state.db.write_pool().execute_unprepared(broken).await.unwrap();
    (app, caller, id)
}

#[actix_web::test]
async fn what_fails_midway_is_a_problem_like_any_other() {
    let (app, caller, _) = spoilt().await;
    for query in ["format=csv", "format=ndjson", "format=xlsx", "q=zzz&format=csv"] {
        caller.get(&format!("/schools/export?{query}")).await.problem(500, "internal");
    }
    assert_eq!(app.state.space.used(), 0);
    export(&caller, "q=School", "ndjson").await;
}

#[actix_web::test]
async fn a_question_for_the_head_reads_no_more_than_that() {
    let (app, caller, _) = spoilt().await;
    let head = caller.ask(Method::HEAD, "/schools/export?format=csv").await.expect(200);
    assert_eq!(head.header("content-disposition"), "attachment; filename=\"schools-2014-09-01.csv\"");
    assert!(head.body.is_empty());
    let mut wire = begin(&app, &caller, "HEAD", "HTTP/1.1");
    apart(move || {
        assert_eq!(wire.hear().unwrap().status, 200);
        // The school that cannot be read would have ended the connection.
        wire.send("GET /health/live HTTP/1.1\r\nHost: smep.test\r\n\r\n");
        assert_eq!(wire.hear().unwrap().status, 200);
    })
    .await;
}
