//! The one way to write: a transaction whose last steps are the change log and the record of an
//! `Idempotency-Key`.
//!
//! All writes take their locks in one order, so that they wait for each other and never cross: the
//! hub, the root of a whole, the row, and last the counter of changes. Many rows of one table are
//! locked in the order of their ids.

mod follow;
mod many;
mod rows;
pub(super) mod staged;
mod stale;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::http::StatusCode;
use entity::instant::Instant;
use entity::owned::Owned;
use entity::row::{Meta, Row};
use futures_util::future::LocalBoxFuture;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::LockType;
use serde_json::Value;
use uuid::Uuid;

use super::change::{self, Entry};
use super::idempotency::{self, Admission};
use super::key;
use super::operation::Operation;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::identity::Actor;
use crate::kernel::caller::refs::Refs;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::traits::{Form, Mutation, Resource, RowOf};

pub use self::many::Decided;
pub(in crate::kernel) use self::many::is_same;
pub use self::staged::Staged;
pub use super::change::StagedPart;

/// How often a write is begun that loses a race against others.
const ATTEMPTS: u32 = 3;

/// How long it waits before it is begun again, so that the winner gets on.
const PAUSE: Duration = Duration::from_millis(20);

/// A transaction under way. Inside it only [`Write::tx`] is asked, never a pool.
pub struct Write {
    tx: Transaction,
    caller: Caller,
    now: Instant,
    reason: Option<String>,
    warnings: Vec<(Uuid, Fault)>,
    example_ids: bool,
    log: Vec<Entry>,
    /// The entries for the logs of other hubs.
    elsewhere: BTreeMap<Uuid, Vec<Entry>>,
    staged: Vec<StagedPart>,
    /// Resources with the parts of their staged rows that were stored.
    stored: Vec<(&'static str, StagedPart)>,
    undone: bool,
    /// The item whose version was refused as stale: its table and its id.
    stale: OnceLock<(&'static str, Uuid)>,
}

/// Which row a request changes.
#[derive(Clone, Copy, Debug)]
pub enum Sought {
    /// One that is not archived. Rows that refer to it can be made meanwhile.
    Current,
    /// One that is not archived, locked so that nothing new refers to it either.
    Unreferenced,
    /// One that may be archived.
    Any,
}

/// How a transaction is to end.
enum Outcome {
    /// It is committed.
    Kept(Reply),
    /// It leaves nothing.
    Left(Reply),
}

/// How a transaction ended.
struct Ended {
    done: Result<Reply>,
    /// True if it failed only since others did the same at the same time.
    lost_race: bool,
}

/// What is done within a transaction: the seam at which each handler's own code begins.
trait Work {
    fn go<'a>(&'a mut self, write: &'a mut Write) -> LocalBoxFuture<'a, Result<Reply>>;

    /// Forgets the value of an attempt that was rolled back.
    fn forget(&mut self) {}
}

impl<F: AsyncFn(&mut Write) -> Result<Reply>> Work for F {
    fn go<'a>(&'a mut self, write: &'a mut Write) -> LocalBoxFuture<'a, Result<Reply>> {
        Box::pin(self(write))
    }
}

/// Work that gives a value beside its reply.
struct WithValue<F, T> {
    work: F,
    value: Option<T>,
}

impl<T, F: AsyncFn(&mut Write) -> Result<(Reply, T)>> Work for WithValue<F, T> {
    fn go<'a>(&'a mut self, write: &'a mut Write) -> LocalBoxFuture<'a, Result<Reply>> {
        Box::pin(async {
            let (reply, value) = (self.work)(write).await?;
            self.value = Some(value);
            Ok(reply)
        })
    }

    fn forget(&mut self) {
        self.value = None;
    }
}

impl Write {
    /// Runs `work` in a transaction and commits it with its log; an error leaves nothing. Where
    /// PostgreSQL ends the transaction for the sake of another (a deadlock, an order that cannot be
    /// kept), the work is done again from the beginning, twice at most. So it changes nothing outside itself, not even
    /// a variable: what it finds out is given back, by [`Write::run_with_value`] or [`Write::value_of`].
    ///
    /// # Errors
    /// The errors of `work`; 409 or 422 for an `Idempotency-Key` in flight or used for another request.
    pub async fn run(caller: &Caller, mut work: impl AsyncFn(&mut Self) -> Result<Reply>) -> Result<Reply> {
        Self::attempts(caller, &mut work).await
    }

    /// Runs work as [`Write::run`] does, and returns the value that it gives beside its reply. There is none where the
    /// reply is that of an earlier request with the same `Idempotency-Key`.
    ///
    /// # Errors
    /// As [`Write::run`].
    pub async fn run_with_value<T>(
        caller: &Caller,
        work: impl AsyncFn(&mut Self) -> Result<(Reply, T)>,
    ) -> Result<(Reply, Option<T>)> {
        let mut with_value = WithValue { work, value: None };
        let reply = Self::attempts(caller, &mut with_value).await?;
        Ok((reply, with_value.value))
    }

    /// Runs work of the service, which has no reply, as [`Write::run`] does, and returns its value.
    ///
    /// # Errors
    /// The errors of `work`.
    pub async fn value_of<T>(caller: &Caller, work: impl AsyncFn(&mut Self) -> Result<T>) -> Result<T> {
        let replying = async |write: &mut Self| Ok((Reply::empty(StatusCode::NO_CONTENT), work(write).await?));
        let (_, value) = Self::run_with_value(caller, replying).await?;
        value.ok_or_else(|| Problem::internal("work of the service was taken for a request that was sent again"))
    }

    async fn attempts(caller: &Caller, work: &mut dyn Work) -> Result<Reply> {
        for attempt in 1..ATTEMPTS {
            let ended = Self::once(caller, work).await;
            if !ended.lost_race {
                return ended.done;
            }
            tracing::debug!(attempt, "a write lost a race and is begun again");
            work.forget();
            tokio::time::sleep(PAUSE * attempt).await;
        }
        Self::once(caller, work).await.done
    }

    async fn once(caller: &Caller, work: &mut dyn Work) -> Ended {
        let tx = match caller.db().begin_write_of(caller.hub_id).await {
            Ok(tx) => tx,
            Err(error) => return Ended { done: Err(error.into()), lost_race: false },
        };
        let mut write = Self {
            tx,
            caller: caller.clone(),
            now: caller.now(),
            reason: None,
            warnings: Vec::new(),
            example_ids: false,
            log: Vec::new(),
            elsewhere: BTreeMap::new(),
            staged: Vec::new(),
            stored: Vec::new(),
            undone: false,
            stale: OnceLock::new(),
        };
        let done = write.through(work).await;
        let lost_race = done.is_err() && write.tx.lost_race().await;
        let done = match done {
            Ok(Outcome::Kept(reply)) => caller.db().commit(write.tx).await.map(|()| reply).map_err(Problem::from),
            // Waited for, so that another attempt does not meet the locks of this one.
            Ok(Outcome::Left(reply)) => {
                write.tx.rollback().await;
                Ok(reply)
            }
            Err(problem) => {
                write.tx.rollback().await;
                caller.db().note(&problem);
                Err(problem)
            }
        };
        Ended { done, lost_race }
    }

    /// Goes through a transaction up to its end.
    async fn through(&mut self, work: &mut dyn Work) -> Result<Outcome> {
        let key = match idempotency::admit(&self.caller, &self.tx, self.now).await? {
            Admission::Replay(reply) => return Ok(Outcome::Left(reply)),
            Admission::Go(key) => key,
        };
        let reply = match work.go(self).await {
            Err(problem) if problem.code() == Code::StaleVersion => {
                return Err(match self.stale.get() {
                    Some(item) => stale::told(self, *item, problem).await,
                    None => problem,
                });
            }
            done => done?,
        };
        self.follow_up().await?;
        let warnings: Vec<_> = self.take_warnings().into_iter().map(|(_, warning)| warning).collect();
        let reply = if warnings.is_empty() { reply } else { reply.and_field("warnings", &warnings)? };
        if self.undone {
            return Ok(Outcome::Left(reply));
        }
        if let Some(key) = key {
            idempotency::record(key, &self.tx, &reply, self.now).await?;
        }
        // First the staged rows, so that a follower of the log reads causes before their effects.
        for part in &self.staged {
            change::append_staged(&self.caller, &self.tx, self.now, part).await?;
        }
        self.append_log().await?;
        Ok(Outcome::Kept(reply))
    }

    /// Appends the entries to the log of each hub, in the order of the hubs, so that two writes over the same hubs
    /// take their counters in one order. In the log of another hub the service itself is the one who acts.
    async fn append_log(&mut self) -> Result<()> {
        let mut logs = std::mem::take(&mut self.elsewhere);
        logs.entry(self.caller.hub_id).or_default().append(&mut self.log);
        for (hub_id, entries) in logs {
            if hub_id == self.caller.hub_id {
                change::append(&self.caller, &self.tx, self.now, entries).await?;
            } else {
                let service = Caller::system(self.caller.state().clone(), hub_id);
                change::append(&service, &self.tx, self.now, entries).await?;
            }
        }
        Ok(())
    }

    /// The connection of this transaction.
    #[must_use]
    pub const fn tx(&self) -> &Transaction {
        &self.tx
    }

    /// Who writes.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The time of this write, the same for all its rows.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Why it is done, for the log.
    pub fn because(&mut self, reason: Option<String>) {
        self.reason = reason;
    }

    /// Returns why it is done, where that was said.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Warns the caller of something about a row, which is stored all the same. The reply with the item has it in
    /// `warnings`, a batch in the result of the row.
    pub fn warn(&mut self, row_id: Uuid, warning: Fault) {
        self.warnings.push((row_id, warning));
    }

    /// The warnings so far, each with its row. They are then not in the reply.
    pub(in crate::kernel) fn take_warnings(&mut self) -> Vec<(Uuid, Fault)> {
        std::mem::take(&mut self.warnings)
    }

    /// Gives the rows made from here on the ids that the document's examples name, one in each
    /// table, or new ones again.
    pub const fn give_example_ids(&mut self, given: bool) {
        self.example_ids = given;
    }

    /// Leaves nothing of what is written: the reply tells what would have been.
    pub const fn undo(&mut self) {
        self.undone = true;
    }

    /// The columns of a row made now.
    #[must_use]
    pub fn meta(&self) -> Meta {
        Meta::first(self.caller.hub_id, Uuid::now_v7(), self.now)
    }

    /// The columns of a row of a table made now: with the id that examples name, where such ids are
    /// given.
    #[must_use]
    pub fn meta_of<E: Owned>(&self) -> Meta {
        let id = if self.example_ids { example_id(E::table()) } else { Uuid::now_v7() };
        Meta::first(self.caller.hub_id, id, self.now)
    }

    /// Locks what stands above a row, in the one order of all writes: first what stands above all
    /// rows of the kind, then what the row with this id belongs to.
    ///
    /// # Errors
    /// 404 when the row is not there for the caller.
    pub async fn lock_above<R: Resource>(&self, id: Option<Uuid>) -> Result<()> {
        R::lock_first(self).await?;
        if let (Some(id), Some(lock)) = (id, R::LOCK) {
            self.tx.query_one(&lock(&self.caller, id)).await?.ok_or_else(Problem::not_found)?;
        }
        Ok(())
    }

    /// The row that a request changes, locked after what stands above it, in the version that the request names.
    ///
    /// # Errors
    /// 404 when it is not there for the caller; as [`Write::expect_version`].
    pub async fn row_to_change<R: Resource>(&self, id: Uuid, sought: Sought) -> Result<RowOf<R>> {
        self.lock_above::<R>(Some(id)).await?;
        let row = match sought {
            Sought::Current => self.locked::<R::Entity>(id, false, LockType::NoKeyUpdate),
            Sought::Unreferenced => self.locked::<R::Entity>(id, false, LockType::Update),
            Sought::Any => self.locked::<R::Entity>(id, true, LockType::NoKeyUpdate),
        };
        let row = row.await?;
        self.expect_version::<R>(&row)?;
        Ok(row)
    }

    /// The row as the caller sees it, locked for a change until the end. Rows that refer to it can
    /// be made meanwhile.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn row<E: Owned>(&self, id: Uuid) -> Result<E::Model> {
        self.locked::<E>(id, false, LockType::NoKeyUpdate).await
    }

    /// As [`Write::row`], archived or not.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn row_archived<E: Owned>(&self, id: Uuid) -> Result<E::Model> {
        self.locked::<E>(id, true, LockType::NoKeyUpdate).await
    }

    /// Makes others that hold the same row wait until the end, for a rule over what belongs to it.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn hold<E: Owned>(&self, id: Uuid) -> Result<()> {
        self.row_archived::<E>(id).await.map(drop)
    }

    /// Checks `If-Match` against a row: 428 if it is needed and absent, 412 if it is stale.
    pub fn expect_version<R: Resource>(&self, row: &RowOf<R>) -> Result<()> {
        let checked = self.expect_if_match(R::IF_MATCH, row.version());
        if checked.as_ref().is_err_and(|problem| problem.code() == Code::StaleVersion) {
            self.stale.get_or_init(|| (R::Entity::table(), row.id()));
        }
        match checked {
            Err(problem) if R::SHOWS_CURRENT && problem.code() == Code::StaleVersion => {
                Err(problem.member("current", change::seen::<R>(&self.caller, row)?))
            }
            checked => checked,
        }
    }

    /// Checks `If-Match` against a row where it was sent.
    ///
    /// # Errors
    /// 412 where it is stale.
    pub fn expect_sent_version(&self, row: &impl Row) -> Result<()> {
        self.expect_if_match(false, row.version())
    }

    fn expect_if_match(&self, needed: bool, current: i64) -> Result<()> {
        match &self.caller.request().if_match {
            None if needed && self.caller.actor != Actor::System => {
                Err(Problem::new(Code::PreconditionRequired, "read the item and send its ETag in `If-Match`"))
            }
            Some(sent) if !sent.names_version(current) => Err(Problem::new(
                Code::StaleVersion,
                format!("somebody has changed it since you read it: read it again, and change version {current}"),
            )
            .header(actix_web::http::header::ETAG, format!("\"{current}\""))),
            _ => Ok(()),
        }
    }

    /// Makes a row from a form.
    ///
    /// # Errors
    /// 422 with every fault; 403 or 404 outside the caller's reach; 409 for a key that is taken.
    pub async fn create<R: Resource>(&mut self, form: R::Form) -> Result<RowOf<R>> {
        self.check(R::faults(&form), R::refs(&form)).await?;
        let row = form.into_row(self.meta_of::<R::Entity>());
        let row = self.store::<R>(None, row, Operation::Create).await?;
        Box::pin(R::created(self, &row)).await?;
        Ok(row)
    }

    /// Puts a form over a row, as an update, or as the restoring of an archived one.
    ///
    /// # Errors
    /// As [`Write::create`].
    pub async fn update<R: Resource>(&mut self, before: RowOf<R>, form: R::Form) -> Result<RowOf<R>> {
        self.check(R::faults(&form), new_refs::<R>(&before, &form)).await?;
        let (after, operation) = self.next(&before, form);
        self.store::<R>(Some(before), after, operation).await
    }

    /// A row as it is once a form lies over it and nothing keeps it archived, and the operation
    /// that makes it so.
    pub fn next<M: Row>(&self, before: &M, form: impl Form<M>) -> (M, Operation) {
        let operation = if before.archived_at().is_some() { Operation::Restore } else { Operation::Update };
        let mut after = form.lay_over(before);
        after.set_meta(Meta { archived_at: None, ..self.meta_after(before) });
        (after, operation)
    }

    /// The columns of a row changed now.
    pub fn meta_after(&self, before: &impl Row) -> Meta {
        Meta { version: before.version() + 1, updated_at: self.now, ..before.meta() }
    }

    /// Makes many rows that were checked as a whole, each with its entry in the log.
    pub async fn create_many<R: Resource>(&mut self, mut rows: Vec<RowOf<R>>) -> Result<()> {
        for row in &mut rows {
            R::complete(row);
            self.log(Entry::of::<R>(None, row, Operation::Create, self.reason.clone())?);
        }
        self.insert_rows::<R::Entity>(&rows).await
    }

    async fn check(&self, mut faults: Vec<Fault>, refs: Refs) -> Result<()> {
        faults.extend(refs.faults(&self.caller, &self.tx).await?);
        if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
    }

    /// Stores a row as it comes out of a step, decided on by its resource, and logs the step.
    ///
    /// # Errors
    /// What the resource refuses; 403 or 404 outside the caller's reach.
    pub async fn store<R: Resource>(
        &mut self,
        before: Option<RowOf<R>>,
        mut after: RowOf<R>,
        operation: Operation,
    ) -> Result<RowOf<R>> {
        let fence = R::Entity::fence();
        if let Some(before) = &before {
            self.expect_reach(&fence, before.id()).await?;
            let archived_at = after.archived_at();
            after.set_meta(Meta { archived_at, ..self.meta_after(before) });
        }
        R::complete(&mut after);
        if operation == Operation::Archive {
            R::referenced_by(&after, &self.caller).refuse(&self.caller, &self.tx).await?;
        }
        let step = Mutation { before: before.as_ref(), after: &mut after, operation };
        Box::pin(R::decide(self, step)).await?;
        match &before {
            // What was asked for is what the rules made of it already.
            Some(before) if operation == Operation::Update && is_same(before, &after) => {
                return Ok(before.clone());
            }
            None => self.insert_rows::<R::Entity>(std::slice::from_ref(&after)).await?,
            Some(_) => self.replace_row::<R::Entity>(&after).await?,
        }
        // A verb does to a row what its table says, and may end what the caller had to do with it.
        if !matches!(operation, Operation::Verb(_)) {
            self.expect_reach(&fence, after.id()).await?;
        }
        if R::external_ids(&after).is_some() {
            key::expect_allowed::<R>(&self.caller, before.as_ref(), &after)?;
            let step = Decided { before: before.as_ref(), after: &after, operation };
            self.keep_external_ids::<R>(&[step]).await?;
        }
        self.log(Entry::of::<R>(before.as_ref(), &after, operation, self.reason.clone())?);
        Ok(after)
    }

    /// Adds an entry to the log.
    pub fn log(&mut self, entry: Entry) {
        self.log.push(entry);
    }

    /// Adds an entry to the log of a hub, for a row that two hubs keep together.
    pub fn log_in(&mut self, hub_id: Uuid, entry: Entry) {
        if hub_id == self.caller.hub_id {
            self.log(entry);
        } else {
            self.elsewhere.entry(hub_id).or_default().push(entry);
        }
    }

    /// The next form of a row under a merge patch, or none when nothing would change.
    ///
    /// # Errors
    /// 422 with every fault of the whole form as it would be.
    pub fn patched<R: Resource>(&self, row: &RowOf<R>, patch: &Value) -> Result<Option<R::Form>> {
        let form = R::Form::from(row);
        let before = serde_json::to_value(&form).map_err(Problem::internal)?;
        let form = self.caller.state().document.patched::<R::Form>(before.clone(), patch)?;
        let after = serde_json::to_value(&form).map_err(Problem::internal)?;
        Ok((before != after).then_some(form))
    }
}

/// What a row will refer to under a form and does not yet. What it refers to already cannot be archived meanwhile,
/// unless it is archived itself.
pub(in crate::kernel) fn new_refs<R: Resource>(before: &RowOf<R>, form: &R::Form) -> Refs {
    let refs = R::refs(form);
    if refs.is_empty() || before.archived_at().is_some() {
        return refs;
    }
    refs.without(&R::refs(&R::Form::from(before)))
}
