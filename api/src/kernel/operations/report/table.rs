//! A report as a table: its columns follow from what the document says about a line.

use std::io::Read;

use actix_web::rt;
use entity::instant::Instant;
use serde_json::{Map, Value};

use crate::kernel::base::csv;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::Document;
use crate::kernel::operations::export::column::{Column, harmless};
use crate::kernel::operations::export::sheet;

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

/// The cells of all lines, each after the day and the period.
fn records<'v>(columns: &'v [Place], report: &'v Value) -> impl Iterator<Item = Vec<Value>> + 'v {
    let head = HEAD.map(|(_, pointer)| report.pointer(pointer).cloned().unwrap_or_default());
    let lines = report["lines"].as_array().into_iter().flatten();
    lines.map(move |line| {
        let own = columns.iter().map(|place| line.pointer(&place.pointer).cloned().unwrap_or_default());
        head.iter().cloned().chain(own).collect()
    })
}

/// The report as CSV.
///
/// # Errors
/// 500, which only a fault of the writer's can bring about.
pub fn csv(columns: &[Place], report: &Value) -> Result<Vec<u8>> {
    let mut writer = csv::writer(csv::BYTE_ORDER_MARK.as_bytes().to_vec());
    let names = columns.iter().map(|place| place.column.name.as_str());
    writer.write_record(HEAD.map(|(name, _)| name).into_iter().chain(names)).map_err(Problem::internal)?;
    for record in records(columns, report) {
        writer.write_record(record.iter().map(harmless)).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(Problem::internal)
}

/// The report as a workbook. It bears the beginning of 1970 as its time, so that the same figures give the same bytes.
///
/// # Errors
/// 400 for a text that no cell holds; 503 when the workbook cannot be written, 507 when the disk is full.
pub async fn sheet(columns: Vec<Place>, report: &Value) -> Result<Vec<u8>> {
    let name = report["name"].as_str().unwrap_or_default().to_owned();
    let rows: Vec<_> = records(&columns, report).collect();
    let day = Value::Object(Map::from_iter([("format".to_owned(), "date".into())]));
    let head = HEAD.map(|(name, _)| Column::of(name, &day));
    let all = head.into_iter().chain(columns.into_iter().map(|place| place.column)).collect();
    let written = sheet::write(name, all, Instant::from_micros(0), async |sheet| {
        for row in rows {
            sheet.add(row).await?;
        }
        Ok(())
    });
    let mut file = written.await?;
    let bytes = rt::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map(|_| bytes)
    });
    Ok(bytes.await.map_err(Problem::internal)??)
}
