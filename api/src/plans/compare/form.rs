//! In which form a comparison is sent.

use crate::kernel::document::accept::Form;

entity::choice! {
    /// A form of a comparison.
    pub enum CompareFormat {
        /// Data (`application/json`).
        Json = "json",
        /// For spreadsheets and most programs (`text/csv`).
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
    }
}

impl Form for CompareFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Csv => ("text", "csv"),
            Self::Xlsx => ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        }
    }
}
