//! Writing what was planned, from where it is staged.

use entity::exchange::import;
use entity::kernel::import_row::{self, ImportOutcome};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Map, Value};

use super::job::Stop;
use super::plan::{AT_ONCE, Tally, add};
use super::record;
use super::source::Source;
use crate::kernel::batch::{self, BatchStatus};
use crate::kernel::problem::{Code, Result};
use crate::kernel::reply::Reply;
use crate::kernel::tenancy::Caller;
use crate::kernel::write::{StagedPart, Write};
use crate::schools::school::NewSchool;
use crate::schools::school::School;

/// How often a chunk is tried again that somebody else's write came before.
const ATTEMPTS: usize = 3;

/// Writes the staged rows in chunks, each in a transaction with its entries in the log and with the
/// job's own record of how far it is.
///
/// # Errors
/// Why it ends early; the chunks before stand.
pub async fn each<S: Source>(caller: &Caller, row: &import::Model, tally: &Tally, last: i64) -> Result<(), Stop> {
    let step = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let mut from = 1;
    while from <= last {
        if tally.cancelled.get() {
            return Err(Stop::Cancelled);
        }
        let to = (from + step - 1).min(last);
        let part = StagedPart { hub_id: row.hub_id, import_id: row.id, numbers: from..=to };
        let mut attempt = 1;
        loop {
            match store::<S>(caller, row, tally, &part, to == last, true).await {
                // Somebody has made one of them at the same moment: now it is there to be seen.
                Err(Stop::Failed(problem)) if problem.code() == Code::Duplicate && attempt < ATTEMPTS => attempt += 1,
                done => break done?,
            }
        }
        from = to + 1;
    }
    Ok(())
}

/// Writes all staged rows in one transaction, set by set.
///
/// # Errors
/// Why nothing was written.
pub async fn atomic<S: Source>(caller: &Caller, row: &import::Model, tally: &Tally, last: i64) -> Result<(), Stop> {
    if tally.cancelled.get() {
        return Err(Stop::Cancelled);
    }
    let part = StagedPart { hub_id: row.hub_id, import_id: row.id, numbers: 1..=last };
    match store::<S>(caller, row, tally, &part, true, false).await {
        Err(Stop::Failed(problem)) if problem.code() == Code::Duplicate => Err(changed_meanwhile()),
        done => done,
    }
}

fn changed_meanwhile() -> Stop {
    let message = "items were changed by others while the file was read, so that nothing was written: run it again";
    Stop::Refused { code: "changed_meanwhile", message: message.to_owned() }
}

/// Writes a part. Rows whose items were changed since they were planned are planned again where
/// `again` allows it, or keep the whole part from being written.
async fn store<S: Source>(
    caller: &Caller,
    row: &import::Model,
    tally: &Tally,
    part: &StagedPart,
    last: bool,
    again: bool,
) -> Result<(), Stop> {
    let mut stop = None;
    let mut recounts = Vec::new();
    let mut count = 0;
    let done = Write::run(caller, async |write| {
        let stale = S::stale(write, part).await?;
        if !stale.is_empty() {
            let planned_again = if again { plan_again(write, part, &stale).await? } else { None };
            match planned_again {
                Some(outcomes) => {
                    recount(tally, &outcomes);
                    recounts = outcomes;
                }
                None => {
                    stop = Some(changed_meanwhile());
                    write.undo();
                    return Ok(nothing());
                }
            }
        }
        let to_write = planned(write, part).await?;
        S::store(write, part).await?;
        write.log_staged(part.clone());
        let anew = [ImportOutcome::Created, ImportOutcome::Updated];
        let rewritten = recounts.iter().filter(|(_, is)| anew.contains(is)).count();
        count = to_write + i64::try_from(rewritten).unwrap_or(0);
        let how_far = (count, *part.numbers.end(), write.now());
        if record::written(write.tx(), row, tally, how_far, last).await?.is_none() {
            stop = Some(Stop::Lost);
            write.undo();
        }
        Ok(nothing())
    });
    let stopped = match done.await {
        Ok(_) => stop,
        Err(problem) => Some(Stop::Failed(problem)),
    };
    if let Some(stop) = stopped {
        // Nothing of it was written, so that all is as it was planned.
        let back: Vec<_> = recounts.into_iter().map(|(was, is)| (is, was)).collect();
        recount(tally, &back);
        return Err(stop);
    }
    add(&tally.written, count);
    Ok(())
}

fn recount(tally: &Tally, outcomes: &[(ImportOutcome, ImportOutcome)]) {
    for (was, is) in outcomes {
        tally.recount(*was, *is);
    }
}

fn nothing() -> Reply {
    Reply::empty(actix_web::http::StatusCode::NO_CONTENT)
}

#[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
async fn planned(write: &Write, part: &StagedPart) -> Result<i64> {
    let rows = import_row::Entity::find().filter(part.planned()).count(write.tx()).await?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Plans rows again against the items as they are now: what the file changes is laid over them, as
/// a batch does. Gives for each the outcome it had and the one it has; none for rows that have no
/// key to be found by.
#[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
async fn plan_again(
    write: &mut Write,
    part: &StagedPart,
    numbers: &[i64],
) -> Result<Option<Vec<(ImportOutcome, ImportOutcome)>>> {
    let rows = import_row::Entity::find()
        .filter(part.rows())
        .filter(import_row::Column::Number.is_in(numbers.iter().copied()))
        .all(write.tx())
        .await?;
    if rows.iter().any(|row| row.resource.as_deref() != Some("school")) {
        return Ok(None);
    }
    let patches: Vec<Value> = rows.iter().map(|row| patch(write, row)).collect();
    let results = batch::take::<School>(write, &patches).await?;
    let mut outcomes = Vec::with_capacity(rows.len());
    for (row, result) in rows.into_iter().zip(results) {
        let outcome = match result.status {
            _ if row.outcome == ImportOutcome::MissingFromSource => row.outcome,
            BatchStatus::Created => ImportOutcome::Created,
            BatchStatus::Updated => ImportOutcome::Updated,
            BatchStatus::Unchanged => ImportOutcome::Unchanged,
            BatchStatus::Rejected => ImportOutcome::Rejected,
        };
        let message = result.errors.into_iter().next().map(|fault| fault.message);
        write.restage(part, row.number, outcome, message).await?;
        outcomes.push((row.outcome, outcome));
    }
    Ok(Some(outcomes))
}

/// What a staged row changes, as a form that is laid over the item with its key.
fn patch(write: &Write, row: &import_row::Model) -> Value {
    use utoipa::ToSchema;

    let document = &write.caller().state().document;
    let form = NewSchool::name();
    let fields = row.fields.as_ref().and_then(Value::as_object).into_iter().flatten();
    let mut patch: Map<String, Value> = fields
        .filter(|(name, _)| document.has_field(&form, name))
        .map(|(name, change)| (name.clone(), change["after"].clone()))
        .collect();
    if let Some(urn) = row.urn {
        patch.insert("urn".to_owned(), urn.into());
    }
    patch.into()
}
