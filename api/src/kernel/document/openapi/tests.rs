//! Each step of the pass, on a real App.

use serde_json::json;

use super::*;

pub(crate) const ABOUT: About<'static> = About {
    version: "0.1.0",
    token_url: "/api/v1/auth/token",
    tags: &[("auth", "Signing in."), ("schools", "The register.")],
    scopes: &[
        ("schools:read", "Read the register."),
        ("schools:write", "Change the register."),
        ("visits:read", "See visits, which the register has none of."),
    ],
    guarded: &["schools"],
    resources: &[("school", "/schools")],
    transitions: &[],
    expands: &[],
    tasks: &[],
};

pub(crate) fn document() -> Document {
    Document::build(sample::openapi(), &ABOUT)
}

fn at(pointer: &str) -> Value {
    document().json().pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")).clone()
}

fn operation(path: &str, method: &str) -> Value {
    at(&format!("/paths/{}/{method}", path.replace('/', "~1")))
}

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

const SCHOOLS: &str = "/api/v1/schools";
const SCHOOL: &str = "/api/v1/schools/{id}";

#[test]
fn the_head_is_ours_and_in_reading_order() {
    let document = document();
    let keys: Vec<_> = document.json().as_object().unwrap().keys().collect();
    assert_eq!(keys, ["openapi", "info", "servers", "tags", "paths", "components"]);
    assert_eq!(document.json()["openapi"], "3.1.0");
    assert_eq!(document.json()["info"]["license"]["identifier"], "Apache-2.0");
    assert_eq!(document.text(), super::tests::document().text(), "the same each time");
    assert!(!document.text().contains("\"x-"));
}

#[test]
fn generic_names_are_turned_into_words_and_hold_no_copies() {
    assert_eq!(
        at("/components/schemas/SchoolPage/properties/items/items"),
        json!({"$ref": "#/components/schemas/School"})
    );
    let reply = operation(SCHOOLS, "get");
    assert_eq!(
        reply.pointer("/responses/200/content/application~1json/schema").unwrap(),
        &json!({"$ref": "#/components/schemas/SchoolPage"})
    );
}

#[test]
fn flattened_parts_are_one_object() {
    let school = at("/components/schemas/School");
    assert!(school.get("allOf").is_none());
    for field in ["id", "version", "name", "area"] {
        assert!(school["properties"].get(field).is_some(), "{field}");
    }
    assert!(school["required"].as_array().unwrap().contains(&json!("version")));
    assert!(school.get("additionalProperties").is_none(), "replies may grow");
    assert_eq!(school["description"], "A school as it is stored.");
    assert!(document().json()["components"]["schemas"].get("Stored").is_none(), "unused");
}

#[test]
fn objects_within_schemas_have_names_and_forms_are_closed() {
    assert_eq!(
        at("/components/schemas/Party/oneOf"),
        json!([
            {"$ref": "#/components/schemas/PartyPerson"},
            {"$ref": "#/components/schemas/PartyText"}
        ])
    );
    for form in ["NewSchool", "SchoolPatch", "Address", "PartyPerson"] {
        assert_eq!(at(&format!("/components/schemas/{form}/additionalProperties")), false, "{form}");
    }
}

#[test]
fn a_nullable_reference_is_described_beside_the_union() {
    assert_eq!(
        at("/components/schemas/NewSchool/properties/former_phase"),
        json!({
            "oneOf": [{"$ref": "#/components/schemas/Phase"}, {"type": "null"}],
            "description": "The phase it was in."
        })
    );
}

#[test]
fn a_patch_is_derived_from_the_form() {
    let patch = at("/components/schemas/SchoolPatch");
    assert!(patch.get("required").is_none());
    assert_eq!(patch["properties"]["name"]["type"], "string");
    assert_eq!(patch["properties"]["name"]["maxLength"], 200);
    assert_eq!(patch["properties"]["phase"]["$ref"], "#/components/schemas/Phase");
    assert_eq!(patch["properties"]["urn"]["type"], json!(["integer", "null"]));
    let content = operation(SCHOOL, "patch")["requestBody"]["content"].clone();
    let types: Vec<_> = content.as_object().unwrap().keys().cloned().collect();
    assert_eq!(types, ["application/merge-patch+json", "application/json"]);
}

#[test]
fn parameters_follow_from_the_kind_of_the_operation() {
    let names = |path, method| -> Vec<String> {
        operation(path, method)["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| it["name"].as_str().or(it["$ref"].as_str()).unwrap().to_owned())
            .map(|it| it.rsplit('/').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(SCHOOLS, "post"), ["IdempotencyKey", "RequestId"]);
    assert_eq!(names(SCHOOL, "get"), ["Id", "IfNoneMatch"]);
    assert_eq!(names(SCHOOL, "patch"), ["Id", "IfMatchRequired", "RequestId"]);
    assert_eq!(names("/api/v1/schools/{id}/restore", "post"), ["Id", "IdempotencyKey", "IfMatchRequired", "RequestId"]);
    assert_eq!(names("/api/v1/auth/keys/{kid}", "get"), ["kid"]);
    let id = &at("/components/parameters/Id");
    assert_eq!((&id["schema"]["format"], &id["required"]), (&json!("uuid"), &json!(true)));
    let kid = &operation("/api/v1/auth/keys/{kid}", "get")["parameters"][0];
    assert_eq!(kid["schema"]["maxLength"], 100);
}

#[test]
fn every_operation_lists_the_statuses_that_it_can_give() {
    assert_eq!(
        statuses(&operation(SCHOOLS, "get")),
        ["200", "400", "401", "403", "405", "406", "429", "431", "500", "503"]
    );
    assert_eq!(
        statuses(&operation(SCHOOL, "patch")),
        [
            "200", "400", "401", "403", "404", "405", "406", "408", "409", "412", "413", "415", "422", "428", "429",
            "431", "500", "503", "507"
        ]
    );
    assert!(statuses(&operation(SCHOOL, "get")).contains(&"304"));
    assert!(!statuses(&operation("/api/v1/auth/keys/{kid}", "get")).contains(&"401"));
    let reply = at("/components/responses/Conflict/content/application~1problem+json");
    assert_eq!(reply["schema"], json!({"$ref": "#/components/schemas/Problem"}));
    let examples: Vec<_> = reply["examples"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(examples, ["conflict", "confirmation-required", "duplicate", "key-in-flight"]);
}

#[test]
fn replies_name_their_headers() {
    let created = operation(SCHOOLS, "post")["responses"]["201"]["headers"].clone();
    for header in ["ETag", "Location", "Idempotency-Replayed", "X-Request-Id", "RateLimit"] {
        assert!(created.get(header).is_some(), "{header}");
    }
    assert!(at("/components/responses/Unauthenticated/headers").get("WWW-Authenticate").is_some());
}

#[test]
fn the_scope_stays_as_declared_and_open_operations_say_so() {
    assert_eq!(operation(SCHOOLS, "get")["security"], json!([{"token": ["schools:read"]}, {"bearer": []}]));
    assert_eq!(operation("/api/v1/auth/keys/{kid}", "get")["security"], json!([]));
    let flows = at("/components/securitySchemes/token/flows");
    assert_eq!(flows["password"]["tokenUrl"], "/api/v1/auth/token");
    assert_eq!(flows["clientCredentials"]["scopes"]["schools:read"], "Read the register.");
}

#[test]
fn a_scope_that_no_operation_needs_is_not_published() {
    let flows = at("/components/securitySchemes/token/flows");
    let scopes: Vec<_> = flows["password"]["scopes"].as_object().unwrap().keys().collect();
    assert_eq!(scopes, ["schools:read", "schools:write"], "and not visits:read of ABOUT");
}

#[test]
fn what_several_operations_have_is_said_once() {
    let document = document();
    let mut inline: Vec<String> = Vec::new();
    for item in document.json()["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let replies = operation["responses"].as_object().unwrap().values();
            inline.extend(parameters.chain(replies).filter(|it| it.get("$ref").is_none()).map(Value::to_string));
        }
    }
    let all = inline.len();
    inline.sort_unstable();
    inline.dedup();
    assert_eq!(inline.len(), all, "each of these stands at one operation");
    let gone = &operation(SCHOOL, "delete")["responses"]["204"];
    let shared = gone["$ref"].as_str().map(|reference| at(reference.trim_start_matches('#')));
    assert!(shared.as_ref().unwrap_or(gone)["description"].is_string(), "{gone}");
}

#[test]
fn a_part_has_the_operations_of_its_tag_and_all_that_they_refer_to() {
    let document = document();
    let files = document.files();
    let names: Vec<_> = files.parts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["auth", "schools"]);
    for (name, _) in document.parts() {
        let part = Value::Object(parts::part(document.json().as_object().unwrap(), name));
        assert_eq!(part["tags"].as_array().unwrap().len(), 1);
        let operations = part["paths"].as_object().unwrap().values().flat_map(|it| it.as_object().unwrap().values());
        assert!(operations.into_iter().all(|operation| operation["tags"][0] == name), "{name}");
        let mut references = Vec::new();
        walk::references(&part, &mut references);
        for reference in references {
            assert!(part.pointer(reference.trim_start_matches('#')).is_some(), "{name}: {reference}");
        }
        assert!(part["components"]["securitySchemes"]["token"].is_object());
    }
    let schools = parts::part(document.json().as_object().unwrap(), "schools");
    assert_eq!(schools["info"]["description"], "The register.");
    assert!(schools["paths"].get("/api/v1/auth/keys/{kid}").is_none());
}

#[test]
fn whole_numbers_are_bounded_and_forms_have_an_example_that_fits() {
    let document = document();
    assert_eq!(at("/components/schemas/NewSchool/properties/pupils/maximum"), json!(9_007_199_254_740_991_i64));
    let example = at("/components/schemas/NewSchool/example");
    assert_eq!(example["name"], "Abbey Road Primary");
    assert!(example.get("area_id").is_none(), "an id that was made up exists nowhere");
    assert_eq!(document.check("NewSchool", &example).unwrap(), []);
    let example = at("/components/schemas/SchoolPatch/example");
    assert_eq!(document.check("SchoolPatch", &example).unwrap(), []);
}

#[test]
fn gaps_name_what_nobody_wrote() {
    assert_eq!(
        document().gaps(),
        [
            "Area/note: a text without maxLength, format or enum",
            "Area/tags: a list without maxItems",
            "Area/tags/item: a text without maxLength, format or enum",
            "Area/note: no example",
            "Area/tags: no description",
        ]
    );
}

#[test]
fn every_schema_can_be_used() {
    let document = document();
    for name in document.json()["components"]["schemas"].as_object().unwrap().keys() {
        document.check(name, &json!({})).unwrap();
    }
}

#[test]
fn the_methods_of_an_address_are_known_fixed_segments_first() {
    let document = document();
    assert_eq!(document.methods("/api/v1/schools").unwrap(), ["GET", "HEAD", "POST"]);
    assert_eq!(document.methods("/api/v1/schools/7").unwrap(), ["GET", "HEAD", "DELETE", "PATCH"]);
    assert_eq!(document.methods("/api/v1/schools/7/restore").unwrap(), ["POST"]);
    assert!(document.methods("/api/v1/schools/").is_none());
    assert!(document.methods("/api/v1/pupils").is_none());
}

#[test]
fn a_patch_is_checked_with_the_item_it_changes() {
    let document = document();
    let current = json!({"name": "Abbey", "phase": "primary", "pupils": 7, "leads": []});
    let patched: sample::NewSchool =
        document.patched(current.clone(), &json!({"pupils": null, "name": "Beech"})).unwrap();
    assert_eq!((patched.name.as_str(), patched.pupils), ("Beech", None));
    let patch = json!({"phase": null, "naem": null, "urn": 1});
    let problem = document.patched::<sample::NewSchool>(current, &patch).unwrap_err();
    let mut faults: Vec<_> = problem.errors().iter().map(|it| (it.pointer.as_str(), it.code.as_str())).collect();
    faults.sort_unstable();
    assert_eq!(faults, [("/naem", "unknown_field"), ("/phase", "unknown_value"), ("/urn", "minimum")]);
}

#[test]
fn what_is_flattened_tagged_or_generic_in_a_form_can_be_sent() {
    let document = document();
    let keys = at("/components/schemas");
    assert!(keys.get("NewSchoolBatch").is_some());
    let link = &keys["NewLink"];
    assert!(link.get("allOf").is_none());
    assert_eq!(document.check("NewLink", &link["example"]).unwrap(), []);
    let value = json!({
        "dues": [{"on": "x"}, 5], "step": {"kind": "moved", "twn": 1},
        "external_ids": {"a": "x"}, "settings": [1], "noet": "1"
    });
    let faults = document.check("NewLink", &value).unwrap();
    let found: Vec<_> = faults.iter().map(|it| (it.pointer.as_str(), it.code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("/dues/0/on", "format"),
            ("/dues/1", "type"),
            ("/step/twn", "unknown_field"),
            ("/external_ids/a", "type"),
            ("/noet", "unknown_field"),
        ]
    );
}

#[test]
fn a_natural_key_in_a_path_is_a_text() {
    let link = operation("/api/v1/schools/by-key/{system}/{id}", "put");
    let schemas: Vec<_> = link["parameters"].as_array().unwrap().iter().filter_map(|it| it.get("schema")).collect();
    let longest: Vec<_> = schemas.iter().map(|schema| &schema["maxLength"]).collect();
    assert_eq!(longest, [40, 100], "{schemas:?}");
}
