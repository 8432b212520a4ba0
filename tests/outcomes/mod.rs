//! What schools do and reach in music, year by year.

mod collections;
mod exams;
mod imports;
mod measures;
mod participation;
mod school_plan_records;
mod small_numbers;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Caller;

/// The form of a measure of pupils, by key stage and sex.
pub fn definition(code: &str, basis: &str) -> Value {
    let dimensions = match basis {
        "yes_no" => json!([]),
        _ => json!([
            { "name": "key_stage", "exclusive": true, "codes": ["ks1", "ks2", "ks3"] },
            { "name": "sex", "exclusive": true, "codes": ["girls", "boys"] },
            { "name": "instrument", "exclusive": false, "codes": ["violin", "voice"] },
        ]),
    };
    json!({
        "code": code, "title": code.replace('_', " "), "meaning": "As the hub counts it", "unit": "pupils",
        "basis": basis, "dimensions": dimensions,
    })
}

/// A measure in use.
pub async fn publish(head: &Caller, code: &str, basis: &str) -> Uuid {
    let made = head.post("/measure-definitions", &definition(code, basis)).await.expect(201).id();
    head.act(&format!("/measure-definitions/{made}/publish"), Some("*")).await.expect(200);
    made
}

/// The form of a total.
pub fn figure(school: Uuid, code: &str, value: impl Into<Value>) -> Value {
    json!({
        "school_id": school, "academic_year": "2014/15", "definition_code": code, "value": value.into(),
        "source": "reported",
    })
}

/// The form of a part of a total.
pub fn part(school: Uuid, code: &str, (dimension, part): (&str, &str), value: impl Into<Value>) -> Value {
    let mut form = figure(school, code, value);
    form[dimension] = json!(part);
    form
}

/// Sends figures as one batch, all of which are taken.
pub async fn record(by: &Caller, items: &[Value]) {
    let report = by.post("/measure-values/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["applied"], true, "{report}");
}
