//! Signing in, as the document describes it.

use serde_json::{Value, json};

use super::schema;
use crate::support::document::{example, operations};
use crate::support::{self, Caller, Reply};

const FORM: &str = "application/x-www-form-urlencoded";

/// Sends the same fields as JSON and as a form, and expects the same answer.
async fn both(caller: &Caller, path: &str, fields: &Value) -> Reply {
    let pairs = fields.as_object().unwrap().iter();
    let form = pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap().replace(' ', "+")));
    let form = form.collect::<Vec<_>>().join("&");
    let as_json = caller.post(path, fields).await;
    let as_form = caller.ask(reqwest::Method::POST, path).raw_of(FORM, form).await;
    assert_eq!(as_json.status, as_form.status, "{as_json:?} {as_form:?}");
    if as_json.status >= 400 {
        let told = |reply: &Reply| {
            let mut problem = reply.json();
            problem["request_id"] = Value::Null;
            problem
        };
        assert_eq!(told(&as_json), told(&as_form));
    }
    as_json
}

#[actix_web::test]
async fn the_documented_sign_in_works_against_the_demo() {
    let app = support::demo().await;
    let operation = operations().iter().find(|operation| operation.id == "create_token").unwrap();
    let mut body = example(operation.body().unwrap());
    assert_eq!(body["hub"], "leicester-shire");
    body["password"] = json!("nine-oboes-and-a-harp");
    let token = both(&app.nobody(), "/auth/token", &body).await.expect(200).json();
    let hub = app.nobody().with_token(token["access_token"].as_str().unwrap()).get("/hub").await.expect(200).json();
    assert_eq!(hub["slug"], body["hub"]);
}

#[actix_web::test]
async fn a_refused_sign_in_says_what_rfc_6749_says_in_json_and_form_alike() {
    let app = support::app().await;
    let nobody = app.nobody();
    let unknown = json!({ "grant_type": "password", "username": "a@b.example", "password": "x" });
    let client = json!({ "grant_type": "client_credentials", "client_id": "x", "client_secret": "y" });
    for (fields, status, error, faults) in [
        (json!({}), 400, "invalid_request", vec!["/grant_type"]),
        (json!({ "grant_type": "magic" }), 400, "unsupported_grant_type", vec!["/grant_type"]),
        (json!({ "grant_type": "password", "password": "" }), 400, "invalid_request", vec!["/password", "/username"]),
        (json!({ "grant_type": "refresh_token", "colour": "red" }), 400, "invalid_request", vec!["/refresh_token"]),
        (unknown, 400, "invalid_grant", vec![]),
        (client, 401, "invalid_client", vec![]),
    ] {
        let reply = both(&nobody, "/auth/token", &fields).await.expect(status);
        let problem = reply.json();
        assert_eq!(problem["error"], error, "{fields}: {problem}");
        assert_eq!(problem["error_description"], problem["detail"]);
        let pointers: Vec<String> = reply.faults().into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, faults, "{problem}");
        assert_eq!(reply.maybe("www-authenticate").is_some(), status == 401);
    }
}

#[actix_web::test]
async fn revocation_takes_json_and_form_alike() {
    let app = support::app().await;
    let nobody = app.nobody();
    let long = "x".repeat(4097);
    for (fields, status) in [
        (json!({ "token": "unknown" }), 200),
        (json!({ "token": "unknown", "token_type_hint": "", "colour": "red" }), 200),
        (json!({ "token": "" }), 400),
        (json!({}), 400),
        (json!({ "token": long }), 400),
    ] {
        both(&nobody, "/auth/revoke", &fields).await.expect(status);
    }
}

#[test]
fn the_token_request_is_one_of_three_forms() {
    let forms = schema("TokenRequest")["oneOf"].as_array().unwrap();
    let types: Vec<&Value> = forms
        .iter()
        .map(|form| {
            let form = crate::support::document::resolved(form);
            assert!(form["required"].as_array().unwrap().contains(&json!("grant_type")), "{form}");
            &form["properties"]["grant_type"]["enum"][0]
        })
        .collect();
    assert_eq!(types, ["password", "refresh_token", "client_credentials"]);
}

#[test]
fn refusals_of_signing_in_have_descriptions_and_headers_of_their_own() {
    let operation = operations().iter().find(|operation| operation.id == "create_token").unwrap();
    for (status, header, code) in [
        ("400", "X-Request-Id", "invalid-grant"),
        ("401", "WWW-Authenticate", "invalid-client"),
        ("429", "Retry-After", "too-many-requests"),
    ] {
        let reply = operation.reply(status);
        assert!(reply["headers"].get(header).is_some(), "{reply:#}");
        assert!(reply["description"].as_str().unwrap().contains(code), "{reply:#}");
        let schema = &reply["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/AuthProblem");
    }
    assert!(!operation.statuses().contains(&422), "what breaks a rule is 400 here");
    let fields = &schema("AuthProblem")["properties"];
    assert!(fields["error"]["enum"].as_array().unwrap().contains(&json!("invalid_grant")));
    assert!(fields.get("error_description").is_some());
}
