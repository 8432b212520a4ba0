//! How practice comes before schools, and goes again. Each step is logged with its reason.

use entity::engagement::shared_practice::{self, PracticeStatus};
use sea_orm::ActiveEnum;

use super::transition::{PUBLISH, WITHDRAW};
use super::{SharedPractice, audience};
use crate::engagement::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

routes! { WriteEngagement: publish_shared_practice, withdraw_shared_practice }

/// Publishes a piece of practice for the schools of its audience.
#[utoipa::path(
    post,
    path = "/shared-practice/{id}/publish",
    request_body = Option<Reason>,
    responses((status = 200, body = SharedPractice)),
)]
async fn publish_shared_practice(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<SharedPractice>(&can, id.0, &PUBLISH, body.value.reason).await
}

/// Withdraws a piece of practice.
#[utoipa::path(post, path = "/shared-practice/{id}/withdraw", responses((status = 200, body = SharedPractice)))]
async fn withdraw_shared_practice(can: Can<WriteEngagement>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<SharedPractice>(&can, id.0, &WITHDRAW, Some(body.into_inner().reason)).await
}

impl Lifecycle for SharedPractice {
    async fn enter(write: &mut Write, row: &mut shared_practice::Model, verb: &Verb) -> Result<()> {
        row.status = PracticeStatus::try_from_value(&verb.to.to_owned())?;
        let today = write.caller().today();
        match row.status {
            PracticeStatus::Draft => return Ok(()),
            PracticeStatus::Published => {
                rules::publishable(row, today)?;
                row.published_on = Some(today);
            }
            PracticeStatus::Withdrawn => {
                row.withdrawn_on = Some(today);
                row.status_reason = write.reason().map(str::to_owned);
            }
        }
        audience::settle(write, row).await
    }
}
