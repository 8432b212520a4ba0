//! The caller: who it is, and the own password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use entity::identity::grant::{self, Role};
use entity::identity::{client, hub, user};
use entity::owned::Owned;
use entity::partners::partner;
use entity::people::person;
use entity::schools::{school, school_group};
use sea_orm::{QueryFilter, QuerySelect};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

use super::grant::Grant;
use super::user::{User, with_password};
use super::{rules, sign_in, store};
use crate::kernel::base::request::RequestMeta;
use crate::kernel::caller::identity::{Actor, Identity};
use crate::kernel::caller::state::State;
use crate::kernel::edge::auth::{Secret, SignedIn};
use crate::kernel::edge::limits::client_address;
use crate::kernel::prelude::*;

/// Who is calling, and what it may do.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The user; a partner system has none.
    pub user: Option<MyUser>,
    /// The partner system, if it is one.
    pub client: Option<MyClient>,
    /// The hub.
    pub hub: MyHub,
    /// The grant in use; a partner system has none.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub grant_id: Option<Uuid>,
    /// The role of the grant in use.
    #[schema(example = "head_of_service")]
    pub role: Option<Role>,
    /// The codes by which plans name the role of the grant in use: the caller leads, monitors and
    /// decides where a plan's `role_code` is one of them. The schema of `role` lists the codes of
    /// each role.
    #[schema(value_type = Vec<PlanCode>, max_items = 10, example = json!(["HoS"]))]
    pub role_codes: Vec<&'static str>,
    /// The grants that count today, the first of them first. Another one is taken at
    /// `POST /auth/token` with `grant_type=refresh_token` and `grant`.
    #[schema(max_items = 100)]
    pub grants: Vec<MyGrant>,
    /// What the token may be used for.
    #[schema(value_type = Vec<Scope>, max_items = 60, example = json!(["schools:read", "plans:read"]))]
    pub scopes: Vec<String>,
}

/// A grant of the caller, with the name of what it reaches.
#[derive(Serialize, ToSchema)]
pub struct MyGrant {
    /// The grant itself.
    #[serde(flatten)]
    pub grant: Grant,
    /// The name of the school.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: Option<String>,
    /// The name of the group.
    #[schema(max_length = 200, example = json!(null))]
    pub school_group_name: Option<String>,
    /// The name of the partner.
    #[schema(max_length = 200, example = json!(null))]
    pub partner_name: Option<String>,
}

/// A code by which plans name the holders of a role.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 40, example = "HoS")]
pub struct PlanCode(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// The user who is calling.
#[derive(Serialize, ToSchema)]
pub struct MyUser {
    /// The user's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The person's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// The person's name.
    #[schema(max_length = 200, example = "Henrietta Bell")]
    pub name: String,
    /// The e-mail address to sign in with.
    #[schema(format = Email, example = "h.bell@hub.example")]
    pub email: String,
    /// True if the password has to be changed before anything else.
    #[schema(example = false)]
    pub must_change_password: bool,
}

/// The partner system that is calling.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyClient {
    /// The client's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What people call it.
    #[schema(max_length = 120, example = "Music service database")]
    pub name: String,
    /// One more with each change of the client, of its scopes among others: what a follower of the
    /// change feed compares to learn that it may see other things than before.
    #[schema(minimum = 1, example = 3)]
    pub version: i64,
}

/// The caller's hub.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyHub {
    /// The hub's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// Its short name.
    #[schema(max_length = 60, example = "leicester-shire")]
    pub slug: String,
    /// Its name.
    #[schema(max_length = 200, example = "Leicester-Shire Music Education Hub")]
    pub name: String,
}

/// A new password of one's own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password so far.
    #[schema(value_type = String, format = Password, max_length = 1000, example = "viola otter quarry lantern")]
    pub old_password: Secret,
    /// The new one: 12 to 128 characters, and none that is easily guessed or made of the hub's name,
    /// the person's name or the e-mail address.
    #[schema(
        value_type = String,
        format = Password,
        min_length = 12,
        max_length = 128,
        example = "oboe harvest teapot glacier",
    )]
    pub new_password: Secret,
}

routes! { SignedIn: get_me, change_my_password }

/// Says who is calling.
#[utoipa::path(get, path = "/me", responses((status = 200, body = Me)))]
async fn get_me(me: SignedIn, state: web::Data<State>) -> Result<Reply> {
    let identity = &me.0.identity;
    // What concerns the caller alone asks for no scope: it is read as the service itself would.
    let caller = Caller::system(State::clone(&state), identity.hub_id);
    let db = caller.db().snapshot().await?;
    let hub = caller.rows::<hub::Entity>().filter(hub::Column::Id.eq(identity.hub_id));
    let hub = hub.one(&db).await?.ok_or_else(Problem::not_found)?;
    let mut reply = Me {
        user: None,
        client: None,
        hub: MyHub { id: hub.id, slug: hub.slug, name: hub.name },
        grant_id: None,
        role: identity.role,
        role_codes: identity.role.into_iter().flat_map(Role::codes).collect(),
        grants: Vec::new(),
        scopes: identity.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
    };
    match identity.actor {
        Actor::User { user_id, grant_id, person_id } => {
            let user = caller.rows::<user::Entity>().filter(user::Column::Id.eq(user_id));
            let user = user.one(&db).await?.ok_or_else(Problem::not_found)?;
            let person = caller.rows_archived::<person::Entity>().filter(person::Column::Id.eq(person_id));
            let person = person.one(&db).await?.ok_or_else(Problem::not_found)?;
            let grants = store::grants_in_force(&caller, &db, user_id, caller.today()).await?;
            reply.grants = named(&caller, &db, &grants).await?;
            reply.grant_id = Some(grant_id);
            reply.user = Some(MyUser {
                id: user_id,
                person_id,
                name: person.name,
                email: user.email,
                must_change_password: user.must_change_password,
            });
        }
        Actor::Client { client_id } => {
            let client = caller.rows::<client::Entity>().filter(client::Column::Id.eq(client_id));
            let client = client.one(&db).await?.ok_or_else(Problem::not_found)?;
            reply.client = Some(MyClient { id: client.id, name: client.name, version: client.version });
        }
        Actor::System => {}
    }
    Reply::ok(&reply)
}

/// The grants with the names of what they reach. Holders of a grant know what it is for, even if they see nothing else.
async fn named(caller: &Caller, db: &impl ConnectionTrait, grants: &[grant::Model]) -> Result<Vec<MyGrant>> {
    let schools = names::<school::Entity>(caller, db, school::Column::Name, grants.iter().map(|it| it.school_id));
    let schools = schools.await?;
    let groups = grants.iter().map(|it| it.school_group_id);
    let groups = names::<school_group::Entity>(caller, db, school_group::Column::Name, groups).await?;
    let partners = grants.iter().map(|it| it.partner_id);
    let partners = names::<partner::Entity>(caller, db, partner::Column::Name, partners).await?;
    let name = |of: &HashMap<Uuid, String>, id: Option<Uuid>| id.and_then(|id| of.get(&id).cloned());
    let told = |grant: &grant::Model| MyGrant {
        grant: grant.into(),
        school_name: name(&schools, grant.school_id),
        school_group_name: name(&groups, grant.school_group_id),
        partner_name: name(&partners, grant.partner_id),
    };
    Ok(grants.iter().map(told).collect())
}

/// The names of the rows with some ids; no statement where there are none.
async fn names<E: Owned>(
    caller: &Caller,
    db: &impl ConnectionTrait,
    name: E::Column,
    ids: impl Iterator<Item = Option<Uuid>>,
) -> Result<HashMap<Uuid, String>> {
    let ids: Vec<Uuid> = ids.flatten().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = caller.rows_archived::<E>().filter(E::id().is_in(ids)).select_only().columns([E::id(), name]);
    Ok(rows.into_tuple::<(Uuid, String)>().all(db).await?.into_iter().collect())
}

/// Changes one's own password.
///
/// All other sign-ins of the user end; this one continues. A wrong `old_password` counts as a
/// failed sign-in.
#[utoipa::path(post, path = "/me/password", responses((status = 204)))]
async fn change_my_password(
    me: SignedIn,
    request: HttpRequest,
    state: web::Data<State>,
    form: Json<PasswordChange>,
) -> Result<Reply> {
    let form = form.into_inner();
    let caller = oneself(&me, &request, &state)?;
    let Some(user_id) = me.0.identity.actor.user_id() else {
        return Err(Problem::forbidden("a partner system has no password: rotate its secret"));
    };
    let db = caller.db().read();
    let user = caller.rows::<user::Entity>().filter(user::Column::Id.eq(user_id));
    let user = user.one(db).await?.ok_or_else(Problem::not_found)?;
    let address = client_address(&request, &state.settings).to_string();
    if !sign_in::is_own_password(&state, &user, &form.old_password, &address).await? {
        return Err(Problem::invalid("/old_password", "wrong", "this is not your password"));
    }
    if form.old_password == form.new_password {
        return Err(Problem::invalid("/new_password", "same", "choose a password other than the current one"));
    }
    if rules::one_time_is_over(&user, caller.now()) {
        let message = "its 72 hours are over: ask an administrator of the hub for another one";
        return Err(Problem::invalid("/old_password", "expired", message));
    }
    let passwords = &state.auth().passwords;
    let hints = store::password_hints(&caller, &user).await?;
    passwords.check(&form.new_password, hints, "/new_password").await?;
    let hash = passwords.hash(&form.new_password).await?;
    let done = Write::run(&caller, async |write| {
        let before = write.row::<user::Entity>(user_id).await?;
        if before.password_hash != user.password_hash {
            return Err(Problem::conflict("the password has changed: sign in again"));
        }
        store::change::<User>(write, &before, with_password(&before, &hash), Operation::Verb("change_password"))
            .await?;
        let reason = "the password was changed";
        store::revoke_sessions(write, user_id, me.0.claims.sid, reason).await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    });
    let done = done.await;
    state.auth().authenticator.invalidate();
    done
}

/// The caller, free to read and change its own data under any role.
fn oneself(me: &SignedIn, request: &HttpRequest, state: &State) -> Result<Caller> {
    let identity = &me.0.identity;
    let own = Identity { actor: identity.actor, ..Identity::system(identity.hub_id) };
    let meta = RequestMeta::of(request)?;
    // A password change answers without a body, and repeating it is refused by itself.
    let meta = RequestMeta { id: meta.id.clone(), ..RequestMeta::default() };
    Caller::new(Arc::new(own), Scope::WriteUsers, Arc::new(meta), state.clone())
}
