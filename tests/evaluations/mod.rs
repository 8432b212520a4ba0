//! Evaluations: answered by a school, judged by people without a stake, each seeing what is theirs to see.

mod answering;
mod judging;
mod observing;
mod results;
mod sending;
mod whole;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::frameworks;
use crate::support::{self, App, Caller, Reply};

/// Publishes a framework.
pub async fn publish(by: &Caller, form: &Value) -> Uuid {
    let made = by.post("/frameworks", form).await.expect(201).id();
    by.act(&format!("/frameworks/{made}/publish"), Some("*")).await.expect(200);
    made
}

/// Opens an evaluation.
pub async fn open_in(by: &Caller, school: Uuid, framework: Uuid, year: &str) -> Uuid {
    let form = json!({ "school_id": school, "framework_id": framework, "academic_year": year });
    by.post("/evaluations", &form).await.expect(201).id()
}

/// The responses of an evaluation in order.
pub async fn responses(by: &Caller, evaluation: Uuid) -> Vec<Value> {
    by.all(&format!("/evaluation-responses?evaluation_id={evaluation}")).await
}

/// Gives every criterion the same level.
pub async fn answer_all(by: &Caller, evaluation: Uuid, level: i32) {
    let items = responses(by, evaluation)
        .await
        .into_iter()
        .map(|it| json!({ "evaluation_id": evaluation, "criterion_id": it["criterion_id"], "level": level }));
    let batch = json!({ "items": items.collect::<Vec<_>>() });
    let report = by.post("/evaluation-responses/batch", &batch).await.expect(200).json();
    assert_eq!(report["applied"], true, "{report}");
}

/// Invites a person to moderate.
pub async fn invite(by: &Caller, evaluation: Uuid, person: Uuid) -> Reply {
    by.post("/invitations", &json!({ "evaluation_id": evaluation, "person_id": person, "part": "moderator" })).await
}

/// Takes an evaluation to its next state.
async fn act(by: &Caller, evaluation: Uuid, verb: &str) -> Reply {
    by.act(&format!("/evaluations/{evaluation}/{verb}"), Some("*")).await
}

async fn send_back(by: &Caller, evaluation: Uuid, note: &str) -> Reply {
    by.post(&format!("/evaluations/{evaluation}/return"), &json!({ "reason": note })).header("if-match", "*").await
}

/// A hub with a school whose people answer, and somebody who judges.
struct Fixture {
    app: App,
    hub: Caller,
    head: Caller,
    staff: Caller,
    /// Assigned to no school.
    judge: Caller,
    school: Uuid,
    framework: Uuid,
    evaluation: Uuid,
}

impl Fixture {
    async fn new() -> Self {
        let app = support::app().await;
        let hub = app.as_role(Role::HeadOfService).await;
        let school = app.school(&hub, "Ash", json!({})).await.id();
        let head = app.at_school(Role::SchoolHead, school).await;
        let staff = app.at_school(Role::SchoolStaff, school).await;
        let judge = app.as_role(Role::SpecialistLeader).await;
        let framework = publish(&hub, &frameworks::singing()).await;
        let evaluation = open_in(&head, school, framework, "2014/15").await;
        Self { app, hub, head, staff, judge, school, framework, evaluation }
    }

    /// As [`Fixture::new`], with the evaluation in moderation by the one who judges.
    async fn in_moderation() -> Self {
        let made = Self::new().await;
        answer_all(&made.staff, made.evaluation, 2).await;
        act(&made.head, made.evaluation, "submit").await.expect(200);
        invite(&made.hub, made.evaluation, made.judge.person()).await.expect(201);
        act(&made.judge, made.evaluation, "moderate").await.expect(200);
        made
    }

    async fn judgement(&self, by: &Caller, at: usize, level: i32) -> Reply {
        let criterion = responses(&self.hub, self.evaluation).await[at]["criterion_id"].clone();
        let form = json!({
            "evaluation_id": self.evaluation,
            "criterion_id": criterion,
            "level": level,
            "comment": "In one term only",
        });
        by.post("/evaluation-judgements", &form).await
    }
}

#[actix_web::test]
async fn an_evaluation_goes_from_the_school_to_a_moderator_and_back_and_is_agreed() {
    let Fixture { head, judge, staff, evaluation, hub, .. } = &Fixture::in_moderation().await;
    let fixture_levels = responses(head, *evaluation).await;
    let form = json!({
        "evaluation_id": evaluation,
        "criterion_id": fixture_levels[0]["criterion_id"],
        "level": 1,
        "comment": "In one term only",
    });
    judge.post("/evaluation-judgements", &form).await.expect(201);
    send_back(judge, *evaluation, "Say in which terms").await.expect(200);
    let differences = head.get(&format!("/evaluations/{evaluation}/differences")).await.expect(200).json();
    assert_eq!(differences["differing"], 1);
    assert_eq!(differences["items"][0]["judgements"][0]["level"], 1);
    let shown = head.get(&format!("/evaluations/{evaluation}")).await.expect(200).json();
    assert_eq!((&shown["status"], &shown["comments"]), (&json!("returned"), &json!("Say in which terms")));

    // The school answers again; what it sent stays as it was.
    let path = format!("/evaluation-responses/{}", fixture_levels[0]["id"].as_str().unwrap());
    staff.patch(&path, &json!({ "level": 1 }), "*").await.expect(200);
    let sent = head.all(&format!("/evaluation-submissions?evaluation_id={evaluation}")).await;
    assert_eq!((&sent[0]["answers"][0]["level"], &sent[0]["decision"]), (&json!(2), &json!("returned")));
    act(head, *evaluation, "submit").await.expect(200);
    act(judge, *evaluation, "moderate").await.expect(200);
    let mut form = form;
    form["criterion_id"] = fixture_levels[1]["criterion_id"].clone();
    form["level"] = json!(3);
    judge.post("/evaluation-judgements", &form).await.expect(201);
    act(judge, *evaluation, "agree").await.expect(200);

    let levels: Vec<_> = responses(head, *evaluation).await.iter().map(|it| it["agreed_level"].clone()).collect();
    assert_eq!(levels, [json!(1), json!(3)]);
    let sent = head.all(&format!("/evaluation-submissions?evaluation_id={evaluation}&sort=round")).await;
    let decisions: Vec<_> = sent.iter().map(|it| it["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["returned", "agreed"]);
    assert_eq!(hub.all("/invitations").await[0]["status"], "completed");
    judge.get(&format!("/evaluations/{evaluation}")).await.problem(404, "not-found");
}
