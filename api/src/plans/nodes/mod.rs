//! The nodes of a plan: its years and cohorts, its objectives, and what belongs to an objective. A change of a node is
//! a change of the plan, whose state says whether it may happen.

pub mod budget_line;
pub mod budget_spending;
pub mod cohort;
pub mod cohort_member;
pub mod milestone;
pub mod objective;
pub mod ordering;
pub mod parties;
pub mod plan_year;
pub mod references;
pub mod resource_line;
pub mod strand;
pub mod target;

use entity::plans::plan::{self, PlanStatus};
use entity::row::{Meta, Row};

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::children::Root;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Mutation;
use crate::plans::plan::add_author;
use crate::plans::plan::state::{self, EditKind};

/// The operation that says that a due was done, or was not.
pub const DONE: Operation = Operation::Verb("done");

impl Root for plan::Entity {
    type Edit = EditKind;

    const KEEPS_ROOT: &'static str = "a node stays in its plan; a plan is copied whole";
    const KEEPS_PARENT: &'static str = "a node goes to another objective by POST …/{id}/move";

    fn admit(next: &mut plan::Model, edit: EditKind, caller: &Caller) -> Result<()> {
        state::allows(next.status, edit)?;
        if next.status == PlanStatus::Draft {
            add_author(next, caller);
        }
        Ok(())
    }
}

/// Returns what a step edits: progress, if the rows differ at most in what `clear` makes alike, else content.
pub fn edit_of<M: Row + PartialEq>(step: &Mutation<'_, M>, clear: impl Fn(&mut M)) -> EditKind {
    match step.before {
        Some(before) if matches!(step.operation, Operation::Update | DONE) && differ_in(before, step.after, &clear) => {
            EditKind::Progress
        }
        _ => EditKind::Content,
    }
}

/// Returns whether two rows differ at most in what `clear` makes alike.
fn differ_in<M: Row + PartialEq>(before: &M, after: &M, clear: &impl Fn(&mut M)) -> bool {
    let [mut before, mut after] = [before.clone(), after.clone()];
    after.set_meta(Meta { archived_at: after.archived_at(), ..before.meta() });
    clear(&mut before);
    clear(&mut after);
    before == after
}
