//! Fields withheld from a caller, in every row or in all but some.

use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{Alias, CaseStatement, Expr};
use sea_orm::{ExprTrait, IdenStatic, Value};

/// Fields that a caller does not see: null in replies, lists and exports, absent in history and feed. Each is a column
/// of the same name that may be null, and no key to sort, filter or count by.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    fields: &'static [&'static str],
    unless: Option<Unless>,
}

/// The rows in which the fields are seen all the same: those whose column has one of the values.
#[derive(Clone, Debug)]
struct Unless {
    column: &'static str,
    values: Vec<Value>,
}

impl Withheld {
    /// These fields, in every row.
    #[must_use]
    pub const fn of(fields: &'static [&'static str]) -> Self {
        Self { fields, unless: None }
    }

    /// The same in all rows but those whose column has one of the values. History and feed leave the fields out of
    /// those too, since a row may have been another when it was changed.
    #[must_use]
    pub fn unless<C: IdenStatic>(self, column: C, values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { unless: Some(Unless { column: column.as_str(), values }), ..self }
    }

    /// The fields that the caller does not see in every row.
    #[must_use]
    pub const fn fields(&self) -> &'static [&'static str] {
        self.fields
    }

    /// The fields that the caller does not see in this row.
    #[must_use]
    pub fn in_row<E: Owned>(&self, row: &E::Model) -> &'static [&'static str] {
        let shown = self.unless.as_ref().is_some_and(|Unless { column, values }| {
            let at = E::columns().iter().position(|name| name == column);
            at.and_then(|at| row.values().into_iter().nth(at)).is_some_and(|value| values.contains(&value))
        });
        if shown { &[] } else { self.fields }
    }

    /// Returns true if the fields are withheld in every row.
    #[must_use]
    pub const fn is_everywhere(&self) -> bool {
        self.unless.is_none()
    }

    /// A column as the caller sees it: null where it is withheld.
    pub(super) fn column(&self, table: &'static str, column: &'static str) -> Expr {
        let of_table = |name: &str| Expr::col((Alias::new(table), Alias::new(name)));
        match &self.unless {
            None => Expr::null(),
            Some(Unless { column: decides, values }) => {
                let shown = of_table(decides).is_in(values.clone());
                CaseStatement::new().case(shown, of_table(column)).into()
            }
        }
    }
}
