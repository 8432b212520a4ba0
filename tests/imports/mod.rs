//! Files of the Department taken in over HTTP: the outcome of each row, and of the file as a whole.

pub mod bodies;
mod command;
mod effects;
mod exams;
mod faults;
mod files;
mod killed;
mod lists;
mod meanwhile;
mod register;
mod same;
mod together;

use std::collections::BTreeMap;
use std::time::Duration;

use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, Request};

/// The columns of the register that are read.
const COLUMNS: [&str; 35] = [
    "URN",
    "LA (code)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)",
    "EstablishmentTypeGroup (code)",
    "EstablishmentStatus (code)",
    "EstablishmentStatus (name)",
    "OpenDate",
    "CloseDate",
    "PhaseOfEducation (code)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Gender (name)",
    "NumberOfPupils",
    "PercentageFSM",
    "Trusts (code)",
    "Trusts (name)",
    "UKPRN",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "County (name)",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadTitle (name)",
    "HeadFirstName",
    "HeadLastName",
    "HeadPreferredJobTitle",
    "Easting",
    "Northing",
];

/// A row of the register by its columns; what is not there is empty.
type Row = BTreeMap<&'static str, String>;

/// An open community primary school of Leicestershire.
fn school(urn: u32, more: &[(&'static str, &str)]) -> Row {
    let usual = [
        ("URN", urn.to_string()),
        ("LA (code)", "855".to_owned()),
        ("EstablishmentName", format!("School {urn}")),
        ("TypeOfEstablishment (code)", "01".to_owned()),
        ("TypeOfEstablishment (name)", "Community school".to_owned()),
        ("EstablishmentStatus (code)", "1".to_owned()),
        ("EstablishmentStatus (name)", "Open".to_owned()),
        ("PhaseOfEducation (code)", "2".to_owned()),
        ("PhaseOfEducation (name)", "Primary".to_owned()),
    ];
    let more = more.iter().map(|(column, value)| (*column, (*value).to_owned()));
    usual.into_iter().chain(more).collect()
}

/// A closed one.
const CLOSED: [(&str, &str); 2] = [("EstablishmentStatus (code)", "2"), ("EstablishmentStatus (name)", "Closed")];

/// The rows under these columns.
fn under(columns: &[&str], rows: &[Row]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut file = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(",");
    for row in rows {
        file.push_str("\r\n");
        let values: Vec<_> =
            columns.iter().map(|column| row.get(column).map_or_else(String::new, |it| quoted(it))).collect();
        file.push_str(&values.join(","));
    }
    file.push_str("\r\n");
    file
}

/// A register of these schools.
fn file(rows: &[Row]) -> String {
    under(&COLUMNS, rows)
}

/// A register of so many schools, from this URN on.
pub fn many(from: u32, count: u32) -> String {
    let rows: Vec<_> = (from..from + count).map(|urn| school(urn, &[("NumberOfPupils", "200")])).collect();
    file(&rows)
}

/// The service, and somebody of its hub, which has three local authorities.
async fn office() -> (App, Caller) {
    let app = support::app().await;
    let office = ready(&app).await;
    (app, office)
}

/// An administrator of a hub with three local authorities.
async fn ready(app: &App) -> Caller {
    let office = app.as_role(Role::Administrator).await;
    has_authorities(&office).await;
    office
}

pub async fn has_authorities(office: &Caller) {
    let hub = office.get("/hub").await.expect(200);
    let authorities = json!({ "la_codes": ["855", "856", "857"] });
    office.patch("/hub", &authorities, &hub.etag()).await.expect(200);
}

/// Sends a file; the query says more than that it is a register, or that it is none.
pub fn sent(caller: &Caller, query: &str, body: impl Into<Vec<u8>>) -> Request {
    let source = if query.contains("source=") { "" } else { "source=gias-register&" };
    caller.ask(Method::POST, &format!("/imports?{source}{query}")).raw_of("text/csv", body)
}

/// Sends a file and waits for the end of its job.
async fn imported(caller: &Caller, query: &str, body: impl Into<Vec<u8>>) -> Value {
    let job = sent(caller, query, body).await.expect(202);
    assert_eq!(job.header("location"), format!("/api/v1/imports/{}", job.id()));
    ended(caller, job.id()).await
}

/// Sends a file of which everything is to be taken.
pub async fn taken(caller: &Caller, body: impl Into<Vec<u8>>) -> Value {
    let job = imported(caller, "", body).await;
    holds(&job, json!({ "state": "finished", "rejected": 0 }));
    job
}

/// The job at its end.
pub async fn ended(caller: &Caller, id: Uuid) -> Value {
    until_job(caller, id, "has ended", |job| ["finished", "failed", "cancelled"].iter().any(|it| job["state"] == *it))
        .await
}

/// The job as soon as something holds of it. A slow machine is given its time as long as the job
/// says that it lives.
async fn until_job(caller: &Caller, id: Uuid, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let (mut version, mut changed) = (0, std::time::Instant::now());
    loop {
        let job = job(caller, id).await;
        if holds(&job) {
            accounted(&job);
            return job;
        }
        if job["version"].as_i64() != Some(version) {
            (version, changed) = (job["version"].as_i64().unwrap(), std::time::Instant::now());
        }
        assert!(changed.elapsed() < Duration::from_mins(2), "the job stands still before it {what}: {job:#}");
        support::pause(changed).await;
    }
}

async fn job(caller: &Caller, id: Uuid) -> Value {
    caller.get(&format!("/imports/{id}")).await.expect(200).json()
}

/// Every row read has one outcome.
#[track_caller]
fn accounted(job: &Value) {
    let count = |name: &str| job[name].as_i64().unwrap();
    let outcomes = ["created", "updated", "unchanged", "rejected", "out_of_area", "out_of_scope"].map(count);
    assert_eq!(count("read"), outcomes.iter().sum::<i64>(), "{job:#}");
}

/// The fields that are named have these values.
#[track_caller]
fn holds(item: &Value, expected: Value) {
    let expected = expected.as_object().unwrap();
    let found: serde_json::Map<_, _> = expected.keys().map(|name| (name.clone(), item[name].clone())).collect();
    assert_eq!(&found, expected, "{item:#}");
}

fn id(item: &Value) -> Uuid {
    item["id"].as_str().unwrap().parse().unwrap()
}

/// All rows of a job, or the rows that a filter leaves.
async fn rows_of(caller: &Caller, job: &Value, filter: &str) -> Vec<Value> {
    let joint = if filter.is_empty() { "" } else { "?" };
    caller.all(&format!("/imports/{}/rows{joint}{filter}", job["id"].as_str().unwrap())).await
}

/// The one row of a school.
async fn row_of(caller: &Caller, job: &Value, urn: u32) -> Value {
    let mut rows = rows_of(caller, job, &format!("urn={urn}")).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

/// The school with a URN.
async fn known(caller: &Caller, urn: u32) -> Option<Value> {
    let page = caller.get(&format!("/schools?urn={urn}")).await.expect(200).json();
    page["items"].get(0).cloned()
}

async fn of_urn(caller: &Caller, urn: u32) -> Value {
    known(caller, urn).await.unwrap_or_else(|| panic!("no school {urn}"))
}

async fn patched(caller: &Caller, urn: u32, patch: Value) -> Value {
    let path = format!("/schools/{}", id(&of_urn(caller, urn).await));
    let etag = caller.get(&path).await.expect(200).etag();
    caller.patch(&path, &patch, &etag).await.expect(200).json()
}

/// How many schools the hub has.
async fn schools(caller: &Caller) -> i64 {
    caller.get("/schools?total=true&limit=1").await.expect(200).json()["total"].as_i64().unwrap()
}

/// The feed from its beginning, whose numbers are dense.
pub async fn feed(caller: &Caller) -> Vec<Value> {
    let mut items: Vec<Value> = Vec::new();
    loop {
        let after = items.len();
        let part = caller.get(&format!("/changes?after={after}&limit=200")).await.expect(200).json();
        let some = part["items"].as_array().unwrap();
        if some.is_empty() {
            return items;
        }
        for (change, number) in some.iter().zip(after + 1..) {
            assert_eq!(change["number"], number, "a gap in the log");
        }
        items.extend(some.iter().cloned());
    }
}
