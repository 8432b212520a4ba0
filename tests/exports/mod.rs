//! Lists as files: read back by other programs' readers, and held against the list itself.

mod clients;

use std::io::Cursor;
use std::time::Duration;

use api::kernel::base::fold::search_key;
use calamine::{Data, DataType, Reader, Xlsx};
use entity::external::ExternalId;
use entity::identity::grant::Role;
use entity::schools::school::{self, SchoolPhase};
use reqwest::Method;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use crate::support::document::document;
use crate::support::{self, App, Caller, Reply, rows};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Names that a careless writer spoils.
const NAMES: [&str; 12] = [
    "=1+1",
    "+44 1509",
    "-2",
    "@SUM(A1)",
    "\tTab",
    "Smith, Jo",
    "The \"Old\" School",
    "Two\nlines",
    "Zoë’s 学校 🎻",
    " around ",
    "<b> & </b>",
    "'quoted",
];

/// Schools of many kinds, with equal keys and none in what they are sorted by.
fn schools(app: &App) -> Vec<school::Model> {
    let now = app.clock.now();
    let some = |n: usize, every: usize| !n.is_multiple_of(every);
    (0..450)
        .map(|n| {
            let odd = NAMES.get(n);
            let number = i32::try_from(n).unwrap();
            let name = odd.map_or_else(|| format!("School {:03}", n % 300), |name| (*name).to_owned());
            let mut row = rows::school(app.hub, &name, now);
            row.name_key = search_key(&name);
            row.urn = some(n, 3).then_some(100_000 + number);
            row.pupils = some(n, 4).then_some(number % 50);
            row.fsm_percentage = some(n, 5).then_some(f64::from(number) / 8.0);
            row.la_code = some(n, 7).then(|| format!("0{}", n % 9 + 10));
            row.opened_on = some(n, 6).then(|| date!(1890 - 06 - 01) + time::Duration::days(i64::from(number) * 90));
            row.phase = if some(n, 2) { SchoolPhase::Primary } else { SchoolPhase::Secondary };
            row.special = !some(n, 11);
            row.note = odd.map(|name| format!("{name}\r\n{name}"));
            row.archived_at = (n > 440).then_some(now);
            row.updated_at = now + Duration::from_micros(n as u64);
            let key = |system: &str| ExternalId { system: system.to_owned(), id: format!("SCH-{n}") };
            row.external_ids = ["paritor", "other"].into_iter().take(n % 3).map(key).collect();
            row
        })
        .collect()
}

async fn filled() -> (App, Caller) {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    app.insert::<school::Entity>(app.hub, schools(&app)).await;
    (app, caller)
}

/// The headings: what an item has when nothing is embedded.
fn fields() -> Vec<String> {
    let fields = document().json()["components"]["schemas"]["School"]["properties"].as_object().unwrap();
    let embedded = ["area", "rating", "lead", "last_visit"];
    fields.keys().filter(|field| !embedded.contains(&field.as_str())).cloned().collect()
}

async fn export(caller: &Caller, query: &str, format: &str) -> Reply {
    caller.get(&format!("/schools/export?{query}&format={format}")).await.expect(200)
}

fn lines(reply: &Reply) -> Vec<Value> {
    let text = reply.text();
    assert!(text.is_empty() || text.ends_with('\n'), "a line that is not ended");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The headings and the records.
fn table(reply: &Reply) -> (Vec<String>, Vec<Vec<String>>) {
    let text = reply.text();
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\r\n"), "a line that is not ended");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let strings = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let headings = strings(reader.headers().unwrap());
    (headings, reader.records().map(|record| strings(&record.unwrap())).collect())
}

fn sheet(reply: &Reply) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(reply.body.clone())).unwrap();
    assert_eq!(book.sheet_names(), ["schools"]);
    let formulas = book.worksheet_formula("schools").unwrap();
    assert!(formulas.is_empty(), "{formulas:?}");
    book.worksheet_range("schools").unwrap().rows().map(<[Data]>::to_vec).collect()
}

/// What people read in a cell.
fn told(field: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(keys) if field == "external_ids" => {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let keys = keys.iter().map(|key| format!("{}={}", text(&key["system"]), text(&key["id"])));
            keys.collect::<Vec<_>>().join("; ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        other => panic!("{field} is {other}"),
    }
}

/// The cell of CSV.
fn harmless(field: &str, value: &Value) -> String {
    let text = told(field, value);
    if value.is_string() && text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

/// The cell of a sheet.
fn typed(field: &str, value: &Value) -> Data {
    match value {
        Value::Number(number) => Data::Float(number.as_f64().unwrap()),
        Value::Bool(flag) => Data::Bool(*flag),
        value => match told(field, value) {
            text if text.is_empty() => Data::Empty,
            text => Data::String(text),
        },
    }
}

/// A sheet's cell with its day, where it is one, in words.
fn in_words(cell: &Data) -> Data {
    let Data::DateTime(moment) = cell else { return cell.clone() };
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    assert_eq!((hour, minute, second, milli), (0, 0, 0, 0), "a day has no hours");
    Data::String(format!("{year}-{month:02}-{day:02}"))
}

#[actix_web::test]
async fn every_form_holds_what_the_list_holds_in_its_order() {
    let (app, caller) = filled().await;
    let since = schools(&app)[300].updated_at;
    let since = json!(since).as_str().unwrap().to_owned();
    for (query, count) in [
        (String::new(), 441),
        ("sort=-pupils&phase=primary".to_owned(), 220),
        ("sort=opened_on&special=true".to_owned(), 41),
        ("sort=-urn&la_code=010&la_code=011&pupils_from=10".to_owned(), 51),
        ("archived=true".to_owned(), 9),
        (format!("updated_after={since}&sort=-updated_at"), 140),
        ("q=school&in_scope=false".to_owned(), 0),
    ] {
        let list = caller.all(&format!("/schools?{query}")).await;
        assert_eq!(list.len(), count, "{query}");
        assert_eq!(lines(&export(&caller, &query, "ndjson").await), list, "{query}");

        let (headings, records) = table(&export(&caller, &query, "csv").await);
        assert_eq!(headings, fields(), "{query}");
        let row = |item: &Value| fields().iter().map(|field| harmless(field, &item[field])).collect::<Vec<_>>();
        assert_eq!(records, list.iter().map(row).collect::<Vec<_>>(), "{query}");

        let mut cells = sheet(&export(&caller, &query, "xlsx").await);
        let headings = cells.remove(0);
        assert_eq!(headings, fields().into_iter().map(Data::String).collect::<Vec<_>>(), "{query}");
        assert_eq!(cells.len(), list.len(), "{query}");
        for (cells, item) in cells.iter().zip(&list) {
            for ((cell, field), at) in cells.iter().zip(fields()).zip(0..) {
                assert_eq!(in_words(cell), typed(&field, &item[&field]), "{field} in column {at} of {item}");
            }
            // Before March 1900 programs count days differently.
            let opened = item["opened_on"].as_str();
            let day = opened.is_some_and(|opened| opened >= "1900-03");
            let at = fields().iter().position(|field| field == "opened_on").unwrap();
            assert_eq!(cells[at].is_datetime(), day, "{opened:?} as {:?}", cells[at]);
        }
    }
}

#[actix_web::test]
async fn texts_that_look_like_formulas_are_made_harmless_and_nothing_else_is_touched() {
    let (_app, caller) = filled().await;
    let (headings, records) = table(&export(&caller, "sort=created_at", "csv").await);
    let at = headings.iter().position(|heading| heading == "name").unwrap();
    let mut names: Vec<_> = records.iter().map(|record| record[at].as_str()).collect();
    names.retain(|name| !name.starts_with("School"));
    names.sort_unstable();
    let mut expected = vec!["'=1+1", "'+44 1509", "'-2", "'@SUM(A1)", "'\tTab"];
    expected.extend(&NAMES[5..]);
    expected.sort_unstable();
    assert_eq!(names, expected);
    let cells = sheet(&export(&caller, "q=1%2B1", "xlsx").await);
    assert!(cells[1].contains(&Data::String("=1+1".to_owned())), "{cells:?}");
}

#[actix_web::test]
async fn a_file_says_what_it_is() {
    let (_app, caller) = filled().await;
    for (format, kind) in [("csv", "text/csv; charset=utf-8"), ("xlsx", XLSX), ("ndjson", "application/x-ndjson")] {
        let reply = export(&caller, "", format).await;
        assert_eq!(reply.header("content-type"), kind);
        let named = format!("attachment; filename=\"schools-2014-09-01.{format}\"");
        assert_eq!(reply.header("content-disposition"), named);
        assert_eq!(reply.header("cache-control"), "no-store");
        let kind = kind.split(';').next().unwrap();
        let accepted = caller.get("/schools/export").header("accept", kind).await.expect(200);
        assert_eq!(accepted.header("content-disposition"), named, "by what is accepted");
        let packed = caller.get(&format!("/schools/export?format={format}")).header("accept-encoding", "gzip").await;
        assert_eq!(packed.maybe("content-encoding"), (format != "xlsx").then_some("gzip"), "{format}");
    }
    let plain = caller.get("/schools/export").await.expect(200);
    assert_eq!(plain.header("content-type"), "text/csv; charset=utf-8");
    caller.get("/schools/export").header("accept", "application/json").await.problem(406, "not-acceptable");
    caller.get("/schools/export?format=csv").header("accept", "application/json").await.expect(200);
}

#[actix_web::test]
async fn an_empty_list_has_its_headings() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    assert_eq!(table(&export(&caller, "", "csv").await), (fields(), Vec::new()));
    let headings = fields().into_iter().map(Data::String).collect::<Vec<_>>();
    assert_eq!(sheet(&export(&caller, "", "xlsx").await), [headings]);
    assert_eq!(export(&caller, "", "ndjson").await.text(), "");
}

#[actix_web::test]
async fn an_export_has_the_rows_that_its_caller_sees() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let own = app.school(&caller, "Ash", json!({})).await.id();
    app.school(&caller, "Beech", json!({})).await;
    let foreign = app.another_hub("luton").await;
    let elsewhere = app.as_role_in(foreign, Role::Administrator, |_| {}).await;
    app.school(&elsewhere, "Cedar", json!({})).await;
    let names = async |caller: &Caller| -> Vec<String> {
        let items = lines(&export(caller, "", "ndjson").await);
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&caller).await, ["Ash", "Beech"]);
    assert_eq!(names(&elsewhere).await, ["Cedar"]);
    let staff = app.at_school(Role::SchoolStaff, own).await;
    assert_eq!(names(&staff).await, ["Ash"]);
    assert_eq!(table(&export(&staff, "", "csv").await).1.len(), 1);
    assert_eq!(sheet(&export(&staff, "", "xlsx").await).len(), 2);
    app.as_client("partners:read").await.get("/schools/export").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn an_export_takes_the_parameters_of_the_list_but_no_pages() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (query, pointer, told) in [
        ("limit=5", "?limit", "unknown parameter"),
        ("cursor=a", "?cursor", "unknown parameter"),
        ("total=true", "?total", "unknown parameter"),
        ("expand=area", "?expand", "unknown parameter"),
        ("phse=primary", "?phse", "`phase`"),
        ("phase=primry", "?phase", "`primary`"),
        ("sort=-pupil", "?sort", "`-pupils`"),
        ("format=xls", "?format", "`xlsx`"),
        ("format=csv&format=csv", "?format", "one value"),
        ("archived=yes", "?archived", "true"),
    ] {
        let reply = caller.get(&format!("/schools/export?{query}")).await;
        let fault = reply.problem(400, "bad-parameter")["errors"][0].clone();
        assert_eq!(fault["pointer"], pointer, "{query}: {fault}");
        assert!(fault["message"].as_str().unwrap().contains(told), "{query}: {fault}");
    }
}

#[actix_web::test]
async fn the_address_of_an_export_is_no_school() {
    let app = support::app().await;
    let caller = app.as_anything().await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let reply = caller.ask(method, "/schools/export").json(&json!({})).await;
        reply.problem(405, "method-not-allowed");
        assert_eq!(reply.header("allow"), "GET, HEAD, OPTIONS");
    }
}

#[actix_web::test]
async fn a_partners_system_exports_by_the_scope_it_was_given() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school: Uuid =
        app.school(&caller, "Ash", json!({ "external_ids": [{ "system": "paritor", "id": "7" }] })).await.id();
    let client = app.as_client("schools:read").await;
    let items = lines(&export(&client, "", "ndjson").await);
    assert_eq!(items, [client.get(&format!("/schools/{school}")).await.expect(200).json()]);
}
