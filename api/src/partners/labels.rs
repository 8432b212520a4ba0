//! What people call the items of the part, where others refer to them by id.

use entity::partners::partner;

use super::partner::Partner;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<Partner>(&["partner_id", "provider_id"])]
}

impl Labelled for Partner {
    const LABEL: partner::Column = partner::Column::Name;
}
