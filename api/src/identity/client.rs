//! Partner systems that call the API with a secret of their own.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::concealed::Concealed;
use entity::exchange::webhook;
use entity::identity::client;
use entity::instant::Instant;
use entity::list::Strings;
use serde::Serialize;
use utoipa::ToSchema;

use super::confirm::{ConfirmQuery, ConfirmTransition};
use super::rules;
use super::transition::{DISABLE_CLIENT, ENABLE_CLIENT};
use crate::kernel::caller::identity::Actor;
use crate::kernel::edge::auth::Secret;
use crate::kernel::prelude::*;
use crate::kernel::resource::traits::Form;
use crate::kernel::resource::transition::{self, Action};

record! {
    /// A partner system that calls the API on its own.
    Client from NewClient in client {
        /// What people call it.
        #[schema(min_length = 1, max_length = 120, example = "Music service database")]
        name: String,
        /// What it may do, within what you may do yourself over the whole hub. `hubs:read` and
        /// `hubs:write` exist in the hub `platform` only.
        #[schema(
            value_type = Vec<Scope>,
            min_items = 1,
            max_items = 60,
            example = json!(["schools:read", "schools:write"]),
        )]
        scopes: Strings,
        /// The system whose keys (`external_ids`) it may write; without one it writes no keys.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_-]*$", example = "paritor")]
        system: Option<String>,
    }
    initial {
        name_key: String::new(),
        secret_hash: Concealed::from(""),
        disabled_at: None,
        tokens_valid_from: Instant::default(),
        token_generation: 0,
    }
    computed {
        /// When the client was disabled; absent while it is enabled.
        disabled_at: Option<Instant>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// A client with its secret, which is shown this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct ClientSecret {
    /// The client's id: the `client_id` at the token endpoint.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The `client_secret` at the token endpoint.
    #[schema(max_length = 128, example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA")]
    pub client_secret: String,
    /// The client.
    pub client: Client,
}

impl Resource for Client {
    type Entity = client::Entity;
    type Form = NewClient;
    type Filter = ClientFilter;

    const PATH: &'static str = "/clients";
    const READ: Scope = Scope::ReadIdentity;
    const SORTS: &'static [(&'static str, client::Column)] =
        &[("name", client::Column::NameKey), ("updated_at", client::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["name"];
    const COUNTS: &'static [&'static str] = &["system"];
    const EXPANDS: &'static [&'static str] = &["actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[client::Model],
    ) -> Result<Vec<Value>> {
        transition::actions::<Self>(caller, db, rows).await
    }

    fn faults(form: &NewClient) -> Vec<Fault> {
        let unknown = form.scopes.iter().enumerate().filter(|(_, name)| Scope::named(name).is_none());
        unknown
            .map(|(index, name)| {
                let known = Scope::ALL.iter().map(|scope| scope.as_str());
                let nearest = crate::kernel::base::nearest::nearest(name, known);
                let fix = nearest.map_or_else(
                    || "one of the scopes that the API document lists".to_owned(),
                    |nearest| format!("did you mean `{nearest}`?"),
                );
                Fault::new(format!("/scopes/{index}"), "unknown_value", fix)
            })
            .collect()
    }

    fn complete(row: &mut client::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &client::Model) -> Value {
        json!({ "name": row.name })
    }

    fn referenced_by(row: &client::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default().by::<webhook::Entity>(webhook::Column::ClientId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, client::Model>) -> Result<()> {
        if step.operation == Operation::Create || step.before.is_some_and(|before| before.scopes != step.after.scopes) {
            let faults = rules::client_faults(step.after);
            if !faults.is_empty() {
                return Err(Problem::faults(faults));
            }
        }
        let caller = write.caller();
        let oneself = step.before.is_some_and(|before| caller.actor == Actor::Client { client_id: before.id });
        let takes_access = [Operation::Archive, Operation::Verb(DISABLE_CLIENT.name), ROTATE].contains(&step.operation);
        rules::expect_confirmed(oneself && takes_access, caller.request().confirms_self)?;
        for client in step.before.into_iter().chain([&*step.after]) {
            rules::expect_client_within(caller, rules::client_scopes(client), client.system.as_deref())?;
        }
        Ok(())
    }
}

/// The operation that gives a client a new secret.
const ROTATE: Operation = Operation::Verb("rotate_secret");

/// Narrows the list of clients.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClientFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "music")]
    pub q: Option<String>,
}

impl Filter<client::Entity> for ClientFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(contains(client::Column::NameKey, self.q.as_deref()))
    }
}

routes! {
    ReadIdentity: list_clients, count_clients, get_client;
    WriteIdentity:
        create_client, update_client, archive_client, restore_client, disable_client, enable_client,
        rotate_client_secret;
    ReadIdentity: list_client_history;
}

/// Lists the clients.
#[utoipa::path(get, path = "/clients", params(List<Client>), responses((status = 200, body = Page<Client>)))]
async fn list_clients(can: Can<ReadIdentity>, list: List<Client>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the partner systems by one or two of their fields.
#[utoipa::path(get, path = "/clients/counts", params(CountBy<Client>), responses((status = 200, body = Counts)))]
async fn count_clients(can: Can<ReadIdentity>, by: CountBy<Client>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a client.
///
/// The reply holds the client's secret. It is shown once and not kept for an `Idempotency-Key`.
#[utoipa::path(post, path = "/clients", responses((status = 201, body = ClientSecret)))]
async fn create_client(can: Can<WriteIdentity>, form: Json<NewClient>) -> Result<Reply> {
    let form = form.into_inner();
    Write::run(&can, async |write| {
        let made = make(write, form.clone()).await?;
        let location = Client::location(made.id);
        let version = made.client.version;
        let reply = Reply::json(StatusCode::CREATED, &made)?.with(LOCATION, location);
        Ok(reply.version(version).secret())
    })
    .await
}

/// Makes a client with a new secret.
///
/// # Errors
/// 422 for unknown scopes and scopes of another hub, 403 for scopes that the caller does not have.
pub async fn make(write: &mut Write, form: NewClient) -> Result<ClientSecret> {
    let faults = Client::faults(&form);
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let secret = Secret::random();
    let mut row = form.into_row(write.meta_of::<client::Entity>());
    row.secret_hash = secret.hash().into();
    let row = write.store::<Client>(None, row, Operation::Create).await?;
    Ok(shown(&row, &secret))
}

fn shown(row: &client::Model, secret: &Secret) -> ClientSecret {
    let client_secret = secret.reveal().to_owned();
    ClientSecret { id: row.id, client_secret, client: Client::from(row) }
}

/// Gets a client.
#[utoipa::path(get, path = "/clients/{id}", params(Show<Client>), responses((status = 200, body = Client)))]
async fn get_client(can: Can<ReadIdentity>, id: Id, show: Show<Client>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a client.
#[utoipa::path(patch, path = "/clients/{id}", responses((status = 200, body = Client)))]
async fn update_client(can: Can<WriteIdentity>, id: Id, patch: Patch<NewClient>) -> Result<Reply> {
    let done = crud::update::<Client>(&can, id.0, patch).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Archives a client: its tokens are refused.
#[utoipa::path(delete, path = "/clients/{id}", params(ConfirmQuery), responses((status = 204)))]
async fn archive_client(can: Can<WriteIdentity>, id: Id, _confirm: Query<ConfirmQuery>) -> Result<Reply> {
    let done = crud::archive::<Client>(&can, id.0).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Takes a client out of the archive.
#[utoipa::path(post, path = "/clients/{id}/restore", responses((status = 200, body = Client)))]
async fn restore_client(can: Can<WriteIdentity>, id: Id) -> Result<Reply> {
    crud::restore::<Client>(&can, id.0).await
}

/// Disables a client: its tokens are refused, and it gets no new ones.
#[utoipa::path(post, path = "/clients/{id}/disable", params(ConfirmQuery), responses((status = 200, body = Client)))]
async fn disable_client(can: Can<WriteIdentity>, id: Id, _confirm: Query<ConfirmTransition>) -> Result<Reply> {
    let done = crud::transition::<Client>(&can, id.0, &DISABLE_CLIENT, None).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Lets a disabled client call again.
#[utoipa::path(post, path = "/clients/{id}/enable", responses((status = 200, body = Client)))]
async fn enable_client(can: Can<WriteIdentity>, id: Id) -> Result<Reply> {
    crud::transition::<Client>(&can, id.0, &ENABLE_CLIENT, None).await
}

/// Gives a client a new secret, which is shown this once.
///
/// The old secret no longer works, and tokens that are already issued are refused.
#[utoipa::path(
    post,
    path = "/clients/{id}/rotate-secret",
    params(ConfirmQuery),
    responses((status = 200, body = ClientSecret)),
)]
async fn rotate_client_secret(can: Can<WriteIdentity>, id: Id, _confirm: Query<ConfirmQuery>) -> Result<Reply> {
    let done = Write::run(&can, async |write| {
        let before = write.row::<client::Entity>(id.0).await?;
        write.expect_version::<Client>(&before)?;
        let secret = Secret::random();
        let after = client::Model {
            secret_hash: secret.hash().into(),
            token_generation: before.token_generation + 1,
            ..before.clone()
        };
        let row = write.store::<Client>(Some(before), after, ROTATE).await?;
        Ok(Reply::ok(&shown(&row, &secret))?.version(row.version).secret())
    });
    let done = done.await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Lists what was changed of a client.
#[utoipa::path(get, path = "/clients/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_client_history(can: Can<ReadIdentity>, id: Id, query: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Client>(&can, id.0, &query).await
}
