//! In which form a briefing is sent.

use crate::kernel::document::accept::Form;

entity::choice! {
    /// A form of a briefing.
    pub enum BriefingFormat {
        /// Data (`application/json`).
        Json = "json",
        /// To print, and to read in a browser (`text/html`).
        Html = "html",
    }
}

impl Form for BriefingFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Html => ("text", "html"),
        }
    }
}
