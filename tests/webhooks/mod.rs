//! Webhooks: what is sent to receivers, in which order, and how often.

mod addresses;
mod deliveries;
mod failures;
mod item;
mod killed;
mod receiver;
mod receiver_killed;
mod replays;

use std::collections::HashSet;

use api::exchange::webhook::look;
use entity::exchange::webhook::{self, DisabledReason, WebhookState};
use entity::exchange::webhook_delivery::{self, DeliveryState};
use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::receiver::{Answer, Got, Receiver};
use crate::support::{self, App, Caller};

/// What a partner system that follows schools and areas has.
const SCOPES: &str = "exchange:read schools:read";

/// A service that may reach this machine, and a head of service.
async fn app() -> (App, Caller) {
    let app = support::app_with(&["--webhook-networks=127.0.0.0/8"]).await;
    let head = app.as_role(Role::HeadOfService).await;
    (app, head)
}

/// A webhook with its secret.
struct Hook {
    path: String,
    id: Uuid,
    secret: String,
    client: Uuid,
}

impl Hook {
    /// Makes a webhook of a new partner system, with fields beyond those that every webhook has.
    async fn new(app: &App, by: &Caller, url: &str, more: Value) -> Self {
        Self::of(app, by, SCOPES, url, more).await
    }

    async fn of(app: &App, by: &Caller, scopes: &str, url: &str, more: Value) -> Self {
        let client = app.as_client(scopes).await.subject();
        let made = by.post("/webhooks", &form(client, url, more)).await.expect(201).json();
        let id = made["id"].as_str().unwrap();
        Self {
            path: format!("/webhooks/{id}"),
            id: id.parse().unwrap(),
            secret: made["secret"].as_str().unwrap().to_owned(),
            client,
        }
    }

    async fn shown(&self, by: &Caller) -> Value {
        by.get(&format!("{}?expand=progress", self.path)).await.expect(200).json()
    }

    /// Its deliveries, the first one first.
    async fn deliveries(&self, by: &Caller) -> Vec<Value> {
        by.all(&format!("/webhook-deliveries?webhook_id={}&sort=created_at", self.id)).await
    }
}

fn form(client: Uuid, url: &str, more: Value) -> Value {
    let mut form = json!({ "name": "Music service", "client_id": client, "url": url });
    if let (Value::Object(form), Value::Object(more)) = (&mut form, more) {
        form.extend(more);
    }
    form
}

/// Lets webhooks send until none has anything to send at the moment. Returns how many runs that took.
async fn send(app: &App) -> usize {
    let mut runs = 0;
    loop {
        let begun = look(&app.state).await.unwrap();
        app.state.jobs.ended().await;
        if begun == 0 {
            return runs;
        }
        runs += begun;
        assert!(runs < 1000, "it never ends");
    }
}

/// The names of areas that requests are about, in the order in which they came.
fn names(got: &[Got]) -> Vec<String> {
    let name = |got: &Got| got.body["data"]["fields"]["name"]["after"].as_str().unwrap_or_default().to_owned();
    got.iter().map(name).collect()
}

/// Checks that each message came once.
fn once(got: &[Got]) {
    let ids: HashSet<&str> = got.iter().map(|got| got.id.as_str()).collect();
    assert_eq!(ids.len(), got.len(), "{:?}", names(got));
}

/// A webhook in a state.
pub async fn in_state(app: &App, by: &Caller, state: &str) -> Uuid {
    let hook = Hook::new(app, by, "https://music-database.example/smep", json!({})).await;
    match state {
        "paused" => {
            by.act(&format!("{}/pause", hook.path), None).await.expect(200);
        }
        "disabled" => {
            app.write(app.hub, async |write| {
                let before = write.row::<webhook::Entity>(hook.id).await?;
                let disabled_reason = Some(DisabledReason::Gone);
                let after = webhook::Model { state: WebhookState::Disabled, disabled_reason, ..before };
                write.replace_row::<webhook::Entity>(&after).await
            })
            .await;
        }
        _ => {}
    }
    hook.id
}

/// A delivery in a state.
pub async fn delivery_in_state(app: &App, by: &Caller, state: &str) -> Uuid {
    let hook = in_state(app, by, "paused").await;
    let ping = by.act(&format!("/webhooks/{hook}/ping"), None).await.expect(202).id();
    let state = DeliveryState::ALL.iter().copied().find(|it| it.as_str() == state).unwrap();
    app.write(app.hub, async |write| {
        let before = write.row::<webhook_delivery::Entity>(ping).await?;
        let after = webhook_delivery::Model { state, ..before };
        write.replace_row::<webhook_delivery::Entity>(&after).await
    })
    .await;
    ping
}
