//! What the kernel keeps for itself.

pub mod attachment;
pub mod attachment_part;
pub mod change;
pub mod change_counter;
pub mod external_id;
pub mod feed_epoch;
pub mod idempotency;
pub mod import_row;
pub mod installation;
pub mod job;
pub mod secret;
pub mod signing_key;
pub mod write_probe;
