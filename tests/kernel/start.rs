//! How the program starts, and the commands beside `serve`.

use std::process::Stdio;
use std::thread;

use entity::identity::grant::Role;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::kernel::crash::whole_log;
use crate::support::process::{run, said, smep};
use crate::support::{self, Caller, Database, Process, Wire};

/// The steps that a database remembers.
async fn steps(database: &Database) -> Vec<String> {
    let db = database.open().await;
    let text = "SELECT version FROM seaql_migrations ORDER BY version";
    let statement = Statement::from_string(db.backend(), text);
    let rows = db.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect()
}

#[actix_web::test]
async fn five_programs_starting_on_an_empty_database_migrate_it_once() {
    let database = Database::empty().await;
    let starting: Vec<_> = (0..5)
        .map(|_| {
            let url = database.url().to_owned();
            thread::spawn(move || Process::serve(&url, &[]))
        })
        .collect();
    let running: Vec<Process> = starting.into_iter().map(|it| it.join().unwrap()).collect();
    for process in &running {
        let nobody = Caller::nobody(process.base());
        nobody.get("//health/ready").await.expect(200);
    }
    let applied = steps(&database).await;
    let mut once = applied.clone();
    once.dedup();
    assert_eq!(applied, once);
    assert!(!applied.is_empty());
    let first: usize = running.iter().map(|process| process.log().matches("one-time password").count()).sum();
    assert_eq!(first, 1, "one of them made the first administrator and told its password");
    let mut keys: Vec<Value> = Vec::new();
    for process in &running {
        let jwks = Caller::nobody(process.base()).get("//.well-known/jwks.json").await;
        keys.push(jwks.expect(200).json());
    }
    keys.dedup();
    assert_eq!(keys.len(), 1, "they sign with one key: {keys:?}");
}

#[actix_web::test]
async fn no_migrate_refuses_an_old_schema_and_serves_a_new_one() {
    let database = Database::empty().await;
    let Err(log) = Process::try_serve(database.url(), &["--no-migrate"]) else {
        panic!("it started on an empty database")
    };
    assert!(log.contains("smep migrate"), "{log}");
    let line = log.lines().find(|line| line.starts_with("smep: ")).expect("one line");
    assert!(line.contains("pending"), "{line}");

    let url = format!("--database-url={}", database.url());
    let migrated = run(&["migrate", &url]);
    assert!(migrated.status.success(), "{}", said(&migrated));
    let again = run(&["migrate", &url]);
    assert!(said(&again).contains("up to date"), "{}", said(&again));
    let process = Process::serve(database.url(), &["--no-migrate"]);
    Caller::nobody(process.base()).get("//health/ready").await.expect(200);
}

#[actix_web::test]
async fn a_wrong_setting_stops_the_start_with_one_line_that_names_it() {
    let folder = support::database::folder();
    let file = folder.path().join("smep.db").display().to_string();
    for (variable, value) in [
        ("SMEP_LISTEN", "8080"),
        ("SMEP_BODY_LIMIT", "much"),
        ("SMEP_SEAL_KEY", "short"),
        ("SMEP_READ_CONNECTIONS", "0"),
        ("DATABASE_URL", "mysql://a/b"),
        ("SMEP_CORS_ORIGINS", "https://a.example/path"),
        ("SMEP_LOG_FORMAT", "xml"),
    ] {
        let mut command = smep(&["serve"]);
        command.env("DATABASE_URL", &file).env("SMEP_LISTEN", "127.0.0.1:0").env(variable, value);
        let output = command.output().unwrap();
        assert!(!output.status.success(), "{variable}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(text.trim().lines().count(), 1, "{variable}: {text}");
        assert!(text.contains(variable), "{variable} is not in: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
    let away = run(&["serve", "--database-url=postgres://postgres@127.0.0.1:1/none"]);
    assert!(!away.status.success());
    assert!(said(&away).contains("DATABASE_URL"), "{}", said(&away));
    let missing = run(&["backup", "copy.db", "--database-url=/nowhere/smep.db"]);
    assert!(!missing.status.success());
}

#[actix_web::test]
async fn help_lists_every_setting_with_its_variable() {
    let help = said(&run(&["serve", "--help"]));
    for variable in
        ["DATABASE_URL", "SMEP_LISTEN", "SMEP_SEAL_KEY", "SMEP_BODY_TIMEOUT", "SMEP_RATE_LIMIT", "SMEP_DEMO"]
    {
        assert!(help.contains(variable), "{variable} is not in:\n{help}");
    }
}

#[actix_web::test]
async fn a_port_that_is_taken_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("--listen={}", taken.local_addr().unwrap());
    let folder = support::database::folder();
    let file = folder.path().join("smep.db").display().to_string();
    let output = run(&["serve", "--database-url", &file, &listen]);
    assert!(!output.status.success());
    assert!(said(&output).contains("SMEP_LISTEN"), "{}", said(&output));
}

#[actix_web::test]
async fn a_stop_lets_what_runs_finish_and_says_not_ready_first() {
    let mut app = support::program(&["--shutdown-delay=5", "--body-timeout=60"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({ "name": "Charnwood" }).to_string();
    let (start, rest) = body.split_at(5);
    let mut wire = Wire::to(app.process().address());
    wire.send(format!(
        "POST /api/v1/areas HTTP/1.1\r\nHost: smep.test\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{start}",
        caller.token(),
        body.len(),
    ));
    // Its head has been read when another connection is answered after it.
    caller.get("//health/ready").await.expect(200);
    app.process().ask_to_stop();
    support::until("it says that it is not ready", async || {
        (caller.get("//health/ready").await.status == 503).then_some(())
    })
    .await;
    assert!(wire.send(rest));
    let heard = tokio::task::spawn_blocking(move || wire.hear()).await.unwrap();
    assert_eq!(heard.expect("the reply").status, 201);
    let status = app.process().ended();
    assert!(status.success(), "{status}\n{}", app.process().log());
}

#[actix_web::test]
async fn a_backup_taken_while_writing_goes_on_is_a_whole_database() {
    if support::database::server().is_some() {
        // PostgreSQL has pg_dump; the command says so and copies nothing.
        let database = Database::migrated().await;
        let folder = support::database::folder();
        let copy = folder.path().join("copy.db").display().to_string();
        let output = run(&["backup", &copy, "--database-url", database.url()]);
        assert!(!output.status.success(), "{}", said(&output));
        assert!(!folder.path().join("copy.db").exists());
        return;
    }
    let app = support::program(&[]).await;
    let caller = app.as_role(Role::Administrator).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let caller = caller.clone();
            actix_web::rt::spawn(async move {
                for n in 0..100 {
                    let name = format!("Area {writer} {n}");
                    caller.post("/areas", &json!({ "name": name })).await.expect(201);
                }
            })
        })
        .collect();
    support::until("some areas are there", async || {
        let changes = caller.get("/changes?limit=21").await.expect(200).json();
        (changes["items"].as_array().unwrap().len() == 21).then_some(())
    })
    .await;
    let folder = support::database::folder();
    let copy = folder.path().join("copy.db").display().to_string();
    let mut backup =
        smep(&["backup", &copy, "--database-url", app.database.url()]).stdout(Stdio::piped()).spawn().unwrap();
    // The writers go on meanwhile.
    let status = support::until("the copy is made", async || backup.try_wait().unwrap()).await;
    assert!(status.success());
    for writer in writers {
        writer.await.unwrap();
    }
    let before = caller.all("/areas").await.len();
    assert_eq!(before, 400);

    // The copy has the keys that tokens are signed with.
    let restored = Process::serve(&copy, &["--no-migrate"]);
    let caller = caller.at(restored.base());
    caller.get("//health/ready").await.expect(200);
    let areas = caller.all("/areas").await.len();
    assert!((20..=400).contains(&areas), "{areas}");
    whole_log(&caller, areas).await;
    let twice = run(&["backup", &copy, "--database-url", app.database.url()]);
    assert!(!twice.status.success(), "an existing file is left alone");
}
