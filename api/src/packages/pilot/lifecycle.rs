//! A pilot's way from its plan to its outcome. Each step is logged with its reason.

use entity::packages::pilot::{self, PilotStatus};
use sea_orm::ActiveEnum;

use super::transition::{CANCEL, COMPLETE, START};
use super::{Pilot, keep_audience};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

routes! { WritePackages: start_pilot, complete_pilot, cancel_pilot }

/// Begins a pilot.
#[utoipa::path(
    post,
    path = "/pilots/{id}/start",
    request_body = Option<Reason>,
    responses((status = 200, body = Pilot)),
)]
async fn start_pilot(can: Can<WritePackages>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Pilot>(&can, id.0, &START, body.value.reason).await
}

/// Ends a pilot with its outcome.
#[utoipa::path(
    post,
    path = "/pilots/{id}/complete",
    request_body = Option<Reason>,
    responses((status = 200, body = Pilot)),
)]
async fn complete_pilot(can: Can<WritePackages>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Pilot>(&can, id.0, &COMPLETE, body.value.reason).await
}

/// Calls a pilot off.
#[utoipa::path(post, path = "/pilots/{id}/cancel", responses((status = 200, body = Pilot)))]
async fn cancel_pilot(can: Can<WritePackages>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Pilot>(&can, id.0, &CANCEL, Some(body.into_inner().reason)).await
}

impl Lifecycle for Pilot {
    async fn enter(write: &mut Write, row: &mut pilot::Model, verb: &Verb) -> Result<()> {
        row.status = PilotStatus::try_from_value(&verb.to.to_owned())?;
        match row.status {
            PilotStatus::Planned | PilotStatus::Running => {}
            PilotStatus::Completed => {
                if row.outcome.is_none() {
                    let detail = "cannot complete a pilot without an outcome: say by PATCH what came out of it";
                    return Err(Problem::conflict(detail));
                }
                let today = write.caller().today();
                row.to_on = row.to_on.or(Some(Ord::max(today, row.from_on)));
            }
            PilotStatus::Cancelled => row.status_reason = write.reason().map(str::to_owned),
        }
        keep_audience(write, row).await
    }
}
