//! Invitations: a token by which a user sets the first password, or one for a forgotten password.
//! The service sends no mail: an administrator passes the token on.
#![expect(clippy::disallowed_methods, reason = "an invitation is looked up before its hub is known")]

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, web};
use entity::identity::{hub, user};
use entity::instant::Instant;
use sea_orm::{EntityTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::limit::Attempt;
use super::user::{User, with_password};
use super::{rules, store};
use crate::endpoints;
use crate::kernel::base::problem::Code;
use crate::kernel::caller::state::State;
use crate::kernel::edge::auth::Secret;
use crate::kernel::edge::endpoint::{Endpoint, Public};
use crate::kernel::edge::limits::client_address;
use crate::kernel::prelude::*;

/// A token that sets a password. It is shown this once, works for 72 hours and once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// The `token` of `POST /auth/password`.
    #[schema(max_length = 128, example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA")]
    pub token: String,
    /// The address of the front end's page with the token at its end, where the service knows it
    /// (`SMEP_INVITATION_URL`).
    #[schema(max_length = 2000, example = "https://music.example/invite#token=Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLs")]
    pub link: Option<String>,
    /// Until when it works.
    pub expires_at: Option<Instant>,
}

/// A user with a new invitation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invited {
    /// The user.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The e-mail address to sign in with.
    #[schema(format = Email, example = "h.bell@hub.example")]
    pub email: String,
    /// The invitation.
    pub invitation: Invitation,
}

/// A password that the owner of an invitation chooses.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Redemption {
    /// The token of the invitation.
    #[schema(value_type = String, max_length = 200, example = "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA")]
    pub token: Secret,
    /// The password: 12 to 128 characters, and none that is easily guessed or made of the hub's
    /// name, the person's name or the e-mail address.
    #[schema(
        value_type = String,
        format = Password,
        min_length = 12,
        max_length = 128,
        example = "oboe harvest teapot glacier",
    )]
    pub new_password: Secret,
}

routes! { WriteUsers: create_user_invitation, revoke_user_invitation }

/// What the invited user calls, who has no token yet.
pub const REDEMPTION: &[Endpoint] = endpoints! { Public: redeem_invitation };

/// Sets a password by an invitation.
///
/// The token works once. All sign-ins of the user end, and a one-time password no longer works. The
/// reply is 400 `invalid-invitation` if the token is unknown, used, revoked or older than 72 hours,
/// or if its user or hub is disabled or archived; it counts as a failed sign-in from the address. A
/// refused password (422) leaves the invitation as it was.
#[utoipa::path(post, path = "/auth/password", responses((status = 204), (status = 422)))]
async fn redeem_invitation(request: HttpRequest, state: web::Data<State>, form: Json<Redemption>) -> Result<Reply> {
    let Redemption { token, new_password } = form.into_inner();
    let address = client_address(&request, &state.settings).to_string();
    redeem(&state, &token, &new_password, &address).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT).with(CACHE_CONTROL, "no-store"))
}

/// Invites a user to set a password.
///
/// The invitation serves for a first or a forgotten password: the present password works until the
/// invitation is redeemed. An earlier invitation no longer works. The reply is not kept for an
/// `Idempotency-Key`.
#[utoipa::path(post, path = "/users/{id}/invitation", responses((status = 200, body = Invited)))]
async fn create_user_invitation(can: Can<WriteUsers>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let user = write.row::<user::Entity>(id.0).await?;
        write.expect_version::<User>(&user)?;
        if user.disabled_at.is_some() {
            return Err(Problem::conflict("cannot invite a disabled user: enable the user first"));
        }
        let (user, invitation) = issue(write, user).await?;
        let version = user.version;
        let invited = Invited { id: user.id, email: user.email, invitation };
        Ok(Reply::ok(&invited)?.version(version).secret())
    })
    .await
}

/// Revokes a user's invitation.
///
/// Its token no longer works. Without an open invitation nothing changes.
#[utoipa::path(delete, path = "/users/{id}/invitation", responses((status = 204)))]
async fn revoke_user_invitation(can: Can<WriteUsers>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let before = write.row::<user::Entity>(id.0).await?;
        let after = user::Model { invitation_hash: None, invitation_expires_at: None, ..before.clone() };
        write.store::<User>(Some(before), after, Operation::Verb("revoke_invitation")).await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
    .await
}

/// Gives a user a new invitation in place of an earlier one.
///
/// # Errors
/// 403 where the user holds more than the caller.
pub async fn issue(write: &mut Write, before: user::Model) -> Result<(user::Model, Invitation)> {
    let token = Secret::random();
    let after = user::Model {
        invitation_hash: Some(token.hash().into()),
        invitation_expires_at: Some(write.now() + rules::ONE_TIME),
        ..before.clone()
    };
    let user = write.store::<User>(Some(before), after, Operation::Verb("invite")).await?;
    let prefix = write.caller().state().settings.invitation_url.as_ref();
    let invitation = Invitation {
        token: token.reveal().to_owned(),
        link: prefix.map(|prefix| format!("{prefix}{}", token.reveal())),
        expires_at: user.invitation_expires_at,
    };
    Ok((user, invitation))
}

/// Sets the password of the user whom a token invites.
async fn redeem(state: &State, token: &Secret, password: &Secret, address: &str) -> Result<()> {
    let hash = token.hash();
    let user = {
        let _slot = state.auth().sign_ins.acquire().await.map_err(Problem::internal)?;
        let attempt = Attempt::begin(state, &format!("invitations at {address}"), &[], address).await?;
        match invited(state, &hash).await? {
            Some(user) => user,
            None => {
                attempt.failed(state).await?;
                return Err(refused());
            }
        }
    };
    let caller = Caller::system(state.clone(), user.hub_id);
    let hints = store::password_hints(&caller, &user).await?;
    state.auth().passwords.check(password, hints, "/new_password").await?;
    let password = state.auth().passwords.hash(password).await?;
    let done = Write::value_of(&caller, async |write| {
        let before = write.row::<user::Entity>(user.id).await?;
        // It may have been redeemed, revoked or replaced since it was looked up.
        if !rules::invites(&before, &hash, write.now()) {
            return Err(refused());
        }
        let after = user::Model { token_generation: before.token_generation + 1, ..with_password(&before, &password) };
        store::change::<User>(write, &before, after, Operation::Verb("redeem_invitation")).await?;
        store::revoke_sessions(write, user.id, None, "the password was set by an invitation").await
    });
    let done = done.await;
    state.auth().authenticator.invalidate();
    done
}

/// The user whom a token invites, if it works.
async fn invited(state: &State, hash: &str) -> Result<Option<user::Model>> {
    let db = state.db.read();
    let user = user::Entity::find().filter(user::Column::InvitationHash.eq(hash)).one(db).await?;
    let Some(user) = user.filter(|user| rules::invites(user, hash, state.clock.now())) else { return Ok(None) };
    let hub = hub::Entity::find_by_id((user.hub_id, user.hub_id)).one(db).await?;
    Ok(hub.filter(|hub| hub.archived_at.is_none()).map(|_| user))
}

fn refused() -> Problem {
    let detail = "the invitation is unknown, used or out of date: ask an administrator of the hub for a new one";
    Problem::new(Code::InvalidInvitation, detail).header(CACHE_CONTROL, "no-store")
}
