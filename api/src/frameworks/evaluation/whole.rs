//! An evaluation with all that a screen needs to fill it in: its responses, and the framework's tree.

use std::collections::HashMap;

use entity::frameworks::evaluation;
use entity::frameworks::evaluation_response::{self, Column};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};

use super::response::EvaluationResponse;
use crate::frameworks::tree::Rows;
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;

/// In how many evaluations responses and trees are embedded at once.
const AT_ONCE: usize = 20;

/// Refuses to embed wholes in a long page.
fn expect_few(name: &str, rows: &[evaluation::Model]) -> Result<()> {
    if rows.len() <= AT_ONCE {
        return Ok(());
    }
    let message = format!("`expand={name}` is for pages of at most {AT_ONCE} evaluations: send `limit={AT_ONCE}`");
    Err(Problem::new(Code::BadParameter, message.clone()).with(Fault::new("?limit", "maximum", message)))
}

/// Loads the responses of each evaluation in their order.
///
/// # Errors
/// 400 for a page of more than 20 evaluations.
pub async fn responses(caller: &Caller, db: &impl ConnectionTrait, rows: &[evaluation::Model]) -> Result<Vec<Value>> {
    expect_few("responses", rows)?;
    let Some(under) = caller.under(EvaluationResponse::READ) else { return Ok(vec![Value::Null; rows.len()]) };
    let found = under.rows::<evaluation_response::Entity>();
    let found = found.filter(Column::EvaluationId.is_in(rows.iter().map(|row| row.id)));
    let found = found.order_by_asc(Column::Position).order_by_asc(Column::Id).select_only();
    let found: Vec<(Uuid, Uuid)> = found.columns([Column::EvaluationId, Column::Id]).into_tuple().all(db).await?;
    let mut ids: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (evaluation, id) in found {
        ids.entry(evaluation).or_default().push(id);
    }
    let of = |row: &evaluation::Model| ids.get(&row.id).map(Vec::as_slice).unwrap_or_default();
    expand::many::<EvaluationResponse>(caller, db, rows.iter().map(of).collect()).await
}

/// Loads the sections and criteria of each evaluation's framework.
///
/// # Errors
/// 400 for a page of more than 20 evaluations.
pub async fn trees(caller: &Caller, db: &impl ConnectionTrait, rows: &[evaluation::Model]) -> Result<Vec<Value>> {
    expect_few("tree", rows)?;
    let Some(under) = caller.under(Scope::ReadFrameworks) else { return Ok(vec![Value::Null; rows.len()]) };
    let mut ids: Vec<Uuid> = rows.iter().map(|row| row.framework_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut trees = HashMap::new();
    for rows in Rows::load_all(&under, db, &ids).await? {
        trees.insert(rows.framework.id, serde_json::to_value(rows.nodes()).map_err(Problem::internal)?);
    }
    Ok(rows.iter().map(|row| trees.get(&row.framework_id).cloned().unwrap_or_default()).collect())
}
