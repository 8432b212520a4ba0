//! Where a page ends: opaque to callers, signed, and bound to the list it was made for.

use entity::cell::is_null;
use sea_orm::sea_query::ColumnType;
use sea_orm::{QueryResult, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::encoding::{base64url, from_base64url};
use super::problem::{Code, Problem, Result};
use super::signature::{same, sign};

/// Bytes of the signature, enough against guessing and short in an address.
const SIGNATURE: usize = 16;

/// The sort key and id of the last row of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// The key; null in the tail of rows that have none.
    pub key: Json,
    /// The row.
    pub id: Uuid,
}

impl Cursor {
    /// As text. `list` is what the cursor is bound to: resource, hub, filter and sort.
    #[must_use]
    pub fn seal(&self, secret: &[u8; 32], list: &str) -> String {
        let mut bytes = self.id.as_bytes().to_vec();
        bytes.extend(self.key.to_string().into_bytes());
        let signature = sign(secret, list, &bytes);
        bytes.splice(0..0, signature.into_iter().take(SIGNATURE));
        base64url(&bytes)
    }

    /// From text.
    ///
    /// # Errors
    /// 400 when it was altered or made for another list.
    pub fn open(text: &str, secret: &[u8; 32], list: &str) -> Result<Self> {
        let bad = || {
            Problem::new(
                Code::BadCursor,
                "start again without `cursor`; it fits only the list, filter and sort it was made for",
            )
        };
        let bytes = from_base64url(text).ok_or_else(bad)?;
        let (signature, body) = bytes.split_at_checked(SIGNATURE).ok_or_else(bad)?;
        let expected = sign(secret, list, body);
        if !same(signature, &expected[..SIGNATURE]) {
            return Err(bad());
        }
        let (id, key) = body.split_at_checked(16).ok_or_else(bad)?;
        let id = Uuid::from_slice(id).map_err(|_| bad())?;
        let key = serde_json::from_slice(key).map_err(|_| bad())?;
        Ok(Self { key, id })
    }
}

/// The key at a place of a row, as it stands in a cursor; null where there is none.
///
/// # Errors
/// When the key is of another type.
pub fn of_row(row: &QueryResult, at: usize, kind: &ColumnType) -> Result<Json> {
    if is_null(row, at)? {
        return Ok(Json::Null);
    }
    Ok(match kind {
        ColumnType::Integer => Json::from(row.try_get_by_index::<i32>(at)?),
        ColumnType::BigInteger => Json::from(row.try_get_by_index::<i64>(at)?),
        ColumnType::Double => Json::from(row.try_get_by_index::<f64>(at)?),
        ColumnType::Boolean => Json::from(row.try_get_by_index::<bool>(at)?),
        ColumnType::Uuid => Json::from(row.try_get_by_index::<Uuid>(at)?.to_string()),
        ColumnType::Date => Json::from(row.try_get_by_index::<time::Date>(at)?.to_string()),
        _ => Json::from(row.try_get_by_index::<String>(at)?),
    })
}

/// A key as the database compares it with its column.
///
/// # Errors
/// 400 when it is of another type, which a signed cursor is not.
pub fn from_json(kind: &ColumnType, key: &Json) -> Result<Value> {
    let bad = || Problem::new(Code::BadCursor, "start again without `cursor`");
    let value = match kind {
        ColumnType::Integer => key.as_i64().and_then(|n| i32::try_from(n).ok()).map(Value::from),
        ColumnType::BigInteger => key.as_i64().map(Value::from),
        ColumnType::Double => key.as_f64().map(Value::from),
        ColumnType::Boolean => key.as_bool().map(Value::from),
        ColumnType::Uuid => key.as_str().and_then(|id| Uuid::parse_str(id).ok()).map(Value::from),
        ColumnType::Date => key
            .as_str()
            .and_then(|day| time::Date::parse(day, &time::format_description::well_known::Iso8601::DATE).ok())
            .map(Value::from),
        _ => key.as_str().map(Value::from),
    };
    value.ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_unaltered_and_for_its_own_list() {
        let cursor = Cursor { key: Json::from("bosworth"), id: Uuid::now_v7() };
        let text = cursor.seal(&[7; 32], "school|hub|name");
        assert_eq!(Cursor::open(&text, &[7; 32], "school|hub|name").unwrap(), cursor);
        assert!(Cursor::open(&text, &[8; 32], "school|hub|name").is_err());
        assert!(Cursor::open(&text, &[7; 32], "school|hub|-name").is_err());
        for index in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[index] = if other[index] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert!(Cursor::open(&other, &[7; 32], "school|hub|name").is_err(), "{index}");
        }
        assert!(Cursor::open("", &[7; 32], "").is_err());
    }
}
