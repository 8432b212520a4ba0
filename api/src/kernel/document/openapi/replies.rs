//! Replies: errors by the kind of the operation, headers, and a description for each.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::examples::ID;
use super::parameters::{reads_item, takes_if_match};
use super::walk::{self, Object, Operation, SCHEMAS};
use crate::kernel::base::prescribed::{StatusInfo, is_prescribed};
use crate::kernel::base::problem::{Code, ProblemView};
use crate::kernel::base::reply::JSON;

/// The operations whose error replies are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Below `/api/`, where requests are counted.
    Api,
    /// Signing in, with the errors of RFC 6749.
    Auth,
    /// What is asked of the service beside its API.
    Service,
    /// At addresses that a standard prescribes, with errors in its form. Requests are counted.
    Prescribed,
}

impl Family {
    const ALL: [Self; 4] = [Self::Api, Self::Auth, Self::Service, Self::Prescribed];

    fn of(operation: &Operation<'_>) -> Self {
        match operation.path.starts_with("/api/") {
            _ if operation.is_oauth() => Self::Auth,
            _ if is_prescribed(operation.path) => Self::Prescribed,
            true => Self::Api,
            false => Self::Service,
        }
    }

    /// The name of the component with the reply for `status`: that of the first kind of error with
    /// it.
    fn component(self, status: u16) -> String {
        let code = Code::ALL.iter().find(|code| code.status().as_u16() == status);
        let name = code.map_or_else(|| format!("Status{status}"), |code| walk::pascal(code.slug()));
        match self {
            Self::Api => name,
            Self::Auth => format!("Auth{name}"),
            Self::Service => format!("Service{name}"),
            Self::Prescribed => format!("Prescribed{name}"),
        }
    }

    /// The kinds of error with `status` that its operations can answer.
    fn codes(self, status: u16) -> impl Iterator<Item = Code> {
        let of_auth = [Code::InvalidGrant, Code::InvalidTokenRequest, Code::InvalidClient, Code::InvalidInvitation];
        let beside_auth = [Code::BadParameter, Code::BadCursor, Code::Unauthenticated];
        let gives = move |code: &Code| {
            if self == Self::Auth { !beside_auth.contains(code) } else { !of_auth.contains(code) }
        };
        Code::ALL.iter().copied().filter(move |code| code.status().as_u16() == status).filter(gives)
    }

    const fn schema(self) -> &'static str {
        match self {
            Self::Auth => "AuthProblem",
            Self::Api | Self::Service => "Problem",
            Self::Prescribed => "StatusInfo",
        }
    }

    /// The media type of its errors.
    const fn media(self) -> &'static str {
        match self {
            Self::Prescribed => JSON,
            _ => "application/problem+json",
        }
    }

    /// The headers of all its replies.
    const fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Api | Self::Auth | Self::Prescribed => &["X-Request-Id", "RateLimit", "RateLimit-Policy"],
            Self::Service => &["X-Request-Id"],
        }
    }
}

/// Adds the error replies, once as components, and the headers and descriptions of all replies.
pub(super) fn add(document: &mut Object, guarded: &[&str]) {
    let mut used: Vec<(Family, u16)> = Vec::new();
    for operation in walk::operations(document) {
        let family = Family::of(&operation);
        let statuses = errors(&operation, family, guarded);
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
        for status in statuses {
            let reference = format!("#/components/responses/{}", family.component(status));
            responses.insert(status.to_string(), json!({"$ref": reference}));
            used.push((family, status));
        }
        for (status, reply) in responses.iter_mut().filter(|(_, reply)| reply.get("$ref").is_none()) {
            set_headers(reply, &method, status, list, &headers, family);
        }
        responses.sort_keys();
    }
    let shared = walk::components(document, "responses");
    for family in Family::ALL {
        for code in Code::ALL {
            let status = code.status().as_u16();
            if used.contains(&(family, status)) {
                shared.entry(family.component(status)).or_insert_with(|| problem(status, family));
            }
        }
    }
    walk::components(document, "headers").extend(header_components());
    let schemas = walk::components(document, "schemas");
    let view = serde_json::to_value(ProblemView::schema()).unwrap_or_default();
    schemas.insert("AuthProblem".to_owned(), auth_problem(view.clone()));
    schemas.insert(ProblemView::name().into_owned(), view);
    let mut needed = vec![(StatusInfo::name().into_owned(), StatusInfo::schema())];
    ProblemView::schemas(&mut needed);
    StatusInfo::schemas(&mut needed);
    for (name, schema) in needed {
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
}

/// A problem with the members of RFC 6749.
fn auth_problem(mut problem: Value) -> Value {
    let errors = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unsupported_grant_type",
        "invalid_scope",
        "temporarily_unavailable",
        "server_error",
    ];
    problem["description"] = "The form of the error replies of `/auth/*`: a problem that also says what RFC 6749 \
                              (5.2) asks for. The two members are absent where the request did not come as far, \
                              because of its `Accept` header or the rate of its address, and at `/auth/password`."
        .into();
    problem["properties"]["error"] = json!({
        "type": "string",
        "description": "The kind of error as RFC 6749 names it.",
        "enum": errors,
        "example": "invalid_grant"
    });
    problem["properties"]["error_description"] = json!({
        "type": "string",
        "description": "The same as `detail`.",
        "maxLength": problem["properties"]["detail"]["maxLength"],
        "example": "the e-mail address and the password do not fit together"
    });
    problem
}

/// Returns true if the operation gives one page of a list.
fn is_list(operation: &Operation<'_>) -> bool {
    operation.method == "get"
        && operation
            .value
            .get("parameters")
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|parameter| parameter["name"] == "cursor"))
}

/// Returns true if the operation gives a part of a list that is named by its place.
fn has_offset(operation: &Operation<'_>) -> bool {
    let parameters = operation.value.get("parameters").and_then(Value::as_array);
    parameters.is_some_and(|list| list.iter().any(|parameter| parameter["name"] == "offset"))
}

fn errors(operation: &Operation<'_>, family: Family, guarded: &[&str]) -> Vec<u16> {
    let mut statuses = vec![400, 405, 406, 431, 500, 503];
    statuses.extend((family != Family::Service).then_some(429));
    if operation.is_guarded() {
        statuses.extend([401, 403]);
    }
    if operation.path.contains('{') {
        statuses.push(404);
    }
    if operation.has_body() {
        statuses.extend([408, 413, 415]);
        // What breaks a rule is 400 where people sign in (RFC 6749, 5.2).
        statuses.extend((family != Family::Auth).then_some(422));
    }
    // An export is written to a file before it is sent, and so is the sheet of a report.
    if operation.method != "get" || operation.path.ends_with("/export") || operation.path.contains("/reports/") {
        statuses.push(507);
    }
    if operation.method != "get" && !operation.is_sign_in() {
        statuses.push(409);
        // A key that was used for another request.
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
    // The handler may name more beside these.
    let own = operation.value.get("responses").and_then(Value::as_object).into_iter().flatten();
    statuses.extend(own.filter_map(|(status, _)| status.parse::<u16>().ok()).filter(|status| *status >= 400));
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The headers of the success replies besides those that every reply has.
fn headers(operation: &Operation<'_>) -> Vec<&'static str> {
    let mut headers = Vec::new();
    let item = operation.method == "patch" || operation.is_item() && matches!(operation.method, "put" | "delete");
    let versioned = ["201", "202", "304"].iter().any(|status| operation.replies_with(status));
    if item || reads_item(operation) || versioned || operation.is_transition() {
        headers.push("ETag");
    }
    if is_list(operation) {
        headers.push("Link");
    }
    if has_offset(operation) {
        headers.extend(["Link", "X-Total-Count"]);
    }
    if operation.method == "post" && !operation.is_sign_in() {
        headers.push("Idempotency-Replayed");
    }
    if sends_file(operation) {
        headers.push("Content-Disposition");
    }
    headers
}

/// Returns true if the reply is a file, which its headers name.
fn sends_file(operation: &Operation<'_>) -> bool {
    let reply = operation.value.get("responses").and_then(|replies| replies.get("200"));
    let content = reply.and_then(|reply| reply.get("content"));
    let of_kind = |kinds: &[&str]| content.is_some_and(|content| kinds.iter().any(|kind| content.get(kind).is_some()));
    let of_data = ["/export", "/file"].iter().any(|end| operation.path.ends_with(end));
    of_kind(&["text/csv", "text/html", "application/zip"]) || of_data && of_kind(&["application/json"])
}

fn set_headers(reply: &mut Value, method: &str, status: &str, list: bool, headers: &[&str], family: Family) {
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
    let location = matches!(status, "201" | "202").then_some("Location");
    let named = walk::child(reply, "headers");
    for header in headers.iter().copied().chain(location).chain(family.headers().iter().copied()) {
        let reference = json!({"$ref": format!("#/components/headers/{header}")});
        named.entry(header).or_insert(reference);
    }
}

fn problem(status: u16, family: Family) -> Value {
    let mut examples = Map::new();
    let mut description = Vec::new();
    for code in family.codes(status) {
        description.push(format!("`{}`: {}.", code.slug(), code.title()));
        let mut value = json!({
            "type": format!("/problems/{}", code.slug()),
            "title": code.title(),
            "status": status,
            "detail": code.fix(),
            "code": code.slug(),
            "request_id": ID,
            "errors": example_faults(code)
        });
        if let Some(error) = oauth_error(code).filter(|_| family == Family::Auth) {
            value["error"] = error.into();
            value["error_description"] = code.fix().into();
        }
        if family == Family::Prescribed {
            value = serde_json::to_value(StatusInfo::example(code)).unwrap_or_default();
        }
        examples.insert(code.slug().to_owned(), json!({"summary": code.title(), "value": value}));
    }
    let own: &[&str] = match status {
        401 => &["WWW-Authenticate"],
        405 => &["Allow"],
        409 => &["Location", "Retry-After"],
        429 | 503 | 507 => &["Retry-After"],
        412 => &["ETag"],
        _ => &[],
    };
    let headers: Object = own
        .iter()
        .chain(family.headers())
        .map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
        .collect();
    let schema = json!({"$ref": format!("{SCHEMAS}{}", family.schema())});
    let content: Object =
        [(family.media().to_owned(), json!({"schema": schema, "examples": examples}))].into_iter().collect();
    json!({"description": description.join(" "), "headers": headers, "content": content})
}

/// The error of RFC 6749 for a kind that is met when signing in.
const fn oauth_error(code: Code) -> Option<&'static str> {
    match code {
        Code::InvalidGrant => Some("invalid_grant"),
        Code::InvalidClient => Some("invalid_client"),
        Code::TooManyRequests | Code::Unavailable => Some("temporarily_unavailable"),
        Code::Internal => Some("server_error"),
        Code::NotAcceptable | Code::MethodNotAllowed | Code::HeadersTooLarge => None,
        _ => Some("invalid_request"),
    }
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
        ("Content-Disposition", "The name of the file.", "attachment; filename=\"things-2014-09-01.csv\""),
        ("ETag", "The version of the item, for `If-Match` and `If-None-Match`.", "\"3\""),
        (
            "Idempotency-Replayed",
            "`true` when the reply is that of an earlier request with the same `Idempotency-Key`.",
            "true",
        ),
        (
            "Link",
            "The addresses of further pages (RFC 8288): `rel=\"next\"` that of the next one, if there is one. A list \
             of OneRoster also has `first`, `prev` and `last`.",
            "</api/v1/things?limit=50&cursor=eyJ2IjoxfQ>; rel=\"next\"",
        ),
        (
            "Location",
            "The address of what was made, or of the item that has the same key.",
            "/api/v1/things/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10",
        ),
        ("RateLimit", "What is left of the rate, and in how many seconds it is whole again.", "\"default\";r=598;t=1"),
        ("RateLimit-Policy", "The rate: how many requests in how many seconds.", "\"default\";q=600;w=60"),
        ("Retry-After", "After how many seconds to try again.", "2"),
        ("WWW-Authenticate", "How to authenticate.", "Bearer realm=\"smep\", error=\"invalid_token\""),
        ("X-Request-Id", "The number of the request, also in the service's log.", ID),
        ("X-Total-Count", "How many there are on all pages together.", "320"),
    ];
    rows.into_iter().map(|(name, description, example)| (name.to_owned(), header(description, example))).collect()
}
