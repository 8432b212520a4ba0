//! What people call the items of the part, where others refer to them by id.

use entity::schools::{area, school, school_group};

use super::area::Area;
use super::school::School;
use super::school_group::SchoolGroup;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 3] {
    [
        Label::of::<School>(&["school_id", "host_school_id"]),
        Label::of::<Area>(&["area_id"]),
        Label::of::<SchoolGroup>(&["school_group_id"]),
    ]
}

impl Labelled for School {
    const LABEL: school::Column = school::Column::Name;
}

impl Labelled for Area {
    const LABEL: area::Column = area::Column::Name;
}

impl Labelled for SchoolGroup {
    const LABEL: school_group::Column = school_group::Column::Name;
}
