//! Writing what was planned, from where it is staged.

use std::time::Duration;

use entity::kernel::import_row::{self, ImportOutcome};
use entity::owned::Owned as _;
use entity::row::{Meta, Row as _};
use entity::schools::school::{self, SchoolStatus};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Map, Value};

use super::plan::{ARCHIVED, AT_ONCE, CLOSED, Tally, add};
use super::record::{self, Record};
use super::register;
use super::source::Source;
use crate::kernel::base::problem::{Code, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::batch::{self, BatchResult, BatchStatus};
use crate::kernel::resource::job::Stop;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::{Decided, StagedPart, Write};
use crate::schools::school::NewSchool;
use crate::schools::school::School;

/// How often a chunk is tried again that somebody else's write came before.
const ATTEMPTS: usize = 3;

/// How long it waits before it tries again what the database could not do.
const PAUSE: Duration = Duration::from_secs(1);

/// Writes the staged rows in chunks, each in a transaction with its entries in the log and with the
/// job's own record of how far it is.
///
/// # Errors
/// Why it ends early; the chunks before stand.
pub async fn each<S: Source>(
    source: &S,
    caller: &Caller,
    record: &Record,
    tally: &Tally,
    last: i64,
) -> Result<(), Stop> {
    let step = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let mut from = 1;
    while from <= last {
        if tally.cancelled.get() {
            return Err(Stop::Cancelled);
        }
        let to = (from + step - 1).min(last);
        let part = StagedPart { hub_id: record.import.hub_id, import_id: record.import.id, numbers: from..=to };
        let (mut attempt, mut how) = (1, How::Chunk);
        loop {
            match store(source, (caller, record), tally, &part, to == last, how).await {
                Err(Stop::Failed(problem)) if problem.code() == Code::Duplicate && attempt < ATTEMPTS => {
                    how = How::Taken;
                }
                // Others were before it, or the database was away for a moment: nothing of it stands.
                Err(Stop::Failed(problem)) if problem.code() == Code::Unavailable && attempt < ATTEMPTS => {
                    tokio::time::sleep(PAUSE).await;
                }
                done => break done?,
            }
            attempt += 1;
        }
        from = to + 1;
    }
    Ok(())
}

/// Writes all staged rows in one transaction, set by set.
///
/// # Errors
/// Why nothing was written.
pub async fn atomic<S: Source>(
    source: &S,
    caller: &Caller,
    record: &Record,
    tally: &Tally,
    last: i64,
) -> Result<(), Stop> {
    if tally.cancelled.get() {
        return Err(Stop::Cancelled);
    }
    let part = StagedPart { hub_id: record.import.hub_id, import_id: record.import.id, numbers: 1..=last };
    match store(source, (caller, record), tally, &part, true, How::Whole).await {
        Err(Stop::Failed(problem)) if problem.code() == Code::Duplicate => Err(changed_meanwhile()),
        done => done,
    }
}

fn changed_meanwhile() -> Stop {
    let message = "items were changed by others while the file was read, so that nothing was written: run it again";
    Stop::Refused { code: "changed_meanwhile", message: message.to_owned() }
}

const LEFT_OUT: &str = "somebody changed or made the same while the file was read: send the file again";

/// Handles rows whose items others have changed or made since they were planned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// They keep all from being written.
    Whole,
    /// They are planned again.
    Chunk,
    /// The same, in a chunk in which the unique index has met an item that somebody else has made.
    Taken,
}

/// Of rows that were planned again the outcomes they had and have.
type Recounts = Vec<(ImportOutcome, ImportOutcome)>;

/// Writes a part.
async fn store<S: Source>(
    source: &S,
    (caller, record): (&Caller, &Record),
    tally: &Tally,
    part: &StagedPart,
    last: bool,
    how: How,
) -> Result<(), Stop> {
    let written = Write::value_of(caller, async |write| {
        let (mut recounts, mut count) = (Recounts::new(), 0);
        let mut stale = S::changed(write, part).await?;
        if how == How::Taken {
            stale.extend(S::made(write, part).await?);
        }
        if !stale.is_empty() {
            if how == How::Whole {
                write.undo();
                return Ok(Err(changed_meanwhile()));
            }
            (recounts, count) = plan_again(write, part, &stale).await?;
        }
        // The counts as they are once it is committed.
        let told = tally.clone();
        recount(&told, &recounts);
        count += planned(write, part).await?;
        S::store(write, part).await?;
        if last {
            source.settle(write).await?;
        }
        write.log_staged(part.clone());
        let how_far = (count, *part.numbers.end(), write.now());
        if record::written(write.tx(), record, &told, how_far, last).await?.is_none() {
            write.undo();
            return Ok(Err(Stop::Lost));
        }
        Ok(Ok((recounts, count)))
    });
    let (recounts, count) = written.await??;
    recount(tally, &recounts);
    add(&tally.written, count);
    Ok(())
}

fn recount(tally: &Tally, outcomes: &Recounts) {
    for (was, is) in outcomes {
        tally.recount(*was, *is);
    }
}

#[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
async fn planned(write: &Write, part: &StagedPart) -> Result<i64> {
    let rows = import_row::Entity::find().filter(part.planned()).count(write.tx()).await?;
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Plans rows again against the items as they are now: what the file changes is laid over them, as
/// a batch does; rows that have no key to be found by are left out. Gives for each the outcome it had
/// and the one it has, and how many were written.
#[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
async fn plan_again(write: &mut Write, part: &StagedPart, numbers: &[i64]) -> Result<(Recounts, i64)> {
    let rows = import_row::Entity::find()
        .filter(part.rows())
        .filter(import_row::Column::Number.is_in(numbers.iter().copied()))
        .all(write.tx())
        .await?;
    let (rows, keyless): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.resource.as_deref() == Some(school::Entity::table()));
    let urns = rows.iter().filter_map(|row| row.urn);
    let schools = Condition::all().add(school::Column::Urn.is_in(urns));
    let schools = write.rows_archived::<school::Entity>(schools).await?;
    let is = |row: &import_row::Model, what: fn(&school::Model) -> bool| {
        schools.iter().any(|school| school.urn == row.urn && what(school))
    };
    // A batch would restore them.
    let (archived, rows): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| is(row, |school| school.archived_at.is_some()));
    let (mut outcomes, mut count) = (Vec::with_capacity(numbers.len()), 0);
    let keyless = keyless.into_iter().map(|row| (row, ImportOutcome::Rejected, "changed_meanwhile", LEFT_OUT));
    let archived = archived.into_iter().map(|row| (row, ImportOutcome::Unchanged, "archived", ARCHIVED));
    for (row, outcome, code, message) in keyless.chain(archived) {
        // What is no row of the file stays none: the counts of the rows read add up.
        let outcome = if row.outcome.is_of_the_file() { outcome } else { row.outcome };
        let why = (code.to_owned(), message.to_owned());
        write.restage(part, row.number, outcome, Some(why), None).await?;
        outcomes.push((row.outcome, outcome));
    }
    let patches: Vec<Value> = rows.iter().map(|row| patch(write, row)).collect();
    let mut results = batch::take::<School>(write, &patches).await?;
    mark_again(write, &rows, &mut results).await?;
    for (row, result) in rows.into_iter().zip(results) {
        let mut why = result.errors.into_iter().next().map(|fault| (fault.code, fault.message));
        let closed = is(&row, |school| school.status == SchoolStatus::Closed);
        let read_only = why.as_mut().filter(|(code, _)| closed && code == Code::Conflict.slug());
        let outcome = match result.status {
            _ if !row.outcome.is_of_the_file() => row.outcome,
            BatchStatus::Rejected if read_only.is_some() => ImportOutcome::Unchanged,
            BatchStatus::Created => ImportOutcome::Created,
            BatchStatus::Updated => ImportOutcome::Updated,
            BatchStatus::Unchanged => ImportOutcome::Unchanged,
            BatchStatus::Rejected => ImportOutcome::Rejected,
        };
        if let Some((code, _)) = read_only {
            CLOSED.clone_into(code);
        }
        let written = matches!(result.status, BatchStatus::Created | BatchStatus::Updated);
        count += i64::from(written);
        write.restage(part, row.number, outcome, why, result.id.filter(|_| written)).await?;
        outcomes.push((row.outcome, outcome));
    }
    Ok((outcomes, count))
}

/// Marks schools as missing from the source, or no longer, which is in no form. A closed one is left
/// as it is, and what was rejected as well.
async fn mark_again(write: &mut Write, rows: &[import_row::Model], results: &mut [BatchResult]) -> Result<()> {
    let ids = results.iter().filter_map(|result| result.id);
    let known = write.rows_archived::<school::Entity>(Condition::all().add(school::Column::Id.is_in(ids))).await?;
    let mut marked = Vec::new();
    for (row, result) in rows.iter().zip(results) {
        let said = row.fields.as_ref().and_then(|fields| fields["missing_from_source"]["after"].as_bool());
        let school = known.iter().find(|school| Some(school.id) == result.id && school.status != SchoolStatus::Closed);
        let Some((missing, school)) = said.zip(school).filter(|(said, school)| *said != school.missing_from_source)
        else {
            continue;
        };
        let meta = Meta { version: school.version + 1, updated_at: write.now(), ..school.meta() };
        let mut after = school::Model { missing_from_source: missing, ..school.clone() };
        after.set_meta(meta);
        marked.push((school, after));
        result.status = BatchStatus::Updated;
    }
    let steps =
        marked.iter().map(|(before, after)| Decided { before: Some(*before), after, operation: Operation::Update });
    write.store_many::<School>(&steps.collect::<Vec<_>>()).await
}

/// What the hub alone says about a school, though it stands in the form.
const OWN: [&str; 2] = ["in_scope", "external_ids"];

/// Returns true if a staged value is the file's own. Of a school to be made all fields are staged, those too
/// of which the file says nothing.
fn is_said(row: &import_row::Model, name: &str, value: &Value) -> bool {
    let blank = || register::BLANK.iter().any(|(field, blank)| name == *field && value == blank);
    !OWN.contains(&name) && (row.base_version.is_some() || !blank())
}

/// What a staged row changes, as a form that is laid over the item with its key.
fn patch(write: &Write, row: &import_row::Model) -> Value {
    use utoipa::ToSchema;

    let document = &write.caller().state().document;
    let form = NewSchool::name();
    let fields = row.fields.as_ref().and_then(Value::as_object).into_iter().flatten();
    let mut patch: Map<String, Value> = fields
        .filter(|(name, change)| document.has_field(&form, name) && is_said(row, name, &change["after"]))
        .map(|(name, change)| (name.clone(), change["after"].clone()))
        .collect();
    if let Some(urn) = row.urn {
        patch.insert("urn".to_owned(), urn.into());
    }
    patch.into()
}
