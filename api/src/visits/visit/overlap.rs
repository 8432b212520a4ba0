//! Visits that take somebody's time at once: the caller is warned, and decides.

use std::collections::BTreeSet;

use entity::instant::Instant;
use entity::visits::visit::{self, VisitStatus};
use sea_orm::{ExprTrait, QueryFilter, QueryOrder};

use super::transition::CONFIRM;
use crate::kernel::base::filter::json_is_empty;
use crate::kernel::prelude::*;
use crate::visits::rules;

/// More warnings about one visit help nobody.
const MOST: usize = 20;

/// Warns of visits that their people cannot all make: other ones of the hub, and ones among the steps.
///
/// # Errors
/// When the database is away.
pub async fn warn(write: &mut Write, steps: &[Mutation<'_, visit::Model>]) -> Result<()> {
    let asked: Vec<&visit::Model> = steps.iter().filter(|step| takes_time(step)).map(|step| &*step.after).collect();
    let (Some(first), Some(last)) =
        (asked.iter().map(|it| it.starts_at).min(), asked.iter().map(|it| it.ends_at).max())
    else {
        return Ok(());
    };
    let others = others(write, steps, &asked, first, last).await?;
    let mut warnings = Vec::new();
    for (at, visit) in asked.iter().enumerate() {
        let known = others.iter().filter(|other| rules::clash(visit, other)).map(|other| {
            let message = format!("visit {} takes the time of the same people from {}", other.id, other.starts_at);
            Fault::new("/starts_at", "overlap", message)
        });
        let among = asked.iter().enumerate().filter(|(place, other)| *place != at && rules::clash(visit, other));
        let among = among.map(|(_, other)| {
            let message =
                format!("another visit of the batch takes the time of the same people from {}", other.starts_at);
            Fault::new("/starts_at", "overlap", message)
        });
        warnings.extend(known.chain(among).take(MOST).map(|warning| (visit.id, warning)));
    }
    for (id, warning) in warnings {
        write.warn(id, warning);
    }
    Ok(())
}

/// Whether a step plans a visit for a time and people for whom it was not planned yet, or confirms it.
fn takes_time(step: &Mutation<'_, visit::Model>) -> bool {
    let visit = &*step.after;
    let planned = match (step.operation, step.before) {
        (Operation::Create | Operation::Restore, _) => true,
        (Operation::Update, Some(before)) => {
            let times = |visit: &visit::Model| (visit.starts_at, visit.ends_at);
            times(before) != times(visit) || !rules::people(before).eq(rules::people(visit))
        }
        (operation, _) => operation == Operation::Verb(CONFIRM.name),
    };
    planned && rules::is_ahead(visit.status)
}

/// The visits ahead of the same people that begin soon enough before the last of these ends.
async fn others(
    write: &Write,
    steps: &[Mutation<'_, visit::Model>],
    asked: &[&visit::Model],
    first: Instant,
    last: Instant,
) -> Result<Vec<visit::Model>> {
    use visit::Column;

    let people: BTreeSet<Uuid> = asked.iter().flat_map(|visit| rules::people(visit)).collect();
    let accompanied = json_is_empty(write.caller().db().backend(), Column::CoVisitorIds).not();
    let rows = write.caller().rows::<visit::Entity>();
    let rows = rows
        .filter(Column::Status.is_in([VisitStatus::Planned, VisitStatus::Confirmed]))
        .filter(Column::StartsAt.gt(first - rules::LONGEST))
        .filter(Column::StartsAt.lt(last))
        .filter(Column::VisitorId.is_in(people).or(accompanied))
        .filter(Column::Id.is_not_in(steps.iter().map(|step| step.after.id)))
        .order_by_asc(Column::StartsAt)
        .order_by_asc(Column::Id);
    Ok(rows.all(write.tx()).await?)
}
