//! What comes in and what goes out: request forms are closed, replies are open, and a patch is
//! derived from the form of the create request.

use serde_json::{Map, Value, json};

use super::examples;
use super::walk::{self, BY_KEY, Object, Operation, SCHEMAS};

/// How many items a batch has at most.
pub const MOST_IN_BATCH: usize = 1000;

/// Gives every PATCH its body: the create form with nothing required.
pub(super) fn derive_patches(document: &mut Object) {
    let forms = walk::schemas(document).cloned().unwrap_or_default();
    let mut patches = Map::new();
    for operation in walk::operations(document).filter(|operation| operation.method == "patch") {
        let id = operation.id();
        let declared = form_of(&operation).map(str::to_owned);
        let form = declared.unwrap_or_else(|| format!("New{}", walk::pascal(id.strip_prefix("update_").unwrap_or(id))));
        let Some(schema) = forms.get(&form).and_then(Value::as_object) else { continue };
        let name = format!("{}Patch", form.strip_prefix("New").unwrap_or(&form));
        let media = json!({"schema": {"$ref": format!("{SCHEMAS}{name}")}});
        patches.insert(name, patch_of(schema).into());
        operation.value.insert(
            "requestBody".to_owned(),
            json!({
                "description": "The fields to change (JSON Merge Patch, RFC 7396).",
                "content": {"application/merge-patch+json": media, "application/json": media},
                "required": true
            }),
        );
    }
    walk::components(document, "schemas").extend(patches);
}

fn patch_of(form: &Object) -> Object {
    let fields = || form.get("properties").and_then(Value::as_object).into_iter().flatten();
    let shown = || fields().filter(|(_, property)| property.get("example").is_some_and(|value| !value.is_null()));
    // A field of the item itself is changed more often than what it belongs to.
    let example = shown().find(|(_, property)| examples::is_plain(property)).or_else(|| shown().next());
    let mut properties = Map::new();
    for (name, property) in fields() {
        let mut property = property.clone();
        if let Value::Object(property) = &mut property {
            // What is left out of a patch stays: a default would say something else.
            property.shift_remove("default");
        }
        properties.insert(name.clone(), property);
    }
    let description = "What to change: a field that is absent stays as it is, `null` clears one \
                       that may be null. The result has to fit the form of the item as a whole.";
    let mut patch = Map::new();
    patch.insert("type".to_owned(), "object".into());
    patch.insert("description".to_owned(), description.into());
    patch.insert("properties".to_owned(), properties.into());
    patch.insert("additionalProperties".to_owned(), false.into());
    if let Some((name, property)) = example {
        patch.insert("example".to_owned(), json!({name: property["example"]}));
    }
    patch
}

/// Gives what makes items in other ways the form of the create request: a PUT by key has it as its
/// body, a batch has many of them.
pub(super) fn derive_from_creates(document: &mut Object) {
    let mut creates: Vec<(String, String)> = Vec::new();
    let mut changes: Vec<(String, String)> = Vec::new();
    for operation in walk::operations(document) {
        let Some(form) = form_of(&operation) else { continue };
        match operation.method {
            "post" => creates.push((operation.path.to_owned(), form.to_owned())),
            // An item that comes with another one is never created alone.
            "patch" => {
                let changed = operation.path.strip_suffix("/{id}").zip(form.strip_suffix("Patch"));
                changes.extend(changed.map(|(path, form)| (path.to_owned(), format!("New{form}"))));
            }
            _ => {}
        }
    }
    creates.append(&mut changes);
    let mut batches = Map::new();
    for operation in walk::operations(document).filter(|operation| !operation.has_body()) {
        let by_key = operation.path.split_once(BY_KEY).filter(|_| operation.is_by_key());
        let batch = operation.path.strip_suffix("/batch").filter(|_| operation.method == "post");
        let Some(collection) = by_key.map(|(collection, _)| collection).or(batch) else { continue };
        let create = creates.iter().find(|(path, _)| path == collection);
        let Some((_, form)) = create else { continue };
        let media = |name: &str| json!({"schema": {"$ref": format!("{SCHEMAS}{name}")}});
        let body = if by_key.is_some() {
            let media = media(form);
            json!({
                "description": "The item. Where one has the key, a field left out stays as it is.",
                "content": {"application/json": media, "application/merge-patch+json": media},
                "required": true
            })
        } else {
            let name = format!("{}Batch", form.strip_prefix("New").unwrap_or(form));
            let content = json!({"application/json": media(&name)});
            batches.insert(name, batch_of(form));
            json!({"content": content, "required": true})
        };
        operation.value.insert("requestBody".to_owned(), body);
    }
    walk::components(document, "schemas").extend(batches);
}

/// The form in the body of an operation.
fn form_of<'o>(operation: &'o Operation<'_>) -> Option<&'o str> {
    let content = operation.value.get("requestBody")?.get("content")?.as_object()?;
    walk::target(content.values().next()?.get("schema")?)
}

fn batch_of(form: &str) -> Value {
    json!({
        "type": "object",
        "description": "Many items at once, each as it is sent alone.",
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array",
                "description": "The items.",
                "minItems": 1,
                "maxItems": MOST_IN_BATCH,
                "items": {"$ref": format!("{SCHEMAS}{form}")}
            }
        }
    })
}

/// Returns true if a field has `null` among its values.
fn is_nullable(property: &Value) -> bool {
    let nothing = |option: &Value| option.get("type").is_some_and(|it| it == "null");
    let in_type = property.get("type").and_then(Value::as_array).is_some_and(|it| it.contains(&"null".into()));
    in_type || property.get("oneOf").and_then(Value::as_array).is_some_and(|it| it.iter().any(nothing))
}

/// Takes `null` out of the bodies that may be left out: no body says what it would say.
pub(super) fn refuse_null_bodies(document: &mut Object) {
    for operation in walk::operations(document) {
        let Some(body) = operation.value.get_mut("requestBody") else { continue };
        let mut optional = false;
        for schema in walk::contents(body) {
            let options = schema.get("oneOf").and_then(Value::as_array);
            let form = options.and_then(|it| it.iter().find(|option| walk::target(option).is_some())).cloned();
            if let Some(form) = form.filter(|_| is_nullable(schema)) {
                *schema = form;
                optional = true;
            }
        }
        if optional {
            body["required"] = false.into();
        }
    }
}

/// Refuses unknown fields in what comes in, and promises nothing about them in what goes out. Where
/// forms are taken they are ignored, as RFC 6749 (3.2) asks.
pub(super) fn close_requests(document: &mut Object) {
    let incoming = incoming(document, |operation| !operation.is_oauth());
    for (name, schema) in walk::components(document, "schemas") {
        let closed = incoming.contains(name);
        walk::each(schema, &mut |schema| {
            let open = schema.get("additionalProperties");
            if closed && schema.contains_key("properties") && open.is_none() {
                schema.insert("additionalProperties".to_owned(), false.into());
            } else if !closed && open == Some(&Value::Bool(false)) {
                schema.shift_remove("additionalProperties");
            }
        });
    }
}

/// Requires of every item the fields of the form that creates it: a form may leave out one that has
/// a default, the item has it always.
pub(super) fn require_what_is_stored(document: &mut Object) {
    let forms = walk::schemas(document).cloned().unwrap_or_default();
    for (name, item) in walk::components(document, "schemas") {
        let Some(form) = forms.get(&format!("New{name}")) else { continue };
        let fields = |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let (stored, shown) = (fields(form), fields(item));
        let Some(required) = item.get_mut("required").and_then(Value::as_array_mut) else { continue };
        let same = stored.iter().filter(|(field, form)| shown.get(*field) == Some(*form));
        let missing = same.map(|(field, _)| field.as_str().into());
        let missing: Vec<Value> = missing.filter(|field| !required.contains(field)).collect();
        required.extend(missing);
    }
}

/// Requires in replies every field that is always sent. One that may be absent is never null, and
/// so these are the nullable ones; what also comes in says itself what it requires.
pub(super) fn require_what_is_sent(document: &mut Object) {
    let incoming = incoming(document, |_| true);
    let mut roots = Vec::new();
    let replies: Vec<Value> =
        walk::operations(document).filter_map(|operation| operation.value.get("responses").cloned()).collect();
    let replies = Value::from(replies);
    walk::targets(&replies, &mut roots);
    let Some(schemas) = walk::schemas(document) else { return };
    let mut outgoing = walk::closure(schemas, roots);
    outgoing.retain(|name| !incoming.contains(name));
    for (name, schema) in walk::components(document, "schemas") {
        let Some(schema) = schema.as_object_mut().filter(|_| outgoing.contains(name)) else { continue };
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let sent = |(name, property): (&String, &Value)| {
            let name = Value::from(name.as_str());
            (required.contains(&name) || is_nullable(property)).then_some(name)
        };
        let sent: Vec<Value> = properties.iter().filter_map(sent).collect();
        if !sent.is_empty() {
            schema.insert("required".to_owned(), sent.into());
        }
    }
}

/// The schemas that bodies lead to.
fn incoming(document: &mut Object, of: impl Fn(&Operation<'_>) -> bool) -> Vec<String> {
    let mut bodies = Vec::new();
    for operation in walk::operations(document).filter(of) {
        bodies.extend(operation.value.get("requestBody").cloned());
    }
    let bodies = Value::from(bodies);
    let mut roots = Vec::new();
    walk::targets(&bodies, &mut roots);
    walk::schemas(document).map(|schemas| walk::closure(schemas, roots)).unwrap_or_default()
}
