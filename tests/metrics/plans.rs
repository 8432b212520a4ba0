//! Money that was spent, day by day.

use serde_json::{Value, json};
use time::macros::date;

use super::{World, by, text};
use crate::support::document::document;

#[actix_web::test]
async fn spending_adds_up_day_by_day_and_is_the_sum_of_its_budget_line() {
    let mut world = World::of(1).await;
    let line = |source: &str| {
        json!({
            "objective_id": world.objective, "kind": "cash", "source": source, "amount_pence": 700_000,
            "spent_pence": 1,
        })
    };
    let [cover, adviser] = [line("Supply cover"), line("Adviser")];
    let (cover, adviser) = (world.make("/budget-lines", cover).await, world.make("/budget-lines", adviser).await);
    world.to(date!(2015 - 06 - 01)).await;
    let mut entries = Vec::new();
    for (line, day, pence, days) in [
        (cover, "2014-10-17", Some(175_000), None),
        (cover, "2015-03-20", Some(525_000), Some(2.5)),
        (cover, "2015-03-21", None, Some(1.0)),
        (adviser, "2014-12-01", Some(90_000), None),
    ] {
        let form = json!({ "budget_line_id": line, "spent_on": day, "pence": pence, "days": days });
        entries.push(world.make("/budget-spending", form).await);
    }
    let rows = world.head.all("/budget-spending").await;
    let spent = |day: &str, line: Option<uuid::Uuid>| {
        let of = rows.iter().filter(|row| line.is_none_or(|line| text(row, "budget_line_id") == line.to_string()));
        of.filter(|row| by(row, "spent_on", day)).filter_map(|row| row["pence"].as_f64()).sum()
    };
    let figures = [
        ("2014-10-16", 0.0),
        ("2014-10-17", 175_000.0),
        ("2014-12-01", 265_000.0),
        ("2015-03-19", 265_000.0),
        ("2015-03-20", 790_000.0),
    ];
    world.holds("spent", json!({}), &figures, |day| spent(day, None)).await;
    let filter = json!({ "metric_filter": { "source": "Supply cover" } });
    world.holds("spent", filter, &[("2015-03-20", 700_000.0)], |day| spent(day, Some(cover))).await;
    let filter = json!({ "metric_filter": { "budget_line_id": [adviser], "kind": "cash" } });
    world.holds("spent", filter, &[("2015-03-20", 90_000.0)], |day| spent(day, Some(adviser))).await;

    let sums = async || {
        let line = world.head.get(&format!("/budget-lines/{cover}")).await.expect(200).json();
        (line["spent_pence"].clone(), line["spent_days"].clone())
    };
    assert_eq!(sums().await, (json!(700_000), json!(3.5)));
    let refused = world.head.patch(&format!("/budget-lines/{cover}"), &json!({ "spent_pence": 5 }), "*").await;
    assert_eq!(refused.expect(422).faults(), [("/spent_pence".to_owned(), "computed".to_owned())]);
    let path = format!("/budget-spending/{}", entries[1]);
    world.head.patch(&path, &json!({ "pence": 500_000, "days": null }), "*").await.expect(200);
    assert_eq!(sums().await, (json!(675_000), json!(1.0)));
    world.head.patch(&path, &json!({ "pence": null }), "*").await.expect(422);
    world.head.delete(&path, "*").await.expect(204);
    assert_eq!(sums().await, (json!(175_000), json!(1.0)));
    world.head.delete(&format!("/budget-lines/{cover}"), "*").await.problem(409, "conflict");
    world.act(&format!("{path}/restore")).await;
    assert_eq!(sums().await, (json!(675_000), json!(1.0)));
    let ahead = json!({ "budget_line_id": cover, "spent_on": "2015-06-02", "pence": 1 });
    let refused = world.head.post("/budget-spending", &ahead).await.expect(422);
    assert_eq!(refused.faults(), [("/spent_on".to_owned(), "in_future".to_owned())]);
    let moved = world.head.patch(&path, &json!({ "budget_line_id": adviser }), "*").await.expect(422);
    assert_eq!(moved.faults(), [("/budget_line_id".to_owned(), "fixed".to_owned())]);
    // Schools see no budgets, and not what is spent.
    let school = world.app.at_school(entity::identity::grant::Role::SchoolHead, world.schools[0]).await;
    assert_eq!(school.all("/budget-spending").await, Vec::<Value>::new());
    school.get(&path).await.problem(404, "not-found");
}

#[actix_web::test]
async fn spending_never_adds_up_to_more_than_a_budget_line_holds() {
    let world = World::of(1).await;
    let form = json!({ "objective_id": world.objective, "kind": "cash", "source": "Supply cover" });
    let line = world.make("/budget-lines", form).await;
    let schemas = &document().json()["components"]["schemas"];
    let most = |field: &str| schemas["BudgetLine"]["properties"][field]["maximum"].as_i64().unwrap();
    let (pence, days) = (most("spent_pence"), most("spent_days"));
    let form = json!({ "budget_line_id": line, "spent_on": "2014-04-01", "pence": pence - 1, "days": days - 1 });
    let first = world.make("/budget-spending", form).await;
    let last = json!({ "budget_line_id": line, "spent_on": "2014-04-01", "pence": 1, "days": 1 });
    let last = world.make("/budget-spending", last).await;
    let more = json!({ "budget_line_id": line, "spent_on": "2014-04-01", "pence": 1, "days": 0.5 });
    let beyond = ["/days", "/pence"].map(|at| (at.to_owned(), "maximum".to_owned()));
    assert_eq!(world.head.post("/budget-spending", &more).await.expect(422).faults(), beyond);
    let path = format!("/budget-spending/{last}");
    let refused = world.head.patch(&path, &json!({ "pence": 2 }), "*").await.expect(422);
    assert_eq!(refused.faults(), beyond[1..]);
    // What took the place of an archived entry leaves none for it.
    world.head.delete(&path, "*").await.expect(204);
    let other = world.make("/budget-spending", more).await;
    let back = world.head.act(&format!("{path}/restore"), Some("*")).await;
    assert_eq!(back.expect(422).faults(), beyond);
    let line = world.head.get(&format!("/budget-lines/{line}")).await.expect(200).json();
    assert_eq!((&line["spent_pence"], &line["spent_days"]), (&json!(pence), &json!(100_000.0 - 0.5)));
    assert_ne!(first, other);
}
