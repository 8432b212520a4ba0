//! Trends of results by local authority, phase and specialist leader, and of a group of schools.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{assign, person};
use crate::support::{self, App, Caller};

/// Four schools with results of two years.
struct World {
    app: App,
    head: Caller,
    /// Who leads at Ash, and at Beech until the end of 2023. Somebody else leads at Cedar.
    priya: Uuid,
    /// A cluster of Ash and Cedar, which Dogwood has left.
    cluster: Uuid,
    /// A school at which nobody leads.
    dogwood: Uuid,
}

/// Takes the entries of a school in a year, and how many of them have a good grade.
async fn results(head: &Caller, school: Uuid, year: &str, entries: i32, good: i32) {
    let figure = |grade: Option<&str>, pupils: i32| {
        json!({
            "school_id": school, "academic_year": year, "qualification": "gcse", "subject": "music",
            "basis": "entries", "kind": if grade.is_some() { "grade" } else { "total" }, "grade": grade,
            "pupils": pupils, "source": "reported",
        })
    };
    let items = [figure(None, entries), figure(Some("9"), good), figure(Some("3"), entries - good)];
    let report = head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["created"], 3, "{report:#}");
}

async fn world() -> World {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = async |name: &str, la_code: &str, phase: &str| {
        app.school(&head, name, json!({ "la_code": la_code, "phase": phase })).await.id()
    };
    let ash = school("Ash", "855", "secondary").await;
    let beech = school("Beech", "856", "secondary").await;
    let cedar = school("Cedar", "855", "all_through").await;
    let dogwood = school("Dogwood", "855", "secondary").await;
    for (school, year, entries, good) in [
        (ash, "2021/22", 20, 12),
        (ash, "2022/23", 20, 14),
        (beech, "2022/23", 10, 10),
        (cedar, "2021/22", 30, 10),
        (cedar, "2022/23", 30, 15),
        (dogwood, "2022/23", 16, 8),
    ] {
        results(&head, school, year, entries, good).await;
    }
    let (priya, sam) = (person(&head, "Priya Nair").await, person(&head, "Sam Quill").await);
    for (lead, school, role, to_on) in [
        (priya, ash, "lead", None),
        (priya, beech, "lead", Some("2023-12-31")),
        (sam, cedar, "lead", None),
        // Somebody who supports a school does not lead there.
        (sam, dogwood, "support", None),
    ] {
        assign(&head, lead, school, role, ("2014-09-01", to_on)).await;
    }
    let cluster = json!({ "name": "Cluster", "kind": "cluster" });
    let cluster = head.post("/school-groups", &cluster).await.expect(201).id();
    for (school, to_on) in [(ash, None), (cedar, None), (dogwood, Some("2023-08-31"))] {
        let member =
            json!({ "school_group_id": cluster, "school_id": school, "from_on": "2014-09-01", "to_on": to_on });
        head.post("/school-group-members", &member).await.expect(201);
    }
    World { app, head, priya, cluster, dogwood }
}

/// Returns for each line the name of its group, the year, the schools, their entries, the good ones, and the change.
async fn trends(by: &Caller, query: &str) -> Value {
    let path = format!("/reports/exam-trends?academic_year_from=2021/22&{query}");
    let report = by.get(&path).await.expect(200).json();
    let line = |line: &Value| {
        let (label, good) = (&line["group"]["label"], &line["good"]["numerator"]);
        json!([label, line["academic_year"], line["schools"], line["entries"], good, line["change"]])
    };
    report["lines"].as_array().unwrap().iter().map(line).collect()
}

#[actix_web::test]
async fn results_are_compared_by_local_authority_phase_and_specialist_leader() {
    let World { app, head, dogwood, .. } = world().await;
    let by_la = trends(&head, "as_at=2023-10-01&by=la").await;
    let expected = json!([
        ["855", "2021/22", 2, 50, 22, null],
        ["855", "2022/23", 3, 66, 37, 12.1],
        ["856", "2022/23", 1, 10, 10, null],
    ]);
    assert_eq!(by_la, expected);
    let by_phase = trends(&head, "as_at=2023-10-01&by=phase").await;
    let expected = json!([
        ["all_through", "2021/22", 1, 30, 10, null],
        ["all_through", "2022/23", 1, 30, 15, 16.7],
        ["secondary", "2021/22", 1, 20, 12, null],
        ["secondary", "2022/23", 3, 46, 32, 9.6],
    ]);
    assert_eq!(by_phase, expected);
    let by_lead = trends(&head, "as_at=2023-10-01&by=specialist").await;
    let expected = json!([
        ["Priya Nair", "2021/22", 1, 20, 12, null],
        ["Priya Nair", "2022/23", 2, 30, 24, 20.0],
        ["Sam Quill", "2021/22", 1, 30, 10, null],
        ["Sam Quill", "2022/23", 1, 30, 15, 16.7],
        [null, "2022/23", 1, 16, 8, null],
    ]);
    assert_eq!(by_lead, expected);
    // A school counts under the one who leads there on the day: at Beech nobody does any more.
    let by_lead = trends(&head, "as_at=2024-01-15&by=specialist").await;
    let expected = json!([
        ["Priya Nair", "2021/22", 1, 20, 12, null],
        ["Priya Nair", "2022/23", 1, 20, 14, 10.0],
        ["Sam Quill", "2021/22", 1, 30, 10, null],
        ["Sam Quill", "2022/23", 1, 30, 15, 16.7],
        [null, "2022/23", 2, 26, 18, null],
    ]);
    assert_eq!(by_lead, expected);
    // A specialist leader gets the trend of the own schools alone.
    let leader = app.as_role(Role::SpecialistLeader).await;
    assert_eq!(trends(&leader, "as_at=2023-10-01&by=la").await, json!([]));
    assign(&head, leader.person(), dogwood, "lead", ("2014-09-01", None)).await;
    let own = json!([["855", "2022/23", 1, 16, 8, null]]);
    assert_eq!(trends(&leader, "as_at=2023-10-01&by=la").await, own);
}

#[actix_web::test]
async fn a_trend_is_narrowed_to_a_group_an_authority_a_phase_or_a_leader() {
    let World { app: _app, head, priya, cluster, .. } = world().await;
    let (ash, cedar) = (("2021/22", 1, 20, 12), ("2021/22", 1, 30, 10));
    for (query, lines) in [
        (format!("school_group_id={cluster}"), vec![("2021/22", 2, 50, 22), ("2022/23", 2, 50, 29)]),
        ("la_code=855".to_owned(), vec![("2021/22", 2, 50, 22), ("2022/23", 3, 66, 37)]),
        ("la_code=856".to_owned(), vec![("2022/23", 1, 10, 10)]),
        ("phase=all_through".to_owned(), vec![cedar, ("2022/23", 1, 30, 15)]),
        (format!("person_id={priya}"), vec![ash, ("2022/23", 2, 30, 24)]),
        (format!("person_id={priya}&la_code=855"), vec![ash, ("2022/23", 1, 20, 14)]),
        (String::new(), vec![("2021/22", 2, 50, 22), ("2022/23", 4, 76, 47)]),
    ] {
        let found = trends(&head, &format!("as_at=2023-10-01&{query}")).await;
        let told: Vec<_> = found.as_array().unwrap().iter().map(|line| json!(line.as_array().unwrap()[1..5])).collect();
        let expected: Vec<_> =
            lines.iter().map(|(year, schools, entries, good)| json!([year, schools, entries, good])).collect();
        assert_eq!(told, expected, "{query}");
    }
}
