//! The capacity of a hub on any day, and the figures of the plan.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::posts::{holding, person, post};
use crate::support::{self, Caller};

/// Posts, vacancies, FTE, vacant and tentative FTE, and holders, of all.
async fn total(by: &Caller, query: &str) -> (i64, i64, f64, f64, f64, i64) {
    let report = by.get(&format!("/reports/capacity?{query}")).await.expect(200).json();
    let total = &report["total"];
    let count = |field: &str| total[field].as_i64().unwrap();
    let fte = |field: &str| total[field].as_f64().unwrap();
    (count("posts"), count("vacancies"), fte("fte"), fte("fte_vacant"), fte("fte_tentative"), count("holders"))
}

#[actix_web::test]
async fn the_capacity_changes_on_the_day_of_a_change_and_neither_before_nor_after() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ada = person(&office, "Ada").await;
    let first = office.post("/posts", &post("Support teacher")).await.expect(201).id();
    let mut second = post("Administrator");
    second["fte_hundredths"] = json!(40);
    second["tentative"] = json!(true);
    office.post("/posts", &second).await.expect(201);
    let held = holding(first, ada, "2014-10-01", Some("2014-12-31"));
    office.post("/post-holdings", &held).await.expect(201);
    let governor = app.as_role(Role::Governor).await;
    for (day, expected) in [
        ("2014-08-31", (0, 0, 0.0, 0.0, 0.0, 0)),
        ("2014-09-30", (1, 1, 0.0, 0.8, 0.4, 0)),
        ("2014-10-01", (1, 0, 0.8, 0.0, 0.4, 1)),
        ("2014-12-31", (1, 0, 0.8, 0.0, 0.4, 1)),
        ("2015-01-01", (1, 1, 0.0, 0.8, 0.4, 0)),
    ] {
        assert_eq!(total(&governor, &format!("as_at={day}")).await, expected, "{day}");
    }
    let ended = json!({ "to_on": "2014-12-31" });
    office.patch(&format!("/posts/{first}"), &ended, "*").await.expect(200);
    assert_eq!(total(&governor, "as_at=2014-12-31").await.0, 1);
    assert_eq!(total(&governor, "as_at=2015-01-01").await, (0, 0, 0.0, 0.0, 0.4, 0));
    // Who reaches some schools counts nothing of the hub's own people.
    let specialist = app.as_role(Role::SpecialistLeader).await;
    assert_eq!(total(&specialist, "as_at=2014-10-01").await, (0, 0, 0.0, 0.0, 0.0, 0));
    app.as_role(Role::SchoolHead).await.get("/reports/capacity").await.problem(403, "forbidden");
}

/// The lines of a report by the names of their groups.
fn by_label<'a>(report: &'a Value, label: &str) -> &'a Value {
    let lines = report["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["group"]["label"] == label);
    line.unwrap_or_else(|| panic!("no line of {label}: {report:#}"))
}

#[actix_web::test]
async fn the_demo_has_the_figures_of_the_plan() {
    let app = support::demo().await;
    let governor = app.as_role(Role::Governor).await;
    let report = async |query: &str| governor.get(&format!("/reports/capacity?{query}")).await.expect(200).json();
    let year_one = report("as_at=2014-12-31").await;
    for (role, count) in [
        ("Champion head teacher", 5),
        ("School Improvement", 5),
        ("Teaching school alliance", 3),
        ("National Leader in Education", 2),
        ("Head teacher", 2),
        ("Specialist Leader in Education", 6),
    ] {
        assert_eq!(by_label(&year_one, role)["designations"], count, "{role}");
    }
    let of = |code: &str| {
        let lines = year_one["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["group"]["value"] == code).unwrap();
        line["designations"].as_i64().unwrap()
    };
    assert_eq!(of("Gov") + of("Exec"), 5, "representatives of the governors and the executive");
    let adviser = app.as_role(Role::HeadOfService).await;
    let si = adviser.get("/designations/counts?by=territory&role=SI").await.expect(200).json();
    assert_eq!(
        si["groups"],
        json!([
            { "by": { "territory": "county" }, "count": 3 }, { "by": { "territory": "city" }, "count": 2 },
        ])
    );
    let special = adviser.get("/designations?role=teaching%20school%20alliance&q=special").await.expect(200);
    assert_eq!(special.ids().len(), 1, "one alliance of special schools");
    assert_eq!(total(&governor, "as_at=2014-12-31").await, (4, 0, 2.8, 0.0, 0.0, 4), "0.8, 0.6, 1.0 and 0.4");
    assert_eq!(total(&governor, "as_at=2015-09-01").await, (6, 1, 3.8, 1.0, 0.0, 5));
    assert_eq!(total(&governor, "as_at=2016-09-01").await, (6, 1, 3.8, 1.0, 1.0, 5), "one is tentative");
    let funding = report("by=funding&as_at=2014-12-31").await;
    assert_eq!((&by_label(&funding, "traded")["fte"], &by_label(&funding, "core")["fte"]), (&json!(1.0), &json!(1.8)));
    let groups = async |kind: &str| {
        let groups = adviser.all(&format!("/working-groups?kind={kind}&on=2015-03-31")).await;
        let members = groups.iter().map(|group| group["member_ids"].as_array().unwrap().len()).sum::<usize>();
        (groups.len(), members)
    };
    assert_eq!(groups("specialist").await.1, 6, "specialist leads");
    let frameworks = adviser.all("/working-groups?kind=working&q=frameworks").await;
    assert_eq!(frameworks.len(), 3);
}

#[actix_web::test]
async fn the_capacity_comes_as_data_as_a_file_and_as_a_picture() {
    let app = support::demo().await;
    let governor = app.as_role(Role::Governor).await;
    let csv = governor.get("/reports/capacity?format=csv&by=funding&as_at=2014-12-31").await.expect(200).text();
    assert!(csv.contains("group_value,group_label,posts,vacancies,fte"), "{csv}");
    assert!(csv.contains("core,core,3,0,1.8,"), "{csv}");
    governor.get("/reports/capacity?format=xlsx").await.expect(200);
    let picture = governor.get("/reports/capacity/picture?as_at=2016-09-01").await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    for words in ["Capacity on 1 Sept 2016", "Music Leader", "1.00 vacant", "1.00 tentative", "<svg"] {
        let words = words.replace("Sept", "Sep");
        assert!(picture.text().contains(&words), "{words}: {}", picture.text());
    }
    let refused = governor.get("/reports/capacity/picture?by=colour").await;
    assert_eq!(refused.expect(400).faults(), [("?by".to_owned(), "unknown_value".to_owned())]);
}
