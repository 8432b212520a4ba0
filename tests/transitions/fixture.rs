//! An item of any resource in any state.

mod engagement;
mod frameworks;
mod identity;
mod outcomes;
mod plans;
mod support;
mod visits;

use api::kernel::resource::transition::Transitions;
use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask;
use crate::plans::{hub, id, tree};
use crate::support::{App, Caller};
use crate::{evaluations, sync, webhooks};

/// A hub that makes an item of any resource in any state.
pub struct Fixture {
    pub app: App,
    pub head: Caller,
    /// Writes all plans, so that nobody else is their author.
    pub officer: Caller,
    pub governor: Caller,
    /// Reports on a target that a head of service, a governor and a monitor decide about.
    pub author: Caller,
    pub target: Uuid,
    pub school: Uuid,
    /// Published.
    pub framework: Uuid,
}

impl Fixture {
    pub async fn new() -> Self {
        let (app, head) = hub().await;
        let officer = app.as_role(Role::BusinessManager).await;
        let governor = app.as_role(Role::Governor).await;
        let author = app.as_role(Role::SpecialistLeader).await;
        let school = app.school(&head, "Ash", json!({})).await.id();
        let code = json!({ "code": "SM", "meaning": "School monitor" });
        head.post("/glossary-terms", &code).await.expect(201);
        let framework = evaluations::publish(&head, &crate::frameworks::singing()).await;
        let mut made = Self { app, head, officer, governor, author, target: Uuid::nil(), school, framework };
        let plan = made.plan("active").await;
        made.target = id(&tree(&made.head, plan).await, "/objectives/0/targets/0");
        made
    }

    pub async fn item(&self, table: &Transitions, state: &str) -> Uuid {
        match table.noun {
            "plan" => self.plan(state).await,
            "review" => self.review(state).await,
            "progress update" => self.update(state).await,
            "user" => self.user(state).await,
            "client" => self.client(state).await,
            "import" => self.import(state).await,
            "job" => self.job(state).await,
            "framework" => self.framework(state).await,
            "visit" => self.visit(state).await,
            "report" => self.report(state).await,
            "action" => self.action(state).await,
            "evaluation" => self.evaluation(state).await,
            "invitation" => self.invitation(state).await,
            "scheme" => self.scheme(state).await,
            "rating" => self.rating(state).await,
            "award scheme" => self.award_scheme(state).await,
            "award application" => self.award_application(state).await,
            "training event" => self.training_event(state).await,
            "attendance" => self.attendance(state).await,
            "package" => self.package(state).await,
            "pilot" => self.pilot(state).await,
            "order" => self.order(state).await,
            "meeting" => self.meeting(state).await,
            "message" => self.message(state).await,
            "practice" => self.practice(state).await,
            "link" => self.link(state).await,
            "share" => self.share(state).await,
            "definition" => self.definition(state).await,
            "collection" => self.collection(state).await,
            "return" => self.school_return(state).await,
            "run" => sync::in_state(&self.app, state).await,
            "match" => sync::match_in_state(&self.app, self.school, state).await,
            "webhook" => webhooks::in_state(&self.app, &self.head, state).await,
            "delivery of a webhook" => webhooks::delivery_in_state(&self.app, &self.head, state).await,
            other => panic!("nothing here makes a {other}"),
        }
    }

    async fn versioned(&self, path: &str, verbs: &[&str]) {
        for verb in verbs {
            self.head.act(&format!("{path}/{verb}"), Some("*")).await.expect(200);
        }
    }

    /// Uses verbs one after the other, each with a reason where it needs one.
    async fn steps(&self, path: &str, verbs: &[&str]) {
        for verb in verbs {
            let reason = if ["cancel", "reopen", "end"].contains(verb) || path.starts_with("/shared") {
                "required"
            } else {
                "no"
            };
            ask(&self.head, &format!("{path}/{verb}"), true, reason).await.expect(200);
        }
    }

    /// The item, and its history where it has one.
    pub async fn told(&self, table: &Transitions, item: Uuid) -> (Value, Value) {
        let path = format!("{}/{item}", table.path);
        let shown = self.head.get(&path).await.expect(200).json();
        if ["import", "job", "run", "delivery of a webhook"].contains(&table.noun) {
            return (shown, Value::Null);
        }
        (shown, self.head.get(&format!("{path}/history")).await.expect(200).json())
    }
}
