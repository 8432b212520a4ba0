//! Replies: errors by the kind of the operation, headers, and a description for each.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::parameters::{ID, reads_item, takes_if_match};
use super::walk::{self, Object, Operation};
use crate::kernel::problem::{Code, Fault, ProblemView};

/// Adds the error replies, once as components, and the headers and descriptions of all replies.
pub(super) fn add(document: &mut Object, guarded: &[&str]) {
    let mut used: Vec<u16> = Vec::new();
    for operation in walk::operations(document) {
        let statuses = errors(&operation, guarded);
        let headers = headers(&operation);
        let not_modified = reads_item(&operation);
        let method = operation.method.to_owned();
        let list = is_list(&operation);
        let responses = walk::child(operation.value, "responses");
        if not_modified {
            responses.insert(
                "304".to_owned(),
                json!({
                    "description": "The version named in `If-None-Match` is still the current one."
                }),
            );
        }
        for (status, reply) in responses.iter_mut() {
            dress(reply, &method, status, list, &headers);
        }
        for status in statuses {
            let reference = format!("#/components/responses/{}", name(status));
            responses.entry(status.to_string()).or_insert(json!({"$ref": reference}));
            used.push(status);
        }
        responses.sort_keys();
    }
    let shared = walk::components(document, "responses");
    for code in Code::ALL {
        let status = code.status().as_u16();
        if used.contains(&status) {
            shared.entry(name(status)).or_insert_with(|| problem(status));
        }
    }
    walk::components(document, "headers").extend(header_components());
    let schemas = walk::components(document, "schemas");
    for (name, schema) in [(ProblemView::name(), ProblemView::schema()), (Fault::name(), Fault::schema())] {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        schemas.insert(name.into_owned(), schema);
    }
}

/// Whether the operation gives one page of a list.
fn is_list(operation: &Operation<'_>) -> bool {
    operation.method == "get"
        && operation
            .value
            .get("parameters")
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|parameter| parameter["name"] == "cursor"))
}

fn errors(operation: &Operation<'_>, guarded: &[&str]) -> Vec<u16> {
    let mut statuses = vec![400, 406, 429, 500, 503];
    if operation.is_guarded() {
        statuses.extend([401, 403]);
    }
    if operation.path.contains('{') {
        statuses.push(404);
    }
    if operation.has_body() {
        statuses.extend([408, 413, 415, 422]);
    }
    if operation.method != "get" {
        statuses.push(507);
    }
    if operation.method != "get" && !operation.is_sign_in() {
        statuses.push(409);
        // A key that was used for another body.
        statuses.extend((operation.method == "post").then_some(422));
    }
    if takes_if_match(operation) {
        statuses.push(412);
        if guarded.contains(&operation.collection()) {
            statuses.push(428);
        }
    }
    statuses.extend(operation.is_by_key().then_some(412));
    statuses.extend(operation.is_feed().then_some(410));
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The headers of the success replies besides those that every reply has.
fn headers(operation: &Operation<'_>) -> Vec<&'static str> {
    let mut headers = Vec::new();
    let item = operation.is_item() && matches!(operation.method, "patch" | "put");
    if item || reads_item(operation) || operation.replies_with("201") || operation.is_transition() {
        headers.push("ETag");
    }
    if is_list(operation) {
        headers.push("Link");
    }
    if operation.method == "post" && !operation.is_sign_in() {
        headers.push("Idempotency-Replayed");
    }
    headers
}

fn dress(reply: &mut Value, method: &str, status: &str, list: bool, headers: &[&str]) {
    let Some(reply) = reply.as_object_mut() else { return };
    if walk::text(reply, "description").is_empty() {
        let description = match (method, status) {
            ("get", "200") if list => "One page of the list.",
            ("get", "200") => "What was asked for.",
            ("patch", "200") => "The item as it is now.",
            (_, "201") => "Made: the item, its address in `Location`.",
            (_, "204") => "Done; there is nothing to send.",
            _ => "Done: the item as it is now.",
        };
        reply.insert("description".to_owned(), description.into());
    }
    let location = (status == "201").then_some("Location");
    let all = ["X-Request-Id", "RateLimit", "RateLimit-Policy"];
    let named = walk::child(reply, "headers");
    for header in headers.iter().copied().chain(location).chain(all) {
        let reference = json!({"$ref": format!("#/components/headers/{header}")});
        named.entry(header).or_insert(reference);
    }
}

/// The name of an error reply: that of the first kind with its status.
fn name(status: u16) -> String {
    let code = Code::ALL.iter().find(|code| code.status().as_u16() == status);
    code.map_or_else(|| format!("Status{status}"), |code| walk::pascal(code.slug()))
}

fn problem(status: u16) -> Value {
    let mut examples = Map::new();
    let mut description = Vec::new();
    for code in Code::ALL.iter().filter(|code| code.status().as_u16() == status) {
        description.push(format!("`{}`: {}.", code.slug(), code.title()));
        examples.insert(
            code.slug().to_owned(),
            json!({
                "summary": code.title(),
                "value": {
                    "type": format!("/problems/{}", code.slug()),
                    "title": code.title(),
                    "status": status,
                    "detail": code.mend(),
                    "code": code.slug(),
                    "request_id": ID,
                    "errors": example_faults(*code)
                }
            }),
        );
    }
    let own: &[&str] = match status {
        401 => &["WWW-Authenticate"],
        405 => &["Allow"],
        409 | 429 | 503 | 507 => &["Retry-After"],
        412 => &["ETag"],
        _ => &[],
    };
    let headers: Object = own
        .iter()
        .chain(&["X-Request-Id", "RateLimit", "RateLimit-Policy"])
        .map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
        .collect();
    json!({
        "description": description.join(" "),
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": examples
            }
        }
    })
}

fn example_faults(code: Code) -> Value {
    match code {
        Code::Invalid => json!([
            {"pointer": "/name", "code": "too_long", "message": "at most 200 characters"},
            {"pointer": "/naem", "code": "unknown_field", "message": "unknown field; did you mean `name`?"}
        ]),
        Code::BadParameter => json!([
            {"pointer": "?limit", "code": "maximum", "message": "at most 200"}
        ]),
        _ => json!([]),
    }
}

fn header_components() -> Object {
    let header = |description: &str, example: &str| {
        json!({
            "description": description,
            "schema": {"type": "string", "maxLength": 1000},
            "example": example
        })
    };
    let rows = [
        ("Allow", "The methods that the address takes.", "GET, HEAD, POST"),
        ("ETag", "The version of the item, for `If-Match` and `If-None-Match`.", "\"3\""),
        (
            "Idempotency-Replayed",
            "`true` when the reply is that of an earlier request with the same `Idempotency-Key`.",
            "true",
        ),
        (
            "Link",
            "The address of the next page, if there is one (RFC 8288, `rel=\"next\"`).",
            "</api/v1/things?limit=50&cursor=eyJ2IjoxfQ>; rel=\"next\"",
        ),
        ("Location", "The address of what was made.", "/api/v1/things/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10"),
        ("RateLimit", "What is left of the rate, and in how many seconds it is whole again.", "\"default\";r=598;t=1"),
        ("RateLimit-Policy", "The rate: how many requests in how many seconds.", "\"default\";q=600;w=60"),
        ("Retry-After", "After how many seconds to try again.", "2"),
        ("WWW-Authenticate", "How to authenticate.", "Bearer realm=\"smep\", error=\"invalid_token\""),
        ("X-Request-Id", "The number of the request, also in the service's log.", ID),
    ];
    rows.into_iter().map(|(name, description, example)| (name.to_owned(), header(description, example))).collect()
}
