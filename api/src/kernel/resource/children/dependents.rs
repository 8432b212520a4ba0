//! What belongs to a row that is to be archived.

use entity::owned::Owned;
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait};

use super::name_of;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// The rows that belong to a row, table by table. While there are any, the row stays where it is.
#[derive(Default)]
pub struct Dependents(Vec<Table>);

struct Table {
    name: &'static str,
    condition: Condition,
    count: fn(&Caller, Condition) -> SelectStatement,
}

impl Dependents {
    /// Adds the current rows of a table that meet the condition.
    #[must_use]
    pub fn by<E: Owned>(mut self, condition: impl IntoCondition) -> Self {
        let condition = condition.into_condition();
        self.0.push(Table { name: E::table(), condition, count: count::<E> });
        self
    }

    /// Refuses while there is any, in one statement for each table.
    ///
    /// # Errors
    /// 409, which says how many rows of each table belong to `what`.
    pub async fn refuse(self, write: &Write, what: &str) -> Result<()> {
        let mut found = Vec::new();
        for Table { name, condition, count } in self.0 {
            let count = fetch_count(write, count(write.caller(), condition)).await?;
            if count > 0 {
                found.push(format!("{count} {}", plural(&name_of(name))));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let found = found.join(", ");
        let detail = format!("cannot archive the {what}: {found} still belong to it; archive or move them first");
        Err(Problem::conflict(detail))
    }
}

/// Several of what people call the row of a table.
pub(super) fn plural(name: &str) -> String {
    match name.strip_suffix("criterion") {
        Some(head) => format!("{head}criteria"),
        None => format!("{name}s"),
    }
}

pub(super) fn count<E: Owned>(caller: &Caller, condition: Condition) -> SelectStatement {
    caller.rows::<E>().filter(condition).select_only().column_as(E::id().count(), "rows").into_query()
}

pub(super) async fn fetch_count(write: &Write, count: SelectStatement) -> Result<u64> {
    let row = write.tx().query_one(&count).await?.ok_or_else(|| Problem::internal("nothing was counted"))?;
    let count: i64 = row.try_get_by_index(0)?;
    Ok(count.unsigned_abs())
}
