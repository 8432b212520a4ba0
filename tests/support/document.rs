//! The API document, as tests read it: what there is to ask, and whether a reply keeps to it.

use std::collections::HashMap;
use std::sync::OnceLock;

use api::kernel::document::openapi::Document;
use serde_json::{Map, Value};

use super::http::Reply;

/// Longer replies are not checked against their schema, which takes its time.
const CHECKED: usize = 40_000;

/// What a reply does not send unless the document says so.
const HEADERS: [&str; 11] = [
    "allow",
    "content-disposition",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "www-authenticate",
    "x-total-count",
];

/// The document of this build.
pub fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(api::app::document)
}

/// One operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: String,
    /// With `{name}` for what differs.
    pub path: String,
    pub value: Value,
}

/// All operations, in the order of the document.
pub fn operations() -> &'static [Operation] {
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    OPERATIONS.get_or_init(|| {
        let paths = document().json()["paths"].as_object().unwrap();
        let methods = ["get", "post", "put", "patch", "delete"];
        paths
            .iter()
            .flat_map(|(path, item)| {
                let item = item.as_object().unwrap().clone();
                item.into_iter().map(move |(method, value)| (path.clone(), method, value))
            })
            .filter(|(_, method, _)| methods.contains(&method.as_str()))
            .map(|(path, method, value)| Operation {
                id: value["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase(),
                path,
                value,
            })
            .collect()
    })
}

impl Operation {
    /// Returns true if a token is needed.
    pub fn guarded(&self) -> bool {
        self.value["security"].as_array().is_some_and(|ways| ways.iter().any(|way| way.get("token").is_some()))
    }

    /// The scope that is needed, if any beyond a token.
    pub fn scope(&self) -> Option<&str> {
        let ways = self.value["security"].as_array()?;
        ways.iter().find_map(|way| way["token"][0].as_str())
    }

    /// Returns true if it is about one item.
    pub fn has_id(&self) -> bool {
        self.path.contains('{')
    }

    /// What is said about the reply with that status.
    pub fn reply(&self, status: &str) -> &Value {
        resolved(&self.value["responses"][status])
    }

    /// Its parameters, behind their references.
    pub fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.value["parameters"].as_array().into_iter().flatten().map(resolved)
    }

    /// The parameters that its query must have, as in the document's examples, but for one that is
    /// given otherwise.
    pub fn query_without(&self, given: &str) -> String {
        let required = self.parameters().filter(|it| it["in"] == "query" && it["required"] == true);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs = required.filter(|it| it["name"] != given).map(|it| {
            let example = &it["example"];
            let value = example.as_array().map_or_else(|| text(example), |list| text(&list[0]));
            format!("{}={value}", it["name"].as_str().unwrap_or_default())
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Returns true if the body also comes as a form, as RFC 6749 has it.
    pub fn takes_form(&self) -> bool {
        self.value["requestBody"]["content"].get("application/x-www-form-urlencoded").is_some()
    }

    /// The schema of the body, as `application/json`.
    pub fn body(&self) -> Option<&Value> {
        let content = self.value["requestBody"]["content"].as_object()?;
        content.get("application/json").map(|media| &media["schema"])
    }

    /// The statuses that it is said to give.
    pub fn statuses(&self) -> Vec<u16> {
        let replies = self.value["responses"].as_object();
        let statuses = replies.into_iter().flatten().filter_map(|(status, _)| status.parse().ok());
        statuses.collect()
    }
}

/// A schema behind its reference.
pub fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.trim_start_matches('#');
            resolved(document().json().pointer(pointer).expect("a reference that leads somewhere"))
        }
        None => schema,
    }
}

/// What the document gives as an example of a schema: that of the whole, or of its parts.
pub fn example(schema: &Value) -> Value {
    let schema = resolved(schema);
    if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return example.clone();
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(options) = schema[key].as_array() {
            let some = options.iter().find(|option| option["type"] != "null");
            return some.map(example).unwrap_or_default();
        }
    }
    if let Some(first) = schema["enum"].get(0).or_else(|| schema.get("const")) {
        return first.clone();
    }
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    if let Some(properties) = schema["properties"].as_object() {
        let fields = properties.iter().map(|(name, schema)| (name.clone(), example(schema)));
        return Value::Object(fields.collect::<Map<_, _>>());
    }
    match schema.get("type").map(|kind| kind.as_str().unwrap_or_else(|| kind[0].as_str().unwrap_or_default())) {
        Some("array") => Value::Array(Vec::new()),
        Some("object") => Value::Object(Map::new()),
        Some("boolean") => Value::Bool(false),
        _ => Value::Null,
    }
}

/// Operations, each with its path in its parts.
type InParts = Vec<(Vec<&'static str>, &'static Operation)>;

/// The operations by how many parts their paths have.
fn by_parts() -> &'static HashMap<usize, InParts> {
    static PARTS: OnceLock<HashMap<usize, InParts>> = OnceLock::new();
    PARTS.get_or_init(|| {
        let mut known: HashMap<usize, InParts> = HashMap::new();
        for operation in operations() {
            let parts: Vec<&str> = operation.path.split('/').collect();
            known.entry(parts.len()).or_default().push((parts, operation));
        }
        known
    })
}

/// The operation that serves an address: of several that fit, the most literal.
fn serving(method: &str, path: &str) -> Option<&'static Operation> {
    let method = if method == "HEAD" { "GET" } else { method };
    let given: Vec<&str> = path.split('/').collect();
    let variable = |part: &str| part.starts_with('{');
    let shape = |parts: &[&str]| -> Option<Vec<bool>> {
        let fits = parts.iter().zip(&given).all(|(part, it)| part == it || (variable(part) && !it.is_empty()));
        fits.then(|| parts.iter().map(|part| variable(part)).collect())
    };
    let known = by_parts().get(&given.len()).into_iter().flatten();
    let mut fitting: Vec<_> = known.filter_map(|(parts, operation)| Some((shape(parts)?, *operation))).collect();
    let best = fitting.iter().map(|(shape, _)| shape.clone()).min()?;
    fitting.retain(|(shape, _)| *shape == best);
    fitting.iter().find(|(_, operation)| operation.method == method).map(|(_, it)| *it)
}

/// Fails when a reply has a status or a form that the document does not announce. Every reply in
/// every test comes by here.
#[track_caller]
pub fn hold(method: &str, path: &str, reply: &Reply) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let some_fields = query.split('&').any(|pair| pair.starts_with("fields="));
    let Some(operation) = serving(method, path) else { return };
    let said = operation.reply(&reply.status.to_string());
    assert!(!said.is_null(), "{} does not announce this reply: {reply:?}", operation.id);
    for header in HEADERS.iter().filter(|name| reply.maybe(name).is_some()) {
        let named =
            said["headers"].as_object().into_iter().flatten().any(|(name, _)| name.eq_ignore_ascii_case(header));
        assert!(named, "{} does not announce {header}: {reply:?}", operation.id);
    }
    let problem = said["content"]["application/problem+json"]["schema"]["$ref"].as_str();
    if let Some(name) = problem.and_then(|it| it.rsplit('/').next()).filter(|_| method != "HEAD") {
        let faults = document().check(name, &reply.json()).unwrap();
        assert!(faults.is_empty(), "{} gives no {name}: {faults:?} in {reply:?}", operation.id);
        return;
    }
    let Some(schema) = said["content"]["application/json"].get("schema") else {
        let plain = said.get("content").is_none();
        assert!(!plain || reply.body.is_empty(), "{} announces no body: {reply:?}", operation.id);
        return;
    };
    let json = reply.maybe("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if method == "HEAD" || !json || reply.body.len() > CHECKED {
        return;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        let mut faults = document().check(name, &reply.json()).unwrap();
        // As the parameter says, what was not asked for is not there.
        faults.retain(|fault| !some_fields || fault.code != "required");
        assert!(faults.is_empty(), "{} gives no {name}: {faults:?} in {reply:?}", operation.id);
    }
}
