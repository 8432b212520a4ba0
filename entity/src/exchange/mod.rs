//! What partner systems and the Department send in, and what partner systems are sent.

pub mod import;
pub mod webhook;
pub mod webhook_delivery;
pub mod webhook_progress;
