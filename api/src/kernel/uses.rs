//! What still refers to a row, which is archived only when nothing does.

use entity::owned::Owned;
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::problem::{Problem, Result};
use super::tenancy::Caller;

/// Where a row may be referred to, table by table.
#[derive(Default)]
pub struct Uses(Vec<Table>);

struct Table {
    name: &'static str,
    condition: Condition,
    first: fn(&Caller, Condition) -> SelectStatement,
}

impl Uses {
    /// Adds the current rows of a table that meet the condition.
    #[must_use]
    pub fn by<E: Owned>(mut self, condition: impl IntoCondition) -> Self {
        let condition = condition.into_condition();
        self.0.push(Table { name: E::table(), condition, first: first::<E> });
        self
    }

    /// Refuses while there is any, in one statement for each table.
    ///
    /// # Errors
    /// 409 naming one row of each table that has some.
    pub(super) async fn refuse(self, caller: &Caller, db: &impl ConnectionTrait) -> Result<()> {
        let mut found = Vec::new();
        for Table { name, condition, first } in self.0 {
            if let Some(row) = db.query_one(&first(caller, condition)).await? {
                let id: Uuid = row.try_get_by_index(0)?;
                found.push(format!("{} {id}", name.replace('_', " ")));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        Err(Problem::conflict(format!(
            "cannot archive the item while other items refer to it: change or archive {} first",
            found.join(", ")
        )))
    }
}

fn first<E: Owned>(caller: &Caller, condition: Condition) -> SelectStatement {
    caller.rows::<E>().filter(condition).select_only().column(E::id()).limit(1).into_query()
}
