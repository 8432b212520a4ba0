//! Limits hold in both directions: what is beyond a documented one gets the documented 4xx.

use std::collections::{BTreeMap, BTreeSet};

use api::kernel::caller::permission::PLATFORM_HUB;
use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::somewhere;
use crate::support;
use crate::support::document::{Operation, example, operations, resolved};
use crate::support::{App, Caller};

/// Beyond it a list is not made longer than it may be.
const LONG_LIST: u64 = 300;

fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// The schema of a value that may also be null.
fn of_value(schema: &Value) -> &Value {
    let schema = resolved(schema);
    let some = schema["oneOf"].as_array().and_then(|it| it.iter().find(|option| option["type"] != "null"));
    match some {
        Some(option) if schema["oneOf"].as_array().unwrap().len() == 2 => resolved(option),
        _ => schema,
    }
}

/// Values that a schema excludes, each by one of its limits.
fn beyond(schema: &Value) -> Vec<Value> {
    let schema = of_value(schema);
    let mut values = Vec::new();
    if is(schema, "string") {
        if let Some(most) = schema["maxLength"].as_u64() {
            values.push(json!("x".repeat(usize::try_from(most).unwrap() + 1)));
        }
        if schema.get("pattern").is_some() {
            let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(1).max(1)).unwrap();
            let texts = ["~", " ", "\n"].map(|text| json!(text.repeat(least)));
            values.extend(texts.into_iter().find(|text| !jsonschema::is_valid(schema, text)));
        }
        if schema.get("enum").is_some()
            || matches!(schema["format"].as_str(), Some("uuid" | "date" | "date-time" | "email"))
        {
            values.push(json!("~"));
        }
    }
    if is(schema, "integer") {
        values.extend(schema["maximum"].as_i64().map(|most| json!(most + 1)));
        values.extend(schema["minimum"].as_i64().map(|least| json!(least - 1)));
    }
    if is(schema, "number") {
        values.extend(schema["maximum"].as_f64().map(|most| json!(most + 1.0)));
        values.extend(schema["minimum"].as_f64().map(|least| json!(least - 1.0)));
    }
    if is(schema, "array")
        && let Some(most) = schema["maxItems"].as_u64().filter(|most| *most <= LONG_LIST)
    {
        let items = schema["items"]["example"].clone();
        values.push(vec![items; usize::try_from(most).unwrap() + 1].into());
    }
    values
}

/// The address of an operation with made-up ids.
fn nowhere(operation: &Operation) -> String {
    let parts = operation.path.split('/').map(|part| match part {
        "{system}" => "paritor".to_owned(),
        "{n}" => "1".to_owned(),
        part if part.starts_with('{') => Uuid::now_v7().to_string(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A caller with every scope of a hub, and one with the scopes of the platform.
async fn callers(app: &App) -> (Caller, Caller) {
    (app.as_anything().await, app.as_client_in(PLATFORM_HUB, "hubs:read hubs:write").await)
}

/// Texts of a query value.
fn in_query(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The fields of a form and of the forms in it, where the example has a place for them: their
/// pointers and schemas.
fn places(schema: &Value, example: &Value, at: &str) -> Vec<(String, Value)> {
    let schema = of_value(schema);
    let mut found = Vec::new();
    let properties = schema["properties"].as_object().filter(|_| example.is_object());
    for (name, property) in properties.into_iter().flatten() {
        let at = format!("{at}/{name}");
        found.extend(places(property, &example[name], &at));
        found.push((at, property.clone()));
    }
    if example.get(0).is_some() {
        found.extend(places(&schema["items"], &example[0], &format!("{at}/0")));
    }
    found
}

/// The body with another value at its place.
fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let mut body = body.clone();
    body.pointer_mut(parent).unwrap()[field] = value;
    body
}

#[actix_web::test]
async fn a_query_parameter_beyond_its_limits_is_400_at_its_place() {
    let app = support::demo().await;
    let (everyone, platform) = callers(&app).await;
    let mut tried = BTreeMap::new();
    for operation in operations().iter().filter(|it| it.path.starts_with("/api/")) {
        let caller = if of_the_platform(operation) { &platform } else { &everyone };
        for parameter in operation.parameters().filter(|it| it["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let list = is(&parameter["schema"], "array");
            let schema = if list { &parameter["schema"]["items"] } else { &parameter["schema"] };
            for value in beyond(schema) {
                let value = in_query(&value).replace('~', "%7E").replace(' ', "%20").replace('\n', "%0A");
                let rest = operation.query_without(name);
                let address = format!("{}?{name}={value}&{rest}", nowhere(operation));
                let mut request = caller.ask(operation.method.parse().unwrap(), &address);
                if let Some(body) = operation.body() {
                    request = request.json(&example(body));
                }
                let reply = request.await;
                reply.problem(400, "bad-parameter");
                assert_eq!(reply.faults()[0].0, format!("?{name}"), "{address}: {reply:?}");
                *tried.entry(&*operation.method).or_insert(0) += 1;
            }
        }
    }
    assert!(tried["GET"] > 200 && tried["POST"] > 0, "{tried:?}");
}

#[actix_web::test]
async fn a_header_beyond_its_documented_form_is_400_and_named() {
    let app = support::demo().await;
    let (everyone, platform) = callers(&app).await;
    let mut tried = 0;
    for operation in operations().iter().filter(|it| it.method != "GET" && it.guarded()) {
        // A file is read before the caller is known.
        if operation.value.get("requestBody").is_some() && operation.body().is_none() {
            continue;
        }
        let caller = if of_the_platform(operation) { &platform } else { &everyone };
        // One of another form is replaced, so that no request fails by it.
        let headers = operation.parameters().filter(|it| it["in"] == "header" && it["name"] != "X-Request-Id");
        for parameter in headers {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            assert!(schema["pattern"].is_string() && schema["maxLength"].is_u64(), "{}: {parameter}", operation.id);
            for value in beyond(schema) {
                let method: Method = operation.method.parse().unwrap();
                let request = caller.ask(method, &nowhere(operation)).header(name, value.as_str().unwrap());
                let request = match operation.body() {
                    Some(body) => request.json(&example(body)),
                    None => request,
                };
                let problem = request.await.problem(400, "bad-request");
                assert!(problem["detail"].as_str().unwrap().contains(&format!("`{name}`")), "{problem}");
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[actix_web::test]
async fn a_field_beyond_its_limits_is_422_at_its_place() {
    let app = support::demo().await;
    let (everyone, platform) = callers(&app).await;
    let mut fields = BTreeSet::new();
    for operation in operations().iter().filter(|it| it.method == "POST" && it.guarded()) {
        let Some(body) = operation.body() else { continue };
        let caller = if of_the_platform(operation) { &platform } else { &everyone };
        let base = example(body);
        for (at, schema) in places(body, &base, "") {
            for value in beyond(&schema) {
                let body = with(&base, &at, value);
                let reply = caller.ask(Method::POST, &nowhere(operation)).json(&body).await;
                // A batch tells what is wrong with its rows row by row.
                let pointers: Vec<_> = if operation.path.ends_with("/batch") && at.starts_with("/items/") {
                    let row = &reply.expect(200).json()["items"][0]["errors"];
                    row.as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect()
                } else {
                    reply.problem(422, "invalid");
                    reply.faults().into_iter().map(|(pointer, _)| pointer).collect()
                };
                assert!(pointers.iter().any(|it| it.starts_with(&at)), "{} {at}: {pointers:?}", operation.id);
                fields.insert(format!("{}{at}", operation.id));
            }
        }
    }
    let inner = fields.iter().filter(|it| it.matches('/').count() > 1).count();
    assert!(fields.len() > 150 && inner > 30, "{inner} {fields:#?}");
}

#[actix_web::test]
async fn a_field_of_a_patch_beyond_its_limits_is_422_at_its_place() {
    let app = support::demo().await;
    let everyone = app.as_anything().await;
    let mut fields = BTreeSet::new();
    for operation in operations().iter().filter(|it| it.method == "PATCH") {
        let body = operation.body().unwrap();
        let address = somewhere(&everyone, operation).await;
        for (field, schema) in resolved(body)["properties"].as_object().unwrap() {
            for value in beyond(schema) {
                let reply = everyone.patch(&address, &json!({ field: value }), "*").await;
                reply.problem(422, "invalid");
                let at = format!("/{field}");
                let pointers: Vec<_> = reply.faults().into_iter().map(|(pointer, _)| pointer).collect();
                assert!(pointers.iter().any(|it| it.starts_with(&at)), "{} {at}: {pointers:?}", operation.id);
                fields.insert(format!("{}{at}", operation.id));
            }
        }
    }
    assert!(fields.len() > 100, "{fields:#?}");
}

#[actix_web::test]
async fn a_fault_in_a_path_points_to_its_part() {
    let app = support::app().await;
    let caller = app.as_anything().await;
    for put in operations().iter().filter(|it| it.method == "PUT" && it.path.contains("/by-key/")) {
        for (system, id, part) in [
            ("Paritor!", "1".to_owned(), "{system}"),
            ("%2D", "1".to_owned(), "{system}"),
            (&*"x".repeat(41), "1".to_owned(), "{system}"),
            ("mis", "x".repeat(101), "{id}"),
        ] {
            let address = put.path.replace("{system}", system).replace("{id}", &id);
            let body = example(put.body().unwrap());
            for reply in [caller.get(&address).await, caller.put(&address, &body).await] {
                reply.problem(400, "bad-parameter");
                assert_eq!(reply.faults()[0].0, part, "{reply:?}");
            }
        }
    }
}

#[actix_web::test]
async fn numbers_of_changes_beyond_the_maximum_are_refused_in_plain_words() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    for path in ["/changes?after=", &format!("/areas/{area}/history?before=")] {
        for number in ["9007199254740992", "9223372036854775807", "9223372036854775808", "18446744073709551615"] {
            let problem = caller.get(&format!("{path}{number}")).await.problem(400, "bad-parameter");
            let message = problem["errors"][0]["message"].as_str().unwrap();
            assert_eq!(message, "at most 9007199254740991", "{problem}");
        }
        // A number that the feed has not come to is another fault than one that is no number.
        let largest = caller.get(&format!("{path}9007199254740991")).await;
        assert!(matches!(largest.status, 200 | 410), "{largest:?}");
    }
}

#[actix_web::test]
async fn no_detail_is_longer_than_documented() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let long = "x".repeat(5000);
    let names: Vec<String> = (0..300).map(|n| format!("unknown_parameter_{n}=1")).collect();
    let names = names.join("&");
    for reply in [
        caller.get(&format!("/areas?{long}=1")).await,
        caller.get(&format!("/areas?{names}")).await,
        caller.post("/areas", &json!({ &long: 1 })).await,
        caller.post("/areas", &json!({ "name": "Ash", "note": long, "lead_person_id": long })).await,
        caller.post("/areas", &json!({})).key(&"k".repeat(256)).await,
    ] {
        // The reply itself is checked against the schema, wherever a test asks.
        assert!((400..500).contains(&reply.status), "{reply:?}");
        assert!(reply.json()["detail"].as_str().unwrap().chars().count() <= 2000);
    }
}

/// Returns true if only the platform's administrators may call the operation.
fn of_the_platform(operation: &Operation) -> bool {
    operation.path.starts_with("/api/v1/hubs") || operation.path == "/api/v1/metric-distributions"
}
