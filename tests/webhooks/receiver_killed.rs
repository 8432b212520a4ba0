//! A receiver that is a program of its own is killed in the middle of deliveries.

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Hook, app, send};
use crate::support::database::folder;
use crate::support::until;

/// Writes down each request, waits a little, then answers: it is killed before, between and after.
const PROGRAM: &str = r#"
import http.server, json, os, sys, time

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        time.sleep(0.01)
        line = json.dumps({"id": self.headers["webhook-id"], "body": body}) + "\n"
        with open(sys.argv[2], "a") as log:
            log.write(line)
            log.flush()
            os.fsync(log.fileno())
        time.sleep(0.03)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
"#;

/// The program, which is killed when it is dropped.
struct Receiver(Child);

impl Receiver {
    async fn start(port: u16, log: &Path) -> Self {
        let mut program = Command::new("python3");
        program.args(["-c", PROGRAM, &port.to_string()]).arg(log).stdin(Stdio::null());
        let started = Self(program.spawn().unwrap());
        until("it listens", async || std::net::TcpStream::connect(("127.0.0.1", port)).ok()).await;
        started
    }

    /// Kills it once it has written down so many requests and a moment has gone by.
    fn killed_after(mut self, lines: usize, moment: Duration, log: PathBuf) -> JoinHandle<()> {
        std::thread::spawn(move || {
            while got(&log).len() < lines {
                std::thread::sleep(Duration::from_millis(2));
            }
            std::thread::sleep(moment);
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What was written down, in its order: the ids and names of the areas. A line without an end is none.
fn got(log: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let body: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        let name = body["data"]["fields"]["name"]["after"].as_str().unwrap().to_owned();
        (line["id"].as_str().unwrap().to_owned(), name)
    });
    lines.collect()
}

#[actix_web::test]
async fn a_receiver_killed_in_the_middle_of_deliveries_misses_nothing_and_gets_nothing_twice_by_id() {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "the receiver is a program in Python");
        return;
    }
    let (app, mut head) = app().await;
    let folder = folder();
    let log = folder.path().join("got");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let more = json!({ "resources": ["area"] });
    let hook = Hook::new(&app, &head, &format!("http://127.0.0.1:{port}/hook"), more).await;
    let mut areas = Vec::new();
    for round in 0..5u64 {
        for n in 0..8 {
            let name = format!("Area {round}-{n}");
            app.area(&head, &name).await;
            areas.push(name);
        }
        let receiver = Receiver::start(port, &log).await;
        let moment = Duration::from_millis(round * 9);
        let killed = receiver.killed_after(got(&log).len() + 2, moment, log.clone());
        send(&app).await;
        killed.join().unwrap();
        app.clock.advance(Duration::from_mins(10));
        head = app.again(&head);
    }
    let _receiver = Receiver::start(port, &log).await;
    until("all have arrived", async || {
        send(&app).await;
        app.clock.advance(Duration::from_mins(10));
        let head = app.again(&head);
        let deliveries = hook.deliveries(&head).await;
        let delivered = deliveries.iter().filter(|it| it["state"] == "delivered").count();
        (delivered == areas.len()).then_some(())
    })
    .await;
    let (mut known, mut first) = (HashMap::new(), Vec::new());
    for (id, name) in got(&log) {
        match known.insert(id, name.clone()) {
            None => first.push(name),
            Some(before) => assert_eq!(before, name, "one id, one message"),
        }
    }
    assert_eq!(first, areas, "each once by its id, in the order of the changes");
}
