//! How often signing in may fail, counted in the database for all instances together.
//!
//! Failures count for what was signed in with together with the address that they came from, so
//! that nobody can close an account from somewhere else. While an account is being guessed at from
//! many addresses, one that the account never signed in from has fewer tries, but always one.
//! What was typed counts alike whether or not there is such an account, and in whichever hub.
#![expect(clippy::disallowed_methods, reason = "signing in comes before any caller is known")]

use std::time::Duration;

use entity::identity::{sign_in_address, sign_in_failure, user};
use entity::instant::Instant;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::resource::job::Kind;

/// Failures count for so long.
const WINDOW: Duration = Duration::from_mins(15);

/// Tries of one login from one address, with none elsewhere.
const PER_LOGIN: usize = 10;

/// So many failures from other addresses cost an unknown address one of its tries.
const PER_TRY_LOST: u64 = 5;

/// Tries of an address, behind which a whole school may sit.
const PER_ADDRESS: usize = 50;

/// An address is known for so long after a sign-in.
const KNOWN: Duration = Duration::from_hours(90 * 24);

/// A known address is noted again after so long.
const NOTED: Duration = Duration::from_hours(24);

/// Who tries to sign in, and from where. The database keeps keyed hashes of both.
pub struct Attempt {
    login_key: String,
    account_key: String,
    address_key: String,
    failed_before: bool,
}

impl Attempt {
    /// Lets a try of `login` from `address` go on. `accounts` are the users that it may mean.
    ///
    /// # Errors
    /// 429 when too many have failed lately.
    pub async fn begin(state: &State, login: &str, accounts: &[user::Model], address: &str) -> Result<Self> {
        let login_key = state.auth().account_key(&format!("login {login}"));
        let address_key = state.auth().account_key(&format!("address {address}"));
        let account_keys: Vec<String> = accounts.iter().map(|user| account_key(state, user)).collect();
        let now = state.clock.now();

        let at_address = last(&failures(now).filter(from(&address_key)), PER_ADDRESS, state).await?;
        if let Some(seconds) = wait(&at_address, PER_ADDRESS, now) {
            return Err(refused("from your address", seconds));
        }
        let of_login = failures(now).filter(sign_in_failure::Column::LoginKey.eq(&login_key));
        let own = last(&of_login.clone().filter(from(&address_key)), PER_LOGIN, state).await?;
        // The first try is always free, so that nothing more has to be asked for it.
        if !own.is_empty() {
            let known = is_known(state, &account_keys, &address_key).await?;
            let elsewhere = of_login.filter(from(&address_key).not()).count(state.db.read()).await?;
            let tries = if known { PER_LOGIN } else { tries(elsewhere) };
            if let Some(seconds) = wait(&own, tries, now) {
                return Err(refused("with this name from your address", seconds));
            }
        }
        let account_key = match account_keys.as_slice() {
            [one] => one.clone(),
            _ => login_key.clone(),
        };
        Ok(Self { login_key, account_key, address_key, failed_before: !own.is_empty() })
    }

    /// Counts the try as failed, and forgets failures that count no more.
    ///
    /// # Errors
    /// 503 when the database is away.
    pub async fn failed(self, state: &State) -> Result<()> {
        let now = state.clock.now();
        forget_failures(state).await?;
        let failure = sign_in_failure::ActiveModel {
            id: ActiveValue::Set(Uuid::now_v7()),
            account_key: ActiveValue::Set(self.account_key),
            address_key: ActiveValue::Set(self.address_key),
            at: ActiveValue::Set(now),
            login_key: ActiveValue::Set(Some(self.login_key)),
        };
        sign_in_failure::Entity::insert(failure).exec_without_returning(state.db.write_pool()).await?;
        Ok(())
    }

    /// Notes the address as one that `user` signs in from, and forgives what failed for this user
    /// from there. What failed for others stays, and so does the count of the address: else an
    /// account of one's own would open others to guessing.
    ///
    /// # Errors
    /// 503 when the database is away.
    pub async fn succeeded(self, state: &State, user: &user::Model) -> Result<()> {
        let account_key = account_key(state, user);
        if self.failed_before {
            sign_in_failure::Entity::update_many()
                .col_expr(sign_in_failure::Column::LoginKey, Expr::value(Option::<String>::None))
                .filter(sign_in_failure::Column::AccountKey.eq(&account_key))
                .filter(from(&self.address_key))
                .exec(state.db.write_pool())
                .await?;
        }
        let now = state.clock.now();
        let key = (account_key, self.address_key);
        let noted = sign_in_address::Entity::find_by_id(key.clone()).one(state.db.read()).await?;
        if noted.is_some_and(|noted| noted.last_at > now - NOTED) {
            return Ok(());
        }
        let address = sign_in_address::ActiveModel {
            account_key: ActiveValue::Set(key.0),
            address_key: ActiveValue::Set(key.1),
            last_at: ActiveValue::Set(now),
        };
        let again = OnConflict::columns([sign_in_address::Column::AccountKey, sign_in_address::Column::AddressKey])
            .update_column(sign_in_address::Column::LastAt)
            .to_owned();
        let insert = sign_in_address::Entity::insert(address).on_conflict(again);
        insert.exec_without_returning(state.db.write_pool()).await?;
        Ok(())
    }
}

/// Forgets failures and addresses that count no more.
///
/// # Errors
/// 503 when the database is away.
pub async fn prune(state: &State) -> Result<u64> {
    let failures = forget_failures(state).await?;
    let long_ago = state.clock.now() - KNOWN;
    let old = sign_in_address::Entity::delete_many().filter(sign_in_address::Column::LastAt.lte(long_ago));
    Ok(failures + old.exec(state.db.write_pool()).await?.rows_affected)
}

/// The job that forgets them.
pub const FORGET: Kind = Kind::every("forget-sign-ins", Duration::from_hours(1), |job| {
    Box::pin(async {
        job.count(prune(&job.state).await?);
        Ok(())
    })
});

async fn forget_failures(state: &State) -> Result<u64> {
    let old =
        sign_in_failure::Entity::delete_many().filter(sign_in_failure::Column::At.lte(state.clock.now() - WINDOW));
    Ok(old.exec(state.db.write_pool()).await?.rows_affected)
}

fn account_key(state: &State, user: &user::Model) -> String {
    state.auth().account_key(&format!("account {} {}", user.hub_id, user.id))
}

fn failures(now: Instant) -> Select<sign_in_failure::Entity> {
    sign_in_failure::Entity::find().filter(sign_in_failure::Column::At.gt(now - WINDOW))
}

fn from(address_key: &str) -> Condition {
    sign_in_failure::Column::AddressKey.eq(address_key).into()
}

/// The moments of the last failures, the latest first.
async fn last(failures: &Select<sign_in_failure::Entity>, limit: usize, state: &State) -> Result<Vec<Instant>> {
    let moments = failures
        .clone()
        .select_only()
        .column(sign_in_failure::Column::At)
        .order_by_desc(sign_in_failure::Column::At)
        .limit(limit as u64)
        .into_tuple::<Instant>();
    Ok(moments.all(state.db.read()).await?)
}

async fn is_known(state: &State, account_keys: &[String], address_key: &str) -> Result<bool> {
    let known = sign_in_address::Entity::find()
        .filter(sign_in_address::Column::AccountKey.is_in(account_keys))
        .filter(sign_in_address::Column::AddressKey.eq(address_key))
        .filter(sign_in_address::Column::LastAt.gt(state.clock.now() - KNOWN))
        .limit(1);
    Ok(known.one(state.db.read()).await?.is_some())
}

/// The tries of an address that the account never signed in from.
fn tries(elsewhere: u64) -> usize {
    let lost = usize::try_from(elsewhere / PER_TRY_LOST).unwrap_or(usize::MAX);
    PER_LOGIN.saturating_sub(lost).max(1)
}

/// Seconds until another try, when the `limit` latest failures are still within the window.
/// `failures` are the moments, the latest first.
fn wait(failures: &[Instant], limit: usize, now: Instant) -> Option<u64> {
    let oldest = *failures.get(limit.checked_sub(1)?)?;
    let micros = (oldest + WINDOW).as_micros().saturating_sub(now.as_micros());
    u64::try_from(micros).ok().map(|micros| micros.div_ceil(1_000_000).max(1))
}

fn refused(which: &str, seconds: u64) -> Problem {
    let detail = format!("too many sign-ins {which} have failed: try again in {seconds} seconds");
    Problem::new(Code::TooManyRequests, detail).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    #[test]
    fn the_wait_ends_when_the_oldest_failure_that_counts_is_out_of_the_window() {
        assert_eq!(wait(&[at(1), at(0)], 3, at(2)), None);
        assert_eq!(wait(&[at(10), at(5), at(0)], 3, at(12)), Some(888));
        assert_eq!(wait(&[at(10), at(5), at(0)], 1, at(12)), Some(898));
        assert_eq!(wait(&[at(0)], 1, at(900)), Some(1));
    }

    #[test]
    fn an_unknown_address_has_fewer_tries_under_attack_but_always_one() {
        assert_eq!([0, 4, 5, 20, 45, 1_000_000].map(tries), [10, 10, 9, 6, 1, 1]);
    }
}
