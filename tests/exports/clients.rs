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
        "{method} /api/v1/schools/export?format=ndjson {version}\r\nHost: smep.test\r\nAuthorization: Bearer {}\r\n\r\n",
        caller.token()
    );
    assert!(wire.send(head));
    wire
}

/// Waits on a thread of its own for what comes without giving way.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Whether a reply with the chunks of HTTP/1.1 came to its end.
fn ended(reply: &[u8]) -> bool {
    reply.ends_with(b"\r\n0\r\n\r\n")
}

#[actix_web::test]
async fn a_client_that_takes_nothing_loses_its_export_and_the_next_one_is_served() {
    let app = support::app_with(&["--report-connections=1", "--send-timeout=1"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let count = heavy(&app).await;
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let mut wire = begin(&app, &caller, "GET", version);
        let mut wire = apart(move || {
            assert_eq!(wire.hear().unwrap().status, 200);
            wire
        })
        .await;
        // It needs the one connection, which is free as soon as the other has lost it.
        assert_eq!(lines(&export(&caller, "", "ndjson").await).len(), count);
        let (rest, reset) = apart(move || wire.rest()).await;
        assert!(reset && !ended(&rest) && rest.len() < HEAVY, "{version}: {} bytes", rest.len());
    }
}

#[actix_web::test]
async fn a_client_that_leaves_gives_its_connection_back() {
    let flags = ["--report-connections=1", "--send-timeout=3600", "--database-timeout=3"];
    let app = support::app_with(&flags).await;
    let caller = app.as_role(Role::Administrator).await;
    let count = heavy(&app).await;
    let mut wire = begin(&app, &caller, "GET", "HTTP/1.1");
    let wire = apart(move || {
        assert_eq!(wire.hear().unwrap().status, 200);
        wire
    })
    .await;
    for format in ["csv", "xlsx", "ndjson"] {
        let waiting = caller.get(&format!("/schools/export?format={format}")).await;
        waiting.problem(503, "unavailable");
        assert!(waiting.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    caller.get("/schools").await.expect(200);
    drop(wire);
    let next = until("the connection is free", async || {
        let reply = caller.get("/schools/export?format=ndjson").await;
        (reply.status == 200).then_some(reply)
    });
    assert_eq!(lines(&next.await).len(), count);
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
async fn what_fails_midway_never_passes_for_the_whole() {
    let (app, caller, id) = spoilt().await;
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let mut wire = begin(&app, &caller, "GET", version);
        let (reply, reset) = apart(move || wire.rest()).await;
        let text = String::from_utf8_lossy(&reply);
        assert!(text.starts_with("HTTP/1.") && text.contains(" 200 OK\r\n"), "{text}");
        assert!(text.contains("School 011") && !text.contains(&id.to_string()), "{text}");
        assert!(reset && !ended(&reply), "{version}");
    }
    // Before the first byte it is a problem like any other, and a sheet is whole before it.
    for query in ["q=zzz&format=csv", "q=zzz&format=ndjson", "format=xlsx"] {
        caller.get(&format!("/schools/export?{query}")).await.problem(500, "internal");
    }
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
