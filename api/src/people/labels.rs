//! What people call the items of the part, where others refer to them by id.

use entity::people::person;

use super::person::Person;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<Person>(&[
        "person_id",
        "visitor_id",
        "owner_id",
        "lead_person_id",
        "judge_id",
        "answered_by_id",
        "booked_by_id",
        "consent_by_id",
        "made_by_id",
        "ordered_by_id",
        "requested_by_id",
        "sent_by_id",
        "tabled_by_id",
    ])]
}

impl Labelled for Person {
    const LABEL: person::Column = person::Column::Name;
}
