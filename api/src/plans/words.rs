//! Texts in plans: short ones in lists, and searching in long ones.

use sea_orm::sea_query::{Expr, Func, LikeExpr, SimpleExpr};
use sea_orm::{ColumnTrait, ExprTrait};
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

/// The column contains the text, without regard to the case of plain letters.
pub fn has_words<C: ColumnTrait>(column: C, text: Option<&str>) -> Option<SimpleExpr> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let lower = Func::lower(Expr::col(column.as_column_ref()));
    Some(Expr::expr(lower).like(LikeExpr::new(pattern).escape('\\')))
}
