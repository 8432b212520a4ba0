//! Academic sessions: years and terms.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{ROSTER, each, get};
use crate::support::document::operations;
use crate::support::{self, ISSUER};

#[actix_web::test]
async fn the_years_go_from_the_first_record_to_the_next_year_with_their_terms() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let years = get(&caller, "/academicSessions", &[("filter", "type='schoolYear'"), ("sort", "startDate")]).await;
    // The hub was made on the first day of 2014/15, by the clock of the test.
    assert_eq!(each(&years.expect(200), "title"), ["2014/15", "2015/16"]);
    let school = app.school(&caller, "Ash", json!({})).await.id();
    let record = json!({"school_id": school, "academic_year": "2012/13"});
    caller.post("/school-plan-records", &record).await.expect(201);
    let sessions = get(&caller, "/academicSessions", &[("sort", "startDate")]).await.expect(200);
    assert_eq!(sessions.header("x-total-count"), "16");
    let mut titles = each(&sessions, "title");
    // A year and its autumn begin on one day: which comes first, their ids decide.
    titles[4..6].sort();
    let expected = ["spring 2012/13", "summer 2012/13", "2013/14", "autumn 2013/14"];
    assert_eq!(titles[2..6], expected.map(str::to_owned));
    let terms = get(&caller, "/terms", &[("filter", "schoolYear='2013'"), ("sort", "startDate")]).await.expect(200);
    assert_eq!(each(&terms, "startDate"), ["2012-09-01", "2013-01-01", "2013-05-01"]);
    assert_eq!(each(&terms, "endDate"), ["2013-01-01", "2013-05-01", "2013-09-01"]);
    let none = get(&caller, "/gradingPeriods", &[]).await.expect(200);
    assert_eq!(none.json(), json!({"academicSessions": []}));
}

#[actix_web::test]
async fn a_term_leads_to_its_year_and_a_year_to_its_terms() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let autumn = get(&caller, "/terms", &[("filter", "title~'autumn' AND schoolYear='2015'")]).await.expect(200);
    let autumn = autumn.json()["academicSessions"][0].take();
    let year = autumn["parent"]["sourcedId"].as_str().unwrap();
    let shown = get(&caller, &format!("/academicSessions/{year}"), &[]).await.expect(200);
    let year_item = shown.json()["academicSession"].take();
    let href = format!("{ISSUER}{ROSTER}/academicSessions/{year}");
    assert_eq!(autumn["parent"], json!({"href": href, "sourcedId": year, "type": "academicSession"}));
    assert_eq!(year_item["children"][0]["sourcedId"], autumn["sourcedId"]);
    assert_eq!(year_item["endDate"], "2015-09-01", "the first day that is not in it");
    assert_eq!(year_item["schoolYear"], "2015");
    get(&caller, &format!("/terms/{year}"), &[]).await.problem(404, "not-found");
    let etag = shown.etag();
    let again = caller.get(&format!("{ROSTER}/academicSessions/{year}")).header("if-none-match", etag).await;
    again.expect(304);
}

#[actix_web::test]
async fn a_session_keeps_its_id_and_another_hub_has_others() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let ids = get(&caller, "/academicSessions", &[]).await.expect(200).ids();
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ids, sorted, "in the order of the ids, each once");
    assert_eq!(get(&caller, "/academicSessions", &[]).await.expect(200).ids(), ids);
    let other = app.another_hub("elsewhere").await;
    let stranger = app.as_client_in(other, "schools:read").await;
    let others = get(&stranger, "/academicSessions", &[]).await.expect(200).ids();
    assert!(!others.is_empty() && others.iter().all(|id| !ids.contains(id)));
    get(&stranger, &format!("/academicSessions/{}", ids[0]), &[]).await.problem(404, "not-found");
}

#[actix_web::test]
async fn the_examples_of_the_document_are_there_in_the_demonstration() {
    let app = support::demo().await;
    let caller = app.as_anything().await;
    let mut asked = 0;
    for operation in operations().iter().filter(|it| it.path.starts_with(ROSTER) && it.has_id()) {
        let id = operation.parameters().find(|it| it["name"] == "id").unwrap();
        let address = operation.path.replace("{id}", id["example"].as_str().unwrap());
        let item = caller.get(&address).await.expect(200).json();
        assert!(item.as_object().is_some_and(|item| item.values().all(Value::is_object)), "{item}");
        asked += 1;
    }
    assert_eq!(asked, 4);
}
