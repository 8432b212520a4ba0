//! `smep openapi`.

use std::io::Write;

use super::Outcome;

/// Prints the API document as it is committed.
pub fn run() -> Outcome {
    let text = serde_json::to_string_pretty(&api::app::document().json)
        .map_err(|error| format!("cannot write the document: {error}"))?;
    writeln!(std::io::stdout(), "{text}").map_err(|error| format!("cannot write: {error}"))
}
