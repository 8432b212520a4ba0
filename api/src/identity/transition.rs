//! The states of users and of partner systems: enabled or disabled.

use entity::identity::{client, user};
use entity::instant::Instant;
use sea_orm::ConnectionTrait;

use super::client::Client;
use super::user::User;
use super::{rules, store};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::identity::Actor;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use crate::kernel::resource::write::Write;

const ENABLED: &str = "enabled";
const DISABLED: &str = "disabled";

const fn state(disabled_at: Option<Instant>) -> &'static str {
    if disabled_at.is_some() { DISABLED } else { ENABLED }
}

/// Keeps a user from signing in.
pub const DISABLE_USER: Verb = Verb {
    name: "disable",
    path: "disable",
    from: &[ENABLED],
    to: DISABLED,
    scope: Scope::WriteUsers,
    reason: Needs::No,
    checks: "The caller needs every scope of the user's grants, with the same reach (403). The last administrator of a \
             hub who can sign in cannot be disabled (409). To disable yourself takes `confirm=self` (409), and is not \
             among `actions`.",
};

/// Lets a disabled user sign in again.
pub const ENABLE_USER: Verb = Verb {
    name: "enable",
    path: "enable",
    from: &[DISABLED],
    to: ENABLED,
    checks: "The caller needs every scope of the user's grants, with the same reach (403).",
    ..DISABLE_USER
};

impl States for User {
    type Entity = user::Entity;

    const TABLE: Transitions = Transitions {
        noun: "user",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[ENABLED, DISABLED],
        verbs: &[DISABLE_USER, ENABLE_USER],
    };

    fn state(row: &user::Model) -> &'static str {
        state(row.disabled_at)
    }

    async fn may<C: ConnectionTrait>(caller: &Caller, db: &C, verb: &Verb, rows: &[&user::Model]) -> Result<Vec<bool>> {
        let within = store::within(caller, db, rows).await?;
        if *verb == ENABLE_USER {
            return Ok(within);
        }
        let needed = store::needed_administrators(caller, db, rows).await?;
        let oneself = |user: &user::Model| caller.actor.user_id() == Some(user.id);
        let users = rows.iter().zip(within);
        Ok(users.map(|(user, within)| within && !oneself(user) && !needed.contains(&user.id)).collect())
    }
}

/// Keeps a partner system from calling.
pub const DISABLE_CLIENT: Verb = Verb {
    scope: Scope::WriteIdentity,
    checks: "The caller needs every scope of the client over the whole hub (403). For a client to disable itself takes \
             `confirm=self` (409), and is not among `actions`.",
    ..DISABLE_USER
};

/// Lets a disabled partner system call again.
pub const ENABLE_CLIENT: Verb = Verb {
    scope: Scope::WriteIdentity,
    checks: "The caller needs every scope of the client over the whole hub (403).",
    ..ENABLE_USER
};

impl States for Client {
    type Entity = client::Entity;

    const TABLE: Transitions = Transitions {
        noun: "client",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[ENABLED, DISABLED],
        verbs: &[DISABLE_CLIENT, ENABLE_CLIENT],
    };

    fn state(row: &client::Model) -> &'static str {
        state(row.disabled_at)
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        _: &C,
        verb: &Verb,
        rows: &[&client::Model],
    ) -> Result<Vec<bool>> {
        let may = |client: &&client::Model| {
            let oneself = caller.actor == Actor::Client { client_id: client.id };
            let scopes = rules::client_scopes(client);
            let within = rules::expect_client_within(caller, scopes, client.system.as_deref()).is_ok();
            within && !(oneself && *verb == DISABLE_CLIENT)
        };
        Ok(rows.iter().map(may).collect())
    }
}
impl Lifecycle for User {
    async fn enter(write: &mut Write, row: &mut user::Model, verb: &Verb) -> Result<()> {
        row.disabled_at = (*verb == DISABLE_USER).then(|| write.now());
        Ok(())
    }
}

impl Lifecycle for Client {
    async fn enter(write: &mut Write, row: &mut client::Model, verb: &Verb) -> Result<()> {
        let disabled = *verb == DISABLE_CLIENT;
        row.disabled_at = disabled.then(|| write.now());
        if disabled {
            row.token_generation += 1;
        }
        Ok(())
    }
}
