//! A comparison as a table: a row for each node that differs, with both sides.

use actix_web::http::StatusCode;
use entity::instant::Instant;
use serde_json::{Value, json};

use super::{ComparedNode, ComparedSide, PlanComparison};
use crate::kernel::base::problem::Result;
use crate::kernel::base::reply::Reply;
use crate::kernel::operations::export::{Column, Table};

/// The columns of each side, with how long their texts are at most.
const SIDE: [(&str, u32); 13] = [
    ("objective", 10),
    ("strands", 20),
    ("text", 200),
    ("year", 10),
    ("baseline", 10),
    ("comparator", 12),
    ("value", 10),
    ("unit", 10),
    ("dues", 40),
    ("leads", 40),
    ("monitors", 40),
    ("amount_pence", 12),
    ("days", 10),
];

fn table(comparison: &PlanComparison) -> Table {
    let column = |name: &str, length: u32| Column::of(name, &json!({ "maxLength": length }));
    let mut columns = vec![column("kind", 10), column("change", 10), column("fields", 40)];
    for side in ["from", "to"] {
        columns.extend(SIDE.iter().map(|(name, length)| column(&format!("{side}_{name}"), *length)));
    }
    Table { name: "changes".to_owned(), columns, rows: comparison.changes.iter().map(row).collect() }
}

fn row(node: &ComparedNode) -> Vec<Value> {
    let head = [json!(node.kind), json!(node.change), json!(node.fields)];
    head.into_iter().chain(cells(node.from.as_ref())).chain(cells(node.to.as_ref())).collect()
}

fn cells(side: Option<&ComparedSide>) -> Vec<Value> {
    let Some(side) = side else { return vec![Value::Null; SIDE.len()] };
    vec![
        json!(side.objective),
        json!(side.strands),
        json!(side.text),
        json!(side.year),
        json!(side.baseline),
        json!(side.comparator),
        json!(side.value),
        json!(side.unit),
        json!(side.dues),
        json!(side.leads),
        json!(side.monitors),
        json!(side.amount_pence),
        json!(side.days),
    ]
}

fn file(kind: &'static str, bytes: Vec<u8>) -> Reply {
    Reply { body: Some((kind, bytes)), ..Reply::empty(StatusCode::OK) }
}

/// The comparison as CSV.
///
/// # Errors
/// 500, which only a fault of the writer can bring about.
pub fn csv(comparison: &PlanComparison) -> Result<Reply> {
    Ok(file("text/csv; charset=utf-8; header=present", table(comparison).csv()?))
}

/// The comparison as a workbook.
///
/// # Errors
/// 400 for a text that no cell holds; 503 when the workbook cannot be written, 507 when the disk is full.
pub async fn xlsx(comparison: &PlanComparison) -> Result<Reply> {
    let bytes = table(comparison).sheet(Instant::from_micros(0)).await?;
    Ok(file("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes))
}
