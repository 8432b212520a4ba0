//! What an evaluation lacks before it can be submitted, criterion by criterion.

use entity::frameworks::evaluation_response as response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{rules, store};
use crate::kernel::prelude::*;

/// How far an evaluation is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Completeness {
    /// True if nothing is missing: the evaluation can be submitted.
    #[schema(example = false)]
    pub complete: bool,
    /// How many criteria the framework has.
    #[schema(minimum = 0, example = 19)]
    pub criteria: usize,
    /// How many of them lack nothing.
    #[schema(minimum = 0, example = 18)]
    pub answered: usize,
    /// What is missing, in the order of the framework.
    #[schema(max_items = 900)]
    pub missing: Vec<MissingAnswer>,
}

/// A response that lacks something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MissingAnswer {
    /// The response, to be changed by `PATCH /evaluation-responses/{id}`.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub response_id: Uuid,
    /// The criterion.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub criterion_id: Uuid,
    /// Its place in the evaluation, from 1.
    #[schema(minimum = 1, example = 4)]
    pub position: i32,
    /// What is judged.
    #[schema(max_length = 500, example = "Every pupil sings every week")]
    pub statement: String,
    /// The field that is missing.
    #[schema(max_length = 20, example = "level")]
    pub field: &'static str,
    /// What to do about it.
    #[schema(max_length = 200, example = "choose a level, or say that the criterion does not apply and why")]
    pub message: &'static str,
}

/// Finds what the responses of an evaluation lack.
///
/// # Errors
/// When the database is away.
pub async fn missing(
    caller: &Caller,
    db: &impl ConnectionTrait,
    framework: Uuid,
    responses: &[response::Model],
) -> Result<Vec<MissingAnswer>> {
    let statements = store::statements(caller, db, framework).await?;
    let lacking = responses.iter().filter_map(|row| Some((row, rules::lack(row)?)));
    let told = lacking.map(|(row, (field, message))| MissingAnswer {
        response_id: row.id,
        criterion_id: row.criterion_id,
        position: row.position,
        statement: statements.get(&row.criterion_id).cloned().unwrap_or_default(),
        field,
        message,
    });
    Ok(told.collect())
}

routes! { ReadFrameworks: get_evaluation_completeness }

/// Says what is missing before an evaluation can be submitted, criterion by criterion.
#[utoipa::path(get, path = "/evaluations/{id}/completeness", responses((status = 200, body = Completeness)))]
async fn get_evaluation_completeness(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let evaluation = store::evaluation(&can, &db, id.0).await?;
    let responses = store::responses(&can, &db, id.0).await?;
    let missing = missing(&can, &db, evaluation.framework_id, &responses).await?;
    let (criteria, answered) = (responses.len(), responses.len() - missing.len());
    Reply::ok(&Completeness { complete: missing.is_empty(), criteria, answered, missing })
}
