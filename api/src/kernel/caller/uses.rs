//! What still refers to a row, which is archived only when nothing does.

use entity::owned::Owned;
use sea_orm::sea_query::{IntoCondition, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use super::tenancy::Caller;
use crate::kernel::base::problem::{Problem, Result};

/// Where a row may be referred to, table by table.
#[derive(Default)]
pub struct ReferencedBy(Vec<Table>);

struct Table {
    name: &'static str,
    condition: Condition,
    in_hub: fn(&Caller, Condition) -> SelectStatement,
    seen: fn(&Caller, Condition) -> SelectStatement,
}

impl ReferencedBy {
    /// Adds the current rows of a table that meet the condition, in the whole hub.
    #[must_use]
    pub fn by<E: Owned>(mut self, condition: impl IntoCondition) -> Self {
        let condition = condition.into_condition();
        self.0.push(Table { name: E::table(), condition, in_hub: in_hub::<E>, seen: seen::<E> });
        self
    }

    /// Refuses while there is any, whether or not the caller sees it.
    ///
    /// # Errors
    /// 409 naming one row of each table in which the caller sees some; what it does not see is not named.
    pub(in crate::kernel) async fn refuse(self, caller: &Caller, db: &impl ConnectionTrait) -> Result<()> {
        let (mut named, mut hidden) = (Vec::new(), false);
        for Table { name, condition, in_hub, seen } in self.0 {
            if first(db, &in_hub(caller, condition.clone())).await?.is_none() {
                continue;
            }
            match first(db, &seen(caller, condition)).await? {
                Some(id) => named.push(format!("{} {id}", name.replace('_', " "))),
                None => hidden = true,
            }
        }
        let fix = match (named.is_empty(), hidden) {
            (true, false) => return Ok(()),
            (false, false) => format!("change or archive {} first", named.join(", ")),
            (_, true) => {
                named.push("what you do not see".to_owned());
                let others = named.join(", ");
                format!("ask somebody who sees the whole hub to change or archive {others} first")
            }
        };
        Err(Problem::conflict(format!("cannot archive the item while other items refer to it: {fix}")))
    }
}

#[expect(clippy::disallowed_methods, reason = "what keeps a row is counted in the whole hub, and not shown")]
fn in_hub<E: Owned>(caller: &Caller, condition: Condition) -> SelectStatement {
    one(E::find().filter(E::hub().eq(caller.hub_id)).filter(E::archived().is_null()).filter(condition))
}

fn seen<E: Owned>(caller: &Caller, condition: Condition) -> SelectStatement {
    one(caller.rows::<E>().filter(condition))
}

fn one<E: Owned>(rows: Select<E>) -> SelectStatement {
    rows.select_only().column(E::id()).limit(1).into_query()
}

async fn first(db: &impl ConnectionTrait, rows: &SelectStatement) -> Result<Option<Uuid>> {
    let row = db.query_one(rows).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
