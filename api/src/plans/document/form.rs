//! In which form a document is sent.

use crate::kernel::document::accept::Form;

entity::choice! {
    /// A form of a document.
    pub enum DocumentFormat {
        /// Data (`application/json`).
        Json = "json",
        /// For spreadsheets (`text/csv`).
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
        /// To print, and to read in a browser (`text/html`).
        Html = "html",
    }
}

impl Form for DocumentFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Csv => ("text", "csv"),
            Self::Xlsx => ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            Self::Html => ("text", "html"),
        }
    }
}
