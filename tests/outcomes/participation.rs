//! Participation: what schools' figures add up to, and what of it is withheld.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{figure, part, publish, record};
use crate::support::{self, App, Caller};

/// Two areas: the north with 30 and 20 pupils, the south with one school of 4, and one without a figure.
async fn world(app: &App) -> (Caller, [Uuid; 2]) {
    let head = app.as_role(Role::HeadOfService).await;
    let areas = [app.area(&head, "North").await.id(), app.area(&head, "South").await.id()];
    publish(&head, "first_access_pupils", "headcount").await;
    let mut items = Vec::new();
    for (name, area, pupils) in [("Ash", 0, Some(30)), ("Beech", 0, Some(20)), ("Cedar", 1, Some(4)), ("Elm", 1, None)]
    {
        let school = app.school(&head, name, json!({ "area_id": areas[area] })).await.id();
        items.extend(pupils.map(|pupils| figure(school, "first_access_pupils", pupils)));
        if name == "Ash" {
            items.push(part(school, "first_access_pupils", ("sex", "girls"), 18));
            items.push(part(school, "first_access_pupils", ("sex", "boys"), 12));
        }
        if name == "Beech" {
            let mut old = figure(school, "first_access_pupils", 25);
            old["academic_year"] = json!("2013/14");
            items.push(old);
        }
    }
    record(&head, &items).await;
    (head, areas)
}

/// The lines and the total: label, schools, reached, value and whether it is withheld.
async fn lines(by: &Caller, query: &str) -> Vec<Value> {
    let report = by.get(&format!("/reports/participation?academic_year=2014/15&{query}")).await.expect(200).json();
    let line = |line: &Value| {
        json!([
            line["group"]["label"],
            line["schools"],
            line["reached"]["numerator"],
            line["value"],
            line["suppressed"],
            line["withheld_figures"],
        ])
    };
    report["lines"].as_array().unwrap().iter().chain(report.get("total")).map(line).collect()
}

#[actix_web::test]
async fn a_small_area_and_a_second_one_are_withheld_in_the_report_of_the_hub() {
    let app = support::app().await;
    let (head, _) = world(&app).await;
    // 4 pupils of the south could be worked out from the total and the north.
    assert_eq!(
        lines(&head, "by=area").await,
        [
            json!(["North", 2, 2, null, true, 0]),
            json!(["South", 2, 1, null, true, 0]),
            json!([null, 4, 3, 54, false, 0]),
        ]
    );
}

#[actix_web::test]
async fn sums_leave_out_what_is_withheld_from_the_caller() {
    let app = support::app().await;
    let (_, areas) = world(&app).await;
    let governor = app.as_role(Role::Governor).await;
    assert_eq!(
        lines(&governor, "by=area").await,
        [
            json!(["North", 2, 2, 50, false, 0]),
            json!(["South", 2, 1, null, true, 1]),
            json!([null, 4, 3, 50, false, 1]),
        ]
    );
    let south = lines(&governor, &format!("by=phase&area_id={}", areas[1])).await;
    assert_eq!(south, [json!(["primary", 2, 1, null, true, 1]), json!([null, 2, 1, null, true, 1])]);
}

#[actix_web::test]
async fn the_lines_are_years_or_parts_of_a_dimension() {
    let app = support::app().await;
    let (head, _) = world(&app).await;
    assert_eq!(
        lines(&head, "by=sex").await,
        [json!(["girls", 4, 1, 18, false, 0]), json!(["boys", 4, 1, 12, false, 0]), json!([null, 4, 3, 30, false, 0]),]
    );
    assert_eq!(
        lines(&head, "by=year&years=3").await,
        [
            json!(["2012/13", 4, 0, null, false, 0]),
            json!(["2013/14", 4, 1, 25, false, 0]),
            json!(["2014/15", 4, 3, 54, false, 0])
        ]
    );
    head.get("/reports/participation?definition_code=first_acess_pupils").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn figures_of_a_closed_school_count_under_the_school_that_came_from_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let area = app.area(&head, "North").await.id();
    publish(&head, "first_access_pupils", "headcount").await;
    let form = |urn: u32| json!({ "urn": urn, "area_id": area });
    let old = app.school(&head, "Elm School", form(100_001)).await.id();
    let mut academy = form(100_002);
    academy["opened_on"] = json!("2014-04-01");
    let new = app.school(&head, "Elm Academy", academy).await.id();
    let link = json!({ "school_id": old, "link_urn": 100_002, "relation": "successor" });
    head.post("/school-links", &link).await.expect(201);
    let of = |school: Uuid, year: &str, pupils: i64| {
        let mut figure = figure(school, "first_access_pupils", pupils);
        figure["academic_year"] = json!(year);
        figure
    };
    // In 2013/14 the pupils were counted before and after the conversion.
    record(&head, &[of(old, "2012/13", 20), of(old, "2013/14", 22), of(new, "2013/14", 24), of(new, "2014/15", 30)])
        .await;
    let closed = json!({ "status": "closed", "closed_on": "2014-03-31" });
    head.patch(&format!("/schools/{old}"), &closed, "*").await.expect(200);
    assert_eq!(
        lines(&head, "by=year&years=3").await,
        [
            json!(["2012/13", 1, 1, 20, false, 0]),
            json!(["2013/14", 1, 1, 24, false, 0]),
            json!(["2014/15", 1, 1, 30, false, 0])
        ]
    );
    let path = "/reports/participation?academic_year=2012/13&by=area";
    let report = head.get(path).await.expect(200).json();
    let north = &report["lines"][0];
    assert_eq!((&north["group"]["label"], &north["answered"]["numerator"]), (&json!("North"), &json!(1)));
    assert_eq!((&north["schools"], &north["value"], &report["total"]["value"]), (&json!(1), &json!(20), &json!(20)));
}

#[actix_web::test]
async fn the_report_is_the_same_in_its_other_forms() {
    let app = support::app().await;
    let (head, _) = world(&app).await;
    let path = "/reports/participation?academic_year=2014/15";
    let csv = head.get(&format!("{path}&format=csv")).await.expect(200);
    let text = String::from_utf8(csv.body).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(!text.contains(",4,"), "{text}");
    head.get(&format!("{path}&format=xlsx")).await.expect(200);
    let picture = head.get("/reports/participation/picture?academic_year=2014/15").await.expect(200);
    let picture = String::from_utf8(picture.body).unwrap();
    assert_eq!(picture.matches("withheld, since the number is small").count(), 4, "{picture}");
}
