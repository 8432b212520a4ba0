//! What every resource shares. The kernel names no part.

pub mod clock;
pub mod db;
pub mod limits;
pub mod openapi;
pub mod problem;
pub mod settings;
pub mod state;
