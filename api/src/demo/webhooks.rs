//! A webhook for the music service's database, paused, with a ping that arrived and one that did not.

use entity::exchange::webhook_delivery::{self, DeliveryAttempt, DeliveryState};
use serde_json::json;

use super::hub::{Made, decode};
use crate::exchange::webhook::transition::PAUSE;
use crate::exchange::webhook::{Webhook, delivery};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;

/// Makes the webhook of a hub that has the partner system, with its deliveries.
///
/// # Errors
/// What the form breaks, which a test holds to be nothing.
pub async fn make(write: &mut Write, made: &Made, examples: bool) -> Result<()> {
    let Some(client) = made.clients.get("Music service database") else { return Ok(()) };
    let form = json!({
        "name": "Schools and orders for the music service",
        "client_id": client,
        "url": "https://music-database.example/smep",
        "resources": ["school", "contact", "package_order"],
    });
    let form = decode(write, form)?;
    write.give_example_ids(examples);
    let webhook = write.create::<Webhook>(form).await?;
    write.give_example_ids(false);
    let webhook = lifecycle::enter::<Webhook>(write, webhook, &PAUSE).await?;
    for (index, (status, error)) in [(204, None), (503, Some("the receiver answered 503"))].into_iter().enumerate() {
        write.give_example_ids(examples && index == 0);
        let ping = delivery::new_ping(write, &webhook);
        write.give_example_ids(false);
        let error = error.map(str::to_owned);
        let attempt =
            DeliveryAttempt { at: write.now(), duration_ms: 84, reply_status: Some(status), error: error.clone() };
        let sent = webhook_delivery::Model {
            state: if error.is_none() { DeliveryState::Delivered } else { DeliveryState::Failed },
            attempts: 1,
            attempt_log: vec![attempt].into(),
            url: Some(webhook.url.clone()),
            sent_at: Some(write.now()),
            request_bytes: Some(142),
            duration_ms: Some(84),
            reply_status: Some(status),
            reply_body: Some(String::new()),
            error,
            ended_at: Some(write.now()),
            ..ping
        };
        write.insert_rows::<webhook_delivery::Entity>(&[&sent]).await?;
    }
    Ok(())
}
