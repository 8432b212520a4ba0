//! What still refers to a row, which is archived only when nothing does.

use entity::owned::Owned;
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{ConnectionTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::problem::{Problem, Result};
use super::write::Write;

/// Where a row may be referred to, table by table.
pub struct Uses<'a> {
    write: &'a Write,
    tables: Vec<(&'static str, SelectStatement)>,
}

impl<'a> Uses<'a> {
    /// Asked within a write that has the row locked.
    #[must_use]
    pub const fn of(write: &'a Write) -> Self {
        Self { write, tables: Vec::new() }
    }

    /// Adds the current rows of a table that meet the condition.
    #[must_use]
    pub fn by<E: Owned>(mut self, condition: impl IntoCondition) -> Self {
        let rows = self.write.caller().rows::<E>().filter(condition.into_condition());
        let first = rows.select_only().column(E::id()).limit(1);
        self.tables.push((E::table(), first.into_query()));
        self
    }

    /// Refuses while there is any, in one statement for each table.
    ///
    /// # Errors
    /// 409 naming one row of each table that has some.
    pub async fn refuse(self) -> Result<()> {
        let mut found = Vec::new();
        for (table, rows) in self.tables {
            if let Some(row) = self.write.tx().query_one(&rows).await? {
                let id: Uuid = row.try_get_by_index(0)?;
                found.push(format!("{} {id}", table.replace('_', " ")));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(Problem::conflict(format!(
            "it is still referred to, by {}: change or archive what does so first",
            found.join(", ")
        )))
    }
}
