//! Who came, who did not, and who gives a place up. Each step is logged with its reason.

use entity::training::attendance::{self, AttendanceResult, AttendanceStatus};
use sea_orm::ActiveEnum;

use super::Attendance;
use super::transition::{ATTEND, CANCEL, MISS};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

routes! { WriteTraining: attend_attendance, miss_attendance, cancel_attendance }

/// Records that a person came.
#[utoipa::path(
    post,
    path = "/attendances/{id}/attend",
    request_body = Option<Reason>,
    responses((status = 200, body = Attendance)),
)]
async fn attend_attendance(can: Can<WriteTraining>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Attendance>(&can, id.0, &ATTEND, body.value.reason).await
}

/// Records that a person did not come.
#[utoipa::path(
    post,
    path = "/attendances/{id}/miss",
    request_body = Option<Reason>,
    responses((status = 200, body = Attendance)),
)]
async fn miss_attendance(can: Can<WriteTraining>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Attendance>(&can, id.0, &MISS, body.value.reason).await
}

/// Gives a place up, or leaves the waiting list.
#[utoipa::path(
    post,
    path = "/attendances/{id}/cancel",
    request_body = Option<Reason>,
    responses((status = 200, body = Attendance)),
)]
async fn cancel_attendance(can: Can<WriteTraining>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Attendance>(&can, id.0, &CANCEL, body.value.reason).await
}

impl Lifecycle for Attendance {
    async fn admit(write: &Write, _row: &attendance::Model, verb: &Verb) -> Result<()> {
        if *verb == CANCEL { Ok(()) } else { write.caller().expect_writes_hub("who came to an event") }
    }

    async fn enter(write: &mut Write, row: &mut attendance::Model, verb: &Verb) -> Result<()> {
        row.status = AttendanceStatus::try_from_value(&verb.to.to_owned())?;
        row.result = match row.status {
            AttendanceStatus::Attended => Some(AttendanceResult::Attended),
            AttendanceStatus::Absent => Some(AttendanceResult::Absent),
            _ => None,
        };
        if row.status == AttendanceStatus::Cancelled {
            row.status_reason = write.reason().map(str::to_owned);
        }
        Ok(())
    }
}
