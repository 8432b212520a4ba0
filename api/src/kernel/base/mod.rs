//! The lowest floor: errors, replies, settings, time, and pure pieces that know no request and no table.

pub mod academic_year;
pub mod clock;
pub mod condition;
pub mod connection;
pub mod csv;
pub mod cursor;
pub mod encoding;
pub mod filter;
pub mod fold;
pub mod media;
pub mod merge;
pub mod nearest;
pub mod packed;
pub mod pairs;
pub mod period;
pub mod picture;
pub mod problem;
pub mod registry;
pub mod reply;
pub mod request;
pub mod settings;
pub mod sheet;
pub mod signature;
pub mod space;
pub mod strict;
pub mod task;
