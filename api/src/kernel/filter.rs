//! The conditions that filters are made of.

use sea_orm::sea_query::{Expr, LikeExpr, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ExprTrait, Value};

use super::fold::{after_prefix, fold};

/// The folded column contains the text, which is searched inside one hub only.
pub fn contains<C: ColumnTrait>(column: C, text: Option<&str>) -> Option<SimpleExpr> {
    let text = text.map(fold).filter(|text| !text.is_empty())?;
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Some(Expr::col(column.as_column_ref()).like(LikeExpr::new(pattern).escape('\\')))
}

/// The column begins with the text: a range, since an index serves it and a bound LIKE scans.
pub fn begins<C: ColumnTrait>(column: C, prefix: Option<String>) -> Option<Condition> {
    let prefix = prefix.filter(|prefix| !prefix.is_empty())?;
    let end = after_prefix(&prefix);
    Some(Condition::all().add(column.gte(prefix)).add_option(end.map(|end| column.lt(end))))
}

/// The column has any of the values; no value asked for is no condition.
pub fn any_of<C: ColumnTrait, V: Into<Value> + Clone>(
    column: C,
    values: &[V],
) -> Option<SimpleExpr> {
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
pub fn between<C: ColumnTrait, V: Into<Value>>(
    column: C,
    from: Option<V>,
    to: Option<V>,
) -> Condition {
    Condition::all()
        .add_option(from.map(|from| column.gte(from)))
        .add_option(to.map(|to| column.lte(to)))
}
