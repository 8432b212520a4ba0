//! `expand`: what a reply embeds of other resources, one level deep.

use std::collections::HashMap;

use entity::owned::Owned;
use sea_orm::{ColumnTrait, ConnectionTrait};
use serde_json::Value;
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::field::Reading;
use crate::kernel::resource::traits::Resource;

/// Embeds one row of `T` for each id, in one statement; null where there is none for the caller.
pub async fn one<T: Resource>(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = impl Into<Option<Uuid>>>,
) -> Result<Vec<Value>> {
    let ids: Vec<Option<Uuid>> = ids.into_iter().map(Into::into).collect();
    let Some(caller) = caller.under(T::READ) else { return Ok(vec![Value::Null; ids.len()]) };
    let mut wanted: Vec<Uuid> = ids.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = HashMap::new();
    if !wanted.is_empty() {
        let reading = Reading::of::<T>(&caller, &[]);
        let mut rows = caller.statement::<T::Entity>(false);
        rows.and_where(T::Entity::id().is_in(wanted));
        reading.select(&mut rows, T::Entity::table());
        for row in db.query_all(&rows).await? {
            // Every item begins with its id.
            found.insert(row.try_get_by_index::<Uuid>(0)?, Value::Object(reading.object(&row, 0)?));
        }
    }
    let value = |id: Option<Uuid>| id.and_then(|id| found.get(&id).cloned()).unwrap_or_default();
    Ok(ids.into_iter().map(value).collect())
}

/// Embeds a list of rows of `T` for each list of ids, in one statement; without those that are not
/// there for the caller.
pub async fn many<T: Resource>(caller: &Caller, db: &impl ConnectionTrait, lists: Vec<&[Uuid]>) -> Result<Vec<Value>> {
    let ids = lists.iter().flat_map(|ids| ids.iter().copied());
    let mut items = one::<T>(caller, db, ids).await?.into_iter();
    let list = |ids: &[Uuid]| items.by_ref().take(ids.len()).filter(|item| !item.is_null()).collect();
    Ok(lists.into_iter().map(list).collect())
}
