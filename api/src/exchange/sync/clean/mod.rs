//! Texts as people typed them and programs exported them, made comparable. Pure.
//!
//! A function that returns none says that the text is not what it should be; nothing is guessed.

mod key;
mod number;
mod time;
mod words;

pub use key::{DfeNumber, class, dfe_number, email, key, postcode_in, urn};
pub use number::{Number, count, pence};
pub use time::{academic_year, day, instant, is_zero};
pub use words::typed;
