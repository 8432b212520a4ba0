//! What a plan must have before it is put to its approvers. Pure.

use super::deciders::Deciders;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::plans::rules;
use crate::plans::tree::Within;
use crate::plans::tree::plan_rows::Rows;

/// Whether a plan is complete, and somebody could decide about each of its targets.
///
/// # Errors
/// 409 with all that is missing, by its place in the plan's tree.
pub fn to_propose(rows: &Rows, deciders: &Deciders) -> Result<()> {
    let missing = missing(rows, deciders);
    if missing.is_empty() {
        return Ok(());
    }
    let count = missing.len();
    let noun = if count == 1 { "thing is" } else { "things are" };
    let detail = format!("{count} {noun} missing before the plan can be proposed");
    Err(missing.into_iter().fold(Problem::new(Code::Conflict, detail), Problem::with))
}

/// All that is missing, with pointers into the plan's tree.
#[must_use]
pub fn missing(rows: &Rows, deciders: &Deciders) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut lacks = |pointer: String, message: &str| {
        faults.push(Fault::new(pointer, "missing", message));
    };
    if rows.years.is_empty() {
        lacks("/years".to_owned(), "a plan has at least one year");
    }
    if rows.objectives.is_empty() {
        lacks("/objectives".to_owned(), "a plan has at least one objective");
    }
    for (index, objective) in rows.objectives.iter().enumerate() {
        let place = format!("/objectives/{index}");
        let within = Within::of(rows, objective);
        let targets = rows.targets.iter().filter(|row| row.objective_id == objective.id);
        let targets = targets.map(|row| (&row.dues, &row.leads, &row.monitors, &row.strand_ids));
        let milestones = rows.milestones.iter().filter(|row| row.objective_id == objective.id);
        let milestones = milestones.map(|row| (&row.dues, &row.leads, &row.monitors, &row.strand_ids));
        let mut empty = true;
        let targets = targets.enumerate().map(|it| ("targets", it));
        for (kind, (index, (dues, leads, monitors, strand_ids))) in
            targets.chain(milestones.enumerate().map(|it| ("milestones", it)))
        {
            empty = false;
            let place = format!("{place}/{kind}/{index}");
            if dues.is_empty() {
                lacks(format!("{place}/dues"), "say when it is due");
            }
            let leads = within.leads(leads, strand_ids);
            let monitors = within.monitors(monitors, strand_ids);
            if leads.is_empty() {
                let message = "say who leads it, here, at its strands or at the objective";
                lacks(format!("{place}/leads"), message);
            }
            if monitors.is_empty() {
                let message = "say who monitors it, here, at its strands or at the objective";
                lacks(format!("{place}/monitors"), message);
            } else if kind == "targets"
                && let Some(why) = deciders.lacking(&monitors, &leads)
            {
                // Nobody decides about a milestone: it is done when its lead says so.
                let monitors = rules::wording(&monitors);
                lacks(format!("{place}/monitors"), &format!("nobody could decide about it: {monitors} {why}"));
            }
        }
        if empty {
            lacks(format!("{place}/targets"), "an objective has a target or a milestone");
        }
    }
    faults
}
