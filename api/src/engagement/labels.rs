//! What people call the items of the part, where others refer to them by id.

use entity::engagement::{communication, meeting, stakeholder_group};

use super::communication::Communication;
use super::meeting::Meeting;
use super::stakeholder_group::StakeholderGroup;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 3] {
    [
        Label::of::<Communication>(&["communication_id"]),
        Label::of::<Meeting>(&["meeting_id"]),
        Label::of::<StakeholderGroup>(&["stakeholder_group_id"]),
    ]
}

impl Labelled for Communication {
    const LABEL: communication::Column = communication::Column::Title;
}

impl Labelled for Meeting {
    const LABEL: meeting::Column = meeting::Column::Title;
}

impl Labelled for StakeholderGroup {
    const LABEL: stakeholder_group::Column = stakeholder_group::Column::Name;
}
