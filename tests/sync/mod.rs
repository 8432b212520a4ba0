//! The sync with a music service's database: the sample in `paritor/` of the test data, day by day, as a folder of CSV
//! files, asked for over HTTP.

mod contracts;
mod days;
mod figures;
mod fixture;
mod hub;
mod killed;
mod kind;
mod kinds;
mod matches;
mod naive;
mod outages;
mod outward;
mod people;
mod runs;
mod sources;
mod written_back;

pub use fixture::{in_state, match_in_state, named};
