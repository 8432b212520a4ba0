//! What is said about bodies, parameters and replies is as exact as what is done.

use std::collections::BTreeSet;

use api::kernel::base::prescribed::is_prescribed;
use api::kernel::base::problem::Code;
use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::schema;
use crate::support;
use crate::support::document::{Operation, document, operations, resolved};

fn nullable(property: &Value) -> bool {
    let nothing = |it: &Value| it["type"] == "null";
    property["type"].as_array().is_some_and(|kinds| kinds.contains(&json!("null")))
        || property["oneOf"].as_array().is_some_and(|options| options.iter().any(nothing))
}

#[test]
fn a_patch_is_nullable_only_where_the_form_that_creates_is() {
    let schemas = document().json()["components"]["schemas"].as_object().unwrap();
    let mut compared = 0;
    for (name, patch) in schemas {
        let Some(form) = name.strip_suffix("Patch").and_then(|name| schemas.get(&format!("New{name}"))) else {
            continue;
        };
        for (field, property) in patch["properties"].as_object().unwrap() {
            assert_eq!(nullable(property), nullable(&form["properties"][field]), "{name}/{field}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn a_body_that_may_be_left_out_is_never_null() {
    let mut optional = 0;
    for operation in operations() {
        let Some(body) = operation.body() else { continue };
        assert!(!nullable(body), "{}", operation.id);
        optional += usize::from(operation.value["requestBody"]["required"] == false);
    }
    assert!(optional >= 5, "{optional}");
}

#[actix_web::test]
async fn null_clears_only_what_may_be_null() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({ "pupils": 7 })).await;
    let path = format!("/schools/{}", school.id());
    for (field, code) in
        [("name", "type"), ("external_ids", "type"), ("phase", "unknown_value"), ("naem", "unknown_field")]
    {
        let refused = caller.patch(&path, &json!({ field: null }), &school.etag()).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), [(format!("/{field}"), code.to_owned())], "{refused:?}");
    }
    let cleared = caller.patch(&path, &json!({ "pupils": null }), &school.etag()).await.expect(200);
    assert_eq!(cleared.json()["pupils"], Value::Null);
}

#[actix_web::test]
async fn an_optional_body_is_a_form_or_nothing() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.get("/plans?limit=1").await.expect(200).ids()[0];
    let copy = format!("/plans/{plan}/copy");
    let refused = head.post(&copy, &json!(null)).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.faults(), [(String::new(), "type".to_owned())]);
}

#[actix_web::test]
async fn a_party_is_exactly_one_of_five() {
    let options = schema("Party")["oneOf"].as_array().unwrap();
    let fields: Vec<&str> = options.iter().map(|one| resolved(one)["required"][0].as_str().unwrap()).collect();
    assert_eq!(fields, ["role_code", "person_id", "group_id", "partner_id", "text"]);

    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let objective = head.get("/objectives?limit=1").await.expect(200).json()["items"][0].clone();
    let path = format!("/objectives/{}", objective["id"].as_str().unwrap());
    for (party, pointer, code) in [
        (json!({}), "/leads/0", "one_of"),
        (json!({ "role_code": "HoS", "text": "all" }), "/leads/0", "one_of"),
        (json!({ "role": "HoS" }), "/leads/0/role", "unknown_field"),
        (json!({ "person_id": "7" }), "/leads/0/person_id", "format"),
        (json!("HoS"), "/leads/0", "type"),
    ] {
        let reply = head.patch(&path, &json!({ "leads": [party] }), "*").await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(pointer.to_owned(), code.to_owned())], "{reply:?}");
    }
}

#[actix_web::test]
async fn expand_takes_names_with_commas_or_repeated() {
    for operation in operations() {
        for expand in operation.parameters().filter(|it| it["name"] == "expand") {
            assert_eq!((&expand["style"], &expand["explode"]), (&json!("form"), &json!(false)), "{}", operation.id);
            assert_eq!(expand["schema"]["type"], "array", "{}", operation.id);
            let names = resolved(&expand["schema"]["items"])["enum"].as_array();
            assert!(names.is_some_and(|names| !names.is_empty()), "{}", operation.id);
        }
    }
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await.id();
    let contact = json!({ "person_id": caller.person(), "school_id": school, "job_role": "headteacher" });
    caller.post("/contacts", &contact).await.expect(201);
    for query in ["expand=person,school", "expand=person&expand=school", "expand=school,person,"] {
        let item = caller.get(&format!("/contacts?{query}")).await.expect(200).json()["items"][0].clone();
        assert_eq!(item["school"]["id"], school.to_string(), "{query}");
        assert!(item["person"].is_object(), "{query}");
    }
    let unknown = caller.get("/contacts?expand=person,scool").await;
    assert_snapshot!(unknown.refusal(400, "bad-parameter"), @r"
    ?expand: one of: person, school; did you mean `school`?
    ?expand unknown_value: one of: person, school; did you mean `school`?
    ");
}

#[test]
fn codes_kinds_and_sort_keys_are_enumerated() {
    let slugs: Vec<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    assert_eq!(schema("ProblemCode")["enum"], json!(slugs));
    assert_eq!(schema("Problem")["properties"]["code"]["$ref"], "#/components/schemas/ProblemCode");
    assert_eq!(schema("Change")["properties"]["resource"]["$ref"], "#/components/schemas/ChangedResource");
    assert!(schema("ChangedResource")["enum"].as_array().unwrap().contains(&json!("school")));
    let mut sorts = 0;
    // OneRoster has the direction in another parameter.
    for operation in operations().iter().filter(|it| !is_prescribed(&it.path)) {
        for sort in operation.parameters().filter(|it| it["name"] == "sort") {
            let keys = sort["schema"]["enum"].as_array().unwrap().iter();
            let names: Vec<String> = keys
                .map(|key| match key.as_str().unwrap().strip_prefix('-') {
                    Some(key) => format!("{}_DESC", key.to_uppercase()),
                    None => format!("{}_ASC", key.as_str().unwrap().to_uppercase()),
                })
                .collect();
            assert_eq!(sort["schema"]["x-enum-varnames"], json!(names), "{}", operation.id);
            sorts += 1;
        }
    }
    assert!(sorts > 20, "{sorts}");
}

/// What a reply may lack, beside what `expand` embeds: each says in its description when.
const ABSENT: &[(&str, &str)] = &[
    ("AskedEvidence", "guidance"),
    ("Attendee", "person_id"),
    ("Attendee", "role"),
    ("Attendee", "school_id"),
    ("Attendee", "text"),
    ("MeetingDecision", "decided_by"),
    ("GroupMember", "person_id"),
    ("GroupMember", "role"),
    ("GroupMember", "school_id"),
    ("GroupMember", "text"),
    ("GivenEvidence", "text"),
    ("GivenEvidence", "links"),
    ("GivenEvidence", "attachment_ids"),
    ("Threshold", "section_share_percent"),
    ("AuthProblem", "error"),
    ("*Problem", "last_change"),
    ("CountedGroup", "names"),
    ("Counts", "fields"),
    ("AuthProblem", "error_description"),
    ("Changes", "next_cursor"),
    ("Due", "done_on"),
    ("FrameworkTree", "sections"),
    ("NewRagScheme", "description"),
    ("NewMeasureDefinition", "population"),
    ("FormLine", "definition_id"),
    ("FormLine", "key_stage"),
    ("FormLine", "year_group"),
    ("FormLine", "sex"),
    ("FormLine", "send"),
    ("FormLine", "pupil_premium"),
    ("FormLine", "terms"),
    ("FormLine", "instrument"),
    ("ShippedFramework", "form"),
    ("DueDone", "done_on"),
    ("AuthProblem", "after"),
    ("AuthProblem", "current"),
    ("AuthProblem", "epoch"),
    ("ObservedLevel", "note"),
    // OneRoster has no null: what there is not is absent.
    ("RosterOrg", "metadata"),
    ("RosterOrg", "identifier"),
    ("RosterOrg", "parent"),
    ("RosterOrg", "children"),
    ("RosterSession", "parent"),
    ("RosterSession", "children"),
    ("Problem", "after"),
    ("Problem", "current"),
    ("Problem", "epoch"),
    ("Met", "count"),
    ("GroupOutput", "made_on"),
    ("GroupOutput", "link"),
    ("OrderLine", "code"),
    ("OrderLine", "id"),
    ("OrderLine", "price_pence"),
    ("OrderLine", "price_reason"),
    ("OrderLine", "provider_id"),
    ("OrderLine", "title"),
    ("OrderLine", "unit"),
    ("OrderLine", "vat_code"),
    ("OrderSubsidy", "package_id"),
    ("PilotRespondent", "comment"),
    ("PilotRespondent", "confident"),
    ("PilotRespondent", "role"),
    ("PriceBand", "to_pupils"),
    ("User", "invitation"),
    ("PlanTree", "as_at"),
    ("PlanTree", "as_at_reason"),
    ("PlanTree", "cohorts"),
    ("PlanTree", "objectives"),
    ("PlanTree", "years"),
    ("TokenReply", "grant"),
    ("TokenReply", "must_change_password"),
    ("TokenReply", "refresh_token"),
    ("Visit", "warnings"),
    ("*Page", "next_cursor"),
    ("Tasks", "next_cursor"),
    ("*Page", "total"),
    ("*Report", "total"),
];

/// The component schemas of replies, at any depth.
fn outgoing() -> BTreeSet<String> {
    fn walk(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                let name = value["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/"));
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    walk(document().json().pointer(&format!("/components/{name}")).unwrap(), found);
                }
                map.values().for_each(|inner| walk(inner, found));
            }
            Value::Array(list) => list.iter().for_each(|inner| walk(inner, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for operation in operations() {
        walk(&operation.value["responses"], &mut found);
    }
    found.into_iter().filter_map(|it| it.strip_prefix("schemas/").map(str::to_owned)).collect()
}

#[test]
fn every_field_that_is_always_sent_is_required() {
    let embedded: BTreeSet<&str> = operations()
        .iter()
        .flat_map(Operation::parameters)
        .filter(|it| it["name"] == "expand")
        .flat_map(|it| resolved(&it["schema"]["items"])["enum"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    let mut optional = Vec::new();
    for name in outgoing() {
        let schema = schema(&name);
        for field in schema["properties"].as_object().into_iter().flatten().map(|(field, _)| field.as_str()) {
            let required = schema["required"].as_array().is_some_and(|it| it.contains(&json!(field)));
            let is_of = |of: &str| of.strip_prefix('*').map_or(of == name, |ending| name.ends_with(ending));
            let named = |(of, it): &(&str, &str)| *it == field && is_of(of);
            if !required && !embedded.contains(field) && !ABSENT.iter().any(named) {
                optional.push(format!("{name}/{field}"));
            }
        }
    }
    assert!(optional.is_empty(), "{optional:#?}");
}
