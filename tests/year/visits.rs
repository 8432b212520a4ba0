//! The school gets a specialist leader, who visits it.

use insta::assert_snapshot;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::Year;
use super::seen::Who::{Head, Music, Office, Principal, Specialist};
use super::seen::{ALL_OF_ASH, CARERS, HUB, RATINGS, VISITS};
use crate::evaluations::{answer_all, open_in};
use crate::visits::{form, status, step, with};

impl Year {
    pub async fn a_specialist_is_assigned(&self) {
        let specialist = self.by(Specialist);
        let visit = form(self.school, specialist.person());
        specialist.post("/visits", &visit).await.problem(422, "invalid");
        self.seen_in(&RATINGS).await.by("Nobody leads music", &HUB);
        let lead = json!({
            "person_id": specialist.person(), "school_id": self.school, "role": "lead",
            "from_on": "2014-09-01", "to_on": "2015-08-31", "reason": "Leads primary music nearby",
        });
        let made = self.by(Office).post("/assignments", &lead).await.expect(201);
        let held = specialist.get(&format!("/assignments/{}", made.id())).await.expect(200).json();
        assert_eq!((&held["role"], &held["to_on"]), (&json!("lead"), &json!("2015-08-31")));
        self.by(Office).post("/assignments", &lead).await.problem(409, "conflict");
        let due = specialist.get("/reports/visit-due").await.expect(200).json();
        assert_eq!((&due["found"], &due["lines"][0]["school_name"]), (&json!(1), &json!("Ash")));
        self.seen_in(&RATINGS).await.by("Nobody leads music", &CARERS);
    }

    pub async fn a_first_visit_is_planned(&self) -> Uuid {
        let times = json!({ "starts_at": "2014-09-15T09:00:00Z", "ends_at": "2014-09-15T10:30:00Z" });
        let planned = with(form(self.school, self.by(Specialist).person()), times);
        let visit = self.by(Specialist).post("/visits", &planned).await.expect(201);
        assert_eq!(visit.json()["status"], "planned");
        let seen = self.seen_in(&VISITS).await;
        seen.by("Ask about the piano", &CARERS);
        seen.by("Hear the choir", &ALL_OF_ASH);
        let briefing = self.by(Specialist).get(&format!("/schools/{}/briefing", self.school)).await.expect(200).json();
        assert_eq!(briefing["visits_to_come"][0]["id"], json!(visit.id()));
        assert_eq!((&briefing["last_visits"], &briefing["evaluation"]), (&json!([]), &Value::Null));
        visit.id()
    }

    pub async fn the_visit_is_confirmed_once_the_school_has_an_audit(&self, visit: Uuid) {
        assert_snapshot!(step(self.by(Specialist), visit, "confirm").await.refusal(409, "conflict"), @r"
        cannot confirm a first visit without a visit audit of the school: create one by POST /evaluations,
          and submit it
        ");
        // The specialist leader fills it in together with the school.
        let audit = open_in(self.by(Specialist), self.school, self.audit, "2014/15").await;
        answer_all(self.by(Music), audit, 2).await;
        let submit = format!("/evaluations/{audit}/submit");
        self.by(Music).act(&submit, Some("*")).await.problem(403, "forbidden");
        step(self.by(Specialist), visit, "confirm").await.problem(409, "conflict");
        self.by(Specialist).act(&submit, Some("*")).await.expect(200);
        let confirmed = step(self.by(Specialist), visit, "confirm").await.expect(200).json();
        assert_eq!((&confirmed["status"], confirmed.get("warnings")), (&json!("confirmed"), None));
        assert_eq!(status(self.by(Principal), &format!("/visits/{visit}")).await, "confirmed");
    }

    pub async fn the_visit_is_made(&mut self, visit: Uuid) {
        step(self.by(Specialist), visit, "complete").await.problem(409, "conflict");
        self.until(date!(2014 - 09 - 16));
        assert_eq!(self.covered("").await, json!([0, 4, 0.0]));
        let made = step(self.by(Specialist), visit, "complete").await.expect(200).json();
        assert_eq!((&made["status"], &made["completed_on"]), (&json!("completed"), &json!("2014-09-15")));
        assert_eq!(self.covered("").await, json!([1, 4, 25.0]));
        assert_eq!(self.covered("?as_at=2014-09-14").await, json!([0, 4, 0.0]), "as it was the day before");
    }

    /// Schools visited, of how many, and their share.
    pub async fn covered(&self, query: &str) -> Value {
        let report = self.by(Head).get(&format!("/reports/visit-coverage{query}")).await.expect(200).json();
        let visited = &report["total"]["visited"];
        json!([visited["numerator"], visited["denominator"], visited["percentage"]])
    }

    /// Returns the next visit.
    pub async fn open_actions_are_carried_on_to_the_next_visit(&mut self, first: Uuid) -> Uuid {
        self.until(date!(2014 - 11 - 11));
        let actions = self.by(Head).all(&format!("/actions?visit_id={first}&sort=due_on")).await;
        let ids: Vec<_> = actions.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        let [for_school, for_hub] = &ids[..] else { panic!("two actions: {actions:?}") };
        let overdue = self.by(Principal).get("/actions?overdue=true").await.expect(200).json();
        assert_eq!(overdue["items"][0]["id"], json!(for_school), "what was due in October");
        let times = json!({
            "starts_at": "2014-11-10T09:00:00Z", "ends_at": "2014-11-10T10:30:00Z", "kind": "follow_up",
            "purpose": "See composing", "note": null,
        });
        let planned = with(form(self.school, self.by(Specialist).person()), times);
        let second = self.by(Specialist).post("/visits", &planned).await.expect(201).id();
        for verb in ["confirm", "complete"] {
            step(self.by(Specialist), second, verb).await.expect(200);
        }
        let shown =
            self.by(Principal).get(&format!("/actions/{for_school}?expand=carried_to")).await.expect(200).json();
        assert_eq!((&shown["times_carried"], &shown["carried_to"]["id"]), (&json!(1), &json!(second)));

        // Done at last; what is the hub's own stays open.
        let complete = format!("/actions/{for_school}/complete");
        self.by(Principal).act(&complete, None).await.problem(403, "forbidden");
        let done = self.by(Specialist).post(&complete, &json!({ "reason": "Seen in Year 5" })).await.expect(200).json();
        assert_eq!((&done["status"], &done["done_on"]), (&json!("done"), &json!("2014-11-11")));
        assert_eq!(self.by(Principal).get("/actions?status=done").await.expect(200).ids().len(), 1);
        assert_eq!(self.history(&format!("/actions/{for_school}")).await, ["create", "show", "carry_on", "complete"]);
        let open = self.by(Head).get(&format!("/actions/{for_hub}")).await.expect(200).json();
        assert_eq!((&open["status"], &open["carried_to_id"]), (&json!("open"), &json!(second)));
        second
    }
}
