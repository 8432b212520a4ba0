//! Where judges see a school differently from the school itself.

use entity::frameworks::evaluation_judgement as judgement;
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use utoipa::ToSchema;

use super::store;
use crate::kernel::prelude::*;

/// The levels of an evaluation side by side.
#[derive(Debug, Serialize, ToSchema)]
pub struct Differences {
    /// How many criteria somebody judges differently from the school.
    #[schema(minimum = 0, example = 2)]
    pub differing: usize,
    /// Each criterion, in the order of the framework.
    #[schema(max_items = 900)]
    pub items: Vec<Difference>,
}

/// The levels of one criterion.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LevelDifference)]
pub struct Difference {
    /// The criterion.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub criterion_id: Uuid,
    /// What is judged.
    #[schema(max_length = 500, example = "Every pupil sings every week")]
    pub statement: String,
    /// The level that the school gives itself; absent where it says that the criterion does not apply.
    #[schema(minimum = 1, maximum = 6, example = 3)]
    pub level: Option<i32>,
    /// The level that counts once the evaluation is agreed.
    #[schema(minimum = 1, maximum = 6, example = json!(null))]
    pub agreed_level: Option<i32>,
    /// True if somebody gives another level than the school in the last round.
    #[schema(example = true)]
    pub differs: bool,
    /// The levels that the caller sees of judges, by round.
    #[schema(max_items = 200)]
    pub judgements: Vec<GivenLevel>,
}

/// A level that somebody else gives.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenLevel {
    /// The person who judges.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub judge_id: Uuid,
    /// Which submission was judged.
    #[schema(minimum = 1, example = 1)]
    pub round: i32,
    /// The level.
    #[schema(minimum = 1, maximum = 6, example = 2)]
    pub level: i32,
    /// The comment.
    #[schema(max_length = 2000, example = "The choir meets in one term only")]
    pub comment: Option<String>,
}

routes! { ReadFrameworks: get_evaluation_differences }

/// Shows the levels of a school and of its judges side by side, criterion by criterion.
///
/// A school sees the levels of others once the evaluation is agreed or returned. Somebody who judges sees the own
/// levels alone.
#[utoipa::path(get, path = "/evaluations/{id}/differences", responses((status = 200, body = Differences)))]
async fn get_evaluation_differences(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let evaluation = store::evaluation(&can, &db, id.0).await?;
    let statements = store::statements(&can, &db, evaluation.framework_id).await?;
    let given = can.rows::<judgement::Entity>().filter(judgement::Column::EvaluationId.eq(id.0));
    let given = given.order_by_asc(judgement::Column::Round).order_by_asc(judgement::Column::Id).all(&db).await?;
    let items = store::responses(&can, &db, id.0).await?.into_iter().map(|row| {
        let given: Vec<_> = given.iter().filter(|it| it.criterion_id == row.criterion_id).collect();
        let mut last = given.iter().filter(|it| it.round == evaluation.round);
        Difference {
            criterion_id: row.criterion_id,
            statement: statements.get(&row.criterion_id).cloned().unwrap_or_default(),
            level: row.level,
            agreed_level: row.agreed_level,
            differs: last.any(|it| Some(it.level) != row.level),
            judgements: given
                .into_iter()
                .map(|it| GivenLevel {
                    judge_id: it.judge_id,
                    round: it.round,
                    level: it.level,
                    comment: it.comment.clone(),
                })
                .collect(),
        }
    });
    let items: Vec<_> = items.collect();
    Reply::ok(&Differences { differing: items.iter().filter(|it| it.differs).count(), items })
}
