//! `If-Match`: declared wherever it is enforced, and enforced wherever it is declared.

use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::json;

use super::somewhere;
use crate::support::document::{Operation, example, operations};
use crate::support::{self, App, Caller, Request};

/// The operations on items that may be stale. What is put by a key has its own tests.
fn conditional() -> impl Iterator<Item = &'static Operation> {
    let by_key = |operation: &&Operation| operation.path.contains("/by-key/");
    operations().iter().filter(|it| it.statuses().contains(&412)).filter(move |it| !by_key(it))
}

fn request(caller: &Caller, operation: &Operation, address: &str) -> Request {
    let method: Method = operation.method.parse().unwrap();
    let query = operation.query_without("");
    let address = if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") };
    let request = caller.ask(method, &address);
    match operation.body() {
        _ if operation.method == "PATCH" => request.json(&json!({})),
        Some(schema) => request.json(&example(schema)),
        None => request,
    }
}

/// Who may try everything: approvals are given by people of a role.
async fn callers(app: &App) -> (Caller, Caller) {
    (app.as_anything().await, app.as_role(Role::HeadOfService).await)
}

#[actix_web::test]
async fn every_operation_that_documents_412_or_428_answers_it() {
    let app = support::demo().await;
    let (anything, head) = callers(&app).await;
    let mut tried = (0, 0);
    for operation in conditional() {
        let caller = if operation.id == "approve_plan" { &head } else { &anything };
        let address = somewhere(&anything, operation).await;
        let stale = request(caller, operation, &address).header("if-match", "\"0\"").await;
        stale.problem(412, "stale-version");
        assert!(stale.etag().starts_with('"'), "the current version: {stale:?}");
        tried.0 += 1;
        if operation.statuses().contains(&428) {
            request(caller, operation, &address).await.problem(428, "precondition-required");
            tried.1 += 1;
        }
    }
    assert!(tried.0 > 80 && tried.1 > 40, "{tried:?}");
}

/// That no reply is 428 where the document has none is held for each reply: here each operation gives one.
#[actix_web::test]
async fn an_operation_that_documents_no_version_asks_for_none() {
    let app = support::demo().await;
    let anything = app.as_anything().await;
    let changes = operations().iter().filter(|it| it.method != "GET" && it.has_id());
    let mut answered = 0;
    for operation in changes.filter(|it| !it.statuses().contains(&412) && !it.takes_form()) {
        let address = somewhere(&anything, operation).await;
        let reply = request(&anything, operation, &address).await;
        assert_ne!(reply.status, 428, "{reply:?}");
        answered += usize::from(reply.status < 300);
    }
    assert!(answered > 4, "{answered}");
}

#[test]
fn if_match_is_a_parameter_exactly_where_412_is_documented() {
    for operation in operations() {
        let names: Vec<_> = operation.parameters().map(|it| it["name"].as_str().unwrap()).collect();
        let conditional = operation.statuses().contains(&412);
        assert_eq!(names.contains(&"If-Match"), conditional, "{}: {names:?}", operation.id);
        let required = operation.parameters().any(|it| it["name"] == "If-Match" && it["required"] == true);
        assert_eq!(required, operation.statuses().contains(&428), "{}", operation.id);
    }
}

#[actix_web::test]
async fn the_callers_hub_is_read_and_changed_by_its_version() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let hub = caller.get("/hub").await.expect(200);
    assert_eq!(hub.etag(), format!("\"{}\"", hub.json()["version"]));
    let known = caller.get("/hub").header("if-none-match", hub.etag()).await.expect(304);
    assert!(known.body.is_empty());
    let changed = caller.patch("/hub", &json!({ "name": "Charnwood Hub" }), &hub.etag()).await.expect(200);
    assert_ne!(changed.etag(), hub.etag());
    caller.patch("/hub", &json!({ "name": "Other" }), &hub.etag()).await.problem(412, "stale-version");
}

#[actix_web::test]
async fn archiving_tells_the_version_that_restoring_asks_for() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await;
    let path = format!("/schools/{}", school.id());
    let archived = caller.delete(&path, &school.etag()).await.expect(204);
    assert_eq!(archived.etag(), "\"2\"");
    let restore = format!("{path}/restore");
    caller.act(&restore, None).await.problem(428, "precondition-required");
    caller.act(&restore, Some(&school.etag())).await.problem(412, "stale-version");
    let restored = caller.act(&restore, Some(&archived.etag())).await.expect(200);
    assert_eq!(restored.etag(), "\"3\"");
}
