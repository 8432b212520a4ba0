//! Every report has the same figures as data, as CSV and as a workbook.

use std::collections::BTreeSet;

use super::*;
use crate::support::document::{Operation, operations, resolved};

const DAY: &str = "as_at=2015-03-31";
const YEAR: &str = "from_on=2014-04-01&to_on=2015-03-31&as_at=2015-03-31";

/// By which parameters the demo has lines of each report.
const ASKED: &[(&str, &[&str])] = &[
    ("award-applications", &[YEAR]),
    ("between-hubs", &[DAY]),
    ("capacity", &[DAY]),
    ("capacity-used", &[DAY]),
    ("consultations", &[YEAR]),
    ("evaluation-completeness", &[DAY]),
    ("evaluation-profile", &[DAY, "by=area"]),
    ("exam-trends", &["as_at=2026-01-12", "by=la"]),
    ("hub-return", &[DAY, COLLECTION]),
    ("income", &[YEAR, "by=term"]),
    ("participation", &[DAY]),
    ("plan-progress", &[DAY]),
    ("practice", &[YEAR]),
    ("purchases", &[YEAR]),
    ("qualified-people", &[DAY]),
    ("rating-moves", &[DAY]),
    ("rating-movement", &[DAY]),
    ("rating-spread", &[DAY]),
    ("reach", &[YEAR]),
    ("returns-outstanding", &[DAY, COLLECTION]),
    ("specialist-load", &[YEAR]),
    ("training", &[YEAR]),
    ("unreached-schools", &["from_on=2014-04-01&to_on=2015-03-31&as_at=2014-09-30"]),
    ("visit-coverage", &[YEAR, "by=area"]),
    ("visit-due", &[YEAR]),
];

/// Stands for the demo's open collection.
const COLLECTION: &str = "collection_id=";

/// The columns before the fields of a line, each with its place in the report.
const HEAD: [(&str, &str); 3] = [("as_at", "/as_at"), ("from_on", "/period/from_on"), ("to_on", "/period/to_on")];

/// The reports of the document that are made as files, by their names.
fn reports() -> Vec<(&'static str, &'static Operation)> {
    let named = |operation: &'static Operation| {
        let name = operation.path.strip_prefix("/api/v1/reports/")?;
        let forms = operation.reply("200")["content"].as_object()?;
        (forms.contains_key("text/csv") && forms.contains_key(XLSX)).then_some((name, operation))
    };
    operations().iter().filter_map(named).collect()
}

/// The headings of a line with the places of their values. A part of a line has a column for each of its fields.
fn columns(schema: &Value, heading: &str, pointer: &str) -> Vec<(String, String)> {
    let fields = resolved(schema)["properties"].as_object().unwrap().iter();
    let of_field = |(field, schema): (&String, &Value)| {
        let heading = if heading.is_empty() { field.clone() } else { format!("{heading}_{field}") };
        let pointer = format!("{pointer}/{field}");
        // A part that may be null is one of two.
        let options = schema["oneOf"].as_array().into_iter().flatten();
        let part = std::iter::once(schema).chain(options).find(|one| resolved(one).get("properties").is_some());
        match part {
            Some(part) => columns(part, &heading, &pointer),
            None => vec![(heading, pointer)],
        }
    };
    fields.flat_map(of_field).collect()
}

/// A value as people read it in a cell.
fn told(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(told).collect::<Vec<_>>().join("; "),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Object(_) => panic!("a part of a line has columns of its own: {value}"),
    }
}

/// The cell of CSV, in which no text is a formula.
fn in_csv(value: &Value) -> String {
    let text = told(value);
    let formula = (value.is_string() || value.is_array()) && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text }
}

/// The cell of a workbook, with a day in words.
fn in_sheet(value: &Value) -> Data {
    match value {
        Value::Number(number) => Data::Float(number.as_f64().unwrap()),
        Value::Bool(flag) => Data::Bool(*flag),
        _ => match told(value) {
            text if text.is_empty() => Data::Empty,
            text => Data::String(text),
        },
    }
}

fn in_words(cell: &Data) -> Data {
    let Data::DateTime(moment) = cell else { return cell.clone() };
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    Data::String(format!("{year}-{month:02}-{day:02}"))
}

/// The rows of a workbook, headings first.
fn rows(name: &str, reply: &Reply) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(reply.body.clone())).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(|row| row.iter().map(in_words).collect()).collect()
}

#[actix_web::test]
async fn every_figure_of_every_report_stands_in_its_cell_of_each_file() {
    let reports = reports();
    let documented: BTreeSet<_> = reports.iter().map(|(name, _)| *name).collect();
    let asked: BTreeSet<_> = ASKED.iter().map(|(name, _)| *name).collect();
    assert_eq!(documented, asked, "left: the reports of the document; right: the reports that are asked for here");
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let collection = head.get("/collections?status=open").await.expect(200).ids()[0];
    for (name, operation) in reports {
        let (_, query) = ASKED.iter().find(|(asked, _)| *asked == name).unwrap();
        let query = query.join("&").replace(COLLECTION, &format!("{COLLECTION}{collection}"));
        let path = format!("/reports/{name}?{query}");
        let report = head.get(&path).await.expect(200).json();
        let schema = resolved(&operation.reply("200")["content"]["application/json"]["schema"]);
        let columns = columns(&schema["properties"]["lines"]["items"], "", "");
        let headings: Vec<_> =
            HEAD.iter().map(|(heading, _)| *heading).chain(columns.iter().map(|(heading, _)| &**heading)).collect();
        let cells = |line: &Value| {
            let days = HEAD.iter().map(|(_, pointer)| report.pointer(pointer));
            let fields = columns.iter().map(|(_, pointer)| line.pointer(pointer));
            days.chain(fields).map(|value| value.cloned().unwrap_or_default()).collect::<Vec<_>>()
        };
        let lines: Vec<Vec<Value>> = report["lines"].as_array().unwrap().iter().map(cells).collect();
        assert!(!lines.is_empty(), "the demo has no line of {path}");

        let text = head.get(&format!("{path}&format=csv")).await.expect(200).text();
        let mut reader = csv::Reader::from_reader(text.strip_prefix('\u{feff}').expect("a mark").as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), headings, "{path}");
        let records = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
        let expected: Vec<Vec<_>> = lines.iter().map(|line| line.iter().map(in_csv).collect()).collect();
        assert_eq!(records.collect::<Vec<_>>(), expected, "{path}");

        let mut rows = rows(name, &head.get(&format!("{path}&format=xlsx")).await.expect(200));
        let expected: Vec<_> = headings.into_iter().map(|heading| Data::String(heading.to_owned())).collect();
        assert_eq!(rows.remove(0), expected, "{path}");
        let expected: Vec<Vec<_>> = lines.iter().map(|line| line.iter().map(in_sheet).collect()).collect();
        assert_eq!(rows, expected, "{path}");
    }
}
