//! Flattened parts become one object: an `allOf` of closed objects is met by nothing.

use serde_json::{Map, Value};

use super::walk::{self, Object};

/// Merges every `allOf` of objects into one object, and puts what describes a nullable reference
/// beside the union instead of into it.
pub(super) fn flatten(document: &mut Object) {
    let originals = walk::schemas(document).cloned().unwrap_or_default();
    walk::every(document, &mut |schema| {
        if let Some(flat) = merged(schema, &originals) {
            *schema = flat;
        }
        hoist(schema);
    });
}

fn merged(schema: &Object, originals: &Object) -> Option<Object> {
    let parts = schema.get("allOf")?.as_array()?;
    let mut flat = Map::new();
    if let [only] = parts.as_slice() {
        flat.clone_from(only.as_object()?);
        keep_own(schema, &mut flat);
        return Some(flat);
    }
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for part in parts {
        let part = resolved(part, originals)?;
        properties.extend(part.get("properties")?.as_object()?.clone());
        for name in part.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !required.contains(name) {
                required.push(name.clone());
            }
        }
    }
    flat.insert("type".to_owned(), "object".into());
    flat.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        flat.insert("required".to_owned(), required.into());
    }
    keep_own(schema, &mut flat);
    Some(flat)
}

fn keep_own(schema: &Object, flat: &mut Object) {
    for (key, value) in schema.iter().filter(|(key, _)| *key != "allOf") {
        flat.insert(key.clone(), value.clone());
    }
}

/// A part of an `allOf` as one flat object, its own parts merged first.
fn resolved(part: &Value, originals: &Object) -> Option<Object> {
    let part = match walk::target(part) {
        Some(name) => originals.get(name)?,
        None => part,
    };
    let part = part.as_object()?;
    Some(merged(part, originals).unwrap_or_else(|| part.clone()))
}

/// `oneOf: [{$ref, description}, null]` to `{oneOf: [{$ref}, null], description}`.
fn hoist(schema: &mut Object) {
    let Some(Value::Array(options)) = schema.get_mut("oneOf") else { return };
    if !options.iter().any(|option| option.get("type").is_some_and(|it| it == "null")) {
        return;
    }
    let mut notes = Map::new();
    for option in options.iter_mut().filter_map(Value::as_object_mut) {
        if option.contains_key("$ref") {
            for key in ["description", "example", "default"] {
                notes.extend(option.shift_remove_entry(key));
            }
        }
    }
    for (key, value) in notes {
        schema.entry(key).or_insert(value);
    }
}
