//! The plan as a workbook, in the columns of the document, with the figures of targets as numbers.

use actix_web::http::StatusCode;
use entity::instant::Instant;
use serde_json::{Value, json};

use super::csv::{Record, all, columns};
use super::view::PlanDocument;
use super::words;
use crate::kernel::base::problem::Result;
use crate::kernel::base::reply::Reply;
use crate::kernel::operations::export::{Column, Table};

/// How wide the document's own columns are, in characters.
const WIDTHS: [u32; 9] = [28, 34, 34, 14, 44, 20, 14, 28, 44];

/// The columns after the document's own, which schools do not see but for the first.
const STANDING: [(&str, u32); 10] = [
    ("Kind", 10),
    ("Status", 12),
    ("Target", 10),
    ("Unit", 10),
    ("Reached", 10),
    ("Numerator", 12),
    ("Denominator", 12),
    ("Scope", 24),
    ("On", 12),
    ("Opinion", 10),
];

/// The plan as a workbook of one sheet. It bears the beginning of 1970 as its time, so that the same plan gives the
/// same bytes.
///
/// # Errors
/// 400 for a text that no cell holds; 503 when the workbook cannot be written, 507 when the disk is full.
pub async fn sheet(document: &PlanDocument) -> Result<Reply> {
    let own = columns(document).into_iter().zip(WIDTHS).map(|(name, width)| Column::wrapped(&name, width));
    let shown = if document.for_schools { 1 } else { STANDING.len() };
    let standing = STANDING[..shown].iter().map(|(name, width)| match *name {
        "On" => Column::of(name, &json!({ "format": "date" })),
        name => Column::of(name, &json!({ "maxLength": width })),
    });
    let rows = all(document).map(|record| row(document, &record, shown)).collect();
    let table = Table { name: "plan".to_owned(), columns: own.chain(standing).collect(), rows };
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let bytes = table.sheet(Instant::from_micros(0)).await?;
    Ok(Reply { body: Some((kind, bytes)), ..Reply::empty(StatusCode::OK) })
}

fn row(document: &PlanDocument, record: &Record<'_>, shown: usize) -> Vec<Value> {
    let cell = |text: String| if text.is_empty() { Value::Null } else { text.into() };
    let item = record.about;
    let aim = item.and_then(|item| item.aim.as_ref());
    let reached = item.and_then(|item| item.reached.as_ref());
    let standing = [
        json!(record.kind()),
        json!(item.and_then(|item| item.status).map(crate::plans::progress::status::Status::words)),
        json!(aim.map(|aim| aim.value)),
        json!(aim.and_then(|aim| aim.unit)),
        json!(reached.map(|reached| reached.value)),
        json!(reached.and_then(|reached| reached.numerator)),
        json!(reached.and_then(|reached| reached.denominator)),
        json!(reached.and_then(|reached| reached.scope.as_deref())),
        json!(reached.and_then(|reached| reached.on).map(|day| day.to_string())),
        json!(item.and_then(|item| item.opinion).map(words::opinion)),
    ];
    record.columns(document).into_iter().map(cell).chain(standing.into_iter().take(shown)).collect()
}
