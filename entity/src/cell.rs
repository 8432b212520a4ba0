//! Cells of a row as JSON, written as they are read.

use std::sync::Arc;

use sea_orm::sqlx::error::Error;
use sea_orm::sqlx::{Row, ValueRef};
use sea_orm::{DbErr, QueryResult, RuntimeErr, TryGetable};
use serde::Serialize;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;

/// A type of column.
pub trait Cell: TryGetable {
    /// Writes a value as JSON.
    ///
    /// # Errors
    /// When it is no JSON.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), DbErr>;

    /// Writes the cell at the place `at` of a row as JSON.
    ///
    /// # Errors
    /// When it is of another type.
    fn copy(row: &QueryResult, at: usize, out: &mut Vec<u8>) -> Result<(), DbErr> {
        Self::try_get_by_index(row, at)?.write(out)
    }
}

/// Writes a value as JSON.
///
/// # Errors
/// When it is no JSON.
pub fn json(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> Result<(), DbErr> {
    serde_json::to_writer(out, value).map_err(|error| DbErr::Json(error.to_string()))
}

/// Whether the cell at a place is empty.
///
/// # Errors
/// When there is no such place.
pub fn is_null(row: &QueryResult, at: usize) -> Result<bool, DbErr> {
    match (row.try_as_sqlite_row(), row.try_as_pg_row()) {
        (Some(row), _) => Ok(row.try_get_raw(at).map_err(unread)?.is_null()),
        (_, Some(row)) => Ok(row.try_get_raw(at).map_err(unread)?.is_null()),
        _ => Err(DbErr::Custom("a row of another database".to_owned())),
    }
}

/// The text of the cell at a place.
fn text(row: &QueryResult, at: usize) -> Result<&str, DbErr> {
    match (row.try_as_sqlite_row(), row.try_as_pg_row()) {
        (Some(row), _) => row.try_get(at).map_err(unread),
        (_, Some(row)) => row.try_get(at).map_err(unread),
        _ => Err(DbErr::Custom("a row of another database".to_owned())),
    }
}

fn unread(error: Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

/// Writes the text of the cell at a place as JSON.
///
/// # Errors
/// When it is no text.
pub fn copy_text(row: &QueryResult, at: usize, out: &mut Vec<u8>) -> Result<(), DbErr> {
    json(text(row, at)?, out)
}

macro_rules! cells {
    ($($type:ty),+) => {
        $(impl Cell for $type {
            fn write(&self, out: &mut Vec<u8>) -> Result<(), DbErr> {
                json(self, out)
            }
        })+
    };
}

cells!(bool, i16, i32, i64, f64, Uuid, Instant, serde_json::Value);

impl Cell for String {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), DbErr> {
        json(self, out)
    }

    fn copy(row: &QueryResult, at: usize, out: &mut Vec<u8>) -> Result<(), DbErr> {
        copy_text(row, at, out)
    }
}

impl Cell for Date {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), DbErr> {
        json(&format_args!("{self}"), out)
    }
}

impl<T: Serialize> Cell for List<T>
where
    Self: TryGetable,
{
    fn write(&self, out: &mut Vec<u8>) -> Result<(), DbErr> {
        json(self, out)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), DbErr> {
        match self {
            Some(value) => value.write(out),
            None => json(&(), out),
        }
    }

    fn copy(row: &QueryResult, at: usize, out: &mut Vec<u8>) -> Result<(), DbErr> {
        if is_null(row, at)? { json(&(), out) } else { T::copy(row, at, out) }
    }
}
