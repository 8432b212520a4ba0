//! Names and shapes of the component schemas: no generic names, no copies, no inline objects.

use serde_json::{Map, Value, json};

use super::walk::{self, Object, SCHEMAS};

/// Puts a `$ref` where a generic type (`Page<School>`) holds a copy of a component.
pub(super) fn replace_copies(document: &mut Object) {
    let originals: Vec<(String, Value)> = walk::components(document, "schemas")
        .iter()
        .filter(|(_, schema)| is_composite(schema))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let replace = |schema: &mut Value, own: &str| {
        if !is_composite(schema) {
            return;
        }
        let original = originals.iter().find(|(name, it)| name != own && it == schema);
        if let Some((name, _)) = original {
            *schema = json!({"$ref": format!("{SCHEMAS}{name}")});
        }
    };
    for (name, schema) in walk::components(document, "schemas") {
        // A component that equals another one as a whole keeps its name.
        for_each_below(schema, &mut |inner| replace(inner, name));
    }
    for operation in walk::operations(document) {
        for (_, schema) in walk::held(operation.value) {
            replace(schema, "");
            for_each_below(schema, &mut |inner| replace(inner, ""));
        }
    }
}

fn is_composite(schema: &Value) -> bool {
    ["properties", "allOf", "oneOf", "anyOf", "enum"].iter().any(|key| schema.get(key).is_some())
}

fn for_each_below(schema: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    let Value::Object(map) = schema else { return };
    for (_, inner) in walk::below(map) {
        visit(inner);
        for_each_below(inner, visit);
    }
}

/// `Page_School` becomes `SchoolPage`.
pub(super) fn rename_generics(document: &mut Object) {
    let schemas = walk::components(document, "schemas");
    let mut renamed = Vec::new();
    let mut named = Map::new();
    for (name, schema) in std::mem::take(schemas) {
        let plain: String = name.split('_').rev().collect();
        if plain != name {
            renamed.push((format!("{SCHEMAS}{name}"), format!("{SCHEMAS}{plain}")));
        }
        named.insert(plain, schema);
    }
    *schemas = named;
    walk::every(document, &mut |schema| {
        if let Some(Value::String(target)) = schema.get_mut("$ref")
            && let Some((_, new)) = renamed.iter().find(|(old, _)| old == target)
        {
            target.clone_from(new);
        }
    });
}

/// Gives every object that stands inside another schema a name of its own.
pub(super) fn name_inline_objects(document: &mut Object) {
    let mut made = Map::new();
    for (name, schema) in walk::components(document, "schemas") {
        if let Value::Object(map) = schema {
            lift(map, name, &mut made);
        }
    }
    for operation in walk::operations(document) {
        let id = walk::pascal(operation.id());
        for (step, schema) in walk::held(operation.value) {
            lift_one(schema, &format!("{id}{step}"), &mut made);
        }
    }
    walk::components(document, "schemas").extend(made);
}

fn lift(schema: &mut Object, name: &str, made: &mut Object) {
    for (step, inner) in walk::below(schema) {
        let step = variant(inner).unwrap_or(step);
        lift_one(inner, &format!("{name}{}", walk::pascal(&step)), made);
    }
}

fn lift_one(schema: &mut Value, name: &str, made: &mut Object) {
    let Value::Object(map) = schema else { return };
    lift(map, name, made);
    if map.contains_key("properties") {
        let reference = json!({"$ref": format!("{SCHEMAS}{name}")});
        made.insert(name.to_owned(), std::mem::replace(schema, reference));
    }
}

/// What tells a variant of a tagged union: the one value of its tag, or its one property.
fn variant(schema: &Value) -> Option<String> {
    let properties = schema.get("properties")?.as_object()?;
    let tag = properties.values().find_map(|property| {
        let constant = property.get("const").or_else(|| match property.get("enum")?.as_array()?.as_slice() {
            [one] => Some(one),
            _ => None,
        })?;
        constant.as_str().map(str::to_owned)
    });
    tag.or_else(|| if properties.len() == 1 { properties.keys().next().cloned() } else { None })
}
