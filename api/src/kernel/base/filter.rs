//! The conditions that filters are made of.

pub use entity::list::json_has;
use sea_orm::sea_query::{Expr, Func, LikeExpr, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, ExprTrait, Value};

use super::fold::{after_prefix, search_key};

/// The folded column contains every word of the text, which is searched inside one hub only.
pub fn contains<C: ColumnTrait>(column: C, text: Option<&str>) -> Option<Condition> {
    contains_words(column, &search_key(text?))
}

/// The folded column contains every word of a text that is folded alike; no word is no condition.
pub fn contains_words<C: ColumnTrait>(column: C, folded: &str) -> Option<Condition> {
    let words = folded.split_whitespace().map(|word| Expr::col(column.as_column_ref()).like(anywhere(word)));
    words.fold(None, |all, word| Some(all.unwrap_or_else(Condition::all).add(word)))
}

/// A column without a folded one contains the text, regardless of the case of A to Z: only these
/// letters do both databases fold alike.
pub fn contains_as_written<C: ColumnTrait>(column: C, text: Option<&str>) -> Option<SimpleExpr> {
    let text = text.map(|text| text.trim().to_ascii_lowercase()).filter(|text| !text.is_empty())?;
    Some(Expr::expr(Func::lower(Expr::col(column.as_column_ref()))).like(anywhere(&text)))
}

/// The pattern of a text that contains this one.
pub fn anywhere(text: &str) -> LikeExpr {
    in_this_order(&[text.to_owned()])
}

/// The pattern of a text that contains these, one after the other.
pub fn in_this_order(texts: &[String]) -> LikeExpr {
    let mut pattern = String::from("%");
    for text in texts {
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
    }
    LikeExpr::new(pattern).escape('\\')
}

/// The column begins with the text: a range, since an index serves it and a bound LIKE scans.
pub fn begins<C: ColumnTrait>(column: C, prefix: Option<String>) -> Option<Condition> {
    let prefix = prefix.filter(|prefix| !prefix.is_empty())?;
    let end = after_prefix(&prefix);
    Some(Condition::all().add(column.gte(prefix)).add_option(end.map(|end| column.lt(end))))
}

/// The column has any of the values; no value asked for is no condition.
pub fn any_of<C: ColumnTrait, V: Into<Value> + Clone>(column: C, values: &[V]) -> Option<SimpleExpr> {
    match values {
        [] => None,
        [one] => Some(column.eq(one.clone())),
        many => Some(column.is_in(many.iter().cloned())),
    }
}

/// The column has the value, if one is asked for.
pub fn is<C: ColumnTrait, V: Into<Value>>(column: C, value: Option<V>) -> Option<SimpleExpr> {
    value.map(|value| column.eq(value))
}

/// The column lies between the values, both included.
pub fn between<C: ColumnTrait, V: Into<Value>>(column: C, from: Option<V>, to: Option<V>) -> Condition {
    Condition::all().add_option(from.map(|from| column.gte(from))).add_option(to.map(|to| column.lte(to)))
}

/// The list in a JSON column is empty.
pub fn json_is_empty<C: ColumnTrait>(backend: DbBackend, column: C) -> SimpleExpr {
    let sql = match backend {
        DbBackend::Postgres => "jsonb_array_length($1) = 0",
        _ => "json_array_length(?) = 0",
    };
    Expr::cust_with_exprs(sql, [Expr::col(column.as_column_ref())])
}

/// The list in a JSON column has a record whose field has the value.
pub fn json_names<C: ColumnTrait>(
    backend: DbBackend,
    column: C,
    field: &'static str,
    value: impl Into<String>,
) -> SimpleExpr {
    let sql = match backend {
        DbBackend::Postgres => "$1 @> jsonb_build_array(jsonb_build_object($2::text, $3::text))",
        _ => "EXISTS (SELECT 1 FROM json_each(?) WHERE value ->> ? = ?)",
    };
    let column = Expr::col(column.as_column_ref());
    Expr::cust_with_exprs(sql, [column, Expr::val(field), Expr::val(value.into())])
}
