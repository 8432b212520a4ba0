//! What holds for schools and their people.

use entity::list::List;
use entity::schools::school::{Model, SchoolKind, SchoolStatus};
use time::Date;

use super::school::NewSchool;
use crate::kernel::problem::{Fault, Problem, Result};

/// Local authority's code and establishment number, as the DfE writes them together.
#[must_use]
pub fn dfe_number(school: &Model) -> Option<String> {
    let (la, number) = (school.la_code.as_ref()?, school.establishment_number.as_ref()?);
    Some(format!("{la}/{number}"))
}

/// Whether the hub counts the school, by its kinds in scope; a closed or planned one never.
#[must_use]
pub fn in_scope(school: &Model, counted: &List<SchoolKind>) -> bool {
    let open = matches!(school.status, SchoolStatus::Open | SchoolStatus::ProposedToClose);
    open && counted.contains(&school.kind)
}

/// A closed school is read-only until its status says otherwise.
///
/// # Errors
/// 409 for a change of a closed school.
pub fn editable(before: Option<&Model>, after: &Model, operation: &str) -> Result<()> {
    let closed = before.is_some_and(|school| school.status == SchoolStatus::Closed);
    if operation == "update" && closed && after.status == SchoolStatus::Closed {
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
    let mut systems: Vec<&str> = form.external_ids.iter().map(|key| key.system.as_str()).collect();
    systems.sort_unstable();
    if systems.windows(2).any(|pair| pair[0] == pair[1]) {
        faults.push(Fault::new("/external_ids", "duplicate", "one key for each system"));
    }
    faults
}

/// A period whose last day comes before its first; `pointer` is that of the last day.
#[must_use]
pub fn period(pointer: &str, from: Option<Date>, to: Option<Date>) -> Option<Fault> {
    let wrong = matches!((from, to), (Some(from), Some(to)) if to < from);
    wrong.then(|| Fault::new(pointer, "order", "not before the first day"))
}
