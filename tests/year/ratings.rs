//! The school is rated by hand at the beginning of the year, and by a scheme at its end.

use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::Year;
use super::seen::Who::{Governor, Head, Music, Office, Principal, Specialist};
use super::seen::{CARERS, RATINGS};
use crate::support::until;

/// What the scheme says about the school's own judgement.
pub const EXPLAINED: &str = "10 of 12 levels in the self-evaluation of 2015-02-02";

fn scheme() -> Value {
    let criterion = |data: &str, title: &str, green: i32, amber: i32| {
        json!({
            "code": data, "title": title, "data": data, "green": green, "amber": amber, "weight": 1,
            "no_data": "left_out",
        })
    };
    json!({
        "title": "Need of support",
        "criteria": [
            criterion("self_evaluation", "The school's own judgement", 70, 40),
            criterion("visit_judgement", "The report of the last visit", 2, 1),
            criterion("last_visit", "The last visit", 12, 24),
        ],
        "amber_from": 35, "red_from": 65, "least_with_data": 2, "targeted_from": "red", "valid_months": 12
    })
}

impl Year {
    pub async fn the_school_was_rated_by_hand(&self) {
        let rating = json!({
            "school_id": self.school, "colour": "red", "on_date": "2014-09-01", "valid_until": "2015-08-31",
            "source": "by_hand", "reason": "Nobody leads music", "support_code": "targeted",
        });
        self.by(Head).post("/rag-ratings", &rating).await.expect(201);
        assert_eq!(self.current(Governor).await, json!([["red", "accepted"]]));
        assert_eq!(self.current(Principal).await, json!([]), "it is not shared with the school");
    }

    /// The colours and states of the school's current ratings, as one of the people sees them.
    async fn current(&self, who: super::Who) -> Value {
        let path = format!("/rag-ratings?current=true&school_id={}", self.school);
        let page = self.by(who).get(&path).await.expect(200).json();
        page["items"].as_array().unwrap().iter().map(|it| json!([it["colour"], it["status"]])).collect()
    }

    /// Returns the suggestion.
    pub async fn a_rating_is_computed(&mut self, visit: Uuid, evaluation: Uuid) -> Uuid {
        self.until(date!(2015 - 06 - 15));
        let head = self.by(Head);
        let scheme = head.post("/rag-schemes", &scheme()).await.expect(201).id();
        let recompute = format!("/rag-schemes/{scheme}/recompute");
        head.act(&recompute, Some("*")).await.problem(409, "conflict");
        head.act(&format!("/rag-schemes/{scheme}/activate"), Some("*")).await.expect(200);
        self.by(Specialist).act(&recompute, Some("*")).await.problem(403, "forbidden");
        let begun = head.act(&recompute, Some("*")).await.expect(202);
        let job = until("the job has ended", async || {
            let job = self.by(Office).get(begun.header("location")).await.expect(200).json();
            (!job["finished_at"].is_null()).then_some(job)
        })
        .await;
        assert_eq!((&job["state"], &job["progress"]["percent"]), (&json!("finished"), &json!(100)), "{job:#}");
        let record = head.get(&format!("/rag-recomputations/{}", begun.id())).await.expect(200).json();
        let counts = ["schools", "computed", "suggested", "without_data"].map(|field| record[field].clone());
        assert_eq!(json!(counts), json!([4, 4, 1, 3]));

        let found = head.get("/rag-ratings?status=suggestion").await.expect(200);
        let suggestion = found.json()["items"][0].clone();
        assert_eq!(
            json!([suggestion["colour"], suggestion["need"], suggestion["support_code"], suggestion["valid_until"]]),
            json!(["green", 17, "universal", "2016-06-15"])
        );
        let scores = suggestion["scores"].as_array().unwrap();
        let made_of: Vec<_> = scores.iter().map(|it| json!([it["value"], it["colour"], it["numerator"]])).collect();
        assert_eq!(json!(made_of), json!([[83.3, "green", 10], [1.0, "amber", null], [7.0, "green", null]]));
        assert_eq!((&scores[0]["item_id"], &scores[2]["item_id"]), (&json!(evaluation), &json!(visit)));
        self.seen_in(&RATINGS).await.by(EXPLAINED, &CARERS);
        assert_eq!(self.current(Governor).await, json!([["red", "accepted"]]), "a suggestion does not count");
        found.ids()[0]
    }

    pub async fn the_rating_is_accepted_and_shared(&self, rating: Uuid) {
        let path = format!("/rag-ratings/{rating}");
        self.by(Governor).act(&format!("{path}/accept"), Some("*")).await.problem(403, "forbidden");
        self.by(Principal).act(&format!("{path}/accept"), Some("*")).await.problem(403, "forbidden");
        self.by(Specialist).act(&format!("{path}/accept"), Some("*")).await.expect(200);
        for who in CARERS {
            assert_eq!(self.current(who).await, json!([["green", "accepted"]]));
        }
        assert_eq!(self.current(Principal).await, json!([]));
        self.by(Principal).get(&path).await.problem(404, "not-found");
        self.seen_in(&RATINGS).await.by(EXPLAINED, &CARERS);
        self.by(Head).act(&format!("{path}/share"), Some("*")).await.expect(200);
        assert_eq!(self.current(Principal).await, json!([["green", "accepted"]]));
        self.by(Music).get("/rag-ratings").await.problem(403, "forbidden");
        let seen = self.seen_in(&RATINGS).await;
        seen.by(EXPLAINED, &[&CARERS[..], &[Principal]].concat());
        seen.by("Nobody leads music", &CARERS);
        assert_eq!(self.history(&path).await, ["create", "accept", "share"]);
    }
}
