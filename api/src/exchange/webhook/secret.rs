//! The secret of a webhook: made with it, shown once, and replaced.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::exchange::webhook;
use serde::Serialize;
use utoipa::ToSchema;

use super::signature::{self, SigningSecret};
use super::{NewWebhook, Post, Webhook};
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Sought;

/// For how long the secret before signs too, so that receivers have time to take the new one.
const OVERLAP: Duration = Duration::from_hours(24);

/// The operation that gives a webhook a new secret.
pub(super) const ROTATE: Operation = Operation::Verb("rotate_secret");

/// A webhook with its secret, which is shown this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct WebhookSecret {
    /// The webhook's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The secret by which a receiver verifies signatures, as libraries of Standard Webhooks take it.
    #[schema(max_length = 60, example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDMfKQ9r8GKYo=")]
    pub secret: String,
    /// The webhook.
    pub webhook: Webhook,
}

routes! { WriteExchange: create_webhook, rotate_webhook_secret }

/// Creates a webhook, which sends the changes that come after it.
///
/// The caller needs every scope of the partner system over the whole hub (403). The reply holds the secret by which the
/// receiver verifies signatures. It is shown once and not kept for an `Idempotency-Key`.
#[utoipa::path(post, path = "/webhooks", responses((status = 201, body = WebhookSecret)))]
async fn create_webhook(can: Can<WriteExchange>, form: Json<NewWebhook>) -> Result<Reply> {
    let form = form.into_inner();
    Write::run(&can, async |write| {
        write.lock_above::<Webhook>(None).await?;
        let row = write.create::<Webhook>(form.clone()).await?;
        let reply = Reply::json(StatusCode::CREATED, &shown(&can, &row))?;
        Ok(reply.with(LOCATION, Webhook::location(row.id)).version(row.version).secret())
    })
    .await
}

/// A webhook with its secret.
fn shown(caller: &Caller, row: &webhook::Model) -> WebhookSecret {
    let key = caller.state().registered::<Post>().key();
    WebhookSecret {
        id: row.id,
        secret: SigningSecret::of(key, row, &row.secret_salt).text(),
        webhook: Webhook::from(row),
    }
}

/// Gives a webhook a new secret, which is shown this once.
///
/// For 24 hours requests carry two signatures, one with the new secret and one with the secret before. A second
/// rotation within that time ends the older of the two at once.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/rotate-secret",
    responses((status = 200, body = WebhookSecret)),
)]
async fn rotate_webhook_secret(can: Can<WriteExchange>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let before = write.row_to_change::<Webhook>(id.0, Sought::Current).await?;
        let after = webhook::Model {
            secret_salt: signature::salt().into(),
            previous_salt: Some(before.secret_salt.clone()),
            previous_secret_until: Some(write.now() + OVERLAP),
            ..before.clone()
        };
        let row = write.store::<Webhook>(Some(before), after, ROTATE).await?;
        Ok(Reply::ok(&shown(&can, &row))?.version(row.version).secret())
    })
    .await
}
