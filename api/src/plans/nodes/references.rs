//! What a node refers to, looked up within its plan, with every fault at once.

use entity::partners::glossary_term;
use entity::partners::partner;
use entity::people::{person, working_group};
use entity::plans::parts::Parties;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::caller::refs::Refs;
use crate::kernel::resource::children::{self, Child};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Mutation, RowOf};
use crate::kernel::resource::write::Write;

/// The faults of a node, or of a whole tree, as they are found.
pub struct Check<'a> {
    write: &'a Write,
    faults: Vec<Fault>,
    /// True if the step writes what the node refers to. What it leaves alone may have been archived since.
    refers: bool,
}

impl<'a> Check<'a> {
    /// Begins with the faults that the rules have found.
    pub const fn new(write: &'a Write, faults: Vec<Fault>) -> Self {
        Self { write, faults, refers: true }
    }

    /// Begins a check of a node that stays in its plan, and in its objective unless it is moved. A move, or another
    /// verb, refers to nothing but its parent.
    pub async fn of<N: Child>(write: &'a Write, step: &Mutation<'_, RowOf<N>>, mut faults: Vec<Fault>) -> Result<Self> {
        faults.extend(children::parent_faults::<N>(write, step).await?);
        let refers = !matches!(step.operation, Operation::Verb(_));
        Ok(Self { write, faults, refers })
    }

    /// Nodes that have to belong to the same plan or objective, `parent_id`.
    pub async fn children<N: Child>(&mut self, wanted: Vec<(String, Uuid)>, parent_id: Uuid) -> Result<()> {
        let wanted = if self.refers { wanted } else { Vec::new() };
        self.faults.extend(children::not_children::<N>(self.write, wanted, parent_id).await?);
        Ok(())
    }

    /// The leads and monitors of a node.
    pub async fn leads_and_monitors(&mut self, leads: &Parties, monitors: &Parties) -> Result<()> {
        self.parties(&[("/leads".to_owned(), leads.clone()), ("/monitors".to_owned(), monitors.clone())]).await
    }

    /// Parties: the role of each is in the glossary, and whom it names is there.
    pub async fn parties(&mut self, lists: &[(String, Parties)]) -> Result<()> {
        if !self.refers {
            return Ok(());
        }
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
        let terms = self.write.caller().rows::<glossary_term::Entity>();
        let terms = terms.filter(glossary_term::Column::Code.is_in(wanted));
        let terms = terms.select_only().column(glossary_term::Column::Code);
        let known = terms.into_tuple::<String>().all(self.write.tx()).await?;
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
        self.faults.extend(refs.faults(self.write.caller(), self.write.tx()).await?);
        Ok(())
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
