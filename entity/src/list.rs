//! Short lists kept in one JSON column.

use std::ops::Deref;

use sea_orm::sea_query::{ArrayType, ColumnType, Expr, Nullable, SimpleExpr, ValueType, ValueTypeErr};
use sea_orm::{ActiveValue, ColumnTrait, DbBackend, IntoActiveValue, TryGetableFromJson, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A list kept in one JSON column; in JSON it is a plain array.
///
/// It has no schema of its own, so that a form says how long it may be:
/// `#[schema(value_type = Vec<Party>, max_items = 20)]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct List<T>(Vec<T>);

/// A list of texts.
pub type Strings = List<String>;

/// A list of ids.
pub type Ids = List<Uuid>;

impl<T> List<T> {
    /// The items as a vector.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self(items)
    }
}

impl<T> From<List<T>> for Vec<T> {
    fn from(list: List<T>) -> Self {
        list.0
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The list in a JSON column has the value.
pub fn json_has<C: ColumnTrait>(backend: DbBackend, column: C, value: impl Into<String>) -> SimpleExpr {
    let sql = match backend {
        DbBackend::Postgres => "$1 @> to_jsonb($2::text)",
        _ => "EXISTS (SELECT 1 FROM json_each(?) WHERE value = ?)",
    };
    let column = Expr::col(column.as_column_ref());
    Expr::cust_with_exprs(sql, [column, Expr::val(value.into())])
}

// The database's side, written out since the derive of sea-orm takes no type parameter.

impl<T: Serialize + DeserializeOwned> TryGetableFromJson for List<T> {}

impl<T: Serialize> From<List<T>> for Value {
    fn from(list: List<T>) -> Self {
        // The items are plain data of ours; none of them can fail to become JSON.
        let json = serde_json::to_value(&list.0).unwrap_or_default();
        Value::Json(Some(Box::new(json)))
    }
}

impl<T: DeserializeOwned> ValueType for List<T> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        match value {
            Value::Json(Some(json)) => serde_json::from_value(*json).map_err(|_| ValueTypeErr),
            _ => Err(ValueTypeErr),
        }
    }

    fn type_name() -> String {
        "List".to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::Json
    }

    fn column_type() -> ColumnType {
        ColumnType::JsonBinary
    }
}

impl<T> Nullable for List<T> {
    fn null() -> Value {
        Value::Json(None)
    }
}

impl<T> IntoActiveValue<List<T>> for List<T>
where
    Value: From<List<T>>,
{
    fn into_active_value(self) -> ActiveValue<List<T>> {
        ActiveValue::Set(self)
    }
}
