//! Sync with the database of a music service: schools, people, activities and contracts come in, and values of
//! user-defined fields go out. `docs/guide/mapping.md` says how a database is described.

pub mod clean;
pub mod mapping;
pub mod record;
pub mod source;
mod writer;

pub use writer::Writer;
