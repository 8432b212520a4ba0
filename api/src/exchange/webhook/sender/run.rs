//! A run: it sends for one webhook, one request after the other, until nothing is left or a request fails.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use entity::exchange::webhook::{self, WebhookState};
use entity::exchange::webhook_delivery::{self, DeliveryState};
use entity::exchange::webhook_progress;
use sea_orm::sea_query::{IntoCondition, NullOrdering, Order};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use super::super::event::{Ping, WebhookEvent};
use super::super::signature::SigningSecret;
use super::post::{Message, Post, Sent};
use super::queue;
use super::record::{self, Given};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::request::RequestMeta;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::feed::{Change, Visible};

/// How long a run sends before it leaves its place to others that wait.
const TURN: Duration = Duration::from_secs(10);

/// How long a run sends by what it has read of the webhook and the partner system.
const FRESH: Duration = Duration::from_secs(2);

/// How long a webhook waits whose partner system may not call.
const AWAY: Duration = Duration::from_secs(30);

/// How many deliveries are read at once.
const AT_ONCE: u64 = 20;

/// How often a run hears that the instance is going down.
const HEAR: Duration = Duration::from_millis(200);

/// One webhook that this instance sends for.
#[derive(Clone, Debug)]
pub struct Run {
    pub state: State,
    pub hub_id: Uuid,
    pub webhook_id: Uuid,
    /// Its name in the progress of the webhook.
    pub place: Uuid,
}

/// A webhook as it is at the moment.
pub struct Current {
    /// Its row.
    pub webhook: webhook::Model,
    /// Its progress.
    pub progress: webhook_progress::Model,
    /// The partner system that it is for; none while that may not call, or not follow changes.
    pub reader: Option<Caller>,
}

impl Current {
    /// Why the webhook sends nothing at all, if that is so.
    fn silence(&self) -> Option<&'static str> {
        match (&self.reader, self.webhook.archived_at) {
            (_, Some(_)) => Some("the webhook is archived"),
            (None, _) => Some("the partner system is disabled, archived, or has lost the scope `exchange:read`"),
            _ => None,
        }
    }

    /// Returns true if it sends changes.
    fn sends(&self) -> bool {
        self.silence().is_none() && self.webhook.state == WebhookState::Active
    }
}

/// What a run does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on.
    On,
    /// It ends: nothing is left, or the next request has to wait.
    End,
}

impl Run {
    /// Sends until nothing is left, a request fails, or others wait; then leaves the webhook to other runs.
    pub async fn go(self) {
        let sent = tokio::select! {
            sent = self.send() => sent,
            // A request that is dropped on its way is sent again, under the same id.
            () = self.stopping() => Ok(()),
        };
        if let Err(problem) = sent {
            tracing::warn!(webhook = %self.webhook_id, %problem, "a webhook could not send");
        }
        if let Err(problem) = record::release(&self).await {
            // It comes free by itself soon.
            tracing::warn!(webhook = %self.webhook_id, %problem, "the run of a webhook could not be ended");
        }
    }

    async fn stopping(&self) {
        while !self.state.stopping.load(Ordering::SeqCst) {
            tokio::time::sleep(HEAR).await;
        }
    }

    async fn send(&self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < TURN {
            let Some(mut current) = self.current().await? else { return Ok(()) };
            let due = current.sends() && current.progress.due_at <= self.state.clock.now();
            let pending = self.pending(due).await?;
            let next = match (pending.is_empty(), due) {
                (false, _) => self.deliver(&mut current, pending).await?,
                (true, true) => queue::fill(self, &current).await?,
                (true, false) => Next::End,
            };
            if next == Next::End {
                return if current.reader.is_none() { record::wait(self, AWAY).await } else { Ok(()) };
            }
        }
        Ok(())
    }

    /// The service itself, within the hub of the webhook.
    pub fn service(&self) -> Caller {
        Caller::system(self.state.clone(), self.hub_id)
    }

    /// The webhook as it is now; none where another run has it.
    async fn current(&self) -> Result<Option<Current>> {
        use webhook_progress::Column;

        let (service, db) = (self.service(), self.state.db.read());
        let own = Column::WebhookId.eq(self.webhook_id).and(Column::Run.eq(self.place));
        let Some(progress) = service.rows::<webhook_progress::Entity>().filter(own).one(db).await? else {
            return Ok(None);
        };
        let webhook = service.rows_archived::<webhook::Entity>().filter(webhook::Column::Id.eq(self.webhook_id));
        let webhook = webhook.one(db).await?.ok_or_else(|| Problem::internal("progress of no webhook"))?;
        let partner = self.state.auth().authenticator.partner(self.hub_id, webhook.client_id).await?;
        let reader = partner.and_then(|identity| {
            let request = Arc::new(RequestMeta::default());
            Caller::new(identity, Scope::ReadExchange, request, self.state.clone()).ok()
        });
        Ok(Some(Current { webhook, progress, reader }))
    }

    /// The deliveries that are next: a ping, then changes in their order, where these are due.
    async fn pending(&self, due: bool) -> Result<Vec<webhook_delivery::Model>> {
        use webhook_delivery::Column;

        let pings = (!due).then(|| Column::Number.is_null());
        let waits = Column::WebhookId.eq(self.webhook_id).and(Column::State.eq(DeliveryState::Pending));
        let rows = self.service().rows::<webhook_delivery::Entity>().filter(waits);
        let rows = rows.filter(Condition::all().add_option(pings));
        let rows = rows.order_by_with_nulls(Column::Number, Order::Asc, NullOrdering::First).limit(AT_ONCE);
        Ok(rows.all(self.state.db.read()).await?)
    }

    /// Sends deliveries one after the other, until one fails, or the webhook has to be looked at again.
    async fn deliver(&self, current: &mut Current, pending: Vec<webhook_delivery::Model>) -> Result<Next> {
        let began = Instant::now();
        let mut changes = seen(current, &pending).await?;
        let post = self.state.registered::<Post>();
        let secrets = SigningSecret::valid(post.key(), &current.webhook, self.state.clock.now());
        for delivery in pending {
            let body = match (delivery.number, current.silence()) {
                (None, None) => written(&Ping::of(self.webhook_id, delivery.created_at))?,
                (None, Some(why)) => {
                    record::give_up(self, &delivery, Given::Up(why)).await?;
                    continue;
                }
                (Some(number), _) => match changes.remove(&number) {
                    Some(change) => written(&WebhookEvent::of(change))?,
                    None => {
                        record::give_up(self, &delivery, Given::Withheld).await?;
                        current.progress.failing_since = None;
                        continue;
                    }
                },
            };
            let at = self.state.clock.now();
            let timestamp = at.as_micros().div_euclid(1_000_000);
            let message = Message { url: &current.webhook.url, id: &delivery.message_id, timestamp, body };
            let sent: Sent = post.send(message, &secrets).await;
            if record::record(self, current, &delivery, at, &sent).await? == Next::End {
                return Ok(Next::End);
            }
            if began.elapsed() >= FRESH {
                break;
            }
        }
        Ok(Next::On)
    }
}

fn written(event: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(event).map_err(Problem::internal)
}

/// The changes of deliveries that the partner system sees at the moment, by their numbers.
async fn seen(current: &Current, pending: &[webhook_delivery::Model]) -> Result<HashMap<i64, Change>> {
    use entity::kernel::change::Column;

    let numbers: Vec<i64> = pending.iter().filter_map(|delivery| delivery.number).collect();
    let Some(visible) = current.reader.as_ref().and_then(|reader| Visible::to(reader, &[])) else {
        return Ok(HashMap::new());
    };
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let most = numbers.len() as u64;
    let changes = visible.read(Column::Number.is_in(numbers).into_condition(), most).await?;
    Ok(changes.into_iter().map(|change| (change.number, change)).collect())
}
