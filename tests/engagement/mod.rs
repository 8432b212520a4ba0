//! Meetings, messages to schools, consultations, and practice that is shared with schools and with other hubs.

mod consultations;
mod hubs;
mod meetings;
mod messages;
mod practice;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply};
use crate::visits::with;

/// A hub with three schools in scope, of which the first has a head.
struct Hub {
    app: App,
    head: Caller,
    ash: Uuid,
    beech: Uuid,
    cedar: Uuid,
    ash_head: Caller,
    beech_head: Caller,
}

impl Hub {
    async fn new() -> Self {
        let app = support::app().await;
        let head = app.as_role(Role::HeadOfService).await;
        let ash = app.school(&head, "Ash", json!({})).await.id();
        let beech = app.school(&head, "Beech", json!({ "phase": "secondary" })).await.id();
        let cedar = app.school(&head, "Cedar", json!({})).await.id();
        let ash_head = app.at_school(Role::SchoolHead, ash).await;
        let beech_head = app.at_school(Role::SchoolHead, beech).await;
        Self { app, head, ash, beech, cedar, ash_head, beech_head }
    }

    /// A message, sent to the schools that the form chooses.
    async fn sent(&self, kind: &str, more: &Value) -> Uuid {
        let message = self.head.post("/communications", &message(kind, more)).await.expect(201).id();
        act(&self.head, &format!("/communications/{message}/send")).await.expect(200);
        message
    }

    /// A piece of practice that schools see.
    async fn published(&self, more: &Value) -> Uuid {
        let made = self.head.post("/shared-practice", &practice(more)).await.expect(201).id();
        act(&self.head, &format!("/shared-practice/{made}/publish")).await.expect(200);
        made
    }

    /// The recipient of a message that a school is.
    async fn recipient(&self, message: Uuid, school: Uuid) -> String {
        let list = format!("/communication-recipients?communication_id={message}&school_id={school}");
        let [id] = self.head.get(&list).await.expect(200).ids()[..] else { panic!("one recipient: {list}") };
        format!("/communication-recipients/{id}")
    }
}

/// Uses a verb that takes a version.
async fn act(by: &Caller, path: &str) -> Reply {
    by.act(path, Some("*")).await
}

/// Uses a verb that takes a version and a reason.
async fn because(by: &Caller, path: &str) -> Reply {
    by.post(path, &json!({ "reason": "As agreed" })).header("if-match", "*").await
}

pub fn meeting(kind: &str, more: &Value) -> Value {
    let form = json!({
        "kind": kind,
        "title": "Spring term",
        "starts_at": "2014-08-28T15:00:00Z",
        "ends_at": "2014-08-28T16:30:00Z",
        "notes": "All schools reported",
    });
    with(form, more.clone())
}

pub fn message(kind: &str, more: &Value) -> Value {
    let form = json!({ "title": "Sing!", "kind": kind, "channel": "email", "body": "Come and sing" });
    with(form, more.clone())
}

pub fn practice(more: &Value) -> Value {
    let form = json!({
        "kind": "case_study",
        "title": "From ukulele to a band",
        "text": "Every pupil chose an instrument",
        "audience": "all",
        "consent_by": "Head teacher",
        "consent_confirmed_on": "2014-08-25",
        "note": "Ask again in spring",
    });
    with(form, more.clone())
}

/// Proposes a link to the hub of a slug.
pub async fn propose(by: &Caller, slug: &str) -> Uuid {
    by.post("/hub-links", &json!({ "partner_slug": slug })).await.expect(201).id()
}

/// A link that somebody of another hub proposes to the hub of these tests, as this hub has it.
pub async fn offered(head: &Caller, there: &Caller, slug: &str) -> Uuid {
    propose(there, "leicester").await;
    head.get(&format!("/hub-links?partner_slug={slug}")).await.expect(200).ids()[0]
}

/// Accepts the only link that is offered.
pub async fn accept(by: &Caller) {
    let [link] = by.get("/hub-links?status=offered").await.expect(200).ids()[..] else { panic!("one is offered") };
    by.act(&format!("/hub-links/{link}/accept"), None).await.expect(200);
}

/// Shares a piece of practice by a link.
pub async fn share(by: &Caller, link: Uuid, practice: Uuid) -> Reply {
    let form = json!({ "link_id": link, "item_kind": "shared_practice", "item_id": practice, "note": "They asked" });
    by.post("/hub-shares", &form).await
}
