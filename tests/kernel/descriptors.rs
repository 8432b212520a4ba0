//! A program that may open no more files.

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use entity::identity::grant::Role;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use crate::imports::bodies::{BOUNDARY, form, sent_form};
use crate::imports::{ended, has_authorities, many, sent};
use crate::support::{self, App, Caller, Heard, Wire, until};

/// How often a question is repeated that something else got in the way of.
const TRIES: u32 = 40;

/// The usual limit of a program.
const USUAL: u32 = 1024;

/// Connections of clients stay open, also on a machine that stands still for a while.
const PATIENT: [&str; 2] = ["--keep-alive=600", "--header-timeout=600"];

/// The service with one connection in each pool of the database, which is open from the start.
async fn program() -> App {
    support::program(&[&PATIENT[..], &["--read-connections=1", "--report-connections=1"]].concat()).await
}

/// Lets the program have open files with numbers below `limit` only. Files with higher numbers stay open.
fn limit(app: &mut App, limit: u32) {
    let id = app.process().id();
    let set = Command::new("prlimit").args([format!("--pid={id}"), format!("--nofile={limit}:")]).status();
    assert!(set.unwrap().success());
}

/// Lets the program open no further file.
fn leave_no_room(app: &mut App) {
    leave_room(app, 0);
}

/// Lets the program open so many further files, by the lowest numbers that no open file has. A limit of as
/// many as are open would also leave every number that is free between them.
fn leave_room(app: &mut App, files: usize) {
    let open = std::fs::read_dir(format!("/proc/{}/fd", app.process().id())).unwrap();
    let open: HashSet<u32> = open.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
    limit(app, (0..).filter(|number| !open.contains(number)).nth(files).unwrap());
}

/// A connection that the program has accepted.
fn connected(app: &mut App) -> Wire {
    let mut wire = Wire::to(app.process().address());
    assert_eq!(ask(app, &mut wire, "GET /health/live HTTP/1.1\r\nHost: smep\r\n\r\n").status, 200);
    wire
}

fn ask(app: &mut App, wire: &mut Wire, request: impl AsRef<[u8]>) -> Heard {
    assert!(wire.send(request));
    wire.hear().unwrap_or_else(|| panic!("no reply:\n{}", app.process().log()))
}

fn get(caller: &Caller, path: &str) -> Vec<u8> {
    format!("GET /api/v1{path} HTTP/1.1\r\nHost: smep\r\nAuthorization: Bearer {}\r\n\r\n", caller.token()).into()
}

fn upload(caller: &Caller, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /api/v1/imports?source=gias-register HTTP/1.1\r\nHost: smep\r\nAuthorization: Bearer {}\r\n\
         Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        caller.token(),
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Asks on a connection of its own while the program can open no further file. Success means that a file
/// was closed meanwhile, such as that of an earlier reply or an idle connection: then the question is put
/// again.
fn refused(app: &mut App, request: &[u8]) -> Heard {
    for _ in 0..20 {
        limit(app, USUAL);
        let mut wire = connected(app);
        leave_no_room(app);
        let heard = ask(app, &mut wire, request);
        if heard.status >= 300 {
            return heard;
        }
    }
    panic!("it always finds a file to open")
}

/// Fails unless the reply is 503 and says when to come back; its detail.
#[track_caller]
fn unavailable(heard: &Heard) -> String {
    let problem: Value = serde_json::from_str(&heard.body).unwrap_or_else(|error| panic!("{error}: {heard:?}"));
    assert_eq!((heard.status, &problem["code"]), (503, &"unavailable".into()), "{heard:?}");
    let after = heard.head.to_lowercase();
    let after = after.lines().find_map(|line| line.strip_prefix("retry-after: "));
    assert!(after.unwrap_or_else(|| panic!("{heard:?}")).parse::<u64>().unwrap() >= 1);
    problem["detail"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn exports_without_room_for_another_file_are_503() {
    let mut app = program().await;
    let caller = app.as_role(Role::Administrator).await;
    app.area(&caller, "Charnwood").await;
    for format in ["csv", "ndjson", "xlsx"] {
        let export = format!("/schools/export?format={format}");
        // Opens the connections to the database that the export needs.
        caller.get(&export).await.expect(200);
        let detail = unavailable(&refused(&mut app, &get(&caller, &export)));
        assert!(detail.contains("too many files"), "{format}: {detail}");
        limit(&mut app, USUAL);
        let mut wire = connected(&mut app);
        leave_no_room(&mut app);
        assert_eq!(ask(&mut app, &mut wire, get(&caller, "/areas")).status, 200, "what needs no file is served");
        limit(&mut app, USUAL);
        until("there is room", async || (caller.get(&export).await.status == 200).then_some(())).await;
    }
}

#[actix_web::test]
async fn uploads_without_room_for_another_file_are_503() {
    let mut app = program().await;
    let caller = app.as_role(Role::Administrator).await;
    has_authorities(&caller).await;
    let register = many(120_001, 3);
    let fields = form(&[("file", "register.csv", &register)]);
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    for (kind, body) in [("text/csv", register.as_bytes()), (&multipart, &fields)] {
        let detail = unavailable(&refused(&mut app, &upload(&caller, kind, body)));
        assert!(detail.contains("too many files"), "{kind}: {detail}");
    }
    limit(&mut app, USUAL);
    until("there is room", async || {
        let reply = sent(&caller, "dry_run=true", register.as_str()).await;
        (reply.status == 202).then_some(())
    })
    .await;
    until("the first import has ended", async || {
        (sent_form(&caller, fields.clone()).await.status == 202).then_some(())
    })
    .await;
}

#[actix_web::test]
async fn an_import_whose_file_is_the_last_to_be_opened_is_taken_in() {
    let mut app = program().await;
    let caller = app.as_role(Role::Administrator).await;
    has_authorities(&caller).await;
    caller.get("/schools/export?format=csv").await.expect(200);
    let request = upload(&caller, "text/csv", many(120_001, 3).as_bytes());
    let mut tries = 0;
    let heard = loop {
        limit(&mut app, USUAL);
        let mut wire = connected(&mut app);
        leave_room(&mut app, 1);
        let heard = ask(&mut app, &mut wire, &request);
        if heard.status == 202 {
            break heard;
        }
        // Something else opened a file meanwhile.
        tries += 1;
        assert!(tries < TRIES, "the last reply was: {}", unavailable(&heard));
    };
    limit(&mut app, USUAL);
    let job: Value = serde_json::from_str(&heard.body).unwrap();
    let job = ended(&caller, job["id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(job["state"], "finished", "{job:#}");
}

/// How many connections of a pool are idle.
fn idle(app: &mut App, wire: &mut Wire, pool: &str) -> u32 {
    let metrics = ask(app, wire, "GET /metrics HTTP/1.1\r\nHost: smep\r\n\r\n").body;
    let name = format!("smep_database_connections{{pool=\"{pool}\",state=\"idle\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_else(|| panic!("{metrics}")).parse().unwrap()
}

/// How many statements wait for a lock in the database.
async fn waiting(app: &App) -> i64 {
    let db = app.state.db.read();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Sends a request that waits for a lock in the database; true once it does.
async fn waits(app: &App, wire: &mut Wire, request: &[u8]) -> bool {
    let before = waiting(app).await;
    wire.send(request);
    for _ in 0..100 {
        if waiting(app).await > before {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

#[actix_web::test]
async fn a_database_connection_that_cannot_be_opened_is_503() {
    if support::database::server().is_none() {
        return;
    }
    let mut app =
        support::program(&[&PATIENT[..], &["--read-connections=20", "--report-connections=20"]].concat()).await;
    let caller = app.as_role(Role::Administrator).await;
    caller.get("/areas").await.expect(200);
    let (mut spare, mut held) = ((0..16).map(|_| connected(&mut app)).collect::<Vec<_>>(), Vec::new());
    let mut asking = connected(&mut app);
    let lock = app.state.db.begin_write().await.unwrap();
    lock.execute_unprepared("LOCK TABLE area, school IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let export = "/schools/export?format=csv";
    for (pool, waiting, asked) in [("reports", export, export), ("read", "/areas", "/partners")] {
        for left in (0..TRIES).rev() {
            limit(&mut app, USUAL);
            while idle(&mut app, &mut asking, pool) > 0 {
                let mut wire = spare.pop().expect("a pool with fewer connections");
                if waits(&app, &mut wire, &get(&caller, waiting)).await {
                    held.push(wire);
                }
            }
            leave_no_room(&mut app);
            let heard = ask(&mut app, &mut asking, get(&caller, asked));
            // Otherwise it got a connection that somebody had put back, or a number that came free.
            if heard.status >= 300 && unavailable(&heard).contains("database cannot be reached") {
                break;
            }
            assert!(left > 0, "{pool}: the last reply was {}", heard.status);
        }
    }
    limit(&mut app, USUAL);
    lock.rollback().await;
    for wire in &mut held {
        assert_eq!(wire.hear().unwrap().status, 200, "who waited is served");
    }
    until("there is room", async || (caller.get("/partners").await.status == 200).then_some(())).await;
}
