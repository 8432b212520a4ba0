//! Hubs that compare a metric see quartiles of five or more, none of them named, and nobody else's figure.

use api::kernel::caller::permission::PLATFORM_HUB;
use entity::schools::school;

use super::*;
use crate::support::rows;

/// A hub with ten schools of which some were visited, and its head of service. The clock stands in March 2015.
async fn visited(app: &App, slug: &str, visits: usize) -> Caller {
    let hub = app.another_hub(slug).await;
    let head = app.as_role_in(hub, Role::HeadOfService, |_| {}).await;
    let now = app.clock.now();
    let schools: Vec<_> = (0..10).map(|number| rows::school(hub, &format!("School {number}"), now)).collect();
    let made = schools
        .iter()
        .take(visits)
        .map(|school| visit::Model { hub_id: hub, ..visit(app, school.id, head.person(), date!(2015 - 02 - 03)) });
    let made: Vec<_> = made.collect();
    app.insert::<school::Entity>(hub, schools).await;
    app.insert::<visit::Entity>(hub, made).await;
    head
}

async fn compare(head: &Caller) -> Uuid {
    head.post("/metric-comparisons", &json!({ "metric": "schools_visited", "note": "Agreed" })).await.expect(201).id()
}

async fn lines(head: &Caller) -> Vec<Value> {
    let report = head.get("/reports/between-hubs?as_at=2015-03-10").await.expect(200).json();
    report["lines"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn five_hubs_see_their_own_figure_beside_the_quartiles_and_four_see_none() {
    let app = support::app().await;
    wait_until(&app, date!(2015 - 03 - 10));
    let mut heads = Vec::new();
    for (number, visits) in [2, 4, 5, 7, 9].into_iter().enumerate() {
        heads.push(visited(&app, &format!("hub-{number}"), visits).await);
    }
    let outside = visited(&app, "outside", 10).await;
    for head in &heads[..4] {
        compare(head).await;
    }
    let few = json!({
        "metric": "schools_visited",
        "meaning": "Schools to which a visit was made in the days counted, of the schools in scope.",
        "own": 20.0, "hubs": null, "quartiles": null,
    });
    assert_eq!(lines(&heads[0]).await, [few]);
    let last = compare(&heads[4]).await;
    let of = |line: &Value| (line["own"].clone(), line["hubs"].clone(), line["quartiles"].clone());
    let quartiles = json!({ "lower": 40.0, "median": 50.0, "upper": 70.0 });
    for (head, own) in heads.iter().zip([20.0, 40.0, 50.0, 70.0, 90.0]) {
        let found = lines(head).await;
        assert_eq!(found.iter().map(of).collect::<Vec<_>>(), [(json!(own), json!(5), quartiles.clone())]);
    }
    // Who does not take part sees nothing of it, and adds nothing.
    assert!(lines(&outside).await.is_empty());
    assert!(outside.get("/metric-comparisons").await.expect(200).ids().is_empty());
    outside.get(&format!("/metric-comparisons/{last}")).await.problem(404, "not-found");

    // Leaving takes the figure out at once.
    let etag = heads[4].get(&format!("/metric-comparisons/{last}")).await.expect(200).etag();
    heads[4].delete(&format!("/metric-comparisons/{last}"), &etag).await.expect(204);
    assert!(lines(&heads[4]).await.is_empty());
    assert_eq!(of(&lines(&heads[0]).await[0]), (json!(20.0), Value::Null, Value::Null));
}

#[actix_web::test]
async fn the_platform_sees_the_distribution_and_no_hub_sees_the_platforms_list() {
    let app = support::app().await;
    wait_until(&app, date!(2015 - 03 - 10));
    app.make_hub(PLATFORM_HUB, "platform").await;
    let platform = app.as_role_in(PLATFORM_HUB, Role::PlatformAdministrator, |_| {}).await;
    let path = "/metric-distributions?as_at=2015-03-10";
    let mut heads = Vec::new();
    for (number, visits) in [1, 2, 3, 4, 5].into_iter().enumerate() {
        let head = visited(&app, &format!("hub-{number}"), visits).await;
        compare(&head).await;
        heads.push(head);
    }
    let told = platform.get(path).await.expect(200).json();
    let quartiles = json!({ "lower": 20.0, "median": 30.0, "upper": 40.0 });
    assert_eq!(told["items"], json!([{ "metric": "schools_visited", "hubs": 5, "quartiles": quartiles }]));
    assert_eq!(told["period"]["label"], "2014/15");
    heads[0].get(path).await.problem(403, "forbidden");
    platform.get("/reports/between-hubs").await.problem(403, "forbidden");
    platform.get("/schools").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn only_percentages_are_compared_each_once() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let first = compare(&head).await;
    let again = head.post("/metric-comparisons", &json!({ "metric": "schools_visited" })).await;
    again.problem(409, "duplicate");
    let unknown = head.post("/metric-comparisons", &json!({ "metric": "school_visited" })).await;
    assert_eq!(unknown.faults(), [("/metric".to_owned(), "unknown_metric".to_owned())]);
    let path = format!("/metric-comparisons/{first}");
    let etag = head.get(&path).await.expect(200).etag();
    let other = head.patch(&path, &json!({ "metric": "schools_reached" }), &etag).await;
    assert_eq!(other.faults(), [("/metric".to_owned(), "fixed".to_owned())]);
    head.patch(&path, &json!({ "note": null }), &etag).await.expect(200);
    let governor = app.as_role(Role::Governor).await;
    governor.post("/metric-comparisons", &json!({ "metric": "schools_visited" })).await.problem(403, "forbidden");
    assert_eq!(governor.get("/metric-comparisons").await.expect(200).ids(), [first]);
}
