//! The rows of an evaluation.

use std::collections::HashMap;

use entity::frameworks::{criterion, evaluation, evaluation_response as response};
use entity::list::List;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::response::EvaluationResponse;
use crate::frameworks::tree::Rows;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// Makes the responses of a new evaluation, one to each criterion in the order of the framework.
///
/// # Errors
/// When the database is away.
pub async fn begin(write: &mut Write, evaluation: &evaluation::Model) -> Result<()> {
    let rows = Rows::load(write.caller(), write.tx(), evaluation.framework_id).await?;
    let places: HashMap<Uuid, i32> = rows.sections.iter().map(|section| (section.id, section.position)).collect();
    let mut criteria = rows.criteria;
    criteria.sort_by_key(|criterion| (places.get(&criterion.section_id).copied(), criterion.position));
    let mut responses = Vec::with_capacity(criteria.len());
    for (position, criterion) in (1..).zip(&criteria) {
        let meta = if position == 1 { write.meta_of::<response::Entity>() } else { write.meta() };
        responses.push(response::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: None,
            evaluation_id: evaluation.id,
            criterion_id: criterion.id,
            position,
            levels: i32::try_from(criterion.levels.len()).map_err(Problem::internal)?,
            level: None,
            not_applicable: false,
            reason: None,
            evidence: None,
            evidence_links: List::default(),
            next_step: None,
            agreed_level: None,
            answered_at: None,
            answered_by_id: None,
        });
    }
    write.create_many::<EvaluationResponse>(responses).await
}

/// An evaluation as the caller sees it.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn evaluation(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<evaluation::Model> {
    let row = caller.rows::<evaluation::Entity>().filter(evaluation::Column::Id.eq(id));
    row.one(db).await?.ok_or_else(Problem::not_found)
}

/// The responses of an evaluation in order, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn responses(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<Vec<response::Model>> {
    let rows = caller.rows::<response::Entity>().filter(response::Column::EvaluationId.eq(id));
    Ok(rows.order_by_asc(response::Column::Position).all(db).await?)
}

/// The statements of a framework's criteria.
///
/// # Errors
/// When the database is away.
pub async fn statements(caller: &Caller, db: &impl ConnectionTrait, framework: Uuid) -> Result<HashMap<Uuid, String>> {
    let rows = caller.rows::<criterion::Entity>().filter(criterion::Column::FrameworkId.eq(framework));
    let rows = rows.select_only().columns([criterion::Column::Id, criterion::Column::Statement]);
    Ok(rows.into_tuple::<(Uuid, String)>().all(db).await?.into_iter().collect())
}

/// The level of a response that counts, as [`super::rules::counted`], in a statement that reads responses.
#[must_use]
pub fn counted() -> Expr {
    let of = |column| Expr::col((response::Entity, column));
    of(response::Column::AgreedLevel).if_null(of(response::Column::Level))
}
