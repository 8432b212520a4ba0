//! The document: committed as it is generated, and complete.

mod older;

use std::path::Path;

use api::kernel::base::prescribed::is_counted;
use serde_json::Value;

use crate::support::document::{Operation, document, example, operations, resolved};

/// What is asked without a token.
const PUBLIC: [&str; 8] = [
    "/api/v1/auth/",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/version",
    "/.well-known/jwks.json",
    "/plan-documents/",
    "/visit-calendars/",
];

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let generated = document().text();
    if committed != generated {
        let differs = committed.lines().zip(generated.lines()).position(|(old, new)| old != new);
        let line = differs.map_or(0, |at| at + 1);
        panic!(
            "openapi/openapi.json is not what the handlers say (line {line} is the first that \
             differs): run `just openapi` and commit the file"
        );
    }
}

#[test]
fn nothing_is_left_undescribed() {
    let gaps = document().gaps();
    assert!(gaps.is_empty(), "{} gaps:\n{}", gaps.len(), gaps.join("\n"));
}

#[test]
fn no_operation_has_two_parameters_of_a_name() {
    for operation in operations() {
        let names: Vec<_> = operation.parameters().map(|parameter| parameter["name"].clone()).collect();
        let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
        assert_eq!(twice, None, "{}: a generated function takes one argument of a name", operation.id);
    }
}

#[test]
fn every_operation_has_a_summary_a_tag_and_a_scope() {
    let tags: Vec<&str> =
        document().json()["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    for operation in operations() {
        let Operation { id, method, path, value } = operation;
        assert!(!id.is_empty(), "{method} {path}");
        let summary = value["summary"].as_str().unwrap_or_default();
        assert!((5..=120).contains(&summary.len()), "{id}: {summary}");
        assert!(summary.ends_with('.') || summary.ends_with('?'), "{id}: {summary}");
        let tag = value["tags"][0].as_str().unwrap_or_default();
        assert!(tags.contains(&tag), "{id}: the tag {tag:?} is not described");
        let public = PUBLIC.iter().any(|it| path.starts_with(it));
        assert_eq!(operation.guarded(), !public, "{id}: {:?}", value["security"]);
        let own = path.starts_with("/api/v1/me");
        assert!(public || own || operation.scope().is_some(), "{id} has no scope");
    }
}

#[test]
fn every_scope_that_is_asked_for_is_explained() {
    let scheme = &document().json()["components"]["securitySchemes"]["token"];
    for flow in ["password", "clientCredentials"] {
        let scopes = scheme["flows"][flow]["scopes"].as_object().unwrap();
        for scope in operations().iter().filter_map(Operation::scope) {
            let meaning = scopes.get(scope).and_then(Value::as_str).unwrap_or_default();
            assert!(!meaning.is_empty(), "{scope} in {flow}");
        }
    }
}

#[test]
fn every_operation_announces_every_status() {
    for operation in operations() {
        let statuses = operation.statuses();
        let mut needed = vec![400, 405, 406, 431, 500, 503];
        let counted = is_counted(&operation.path);
        needed.extend(counted.then_some(429));
        let signs_in = operation.path.starts_with("/api/v1/auth/");
        let writes = operation.method != "GET";
        if operation.guarded() {
            needed.extend([401, 403]);
        }
        if operation.has_id() {
            needed.push(404);
        }
        if operation.value.get("requestBody").is_some() {
            needed.extend([408, 413, 415]);
            needed.extend((!operation.takes_form()).then_some(422));
        }
        if writes || operation.path.ends_with("/export") {
            needed.push(507);
        }
        if writes && !signs_in {
            needed.push(409);
        }
        let item = ["DELETE", "PUT"].contains(&operation.method.as_str()) && operation.path.ends_with('}');
        if item || operation.method == "PATCH" {
            needed.push(412);
        }
        for status in needed {
            assert!(statuses.contains(&status), "{} does not announce {status}", operation.id);
        }
        assert!(statuses.iter().any(|it| (200..300).contains(it)), "{}", operation.id);
        let rated = operation.value["responses"].as_object().unwrap().values().map(resolved);
        for headers in rated.map(|reply| &reply["headers"]) {
            let named = headers.get("RateLimit").is_some();
            assert_eq!(named, counted, "{}: {headers}", operation.id);
        }
    }
}

#[test]
fn every_example_of_a_body_fits_its_schema() {
    let mut checked = 0;
    for operation in operations() {
        let Some(schema) = operation.body() else { continue };
        let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next());
        let name = name.unwrap_or_else(|| panic!("{}: the body has no name", operation.id));
        let media = operation.value["requestBody"]["content"]["application/json"].as_object().unwrap();
        let mut examples = vec![example(schema)];
        examples.extend(media.get("example").cloned());
        if let Some(named) = media.get("examples").and_then(Value::as_object) {
            examples.extend(named.values().map(|it| it["value"].clone()));
        }
        for example in examples {
            assert!(example.as_object().is_some_and(|it| !it.is_empty()), "{}: no example", operation.id);
            let faults = document().check(name, &example).unwrap();
            assert!(faults.is_empty(), "{}: {faults:?} in {example}", operation.id);
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn every_example_of_a_field_fits_the_field() {
    let schemas = document().json()["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        let Some(properties) = schema["properties"].as_object() else { continue };
        for (field, property) in properties {
            let Some(example) = property.get("example") else { continue };
            let kinds = match &property["type"] {
                Value::String(kind) => vec![kind.as_str()],
                Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
                _ => continue,
            };
            let fits = kinds.iter().any(|kind| match *kind {
                "null" => example.is_null(),
                "string" => example.is_string(),
                "integer" => example.is_i64() || example.is_u64(),
                "number" => example.is_number(),
                "boolean" => example.is_boolean(),
                "array" => example.is_array(),
                _ => example.is_object(),
            });
            assert!(fits, "{name}/{field}: {example} is none of {kinds:?}");
        }
    }
}

#[test]
fn every_text_has_a_length_a_format_or_its_values() {
    fn walk(place: &str, schema: &Value, bare: &mut Vec<String>) {
        match schema {
            Value::Object(map) => {
                let text = match map.get("type") {
                    Some(Value::String(kind)) => kind == "string",
                    Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
                    _ => false,
                };
                let bounds = ["maxLength", "format", "enum", "const"];
                if text && !bounds.iter().any(|key| map.contains_key(*key)) {
                    bare.push(place.to_owned());
                }
                for (step, inner) in map.iter().filter(|(step, _)| !step.starts_with("example")) {
                    walk(&format!("{place}/{step}"), inner, bare);
                }
            }
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(n, it)| walk(&format!("{place}/{n}"), it, bare));
            }
            _ => {}
        }
    }
    let mut bare = Vec::new();
    for part in ["schemas", "parameters", "headers"] {
        walk(part, &document().json()["components"][part], &mut bare);
    }
    for parameter in operations().iter().flat_map(Operation::parameters) {
        walk("parameter", parameter, &mut bare);
    }
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn every_e_mail_address_says_its_form() {
    let schemas = document().json()["components"]["schemas"].as_object().unwrap();
    let addresses = schemas.iter().filter_map(|(name, schema)| Some((name, schema["properties"].get("email")?)));
    let mut count = 0;
    for (name, address) in addresses {
        assert_eq!(address["format"], "email", "{name}");
        assert!(address["pattern"].is_string() && address["maxLength"] == 254, "{name}: {address}");
        count += 1;
    }
    assert!(count > 5, "{count}");
}

#[test]
fn the_file_of_an_import_is_not_empty() {
    let schemas = &document().json()["components"]["schemas"];
    for file in [&schemas["ImportFile"], &schemas["ImportForm"]["properties"]["file"]] {
        assert_eq!(file["minLength"], 1, "{file}");
    }
}

#[test]
fn nothing_that_comes_in_has_unknown_fields() {
    for operation in operations() {
        let Some(schema) = operation.body() else { continue };
        let schema = resolved(schema);
        if operation.takes_form() {
            // RFC 6749 (3.2) has them ignored.
            continue;
        }
        if schema.get("properties").is_some() {
            assert_eq!(schema["additionalProperties"], false, "{}", operation.id);
        }
    }
}

#[test]
fn only_scopes_that_an_operation_needs_are_published() {
    let scheme = &document().json()["components"]["securitySchemes"]["token"];
    for flow in ["password", "clientCredentials"] {
        let scopes = scheme["flows"][flow]["scopes"].as_object().unwrap();
        for scope in scopes.keys() {
            assert!(operations().iter().any(|it| it.scope() == Some(scope)), "{scope} in {flow}");
        }
    }
}

#[actix_web::test]
async fn the_document_is_served_as_it_is_committed() {
    let app = crate::support::app().await;
    let served = app.nobody().get("//api-docs/openapi.json").await.expect(200);
    assert!(served.header("content-type").starts_with("application/json"));
    assert_eq!(&served.json(), document().json());
    let committed = document().text().len();
    assert!(served.body.len() < committed * 2 / 3, "{} of {committed} bytes", served.body.len());
}
