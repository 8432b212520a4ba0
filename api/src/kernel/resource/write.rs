//! The one way to write: a transaction whose last steps are the change log and the record of an
//! `Idempotency-Key`.
//!
//! All writes take their locks in one order, so that they wait for each other and never cross: the
//! hub, the root of a whole, the row, and last the counter of changes. Many rows of one table are
//! locked in the order of their ids.

mod follow;
mod many;
mod rows;
mod run;
pub(super) mod staged;
mod stale;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use entity::instant::Instant;
use entity::owned::Owned;
use entity::row::{Meta, Row};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::LockType;
use serde_json::Value;
use uuid::Uuid;

use super::change::{self, Entry};
use super::key;
use super::operation::Operation;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
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

impl Write {
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
