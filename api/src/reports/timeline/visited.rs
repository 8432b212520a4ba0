//! What a timeline says about its visits beyond the visit itself: who comes, and which report there is.

use std::collections::HashMap;

use entity::visits::{visit, visit_report};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};

use super::{TimelineEntry, TimelineKind};
use crate::kernel::database::db::Transaction;
use crate::kernel::prelude::*;
use crate::people::store::named::{NamedPerson, named};
use crate::visits::store::who_comes;

/// Completes the entries of visits, with a fixed number of statements for any number of entries.
///
/// # Errors
/// When the database is away.
pub async fn complete(caller: &Caller, db: &Transaction, entries: &mut [TimelineEntry]) -> Result<()> {
    let visits = || entries.iter().filter(|entry| entry.kind == TimelineKind::Visit).map(|entry| entry.id);
    let Some(caller) = caller.under(Scope::ReadVisits).filter(|_| visits().next().is_some()) else { return Ok(()) };
    let rows = caller.rows::<visit::Entity>().filter(visit::Column::Id.is_in(visits())).all(db).await?;
    let reports = reports(&caller, db, visits()).await?;
    let names = named(&caller, db, rows.iter().flat_map(who_comes)).await?;
    let visitors = |row: &visit::Model| who_comes(row).filter_map(|id| names.get(&id).cloned()).collect();
    let visitors: HashMap<Uuid, Vec<NamedPerson>> = rows.iter().map(|row| (row.id, visitors(row))).collect();
    for entry in entries.iter_mut().filter(|entry| entry.kind == TimelineKind::Visit) {
        entry.report_id = reports.get(&entry.id).copied();
        entry.visitors = visitors.get(&entry.id).cloned();
    }
    Ok(())
}

/// The newest version of each visit's report that the caller sees.
async fn reports(caller: &Caller, db: &Transaction, visits: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, Uuid>> {
    use visit_report::Column;

    let rows = caller.rows::<visit_report::Entity>().filter(Column::VisitId.is_in(visits));
    let rows = rows.order_by_asc(Column::Number).select_only().columns([Column::VisitId, Column::Id]);
    let rows: Vec<(Uuid, Uuid)> = rows.into_tuple().all(db).await?;
    Ok(rows.into_iter().collect())
}
