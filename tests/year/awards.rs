//! The school applies for an award, and gets it.

use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::Year;
use super::seen::Who::{Governor, Head, Moderator, Music, Principal, Specialist};
use super::seen::{ALL_OF_ASH, AWARDS, HUB};

impl Year {
    pub async fn the_school_applies_for_an_award(&mut self, evaluation: Uuid) -> Uuid {
        self.until(date!(2015 - 03 - 02));
        let form = json!({
            "school_id": self.school, "scheme_id": self.award, "level": "silver", "evaluation_id": evaluation,
            "evidence": [{ "code": "recording", "links": ["https://ash.example/concert"] }],
        });
        self.by(Music).post("/award-applications", &form).await.problem(403, "forbidden");
        let application = self.by(Principal).post("/award-applications", &form).await.expect(201).id();
        let check = async |id: Uuid| {
            self.by(Principal).get(&format!("/award-applications/{id}/check")).await.expect(200).json()
        };
        let silver = check(application).await;
        assert_eq!(silver["met"], false, "{silver}");
        // Silver is too high; bronze is not.
        let path = format!("/award-applications/{application}");
        let lower = json!({ "level": "bronze" });
        self.by(Music).patch(&path, &lower, "*").await.problem(403, "forbidden");
        self.by(Principal).patch(&path, &lower, "*").await.expect(200);
        let bronze = check(application).await;
        let actual: Vec<_> =
            bronze["requirements"].as_array().unwrap().iter().map(|it| json!([it["actual"], it["met"]])).collect();
        assert_eq!((&bronze["met"], json!(actual)), (&json!(true), json!([[1, true], [4, true], [1, true]])));
        application
    }

    pub async fn somebody_without_a_stake_gives_the_award(&self, application: Uuid) {
        let path = format!("/award-applications/{application}");
        let assess = format!("{path}/assess");
        let refused = self.by(Specialist).act(&assess, Some("*")).await.problem(403, "forbidden");
        assert!(refused["detail"].as_str().unwrap().contains("led in the last twelve months"), "{refused}");
        self.by(Moderator).act(&assess, Some("*")).await.problem(404, "not-found");
        self.by(Governor).act(&assess, Some("*")).await.problem(403, "forbidden");
        let note = json!({ "note": "Heard the choir twice" });
        self.by(Head).post(&assess, &note).header("if-match", "*").await.expect(200);
        self.by(Principal).get(&format!("{path}/certificate")).await.problem(409, "conflict");
        let reason = json!({ "reason": "A strong singing culture" });
        let award = self.by(Head).post(&format!("{path}/award"), &reason).header("if-match", "*");
        let given = award.await.expect(200).json();
        assert_eq!((&given["awarded_on"], &given["valid_until"]), (&json!("2015-03-02"), &json!("2017-03-01")));
        let seen = self.seen_in(&AWARDS).await;
        seen.by("Heard the choir twice", &HUB);
        seen.by("A strong singing culture", &ALL_OF_ASH);
        let shown = self.by(Music).get(&path).await.expect(200).json();
        assert_eq!((&shown["status"], &shown["assessor_notes"]), (&json!("awarded"), &Value::Null));
        let page = self.by(Principal).get(&format!("{path}/certificate")).await.expect(200).text();
        for words in ["Ash", "School music award", "Bronze", "2 March 2015", "1 March 2017"] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }
}
