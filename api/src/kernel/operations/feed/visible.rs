//! Which entries of the log a reader sees: each kind of item under the reader's own scope and reach for it.

use std::collections::HashMap;

use entity::kernel::change;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Change;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// The entries that a reader sees, with the fields that are withheld from the reader.
pub struct Visible<'a> {
    caller: &'a Caller,
    condition: Condition,
    hidden: HashMap<&'static str, &'static [&'static str]>,
}

impl<'a> Visible<'a> {
    /// The entries about items of these kinds, or of every kind where none is named. None where the reader sees no
    /// kind of them.
    #[must_use]
    pub fn to(caller: &'a Caller, resources: &[String]) -> Option<Self> {
        let mut condition = Condition::any();
        let mut hidden = HashMap::new();
        for one in caller.state().followed().iter().filter(|one| one.shown) {
            let asked = resources.is_empty() || resources.iter().any(|name| name == one.resource);
            let reader = caller.under(one.read).filter(|reader| asked && (one.sees_past)(reader));
            let Some(reader) = reader else { continue };
            let mut kind = Condition::all().add(change::Column::Resource.eq(one.resource));
            if !reader.sees_hub() {
                kind = kind.add(change::Column::RowId.in_subquery((one.ids)(&reader)));
            }
            hidden.insert(one.resource, one.withheld(&reader));
            condition = condition.add(kind);
        }
        (!hidden.is_empty()).then_some(Self { caller, condition, hidden })
    }

    /// Reads so many of the entries within a condition, in the order of their numbers.
    ///
    /// # Errors
    /// When the database is away.
    #[expect(clippy::disallowed_methods, reason = "each kind is narrowed to the caller's rows")]
    pub async fn read(&self, within: Condition, limit: u64) -> Result<Vec<Change>> {
        let rows = change::Entity::find()
            .filter(change::Column::HubId.eq(self.caller.hub_id))
            .filter(within)
            .filter(self.condition.clone())
            .order_by_asc(change::Column::Number)
            .limit(limit)
            .all(self.caller.db().read())
            .await?;
        let shown = rows.into_iter().map(|row| {
            let hidden = self.hidden.get(row.resource.as_str()).copied().unwrap_or_default();
            Change::of(row, hidden)
        });
        Ok(shown.collect())
    }
}
