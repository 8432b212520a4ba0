//! Whole examples of the forms, put together from those of their fields, so that "Try it out"
//! begins with a body that is taken.

use serde_json::{Map, Value};

use super::walk::{self, Object};

/// Gives every form of a request body an example, unless it has one.
pub(super) fn compose(document: &mut Object) {
    let mut bodies = Vec::new();
    for operation in walk::operations(document) {
        bodies.extend(operation.value.get("requestBody").cloned());
    }
    let bodies = Value::from(bodies);
    let mut names = Vec::new();
    walk::targets(&bodies, &mut names);
    let schemas = walk::schemas(document).cloned().unwrap_or_default();
    for name in names {
        let Some(example) = schemas.get(name).and_then(|form| of(form, &schemas, 0)) else {
            continue;
        };
        if let Some(Value::Object(form)) = walk::components(document, "schemas").get_mut(name) {
            form.entry("example").or_insert(example);
        }
    }
}

/// The example of a schema: its own, or one made of what it consists of.
fn of(schema: &Value, schemas: &Object, depth: usize) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    let own = schema.get("example").or_else(|| schema.get("examples")?.get(0));
    let own = own.or_else(|| schema.get("default")).or_else(|| schema.get("const"));
    if let Some(own) = own {
        return Some(own.clone());
    }
    if let Some(first) = schema.get("enum").and_then(|options| options.get(0)) {
        return Some(first.clone());
    }
    if let Some(name) = walk::target(schema) {
        return of(schemas.get(name)?, schemas, depth + 1);
    }
    if let Some(options) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
        return of(options.get(0)?, schemas, depth + 1);
    }
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let mut example = Map::new();
        for (name, property) in properties {
            let required = schema["required"].as_array().is_some_and(|it| it.contains(&name.as_str().into()));
            if required || is_plain(property) {
                example.extend(of(property, schemas, depth + 1).map(|value| (name.clone(), value)));
            }
        }
        return Some(example.into());
    }
    let Some(kind) = schema.get("type") else { return Some(Value::Object(Map::new())) };
    let is = |name: &str| kind == name || kind.as_array().is_some_and(|it| it.contains(&name.into()));
    if is("array") {
        // An empty list is always taken, an item may refer to what is not there.
        let fewest = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let item = || of(schema.get("items")?, schemas, depth + 1);
        return Some(if fewest == 0 { Value::Array(Vec::new()) } else { vec![item()?].into() });
    }
    if is("object") {
        return Some(Value::Object(Map::new()));
    }
    is("boolean").then_some(Value::Bool(false))
}

/// Whether an optional field may be shown: it has an example of its own, and refers to nothing,
/// since an id that was made up exists nowhere.
fn is_plain(property: &Value) -> bool {
    property.get("example").is_some() && walk::text_of(property, "format") != Some("uuid")
}
