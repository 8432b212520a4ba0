//! How often signing in may fail, counted in the database for all instances together.
#![expect(clippy::disallowed_methods, reason = "signing in comes before any caller is known")]

use std::time::Duration;

use entity::identity::sign_in_failure::{self, Column, Entity};
use entity::instant::Instant;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::rules;
use crate::kernel::problem::{Code, Problem, Result};
use crate::kernel::state::State;

/// Failures count for so long.
const WINDOW: Duration = Duration::from_mins(15);

/// So many failures shut an account.
const PER_ACCOUNT: usize = 10;

/// So many failures shut an address, behind which a whole school may sit.
const PER_ADDRESS: usize = 50;

/// In place of the account's key, once its owner has signed in.
const FORGIVEN: &str = "";

/// Who tries to sign in, and from where. The database keeps keyed hashes of both.
pub struct Attempt {
    account_key: String,
    address_key: String,
    failed_before: bool,
}

impl Attempt {
    /// Lets a try of `account` from `address` go on.
    ///
    /// # Errors
    /// 429 when too many have failed lately.
    pub async fn begin(state: &State, account: &str, address: &str) -> Result<Self> {
        let account_key = state.auth.account_key(&format!("account {account}"));
        let address_key = state.auth.account_key(&format!("address {address}"));
        let at_account = last(state, Column::AccountKey, &account_key, PER_ACCOUNT).await?;
        let at_address = last(state, Column::AddressKey, &address_key, PER_ADDRESS).await?;
        let now = state.clock.now();
        let wait =
            rules::wait(&at_account, PER_ACCOUNT, WINDOW, now).max(rules::wait(&at_address, PER_ADDRESS, WINDOW, now));
        if let Some(seconds) = wait {
            return Err(Problem::new(
                Code::TooManyRequests,
                format!("too many sign-ins have failed; try again in {seconds} seconds"),
            )
            .retry_after(seconds));
        }
        Ok(Self { account_key, address_key, failed_before: !at_account.is_empty() })
    }

    /// Counts the try as failed, and forgets failures that count no more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn failed(self, state: &State) -> Result<()> {
        let now = state.clock.now();
        let pool = state.db.write_pool();
        Entity::delete_many().filter(Column::At.lte(now - WINDOW)).exec(pool).await?;
        let failure = sign_in_failure::ActiveModel {
            id: ActiveValue::Set(Uuid::now_v7()),
            account_key: ActiveValue::Set(self.account_key),
            address_key: ActiveValue::Set(self.address_key),
            at: ActiveValue::Set(now),
        };
        Entity::insert(failure).exec_without_returning(pool).await?;
        Ok(())
    }

    /// The account's failures count no more. What the address did stays, else an account of
    /// one's own would open others to guessing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn succeeded(self, state: &State) -> Result<()> {
        if self.failed_before {
            Entity::update_many()
                .col_expr(Column::AccountKey, Expr::value(FORGIVEN))
                .filter(Column::AccountKey.eq(self.account_key))
                .exec(state.db.write_pool())
                .await?;
        }
        Ok(())
    }
}

/// The moments of the last failures that count.
async fn last(state: &State, column: Column, key: &str, limit: usize) -> Result<Vec<Instant>> {
    let moments = Entity::find()
        .select_only()
        .column(Column::At)
        .filter(column.eq(key))
        .filter(Column::At.gt(state.clock.now() - WINDOW))
        .order_by_desc(Column::At)
        .limit(limit as u64)
        .into_tuple::<Instant>();
    Ok(moments.all(state.db.read()).await?)
}
