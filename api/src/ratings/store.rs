//! Which rating of a school is current. The register shows it too, so that it is looked up there.

pub use crate::schools::store::rated::{colour_of, is_current};
