//! The register as OneRoster 1.2 has it: read with its conventions, within the caller's reach, as JSON and as CSV.

mod bundle;
mod errors;
mod orgs;
mod sessions;

use reqwest::Url;
use serde_json::{Value, json};

use crate::support::{App, Caller, Reply};

/// What the addresses of the rostering service begin with.
const ROSTER: &str = "/ims/oneroster/rostering/v1p2";

/// An address of the rostering service with parameters, as a client encodes them.
fn address(collection: &str, parameters: &[(&str, &str)]) -> String {
    let url = Url::parse_with_params(&format!("http://a{ROSTER}{collection}"), parameters).unwrap();
    let query = url.query().filter(|query| !query.is_empty()).map(|query| format!("?{query}"));
    format!("{}{}", url.path(), query.unwrap_or_default())
}

async fn get(caller: &Caller, collection: &str, parameters: &[(&str, &str)]) -> Reply {
    caller.get(&address(collection, parameters)).await
}

/// The values of one field in the items of a list, in their order.
fn each(reply: &Reply, field: &str) -> Vec<String> {
    let body = reply.json();
    let items = body["orgs"].as_array().or(body["academicSessions"].as_array()).unwrap_or_else(|| panic!("{reply:?}"));
    items.iter().map(|item| item[field].as_str().unwrap_or_else(|| panic!("no {field}: {item}")).to_owned()).collect()
}

/// The names of the organisations that a filter finds, in the order of the names.
async fn found(caller: &Caller, filter: &str) -> Vec<String> {
    each(&get(caller, "/orgs", &[("filter", filter), ("sort", "name")]).await.expect(200), "name")
}

/// A hub with an area, a school in it, and two schools in none.
struct Register {
    area: Value,
    ash: Value,
}

impl Register {
    async fn make(app: &App, by: &Caller) -> Self {
        let area = by.post("/areas", &json!({"name": "Charnwood", "code": "CH"})).await.expect(201).json();
        let more = json!({
            "urn": 120_001, "la_code": "855", "establishment_number": "2001", "area_id": area["id"],
        });
        let ash = app.school(by, "Ash Primary", more).await.json();
        app.school(by, "École Beech", json!({ "urn": 120_002, "phase": "secondary" })).await;
        app.school(by, "St Mary's", json!({})).await;
        Self { area, ash }
    }
}
