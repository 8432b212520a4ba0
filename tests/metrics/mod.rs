//! Metrics: each in a small world where the right figure is obvious, and once more by a second way, a plain loop over
//! the API's own lists.

#![expect(clippy::cast_precision_loss, reason = "worlds of a few rows")]

mod demo;
mod engagement;
mod frameworks;
mod outcomes;
mod packages;
mod people;
mod plans;
mod ratings;
mod reports;
mod second_way;
mod training;
mod undated;
mod visits;

use std::path::Path;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use time::Date;
use uuid::Uuid;

use crate::support::{self, App, Caller};

/// A hub with some schools, and a plan for three years whose targets ask metrics for figures.
pub struct World {
    pub app: App,
    pub head: Caller,
    pub schools: Vec<Uuid>,
    pub plan: Uuid,
    pub objective: Uuid,
    year: Uuid,
}

impl World {
    /// A hub with so many schools, on 1 September 2014.
    pub async fn of(schools: usize) -> Self {
        Self::over(support::app().await, schools).await
    }

    /// The same in the service given.
    pub async fn over(app: App, schools: usize) -> Self {
        let head = app.as_role(Role::HeadOfService).await;
        let mut made = Vec::new();
        for number in 0..schools {
            made.push(app.school(&head, &format!("School {number}"), json!({})).await.id());
        }
        let plan = json!({ "kind": "local_plan", "title": "Figures" });
        let plan = head.post("/plans", &plan).await.expect(201).id();
        let year = json!({ "plan_id": plan, "label": "All", "first_day": "2014-04-01", "last_day": "2017-03-31" });
        let year = head.post("/plan-years", &year).await.expect(201).id();
        let objective = json!({ "plan_id": plan, "title": "Know the figures" });
        let objective = head.post("/objectives", &objective).await.expect(201).id();
        Self { app, head, schools: made, plan, objective, year }
    }

    /// Goes on to the morning of a later day.
    #[expect(clippy::unused_async, reason = "it stands between steps that wait")]
    pub async fn to(&mut self, day: Date) {
        let days = u32::try_from((day - self.app.clock.today()).whole_days()).unwrap();
        self.app.clock.advance(std::time::Duration::from_hours(24) * days);
        self.head = self.app.again(&self.head);
    }

    /// Makes something by its form.
    pub async fn make(&self, path: &str, form: Value) -> Uuid {
        self.head.post(path, &form).await.expect(201).id()
    }

    /// Takes an item to its next state.
    pub async fn act(&self, path: &str) {
        self.head.act(path, Some("*")).await.expect(200);
    }

    /// A cohort of some of the schools.
    pub async fn cohort(&self, schools: &[usize]) -> Uuid {
        let cohort = json!({ "plan_id": self.plan, "number": 1, "name": "First cohort" });
        let cohort = self.make("/cohorts", cohort).await;
        for school in schools {
            let member = json!({ "cohort_id": cohort, "school_id": self.schools[*school] });
            self.make("/cohort-members", member).await;
        }
        cohort
    }

    /// What the catalogue says about a metric.
    async fn metric(&self, code: &str) -> Value {
        let found = self.head.get(&format!("/metrics-catalogue?code={code}")).await.expect(200).json();
        found["metrics"][0].clone()
    }

    /// A live target that asks a metric, with a filter or a cohort.
    pub async fn target(&self, code: &str, more: &Value) -> Uuid {
        let metric = self.metric(code).await;
        let mut form = json!({
            "objective_id": self.objective, "plan_year_id": self.year, "kind": "measured", "statement": code,
            "comparator": "at_least", "value": 1, "unit": metric["unit"], "metric": code,
            "dues": [{
                "first_day": "2017-03-01", "last_day": "2017-03-31", "precision": "month", "label": "Mar 2017",
            }],
        });
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.make("/targets", form).await
    }

    /// The figure of a metric is right on each day: as it is written here, as a second way finds it, and by its
    /// evidence. Who does not see all of what is counted gets neither.
    pub async fn holds(&self, code: &str, more: Value, figures: &[(&str, f64)], naive: impl Fn(&str) -> f64) {
        let target = self.target(code, &more).await;
        let measure = self.metric(code).await;
        let measure = measure["measure"].as_str().unwrap();
        for (day, figure) in figures {
            let told = self.head.get(&format!("/targets/{target}/value?as_at={day}")).await.expect(200).json();
            assert_eq!(told["value"].as_f64(), Some(*figure), "{code} on {day}: {told}");
            let again = naive(day);
            assert!((again - figure).abs() < 1e-9, "{code} on {day}: the second way finds {again}");
            let evidence = self.head.all(&format!("/targets/{target}/evidence?as_at={day}")).await;
            let live = &told["live"];
            assert_eq!(live["evidence"], json!(evidence.len()), "{code} on {day}: {evidence:?}");
            let sum = |field: &str| evidence.iter().filter_map(|row| row[field].as_f64()).sum::<f64>();
            let rows = evidence.len() as f64;
            match measure {
                "share" => assert_eq!(live["numerator"], json!(rows), "{code} on {day}"),
                "count" => assert_eq!(told["value"], json!(rows), "{code} on {day}"),
                "sum" => assert!((sum("amount") - figure).abs() < 1e-9, "{code} on {day}: {evidence:?}"),
                _ => {
                    let parts = [live["numerator"].as_f64(), live["denominator"].as_f64()];
                    assert_eq!(parts, [Some(sum("amount")), Some(sum("whole"))], "{code} on {day}");
                }
            }
            assert!(evidence.iter().all(|row| text(row, "on_date") <= *day), "{code} on {day}: {evidence:?}");
            let lacking = format!("/targets/{target}/evidence?as_at={day}&counts=false");
            if measure == "share" {
                let lacking = self.head.all(&lacking).await.len() as f64;
                assert_eq!(live["denominator"], json!(rows + lacking), "{code} on {day}");
            } else {
                self.head.get(&lacking).await.problem(400, "bad-parameter");
            }
        }
        self.hidden(code, target).await;
    }

    /// Nothing is counted on a day, so that there is no figure.
    pub async fn is_unknown(&self, code: &str, more: Value, day: &str) {
        let target = self.target(code, &more).await;
        let told = self.head.get(&format!("/targets/{target}/value?as_at={day}")).await.expect(200).json();
        let expected = (&Value::Null, &json!("empty_population"));
        assert_eq!((&told["value"], &told["live"]["unknown"]), expected, "{code} on {day}: {told}");
    }

    /// Nobody gets a figure of what the caller sees in part.
    async fn hidden(&self, code: &str, target: Uuid) {
        let metric = self.metric(code).await;
        let (part, scope) = (metric["part"].as_str().unwrap(), metric["read_scope"].as_str().unwrap());
        let mut callers = Vec::new();
        if scope != "plans:read" {
            callers.push(self.app.as_client("plans:read").await);
        }
        // A specialist leader reaches the assigned schools alone, but for what is on sale and the plan.
        if !["packages", "plans"].contains(&part) {
            callers.push(self.app.as_role(Role::SpecialistLeader).await);
        }
        for caller in callers {
            let told = caller.get(&format!("/targets/{target}/value")).await.expect(200).json();
            let shown = (&told["value"], &told["live"]["evidence"], &told["live"]["unknown"]);
            assert_eq!(shown, (&Value::Null, &json!(0), &json!("not_seen")), "{code}: {told}");
            caller.get(&format!("/targets/{target}/evidence")).await.problem(403, "forbidden");
        }
        let elsewhere = self.app.another_hub(&format!("elsewhere-{}", self.app.next())).await;
        let elsewhere = self.app.as_role_in(elsewhere, Role::HeadOfService, |_| {}).await;
        elsewhere.get(&format!("/targets/{target}/value")).await.problem(404, "not-found");
    }
}

/// A text of a row; nothing where there is none.
pub fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// The day in a field is there, and not after the given one.
pub fn by(row: &Value, field: &str, day: &str) -> bool {
    let on = text(row, field);
    !on.is_empty() && on.get(..10).unwrap_or(on) <= day
}

/// A period of a row holds on a day.
pub fn holds_on(row: &Value, from: &str, to: &str, day: &str) -> bool {
    let ends = text(row, to);
    by(row, from, day) && (ends.is_empty() || ends >= day)
}

/// How many different texts of the rows there are.
pub fn distinct<'a>(rows: impl Iterator<Item = &'a Value>, field: &str) -> usize {
    rows.map(|row| text(row, field)).collect::<std::collections::BTreeSet<_>>().len()
}

/// A percentage to one decimal.
pub fn percent(part: usize, whole: usize) -> f64 {
    (1000.0 * part as f64 / whole as f64 + 1e-9).round() / 10.0
}

#[actix_web::test]
async fn every_metric_of_the_catalogue_has_a_world_here() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/metrics");
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let tests: String = files.collect::<Vec<_>>().concat().split_whitespace().collect();
    let catalogue = head.get("/metrics-catalogue").await.expect(200).json();
    let codes: Vec<_> = catalogue["metrics"].as_array().unwrap().iter().map(|item| text(item, "code")).collect();
    let without: Vec<_> = codes.iter().filter(|code| !tests.contains(&format!(".holds(\"{code}\""))).collect();
    assert_eq!(without, Vec::<&&str>::new());
    assert!(codes.len() >= 25, "{codes:?}");
}
