//! What webhooks sent and are about to send: the log of deliveries.

pub mod transition;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::exchange::webhook;
use entity::exchange::webhook_delivery::{self, DeliveryAttempt, DeliveryState};
use entity::instant::Instant;
use entity::kernel::change;
use entity::list::List as Many;
use entity::row::Row;
use sea_orm::sea_query::IntoCondition;
use sea_orm::{PaginatorTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;

use self::transition::{REPLAY, SKIP};
use super::event::{self, PING, WebhookEvent};
use super::{expect_within, progress};
use crate::kernel::document::openapi::API;
use crate::kernel::operations::feed::{Kind, Visible};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, States, Verb, actions};

/// A delivery: one change, or a ping, that a webhook sends. It is kept for 30 days after its end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// The item's id: a UUIDv7, given by the service.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The webhook.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub webhook_id: Uuid,
    /// The header `webhook-id`, the same in every request.
    #[schema(max_length = 60, example = "msg_p5jXN8AQM9LWM0D4loKWxJek")]
    pub message_id: String,
    /// The `type` of the payload.
    #[schema(max_length = 130, example = "school.update")]
    pub event_type: String,
    /// The number of the change; a ping has none. `GET /changes?after=` with the number before shows the change, and so
    /// does `expand=event`.
    #[schema(minimum = 1, example = 36_905)]
    pub number: Option<i64>,
    /// The kind of the item that changed.
    #[schema(value_type = Option<Kind>)]
    pub resource: Option<String>,
    /// The item that changed.
    pub item_id: Option<Uuid>,
    /// How far it has come; changed by `replay` and `skip`, and by the service.
    #[schema(example = "delivered")]
    pub state: DeliveryState,
    /// How many requests were sent since it was last put into the queue.
    #[schema(minimum = 0, maximum = 100, example = 1)]
    pub attempts: i32,
    /// The latest requests, 20 at most.
    #[schema(value_type = Vec<DeliveryAttempt>, max_items = 20)]
    pub attempt_log: Many<DeliveryAttempt>,
    /// The address to which the last request was sent.
    #[schema(max_length = 2000, example = "https://music-database.example/smep")]
    pub url: Option<String>,
    /// When the last request was sent: the header `webhook-timestamp`.
    pub sent_at: Option<Instant>,
    /// The size of its body in bytes.
    #[schema(minimum = 0, example = 412)]
    pub request_bytes: Option<i32>,
    /// How many milliseconds it took until the reply.
    #[schema(minimum = 0, maximum = 60_000, example = 84)]
    pub duration_ms: Option<i32>,
    /// The status of the reply, if there was one.
    #[schema(minimum = 100, maximum = 999, example = 204)]
    pub reply_status: Option<i32>,
    /// The first 2,048 bytes of the reply, as text.
    #[schema(max_length = 2048, example = "taken")]
    pub reply_body: Option<String>,
    /// Why the last request failed, or why none was sent.
    #[schema(max_length = 500, example = json!(null))]
    pub error: Option<String>,
    /// When it was delivered or given up.
    pub ended_at: Option<Instant>,
    /// 1 when created, one more with each change; the number in its `ETag`.
    #[schema(minimum = 1, example = 2)]
    pub version: i64,
    /// When it was put into the queue.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// The payload, with `expand=event`, as far as the caller sees the change; null for a ping.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = WebhookEvent, required = false)]
    pub event: Option<Value>,
    /// The transitions that the caller may make now, with `expand=actions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Action>, required = false, max_items = 10)]
    pub actions: Option<Value>,
}

impl Fields for WebhookDelivery {
    const FIELDS: &'static [Field] = fields![
        id: Uuid,
        webhook_id: Uuid,
        message_id: String,
        event_type: String,
        number: Option<i64>,
        resource: Option<String>,
        item_id: Option<Uuid>,
        state: DeliveryState,
        attempts: i32,
        attempt_log: Many<DeliveryAttempt>,
        url: Option<String>,
        sent_at: Option<Instant>,
        request_bytes: Option<i32>,
        duration_ms: Option<i32>,
        reply_status: Option<i32>,
        reply_body: Option<String>,
        error: Option<String>,
        ended_at: Option<Instant>,
        version: i64,
        created_at: Instant,
        updated_at: Instant,
    ];
}

impl From<&webhook_delivery::Model> for WebhookDelivery {
    fn from(row: &webhook_delivery::Model) -> Self {
        Self {
            id: row.id,
            webhook_id: row.webhook_id,
            message_id: row.message_id.clone(),
            event_type: row.event_type.clone(),
            number: row.number,
            resource: row.resource.clone(),
            item_id: row.item_id,
            state: row.state,
            attempts: row.attempts,
            attempt_log: row.attempt_log.clone(),
            url: row.url.clone(),
            sent_at: row.sent_at,
            request_bytes: row.request_bytes,
            duration_ms: row.duration_ms,
            reply_status: row.reply_status,
            reply_body: row.reply_body.clone(),
            error: row.error.clone(),
            ended_at: row.ended_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            event: None,
            actions: None,
        }
    }
}

impl Listed for WebhookDelivery {
    type Entity = webhook_delivery::Entity;
    type Filter = WebhookDeliveryFilter;

    const SORTS: &'static [(&'static str, webhook_delivery::Column)] =
        &[("created_at", webhook_delivery::Column::CreatedAt), ("updated_at", webhook_delivery::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["state", "webhook_id", "event_type", "reply_status"];
    const EXPANDS: &'static [&'static str] = &["event", "actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[webhook_delivery::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "event" => events(caller, rows).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// The payloads of deliveries, as far as the caller sees the changes.
async fn events(caller: &Caller, rows: &[webhook_delivery::Model]) -> Result<Vec<Value>> {
    let mut events = HashMap::new();
    if let Some(visible) = Visible::to(caller, &[]) {
        let numbers = change::Column::Number.is_in(rows.iter().filter_map(|row| row.number));
        for change in visible.read(numbers.into_condition(), rows.len() as u64).await? {
            let number = change.number;
            events.insert(number, serde_json::to_value(WebhookEvent::of(change)).map_err(Problem::internal)?);
        }
    }
    let event = |row: &webhook_delivery::Model| row.number.and_then(|number| events.get(&number).cloned());
    Ok(rows.iter().map(|row| event(row).unwrap_or_default()).collect())
}

/// Pings, and changes of the kinds of item that the caller reads in the whole hub.
fn seen(caller: &Caller) -> Condition {
    let reads = |scope| caller.under(scope).is_some_and(|reader| reader.sees_hub());
    let kinds = caller.state().followed().iter().filter(|one| reads(one.read)).map(|one| one.resource);
    let resource = webhook_delivery::Column::Resource;
    Condition::any().add(resource.is_null()).add(resource.is_in(kinds))
}

/// Narrows the list of deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhookDeliveryFilter {
    /// Any of these webhooks.
    #[serde(default)]
    #[param(max_items = 50)]
    pub webhook_id: Vec<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(inline, max_items = 4)]
    pub state: Vec<DeliveryState>,
    /// The type of the payload.
    #[param(min_length = 1, max_length = 130, example = "school.update")]
    pub event_type: Option<String>,
    /// Any of these items, which changed.
    #[serde(default)]
    #[param(max_items = 50)]
    pub item_id: Vec<Uuid>,
    /// Any of these numbers of changes.
    #[serde(default)]
    #[param(max_items = 200, minimum = 1)]
    pub number: Vec<i64>,
    /// Only deliveries that were put into the queue at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub created_from: Option<Instant>,
    /// Only deliveries that were put into the queue at this moment or earlier.
    #[param(example = "2014-09-30T23:59:59Z")]
    pub created_to: Option<Instant>,
}

impl Filter<webhook_delivery::Entity> for WebhookDeliveryFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use webhook_delivery::Column;

        Condition::all()
            .add(seen(caller))
            .add_option(any_of(Column::WebhookId, &self.webhook_id))
            .add_option(any_of(Column::State, &self.state))
            .add_option(is(Column::EventType, self.event_type.clone()))
            .add_option(any_of(Column::ItemId, &self.item_id))
            .add_option(any_of(Column::Number, &self.number))
            .add(between(Column::CreatedAt, self.created_from, self.created_to))
    }
}

routes! {
    ReadExchange: list_webhook_deliveries, count_webhook_deliveries, get_webhook_delivery;
    WriteExchange: replay_webhook_delivery, skip_webhook_delivery;
}

/// Lists the deliveries of webhooks.
///
/// Each is kept for 30 days after its end. A caller sees those whose kind of item it reads in the whole hub, and pings.
#[utoipa::path(
    get,
    path = "/webhook-deliveries",
    params(List<WebhookDelivery>),
    responses((status = 200, body = Page<WebhookDelivery>)),
)]
async fn list_webhook_deliveries(can: Can<ReadExchange>, list: List<WebhookDelivery>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the deliveries by one or two of their fields.
#[utoipa::path(
    get,
    path = "/webhook-deliveries/counts",
    params(CountBy<WebhookDelivery>),
    responses((status = 200, body = Counts)),
)]
async fn count_webhook_deliveries(can: Can<ReadExchange>, by: CountBy<WebhookDelivery>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a delivery.
#[utoipa::path(
    get,
    path = "/webhook-deliveries/{id}",
    params(Show<WebhookDelivery>),
    responses((status = 200, body = WebhookDelivery)),
)]
async fn get_webhook_delivery(can: Can<ReadExchange>, id: Id, show: Show<WebhookDelivery>) -> Result<Reply> {
    let which = Condition::all().add(webhook_delivery::Column::Id.eq(id.0)).add(seen(&can));
    crud::get_one(&can, which, show).await
}

/// Sends a delivery again.
#[utoipa::path(
    post,
    path = "/webhook-deliveries/{id}/replay",
    responses((status = 200, body = WebhookDelivery)),
)]
async fn replay_webhook_delivery(can: Can<WriteExchange>, id: Id) -> Result<Reply> {
    step(&can, id.0, &REPLAY).await
}

/// Gives up a delivery that waits.
#[utoipa::path(
    post,
    path = "/webhook-deliveries/{id}/skip",
    responses((status = 200, body = WebhookDelivery)),
)]
async fn skip_webhook_delivery(can: Can<WriteExchange>, id: Id) -> Result<Reply> {
    step(&can, id.0, &SKIP).await
}

/// Takes a delivery to the state of a verb, and lets its webhook send at once. The webhook is locked first.
async fn step(caller: &Caller, id: Uuid, verb: &Verb) -> Result<Reply> {
    Write::run(caller, async |write| {
        let known = write.caller().rows::<webhook_delivery::Entity>().filter(webhook_delivery::Column::Id.eq(id));
        let known = known.filter(seen(write.caller())).one(write.tx()).await?.ok_or_else(Problem::not_found)?;
        let webhook = expect_current(write, known.webhook_id).await?;
        progress::hurry(write, webhook.id).await?;
        let before = write.row::<webhook_delivery::Entity>(id).await?;
        write.expect_sent_version(&before)?;
        WebhookDelivery::TABLE.next(verb, before.state.as_str())?;
        let mut after = if *verb == REPLAY {
            expect_within(write, &webhook).await?;
            webhook_delivery::Model { state: DeliveryState::Pending, attempts: 0, ended_at: None, ..before.clone() }
        } else {
            let (state, ended_at) = (DeliveryState::Failed, Some(write.now()));
            webhook_delivery::Model { state, ended_at, ..before.clone() }
        };
        after.set_meta(write.meta_after(&before));
        write.replace_row::<webhook_delivery::Entity>(&after).await?;
        answer(StatusCode::OK, &after)
    })
    .await
}

/// The webhook of a delivery, locked, unless it is archived.
async fn expect_current(write: &Write, webhook_id: Uuid) -> Result<webhook::Model> {
    let row = write.row_archived::<webhook::Entity>(webhook_id).await?;
    if row.archived_at.is_some() {
        return Err(Problem::conflict("the webhook of the delivery is archived: restore it first"));
    }
    Ok(row)
}

/// The reply with a delivery.
///
/// # Errors
/// 500 when it is no JSON.
pub(super) fn answer(status: StatusCode, row: &webhook_delivery::Model) -> Result<Reply> {
    let reply = Reply::json(status, &WebhookDelivery::from(row))?.version(row.version);
    let location = format!("{API}/webhook-deliveries/{}", row.id);
    Ok(if status == StatusCode::ACCEPTED { reply.with(LOCATION, location) } else { reply })
}

/// Puts a ping into the queue of a webhook, which is locked.
///
/// # Errors
/// 409 while another one waits.
pub(super) async fn ping(write: &Write, webhook: &webhook::Model) -> Result<webhook_delivery::Model> {
    use webhook_delivery::Column;

    let waiting = Condition::all()
        .add(Column::WebhookId.eq(webhook.id))
        .add(Column::State.eq(DeliveryState::Pending))
        .add(Column::Number.is_null());
    let waiting = write.caller().rows::<webhook_delivery::Entity>().filter(waiting).count(write.tx()).await?;
    if waiting > 0 {
        return Err(Problem::conflict("another ping of this webhook waits to be sent: ask again in a minute"));
    }
    let row = new_ping(write, webhook);
    write.insert_rows::<webhook_delivery::Entity>(&[&row]).await?;
    Ok(row)
}

/// A ping that waits to be sent.
#[must_use]
pub fn new_ping(write: &Write, webhook: &webhook::Model) -> webhook_delivery::Model {
    webhook_delivery::Model { event_type: PING.to_owned(), ..fresh(write, webhook, event::new_message_id()) }
}

/// A delivery that waits for its first request, of no change so far.
pub(super) fn fresh(write: &Write, webhook: &webhook::Model, message_id: String) -> webhook_delivery::Model {
    let meta = write.meta_of::<webhook_delivery::Entity>();
    webhook_delivery::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        webhook_id: webhook.id,
        message_id,
        event_type: String::new(),
        number: None,
        resource: None,
        item_id: None,
        state: DeliveryState::Pending,
        attempts: 0,
        attempt_log: Many::default(),
        url: None,
        sent_at: None,
        request_bytes: None,
        duration_ms: None,
        reply_status: None,
        reply_body: None,
        error: None,
        ended_at: None,
    }
}
