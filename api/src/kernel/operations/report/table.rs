//! A report as a table: its columns follow from what the document says about a line.

use entity::instant::Instant;
use serde_json::{Map, Value};

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::Document;
use crate::kernel::operations::export::{Column, Table};

/// What stands before the fields of a line: the day and the period.
const HEAD: [(&str, &str); 3] = [("as_at", "/as_at"), ("from_on", "/period/from_on"), ("to_on", "/period/to_on")];

/// A column with the place of its values in a line.
pub struct Place {
    column: Column,
    pointer: String,
}

/// The columns of a line. A part of a line has a column for each of its fields.
pub fn columns(caller: &Caller, line: &str) -> Vec<Place> {
    let mut found = Vec::new();
    add(&caller.state().document, line, "", "", &mut found);
    found
}

fn add(document: &Document, schema: &str, name: &str, pointer: &str, found: &mut Vec<Place>) {
    for (field, schema) in document.fields(schema) {
        let name = if name.is_empty() { field.clone() } else { format!("{name}_{field}") };
        let pointer = format!("{pointer}/{field}");
        match part(&schema).filter(|part| !document.fields(part).is_empty()) {
            Some(part) => add(document, part, &name, &pointer, found),
            None => found.push(Place { column: Column::of(&name, &schema), pointer }),
        }
    }
}

/// The schema to which a property refers, also where it may be null.
fn part(schema: &Value) -> Option<&str> {
    let options = || schema["oneOf"].as_array().into_iter().flatten().find_map(|option| option["$ref"].as_str());
    schema["$ref"].as_str().or_else(options)?.rsplit('/').next()
}

/// The whole report, with the day and the period before each line.
fn table(columns: Vec<Place>, report: &Value) -> Table {
    let head = HEAD.map(|(_, pointer)| report.pointer(pointer).cloned().unwrap_or_default());
    let lines = report["lines"].as_array().into_iter().flatten();
    let cells = |line: &Value| {
        let own = columns.iter().map(|place| line.pointer(&place.pointer).cloned().unwrap_or_default());
        head.iter().cloned().chain(own).collect()
    };
    let rows = lines.map(cells).collect();
    let day = Value::Object(Map::from_iter([("format".to_owned(), "date".into())]));
    let days = HEAD.map(|(name, _)| Column::of(name, &day));
    let columns = days.into_iter().chain(columns.into_iter().map(|place| place.column)).collect();
    Table { name: report["name"].as_str().unwrap_or_default().to_owned(), columns, rows }
}

/// The report as CSV.
///
/// # Errors
/// 500, which only a fault of the writer's can bring about.
pub fn csv(columns: Vec<Place>, report: &Value) -> Result<Vec<u8>> {
    table(columns, report).csv()
}

/// The report as a workbook. It bears the beginning of 1970 as its time, so that the same figures give the same bytes.
///
/// # Errors
/// 400 for a text that no cell holds; 503 when the workbook cannot be written, 507 when the disk is full.
pub async fn sheet(columns: Vec<Place>, report: &Value) -> Result<Vec<u8>> {
    table(columns, report).sheet(Instant::from_micros(0)).await
}
