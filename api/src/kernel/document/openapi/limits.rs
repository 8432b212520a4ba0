//! Bounds and examples that follow from a type, and the list of those that nobody wrote.

use serde_json::Value;

use super::examples::ID;
use super::walk::{self, Object};

/// Beyond this a double, and so most clients' numbers, cannot tell neighbours apart (RFC 7493).
const SAFE: i64 = 9_007_199_254_740_991;

/// Bounds for whole numbers and the keys of maps, and examples for the formats that have one way to look.
pub(super) fn complete(document: &mut Object) {
    walk::every(document, &mut |schema| {
        bound_integer(schema);
        if let Some(Value::Object(names)) = schema.get_mut("propertyNames") {
            names.entry("maxLength").or_insert_with(|| 100.into());
        }
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            let example = match walk::text(property, "format") {
                "uuid" => ID,
                "date" => "2014-09-01",
                "date-time" => "2014-09-01T09:30:00.000000Z",
                _ => continue,
            };
            if has_type(property, "string") {
                property.entry("example").or_insert_with(|| example.into());
            }
        }
    });
}

/// Bounds every whole number of a schema that stands outside the document.
pub(crate) fn bound(schema: &mut Value) {
    walk::each(schema, &mut bound_integer);
}

fn bound_integer(schema: &mut Object) {
    if !has_type(schema, "integer") || schema.contains_key("enum") {
        return;
    }
    schema.entry("format").or_insert_with(|| "int64".into());
    let most = if walk::text(schema, "format") == "int32" { i64::from(i32::MAX) } else { SAFE };
    let bounded = |low: &str, high: &str| schema.contains_key(low) || schema.contains_key(high);
    let (below, above) = (bounded("minimum", "exclusiveMinimum"), bounded("maximum", "exclusiveMaximum"));
    if !below {
        schema.insert("minimum".to_owned(), (-most).into());
    }
    if !above {
        schema.insert("maximum".to_owned(), most.into());
    }
}

fn has_type(schema: &Object, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.contains(&name.into()),
        _ => false,
    }
}

/// What the document lacks, each with its place; nothing is invented for it.
pub(super) fn gaps(document: &mut Object, tags: &[String]) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for operation in walk::operations(document) {
        let place = format!("{} {}", operation.method, operation.path);
        let id = operation.id().to_owned();
        if id.is_empty() || ids.contains(&id) {
            gaps.push(format!("{place}: the operationId `{id}` is missing or not unique"));
        }
        ids.push(id);
        if walk::text(operation.value, "summary").is_empty() {
            gaps.push(format!("{place}: no summary"));
        }
        let own = operation.value.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
        if own.is_empty() || own.iter().any(|tag| !tags.iter().any(|known| tag == known)) {
            gaps.push(format!("{place}: no tag, or one that is not described"));
        }
        if !(200..300).any(|status| operation.replies_with(&status.to_string())) {
            gaps.push(format!("{place}: no reply of success"));
        }
        if operation.method == "patch" && !operation.has_body() {
            gaps.push(format!("{place}: no form to derive the patch from"));
        }
        for parameter in operation.value.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
            if walk::text_of(parameter, "description").unwrap_or_default().is_empty() {
                gaps.push(format!("{place} ?{name}: no description"));
            }
        }
        for (step, schema) in walk::held(operation.value) {
            of_schema(schema, &format!("{place} {step}"), &mut gaps);
        }
    }
    let described: Vec<String> = described_components(document);
    for (name, schema) in walk::components(document, "schemas") {
        if walk::text_of(schema, "description").unwrap_or_default().is_empty() {
            gaps.push(format!("{name}: no description"));
        }
        of_schema(schema, name, &mut gaps);
        of_properties(schema, name, &described, &mut gaps);
    }
    gaps.extend(dangling(document));
    gaps
}

/// The components whose own description serves a property that only refers to them.
fn described_components(document: &Object) -> Vec<String> {
    walk::schemas(document)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("description").is_some())
        .map(|(name, _)| name.clone())
        .collect()
}

fn of_schema(schema: &mut Value, place: &str, gaps: &mut Vec<String>) {
    let Value::Object(map) = schema else { return };
    let bounded = |keys: &[&str]| keys.iter().any(|key| map.contains_key(*key));
    if has_type(map, "string") && !bounded(&["maxLength", "format", "enum", "const"]) {
        gaps.push(format!("{place}: a text without maxLength, format or enum"));
    }
    if has_type(map, "array") && !bounded(&["maxItems"]) {
        gaps.push(format!("{place}: a list without maxItems"));
    }
    if bounded(&["allOf"]) {
        gaps.push(format!("{place}: an allOf that cannot be merged into one object"));
    }
    for (step, inner) in walk::below(map) {
        of_schema(inner, &format!("{place}/{step}"), gaps);
    }
}

fn of_properties(schema: &Value, place: &str, described: &[String], gaps: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let explained = walk::text_of(property, "description").is_some_and(|text| !text.is_empty())
            || walk::target(property).is_some_and(|name| described.iter().any(|it| it == name))
            || is_tag(property);
        if !explained {
            gaps.push(format!("{place}/{name}: no description"));
        }
        let Value::Object(property) = property else { continue };
        let scalar = ["string", "integer", "number"].iter().any(|kind| has_type(property, kind));
        let shown = ["example", "examples", "default", "enum", "const"];
        if scalar && !shown.iter().any(|key| property.contains_key(*key)) {
            gaps.push(format!("{place}/{name}: no example"));
        }
    }
}

/// The tag of a union's variant: its one value says all.
fn is_tag(property: &Value) -> bool {
    property.get("const").is_some()
        || property.get("enum").and_then(Value::as_array).is_some_and(|list| list.len() == 1)
}

fn dangling(document: &Object) -> Vec<String> {
    let mut names = Vec::new();
    for part in document.values() {
        walk::targets(part, &mut names);
    }
    names.sort_unstable();
    names.dedup();
    let schemas = walk::schemas(document);
    names
        .into_iter()
        .filter(|name| schemas.is_none_or(|schemas| !schemas.contains_key(*name)))
        .map(|name| format!("{name}: referred to, but not in the document"))
        .collect()
}
