//! An event's way from its plan to the day. Each step is logged with its reason.

use entity::training::attendance::AttendanceStatus;
use entity::training::training_event::{self, TrainingStatus};
use sea_orm::ActiveEnum;

use super::TrainingEvent;
use super::transition::{CANCEL, CLOSE, HOLD, OPEN};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};
use crate::training::store;

routes! { WriteTraining: open_training_event, close_training_event, hold_training_event, cancel_training_event }

/// Opens an event: schools see it and book.
#[utoipa::path(
    post,
    path = "/training-events/{id}/open",
    request_body = Option<Reason>,
    responses((status = 200, body = TrainingEvent)),
)]
async fn open_training_event(can: Can<WriteTraining>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<TrainingEvent>(&can, id.0, &OPEN, body.value.reason).await
}

/// Closes an event for bookings of schools.
#[utoipa::path(
    post,
    path = "/training-events/{id}/close",
    request_body = Option<Reason>,
    responses((status = 200, body = TrainingEvent)),
)]
async fn close_training_event(can: Can<WriteTraining>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<TrainingEvent>(&can, id.0, &CLOSE, body.value.reason).await
}

/// Says that an event took place.
///
/// Who came is recorded by the attendances, one by one or by `POST /attendances/batch`. The attendances of people who
/// still wait are cancelled.
#[utoipa::path(
    post,
    path = "/training-events/{id}/hold",
    request_body = Option<Reason>,
    responses((status = 200, body = TrainingEvent)),
)]
async fn hold_training_event(can: Can<WriteTraining>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<TrainingEvent>(&can, id.0, &HOLD, body.value.reason).await
}

/// Cancels an event that does not take place.
///
/// Schools read the reason.
#[utoipa::path(post, path = "/training-events/{id}/cancel", responses((status = 200, body = TrainingEvent)))]
async fn cancel_training_event(can: Can<WriteTraining>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<TrainingEvent>(&can, id.0, &CANCEL, Some(body.into_inner().reason)).await
}

impl Lifecycle for TrainingEvent {
    async fn admit(write: &Write, _row: &training_event::Model, _verb: &Verb) -> Result<()> {
        write.caller().expect_writes_hub("training events")
    }

    async fn enter(write: &mut Write, row: &mut training_event::Model, verb: &Verb) -> Result<()> {
        row.status = TrainingStatus::try_from_value(&verb.to.to_owned())?;
        match row.status {
            TrainingStatus::Open => row.announced_at = row.announced_at.or(Some(write.now())),
            TrainingStatus::Held if row.starts_at > write.now() => {
                let detail = format!("cannot hold an event before it begins: it begins at {}", row.starts_at);
                return Err(Problem::conflict(detail));
            }
            TrainingStatus::Held => store::cancel_waiting(write, row.id).await?,
            TrainingStatus::Cancelled => {
                let attended = store::count_in(write, row.id, &[AttendanceStatus::Attended]).await?;
                if attended > 0 {
                    let detail = format!(
                        "cannot cancel an event that people attended: {attended} attendances are `attended`. Correct \
                         their results first, or hold the event"
                    );
                    return Err(Problem::conflict(detail));
                }
                row.status_reason = write.reason().map(str::to_owned);
                store::cancel_all(write, row).await?;
            }
            TrainingStatus::Planned | TrainingStatus::Closed => {}
        }
        Ok(())
    }
}
