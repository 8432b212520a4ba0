//! The disk of SQLite or of temporary files is full or broken, and whole again.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use entity::identity::grant::Role;
use serde_json::json;

use crate::imports::bodies::{form, sent_form};
use crate::imports::{has_authorities, many, sent, taken};
use crate::kernel::crash::whole_log;
use crate::support::{self, Caller, Faults, Reply, until};

/// Writers that send each request under its key until it is done.
#[derive(Clone, Default)]
struct Load {
    acknowledged: Arc<Mutex<Vec<String>>>,
    refused: Arc<AtomicUsize>,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Writes until it is stopped; every refusal is this problem.
    async fn write(self, caller: Caller, status: u16, code: &'static str) {
        while !self.stop.load(Ordering::SeqCst) {
            let n = self.next.fetch_add(1, Ordering::SeqCst);
            let body = json!({ "name": format!("Area {n}") });
            loop {
                let reply = caller.post("/areas", &body).key(&format!("key-{n}")).await;
                if reply.status == 201 {
                    self.acknowledged.lock().unwrap().push(reply.id().to_string());
                    break;
                }
                reply.problem(status, code);
                assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
                self.refused.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn written(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    async fn goes_on(&self) {
        let goal = self.written() + 40;
        until("it writes", async || (self.written() >= goal).then_some(())).await;
    }

    async fn is_refused(&self) {
        let goal = self.refused.load(Ordering::SeqCst) + 10;
        until("it is refused", async || (self.refused.load(Ordering::SeqCst) >= goal).then_some(())).await;
    }
}

/// While the disk fails, writes are refused, reads go on, and the service is not ready. What was
/// acknowledged before, between and after is in the file once the program is killed.
async fn nothing_is_lost(fault: &str, status: u16, code: &'static str) {
    if support::database::server().is_some() {
        return;
    }
    let faults = Faults::new();
    let mut app = support::program_on(&faults).await;
    let caller = app.as_role(Role::Administrator).await;
    let load = Load::default();
    let writers: Vec<_> =
        (0..4).map(|_| actix_web::rt::spawn(load.clone().write(caller.clone(), status, code))).collect();
    for _ in 1..=3 {
        load.goes_on().await;
        faults.begin(fault);
        load.is_refused().await;
        let ready = caller.get("//health/ready").await;
        assert!(ready.problem(503, "unavailable")["detail"].as_str().unwrap().contains("writes"), "{ready:?}");
        caller.get("/areas").await.expect(200);
        faults.end(fault);
        until("it is ready again", async || (caller.get("//health/ready").await.status == 200).then_some(())).await;
    }
    load.goes_on().await;
    load.stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    app.process().kill();
    app.start(&[]);
    let caller = caller.at(app.base());
    let there: HashSet<String> =
        caller.all("/areas").await.iter().map(|area| area["id"].as_str().unwrap().to_owned()).collect();
    let known: HashSet<String> = load.acknowledged.lock().unwrap().iter().cloned().collect();
    assert_eq!(known.difference(&there).count(), 0, "acknowledged and lost");
    assert_eq!(there.len(), known.len(), "nothing was written twice");
    whole_log(&caller, there.len()).await;
}

#[actix_web::test]
async fn a_full_disk_loses_no_acknowledged_write() {
    nothing_is_lost("full", 507, "storage-full").await;
}

#[actix_web::test]
async fn a_disk_that_does_not_sync_loses_no_acknowledged_write() {
    nothing_is_lost("fsync", 503, "unavailable").await;
}

/// Asks for everything that is written to a temporary file: exports of these formats, and uploads of an
/// import in both forms.
async fn through_files(caller: &Caller, formats: &[&str]) -> Vec<Reply> {
    let mut replies = Vec::new();
    for format in formats {
        replies.push(caller.get(&format!("/schools/export?format={format}")).await);
    }
    let register = many(120_001, 300);
    replies.push(sent(caller, "dry_run=true", register.as_str()).await);
    replies.push(sent_form(caller, form(&[("file", "register.csv", &register)])).await);
    replies
}

/// While temporary files have this fault, what needs them is refused by this problem, and the rest goes
/// on; afterwards all is served again.
async fn temporary_files_fail(fault: &str, formats: &[&str], status: u16, code: &str) {
    let faults = Faults::new();
    let app = support::program_on(&faults).await;
    let caller = app.as_role(Role::Administrator).await;
    has_authorities(&caller).await;
    // A sheet of these is longer than what its writer holds in memory.
    taken(&caller, many(120_001, 300)).await;
    faults.begin(fault);
    for reply in through_files(&caller, formats).await {
        reply.problem(status, code);
        assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1, "{reply:?}");
    }
    app.area(&caller, "Charnwood").await;
    caller.get("//health/ready").await.expect(200);
    faults.end(fault);
    for format in ["csv", "ndjson", "xlsx"] {
        caller.get(&format!("/schools/export?format={format}")).await.expect(200);
    }
    taken(&caller, many(120_001, 300)).await;
}

#[actix_web::test]
async fn a_full_disk_of_temporary_files_is_storage_full() {
    temporary_files_fail("temporary-full", &["csv", "ndjson", "xlsx"], 507, "storage-full").await;
}

#[actix_web::test]
async fn temporary_files_that_cannot_be_written_are_unavailable() {
    temporary_files_fail("temporary-broken", &["csv", "ndjson", "xlsx"], 503, "unavailable").await;
}

#[actix_web::test]
async fn temporary_files_that_cannot_be_read_again_are_unavailable() {
    // The file of a text is read once its reply has begun.
    temporary_files_fail("temporary-unread", &["xlsx"], 503, "unavailable").await;
}
