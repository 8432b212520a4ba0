//! Texts in the lists of plans.

use utoipa::ToSchema;

/// A short text in a list.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 200, example = "Arts Council England")]
pub struct ShortText(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// A sentence in a list.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 1000, example = "Time of the business support team")]
pub struct Sentence(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// The address of a page or file on the web.
#[derive(ToSchema)]
#[schema(
    value_type = String,
    max_length = 2000,
    pattern = "^https?://[^\\s]+$",
    example = "https://example.org/minutes.pdf"
)]
pub struct Link(#[expect(dead_code, reason = "it is the schema of a text")] String);
