//! `smep openapi`.

use std::io::Write;

use super::Outcome;

/// Prints the API document as it is committed.
pub fn run() -> Outcome {
    write!(std::io::stdout(), "{}", api::app::document().text())
        .map_err(|error| format!("cannot write the document: {error}"))
}
