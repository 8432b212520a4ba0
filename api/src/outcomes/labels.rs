//! What people call the items of the part, where others refer to them by id.

use entity::outcomes::collection;

use super::collection::Collection;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<Collection>(&["collection_id"])]
}

impl Labelled for Collection {
    const LABEL: collection::Column = collection::Column::Title;
}
