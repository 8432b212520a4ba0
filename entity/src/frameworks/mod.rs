//! Frameworks: what schools are judged by, or judge themselves by.

pub mod criterion;
pub mod framework;
pub mod section;

use crate::owned::{Owned, Visibility};

/// The parts that schools see: the parts of the frameworks that they see.
fn of_seen_framework<C>(column: C) -> Visibility<C> {
    Visibility::Through { column, parent: framework::Entity::fence }
}
