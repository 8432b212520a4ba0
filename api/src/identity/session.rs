//! Sign-ins that last: families of refresh tokens, each used once.
#![expect(clippy::disallowed_methods, reason = "a refresh token is looked up before its hub is known")]

use std::time::Duration;

use entity::identity::{grant, refresh_token, session, user};
use entity::instant::Instant;
use entity::row::Row;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{rules, store};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::ScopeSet;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::edge::auth::Secret;
use crate::kernel::resource::job::Kind;
use crate::kernel::resource::write::Write;

/// A sign-in ends after so long, however often it was refreshed.
const LIFETIME: Duration = Duration::from_hours(14 * 24);

/// A sign-in with all that a token is made of.
pub struct SignIn {
    /// Who signed in.
    pub user: user::Model,
    /// The grant in use.
    pub grant: grant::Model,
    /// The sign-in.
    pub session: session::Model,
    /// What opens it next time.
    pub refresh_token: Secret,
}

/// What a refresh came to. A refusal that revokes is committed like a success.
enum Outcome {
    Issued(Box<SignIn>),
    Refused(&'static str),
}

/// Begins a sign-in with a grant; `scope` is what was asked for, if less than all.
pub async fn begin(write: &Write, user: user::Model, grant: grant::Model, scope: Option<ScopeSet>) -> Result<SignIn> {
    let meta = write.meta();
    let latest = write.now() + LIFETIME;
    // What began with a one-time password ends with it.
    let one_time = user.one_time_expires_at.filter(|_| user.must_change_password);
    let session = session::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        user_id: user.id,
        grant_id: grant.id,
        scope: scope.map(|scope| scope.to_string()),
        expires_at: one_time.map_or(latest, |expires_at| expires_at.min(latest)),
        revoked_at: None,
        revoked_reason: None,
    };
    write.insert_rows::<session::Entity>(&[&session]).await?;
    let refresh_token = issue(write, &session, None).await?;
    Ok(SignIn { user, grant, session, refresh_token })
}

async fn issue(write: &Write, session: &session::Model, parent: Option<&str>) -> Result<Secret> {
    let token = Secret::random();
    let row = refresh_token::ActiveModel {
        hash: ActiveValue::Set(token.hash().into()),
        hub_id: ActiveValue::Set(session.hub_id),
        session_id: ActiveValue::Set(session.id),
        parent_hash: ActiveValue::Set(parent.map(Into::into)),
        successor_hash: ActiveValue::Set(None),
        created_at: ActiveValue::Set(write.now()),
        expires_at: ActiveValue::Set(session.expires_at),
        used_at: ActiveValue::Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(write.tx()).await?;
    if let Some(parent) = parent {
        refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::UsedAt, Expr::value(write.now()))
            .col_expr(refresh_token::Column::SuccessorHash, Expr::value(token.hash()))
            .filter(refresh_token::Column::Hash.eq(parent))
            .exec(write.tx())
            .await?;
    }
    Ok(token)
}

/// Goes on with a sign-in: gives a new refresh token for the old one, with another grant if one
/// is named.
///
/// # Errors
/// An error of the database. The reason why a token opens nothing comes as `Ok(Err(..))`.
pub async fn refresh(
    state: &State,
    token: &Secret,
    named: Option<&str>,
) -> Result<std::result::Result<SignIn, &'static str>> {
    const UNKNOWN: &str = "the refresh token is unknown, used or out of date";
    let hash = token.hash();
    let known = refresh_token::Entity::find_by_id(hash.as_str()).one(state.db.read()).await?;
    let Some(known) = known else { return Ok(Err(UNKNOWN)) };
    let caller = Caller::system(state.clone(), known.hub_id);
    let outcome = Write::value_of(&caller, async |write| renew(write, known.session_id, &hash, named).await);
    Ok(match outcome.await? {
        Outcome::Issued(sign_in) => Ok(*sign_in),
        Outcome::Refused(why) => {
            // Its access tokens may have been revoked with it.
            state.auth().authenticator.invalidate();
            Err(why)
        }
    })
}

async fn renew(write: &mut Write, session_id: Uuid, hash: &str, named: Option<&str>) -> Result<Outcome> {
    let caller = write.caller().clone();
    let (now, today) = (write.now(), caller.today());
    // The family is locked by its session, so that of two uses of one token one comes first.
    let session = write.row::<session::Entity>(session_id).await?;
    let token = refresh_token::Entity::find_by_id(hash).one(write.tx()).await?;
    let Some(token) = token else {
        return Ok(Outcome::Refused("the refresh token is unknown, used or out of date"));
    };
    if session.revoked_at.is_some() || session.expires_at <= now || token.expires_at <= now {
        return Ok(Outcome::Refused("the sign-in was ended or is out of date"));
    }
    if is_reused(write, &token).await? {
        revoke(write, &session, "a refresh token was used again").await?;
        return Ok(Outcome::Refused("the refresh token was used before; the sign-in is ended, since it may be stolen"));
    }
    let user = caller.rows::<user::Entity>().filter(user::Column::Id.eq(session.user_id));
    let user = user.filter(user::Column::DisabledAt.is_null()).one(write.tx()).await?;
    let Some(user) = user else {
        return Ok(Outcome::Refused("the account cannot sign in"));
    };
    let grants = store::grants_in_force(&caller, write.tx(), user.id, today).await?;
    let current = session.grant_id.to_string();
    let Some(grant) = rules::choose(&grants, Some(named.unwrap_or(&current))).cloned() else {
        return Ok(Outcome::Refused("the grant is not held, or does not count today"));
    };
    let session = if grant.id == session.grant_id {
        session
    } else {
        let session = session::Model { grant_id: grant.id, ..session };
        write.replace_row::<session::Entity>(&session).await?;
        session
    };
    supersede_siblings(write, &token).await?;
    let refresh_token = issue(write, &session, Some(hash)).await?;
    Ok(Outcome::Issued(Box::new(SignIn { user, grant, session, refresh_token })))
}

/// Whether a token was used before, and not merely because its reply was lost: its successors
/// are all unused then.
async fn is_reused(write: &Write, token: &refresh_token::Model) -> Result<bool> {
    if token.used_at.is_none() {
        return Ok(false);
    }
    // Superseded by another successor of the same parent.
    if token.successor_hash.is_none() {
        return Ok(true);
    }
    let used = of_parent(token.hub_id, token.session_id, &token.hash)
        .filter(refresh_token::Column::UsedAt.is_not_null())
        .limit(1);
    Ok(used.one(write.tx()).await?.is_some())
}

/// Once one successor is used, the others of the same parent are revoked: the holder of one of them
/// got it by using a token that somebody else also has.
async fn supersede_siblings(write: &Write, token: &refresh_token::Model) -> Result<()> {
    let Some(parent) = &token.parent_hash else { return Ok(()) };
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(write.now()))
        .filter(refresh_token::Column::HubId.eq(token.hub_id))
        .filter(refresh_token::Column::SessionId.eq(token.session_id))
        .filter(refresh_token::Column::ParentHash.eq(&**parent))
        .filter(refresh_token::Column::Hash.ne(&*token.hash))
        .filter(refresh_token::Column::UsedAt.is_null())
        .exec(write.tx())
        .await?;
    Ok(())
}

fn of_parent(hub_id: Uuid, session_id: Uuid, parent: &str) -> sea_orm::Select<refresh_token::Entity> {
    refresh_token::Entity::find()
        .filter(refresh_token::Column::HubId.eq(hub_id))
        .filter(refresh_token::Column::SessionId.eq(session_id))
        .filter(refresh_token::Column::ParentHash.eq(parent))
}

async fn revoke(write: &Write, session: &session::Model, reason: &str) -> Result<()> {
    let session = session::Model {
        version: session.version() + 1,
        updated_at: write.now(),
        revoked_at: Some(write.now()),
        revoked_reason: Some(reason.to_owned()),
        ..session.clone()
    };
    write.replace_row::<session::Entity>(&session).await
}

/// Ends the sign-in that a refresh token belongs to; nothing happens when it is unknown.
pub async fn end_by_token(state: &State, token: &Secret) -> Result<bool> {
    let hash = token.hash();
    let known = refresh_token::Entity::find_by_id(hash.as_str()).one(state.db.read()).await?;
    let Some(known) = known else { return Ok(false) };
    end(state, known.hub_id, known.session_id).await?;
    Ok(true)
}

/// Ends a sign-in.
pub async fn end(state: &State, hub_id: Uuid, session_id: Uuid) -> Result<()> {
    let caller = Caller::system(state.clone(), hub_id);
    let done = Write::value_of(&caller, async |write| {
        let session = write.row::<session::Entity>(session_id).await?;
        if session.revoked_at.is_none() {
            revoke(write, &session, "signed out").await?;
        }
        Ok(())
    });
    done.await?;
    state.auth().authenticator.invalidate();
    Ok(())
}

/// Forgets sign-ins that ended long ago, with their tokens.
pub async fn prune(state: &State) -> Result<u64> {
    let long_ago: Instant = state.clock.now() - LIFETIME;
    let pool = state.db.write_pool();
    let tokens = refresh_token::Entity::delete_many().filter(refresh_token::Column::ExpiresAt.lt(long_ago));
    tokens.exec(pool).await?;
    let ended = session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(long_ago)).exec(pool).await?;
    Ok(ended.rows_affected)
}

/// The job that forgets them.
pub const FORGET: Kind = Kind::every("forget-sessions", Duration::from_hours(1), |job| {
    Box::pin(async {
        job.count(prune(&job.state).await?);
        Ok(())
    })
});
