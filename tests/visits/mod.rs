//! Visits to schools: their states, their reports with the schools' answers, and what is agreed to be done.

mod actions;
mod deadlines;
mod planning;
mod reach;
mod reports;
mod states;
mod together;

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::framework::FrameworkKind;
use entity::identity::grant::Role;
use entity::row::Meta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frameworks;
use crate::support::{self, App, Caller, Reply};

/// A visit of the caller's that was made on a day in the past.
pub async fn visited(by: &Caller, school: Uuid, day: &str, kind: &str, mode: &str) -> Uuid {
    let form = json!({
        "school_id": school, "visitor_id": by.person(), "kind": kind, "mode": mode,
        "starts_at": format!("{day}T10:00:00Z"), "ends_at": format!("{day}T11:00:00Z"),
    });
    let visit = by.post("/visits", &form).await.expect(201).id();
    for verb in ["confirm", "complete"] {
        by.act(&format!("/visits/{visit}/{verb}"), Some("*")).await.expect(200);
    }
    visit
}

/// A hub with a school, whose specialist leader and head are there.
pub struct Hub {
    pub app: App,
    pub head: Caller,
    pub specialist: Caller,
    pub school_head: Caller,
    pub school: Uuid,
}

impl Hub {
    pub async fn new() -> Self {
        let app = support::app().await;
        let head = app.as_role(Role::HeadOfService).await;
        let school = app.school(&head, "Ash", json!({})).await.id();
        let specialist = app.as_role(Role::SpecialistLeader).await;
        let school_head = app.at_school(Role::SchoolHead, school).await;
        let made = Self { app, head, specialist, school_head, school };
        made.assign(school).await;
        made
    }

    /// Gives the specialist leader a school for the days of these tests.
    pub async fn assign(&self, school: Uuid) -> Uuid {
        let person = self.specialist.person();
        let form = json!({ "person_id": person, "school_id": school, "role": "lead", "from_on": "2014-04-01" });
        self.head.post("/assignments", &form).await.expect(201).id()
    }

    /// Says what the specialist leader is in the hub.
    pub async fn designate(&self, role: &str) -> Uuid {
        let person = self.specialist.person();
        let form = json!({ "person_id": person, "role_text": role, "basis": "appointed", "from_on": "2014-04-01" });
        self.head.post("/designations", &form).await.expect(201).id()
    }

    /// The name of the specialist leader.
    pub async fn name_of_specialist(&self) -> String {
        let person = self.head.get(&format!("/people/{}", self.specialist.person())).await.expect(200).json();
        person["name"].as_str().unwrap().to_owned()
    }

    /// The form of a visit of the specialist leader that lasted an hour and a half, some days ago.
    pub fn form(&self) -> Value {
        form(self.school, self.specialist.person())
    }

    /// A visit in a state that it comes to without a report.
    pub async fn visit(&self, verbs: &[&str]) -> Uuid {
        let visit = self.head.post("/visits", &self.form()).await.expect(201).id();
        for verb in verbs {
            step(&self.head, visit, verb).await.expect(200);
        }
        visit
    }

    /// A visit that was made, with the draft of its report.
    pub async fn drafted(&self) -> (Uuid, Uuid) {
        let visit = self.visit(&["confirm", "complete"]).await;
        let report = self.head.post("/visit-reports", &report(visit)).await.expect(201).id();
        (visit, report)
    }

    /// A visit whose report the school has.
    pub async fn shared(&self) -> (Uuid, Uuid) {
        let (visit, report) = self.drafted().await;
        answer(&self.head, report, "share", None).await.expect(200);
        (visit, report)
    }
}

pub fn form(school: Uuid, visitor: Uuid) -> Value {
    json!({
        "school_id": school,
        "visitor_id": visitor,
        "kind": "initial",
        "mode": "in_person",
        "starts_at": "2014-08-28T09:00:00Z",
        "ends_at": "2014-08-28T10:30:00Z",
        "purpose": "Hear the choir",
        "note": "Ask about the piano",
    })
}

pub fn report(visit: Uuid) -> Value {
    json!({
        "visit_id": visit,
        "seen": "Two lessons",
        "strengths": "Everybody sings",
        "areas_to_develop": "Composing",
        "judgement": "A secure start",
        "rag": "amber",
    })
}

/// The form with some of its fields as given.
pub fn with(mut form: Value, more: Value) -> Value {
    for (field, value) in more.as_object().unwrap() {
        form[field] = value.clone();
    }
    form
}

/// Takes a visit to its next state, with the reason that some verbs need.
pub async fn step(by: &Caller, visit: Uuid, verb: &str) -> Reply {
    let path = format!("/visits/{visit}/{verb}");
    match verb {
        "decline" | "cancel" => by.post(&path, &json!({ "reason": "The hall is closed" })).await,
        _ => by.act(&path, None).await,
    }
}

/// Takes a version of a report to its next state, with what the school says where it answers.
pub async fn answer(by: &Caller, report: Uuid, verb: &str, comment: Option<&str>) -> Reply {
    let path = format!("/visit-reports/{report}/{verb}");
    match comment {
        Some(comment) => by.post(&path, &json!({ "comment": comment })).header("if-match", "*").await,
        None => by.act(&path, Some("*")).await,
    }
}

pub async fn status(by: &Caller, path: &str) -> String {
    let item = by.get(path).await.expect(200).json();
    item["status"].as_str().unwrap().to_owned()
}

/// A school submits a visit audit.
pub async fn audited(hub: &Hub, school: Uuid) -> Uuid {
    let framework = with(frameworks::singing(), json!({ "kind": "visit_audit" }));
    let framework = hub.head.post("/frameworks", &framework).await.expect(201).id();
    let now = hub.app.clock.now();
    let Meta { hub_id, id, version, created_at, updated_at, archived_at } =
        Meta::first(hub.app.hub, Uuid::now_v7(), now);
    let row = evaluation::Model {
        hub_id,
        id,
        version,
        created_at,
        updated_at,
        archived_at,
        school_id: school,
        framework_id: framework,
        kind: FrameworkKind::VisitAudit,
        academic_year: "2014/15".to_owned(),
        self_evaluation_year: None,
        status: EvaluationStatus::Submitted,
        round: 1,
        note: None,
        comments: None,
        submitted_at: Some(now),
        submitted_by_id: None,
        moderation_began_at: None,
        decided_at: None,
        decided_by_id: None,
    };
    hub.app.insert::<evaluation::Entity>(hub.app.hub, vec![row]).await;
    id
}
