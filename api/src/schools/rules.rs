//! What holds for schools and their people.

use std::collections::HashMap;

use entity::row::Row;
use entity::schools::assignment::AssignmentRole;
use entity::schools::school::{Model, SchoolKind, SchoolStatus};
use entity::schools::{assignment, contact, school_group_member};
use time::Date;
use uuid::Uuid;

use super::school::NewSchool;
use crate::kernel::base::period::in_order;
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::one_key_each;

/// The DfE number of a school.
#[must_use]
pub fn dfe_number(school: &Model) -> Option<String> {
    dfe_number_of(school.la_code.as_deref(), school.establishment_number.as_deref())
}

/// Local authority's code and establishment number, as the DfE writes them together.
#[must_use]
pub fn dfe_number_of(la_code: Option<&str>, establishment_number: Option<&str>) -> Option<String> {
    la_code.zip(establishment_number).map(|(la, number)| format!("{la}/{number}"))
}

/// The statuses in which a school is open.
pub const OPEN: [SchoolStatus; 2] = [SchoolStatus::Open, SchoolStatus::ProposedToClose];

/// Returns true if the hub counts the school, by its kinds in scope; a closed or planned one never.
#[must_use]
pub fn in_scope(school: &Model, counted: &[SchoolKind]) -> bool {
    OPEN.contains(&school.status) && counted.contains(&school.kind)
}

/// Returns true if nothing changed by which [`in_scope`] decides, nor whether it decides, nor what a form says instead.
#[must_use]
pub fn same_scope(before: &Model, after: &Model) -> bool {
    let decides = |school: &Model| (school.status, school.kind, school.scope_reason.is_none(), school.in_scope);
    decides(before) == decides(after)
}

/// A closed school is read-only until its status says otherwise.
///
/// # Errors
/// 409 for a change of a closed school.
pub fn editable(before: Option<&Model>, after: &Model, operation: Operation) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    let closed = [before, after].iter().all(|school| school.status == SchoolStatus::Closed);
    let changes = match operation {
        Operation::Update => true,
        // By its key a school is restored and changed at once.
        Operation::Restore => {
            let mut restored = before.clone();
            restored.set_meta(after.meta());
            restored != *after
        }
        _ => false,
    };
    if closed && changes {
        return Err(Problem::conflict(
            "a closed school is read-only; it can be changed in the states open, \
             proposed_to_open and proposed_to_close",
        ));
    }
    Ok(())
}

/// Faults between the fields of a school.
#[must_use]
pub fn faults(form: &NewSchool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if matches!((form.lowest_age, form.highest_age), (Some(low), Some(high)) if low > high) {
        faults.push(Fault::new("/highest_age", "order", "at least `lowest_age`"));
    }
    faults.extend(period("/closed_on", form.opened_on, form.closed_on));
    if form.establishment_number.is_some() && form.la_code.is_none() {
        faults.push(Fault::new("/la_code", "required", "goes with `establishment_number`"));
    }
    faults.extend(one_key_each(&form.external_ids));
    faults
}

/// A period whose last day comes before its first; `pointer` is that of the last day.
#[must_use]
pub fn period(pointer: &str, from: Option<Date>, to: Option<Date>) -> Option<Fault> {
    in_order(pointer, from, to)
}

/// A stretch of days, both included; without a first or a last day it is open there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Period {
    /// Returns true if the two have a day in common.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        let ends_before = |one: Self, two: Self| matches!((one.to, two.from), (Some(to), Some(from)) if to < from);
        !ends_before(self, other) && !ends_before(other, self)
    }
}

/// The first row whose period has a day in common with the given one.
fn meeting<'a, M>(row: &'a M, others: &'a [M]) -> Option<&'a M>
where
    Period: From<&'a M>,
{
    let period = Period::from(row);
    others.iter().find(|other| period.meets(Period::from(other)))
}

fn taken(what: &str, id: Uuid) -> Problem {
    Problem::conflict(format!("{what} {id}, at the same time: end that one first"))
}

/// Never two leads at a school at once; `others` are its other leads.
///
/// # Errors
/// 409 naming the other assignment.
pub fn one_lead(row: &assignment::Model, others: &[assignment::Model]) -> Result<()> {
    meeting(row, others).map_or(Ok(()), |other| Err(taken("the school has a lead by assignment", other.id)))
}

/// Returns true if an assignment makes its person the school's lead.
#[must_use]
pub fn leads(row: &assignment::Model) -> bool {
    row.archived_at.is_none() && row.role == AssignmentRole::Lead
}

/// Decides for each row whether it may be taken, by [`one_lead`] with `others` and with the rows that were
/// taken before it.
#[must_use]
pub fn one_lead_each<'a>(
    rows: impl Iterator<Item = &'a assignment::Model>,
    others: Vec<assignment::Model>,
) -> Vec<Result<()>> {
    let mut of_school: HashMap<Uuid, Vec<assignment::Model>> = HashMap::new();
    for other in others {
        of_school.entry(other.school_id).or_default().push(other);
    }
    rows.map(|row| {
        if !leads(row) {
            return Ok(());
        }
        let others = of_school.entry(row.school_id).or_default();
        one_lead(row, others)?;
        others.push(row.clone());
        Ok(())
    })
    .collect()
}

/// Never two primary contacts at a school at once; `others` are its other primary ones.
///
/// # Errors
/// 409 naming the other contact.
pub fn one_primary(row: &contact::Model, others: &[contact::Model]) -> Result<()> {
    meeting(row, others).map_or(Ok(()), |other| Err(taken("the school has a primary contact in", other.id)))
}

/// Never twice in a group at once; `others` are the school's other times in it.
///
/// # Errors
/// 409 naming the other membership.
pub fn once_in_a_group(row: &school_group_member::Model, others: &[school_group_member::Model]) -> Result<()> {
    meeting(row, others).map_or(Ok(()), |other| Err(taken("the school is in the group by membership", other.id)))
}

#[cfg(test)]
mod tests {
    use entity::instant::Instant;
    use time::macros::date;

    use super::*;

    fn days(from: Option<Date>, to: Option<Date>) -> Period {
        Period { from, to }
    }

    #[test]
    fn periods_that_share_a_day_meet_and_open_ends_reach_on() {
        let autumn = days(Some(date!(2014 - 09 - 01)), Some(date!(2014 - 12 - 19)));
        let spring = days(Some(date!(2015 - 01 - 05)), Some(date!(2015 - 03 - 27)));
        let from_the_last_day = days(Some(date!(2014 - 12 - 19)), None);
        assert!(!autumn.meets(spring) && !spring.meets(autumn));
        assert!(autumn.meets(from_the_last_day) && from_the_last_day.meets(spring));
        assert!(days(None, None).meets(autumn));
        assert!(!days(None, Some(date!(2014 - 08 - 31))).meets(autumn));
    }

    fn lead(from_on: Date, to_on: Option<Date>) -> assignment::Model {
        let now = Instant::from_micros(0);
        assignment::Model {
            hub_id: Uuid::nil(),
            id: Uuid::now_v7(),
            version: 1,
            created_at: now,
            updated_at: now,
            archived_at: None,
            person_id: Uuid::nil(),
            school_id: Uuid::nil(),
            role: AssignmentRole::Lead,
            from_on,
            to_on,
            reason: None,
        }
    }

    #[test]
    fn a_second_lead_is_refused_by_the_name_of_the_first() {
        let first = lead(date!(2014 - 09 - 01), None);
        let second = lead(date!(2015 - 09 - 01), None);
        let refused = one_lead(&second, std::slice::from_ref(&first)).unwrap_err();
        assert!(refused.detail().contains(&first.id.to_string()));
        let ended = lead(date!(2014 - 09 - 01), Some(date!(2015 - 08 - 31)));
        assert!(one_lead(&second, &[ended]).is_ok());
    }
}
