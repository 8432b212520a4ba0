//! Reports of training: sessions of the plan, and who is qualified until when.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{Hub, book, form, with};
use crate::support;

fn line<'a>(report: &'a Value, value: &Value) -> &'a Value {
    let lines = report["lines"].as_array().unwrap();
    lines.iter().find(|line| line["group"]["value"] == *value).unwrap_or_else(|| panic!("no {value}: {report:#}"))
}

#[actix_web::test]
async fn the_demo_held_the_sessions_of_the_plan() {
    let app = support::demo().await;
    let governor = app.as_role(Role::Governor).await;
    let report = async |query: &str| governor.get(&format!("/reports/training?{query}")).await.expect(200).json();
    let year = "from_on=2014-04-01&to_on=2015-03-31&as_at=2015-03-31";
    let by_kind = report(year).await;
    assert_eq!(line(&by_kind, &json!("training"))["sessions_held"], 2);
    assert_eq!(line(&by_kind, &json!("peer_to_peer"))["sessions_held"], 3);
    assert_eq!(by_kind["total"]["sessions_held"], 5);
    assert_eq!(line(&by_kind, &json!("training"))["people_trained"], 6, "each person once");
    let earlier = report("from_on=2014-04-01&to_on=2015-03-31&as_at=2014-12-31").await;
    assert_eq!(line(&earlier, &json!("training"))["sessions_held"], 1);
    let school = report(&format!("by=school&{year}")).await;
    let bosworth = school["lines"].as_array().unwrap().iter().find(|it| it["group"]["label"] == "Bosworth Academy");
    let bosworth = bosworth.unwrap_or_else(|| panic!("{school:#}"));
    assert_eq!((&bosworth["sessions_held"], &bosworth["people_trained"]), (&json!(4), &json!(2)));
    governor.get("/reports/training?format=csv&by=area").await.expect(200);
    governor.get("/reports/qualified-people?format=xlsx").await.expect(200);
}

#[actix_web::test]
async fn a_qualification_holds_to_its_last_day_and_is_seen_to_end() {
    let hub = Hub::new().await;
    let Hub { app, office, ash, beech } = &hub;
    let north = app.area(office, "North").await.id();
    office.patch(&format!("/schools/{}", ash.id), &json!({ "area_id": north }), "*").await.expect(200);
    let training = office.post("/training-events", &with(form(), json!({ "places": null }))).await.expect(201).id();
    let briefing = json!({ "kind": "briefing", "qualification": null, "qualification_months": null, "places": null });
    let briefing = office.post("/training-events", &with(form(), briefing)).await.expect(201).id();
    for event in [training, briefing] {
        office.act(&format!("/training-events/{event}/open"), None).await.expect(200);
        for school in [ash, beech] {
            let booked = book(office, event, school.staff.person(), school.id).await.expect(201).id();
            let verb = if (event, school.id) == (briefing, beech.id) { "miss" } else { "attend" };
            office.act(&format!("/attendances/{booked}/{verb}"), None).await.expect(200);
        }
        office.act(&format!("/training-events/{event}/hold"), None).await.expect(200);
    }
    let qualified = async |query: &str| {
        let report = office.get(&format!("/reports/training?academic_year=2013/14&{query}")).await.expect(200).json();
        let total = &report["total"];
        ["sessions_held", "people_trained", "people_qualified", "people_ending"].map(|it| total[it].as_i64().unwrap())
    };
    assert_eq!(qualified("as_at=2014-08-27").await, [0, 0, 0, 0]);
    assert_eq!(qualified("as_at=2014-08-28").await, [2, 2, 2, 0]);
    assert_eq!(qualified("as_at=2015-05-28&ending_within_days=90").await, [2, 2, 2, 0]);
    assert_eq!(qualified("as_at=2015-05-29&ending_within_days=90").await, [2, 2, 2, 2]);
    assert_eq!(qualified("as_at=2015-08-27").await, [2, 2, 2, 2]);
    assert_eq!(qualified("as_at=2015-08-28").await, [2, 2, 0, 0]);
    assert_eq!(qualified(&format!("as_at=2014-09-01&area_id={north}")).await, [2, 1, 1, 0]);
    assert_eq!(qualified("as_at=2014-09-01&kind=briefing").await, [1, 1, 0, 0]);
    let by = office.get("/reports/training?academic_year=2013/14&by=qualification").await.expect(200).json();
    assert_eq!(line(&by, &json!("Singing leader"))["people_qualified"], 2);
    assert_eq!(line(&by, &Value::Null)["people_trained"], 1);

    let people = async |query: &str| office.get(&format!("/reports/qualified-people?{query}")).await.expect(200).json();
    let report = people(&format!("school_id={}", ash.id)).await;
    let told = &report["lines"][0];
    assert_eq!(report["found"], 1);
    assert_eq!((&told["person_id"], &told["school_name"]), (&json!(ash.staff.person()), &json!("Ash")));
    assert_eq!((&told["area_name"], &told["valid_until"]), (&json!("North"), &json!("2015-08-27")));
    assert_eq!(people("as_at=2015-08-28").await["found"], 0);
    assert_eq!(people("ending=true").await["found"], 0);
    assert_eq!(people("ending=true&as_at=2015-08-27&limit=1").await["found"], 2);
    let list = office.get("/attendances?valid_on=2015-08-27&qualification=singing%20leader").await.expect(200);
    assert_eq!(list.ids().len(), 2);
    // Governors read the numbers without the names; a specialist leader only the own schools.
    let governor = app.as_role(Role::Governor).await;
    let report = governor.get("/reports/qualified-people").await.expect(200).json();
    assert_eq!((&report["found"], &report["lines"][0]["name"]), (&json!(2), &json!(null)));
    let specialist = app.as_role(Role::SpecialistLeader).await;
    let lead = json!({
        "person_id": specialist.person(), "school_id": ash.id, "role": "lead", "from_on": "2014-08-01",
    });
    office.post("/assignments", &lead).await.expect(201);
    assert_eq!(specialist.get("/reports/qualified-people").await.expect(200).json()["found"], 1);
}
