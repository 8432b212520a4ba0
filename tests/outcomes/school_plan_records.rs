//! Music in the plans of schools, year by year.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support;

fn record(school: Uuid, year: &str) -> Value {
    json!({ "school_id": school, "academic_year": year, "in_development_plan": true })
}

#[actix_web::test]
async fn a_school_has_one_record_a_year() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let made = head.post("/school-plan-records", &record(school, "2016/17")).await.expect(201);
    let again = head.post("/school-plan-records", &record(school, "2016/17")).await;
    again.problem(409, "duplicate");
    assert!(again.header("location").ends_with(&made.id().to_string()));
    head.post("/school-plan-records", &record(school, "2017/18")).await.expect(201);
    let refused = head.post("/school-plan-records", &record(school, "2016/18")).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    an academic year is a year and the last two digits of the next, such as 2016/17
    /academic_year order: an academic year is a year and the last two digits of the next, such as
      2016/17
    ");
    head.post("/school-plan-records", &record(school, "1999/00")).await.expect(201);
}

#[actix_web::test]
async fn of_many_records_each_is_taken_or_refused_by_itself() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [ash, beech] =
        [app.school(&head, "Ash", json!({})).await.id(), app.school(&head, "Beech", json!({})).await.id()];
    head.post("/school-plan-records", &record(ash, "2016/17")).await.expect(201);
    let items = [record(ash, "2016/17"), record(beech, "2016/17"), record(beech, "2016/17"), record(ash, "2017/18")];
    let sent = json!({ "items": items });
    let report = head.post("/school-plan-records/batch?mode=each", &sent).await.expect(200).json();
    let outcomes: Vec<_> = report["items"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!(outcomes, ["rejected", "created", "rejected", "created"]);
    assert_eq!(report["items"][0]["errors"][0]["code"], "duplicate");
    let refused = head.post("/school-plan-records/batch", &sent).await.expect(200).json();
    assert_eq!((&refused["applied"], &refused["rejected"]), (&json!(false), &json!(4)));
    assert_eq!(head.get("/school-plan-records?total=true").await.expect(200).json()["total"], 3);
}

#[actix_web::test]
async fn a_school_writes_its_own_record_and_the_hub_checks_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [own, other] =
        [app.school(&head, "Ash", json!({})).await.id(), app.school(&head, "Beech", json!({})).await.id()];
    let staff = app.at_school(Role::SchoolStaff, own).await;
    let made = staff.post("/school-plan-records", &record(own, "2016/17")).await.expect(201);
    staff.post("/school-plan-records", &record(other, "2016/17")).await.problem(422, "invalid");
    let path = format!("/school-plan-records/{}", made.id());
    let published = json!({ "has_plan": true, "summary_published_on": "2016-10-03" });
    staff.patch(&path, &published, "\"1\"").await.expect(200);
    let check = json!({ "checked_on": "2016-11-01" });
    assert_snapshot!(staff.patch(&path, &check, "\"2\"").await.refusal(422, "invalid"), @r"
    only the hub says that it has checked a record: leave `checked_on` and `checked_by_id` as they are
    /checked_on fixed: only the hub says that it has checked a record: leave `checked_on` and
      `checked_by_id` as they are
    ");
    head.patch(&path, &check, "\"2\"").await.expect(200);
    staff.patch(&path, &json!({ "note": "Shared with the trust" }), "\"3\"").await.expect(200);
    let elsewhere = app.at_school(Role::SchoolStaff, other).await;
    elsewhere.get(&path).await.problem(404, "not-found");
}

#[actix_web::test]
async fn the_schools_without_a_summary_are_listed_whether_they_have_a_record_or_not() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut schools = Vec::new();
    for (at, name) in ["Ash", "Beech", "Cedar", "Dogwood"].into_iter().enumerate() {
        let more = if at == 3 { json!({ "status": "closed", "closed_on": "2016-08-31" }) } else { json!({}) };
        schools.push(app.school(&head, name, more).await.id());
    }
    let mut published = record(schools[0], "2016/17");
    published["summary_published_on"] = json!("2016-10-03");
    head.post("/school-plan-records", &published).await.expect(201);
    head.post("/school-plan-records", &record(schools[1], "2016/17")).await.expect(201);
    let missing =
        async |year: &str| head.get(&format!("/missing-summaries?academic_year={year}")).await.expect(200).ids();
    assert_eq!(missing("2016/17").await, schools[1..3]);
    assert_eq!(missing("2017/18").await, schools[..3]);
    let counts = head.get("/missing-summaries/counts?academic_year=2016/17&by=phase").await.expect(200).json();
    assert_eq!(counts["total"], 2);
    assert_eq!(head.get("/missing-summaries").await.expect(200).ids().len(), 3);
    head.get("/missing-summaries?academic_year=2016").await.problem(400, "bad-parameter");
    let own = app.at_school(Role::SchoolHead, schools[1]).await;
    assert_eq!(own.get("/missing-summaries?academic_year=2016/17").await.expect(200).ids(), [schools[1]]);
}

#[actix_web::test]
async fn records_are_found_by_year_and_by_what_is_missing() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let mut old = record(school, "2015/16");
    old["in_development_plan"] = json!(false);
    old["next_due_on"] = json!("2016-09-30");
    let old = head.post("/school-plan-records", &old).await.expect(201).id();
    let mut new = record(school, "2016/17");
    new["summary_published_on"] = json!("2016-10-03");
    let new = head.post("/school-plan-records", &new).await.expect(201).id();
    for (query, found) in [
        ("academic_year=2015/16", vec![old]),
        ("academic_year=2015/16&academic_year=2016/17", vec![old, new]),
        ("in_development_plan=false", vec![old]),
        ("published=true", vec![new]),
        ("published=false", vec![old]),
        ("due_to=2016-10-01", vec![old]),
        ("has_plan=true", vec![]),
    ] {
        assert_eq!(head.get(&format!("/school-plan-records?{query}")).await.expect(200).ids(), found, "{query}");
    }
}
