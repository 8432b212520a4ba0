//! What partner systems and the Department send in, and what partner systems are sent.

pub mod import;
pub mod sync_link;
pub mod sync_match;
pub mod sync_row;
pub mod sync_run;
pub mod sync_source;
pub mod webhook;
pub mod webhook_delivery;
pub mod webhook_progress;
