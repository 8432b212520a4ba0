//! What people call the items of the part, where others refer to them by id.

use entity::training::training_event;

use super::training_event::TrainingEvent;
use crate::kernel::operations::labels::{Label, Labelled};

/// The names of the part's items.
#[must_use]
pub const fn labels() -> [Label; 1] {
    [Label::of::<TrainingEvent>(&["event_id"])]
}

impl Labelled for TrainingEvent {
    const LABEL: training_event::Column = training_event::Column::Title;
}
