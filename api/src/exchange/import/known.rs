//! What the hub has already of what a chunk of a file speaks of, and what it has not.

use std::collections::HashMap;

use entity::row::Meta;
use entity::schools::school;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::exchange::gias::Row;
use crate::kernel::problem::Result;
use crate::kernel::tenancy::Caller;

/// The schools with these URNs, archived or not.
///
/// # Errors
/// Those of the database.
pub async fn schools(caller: &Caller, urns: impl IntoIterator<Item = i32>) -> Result<HashMap<i32, school::Model>> {
    let rows = caller.rows_archived::<school::Entity>().filter(school::Column::Urn.is_in(urns));
    let rows = rows.all(caller.db().read()).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.urn?, row))).collect())
}

/// The schools that rows speak of, those of rejected rows too.
///
/// # Errors
/// Those of the database.
pub async fn schools_of<T>(
    caller: &Caller,
    rows: &[Row<T>],
    urn: impl Fn(&T) -> i32,
) -> Result<HashMap<i32, school::Model>> {
    let urns = rows.iter().filter_map(|row| match &row.outcome {
        Ok(understood) => Some(urn(&understood.record)),
        Err(rejected) => rejected.urn,
    });
    schools(caller, urns).await
}

/// The columns of an item that is new to the hub.
pub fn fresh(caller: &Caller) -> Meta {
    Meta::first(caller.hub_id, Uuid::now_v7(), caller.now())
}
