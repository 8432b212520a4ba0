//! Who somebody is: by e-mail and password, or by a client's secret.
#![expect(clippy::disallowed_methods, reason = "signing in comes before any caller is known")]

use entity::identity::{client, hub, user};
use entity::owned::Owned;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::limit::Attempt;
use super::refusal::Refusal;
use super::session::{self, SignIn};
use super::{rules, store};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::signature::same;
use crate::kernel::caller::permission::ScopeSet;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::edge::auth::Secret;
use crate::kernel::edge::auth::password::Verdict;
use crate::kernel::resource::write::Write;

/// An address may sign in to so many hubs; each costs a hash.
const HUBS: u64 = 5;

/// The refusal where the account was changed after its password was verified.
const CHANGED: &str = "the account was changed meanwhile: sign in again, or ask an administrator if that fails";

/// The refusal of a one-time password that was used or has expired.
const ONE_TIME_OVER: &str =
    "the one-time password was used, or its 72 hours are over: ask an administrator for another one";

/// What somebody signs in with.
pub struct Credentials<'a> {
    /// The e-mail address.
    pub email: &'a str,
    /// The password.
    pub password: &'a Secret,
    /// The hub's slug, where the address signs in to several.
    pub hub: Option<&'a str>,
    /// The grant to use, by id or role.
    pub grant: Option<&'a str>,
    /// What the token is to be used for.
    pub scope: Option<ScopeSet>,
}

/// Signs a person in.
///
/// # Errors
/// `invalid_grant` without saying which part was wrong; 429 over the limits.
pub async fn by_password(state: &State, credentials: Credentials<'_>, address: &str) -> Result<SignIn, Refusal> {
    let (verified, outgrown) = recognise(state, &credentials, address).await?;
    let caller = Caller::system(state.clone(), verified.hub_id);
    let grants = store::grants_in_force(&caller, state.db.read(), verified.id, caller.today()).await?;
    let Some(grant) = rules::choose(&grants, credentials.grant).cloned() else {
        return Err(Refusal::grant(match credentials.grant {
            Some(_) => "the grant named is not held, or does not count today",
            None => "the account holds no grant that counts today",
        }));
    };
    if rules::narrow(ScopeSet::of(grant.role), credentials.scope).is_none() {
        return Err(Refusal::nothing_left());
    }
    let rehashed = if outgrown { Some(state.auth().passwords.hash(credentials.password).await?) } else { None };
    let sign_in = Write::value_of(&caller, async |write| {
        let mut user = write.row::<user::Entity>(verified.id).await?;
        // What was verified may have been reset, used or disabled before the row was locked.
        if user.password_hash != verified.password_hash || user.disabled_at.is_some() {
            return Ok(Err(CHANGED));
        }
        if !rules::password_signs_in(&user, write.now()) {
            return Ok(Err(ONE_TIME_OVER));
        }
        if let Some(hash) = &rehashed {
            user.password_hash = Some(hash.as_str().into());
        }
        if user.must_change_password {
            user.one_time_used_at = Some(write.now());
        }
        if rehashed.is_some() || user.must_change_password {
            write.replace_row::<user::Entity>(&user).await?;
        }
        session::begin(write, user, grant.clone(), credentials.scope).await.map(Ok)
    });
    sign_in.await?.map_err(Refusal::grant)
}

/// The one user whose address and password these are, and whether the hash is outgrown.
async fn recognise(
    state: &State,
    credentials: &Credentials<'_>,
    address: &str,
) -> Result<(user::Model, bool), Refusal> {
    let email = rules::email_key(credentials.email);
    let _slot = state.auth().sign_ins.acquire().await.map_err(Problem::internal)?;
    let users = candidates(state, &email, credentials.hub).await?;
    let attempt = Attempt::begin(state, &email, &users, address).await?;
    let mut found = matching(state, users, credentials.password).await?;
    match found.pop() {
        None => {
            attempt.failed(state).await?;
            Err(Refusal::grant("the e-mail address and the password do not fit together"))
        }
        Some((user, outgrown)) if found.is_empty() => {
            attempt.succeeded(state, &user).await?;
            Ok((user, outgrown))
        }
        Some(_) => Err(Refusal::request("this address signs in to several hubs: send `hub`, its slug")),
    }
}

/// The users of an e-mail address, of any hub or the one named.
async fn candidates(state: &State, email: &str, hub: Option<&str>) -> Result<Vec<user::Model>> {
    let db = state.db.read();
    let mut users = user::Entity::find()
        .filter(user::Column::EmailKey.eq(email))
        .filter(user::Column::ArchivedAt.is_null())
        .order_by_asc(user::Column::Id)
        .limit(HUBS);
    if let Some(slug) = hub {
        let hub = store::hub_named(db, slug).await?;
        users = users.filter(user::Column::HubId.eq(hub.map_or(Uuid::nil(), |hub| hub.id)));
    }
    Ok(users.all(db).await?)
}

/// Those whose password it is, and whether their hash is outgrown. A disabled one takes the same
/// time as another.
async fn matching(state: &State, users: Vec<user::Model>, password: &Secret) -> Result<Vec<(user::Model, bool)>> {
    let db = state.db.read();
    let mut found = Vec::new();
    let mut compared = false;
    for user in users {
        let Some(kept) = &user.password_hash else { continue };
        let verdict = state.auth().passwords.compare(password, Some(kept)).await?;
        compared = true;
        if verdict != Verdict::Wrong && user.disabled_at.is_none() {
            found.push((user, verdict == Verdict::Outgrown));
        }
    }
    if !compared {
        state.auth().passwords.compare(password, None).await?;
    }
    let hubs: Vec<Uuid> = found.iter().map(|(user, _)| user.hub_id).collect();
    if !hubs.is_empty() {
        let gone = hub::Entity::find()
            .filter(hub::Column::Id.is_in(hubs))
            .filter(<hub::Entity as Owned>::archived().is_not_null())
            .all(db)
            .await?;
        found.retain(|(user, _)| gone.iter().all(|hub| hub.id != user.hub_id));
    }
    Ok(found)
}

/// Recognises a partner system. Its secret has 256 bits, so that the right one is never held up:
/// only failures count.
///
/// # Errors
/// `invalid_client`; 429 over the limit.
pub async fn by_client_secret(
    state: &State,
    id: &str,
    given: &Secret,
    address: &str,
) -> Result<client::Model, Refusal> {
    let known = Uuid::try_parse(id).unwrap_or_default();
    let clients = client::Entity::find()
        .filter(client::Column::Id.eq(known))
        .filter(client::Column::ArchivedAt.is_null())
        .filter(client::Column::DisabledAt.is_null());
    match clients.one(state.db.read()).await? {
        Some(client) if same(client.secret_hash.as_bytes(), given.hash()) => Ok(client),
        _ => {
            // The address is part of the name: what fails elsewhere takes no tries away here.
            let attempt = Attempt::begin(state, &format!("client {id} at {address}"), &[], address).await?;
            attempt.failed(state).await?;
            Err(Refusal::client("the client is unknown or its secret another one"))
        }
    }
}

/// Whether a password is the user's own, within the limits on failures.
///
/// # Errors
/// 429 over the limits.
pub async fn is_own_password(state: &State, user: &user::Model, password: &Secret, address: &str) -> Result<bool> {
    let _slot = state.auth().sign_ins.acquire().await.map_err(Problem::internal)?;
    let attempt = Attempt::begin(state, &user.email_key, std::slice::from_ref(user), address).await?;
    let verdict = state.auth().passwords.compare(password, user.password_hash.as_deref()).await?;
    if verdict == Verdict::Wrong {
        attempt.failed(state).await?;
        return Ok(false);
    }
    attempt.succeeded(state, user).await?;
    Ok(true)
}
