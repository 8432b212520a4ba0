//! Webhooks: addresses of partner systems to which the hub's changes are sent as they happen.
//!
//! Each is for one partner system, and sends what `GET /changes` would show that system at the moment of sending: with
//! its scopes, and nothing while it is disabled. The log of changes is the queue. A webhook remembers how far it has
//! come in it (`progress`), puts the next changes into a short list of deliveries in the database (`sender/queue`), and
//! sends these one after the other, so that nothing is left out or changes its place when a program is killed.

pub mod address;
pub mod again;
pub mod delivery;
mod event;
mod progress;
mod retention;
mod retry;
pub mod secret;
mod sender;
mod signature;
pub mod transition;

use entity::exchange::webhook::{self, DisabledReason, WebhookState};
use entity::identity::{client, hub};
use entity::instant::Instant;
use entity::list::{Ids, Strings};
use entity::schools::school;
use sea_orm::{PaginatorTrait, QueryFilter};
use utoipa::ToSchema;

pub use self::progress::WebhookProgress;
pub use self::retention::FORGET;
use self::secret::ROTATE;
pub use self::sender::{Post, look, send_on};
pub use self::signature::KEY;
use self::transition::{PAUSE, RESUME};
use crate::identity::client::Client;
use crate::identity::rules;
use crate::kernel::operations::feed::Kind;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, Reason, actions};

/// How many webhooks a hub may have.
const MOST: u64 = 50;

/// The name of an operation, as a change has it.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[a-z][a-z_-]*$", max_length = 60, example = "update")]
pub struct ChangeOperation(#[expect(dead_code, reason = "it is the schema of a text")] String);

record! {
    /// An address of a partner system, to which changes of the hub are sent as they happen.
    ///
    /// Requests follow Standard Webhooks 1.0: a POST with a `WebhookEvent`, the headers `webhook-id`,
    /// `webhook-timestamp` and `webhook-signature`, and an answer of 2xx within 15 seconds. They come in the order of
    /// the changes, each at least once: a receiver knows a repeated one by its `webhook-id`.
    Webhook from NewWebhook in webhook {
        /// What people call it.
        #[schema(min_length = 1, max_length = 120, example = "Music service database")]
        name: String,
        /// The partner system that it is for. It needs the scope `exchange:read`, and the webhook sends what
        /// `GET /changes` shows that system. While the system is disabled, changes wait.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        client_id: Uuid,
        /// Where requests are sent. It begins with `https://` and leads to a public machine, unless the operator of
        /// the service allows a network (`SMEP_WEBHOOK_NETWORKS`). Redirects are not followed. People who see webhooks
        /// see it: it is no place for a secret.
        #[schema(
            min_length = 8,
            max_length = 2000,
            pattern = r"^[a-zA-Z]+://[^\s]+$",
            example = "https://music-database.example/smep",
        )]
        url: String,
        /// Only changes of these kinds of item; of all kinds that the partner system sees if empty. Changes of the
        /// webhook itself are never sent to it.
        #[serde(default)]
        #[schema(value_type = Vec<Kind>, max_items = 100, example = json!(["school"]))]
        resources: Strings,
        /// Only changes by these operations; by all if empty.
        #[serde(default)]
        #[schema(value_type = Vec<ChangeOperation>, max_items = 100, example = json!([]))]
        operations: Strings,
        /// Only changes that belong to these schools; all, with changes that belong to no school, if empty.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 200, example = json!([]))]
        school_ids: Ids,
    }
    initial {
        name_key: String::new(),
        state: WebhookState::Active,
        disabled_reason: None,
        disabled_at: None,
        secret_salt: signature::salt().into(),
        previous_salt: None,
        previous_secret_until: None,
    }
    computed {
        /// Whether it sends; changed by `pause` and `resume`, and by the service.
        #[schema(example = "active")]
        state: WebhookState,
        /// Why the service disabled it.
        #[schema(example = json!(null))]
        disabled_reason: Option<DisabledReason>,
        /// When the service disabled it.
        #[schema(example = json!(null))]
        disabled_at: Option<Instant>,
        /// Until when requests are signed with the secret before as well.
        #[schema(example = json!(null))]
        previous_secret_until: Option<Instant>,
    }
    embedded {
        /// The partner system, when asked for with `expand=client`.
        client: Client,
        /// How far it has come, when asked for with `expand=progress`.
        progress: WebhookProgress,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Webhook {
    type Entity = webhook::Entity;
    type Form = NewWebhook;
    type Filter = WebhookFilter;

    const PATH: &'static str = "/webhooks";
    const READ: Scope = Scope::ReadExchange;
    const SORTS: &'static [(&'static str, webhook::Column)] =
        &[("name", webhook::Column::NameKey), ("updated_at", webhook::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["name"];
    const COUNTS: &'static [&'static str] = &["state", "client_id"];
    const EXPANDS: &'static [&'static str] = &["client", "progress", "actions"];

    fn refs(form: &NewWebhook) -> Refs {
        Refs::default()
            .to::<client::Entity>("/client_id", form.client_id)
            .to_all::<school::Entity>("/school_ids", &form.school_ids)
    }

    fn complete(row: &mut webhook::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &webhook::Model) -> Value {
        json!({ "name": row.name })
    }

    /// New webhooks are counted, one after the other.
    async fn lock_first(write: &Write) -> Result<()> {
        write.hold::<hub::Entity>(write.caller().hub_id).await
    }

    async fn decide(write: &mut Write, step: Mutation<'_, webhook::Model>) -> Result<()> {
        if [Operation::Create, Operation::Restore].contains(&step.operation) {
            expect_room(write).await?;
        }
        let sends = [Operation::Create, Operation::Update, Operation::Restore, Operation::Verb(RESUME.name), ROTATE];
        if !sends.contains(&step.operation) {
            return Ok(());
        }
        let changed = step.before.is_none_or(|before| before.url != step.after.url);
        let networks = &write.caller().state().settings.webhook_networks;
        if changed && let Err(why) = address::check(&step.after.url, networks) {
            return Err(Problem::invalid("/url", "refused_address", why));
        }
        expect_within(write, step.after).await
    }

    async fn created(write: &mut Write, row: &webhook::Model) -> Result<()> {
        progress::begin(write, row.id).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[webhook::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "client" => expand::one::<Client>(caller, db, rows.iter().map(|row| row.client_id)).await,
            "progress" => progress::of(caller, db, rows).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

async fn expect_room(write: &Write) -> Result<()> {
    let known = write.caller().rows::<webhook::Entity>().count(write.tx()).await?;
    if known < MOST {
        return Ok(());
    }
    Err(Problem::conflict(format!("limit reached: a hub has at most {MOST} webhooks; archive one first")))
}

/// Refuses a webhook that would send the caller more than the caller sees, and one that could send nothing.
async fn expect_within(write: &Write, webhook: &webhook::Model) -> Result<()> {
    let client = write.caller().rows::<client::Entity>().filter(client::Column::Id.eq(webhook.client_id));
    let Some(client) = client.one(write.tx()).await? else {
        return Err(Problem::conflict("the partner system of the webhook is archived: restore it first"));
    };
    let scopes = rules::client_scopes(&client);
    rules::expect_client_within(write.caller(), scopes, None)?;
    if scopes.contains(Scope::ReadExchange) {
        return Ok(());
    }
    let fix = "the partner system does not follow changes: give it the scope `exchange:read` first";
    Err(Problem::invalid("/client_id", "not_applicable", fix))
}

/// Narrows the list of webhooks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhookFilter {
    /// Any of these states.
    #[serde(default)]
    #[param(inline, max_items = 3)]
    pub state: Vec<WebhookState>,
    /// Any of these partner systems.
    #[serde(default)]
    #[param(max_items = 50)]
    pub client_id: Vec<Uuid>,
    /// Words that the name contains, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "music")]
    pub q: Option<String>,
}

impl Filter<webhook::Entity> for WebhookFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(any_of(webhook::Column::State, &self.state))
            .add_option(any_of(webhook::Column::ClientId, &self.client_id))
            .add_option(contains(webhook::Column::NameKey, self.q.as_deref()))
    }
}

routes! {
    ReadExchange: list_webhooks, count_webhooks, get_webhook;
    WriteExchange: update_webhook, archive_webhook, restore_webhook, pause_webhook, resume_webhook;
    ReadExchange: list_webhook_history;
}

/// Lists the webhooks.
#[utoipa::path(get, path = "/webhooks", params(List<Webhook>), responses((status = 200, body = Page<Webhook>)))]
async fn list_webhooks(can: Can<ReadExchange>, list: List<Webhook>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the webhooks by one or two of their fields.
#[utoipa::path(get, path = "/webhooks/counts", params(CountBy<Webhook>), responses((status = 200, body = Counts)))]
async fn count_webhooks(can: Can<ReadExchange>, by: CountBy<Webhook>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a webhook.
#[utoipa::path(get, path = "/webhooks/{id}", params(Show<Webhook>), responses((status = 200, body = Webhook)))]
async fn get_webhook(can: Can<ReadExchange>, id: Id, show: Show<Webhook>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a webhook.
///
/// What waits to be sent goes to the address, and is signed with the secrets, of the moment of sending. New filters
/// count for changes that have no delivery yet.
#[utoipa::path(patch, path = "/webhooks/{id}", responses((status = 200, body = Webhook)))]
async fn update_webhook(can: Can<WriteExchange>, id: Id, patch: Patch<NewWebhook>) -> Result<Reply> {
    crud::update::<Webhook>(&can, id.0, patch).await
}

/// Archives a webhook: it sends nothing more.
#[utoipa::path(delete, path = "/webhooks/{id}", responses((status = 204)))]
async fn archive_webhook(can: Can<WriteExchange>, id: Id) -> Result<Reply> {
    crud::archive::<Webhook>(&can, id.0).await
}

/// Takes a webhook out of the archive. It goes on from where it stopped.
#[utoipa::path(post, path = "/webhooks/{id}/restore", responses((status = 200, body = Webhook)))]
async fn restore_webhook(can: Can<WriteExchange>, id: Id) -> Result<Reply> {
    crud::restore::<Webhook>(&can, id.0).await
}

/// Stops a webhook.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/pause",
    request_body = Option<Reason>,
    responses((status = 200, body = Webhook)),
)]
async fn pause_webhook(can: Can<WriteExchange>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Webhook>(&can, id.0, &PAUSE, body.value.reason).await
}

/// Lets a webhook send again.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/resume",
    request_body = Option<Reason>,
    responses((status = 200, body = Webhook)),
)]
async fn resume_webhook(can: Can<WriteExchange>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Webhook>(&can, id.0, &RESUME, body.value.reason).await
}

/// Lists what was changed of a webhook.
#[utoipa::path(get, path = "/webhooks/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_webhook_history(can: Can<ReadExchange>, id: Id, query: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Webhook>(&can, id.0, &query).await
}
