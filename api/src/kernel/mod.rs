//! What every resource shares. The kernel names no part.

pub mod clock;
pub mod connection;
pub mod db;
pub mod fallback;
pub mod health;
pub mod limits;
pub mod metrics;
pub mod openapi;
pub mod pages;
pub mod problem;
pub mod settings;
pub mod state;
pub mod wire;
