//! The decisions about the rows of a file, staged as they are taken.

use std::cell::{Cell, RefCell};

use entity::exchange::import::{self, ImportState};
use entity::kernel::import_row::{self, Column, ImportOutcome};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, DbBackend, ExprTrait};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::progress_of;
use crate::exchange::extract::{Rejected, Remark};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::JobProgress;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Staged;

/// How many rows go through the plan, into its table and from there into theirs at once: so few
/// that nobody who writes beside it waits long.
pub const AT_ONCE: usize = 500;

/// After how many rows others on the thread of jobs have their turn: the chunk before, on its way to
/// the database, goes on, and the job can say that it lives.
const TURN: usize = 25;

/// More warnings of one row help nobody.
const MOST_WARNINGS: usize = 20;

/// What is said about an item that its hub has archived.
pub const ARCHIVED: &str = "archived in the hub: restore it to have it follow the register";

/// The code of what an import leaves as it is, because its school is closed in the hub.
pub const CLOSED: &str = "closed";

/// The counts of a running job, and the signals that it receives.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub read: Cell<i64>,
    pub created: Cell<i64>,
    pub updated: Cell<i64>,
    pub unchanged: Cell<i64>,
    pub rejected: Cell<i64>,
    pub out_of_area: Cell<i64>,
    pub out_of_scope: Cell<i64>,
    pub missing_from_source: Cell<i64>,
    pub implied: Cell<i64>,
    pub warned: Cell<i64>,
    pub to_write: Cell<i64>,
    pub written: Cell<i64>,
    pub bytes_read: Cell<u64>,
    pub encoding: Cell<Option<&'static str>>,
    pub missing_columns: RefCell<Vec<String>>,
    pub note: RefCell<Option<String>>,
    /// How far the import has come, once it has begun.
    pub state: Cell<Option<ImportState>>,
    /// Whether it has begun, and no longer waits for others to end.
    pub begun: Cell<bool>,
    /// Whether it is to end.
    pub cancelled: Cell<bool>,
}

impl Tally {
    /// How far the job of an import has come.
    pub fn progress(&self, import: &import::Model) -> JobProgress {
        let counted = import::Model {
            state: self.state.get().unwrap_or(import.state),
            bytes_read: i64::try_from(self.bytes_read.get()).unwrap_or(i64::MAX),
            written: self.written.get(),
            to_write: self.to_write.get(),
            ..import.clone()
        };
        progress_of(&counted)
    }

    fn of(&self, outcome: ImportOutcome) -> &Cell<i64> {
        match outcome {
            ImportOutcome::Created => &self.created,
            ImportOutcome::Updated => &self.updated,
            ImportOutcome::Unchanged => &self.unchanged,
            ImportOutcome::Rejected => &self.rejected,
            ImportOutcome::OutOfArea => &self.out_of_area,
            ImportOutcome::MissingFromSource => &self.missing_from_source,
            ImportOutcome::Implied => &self.implied,
        }
    }

    /// Counts rows of the file that are about something else than the import takes.
    pub fn pass(&self, rows: i64) {
        add(&self.out_of_scope, rows);
        add(&self.read, rows);
    }

    /// Counts a row for another outcome than before.
    pub fn recount(&self, was: ImportOutcome, is: ImportOutcome) {
        add(self.of(was), -1);
        add(self.of(is), 1);
    }
}

/// Lets others on the thread have their turn after some rows.
pub async fn take_turns(rows: usize) {
    if rows.is_multiple_of(TURN) {
        tokio::task::yield_now().await;
    }
}

/// Adds to a count.
pub fn add(count: &Cell<i64>, more: i64) {
    count.set(count.get() + more);
}

/// The decision about one row.
#[derive(Debug)]
pub struct Planned {
    /// Its line in the file; none for what is not in it.
    pub line: Option<u64>,
    /// The school that it refers to.
    pub urn: Option<i32>,
    /// The outcome.
    pub outcome: ImportOutcome,
    /// Why, where that needs saying.
    pub remark: Option<Remark>,
    /// What in it was not as it should be.
    pub warnings: Vec<Remark>,
    /// What else of the hub it touches.
    pub affects: Option<Value>,
    /// What is written.
    pub staged: Option<Staged>,
}

impl Planned {
    /// A row that changes nothing so far.
    pub fn new(line: Option<u64>, urn: Option<i32>) -> Self {
        let outcome = ImportOutcome::Unchanged;
        Self { line, urn, outcome, remark: None, warnings: Vec::new(), affects: None, staged: None }
    }

    /// A row that was not understood.
    pub fn rejected(line: u64, rejected: Rejected) -> Self {
        let row = Self::new(Some(line), rejected.urn).becomes(ImportOutcome::Rejected);
        Self { remark: Some(rejected.remark), ..row }
    }

    /// The same with another outcome.
    #[must_use]
    pub fn becomes(self, outcome: ImportOutcome) -> Self {
        Self { outcome, ..self }
    }

    /// The same about an item as it is, if it is there, and as it will be: made, changed, or left as
    /// it is because nothing differs.
    ///
    /// # Errors
    /// 500 when the item is no JSON.
    pub fn settle<R: Resource>(self, before: Option<&RowOf<R>>, after: &RowOf<R>) -> Result<Self> {
        let staged = Staged::of::<R>(before, after)?;
        let outcome = match (&staged, before) {
            (None, _) => ImportOutcome::Unchanged,
            (Some(_), None) => ImportOutcome::Created,
            (Some(_), Some(_)) => ImportOutcome::Updated,
        };
        Ok(Self { outcome, staged, ..self })
    }

    /// The same about an item that the hub has archived, which an import leaves as it is.
    #[must_use]
    pub fn archived(self) -> Self {
        self.because("archived", None, ARCHIVED)
    }

    /// The same with the reason.
    #[must_use]
    pub fn because(self, code: &'static str, column: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { remark: Some(Remark { code, column, message: message.into() }), ..self }
    }
}

/// The plan of an import as it grows. Rows are staged as they come, a chunk while the next one is
/// planned; none of them stays here.
pub struct StagingWriter<'a> {
    caller: &'a Caller,
    import_id: Uuid,
    tally: &'a Tally,
    waiting: Vec<[Expr; COLUMNS.len()]>,
    /// Chunks on their way.
    staging: JoinSet<Result<()>>,
    /// Told when the last of them is staged.
    before: Option<oneshot::Receiver<()>>,
    number: i64,
}

/// Where a row is staged.
const COLUMNS: [Column; 19] = [
    Column::HubId,
    Column::ImportId,
    Column::Number,
    Column::Line,
    Column::Outcome,
    Column::Urn,
    Column::Code,
    Column::SourceColumn,
    Column::Message,
    Column::Warnings,
    Column::Affects,
    Column::Resource,
    Column::Operation,
    Column::RowId,
    Column::SchoolId,
    Column::BaseVersion,
    Column::Keys,
    Column::Fields,
    Column::Planned,
];

impl<'a> StagingWriter<'a> {
    /// An empty one.
    pub fn new(caller: &'a Caller, import_id: Uuid, tally: &'a Tally) -> Self {
        let waiting = Vec::with_capacity(AT_ONCE);
        Self { caller, import_id, tally, waiting, staging: JoinSet::new(), before: None, number: 0 }
    }

    /// Who imports.
    pub const fn caller(&self) -> &Caller {
        self.caller
    }

    /// The number of the last row.
    pub const fn last(&self) -> i64 {
        self.number
    }

    /// The counts so far.
    pub const fn tally(&self) -> &Tally {
        self.tally
    }

    /// Counts and stages a row.
    ///
    /// # Errors
    /// An error of the database, which may concern an earlier row.
    pub async fn push(&mut self, row: Planned) -> Result<()> {
        self.number += 1;
        add(self.tally.of(row.outcome), 1);
        if row.outcome.is_of_the_file() {
            add(&self.tally.read, 1);
        }
        add(&self.tally.warned, i64::from(!row.warnings.is_empty()));
        add(&self.tally.to_write, i64::from(row.staged.is_some()));
        let staged = self.staged(row)?;
        self.waiting.push(staged);
        take_turns(self.waiting.len()).await;
        if self.waiting.len() < AT_ONCE { Ok(()) } else { self.stage().await }
    }

    /// The row as text, which takes a tenth of its trees.
    fn staged(&self, row: Planned) -> Result<[Expr; COLUMNS.len()]> {
        let Planned { line, urn, outcome, remark, mut warnings, affects, staged } = row;
        let backend = self.caller.db().backend();
        warnings.truncate(MOST_WARNINGS);
        let warnings = Some(warnings).filter(|warnings| !warnings.is_empty());
        let (code, column, message) =
            remark.map_or((None, None, None), |it| (Some(it.code), it.column, Some(it.message)));
        let staged = staged.as_ref();
        Ok([
            self.caller.hub_id.into(),
            self.import_id.into(),
            self.number.into(),
            line.and_then(|line| i64::try_from(line).ok()).into(),
            outcome.as_str().into(),
            urn.into(),
            code.into(),
            column.into(),
            message.into(),
            json(backend, warnings.as_ref())?,
            json(backend, affects.as_ref())?,
            staged.map(|it| it.resource).into(),
            staged.map(|it| it.operation.as_str()).into(),
            staged.map(|it| it.row_id).into(),
            staged.and_then(|it| it.school_id).into(),
            staged.and_then(|it| it.base_version).into(),
            json(backend, staged.map(|it| &it.keys))?,
            json(backend, staged.map(|it| &it.fields))?,
            json(backend, staged.map(|it| &it.planned))?,
        ])
    }

    /// Stages what is waiting. Two chunks may be on their way, of which the first is there first, so
    /// that who reads along misses none.
    async fn stage(&mut self) -> Result<()> {
        let rows = std::mem::replace(&mut self.waiting, Vec::with_capacity(AT_ONCE));
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(import_row::Entity).columns(COLUMNS);
        for row in rows {
            insert.values(row).map_err(Problem::internal)?;
        }
        let caller = self.caller.clone();
        let insert = caller.db().backend().build(&insert);
        self.staged_but(1).await?;
        let (done, told) = oneshot::channel();
        let before = self.before.replace(told);
        self.staging.spawn_local(async move {
            let tx = caller.db().begin_write().await?;
            tx.execute_raw(insert).await?;
            // Without the one before, which tells why, this one is not wanted either.
            if let Some(before) = before
                && before.await.is_err()
            {
                return Ok(());
            }
            caller.db().commit(tx).await?;
            // Nobody waits for the last one.
            let _ = done.send(());
            Ok(())
        });
        Ok(())
    }

    /// Waits until no more than so many chunks are on their way.
    async fn staged_but(&mut self, left: usize) -> Result<()> {
        while self.staging.len() > left
            && let Some(staged) = self.staging.join_next().await
        {
            staged.map_err(Problem::internal)??;
        }
        Ok(())
    }

    /// Stages the last rows.
    pub async fn finish(mut self) -> Result<()> {
        self.stage().await?;
        self.staged_but(0).await
    }
}

/// A value of a column for JSON, which is text on SQLite.
fn json(backend: DbBackend, value: Option<&impl Serialize>) -> Result<Expr> {
    let text = value.map(serde_json::to_string).transpose().map_err(Problem::internal)?;
    let text = Expr::val(text);
    Ok(if backend == DbBackend::Postgres { text.cast_as("jsonb") } else { text })
}
