//! A meeting's way from its plan to its agreed minutes. Each step is logged with its reason.

use entity::engagement::meeting::{self, MeetingStatus};
use sea_orm::ActiveEnum;

use super::Meeting;
use super::transition::{CANCEL, HOLD, MINUTE, REOPEN};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

routes! { WriteEngagement: hold_meeting, minute_meeting, reopen_meeting, cancel_meeting }

/// Says that a meeting took place.
#[utoipa::path(
    post,
    path = "/meetings/{id}/hold",
    request_body = Option<Reason>,
    responses((status = 200, body = Meeting)),
)]
async fn hold_meeting(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Meeting>(&can, id.0, &HOLD, body.value.reason).await
}

/// Says that the minutes of a meeting are agreed.
#[utoipa::path(
    post,
    path = "/meetings/{id}/minute",
    request_body = Option<Reason>,
    responses((status = 200, body = Meeting)),
)]
async fn minute_meeting(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Meeting>(&can, id.0, &MINUTE, body.value.reason).await
}

/// Opens the minutes of a meeting again.
#[utoipa::path(post, path = "/meetings/{id}/reopen", responses((status = 200, body = Meeting)))]
async fn reopen_meeting(can: Can<WriteEngagement>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Meeting>(&can, id.0, &REOPEN, Some(body.into_inner().reason)).await
}

/// Cancels a meeting that does not take place.
#[utoipa::path(post, path = "/meetings/{id}/cancel", responses((status = 200, body = Meeting)))]
async fn cancel_meeting(can: Can<WriteEngagement>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Meeting>(&can, id.0, &CANCEL, Some(body.into_inner().reason)).await
}

impl Lifecycle for Meeting {
    async fn enter(write: &mut Write, row: &mut meeting::Model, verb: &Verb) -> Result<()> {
        row.status = MeetingStatus::try_from_value(&verb.to.to_owned())?;
        row.status_reason = write.reason().map(str::to_owned);
        match row.status {
            MeetingStatus::Held if verb.name == REOPEN.name => row.minutes_agreed_on = None,
            MeetingStatus::Held if row.starts_at > write.now() => {
                return Err(Problem::conflict(format!(
                    "cannot hold a meeting before it begins: it begins at {}",
                    row.starts_at
                )));
            }
            MeetingStatus::Minuted => {
                if row.notes.is_none() && row.decisions.is_empty() {
                    let problem = Problem::conflict("cannot agree minutes that say nothing: write them first");
                    return Err(problem.with(Fault::new("/notes", "missing", "write notes, or add a decision")));
                }
                row.minutes_agreed_on = row.minutes_agreed_on.or_else(|| Some(write.caller().today()));
            }
            MeetingStatus::Planned | MeetingStatus::Held | MeetingStatus::Cancelled => {}
        }
        Ok(())
    }
}
