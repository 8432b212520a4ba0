//! What people call the items of the part, where others refer to them by id.

use entity::plans::plan;

use super::plan::Plan;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<Plan>(&["plan_id"])]
}

impl Labelled for Plan {
    const LABEL: plan::Column = plan::Column::Title;
}
