//! What partner systems and the Department send in.

pub mod import;
