//! Who can sign in to the hub.

use entity::cell::{is_null, json};
use entity::identity::{grant, user};
use entity::instant::Instant;
use entity::people::person;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::confirm::{ConfirmQuery, ConfirmTransition};
use super::grant::Grant;
use super::invitation::Invitation;
use super::transition::{DISABLE_USER, ENABLE_USER};
use super::user_forms::OneTimePassword;
use super::{rules, store};
use crate::kernel::base::filter::contains_words;
use crate::kernel::document::openapi::is_email;
use crate::kernel::edge::auth::Secret;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{self, Action};

record! {
    /// Somebody who can sign in to the hub.
    User from UserChange in user {
        /// The e-mail address to sign in with, unique in the hub without regard to case.
        #[schema(format = Email, example = "h.bell@hub.example")]
        email: String,
    }
    initial {
        person_id: Uuid::nil(),
        email_key: String::new(),
        password_hash: None,
        must_change_password: false,
        disabled_at: None,
        tokens_valid_from: Instant::default(),
        one_time_expires_at: None,
        one_time_used_at: None,
        invitation_hash: None,
        invitation_expires_at: None,
        token_generation: 0,
    }
    computed {
        /// The person that the user is.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// When the user was disabled; absent while the user is enabled.
        disabled_at: Option<Instant>,
        /// True if a password is set at all.
        #[schema(example = true)]
        has_password: bool = |row: &user::Model| row.password_hash.is_some(),
            of &["password_hash"], by |row, at, out| json(&!is_null(row, at)?, out),
        /// True if somebody else set the password, so that it has to be changed first.
        #[schema(example = false)]
        must_change_password: bool,
        /// When the one-time password expires; absent unless one is set and unused.
        one_time_expires_at: Option<Instant> = |row: &user::Model| {
            one_time_expires_at(row.one_time_expires_at, row.must_change_password, row.one_time_used_at)
        }, of &["one_time_expires_at", "must_change_password", "one_time_used_at"], by |row, at, out| {
            let cells = (row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?, row.try_get_by_index(at + 2)?);
            json(&one_time_expires_at(cells.0, cells.1, cells.2), out)
        },
        /// When the invitation expires; absent without an open invitation.
        invitation_expires_at: Option<Instant>,
    }
    embedded {
        /// The user's grants, when asked for with `expand=grants`.
        #[schema(max_items = 200)]
        grants: Vec<Grant>,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
        /// The invitation, in the reply to `POST /users` that asked for one, and nowhere else.
        invitation: Invitation,
    }
}

/// Until when a one-time password signs in: no longer than it is unused.
fn one_time_expires_at(until: Option<Instant>, must_change: bool, used: Option<Instant>) -> Option<Instant> {
    until.filter(|_| must_change && used.is_none())
}

impl Resource for User {
    type Entity = user::Entity;
    type Form = UserChange;
    type Filter = UserFilter;

    const PATH: &'static str = "/users";
    const READ: Scope = Scope::ReadIdentity;
    const SORTS: &'static [(&'static str, user::Column)] =
        &[("email", user::Column::EmailKey), ("updated_at", user::Column::UpdatedAt)];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];
    const COUNTS: &'static [&'static str] = &["must_change_password"];
    const EXPANDS: &'static [&'static str] = &["grants", "actions"];

    fn faults(form: &UserChange) -> Vec<Fault> {
        email_faults(&form.email)
    }

    fn complete(row: &mut user::Model) {
        row.email = row.email.trim().to_owned();
        row.email_key = rules::email_key(&row.email);
    }

    fn keys(row: &user::Model) -> Value {
        json!({ "email": row.email })
    }

    fn same_key(row: &user::Model) -> Option<Condition> {
        Some(user::Column::EmailKey.eq(&row.email_key).into())
    }

    async fn decide(write: &mut Write, step: Mutation<'_, user::Model>) -> Result<()> {
        let caller = write.caller();
        let Some(before) = step.before else { return Ok(()) };
        store::expect_within(write, before.id, &[]).await?;
        let could = before.disabled_at.is_none() && before.archived_at.is_none();
        let can = step.after.disabled_at.is_none() && step.after.archived_at.is_none();
        let oneself = caller.actor.user_id() == Some(before.id);
        let takes_access = could && !can || step.operation == RESET;
        rules::expect_confirmed(oneself && takes_access, caller.request().confirms_self)?;
        if before.email_key != step.after.email_key || !can {
            // It was sent to the old address, or to somebody who is to stay out.
            step.after.invitation_hash = None;
            step.after.invitation_expires_at = None;
        }
        if could && !can {
            if store::administers(write, before.id).await? {
                store::keep_administrator(write, Some(before.id), None).await?;
            }
            step.after.token_generation += 1;
            store::revoke_sessions(write, before.id, None, step.operation.as_str()).await?;
        }
        Ok(())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[user::Model],
    ) -> Result<Vec<Value>> {
        if name == "actions" {
            return transition::actions::<Self>(caller, db, rows).await;
        }
        let grants = caller
            .rows::<grant::Entity>()
            .filter(grant::Column::UserId.is_in(rows.iter().map(|row| row.id)))
            .order_by_asc(grant::Column::FromOn)
            .order_by_asc(grant::Column::Id)
            .all(db)
            .await?;
        let of = |row: &user::Model| {
            let own = grants.iter().filter(|grant| grant.user_id == row.id).map(Grant::from);
            serde_json::to_value(own.collect::<Vec<_>>()).map_err(Problem::internal)
        };
        rows.iter().map(of).collect()
    }
}

/// The operation that sets a user's password for them.
const RESET: Operation = Operation::Verb("reset_password");

/// What is wrong with an address to sign in with.
pub fn email_faults(email: &str) -> Vec<Fault> {
    if is_email(email) {
        return Vec::new();
    }
    vec![Fault::new("/email", "email", "an e-mail address such as h.bell@hub.example")]
}

/// Narrows the list of users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// Words that the person's name contains, in any order and without regard to case and accents,
    /// or that the e-mail address contains, without regard to case. Names are searched among the
    /// people that the caller may read.
    #[param(min_length = 1, max_length = 100, example = "bell")]
    pub q: Option<String>,
    /// Only users who hold a grant of this role that the caller sees.
    pub role: Option<grant::Role>,
    /// Only users who are disabled, or only users who are not.
    pub disabled: Option<bool>,
    /// Only the users of this person.
    pub person_id: Option<Uuid>,
}

impl Filter<user::Entity> for UserFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let q = self.q.as_deref();
        let text = contains(person::Column::NameKey, q).map(|named| {
            let people = caller.under(Scope::ReadPeople).map(|reader| reader.rows::<person::Entity>().filter(named));
            let people = people.map(|people| people.select_only().column(person::Column::Id).into_query());
            Condition::any()
                .add_option(people.map(|people| user::Column::PersonId.in_subquery(people)))
                .add_option(q.and_then(|q| contains_words(user::Column::EmailKey, &q.to_lowercase())))
        });
        let role = self.role.map(|role| {
            let grants = caller.rows::<grant::Entity>().filter(grant::Column::Role.eq(role));
            user::Column::Id.in_subquery(grants.select_only().column(grant::Column::UserId).into_query())
        });
        let disabled = self.disabled.map(|disabled| {
            let since = user::Column::DisabledAt;
            if disabled { since.is_not_null() } else { since.is_null() }
        });
        Condition::all()
            .add_option(text)
            .add_option(role)
            .add_option(disabled)
            .add_option(is(user::Column::PersonId, self.person_id))
    }
}

routes! {
    ReadIdentity: list_users, count_users, get_user;
    WriteUsers:
        super::user_forms::create_user, update_user, archive_user, restore_user, disable_user, enable_user,
        reset_user_password;
    ReadIdentity: list_user_history;
}

/// Lists the users.
#[utoipa::path(get, path = "/users", params(List<User>), responses((status = 200, body = Page<User>)))]
async fn list_users(can: Can<ReadIdentity>, list: List<User>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the users by one or two of their fields.
#[utoipa::path(get, path = "/users/counts", params(CountBy<User>), responses((status = 200, body = Counts)))]
async fn count_users(can: Can<ReadIdentity>, by: CountBy<User>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a user.
#[utoipa::path(get, path = "/users/{id}", params(Show<User>), responses((status = 200, body = User)))]
async fn get_user(can: Can<ReadIdentity>, id: Id, show: Show<User>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a user's e-mail address.
///
/// A caller who changes, disables, archives, restores or resets a user needs every scope of the
/// user's grants, with the same reach (403, which names the scopes that are missing).
#[utoipa::path(patch, path = "/users/{id}", request_body = UserChange, responses((status = 200, body = User)))]
async fn update_user(can: Can<WriteUsers>, id: Id, patch: Patch<UserChange>) -> Result<Reply> {
    crud::update::<User>(&can, id.0, patch).await
}

/// Archives a user.
///
/// The user's sign-ins end at once. The last administrator of a hub who can sign in cannot be
/// archived (409).
#[utoipa::path(delete, path = "/users/{id}", params(ConfirmQuery), responses((status = 204)))]
async fn archive_user(can: Can<WriteUsers>, id: Id, _confirm: Query<ConfirmQuery>) -> Result<Reply> {
    let done = crud::archive::<User>(&can, id.0).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Takes a user out of the archive.
#[utoipa::path(post, path = "/users/{id}/restore", responses((status = 200, body = User)))]
async fn restore_user(can: Can<WriteUsers>, id: Id) -> Result<Reply> {
    crud::restore::<User>(&can, id.0).await
}

/// Disables a user.
///
/// The user's sign-ins end at once here, and within five seconds everywhere.
#[utoipa::path(post, path = "/users/{id}/disable", params(ConfirmQuery), responses((status = 200, body = User)))]
async fn disable_user(can: Can<WriteUsers>, id: Id, _confirm: Query<ConfirmTransition>) -> Result<Reply> {
    let done = crud::transition::<User>(&can, id.0, &DISABLE_USER, None).await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Lets a disabled user sign in again.
#[utoipa::path(post, path = "/users/{id}/enable", responses((status = 200, body = User)))]
async fn enable_user(can: Can<WriteUsers>, id: Id) -> Result<Reply> {
    crud::transition::<User>(&can, id.0, &ENABLE_USER, None).await
}

/// Sets a new password for a user, which is shown this once.
///
/// The one-time password signs in once, within 72 hours, and opens only `POST /me/password`, where
/// the user chooses another. All sign-ins of the user end. The reply is not kept for an
/// `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/users/{id}/reset-password",
    params(ConfirmQuery),
    responses((status = 200, body = OneTimePassword)),
)]
async fn reset_user_password(can: Can<WriteUsers>, id: Id, _confirm: Query<ConfirmQuery>) -> Result<Reply> {
    let secret = Secret::random();
    let hash = can.state().auth().passwords.hash(&secret).await?;
    let done = Write::run(&can, async |write| {
        let user = write.row::<user::Entity>(id.0).await?;
        write.expect_version::<User>(&user)?;
        let user = set_password(write, user, &hash, true).await?;
        let reply = Reply::ok(&OneTimePassword::new(&user, &secret))?;
        Ok(reply.version(user.version).secret())
    });
    let done = done.await;
    can.state().auth().authenticator.invalidate();
    done
}

/// Lists what was changed of a user.
#[utoipa::path(get, path = "/users/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_user_history(can: Can<ReadIdentity>, id: Id, query: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<User>(&can, id.0, &query).await
}

/// Sets a user's password for them: all their sign-ins end. A `one_time` one signs in once, within
/// 72 hours, and has to be changed before anything else.
///
/// # Errors
/// 403 where the user holds more than the caller reaches.
pub async fn set_password(write: &mut Write, before: user::Model, hash: &str, one_time: bool) -> Result<user::Model> {
    let after = user::Model {
        must_change_password: one_time,
        one_time_expires_at: one_time.then(|| write.now() + rules::ONE_TIME),
        token_generation: before.token_generation + 1,
        ..with_password(&before, hash)
    };
    let user = write.store::<User>(Some(before), after, RESET).await?;
    store::revoke_sessions(write, user.id, None, "the password was reset").await?;
    Ok(user)
}

/// A user with a password of their own choice: a one-time password and an invitation no longer work.
#[must_use]
pub fn with_password(before: &user::Model, hash: &str) -> user::Model {
    user::Model {
        password_hash: Some(hash.into()),
        must_change_password: false,
        one_time_expires_at: None,
        one_time_used_at: None,
        invitation_hash: None,
        invitation_expires_at: None,
        ..before.clone()
    }
}
