//! The report of the first visit, which the school disputes; the next visit's; and a lesson that was observed.

use serde_json::json;
use time::macros::date;
use uuid::Uuid;

use super::Year;
use super::seen::Who::{Governor, Head, Music, Office, Principal, Specialist};
use super::seen::{ALL_OF_ASH, CARERS, LESSONS, VISITS};
use crate::visits::{answer, report, status, with};

impl Year {
    pub async fn its_report_is_drafted(&self, visit: Uuid) -> Uuid {
        let action = |text: &str, audience: &str, due_on: &str| {
            json!({
                "school_id": self.school, "source_kind": "visit", "source_id": visit, "text": text,
                "owner_role": "Head of music", "due_on": due_on, "audience": audience,
            })
        };
        for action in
            [action("Plan composing", "after_sharing", "2014-10-31"), action("Speak to the trust", "hub", "2014-12-19")]
        {
            self.by(Specialist).post("/actions", &action).await.expect(201);
        }
        let incomplete = json!({ "visit_id": visit, "seen": "A first impression", "rag": "red" });
        let draft = self.by(Specialist).post("/visit-reports", &incomplete).await.expect(201);
        let refused = answer(self.by(Specialist), draft.id(), "share", None).await;
        assert_eq!(refused.faults(), [("/judgement".to_owned(), "missing".to_owned())]);
        let rest = json!({ "judgement": "Composing is missing", "areas_to_develop": "Composing" });
        let path = format!("/visit-reports/{}", draft.id());
        self.by(Specialist).patch(&path, &rest, &draft.etag()).await.expect(200);
        let seen = self.seen_in(&VISITS).await;
        for words in ["A first impression", "Composing is missing", "Plan composing", "Speak to the trust"] {
            seen.by(words, &CARERS);
        }
        draft.id()
    }

    pub async fn the_school_disputes_the_report(&mut self, visit: Uuid, report: Uuid) {
        answer(self.by(Principal), report, "accept", None).await.problem(404, "not-found");
        let shared = answer(self.by(Specialist), report, "share", None).await.expect(200).json();
        assert_eq!((&shared["status"], &shared["answer_due_on"]), (&json!("shared"), &json!("2014-09-30")));
        assert_eq!(status(self.by(Music), &format!("/visits/{visit}")).await, "shared");
        self.until(date!(2014 - 09 - 22));
        answer(self.by(Music), report, "dispute", Some("Not ours to say")).await.problem(403, "forbidden");
        answer(self.by(Governor), report, "dispute", Some("Nor ours")).await.problem(403, "forbidden");
        let comment = "We compose every spring";
        let disputed = answer(self.by(Principal), report, "dispute", Some(comment)).await.expect(200).json();
        assert_eq!((&disputed["status"], &disputed["answer_comment"]), (&json!("disputed"), &json!(comment)));
        let seen = self.seen_in(&VISITS).await;
        for words in ["A first impression", "Composing is missing", "Plan composing", comment] {
            seen.by(words, &ALL_OF_ASH);
        }
        for words in ["Speak to the trust", "Ask about the piano"] {
            seen.by(words, &CARERS);
        }
        // What was refused stands nowhere.
        seen.by("Not ours to say", &[]);
    }

    pub async fn another_version_is_accepted(&self, visit: Uuid, first: Uuid) {
        let path = format!("/visit-reports/{first}/next-version");
        let second = self.by(Specialist).act(&path, Some("*")).await.expect(201);
        let changes =
            json!({ "seen": "A second impression", "judgement": "Composing comes in spring", "rag": "amber" });
        let path = format!("/visit-reports/{}", second.id());
        self.by(Specialist).patch(&path, &changes, &second.etag()).await.expect(200);
        self.seen_in(&VISITS).await.by("A second impression", &CARERS);
        let mine = self.by(Principal).get("/visit-reports").await.expect(200);
        assert_eq!((mine.ids(), &mine.json()["items"][0]["number"]), (vec![first], &json!(1)));
        answer(self.by(Specialist), second.id(), "share", None).await.expect(200);
        self.seen_in(&VISITS).await.by("A second impression", &ALL_OF_ASH);
        let accepted = answer(self.by(Principal), second.id(), "accept", Some("Thank you")).await.expect(200).json();
        assert_eq!((&accepted["status"], &accepted["number"]), (&json!("accepted"), &json!(2)));
        assert_eq!(status(self.by(Principal), &format!("/visit-reports/{first}")).await, "superseded");
        assert_eq!(status(self.by(Principal), &format!("/visits/{visit}")).await, "closed");
        let history = self.history(&format!("/visits/{visit}")).await;
        assert_eq!(history, ["create", "confirm", "complete", "report", "share", "close"]);
    }

    pub async fn a_lesson_is_observed(&self, visit: Uuid) {
        let text = json!({ "seen": "Year 5 composes", "judgement": "It has begun", "rag": "amber" });
        let draft = self.by(Specialist).post("/visit-reports", &with(report(visit), text)).await.expect(201).id();
        answer(self.by(Specialist), draft, "share", None).await.expect(200);
        answer(self.by(Principal), draft, "accept", None).await.expect(200);
        let criterion = self.by(Head).get(&format!("/framework-criteria?framework_id={}", self.lessons)).await;
        let criterion = criterion.expect(200).ids()[0];
        let lesson = json!({
            "school_id": self.school, "framework_id": self.lessons, "visit_id": visit, "observed_on": "2014-11-10",
            "key_stage": "ks2", "class_name": "Year 4, ukulele", "observer_id": self.by(Specialist).person(),
            "observer_levels": [{ "criterion_id": criterion, "level": 2 }], "note": "Longer phrases next",
        });
        let made = self.by(Specialist).post("/observations", &lesson).await.expect(201);
        let shown = self.by(Principal).get(&format!("/observations/{}", made.id())).await.expect(200).json();
        assert_eq!(shown["observer_levels"][0]["level"], 2);
        let seen = self.seen_in(&LESSONS).await;
        for words in ["Year 4, ukulele", "Longer phrases next"] {
            seen.by(words, &[Head, Specialist, Principal]);
        }
        seen.by("Year 5 composes", &ALL_OF_ASH);
        self.by(Office).get("/observations").await.problem(403, "forbidden");
    }
}
