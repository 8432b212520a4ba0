//! What people call the items of the part, where others refer to them by id.

use entity::packages::package;

use super::package::Package;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<Package>(&["package_id"])]
}

impl Labelled for Package {
    const LABEL: package::Column = package::Column::Title;
}
