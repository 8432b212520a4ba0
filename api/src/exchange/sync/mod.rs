//! The sync with a music service's database.
//!
//! An operator names a database by a mapping file (`mapping`, described in `docs/guide/mapping.md`), which says
//! where it is and how its tables are read (`source`) as rows of ours (`record`). A run (`run`) goes through its
//! steps (`step`): contacts are led to schools (`matching`), and people and figures are taken over (`inbound`).
//! Nothing of the source is trusted: keys are cleaned (`clean`), doubts are decided by people (`sync_match`), and
//! times of changes are shown and not believed. Values of user-defined fields go out (`writer`).

pub mod clean;
mod digest;
mod inbound;
pub mod mapping;
mod matching;
mod outbound;
pub mod record;
pub mod registry;
pub mod run;
pub mod source;
mod step;
pub mod sync_match;
pub mod sync_run;
pub mod sync_source;
mod writer;

pub use writer::{Wanted, Writer};
