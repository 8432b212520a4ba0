//! The document as OpenAPI 3.0.3: the same operations, in words that 3.0 has.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support;
use crate::support::document::{document, operations, resolved};
use crate::support::process;

/// The words of JSON Schema that OpenAPI 3.0 does not have, of those that a document of 3.1 may hold.
const NEWER: [&str; 22] = [
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicRef",
    "$id",
    "$schema",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "examples",
    "if",
    "minContains",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];

/// Calls `visit` with each schema of a document, and with its place.
fn schemas(document: &Value, visit: &mut impl FnMut(&str, &Value)) {
    fn of_schema(place: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
        visit(place, schema);
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            of_schema(&format!("{place}/{name}"), inner, visit);
        }
        for key in ["items", "additionalProperties", "not"] {
            schema.get(key).filter(|it| it.is_object()).into_iter().for_each(|it| of_schema(place, it, visit));
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            schema[key].as_array().into_iter().flatten().for_each(|it| of_schema(place, it, visit));
        }
    }
    fn elsewhere(place: &str, value: &Value, visit: &mut impl FnMut(&str, &Value)) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    match key.as_str() {
                        "schema" => of_schema(place, inner, visit),
                        "schemas" | "example" | "examples" => {}
                        _ => elsewhere(&format!("{place}/{key}"), inner, visit),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| elsewhere(place, inner, visit)),
            _ => {}
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        of_schema(name, schema, visit);
    }
    elsewhere("", document, visit);
}

#[test]
fn no_schema_has_a_word_that_3_0_lacks() {
    let older = document().older();
    assert_eq!(older["openapi"], "3.0.3");
    let (mut count, mut wrong) = (0, BTreeSet::new());
    schemas(&older, &mut |place, schema| {
        count += 1;
        let Some(map) = schema.as_object() else { panic!("{place}: {schema}") };
        let newer = NEWER.iter().filter(|word| map.contains_key(**word)).map(|word| (*word).to_owned());
        wrong.extend(newer.map(|word| format!("{place}: {word}")));
        let kind = map.get("type").is_none_or(|kind| kind.as_str().is_some_and(|kind| kind != "null"));
        let alone = !map.contains_key("$ref") || map.len() == 1;
        let bound = |name| map.get(name).is_none_or(Value::is_boolean);
        let items = map.get("type").is_none_or(|kind| kind != "array") || map.contains_key("items");
        if !(kind && alone && items && bound("exclusiveMinimum") && bound("exclusiveMaximum")) {
            wrong.insert(format!("{place}: {schema}"));
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 5000, "{count}");
}

#[test]
fn what_may_be_null_may_be_null_in_3_0_too() {
    let nullable = |schema: &Value| {
        let null = |it: &Value| it["type"] == "null" || it == "null";
        schema["nullable"] == true
            || ["type", "oneOf"].iter().any(|key| schema[*key].as_array().is_some_and(|it| it.iter().any(null)))
    };
    let names = |document: &Value| {
        let mut names = Vec::new();
        schemas(document, &mut |place, schema| names.extend(nullable(schema).then(|| place.to_owned())));
        names.sort();
        names
    };
    let newer = names(document().json());
    assert!(newer.len() > 500, "{}", newer.len());
    assert_eq!(names(&document().older()), newer);
}

#[test]
fn both_documents_have_the_same_operations_with_the_same_parameters_and_replies() {
    let older = document().older();
    let paths = older["paths"].as_object().unwrap();
    let count: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(count, operations().len());
    for operation in operations() {
        let same = &paths[&operation.path][operation.method.to_lowercase()];
        for key in ["operationId", "summary", "description", "tags", "security"] {
            assert_eq!(same[key], operation.value[key], "{}", operation.id);
        }
        let replies = |value: &Value| value["responses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(replies(same), replies(&operation.value), "{}", operation.id);
        let count = |value: &Value| value["parameters"].as_array().map_or(0, Vec::len);
        assert_eq!(count(same), count(&operation.value), "{}", operation.id);
        assert!(operation.parameters().all(|it| resolved(it)["name"].is_string()), "{}", operation.id);
    }
}

#[actix_web::test]
async fn it_is_served_and_printed() {
    let app = support::app().await;
    let served = app.nobody().get("//api-docs/openapi-3.0.json").await.expect(200);
    assert!(served.header("content-type").starts_with("application/json"));
    assert_eq!(served.json(), document().older());
    let printed = process::run(&["openapi", "--version", "3.0"]);
    assert!(printed.status.success(), "{}", process::said(&printed));
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), document().older());
    let newest = process::run(&["openapi", "--version", "3.1"]);
    assert_eq!(String::from_utf8(newest.stdout).unwrap(), document().text());
    assert!(!process::run(&["openapi", "--version", "2.0"]).status.success());
}
