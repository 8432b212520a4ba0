//! Neither end loses a change when it is killed.

use std::collections::HashMap;
use std::time::Duration;

use entity::identity::grant::Role;
use serde_json::json;

use super::{Answer, Got, Hook, Receiver, names};
use crate::support::{self, until};

const FLAGS: [&str; 1] = ["--webhook-networks=127.0.0.0/8"];

/// The messages in the order in which each came first.
fn first(got: &[Got]) -> Vec<Got> {
    let mut seen = HashMap::new();
    let mut first = Vec::new();
    for one in got {
        let known = seen.entry(one.id.clone()).or_insert_with(|| {
            first.push(one.clone());
            one.raw.clone()
        });
        assert_eq!(*known, one.raw, "one id, one content");
    }
    first
}

#[actix_web::test]
async fn killing_the_program_between_deliveries_loses_and_invents_nothing() {
    let mut app = support::program(&FLAGS).await;
    let head = app.as_role(Role::HeadOfService).await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({ "resources": ["area"] })).await;
    let mut areas = Vec::new();
    for round in 0..2 {
        let head = app.again(&head).at(app.base());
        let before = receiver.got().len();
        // Each takes a moment, so that the program is killed while requests are on their way.
        receiver.answer((0..200).map(|_| Answer::Late(200, Duration::from_millis(30))));
        for n in 0..30 {
            let name = format!("Area {round}-{n:02}");
            app.area(&head, &name).await;
            areas.push(name);
        }
        until("some have arrived", async || (receiver.got().len() >= before + 8).then_some(())).await;
        app.process().kill();
        app.start(&FLAGS);
    }
    // A run that was killed holds its webhook for half a minute.
    until("all have arrived", async || (first(&receiver.got()).len() == areas.len()).then_some(())).await;
    let got = receiver.got();
    for one in &got {
        one.verify(&hook.secret);
    }
    assert_eq!(names(&first(&got)), areas);
    assert!(got.len() <= areas.len() + 3, "at most the one on its way is sent twice: {}", got.len() - areas.len());
    let head = app.again(&head).at(app.base());
    until("the log knows", async || {
        let states = hook.deliveries(&head).await;
        let delivered = states.iter().filter(|it| it["state"] == "delivered").count();
        (states.len() == areas.len() && delivered == areas.len()).then_some(())
    })
    .await;
    let log = app.process().log();
    assert!(!log.contains(&hook.secret) && !log.contains("whsec_"), "{log}");
}
