//! Training events, and who attended them.

pub mod attendance;
pub mod training_event;
