//! How an action ends, or begins again. Each step is logged with its reason.

use entity::visits::action::{self, ActionStatus};
use sea_orm::ActiveEnum;

use super::ActionItem;
use super::transition::{COMPLETE, DROP, REOPEN};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

routes! { WriteVisits: complete_action, drop_action, reopen_action }

/// Says that an action is done.
#[utoipa::path(
    post,
    path = "/actions/{id}/complete",
    request_body = Option<Reason>,
    responses((status = 200, body = ActionItem)),
)]
async fn complete_action(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<ActionItem>(&can, id.0, &COMPLETE, body.value.reason).await
}

/// Drops an action that is no longer to be done.
#[utoipa::path(post, path = "/actions/{id}/drop", responses((status = 200, body = ActionItem)))]
async fn drop_action(can: Can<WriteVisits>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<ActionItem>(&can, id.0, &DROP, Some(body.into_inner().reason)).await
}

/// Opens an action again that was done or dropped.
#[utoipa::path(
    post,
    path = "/actions/{id}/reopen",
    request_body = Option<Reason>,
    responses((status = 200, body = ActionItem)),
)]
async fn reopen_action(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<ActionItem>(&can, id.0, &REOPEN, body.value.reason).await
}

impl Lifecycle for ActionItem {
    async fn enter(write: &mut Write, row: &mut action::Model, verb: &Verb) -> Result<()> {
        row.status = ActionStatus::try_from_value(&verb.to.to_owned())?;
        row.status_reason = write.reason().map(str::to_owned);
        let today = write.caller().today();
        row.done_on = (row.status == ActionStatus::Done).then_some(today);
        row.dropped_on = (row.status == ActionStatus::Dropped).then_some(today);
        Ok(())
    }
}
