//! The sync with a music service's database: the sample in `paritor/` of the test data, day by day, as a folder of CSV
//! files, asked for over HTTP.

mod days;
mod fixture;
mod matches;
mod people;
mod runs;
mod sources;

pub use fixture::{in_state, match_in_state, named};
