//! Hubs that compare a metric: each sees its own figure beside the quartiles of all, and never another hub's.
//!
//! `metric_comparison` is what a hub agrees to, `distribution` computes the figures of all hubs that agree, `between`
//! shows a hub its place among them, and `national` shows the platform the distributions.

pub mod between;
mod distribution;
pub mod metric_comparison;
pub mod national;
