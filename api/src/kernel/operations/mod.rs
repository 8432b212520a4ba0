//! The sixth floor: what all resources do, each operation once.

pub mod about;
pub mod answer;
pub mod attachment;
pub mod batch;
pub mod by_key;
pub mod counts;
pub mod crud;
mod epoch;
pub mod erase;
pub mod expand;
pub mod export;
pub mod feed;
pub mod labels;
pub mod list;
pub mod metric;
pub mod repoint;
pub mod report;
pub mod selection;
pub mod show;
pub mod spool;
pub mod suppression;
pub mod tasks;
