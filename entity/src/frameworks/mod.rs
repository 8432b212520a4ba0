//! Frameworks: what schools are judged by, or judge themselves by, and their evaluations.

pub mod award_application;
pub mod award_scheme;
pub mod criterion;
pub mod evaluation;
pub mod evaluation_invitation;
pub mod evaluation_judgement;
pub mod evaluation_response;
pub mod evaluation_submission;
pub mod framework;
pub mod observation;
pub mod section;

use crate::owned::{Owned, Visibility};

/// The parts that schools see: the parts of the frameworks that they see.
fn of_seen_framework<C>(column: C) -> Visibility<C> {
    Visibility::Through { column, parent: framework::Entity::fence }
}

/// What belongs to an evaluation is seen with it.
fn of_seen_evaluation<C>(column: C) -> Visibility<C> {
    Visibility::Through { column, parent: evaluation::Entity::fence }
}
