//! The fifth floor: what a resource states of itself, and how its rows are written.

pub mod change;
pub mod children;
pub mod edition;
pub mod effect;
pub mod field;
pub mod idempotency;
pub mod job;
pub mod key;
pub mod lifecycle;
pub mod mentions;
pub mod operation;
pub mod traits;
pub mod transition;
pub mod withheld;
pub mod write;
