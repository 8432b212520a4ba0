//! How many schools have each colour, and how they move between two days.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{by_hand, hub, rate, suggested};
use crate::support::{App, Caller};

/// Five schools: two in the north, and one that is led by a person. Their colours on 1 March and 1 August 2014: red and
/// amber, amber and amber, none and red, green and none, and none at all.
async fn five() -> (App, Caller, [Uuid; 5], Uuid) {
    let (app, head) = hub().await;
    let north = app.area(&head, "North").await.id();
    let school = async |name: &str, more: Value| app.school(&head, name, more).await.id();
    let schools = [
        school("Ash", json!({ "area_id": north })).await,
        school("Beech", json!({ "area_id": north, "phase": "secondary" })).await,
        school("Cedar", json!({})).await,
        school("Dogwood", json!({})).await,
        school("Elm", json!({})).await,
    ];
    rate(&head, schools[0], "red", "2014-01-10").await;
    rate(&head, schools[0], "amber", "2014-05-10").await;
    rate(&head, schools[1], "amber", "2014-01-10").await;
    rate(&head, schools[2], "red", "2014-05-10").await;
    head.post("/rag-ratings", &by_hand(schools[3], "green", "2014-01-10", "2014-06-30")).await.expect(201);
    suggested(&app, schools[4]).await;
    app.school(&head, "Closed", json!({ "status": "closed", "closed_on": "2013-08-31" })).await;
    (app, head, schools, north)
}

/// The counts of a line: schools, red, amber, green, without.
fn counts(line: &Value) -> Vec<i64> {
    let shares = ["red", "amber", "green", "without_rating"].map(|field| line[field]["numerator"].as_i64().unwrap());
    [&[line["schools"].as_i64().unwrap()][..], &shares].concat()
}

#[actix_web::test]
async fn the_spread_counts_current_ratings_on_any_day_by_area_phase_and_specialist() {
    let (_app, head, schools, north) = five().await;
    let spread = async |query: &str| head.get(&format!("/reports/rating-spread?{query}")).await.expect(200).json();
    let march = spread("as_at=2014-03-01").await;
    let lines = march["lines"].as_array().unwrap();
    assert_eq!(lines[0]["group"], json!({ "value": north, "label": "North" }));
    assert_eq!(counts(&lines[0]), [2, 1, 1, 0, 0]);
    assert_eq!((&lines[1]["group"]["value"], counts(&lines[1])), (&Value::Null, vec![3, 0, 0, 1, 2]));
    assert_eq!(counts(&march["total"]), [5, 1, 1, 1, 2]);
    assert_eq!(march["total"]["red"]["percentage"], 20.0);
    assert_eq!(counts(&spread("as_at=2014-08-01").await["total"]), [5, 1, 2, 0, 2]);
    assert_eq!(counts(&spread("as_at=2014-08-01&phase=secondary").await["total"]), [1, 0, 1, 0, 0]);

    let person = head.post("/people", &json!({ "name": "Priya Nair" })).await.expect(201).id();
    let form = json!({ "person_id": person, "school_id": schools[2], "role": "lead", "from_on": "2014-01-01" });
    head.post("/assignments", &form).await.expect(201);
    let by_person = spread("as_at=2014-08-01&by=specialist").await;
    assert_eq!(by_person["lines"][0]["group"]["label"], "Priya Nair");
    assert_eq!(counts(&by_person["lines"][0]), [1, 1, 0, 0, 0]);
    let file = head.get("/reports/rating-spread?as_at=2014-08-01&format=csv").await.expect(200).text();
    assert_eq!(file.lines().count(), 3, "{file}");
}

#[actix_web::test]
async fn movement_is_a_matrix_and_a_list_of_the_schools_that_moved() {
    let (_app, head, schools, _) = five().await;
    let period = "as_at=2014-08-01&since=2014-03-01";
    let report = head.get(&format!("/reports/rating-movement?{period}")).await.expect(200).json();
    let lines = report["lines"].as_array().unwrap().iter();
    let cells: Vec<_> = lines.map(|line| json!([line["from_colour"], line["to_colour"], line["schools"]])).collect();
    assert_eq!(
        json!(cells),
        json!([["red", "amber", 1], ["amber", "amber", 1], ["green", null, 1], [null, "red", 1], [null, null, 1],])
    );
    assert_eq!(report["lines"][0]["share"]["denominator"], 5);
    assert_eq!(report["period"]["from_on"], "2014-03-01");

    let moves = head.get(&format!("/reports/rating-moves?{period}")).await.expect(200).json();
    let lines = moves["lines"].as_array().unwrap().iter();
    let moved: Vec<_> =
        lines.map(|line| json!([line["school_id"], line["name"], line["from_colour"], line["to_colour"]])).collect();
    assert_eq!(
        json!(moved),
        json!([
            [schools[0], "Ash", "red", "amber"],
            [schools[2], "Cedar", null, "red"],
            [schools[3], "Dogwood", "green", null],
        ])
    );
    let refused = head.get("/reports/rating-moves?as_at=2014-08-01&since=2014-08-02").await;
    assert_eq!(refused.expect(400).faults(), [("?since".to_owned(), "order".to_owned())]);
}

#[actix_web::test]
async fn who_reads_no_ratings_reads_no_figures_of_which_one_shows_the_colour_of_a_school() {
    let (app, _head, _, north) = five().await;
    let monitor = app.as_role(Role::Monitor).await;
    let system = app.as_client("reports:read schools:read").await;
    let narrowed = format!("area_id={north}&phase=secondary&as_at=2014-08-01");
    for by in [&monitor, &system] {
        for report in ["rating-spread", "rating-movement", "rating-moves"] {
            let refused = by.get(&format!("/reports/{report}?{narrowed}")).await.problem(403, "forbidden");
            let detail = refused["detail"].as_str().unwrap();
            assert!(detail.contains("`ratings:read`"), "{report}: {detail}");
        }
    }
    let reader = app.as_client("ratings:read").await;
    for by in [&reader, &app.as_role(Role::Governor).await] {
        let spread = by.get(&format!("/reports/rating-spread?{narrowed}")).await.expect(200).json();
        assert_eq!(counts(&spread["total"]), [1, 0, 1, 0, 0]);
        by.get(&format!("/reports/rating-movement?{narrowed}")).await.expect(200);
    }
}
