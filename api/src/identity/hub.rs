//! The caller's hub, and the hubs of the platform.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::identity::grant::Role;
use entity::identity::hub::{self, AuditGate};
use entity::list::{List as Items, Strings};
use entity::row::Meta;
use entity::schools::school::SchoolKind;
use sea_orm::QueryFilter;
use serde::Serialize;
use utoipa::ToSchema;

use super::user_forms::{FirstGrant, NewUser, OneTimePassword};
use super::{rules, store, user, user_forms};
use crate::kernel::base::request::RequestMeta;
use crate::kernel::caller::identity::Identity;
use crate::kernel::edge::auth::Secret;
use crate::kernel::prelude::*;

/// The code of a local authority: three digits.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{3}$", max_length = 3, example = "855")]
pub struct LaCode(#[expect(dead_code, reason = "it is the schema of a text")] String);

record! {
    /// A music education hub.
    Hub from HubChange in hub {
        /// The hub's name.
        #[schema(min_length = 1, max_length = 200, example = "Leicester-Shire Music Education Hub")]
        name: String,
        /// The codes of its local authorities, three digits each.
        #[schema(value_type = Vec<LaCode>, max_items = 50, example = json!(["855", "856"]))]
        la_codes: Strings,
        /// The organisation that leads it.
        #[schema(min_length = 1, max_length = 200, example = "Leicester-Shire Schools Music Service")]
        lead_organisation: Option<String>,
        /// The kinds of school that it counts.
        #[schema(value_type = Vec<SchoolKind>, max_items = 10, example = json!(["school"]))]
        kinds_in_scope: Items<SchoolKind>,
        /// What the hub's front ends keep for all its users. The service does not read it.
        #[schema(value_type = Object, example = json!({ "colour": "plum" }))]
        settings: Value,
        /// Whether a school must have a visit audit before its first visit is confirmed.
        audit_gate: AuditGate,
        /// For how many days a school may answer the report of a visit: the day on which it is shared is not counted.
        #[schema(minimum = 1, maximum = 90, example = 14)]
        report_answer_days: i32,
    }
    initial { slug: String::new(), name_key: String::new(), demo: false }
    computed {
        /// Its short name in addresses and at sign-in; it never changes.
        #[schema(max_length = 60, example = "leicester-shire")]
        slug: String,
        /// True if it is the demonstration.
        #[schema(example = false)]
        demo: bool,
    }
}

/// A new hub with its first user.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHub {
    /// Its short name in addresses and at sign-in, unique on the platform; it never changes.
    #[schema(min_length = 2, max_length = 60, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "rutland")]
    pub slug: String,
    /// The hub's name.
    #[schema(min_length = 1, max_length = 200, example = "Rutland Music Education Hub")]
    pub name: String,
    /// The codes of its local authorities, three digits each.
    #[serde(default)]
    #[schema(value_type = Vec<LaCode>, max_items = 50, example = json!(["857"]))]
    pub la_codes: Vec<String>,
    /// The organisation that leads it.
    #[schema(min_length = 1, max_length = 200, example = "Rutland County Council")]
    pub lead_organisation: Option<String>,
    /// Who administers it at first.
    pub first_user: FirstUser,
}

/// The first user of a new hub.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstUser {
    /// The e-mail address to sign in with.
    #[schema(format = Email, example = "head@rutland.example")]
    pub email: String,
    /// The person's name.
    #[schema(min_length = 1, max_length = 200, example = "Ruth Landor")]
    pub name: String,
    /// What the user does: one of head_of_service, business_manager and administrator.
    #[schema(example = "head_of_service")]
    pub role: Role,
}

/// A new hub with the password of its first user, which is shown this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct HubMade {
    /// The hub's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The hub.
    pub hub: Hub,
    /// How its first user signs in.
    pub first_user: OneTimePassword,
}

impl Resource for Hub {
    type Entity = hub::Entity;
    type Form = HubChange;
    type Filter = HubFilter;

    const PATH: &'static str = "/hubs";
    const READ: Scope = Scope::ReadIdentity;
    const SORTS: &'static [(&'static str, hub::Column)] =
        &[("name", hub::Column::NameKey), ("updated_at", hub::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["lead_organisation"];
    const COUNTS: &'static [&'static str] = &["demo"];

    fn faults(form: &HubChange) -> Vec<Fault> {
        let mut faults = la_faults(&form.la_codes);
        if !form.settings.is_object() || form.settings.to_string().len() > 20_000 {
            let fix = "an object of at most 20,000 characters of JSON";
            faults.push(Fault::new("/settings", "settings", fix));
        }
        faults
    }

    fn complete(row: &mut hub::Model) {
        row.name_key = search_key(&row.name);
    }

    fn keys(row: &hub::Model) -> Value {
        json!({ "slug": row.slug })
    }
}

fn la_faults(codes: &[String]) -> Vec<Fault> {
    let three = |code: &String| code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    let wrong = codes.iter().enumerate().filter(|(_, code)| !three(code));
    wrong.map(|(index, _)| Fault::new(format!("/la_codes/{index}"), "la_code", "three digits")).collect()
}

/// Narrows the list of hubs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HubFilter {
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "rut")]
    pub q: Option<String>,
}

impl Filter<hub::Entity> for HubFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(contains(hub::Column::NameKey, self.q.as_deref()))
    }
}

routes! {
    ReadIdentity: get_own_hub, list_own_hub_history;
    ReadHubs: list_hubs, count_hubs, get_hub;
    WriteIdentity: update_own_hub;
    WriteHubs: create_hub;
}

/// Gets the caller's hub.
#[utoipa::path(
    get,
    path = "/hub",
    params(("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = Hub)),
)]
async fn get_own_hub(can: Can<ReadIdentity>) -> Result<Reply> {
    let own = can.rows::<hub::Entity>().filter(hub::Column::Id.eq(can.hub_id));
    let own = own.one(can.db().read()).await?.ok_or_else(Problem::not_found)?;
    crud::item::<Hub>(&own)
}

/// Changes the caller's hub.
///
/// If `kinds_in_scope` changes, `in_scope` of the hub's schools is computed again, except for
/// schools that have a `scope_reason`. The history of each school that changes says so. The kinds
/// cannot change while an import of the hub runs (409).
#[utoipa::path(patch, path = "/hub", request_body = HubChange, responses((status = 200, body = Hub)))]
async fn update_own_hub(can: Can<WriteIdentity>, patch: Patch<HubChange>) -> Result<Reply> {
    crud::update::<Hub>(&can, can.hub_id, patch).await
}

/// Lists what was changed of the caller's hub.
#[utoipa::path(get, path = "/hub/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_own_hub_history(can: Can<ReadIdentity>, query: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Hub>(&can, can.hub_id, &query).await
}

/// Lists the hubs of the platform.
#[utoipa::path(get, path = "/hubs", params(List<Hub>), responses((status = 200, body = Page<Hub>)))]
async fn list_hubs(can: Can<ReadHubs>, list: List<Hub>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the hubs of the platform by one or two of their fields.
#[utoipa::path(get, path = "/hubs/counts", params(CountBy<Hub>), responses((status = 200, body = Counts)))]
async fn count_hubs(can: Can<ReadHubs>, by: CountBy<Hub>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a hub of the platform.
#[utoipa::path(get, path = "/hubs/{id}", params(Show<Hub>), responses((status = 200, body = Hub)))]
async fn get_hub(can: Can<ReadHubs>, id: Id, show: Show<Hub>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Creates a hub with its first user.
///
/// The reply holds a one-time password for that user. It is shown once, signs in once within 72
/// hours, and is not kept for an `Idempotency-Key`: a repeated request is 409. Of the roles that
/// the first user may have, only `head_of_service` can create users of every role. Everything
/// written belongs to the new hub, its change log included.
#[utoipa::path(post, path = "/hubs", responses((status = 201, body = HubMade)))]
async fn create_hub(can: Can<WriteHubs>, form: Json<NewHub>) -> Result<Reply> {
    let form = form.into_inner();
    if !matches!(form.first_user.role, Role::HeadOfService | Role::BusinessManager | Role::Administrator) {
        let fix = "one of head_of_service, business_manager and administrator";
        return Err(Problem::invalid("/first_user/role", "not_applicable", fix));
    }
    let secret = Secret::random();
    let hash = can.state().auth().passwords.hash(&secret).await?;
    let hub_id = Uuid::now_v7();
    // Within the new hub it is the platform's administrator who acts.
    let identity = Identity { actor: can.actor, ..Identity::system(hub_id) };
    let asked = can.request();
    let request = RequestMeta {
        id: asked.id.clone(),
        route: asked.route.clone(),
        idempotency_key: asked.idempotency_key.clone(),
        key_hub_id: Some(can.hub_id),
        body_digest: asked.body_digest.clone(),
        ..RequestMeta::default()
    };
    let founder = Caller::new(Arc::new(identity), Scope::WriteHubs, Arc::new(request), can.state().clone())?;
    Write::run(&founder, async |write| {
        let NewHub { slug, name, la_codes, lead_organisation, first_user } = form.clone();
        let FirstUser { email, name: person, role } = first_user;
        let hub = make(write, slug, name, la_codes, lead_organisation).await?;
        let grant = Some(FirstGrant::of(role, None));
        let new = NewUser { email, person_id: None, name: Some(person), grant, invitation: false };
        let first = user_forms::make(write, new, None).await.map_err(below_first_user)?;
        let first = user::set_password(write, first, &hash, true).await?;
        let made = HubMade { id: hub.id, hub: Hub::from(&hub), first_user: OneTimePassword::new(&first, &secret) };
        let reply = Reply::json(StatusCode::CREATED, &made)?.version(hub.version);
        Ok(reply.with(LOCATION, Hub::location(hub.id)).secret())
    })
    .await
}

fn below_first_user(problem: Problem) -> Problem {
    if problem.errors().is_empty() {
        return problem;
    }
    let faults = problem.errors().iter().map(|fault| Fault {
        pointer: format!("/first_user{}", fault.pointer.trim_start_matches("/grant")),
        ..fault.clone()
    });
    Problem::faults(faults.collect())
}

/// Makes the hub that the caller of this write belongs to.
///
/// # Errors
/// 422 for what is wrong, 409 for a slug that is taken.
pub async fn make(
    write: &mut Write,
    slug: String,
    name: String,
    la_codes: Vec<String>,
    lead_organisation: Option<String>,
) -> Result<hub::Model> {
    let mut faults = la_faults(&la_codes);
    if !rules::is_slug(&slug) {
        let fix = "lower-case letters and digits, with single hyphens between";
        faults.push(Fault::new("/slug", "slug", fix));
    }
    if name.trim().is_empty() {
        faults.push(Fault::new("/name", "too_short", "the hub needs a name"));
    }
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let hub_id = write.caller().hub_id;
    let Meta { version, created_at, updated_at, .. } = write.meta();
    let row = hub::Model {
        hub_id,
        id: hub_id,
        version,
        created_at,
        updated_at,
        archived_at: None,
        slug,
        name,
        name_key: String::new(),
        la_codes: la_codes.into(),
        lead_organisation,
        kinds_in_scope: vec![SchoolKind::School].into(),
        settings: json!({}),
        audit_gate: AuditGate::Warn,
        report_answer_days: 14,
        demo: false,
    };
    store::add::<Hub>(write, row).await
}
