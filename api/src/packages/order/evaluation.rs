//! What a school says about an order afterwards.

use entity::packages::package_order::{self, OrderStatus};
use utoipa::ToSchema;

use super::Order;
use super::transition::EVALUATE;
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Sought;

/// What a school says about what was delivered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateOrder {
    /// From 1, poor, to 5, excellent.
    #[schema(minimum = 1, maximum = 5, example = 4)]
    pub score: i32,
    /// What was good, and what was not. No names of pupils; safeguarding concerns go to the school's designated lead,
    /// not here.
    #[schema(min_length = 1, max_length = 4000, example = "Practical and well prepared; a third visit would help")]
    pub comment: Option<String>,
}

routes! { WritePackages: evaluate_order }

/// Evaluates an order, as the school, once it is delivered.
///
/// A later evaluation replaces the earlier one. Only the school evaluates its order (403). 409 while the order is not
/// delivered.
#[utoipa::path(post, path = "/orders/{id}/evaluate", responses((status = 200, body = Order)))]
async fn evaluate_order(can: Can<WritePackages>, id: Id, body: Json<EvaluateOrder>) -> Result<Reply> {
    let EvaluateOrder { score, comment } = body.into_inner();
    crud::changing::<Order>(&can, async |write| {
        let before = write.row_to_change::<Order>(id.0, Sought::Current).await?;
        if !can.reach(can.scope()).has(Reach::OWN) {
            let detail = "cannot evaluate an order in place of the school: ask somebody at the school to evaluate it";
            return Err(Problem::forbidden(detail));
        }
        if !matches!(before.status, OrderStatus::Delivered | OrderStatus::HandedOver) {
            let detail = format!("cannot evaluate an order that is {}: it must be delivered first", before.status);
            return Err(Problem::conflict(detail));
        }
        let after = package_order::Model {
            evaluation_score: Some(score),
            evaluation_comment: comment.clone(),
            evaluated_on: Some(can.today()),
            ..before.clone()
        };
        write.store::<Order>(Some(before), after, Operation::Verb(EVALUATE)).await
    })
    .await
}
