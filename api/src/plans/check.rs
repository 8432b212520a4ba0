//! What a node refers to, looked up within its plan, with every fault at once.

use entity::owned::Owned;
use entity::partners::glossary_term;
use entity::partners::partner;
use entity::people::{person, working_group};
use entity::plans::objective;
use entity::plans::parts::Parties;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::node;
use super::place::{MOVE, Placed};
use crate::kernel::problem::{Fault, Problem, Result};
use crate::kernel::refs::Refs;
use crate::kernel::resource::{RowOf, Step};
use crate::kernel::tenancy::Caller;

/// The faults of a node, or of a whole tree, as they are found.
pub struct Check<'a, C> {
    caller: &'a Caller,
    db: &'a C,
    faults: Vec<Fault>,
}

impl<'a, C: ConnectionTrait> Check<'a, C> {
    /// Begins with the faults that the rules have found.
    pub fn new(caller: &'a Caller, db: &'a C, faults: Vec<Fault>) -> Self {
        Self { caller, db, faults }
    }

    /// Rows that have to be there within the same plan or objective, which `whole` names.
    pub async fn within<E: Owned>(
        &mut self,
        wanted: Vec<(String, Uuid)>,
        condition: impl Into<Condition>,
        whole: &str,
    ) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let ids = wanted.iter().map(|(_, id)| *id);
        let rows = self.caller.rows::<E>().filter(E::id().is_in(ids)).filter(condition.into());
        let ids = rows.select_only().column(E::id()).into_tuple::<Uuid>();
        let found = ids.all(self.db).await?;
        for (pointer, id) in wanted {
            if !found.contains(&id) {
                let name = E::table().replace('_', " ");
                let message = format!("there is no {name} {id} in this {whole}");
                self.faults.push(Fault::new(pointer, "unknown_reference", message));
            }
        }
        Ok(())
    }

    /// The objective that a node belongs to: one of its plan, and another than before only by a move.
    pub async fn objective<N: Placed>(&mut self, step: &Step<'_, RowOf<N>>) -> Result<()> {
        let Some(id) = N::objective_id(step.after) else { return Ok(()) };
        if step.operation != MOVE {
            self.stays("/objective_id", step.before.and_then(N::objective_id), id, node::FIXED_OBJECTIVE);
        }
        let of_plan = objective::Column::PlanId.eq(N::plan_id(step.after));
        self.within::<objective::Entity>(at("/objective_id", id), of_plan, "plan").await
    }

    /// Parties: the role of each is in the glossary, and whom it names is there.
    pub async fn parties(&mut self, lists: &[(String, Parties)]) -> Result<()> {
        let mut codes: Vec<(String, &str)> = Vec::new();
        let mut refs = Refs::default();
        for (pointer, list) in lists {
            for (index, party) in list.iter().enumerate() {
                let place = format!("{pointer}/{index}");
                if let Some(code) = &party.role_code {
                    codes.push((format!("{place}/role_code"), code));
                }
                refs = refs
                    .to::<person::Entity>(&format!("{place}/person_id"), party.person_id)
                    .to::<working_group::Entity>(&format!("{place}/group_id"), party.group_id)
                    .to::<partner::Entity>(&format!("{place}/partner_id"), party.partner_id);
            }
        }
        self.refs(refs).await?;
        self.codes(codes).await
    }

    async fn codes(&mut self, codes: Vec<(String, &str)>) -> Result<()> {
        if codes.is_empty() {
            return Ok(());
        }
        let mut wanted: Vec<&str> = codes.iter().map(|(_, code)| *code).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let terms = self.caller.rows::<glossary_term::Entity>();
        let terms = terms.filter(glossary_term::Column::Code.is_in(wanted));
        let terms = terms.select_only().column(glossary_term::Column::Code);
        let known = terms.into_tuple::<String>().all(self.db).await?;
        for (pointer, code) in codes {
            if !known.iter().any(|known| known == code) {
                let message = format!("the hub's glossary has no term `{code}`; add it there first");
                self.faults.push(Fault::new(pointer, "unknown_code", message));
            }
        }
        Ok(())
    }

    /// Rows of the hub that have to be there.
    pub async fn refs(&mut self, refs: Refs) -> Result<()> {
        self.faults.extend(refs.faults(self.caller, self.db).await?);
        Ok(())
    }

    /// A field that an update leaves as it was.
    pub fn stays<T: PartialEq>(&mut self, pointer: &str, before: Option<T>, after: T, how: &str) {
        if before.is_some_and(|before| before != after) {
            self.faults.push(Fault::new(pointer, "fixed", how));
        }
    }

    /// Adds a fault found elsewhere.
    pub fn fault(&mut self, fault: Option<Fault>) {
        self.faults.extend(fault);
    }

    /// Ends.
    ///
    /// # Errors
    /// 422 with every fault found.
    pub fn done(self) -> Result<()> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::faults(self.faults)) }
    }
}

/// A list of ids with their places in the body.
#[must_use]
pub fn at_each(pointer: &str, ids: &[Uuid]) -> Vec<(String, Uuid)> {
    ids.iter().enumerate().map(|(index, id)| (format!("{pointer}/{index}"), *id)).collect()
}

/// One id with its place in the body, if there is one.
#[must_use]
pub fn at(pointer: &str, id: impl Into<Option<Uuid>>) -> Vec<(String, Uuid)> {
    id.into().map(|id| (pointer.to_owned(), id)).into_iter().collect()
}
