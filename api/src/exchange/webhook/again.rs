//! What is sent on request: a ping, and changes that were sent before.

use actix_web::http::StatusCode;
use entity::instant::Instant;

use super::{Webhook, WebhookProgress, delivery, expect_within, progress};
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Sought;

routes! { WriteExchange: ping_webhook, replay_webhook }

/// Sends a ping, in any state of the webhook.
///
/// The ping is a delivery of the type `webhook.ping`, which is sent within seconds, before changes, and is not sent
/// again when it fails. The reply is the delivery, whose address shows how it went. 409 while another ping waits.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/ping",
    responses((status = 202, description = "The delivery, which waits to be sent.", body = delivery::WebhookDelivery)),
)]
async fn ping_webhook(can: Can<WriteExchange>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let row = write.row_to_change::<Webhook>(id.0, Sought::Current).await?;
        let ping = delivery::ping(write, &row).await?;
        delivery::answer(StatusCode::ACCEPTED, &ping)
    })
    .await
}

/// From when on changes are sent again.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhookReplayQuery {
    /// The moment: all changes that were made then or later are sent again.
    #[param(example = "2014-09-01T08:30:00.000000Z")]
    pub since: Instant,
}

/// Sends again, in their order, all changes since a moment.
///
/// Each has the `webhook-id` that it had before, if it was sent before. Changes from before the webhook was made are
/// sent too. The reply is how far the webhook has come after it was taken back.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/replay",
    params(WebhookReplayQuery),
    responses((status = 200, body = WebhookProgress)),
)]
async fn replay_webhook(can: Can<WriteExchange>, id: Id, query: Query<WebhookReplayQuery>) -> Result<Reply> {
    Write::run(&can, async |write| {
        let row = write.row_to_change::<Webhook>(id.0, Sought::Current).await?;
        expect_within(write, &row).await?;
        progress::go_back(write, row.id, query.since).await?;
        let progress = progress::of(write.caller(), write.tx(), std::slice::from_ref(&row)).await?;
        Reply::ok(&progress[0])
    })
    .await
}
