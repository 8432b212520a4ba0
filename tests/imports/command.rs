//! `smep import gias`: the same from the command line.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;

use super::{file, holds, many, of_urn, office, ready, row_of, rows_of, school, schools};
use crate::support::database::folder;
use crate::support::process::{said, smep};
use crate::support::{self, App, Caller};

/// More than the program may ever hold of a file, with any content.
const MOST_MEMORY: u64 = 300 << 20;

/// Runs it to its end, without making anybody else on this thread wait.
async fn import(app: &App, path: &Path, more: &[&str]) -> Output {
    let mut command = command(app, path, more);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn command(app: &App, path: &Path, more: &[&str]) -> std::process::Command {
    let path = path.display().to_string();
    let mut command = smep(&["import", "gias", &path, "--hub=leicester", "--database-url", app.database.url()]);
    command.args(more);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn last(caller: &Caller) -> serde_json::Value {
    caller.get("/imports?sort=-created_at&limit=1").await.expect(200).json()["items"][0].clone()
}

#[actix_web::test]
async fn the_command_tells_the_counts_and_ends_as_the_import_did() {
    // The program goes by the machine's clock.
    let app = support::program(&[]).await;
    let office = ready(&app).await;
    let folder = folder();
    let path = folder.path().join("edubasealldata20141101.csv");
    let register = file(&[school(120_001, &[]), school(120_002, &[("EstablishmentName", "")]), school(120_003, &[])]);
    std::fs::write(&path, register).unwrap();

    let dry = import(&app, &path, &["--dry-run"]).await;
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    assert!(text(&dry.stdout).contains("nothing was written"), "{}", said(&dry));
    assert_eq!(schools(&office).await, 0);

    let atomic = import(&app, &path, &["--mode=atomic"]).await;
    assert_eq!(atomic.status.code(), Some(1), "{}", said(&atomic));
    assert_eq!(text(&atomic.stderr).lines().count(), 1, "{}", said(&atomic));
    assert!(text(&atomic.stderr).contains("1 rows were rejected"), "{}", said(&atomic));
    assert_eq!(schools(&office).await, 0);

    let each = import(&app, &path, &[]).await;
    assert_eq!(each.status.code(), Some(0), "{}", said(&each));
    assert!(text(&each.stderr).is_empty(), "{}", said(&each));
    let told = text(&each.stdout);
    for line in ["3  read", "2  created", "0  updated", "1  rejected", "2  items written"] {
        assert!(told.lines().any(|told| told.trim() == line), "{line}: {told}");
    }
    assert_eq!(schools(&office).await, 2);
    let job = last(&office).await;
    holds(&job, json!({ "state": "finished", "actor_kind": "system", "actor_id": null, "created": 2, "rejected": 1 }));
    assert_eq!(job["file_name"], "edubasealldata20141101.csv");
    assert!(told.contains(job["id"].as_str().unwrap()));
    assert_eq!(office.all("/imports").await.len(), 3);
}

#[actix_web::test]
async fn an_import_that_cannot_begin_says_why_in_one_line() {
    let app = support::program(&[]).await;
    let office = ready(&app).await;
    let folder = folder();
    let (path, zip) = (folder.path().join("a.csv"), folder.path().join("a.zip"));
    std::fs::write(&path, many(120_001, 1)).unwrap();
    std::fs::write(&zip, b"PK\x03\x04 edubasealldata.csv").unwrap();
    for (path, more, expected) in [
        (folder.path().join("none.csv"), &[][..], "none.csv"),
        (zip, &[], "ZIP"),
        (path.clone(), &["--source=links"], "links"),
        (path, &["--source=group-links"], "groups"),
    ] {
        let output = import(&app, &path, more).await;
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert_eq!(text(&output.stderr).lines().count(), 1, "{}", said(&output));
        assert!(text(&output.stderr).contains(expected), "{}", said(&output));
    }
    assert_eq!(office.all("/imports").await.len(), 0);
}

#[actix_web::test]
async fn a_line_of_a_gigabyte_costs_one_row_and_no_memory() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("skipped: this machine does not tell how much memory a program takes");
        return;
    }
    let (app, office) = office().await;
    let folder = folder();
    let path = folder.path().join("long.csv");
    let register = file(&[school(120_001, &[]), school(120_002, &[])]);
    let second = register.find("\"120002\"").or_else(|| register.find("120002")).unwrap();
    let start = register[..second].rfind("\r\n").unwrap() + 2;
    let mut made = File::create(&path).unwrap();
    made.write_all(&register.as_bytes()[..start]).unwrap();
    // What is left out on the disk reads as zeros.
    made.seek(SeekFrom::Current(1 << 30)).unwrap();
    made.write_all(b"\r\n").unwrap();
    made.write_all(&register.as_bytes()[start..]).unwrap();
    drop(made);

    let mut command = command(&app, &path, &[]);
    let (output, most) = tokio::task::spawn_blocking(move || {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            most = most.max(peak(child.id()).unwrap_or(0));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        (child.wait_with_output().unwrap(), most)
    })
    .await
    .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(0 < most && most < MOST_MEMORY, "at most {} MiB", most >> 20);
    let job = last(&office).await;
    holds(&job, json!({ "state": "finished", "read": 3, "created": 2, "rejected": 1, "written": 2 }));
    let rejected = rows_of(&office, &job, "outcome=rejected").await;
    holds(&rejected[0], json!({ "line": 3, "code": "line_too_long", "urn": null }));
    assert_eq!(row_of(&office, &job, 120_002).await["line"], 4);
    of_urn(&office, 120_002).await;
}

/// The most memory that a running process has had, bytes.
fn peak(id: u32) -> Option<u64> {
    let mut status = String::new();
    File::open(format!("/proc/{id}/status")).ok()?.read_to_string(&mut status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
