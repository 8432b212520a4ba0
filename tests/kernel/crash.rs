//! What was acknowledged is there after the program was killed.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use entity::identity::grant::Role;
use serde_json::json;

use crate::support::{self, Caller, until};

/// Checks that the log is whole: numbers without gaps, and each of `areas` made once.
pub async fn whole_log(caller: &Caller, areas: usize) {
    let (mut after, mut made) = (0, Vec::new());
    loop {
        let part = caller.get(&format!("/changes?after={after}&limit=200")).await.expect(200).json();
        let items = part["items"].as_array().unwrap();
        if items.is_empty() {
            break;
        }
        for item in items {
            after += 1;
            assert_eq!(item["number"].as_i64(), Some(after), "a gap in the log");
            if item["operation"] == "create" {
                made.push(item["id"].as_str().unwrap().to_owned());
            }
        }
    }
    let once: HashSet<&String> = made.iter().collect();
    assert_eq!(once.len(), made.len(), "each was made once");
    assert_eq!(made.len(), areas, "as many entries as rows");
}

/// One that may have been acknowledged or not.
#[derive(Clone)]
struct Sent {
    name: String,
    key: String,
}

#[actix_web::test]
async fn killing_the_program_under_load_loses_no_acknowledged_write() {
    // On SQLite with `synchronous=FULL`, which is the default of the program.
    let mut app = support::program(&[]).await;
    let caller = app.as_role(Role::Administrator).await;
    let acknowledged = Arc::new(Mutex::new(Vec::<(String, Sent)>::new()));
    let unknown = Arc::new(Mutex::new(Vec::<Sent>::new()));
    let next = Arc::new(AtomicUsize::new(0));
    for round in 1..=3 {
        let caller = caller.at(app.base());
        let goal = acknowledged.lock().unwrap().len() + 60;
        let writers: Vec<_> = (0..6)
            .map(|_| {
                let (caller, next) = (caller.clone(), next.clone());
                let (acknowledged, unknown) = (acknowledged.clone(), unknown.clone());
                actix_web::rt::spawn(async move {
                    loop {
                        let n = next.fetch_add(1, Ordering::SeqCst);
                        let sent = Sent { name: format!("Area {n}"), key: format!("key-{n}") };
                        let reply = caller.post("/areas", &json!({ "name": sent.name })).key(&sent.key);
                        match reply.sent().await {
                            Ok(reply) => {
                                let id = reply.expect(201).id().to_string();
                                acknowledged.lock().unwrap().push((id, sent));
                            }
                            Err(_) => {
                                unknown.lock().unwrap().push(sent);
                                return;
                            }
                        }
                    }
                })
            })
            .collect();
        until("enough is acknowledged", async || (acknowledged.lock().unwrap().len() >= goal).then_some(())).await;
        app.process().kill();
        for writer in writers {
            writer.await.unwrap();
        }
        app.start(&[]);
        let caller = caller.at(app.base());
        let known: Vec<_> = acknowledged.lock().unwrap().clone();
        let there: HashSet<String> =
            caller.all("/areas").await.iter().map(|area| area["id"].as_str().unwrap().to_owned()).collect();
        let lost: Vec<_> = known.iter().filter(|(id, _)| !there.contains(id)).map(|it| &it.0).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
        whole_log(&caller, there.len()).await;
    }
    // A caller that does not know sends it again: one row each, whether it had been written or not.
    let caller = caller.at(app.base());
    let unknown = unknown.lock().unwrap().clone();
    assert!(!unknown.is_empty(), "something was under way when it was killed");
    for sent in &unknown {
        until("the key is free", async || {
            let reply = caller.post("/areas", &json!({ "name": sent.name })).key(&sent.key).await;
            (reply.status != 409).then(|| drop(reply.expect(201)))
        })
        .await;
    }
    let all = caller.all("/areas").await;
    assert_eq!(all.len(), acknowledged.lock().unwrap().len() + unknown.len());
    whole_log(&caller, all.len()).await;
}
