//! PostgreSQL goes away under load and comes back.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use entity::identity::grant::Role;
use serde_json::json;

use crate::kernel::crash::whole_log;
use crate::support::{self, Cluster, Database, until};

#[actix_web::test]
async fn without_its_database_the_service_says_503_and_afterwards_serves_on() {
    let Some(cluster) = tokio::task::spawn_blocking(Cluster::start).await.unwrap() else { return };
    let cluster = Arc::new(cluster);
    let database = Database::at(cluster.url());
    database.open().await.migrate().await.unwrap();
    let app = support::program_over(database, &["--database-timeout=5"]).await;
    let caller = app.as_role(Role::Administrator).await;

    let acknowledged = Arc::new(Mutex::new(Vec::<String>::new()));
    let (next, away) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let caller = caller.clone();
            let (acknowledged, next) = (acknowledged.clone(), next.clone());
            let (away, stop) = (away.clone(), stop.clone());
            actix_web::rt::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    // The same request under the same key until it is done.
                    loop {
                        let body = json!({ "name": format!("Area {n}") });
                        let reply = caller.post("/areas", &body).key(&format!("key-{n}")).await;
                        match reply.status {
                            201 => {
                                acknowledged.lock().unwrap().push(reply.id().to_string());
                                break;
                            }
                            503 => {
                                reply.problem(503, "unavailable");
                                assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
                                away.fetch_add(1, Ordering::SeqCst);
                            }
                            _ => drop(reply.problem(409, "key-in-flight")),
                        }
                        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    }
                }
            })
        })
        .collect();

    for round in 1..=2 {
        let goal = acknowledged.lock().unwrap().len() + 40;
        until("it writes", async || (acknowledged.lock().unwrap().len() >= goal).then_some(())).await;
        let before = away.load(Ordering::SeqCst);
        let server = cluster.clone();
        tokio::task::spawn_blocking(move || server.down()).await.unwrap();
        until("writers are refused", async || (away.load(Ordering::SeqCst) > before).then_some(())).await;
        let ready = caller.get("//health/ready").await;
        ready.problem(503, "unavailable");
        assert!(ready.maybe("retry-after").is_some());
        let read = caller.get("/areas").await;
        read.problem(503, "unavailable");
        assert!(read.maybe("retry-after").is_some());
        caller.get("//health/live").await.expect(200);
        let server = cluster.clone();
        tokio::task::spawn_blocking(move || server.up()).await.unwrap();
        until("it is ready again", async || (caller.get("//health/ready").await.status == 200).then_some(())).await;
        println!("round {round}: {} told to wait", away.load(Ordering::SeqCst) - before);
    }
    let goal = acknowledged.lock().unwrap().len() + 40;
    until("it writes again", async || (acknowledged.lock().unwrap().len() >= goal).then_some(())).await;
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    let there: Vec<String> =
        caller.all("/areas").await.iter().map(|area| area["id"].as_str().unwrap().to_owned()).collect();
    let known: HashSet<String> = acknowledged.lock().unwrap().iter().cloned().collect();
    assert_eq!(known, there.iter().cloned().collect(), "no more and no fewer than acknowledged");
    assert_eq!(known.len(), acknowledged.lock().unwrap().len(), "one row for each key");
    whole_log(&caller, there.len()).await;
}
