//! The school judges itself, and a moderator looks at it twice.

use insta::assert_snapshot;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::Year;
use super::seen::Who::{Governor, Head, Moderator, Music, Office, Principal, Specialist};
use super::seen::{ALL_OF_ASH, EVALUATIONS, HUB};
use crate::evaluations::{invite, open_in, responses};
use crate::support::{Caller, Reply};

async fn act(by: &Caller, evaluation: Uuid, verb: &str) -> Reply {
    by.act(&format!("/evaluations/{evaluation}/{verb}"), Some("*")).await
}

/// Answers the criteria from one of them on, with levels in their order.
async fn answer_from(by: &Caller, evaluation: Uuid, first: usize, levels: &[i32]) {
    let all = responses(by, evaluation).await;
    let items = all[first..]
        .iter()
        .zip(levels)
        .map(|(it, level)| json!({ "evaluation_id": evaluation, "criterion_id": it["criterion_id"], "level": level }));
    let batch = json!({ "items": items.collect::<Vec<_>>() });
    let report = by.post("/evaluation-responses/batch", &batch).await.expect(200).json();
    assert_eq!((&report["applied"], &report["updated"]), (&json!(true), &json!(levels.len())), "{report}");
}

impl Year {
    /// The office enters what the school judged on paper.
    pub async fn the_year_before_is_on_record(&self) {
        let evaluation = open_in(self.by(Office), self.school, self.self_evaluation, "2013/14").await;
        answer_from(self.by(Office), evaluation, 0, &[1, 2, 2, 2]).await;
        act(self.by(Office), evaluation, "submit").await.expect(200);
    }

    pub async fn the_school_judges_itself(&mut self) -> Uuid {
        self.until(date!(2015 - 01 - 12));
        let (music, principal) = (self.by(Music), self.by(Principal));
        let evaluation = open_in(music, self.school, self.self_evaluation, "2014/15").await;
        let all = responses(music, evaluation).await;
        assert_eq!(all.len(), 4);
        for (at, evidence) in [(0, "Assemblies on Mondays"), (1, "The choir has forty singers")] {
            let path = format!("/evaluation-responses/{}", all[at]["id"].as_str().unwrap());
            let answered = music.patch(&path, &json!({ "level": 2, "evidence": evidence }), "\"1\"").await.expect(200);
            assert_eq!(answered.json()["answered_by_id"], json!(music.person()));
        }
        // A draft is the school's and the hub's; nobody else knows of it.
        self.seen_in(&EVALUATIONS).await.by("Assemblies on Mondays", &ALL_OF_ASH);
        assert_snapshot!(act(principal, evaluation, "submit").await.refusal(409, "conflict"), @r#"
        cannot submit an incomplete evaluation: add what is missing first
        /responses/2/level incomplete: "Every pupil plays for a year": choose a level, or say that the
          criterion does not apply and why
        /responses/3/level incomplete: "There is a band": choose a level, or say that the criterion does not
          apply and why
        "#);
        let completeness = music.get(&format!("/evaluations/{evaluation}/completeness")).await.expect(200).json();
        assert_eq!((&completeness["answered"], &completeness["complete"]), (&json!(2), &json!(false)));
        answer_from(music, evaluation, 2, &[3, 2]).await;
        act(music, evaluation, "submit").await.problem(403, "forbidden");
        let sent = act(principal, evaluation, "submit").await.expect(200).json();
        assert_eq!((&sent["status"], &sent["round"]), (&json!("submitted"), &json!(1)));
        evaluation
    }

    pub async fn a_moderator_sends_it_back(&mut self, evaluation: Uuid) {
        let head = self.by(Head);
        let refused = invite(head, evaluation, self.by(Specialist).person()).await;
        assert_eq!(refused.faults(), [("/person_id".to_owned(), "stake".to_owned())]);
        let moderator = self.by(Moderator);
        moderator.get(&format!("/evaluations/{evaluation}")).await.problem(404, "not-found");
        invite(head, evaluation, moderator.person()).await.expect(201);
        assert_eq!(moderator.get("/evaluations").await.expect(200).ids(), [evaluation], "this one alone");
        act(moderator, evaluation, "moderate").await.expect(200);
        let path = self.judge(evaluation, 0, 1, "In one term only").await;
        let seen = self.seen_in(&EVALUATIONS).await;
        seen.by("Assemblies on Mondays", &[&ALL_OF_ASH[..], &[Moderator]].concat());
        seen.by("In one term only", &[&HUB[..], &[Moderator]].concat());
        self.by(Principal).get(&path).await.problem(404, "not-found");
        assert_eq!(self.differing(Principal, evaluation).await, 0);
        assert_eq!(self.differing(Governor, evaluation).await, 1);
        let reason = json!({ "reason": "Say in which terms the choir meets" });
        self.by(Governor).post(&format!("/evaluations/{evaluation}/return"), &reason).await.problem(403, "forbidden");
        let back = moderator.post(&format!("/evaluations/{evaluation}/return"), &reason).header("if-match", "*");
        assert_eq!(back.await.expect(200).json()["status"], "returned");
        let seen = self.seen_in(&EVALUATIONS).await;
        seen.by("In one term only", &[&ALL_OF_ASH[..], &[Moderator]].concat());
        seen.by("Say in which terms", &[&ALL_OF_ASH[..], &[Moderator]].concat());
        assert_eq!(self.differing(Principal, evaluation).await, 1);
    }

    pub async fn it_is_sent_again_and_agreed(&mut self, evaluation: Uuid) {
        self.until(date!(2015 - 02 - 02));
        let first = responses(self.by(Music), evaluation).await[0].clone();
        let path = format!("/evaluation-responses/{}", first["id"].as_str().unwrap());
        let more = json!({ "evidence": "Assemblies in every term" });
        let etag = format!("\"{}\"", first["version"]);
        self.by(Music).patch(&path, &more, &etag).await.expect(200);
        act(self.by(Principal), evaluation, "submit").await.expect(200);
        act(self.by(Moderator), evaluation, "moderate").await.expect(200);
        self.judge(evaluation, 1, 3, "Forty singers in two parts").await;
        let seen = self.seen_in(&EVALUATIONS).await;
        seen.by("Forty singers in two parts", &[&HUB[..], &[Moderator]].concat());
        act(self.by(Moderator), evaluation, "agree").await.expect(200);
        let seen = self.seen_in(&EVALUATIONS).await;
        // The moderator's work is done, and with it all that the moderator saw.
        for words in ["Forty singers in two parts", "In one term only", "Assemblies in every term"] {
            seen.by(words, &ALL_OF_ASH);
        }
        let agreed = responses(self.by(Principal), evaluation).await;
        let levels: Vec<_> = agreed.iter().map(|it| [it["level"].clone(), it["agreed_level"].clone()]).collect();
        assert_eq!(json!(levels), json!([[2, 2], [2, 3], [3, 3], [2, 2]]));
        let sent = self.by(Music).all(&format!("/evaluation-submissions?evaluation_id={evaluation}&sort=round")).await;
        let told: Vec<_> =
            sent.iter().map(|it| [&it["round"], &it["decision"], &it["answers"][0]["evidence"]]).collect();
        assert_eq!(
            json!(told),
            json!([[1, "returned", "Assemblies on Mondays"], [2, "agreed", "Assemblies in every term"]])
        );
        let history = self.history(&format!("/evaluations/{evaluation}")).await;
        assert_eq!(history, ["create", "submit", "moderate", "return", "submit", "moderate", "agree"]);
    }

    pub async fn its_results_are_printed(&self, evaluation: Uuid) {
        let results =
            async |who| self.by(who).get(&format!("/evaluations/{evaluation}/results")).await.expect(200).json();
        let found = results(Principal).await;
        assert_eq!((&found["status"], &found["previous"]["academic_year"]), (&json!("agreed"), &json!("2013/14")));
        let told = |it: &Value| json!([it["title"], it["average_level"], it["levels"], it["change"], it["similar"]]);
        let sections: Vec<_> = found["sections"].as_array().unwrap().iter().map(told).collect();
        assert_eq!(
            json!(sections),
            json!([
                ["Singing", 2.5, 3, { "compared": 2, "before": 1.5, "now": 2.5 }, null],
                ["Playing", 2.5, 3, { "compared": 2, "before": 2.0, "now": 2.5 }, null],
            ])
        );
        assert_eq!(results(Governor).await, found);
        let picture = self.by(Music).get(&format!("/evaluations/{evaluation}/picture")).await.expect(200);
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        for words in
            ["Levels by section, 2014/15", "Singing: 2.5 of 3, up 1.0.", "Playing: 2.5 of 3, up 0.5.", "2013/14"]
        {
            assert!(picture.text().contains(words), "{words}: {}", picture.text());
        }
        let page = self.by(Principal).get(&format!("/evaluations/{evaluation}/document")).await.expect(200).text();
        for words in ["Ash", "Music in our school, 2014/15", "Assemblies in every term", "3 of 3: Secure", "<svg"] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }

    /// Gives a level as the moderator. Returns the path of the judgement.
    async fn judge(&self, evaluation: Uuid, at: usize, level: i32, comment: &str) -> String {
        let criterion = responses(self.by(Moderator), evaluation).await[at]["criterion_id"].clone();
        let form = json!({
            "evaluation_id": evaluation, "criterion_id": criterion, "level": level, "comment": comment,
        });
        let made = self.by(Moderator).post("/evaluation-judgements", &form).await.expect(201);
        format!("/evaluation-judgements/{}", made.id())
    }

    /// The number of criteria that somebody judges differently, as far as one of the people sees it.
    async fn differing(&self, who: super::Who, evaluation: Uuid) -> i64 {
        let path = format!("/evaluations/{evaluation}/differences");
        self.by(who).get(&path).await.expect(200).json()["differing"].as_i64().unwrap()
    }
}
