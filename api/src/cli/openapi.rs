//! `smep openapi`.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::Outcome;

/// `smep openapi`.
#[derive(Args)]
pub struct Openapi {
    /// The version of OpenAPI that the document is written in
    #[arg(long, value_enum, default_value_t = Version::Newest)]
    version: Version,
}

#[derive(Clone, Copy, ValueEnum)]
enum Version {
    /// As it is committed
    #[value(name = "3.1")]
    Newest,
    /// For generators that do not read 3.1
    #[value(name = "3.0")]
    Older,
}

impl Openapi {
    /// Prints the API document.
    pub fn run(self) -> Outcome {
        let document = api::app::document();
        let text = match self.version {
            Version::Newest => document.text(),
            Version::Older => format!("{:#}\n", document.older()),
        };
        write!(std::io::stdout(), "{text}").map_err(|error| format!("cannot write the document: {error}"))
    }
}
