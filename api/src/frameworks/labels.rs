//! What people call the items of the part, where others refer to them by id.

use entity::frameworks::framework;

use super::framework::Framework;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<Framework>(&["framework_id"])]
}

impl Labelled for Framework {
    const LABEL: framework::Column = framework::Column::Title;
}
