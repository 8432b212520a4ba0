//! A visitor's own visits as a calendar (iCalendar, RFC 5545) that other programs subscribe to.
//!
//! The address holds a secret, of which only the hash is kept. What it shows is read as the user at that moment: a user
//! who is disabled has no calendar, and a visit that the user no longer sees is not in it.

mod ical;
mod link;

pub use self::link::{LINKED, routes};
