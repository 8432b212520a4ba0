//! How the page words days and colours.
#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates call with references")]

use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::SupportCode;
use entity::visits::visit_report::ReportRag;

pub use crate::kernel::base::sheet::day;

/// A colour in words, for readers who do not see it.
pub const fn colour(colour: &RatingColour) -> &'static str {
    match colour {
        RatingColour::Red => "Red: much support",
        RatingColour::Amber => "Amber: some support",
        RatingColour::Green => "Green: as every school",
    }
}

/// What the visitor saw.
pub const fn rag(rag: &ReportRag) -> &'static str {
    match rag {
        ReportRag::Red => "Red",
        ReportRag::Amber => "Amber",
        ReportRag::Green => "Green",
    }
}

/// The support that follows.
pub const fn support(code: &SupportCode) -> &'static str {
    match code {
        SupportCode::Universal => "universal support",
        SupportCode::Targeted => "targeted support",
    }
}
