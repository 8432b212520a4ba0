//! The highest floor: what stands around every request: tokens, limits, headers, and what is no resource.

pub mod auth;
pub mod docs;
pub mod endpoint;
pub mod fallback;
pub mod health;
pub mod limits;
pub mod listeners;
pub mod malformed;
pub mod metrics;
pub mod pace;
pub mod pages;
pub mod routes;
pub mod wire;
