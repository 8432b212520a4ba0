//! The first start: the built-in hub and the platform's first administrator.

use entity::identity::grant::Role;
use sea_orm::EntityTrait;

use super::user_forms::{FirstGrant, NewUser, OneTimePassword};
use super::{hub, rules, user, user_forms};
use crate::kernel::base::problem::{Code, Result};
use crate::kernel::caller::permission::PLATFORM_HUB;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::edge::auth::Secret;
use crate::kernel::resource::write::Write;

/// Whom the first administrator signs in as. The name is reserved: it never receives mail.
const FIRST: &str = "administrator@platform.invalid";

/// Makes the hub `platform` with one administrator when there is none yet, and returns the
/// password that has to be shown, this once. Of instances that start together one makes it.
pub async fn start(state: &State) -> Result<Option<OneTimePassword>> {
    if exists(state).await? {
        return Ok(None);
    }
    let secret = Secret::random();
    let hash = state.auth().passwords.hash(&secret).await?;
    let caller = Caller::system(state.clone(), PLATFORM_HUB);
    let made = Write::value_of(&caller, async |write| {
        let name = "The platform".to_owned();
        hub::make(write, rules::PLATFORM.to_owned(), name, Vec::new(), None).await?;
        let new = NewUser {
            email: FIRST.to_owned(),
            person_id: None,
            name: Some("Platform administrator".to_owned()),
            grant: Some(FirstGrant::of(Role::PlatformAdministrator, None)),
            invitation: false,
        };
        let first = user_forms::make(write, new, None).await?;
        let first = user::set_password(write, first, &hash, true).await?;
        Ok(OneTimePassword::new(&first, &secret))
    });
    match made.await {
        // Another instance was faster.
        Err(problem) if problem.code() == Code::Duplicate => Ok(None),
        made => made.map(Some),
    }
}

#[expect(clippy::disallowed_methods, reason = "asked before anybody can call")]
async fn exists(state: &State) -> Result<bool> {
    let key = (PLATFORM_HUB, PLATFORM_HUB);
    let hub = entity::identity::hub::Entity::find_by_id(key).one(state.db.read()).await?;
    Ok(hub.is_some())
}
