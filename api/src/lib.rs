//! The School Music Education Plan service.

pub mod kernel;

pub mod app;
pub mod server;
