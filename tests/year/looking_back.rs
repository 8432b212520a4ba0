//! What the year came to, for the hub and for its governing group.

use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::Year;
use super::ratings::EXPLAINED;
use super::seen::Who::{Governor, Head, Principal, Specialist};
use super::seen::{ALL_OF_ASH, CARERS, HUB, changes};

impl Year {
    async fn report(&self, name: &str) -> Value {
        let reply = self.by(Head).get(&format!("/reports/{name}")).await.expect(200);
        // The governing group reads the same figures.
        assert_eq!(self.by(Governor).get(&format!("/reports/{name}")).await.expect(200).json(), reply.json(), "{name}");
        reply.json()
    }

    pub async fn the_hub_looks_back(&self) {
        let figures = |line: &Value, fields: &[&str]| {
            let share = |field: &&str| json!([line[*field]["numerator"], line[*field]["denominator"]]);
            fields.iter().map(share).collect::<Value>()
        };
        let coverage = self.report("visit-coverage").await;
        assert_eq!(coverage["period"]["label"], "2014/15");
        assert_eq!(
            figures(&coverage["total"], &["visited", "first_visits", "repeats", "visited_to_date"]),
            json!([[1, 4], [1, 4], [1, 4], [1, 4]])
        );
        // As on earlier days: before the first visit, between the two, and before the year began.
        for (day, visited, repeats) in [("2014-09-14", 0, 0), ("2014-11-09", 1, 0), ("2014-11-10", 1, 1)] {
            let then = self.report(&format!("visit-coverage?as_at={day}")).await;
            let expected = json!([[visited, 4], [repeats, 4]]);
            assert_eq!(figures(&then["total"], &["visited", "repeats"]), expected, "{day}");
        }

        let movement = self.report("rating-movement?since=2014-09-15").await;
        let cells = movement["lines"].as_array().unwrap().iter();
        let cells: Vec<_> = cells.map(|it| json!([it["from_colour"], it["to_colour"], it["schools"]])).collect();
        assert_eq!(json!(cells), json!([["red", "green", 1], [null, null, 3]]));
        let moves = self.report("rating-moves?since=2014-09-15").await;
        let told = &moves["lines"][0];
        assert_eq!(json!([told["name"], told["from_colour"], told["to_colour"]]), json!(["Ash", "red", "green"]));
        assert_eq!(moves["found"], 1);
        // The school was never shown that it was red.
        let own = self.by(Principal).get("/reports/rating-moves?since=2014-09-15").await.expect(200).json();
        let told = &own["lines"][0];
        assert_eq!(json!([own["found"], told["from_colour"], told["to_colour"]]), json!([1, null, "green"]));
        for report in ["visit-coverage", "specialist-load", "award-applications"] {
            self.by(Principal).get(&format!("/reports/{report}")).await.problem(403, "forbidden");
        }
        let spread = self.report("rating-spread?as_at=2014-12-31").await;
        assert_eq!(figures(&spread["total"], &["red", "green"]), json!([[1, 4], [0, 4]]));

        let awards = self.report("award-applications").await;
        assert_eq!(figures(&awards["total"], &["applied", "awarded", "holding"]), json!([[1, 4], [1, 4], [1, 4]]));
        let load = self.by(Specialist).get("/reports/specialist-load").await.expect(200).json();
        let line = &load["lines"][0];
        assert_eq!(line["person_id"], json!(self.by(Specialist).person()));
        let figures = ["schools_led", "visits_completed", "open_reports"].map(|field| line[field].clone());
        assert_eq!(json!(figures), json!([1, 2, 0]));
    }

    pub async fn the_governor_followed_and_changed_nothing(&self, rating: Uuid) {
        let governor = self.by(Governor);
        let briefing = governor.get(&format!("/schools/{}/briefing", self.school)).await.expect(200).json();
        let visits = briefing["last_visits"].as_array().unwrap();
        let told: Vec<_> = visits.iter().map(|it| json!([it["report"]["status"], it["report"]["rag"]])).collect();
        assert_eq!(json!(told), json!([["accepted", "amber"], ["accepted", "amber"]]));
        // People's names and addresses are not the governing group's.
        assert_eq!((&briefing["contacts"], &visits[0]["visitor"]), (&Value::Null, &Value::Null));
        let action = &briefing["open_actions"][0];
        assert_eq!((&action["text"], &action["overdue"]), (&json!("Speak to the trust"), &json!(true)));
        assert_eq!(briefing["open_actions"].as_array().unwrap().len(), 1);
        let ratings = briefing["ratings"].as_array().unwrap();
        let told: Vec<_> = ratings.iter().map(|it| json!([it["colour"], it["current"]])).collect();
        assert_eq!(json!(told), json!([["green", true], ["red", false]]));
        assert_eq!(briefing["evaluation"]["results"]["sections"][0]["average_level"], 2.5);
        for path in ["/observations", "/changes", "/people", "/jobs", "/contacts"] {
            governor.get(path).await.problem(403, "forbidden");
        }
        let action = self.by(Head).get("/actions?status=open").await.expect(200).ids()[0];
        governor.act(&format!("/actions/{action}/complete"), None).await.problem(403, "forbidden");
        governor.act(&format!("/rag-ratings/{rating}/share"), Some("*")).await.problem(403, "forbidden");
        let changes = changes(self.by(Head)).await;
        assert!(changes.contains(&self.by(Specialist).subject().to_string()));
        assert!(!changes.contains(&governor.subject().to_string()), "{changes}");
    }

    pub async fn everybody_has_seen_what_is_theirs_to_see(&self) {
        let seen = self.seen().await;
        for words in ["Ask about the piano", "Speak to the trust", "Nobody leads music"] {
            seen.by(words, &CARERS);
        }
        for words in [
            "Hear the choir",
            "A first impression",
            "Composing is missing",
            "Plan composing",
            "We compose every spring",
            "A second impression",
            "Year 5 composes",
            "Assemblies on Mondays",
            "In one term only",
            "Forty singers in two parts",
            "A strong singing culture",
        ] {
            seen.by(words, &ALL_OF_ASH);
        }
        seen.by("Heard the choir twice", &HUB);
        seen.by("Year 4, ukulele", &[Head, Specialist, Principal]);
        seen.by(EXPLAINED, &[&CARERS[..], &[Principal]].concat());
    }

    /// Only the lesson that the specialist leader observed is still the specialist leader's to see.
    pub async fn the_assignment_ends(&mut self) {
        self.until(date!(2015 - 09 - 01));
        let specialist = self.by(Specialist);
        for list in ["/visits", "/visit-reports", "/actions", "/evaluations", "/award-applications", "/rag-ratings"] {
            assert_eq!(specialist.get(list).await.expect(200).ids(), Vec::<Uuid>::new(), "{list}");
        }
        assert_eq!(specialist.get("/observations").await.expect(200).ids().len(), 1);
        let coverage = self.by(Head).get("/reports/visit-coverage").await.expect(200).json();
        let total = &coverage["total"];
        assert_eq!((&coverage["period"]["label"], &total["unassigned"]), (&json!("2015/16"), &json!(4)));
    }
}
