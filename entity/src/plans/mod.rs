//! The plan, its tree and its progress.

pub mod approval;
pub mod budget_line;
pub mod budget_spending;
pub mod cohort;
pub mod cohort_member;
pub mod milestone;
pub mod objective;
pub mod parts;
pub mod plan;
pub mod plan_year;
pub mod progress_update;
pub mod resource_line;
pub mod review;
pub mod review_reflection;
pub mod review_target;
pub mod strand;
pub mod target;
pub mod target_status;

use crate::owned::{Owned, Visibility};

/// The nodes that schools see: the nodes of the plans that they see.
fn of_seen_plan<C>(column: C) -> Visibility<C> {
    Visibility::Through { column, parent: plan::Entity::fence }
}
