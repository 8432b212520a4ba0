//! The rows a form refers to, each looked up as the caller sees them.

use std::collections::HashSet;

use entity::owned::Owned;
use sea_orm::sea_query::{LockType, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::tenancy::Caller;
use crate::kernel::base::problem::{Fault, Result};

type Lookup = fn(&Caller, Vec<Uuid>) -> SelectStatement;

struct Group {
    table: &'static str,
    lookup: Lookup,
    wanted: Vec<(String, Uuid)>,
}

/// References of a form: where in the body, to which table, to which row.
#[derive(Default)]
pub struct Refs(Vec<Group>);

impl Refs {
    /// Adds a reference, if there is one.
    #[must_use]
    pub fn to<E: Owned>(self, pointer: &str, id: impl Into<Option<Uuid>>) -> Self {
        self.each::<E>(id.into().map(|id| (pointer.to_owned(), id)))
    }

    /// Adds a list of references; each pointer gets its place in the list.
    #[must_use]
    pub fn to_all<E: Owned>(self, pointer: &str, ids: &[Uuid]) -> Self {
        let ids = ids.iter().enumerate();
        self.each::<E>(ids.map(|(index, id)| (format!("{pointer}/{index}"), *id)))
    }

    /// Adds references with their pointers.
    #[must_use]
    pub fn each<E: Owned>(mut self, wanted: impl IntoIterator<Item = (String, Uuid)>) -> Self {
        let table = E::table();
        let mut wanted = wanted.into_iter().peekable();
        if wanted.peek().is_none() {
            return self;
        }
        if let Some(group) = self.0.iter_mut().find(|group| group.table == table) {
            group.wanted.extend(wanted);
        } else {
            self.0.push(Group { table, lookup: lookup::<E>, wanted: wanted.collect() });
        }
        self
    }

    /// Adds the references of another form, whose pointers begin below `place`.
    #[must_use]
    pub fn and_below(mut self, place: &str, other: Self) -> Self {
        for group in other.0 {
            let below = |(pointer, id)| (format!("{place}{pointer}"), id);
            let wanted = group.wanted.into_iter().map(below);
            match self.0.iter_mut().find(|known| known.table == group.table) {
                Some(known) => known.wanted.extend(wanted),
                None => self.0.push(Group { wanted: wanted.collect(), ..group }),
            }
        }
        self
    }

    /// Returns true if there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The references to rows that others do not refer to.
    #[must_use]
    pub fn without(mut self, others: &Self) -> Self {
        for group in &mut self.0 {
            if let Some(known) = others.0.iter().find(|known| known.table == group.table) {
                group.wanted.retain(|(_, id)| !known.wanted.iter().any(|(_, known)| known == id));
            }
        }
        self.0.retain(|group| !group.wanted.is_empty());
        self
    }

    /// Looks up all references, in one statement for each table. Returns the missing ones as faults.
    pub async fn faults(self, caller: &Caller, db: &impl ConnectionTrait) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for group in self.0 {
            let ids = group.wanted.iter().map(|(_, id)| *id).collect();
            let found = db.query_all(&(group.lookup)(caller, ids)).await?;
            let found = found.iter().map(|row| row.try_get_by_index(0)).collect::<Result<HashSet<Uuid>, _>>()?;
            for (pointer, id) in group.wanted {
                if !found.contains(&id) {
                    faults.push(unknown(pointer, group.table, id));
                }
            }
        }
        Ok(faults)
    }
}

/// The fault of a reference to a row that is not there for the caller.
pub(in crate::kernel) fn unknown(pointer: impl Into<String>, table: &str, id: Uuid) -> Fault {
    let name = table.replace('_', " ");
    Fault::new(pointer, "unknown_reference", format!("there is no {name} {id} that you can refer to"))
}

fn lookup<E: Owned>(caller: &Caller, ids: Vec<Uuid>) -> SelectStatement {
    // Held until the end, so that nothing is archived while it is being referred to.
    let rows = caller.rows::<E>().filter(E::id().is_in(ids)).order_by_asc(E::id()).lock(LockType::KeyShare);
    rows.select_only().column(E::id()).into_query()
}
