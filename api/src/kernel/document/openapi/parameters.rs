//! Parameters that follow from the kind of an operation.

use entity::external::ExternalId;
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::examples::{self, ID};
use super::walk::{self, Object, Operation};
use crate::kernel::base::condition::{ETAGS_MAX, ETAGS_PATTERN, KEY_MAX, KEY_PATTERN};
use crate::kernel::base::prescribed::is_prescribed;

/// Whose keys an address may name.
const SYSTEM: &str = "Whose key it is: a field of the item that is a key of its own, or else the \
                      name of a partner's system.";

/// Adds what handlers do not write: path parameters and the headers of retries and preconditions.
/// `guarded` names the collections whose items are changed under `If-Match` only.
pub(super) fn add(document: &mut Object, guarded: &[&str]) {
    let shared = walk::components(document, "parameters");
    shared.insert("IdempotencyKey".to_owned(), idempotency_key());
    shared.insert("IfNoneMatch".to_owned(), if_none_match());
    shared.insert("IfNoneMatchAny".to_owned(), if_none_match_any());
    shared.insert("IfMatch".to_owned(), if_match(false));
    shared.insert("IfMatchRequired".to_owned(), if_match(true));
    shared.insert("RequestId".to_owned(), request_id());
    for operation in walk::operations(document) {
        let mut headers = Vec::new();
        if operation.method == "post" && !operation.is_sign_in() {
            headers.push("IdempotencyKey");
        }
        if reads_item(&operation) {
            headers.push("IfNoneMatch");
        }
        if takes_if_match(&operation) {
            let required = guarded.contains(&operation.collection());
            headers.push(if required { "IfMatchRequired" } else { "IfMatch" });
        }
        if operation.is_by_key() {
            headers.extend(["IfNoneMatchAny", "IfMatch"]);
        }
        // Beside what it is for: without any optional parameter, openapi-python-client (0.28 and
        // newer) forgets an import where a body has two content types.
        if operation.method != "get" {
            headers.push("RequestId");
        }
        let path = operation.path.to_owned();
        let parameters = operation.value.entry("parameters").or_insert_with(|| json!([]));
        let Value::Array(list) = parameters else { continue };
        in_path(&path, list);
        // A generated function has one argument of a name: that of the path.
        list.retain(|it| {
            it["in"] != "query" || it["name"].as_str().is_none_or(|it| !path.contains(&format!("{{{it}}}")))
        });
        // Where a standard prescribes the address, another parameter has the direction.
        let sorts = list.iter_mut().filter(|it| it["name"] == "sort" && !is_prescribed(&path));
        sorts.for_each(name_sort_keys);
        list.retain(|parameter| !is_if_match(parameter) && !is_if_none_match(parameter));
        list.extend(headers.iter().map(|it| json!({"$ref": format!("#/components/parameters/{it}")})));
        if list.is_empty() {
            operation.value.shift_remove("parameters");
        }
    }
}

/// Names the values of a sort for generators, which have no good name for one that begins with a
/// minus.
fn name_sort_keys(sort: &mut Value) {
    let keys = sort["schema"]["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let names = keys.map(|key| match key.strip_prefix('-') {
        Some(key) => format!("{key}_desc").to_uppercase(),
        None => format!("{key}_asc").to_uppercase(),
    });
    let names: Vec<String> = names.collect();
    sort["schema"]["x-enum-varnames"] = names.into();
}

/// Returns true if one stored item is read, which has a version.
pub(super) fn reads_item(operation: &Operation<'_>) -> bool {
    let item = operation.is_item() || names(operation, is_if_none_match);
    operation.method == "get" && item && operation.is_guarded()
}

/// Returns true if a change of one item is asked for, which may be stale.
pub(super) fn takes_if_match(operation: &Operation<'_>) -> bool {
    let changes = operation.method == "patch" || operation.method == "delete" && operation.is_item();
    !operation.is_sign_in() && (changes || operation.is_transition() || names(operation, is_if_match))
}

/// Tells the examples of parameters that may be left out in words: Swagger UI sends an example as
/// it stands, and a cursor, a filter or a key that nobody chose spoils the first try.
pub(super) fn tell_examples(document: &mut Object) {
    for operation in walk::operations(document) {
        let list = operation.value.get_mut("parameters").and_then(Value::as_array_mut);
        list.into_iter().flatten().for_each(tell_example);
    }
    walk::components(document, "parameters").values_mut().for_each(tell_example);
}

fn tell_example(parameter: &mut Value) {
    let Some(fields) = parameter.as_object_mut() else { return };
    if fields.get("required").is_some_and(|required| required == true) {
        return;
    }
    let own = fields.shift_remove("example");
    let schema = fields.get_mut("schema").and_then(Value::as_object_mut);
    let example = own.or_else(|| schema.and_then(|schema| schema.shift_remove("example")));
    let Some(example) = example.filter(|example| !example.is_null()) else { return };
    let example = match &example {
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
        one => plain(one),
    };
    let description = walk::text(fields, "description").trim_end().to_owned();
    fields.insert("description".to_owned(), format!("{description} Example: `{example}`.").into());
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns true if the handler says so itself, or this pass has said it already.
fn names(operation: &Operation<'_>, header: fn(&Value) -> bool) -> bool {
    let list = operation.value.get("parameters").and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(header))
}

fn is_if_match(parameter: &Value) -> bool {
    let shared = parameter["$ref"].as_str().is_some_and(|it| it.contains("/IfMatch"));
    shared || parameter["name"] == "If-Match"
}

fn is_if_none_match(parameter: &Value) -> bool {
    let shared = parameter["$ref"].as_str().is_some_and(|it| it.contains("/IfNoneMatch"));
    shared || parameter["name"] == "If-None-Match"
}

fn in_path(path: &str, list: &mut Vec<Value>) {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for (at, name) in names.enumerate() {
        let natural = path.contains(walk::BY_KEY);
        let known = list.iter().position(|it| it["in"] == "path" && it["name"] == *name);
        let mut parameter =
            known.map_or_else(|| json!({"name": name, "in": "path", "required": true}), |at| list.remove(at));
        let Some(fields) = parameter.as_object_mut() else { continue };
        if natural {
            // A key in a path is one that a body could have.
            let mut schema = key_shape()["properties"][name].take();
            for note in ["description", "example"] {
                schema.as_object_mut().and_then(|schema| schema.shift_remove(note));
            }
            fields.insert("schema".to_owned(), schema);
        }
        let id = !natural && (name == "id" || name.ends_with("_id")) && name != "external_id";
        if id {
            describe(fields, &format!("The {} (UUID).", name.replace('_', " ")));
            fields.insert("schema".to_owned(), json!({"type": "string", "format": "uuid"}));
            fields.entry("example").or_insert_with(|| examples::of_address(path, name).into());
        } else {
            let description = match name {
                "system" if natural => SYSTEM.to_owned(),
                "id" if natural => "The key.".to_owned(),
                _ => format!("The {} in the address.", name.replace('_', " ")),
            };
            describe(fields, &description);
            let schema = fields.entry("schema").or_insert_with(|| json!({"type": "string"}));
            if let Value::Object(schema) = schema
                && schema.get("type").is_some_and(|it| it == "string")
                && !["maxLength", "format", "enum"].iter().any(|key| schema.contains_key(*key))
            {
                schema.insert("minLength".to_owned(), 1.into());
                schema.insert("maxLength".to_owned(), 100.into());
            }
        }
        list.insert(at, parameter);
    }
}

fn describe(fields: &mut Object, description: &str) {
    if walk::text(fields, "description").is_empty() {
        fields.insert("description".to_owned(), description.into());
    }
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "Makes a repetition safe: the same key with the same body within 24 hours \
                        gives the first reply again and changes nothing. Another body under the \
                        key is 422, and so is a repetition that lacks the `If-Match` of the first request. \
                        A key has visible ASCII characters only. Take a new UUID for each new request.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": KEY_PATTERN},
        "example": ID
    })
}

fn request_id() -> Value {
    json!({
        "name": "X-Request-Id",
        "in": "header",
        "required": false,
        "description": "Your own number for the request, to find it in the service's log: letters, \
                        digits, `.`, `_`, `-`. If absent, the service takes one.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
        "example": ID
    })
}

fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match",
        "in": "header",
        "required": false,
        "description": "The `ETag` of the reply you have; 304 without a body if it is still the \
                        current one. A value that is no list of ETags, or is too long, is ignored.",
        "schema": {"type": "string", "maxLength": ETAGS_MAX},
        "example": "\"3\""
    })
}

fn if_none_match_any() -> Value {
    json!({
        "name": "If-None-Match",
        "in": "header",
        "required": false,
        "description": "`*` only creates: 412 where an item, perhaps an archived one, has the key.",
        "schema": etags(),
        "example": "*"
    })
}

fn if_match(required: bool) -> Value {
    let rule = if required { "428 without it, since more than one person edits this. " } else { "" };
    json!({
        "name": "If-Match",
        "in": "header",
        "required": required,
        "description": format!(
            "The `ETag` that the change was made from. {rule}412, with the current version, if \
             somebody changed the item meanwhile."
        ),
        "schema": etags(),
        "example": "\"1\""
    })
}

/// The form of a condition. A change is refused where its condition does not have this form.
fn etags() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": ETAGS_MAX, "pattern": ETAGS_PATTERN})
}

/// The schema of a key by which a partner's system knows an item, in a body as in an address.
#[must_use]
pub fn key_shape() -> Value {
    serde_json::to_value(ExternalId::schema()).unwrap_or_default()
}
