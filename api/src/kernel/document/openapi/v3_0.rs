//! The document as OpenAPI 3.0.3, for generators that do not read 3.1.
//!
//! Both say the same, but for this: 3.0 has no word for some keywords of JSON Schema, which are left out. What is left
//! out only narrows a value. A reference that may be null becomes `allOf` with `nullable`, as generators expect it. A
//! parameter that is named like a schema gets a name of its own, since some generators keep both in one place.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::walk::{self, Object, SCHEMAS};

/// The keywords that a schema of 3.0 has, besides those that begin with `x-`.
const KEYWORDS: &[&str] = &[
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
    "xml",
];

/// How many references are followed to a type.
const DEEPEST: usize = 5;

const PARAMETERS: &str = "#/components/parameters/";

/// What holds data of the API, and no part of the document.
const DATA: [&str; 3] = ["enum", "example", "examples"];

/// Converts the whole document.
pub(super) fn convert(mut document: Object) -> Object {
    document.insert("openapi".to_owned(), "3.0.3".into());
    document.shift_remove("jsonSchemaDialect");
    if let Some(webhooks) = document.shift_remove("webhooks") {
        document.insert("x-webhooks".to_owned(), webhooks);
    }
    let info = walk::child(&mut document, "info");
    info.shift_remove("summary");
    if let Some(Value::Object(license)) = info.get_mut("license")
        && let Some(Value::String(identifier)) = license.shift_remove("identifier")
    {
        license.insert("url".to_owned(), format!("https://spdx.org/licenses/{identifier}.html").into());
    }
    tell_apart(&mut document);
    let kinds = Kinds::of(&document);
    let components = walk::child(&mut document, "components");
    components.shift_remove("pathItems");
    for known in walk::child(components, "schemas").values_mut() {
        kinds.schema(known);
    }
    for (section, value) in &mut document {
        if section == "components" {
            let sections = value.as_object_mut().into_iter().flatten();
            sections.filter(|(section, _)| *section != "schemas").for_each(|(_, components)| kinds.part(components));
        } else {
            kinds.part(value);
        }
    }
    document
}

/// The types of the component schemas, by the references to them: `nullable` needs a type beside it.
struct Kinds(HashMap<String, Value>);

impl Kinds {
    fn of(document: &Object) -> Self {
        let schemas = walk::schemas(document);
        let kinds = schemas.into_iter().flatten().filter_map(|(name, schema)| {
            let kind = Self::kind(schemas?, schema, 0)?;
            Some((format!("{SCHEMAS}{name}"), kind))
        });
        Self(kinds.collect())
    }

    /// The type of a schema, of all its options, or of what it refers to.
    fn kind(schemas: &Object, schema: &Value, depth: usize) -> Option<Value> {
        let named = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned(),
            Value::String(kind) if kind != "null" => Some(kind.as_str().into()),
            _ => None,
        };
        if named.is_some() || depth == DEEPEST {
            return named;
        }
        let options = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
        let target = walk::target(schema).and_then(|name| schemas.get(name));
        only(options.chain(target).map(|inner| Self::kind(schemas, inner, depth + 1)))
    }

    /// Converts what is no schema: looks for the schemas in it, and leaves nothing beside references.
    fn part(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                if map.get("$ref").is_some_and(Value::is_string) {
                    map.retain(|key, _| key == "$ref");
                }
                for (key, inner) in map {
                    match key.as_str() {
                        "schema" => self.schema(inner),
                        key if DATA.contains(&key) => {}
                        _ => self.part(inner),
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|inner| self.part(inner)),
            _ => {}
        }
    }

    /// Converts a schema and all in it.
    fn schema(&self, value: &mut Value) {
        if let Value::Bool(anything) = value {
            *value = if *anything { json!({}) } else { json!({"not": {}}) };
        }
        let Value::Object(map) = value else { return };
        self.translate(map);
        map.retain(|key, _| key == "$ref" || KEYWORDS.contains(&key.as_str()) || key.starts_with("x-"));
        for (key, inner) in map.iter_mut() {
            match (key.as_str(), inner) {
                ("properties", Value::Object(fields)) => fields.values_mut().for_each(|field| self.schema(field)),
                ("allOf" | "anyOf" | "oneOf", Value::Array(options)) => {
                    for option in options {
                        self.schema(option);
                    }
                }
                ("additionalProperties", Value::Bool(_)) => {}
                ("additionalProperties" | "items" | "not", inner) => self.schema(inner),
                _ => {}
            }
        }
    }

    /// Puts the words of 3.0 in the place of newer ones, in one schema.
    fn translate(&self, map: &mut Object) {
        let mut nullable = one_type(map);
        nullable |= drop_null_option(map);
        if let Some(value) = map.shift_remove("const") {
            map.insert("enum".to_owned(), json!([value]));
        }
        if let Some(Value::Array(examples)) = map.shift_remove("examples")
            && let Some(first) = examples.into_iter().next()
        {
            map.entry("example").or_insert(first);
        }
        for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(limit) = map.get(exclusive).filter(|limit| limit.is_number()).cloned() {
                map.insert(bound.to_owned(), limit);
                map.insert(exclusive.to_owned(), true.into());
            }
        }
        let encoded = map.contains_key("contentEncoding");
        if encoded || map.contains_key("contentMediaType") {
            map.entry("format").or_insert_with(|| if encoded { "byte" } else { "binary" }.into());
        }
        if map.get("type").is_some_and(|kind| kind == "array") {
            map.entry("items").or_insert_with(|| json!({}));
        }
        if map.len() > 1
            && let Some(reference) = map.shift_remove("$ref")
        {
            map.insert("allOf".to_owned(), json!([{"$ref": reference}]));
        }
        if nullable {
            map.insert("nullable".to_owned(), true.into());
            if let Some(kind) = self.beside(map) {
                map.entry("type").or_insert(kind);
            }
        }
    }

    /// The type of a schema that has none of its own: that of all its options.
    fn beside(&self, map: &Object) -> Option<Value> {
        let options = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|key| map.get(key)?.as_array()).flatten();
        let kinds = options.map(|option| option.get("type").or_else(|| self.0.get(option["$ref"].as_str()?)).cloned());
        only(kinds).filter(Value::is_string)
    }
}

/// Renames the parameters that are named like a schema.
fn tell_apart(document: &mut Object) {
    let named: Vec<String> = walk::schemas(document).into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let parameters = walk::components(document, "parameters");
    let all = std::mem::take(parameters);
    let mut renamed = HashMap::new();
    for (name, parameter) in all {
        let own = if named.contains(&name) { format!("{name}Parameter") } else { name.clone() };
        if own != name {
            renamed.insert(format!("{PARAMETERS}{name}"), format!("{PARAMETERS}{own}"));
        }
        parameters.insert(own, parameter);
    }
    document.values_mut().for_each(|part| refer(part, &renamed));
}

/// Turns references to what has another name now.
fn refer(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::String(reference) if key == "$ref" => {
                        if let Some(now) = renamed.get(reference) {
                            reference.clone_from(now);
                        }
                    }
                    inner if !DATA.contains(&key.as_str()) => refer(inner, renamed),
                    _ => {}
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| refer(inner, renamed)),
        _ => {}
    }
}

/// The one value that all are; none where they differ, or one is missing.
fn only(mut all: impl Iterator<Item = Option<Value>>) -> Option<Value> {
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// Leaves one type, and returns true if null was another. Of several that are not null each becomes an option.
fn one_type(map: &mut Object) -> bool {
    let kinds = match map.get("type") {
        Some(Value::Array(kinds)) => kinds.clone(),
        Some(Value::String(kind)) if kind == "null" => vec!["null".into()],
        _ => return false,
    };
    let nullable = kinds.iter().any(|kind| kind == "null");
    let mut kinds: Vec<Value> = kinds.into_iter().filter(|kind| kind != "null").collect();
    map.shift_remove("type");
    match kinds.len() {
        0 => {
            map.insert("enum".to_owned(), json!([null]));
        }
        1 => {
            map.insert("type".to_owned(), kinds.remove(0));
        }
        _ => {
            let options = kinds.into_iter().map(|kind| json!({"type": kind})).collect();
            map.insert("anyOf".to_owned(), Value::Array(options));
        }
    }
    nullable
}

/// Takes null out of the options of a schema, and returns true if it was there. A single option that is left and is a
/// reference stands alone, and is wrapped like any other that has something beside it.
fn drop_null_option(map: &mut Object) -> bool {
    for key in ["oneOf", "anyOf"] {
        let Some(Value::Array(options)) = map.get_mut(key) else { continue };
        let before = options.len();
        options.retain(|option| option["type"] != "null");
        if options.len() == before {
            continue;
        }
        if options.len() == 1 {
            let only = options.remove(0);
            map.shift_remove(key);
            map.insert("allOf".to_owned(), json!([only]));
        }
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(schema_of_3_1: Value) -> Value {
        let mut value = schema_of_3_1;
        Kinds([("#/a".to_owned(), json!("object"))].into_iter().collect()).schema(&mut value);
        value
    }

    #[test]
    fn null_becomes_a_word_of_its_own() {
        for (newer, older) in [
            (
                json!({"type": ["string", "null"], "maxLength": 3}),
                json!({"type": "string", "maxLength": 3, "nullable": true}),
            ),
            (
                json!({"oneOf": [{"$ref": "#/a"}, {"type": "null"}], "description": "A."}),
                json!({"allOf": [{"$ref": "#/a"}], "description": "A.", "nullable": true, "type": "object"}),
            ),
            (
                json!({"oneOf": [{"$ref": "#/a"}, {"type": "object"}, {"type": "null"}]}),
                json!({"oneOf": [{"$ref": "#/a"}, {"type": "object"}], "nullable": true, "type": "object"}),
            ),
            (json!({"type": "null"}), json!({"enum": [null], "nullable": true})),
            (
                json!({"type": ["string", "integer", "null"]}),
                json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
            ),
        ] {
            assert_eq!(converted(newer), older);
        }
    }

    #[test]
    fn words_that_3_0_lacks_are_said_otherwise_or_left_out() {
        for (newer, older) in [
            (json!({"$ref": "#/a", "description": "A."}), json!({"description": "A.", "allOf": [{"$ref": "#/a"}]})),
            (json!({"$ref": "#/a"}), json!({"$ref": "#/a"})),
            (json!({"const": 4}), json!({"enum": [4]})),
            (json!({"type": "string", "examples": ["a", "b"]}), json!({"type": "string", "example": "a"})),
            (
                json!({"type": "number", "exclusiveMinimum": 0}),
                json!({"type": "number", "exclusiveMinimum": true, "minimum": 0}),
            ),
            (json!({"type": "string", "contentEncoding": "base64"}), json!({"type": "string", "format": "byte"})),
            (json!({"type": "string", "contentMediaType": "text/csv"}), json!({"type": "string", "format": "binary"})),
            (json!({"type": "array", "prefixItems": [{}]}), json!({"type": "array", "items": {}})),
            (json!({"type": "object", "propertyNames": {"maxLength": 3}}), json!({"type": "object"})),
            (
                json!({"type": "object", "properties": {"const": {"const": 1}}, "additionalProperties": false}),
                json!({"type": "object", "properties": {"const": {"enum": [1]}}, "additionalProperties": false}),
            ),
        ] {
            assert_eq!(converted(newer), older);
        }
    }

    #[test]
    fn the_head_is_that_of_3_0_and_data_stays_as_it_is() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "A", "summary": "B", "license": {"name": "C", "identifier": "MIT"}},
            "paths": {"/a": {"get": {
                "parameters": [{"$ref": "#/components/parameters/A", "description": "D"}],
                "responses": {"200": {"content": {"application/json": {
                    "schema": {"type": ["string", "null"]}, "example": {"schema": {"const": 1}},
                }}}},
            }}},
            "webhooks": {"changed": {}},
        });
        let Value::Object(document) = document else { unreachable!("it is written above") };
        let mut expected = json!({
            "openapi": "3.0.3",
            "info": {"title": "A", "license": {"name": "C", "url": "https://spdx.org/licenses/MIT.html"}},
            "paths": {"/a": {"get": {
                "parameters": [{"$ref": "#/components/parameters/A"}],
                "responses": {"200": {"content": {"application/json": {
                    "schema": {"type": "string", "nullable": true}, "example": {"schema": {"const": 1}},
                }}}},
            }}},
            "x-webhooks": {"changed": {}},
        });
        expected["components"] = json!({"parameters": {}, "schemas": {}});
        assert_eq!(Value::Object(convert(document)), expected);
    }

    #[test]
    fn a_parameter_that_is_named_like_a_schema_gets_another_name() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {},
            "paths": {"/a": {"get": {"parameters": [
                {"$ref": "#/components/parameters/Role"}, {"$ref": "#/components/parameters/Limit"},
            ]}}},
            "components": {
                "parameters": {"Limit": {"name": "limit"}, "Role": {"name": "role"}},
                "schemas": {"Role": {}, "Person": {"properties": {"role": {"$ref": "#/components/schemas/Role"}}}},
            },
        });
        let Value::Object(document) = document else { unreachable!("it is written above") };
        let converted = Value::Object(convert(document));
        assert_eq!(
            converted["paths"]["/a"]["get"]["parameters"],
            json!([{"$ref": "#/components/parameters/RoleParameter"}, {"$ref": "#/components/parameters/Limit"}])
        );
        let parameters = json!({"Limit": {"name": "limit"}, "RoleParameter": {"name": "role"}});
        assert_eq!(converted["components"]["parameters"], parameters);
        let role = &converted["components"]["schemas"]["Person"]["properties"]["role"];
        assert_eq!(role["$ref"], "#/components/schemas/Role");
    }
}
