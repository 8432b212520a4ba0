//! The one way to write: a transaction whose last steps are the change log and the record of an
//! `Idempotency-Key`.
#![expect(clippy::disallowed_methods, reason = "the fence lets writes through here alone")]

mod many;
pub(super) mod staged;

use entity::instant::Instant;
use entity::owned::Owned;
use entity::row::{Meta, Row};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, IntoActiveModel, Iterable, PrimaryKeyToColumn,
    QueryFilter, QuerySelect, Select,
};
use serde_json::Value;
use uuid::Uuid;

use super::change::{self, Entry};
use super::idempotency::{self, Admission};
use super::key;
use super::openapi::example_id;
use super::permission::Reach;
use super::problem::{Code, Fault, Problem, Result};
use super::reply::Reply;
use super::resource::{Form, Resource, RowOf, Step};
use super::tenancy::{Actor, Caller};

pub use self::many::Decided;
pub(super) use self::many::is_same;
pub use self::staged::{Staged, StagedPart};

/// A transaction under way. Inside it only [`Write::tx`] is asked, never a pool.
pub struct Write {
    tx: DatabaseTransaction,
    caller: Caller,
    now: Instant,
    reason: Option<String>,
    example_ids: bool,
    log: Vec<Entry>,
    staged: Vec<StagedPart>,
    undone: bool,
}

impl Write {
    /// Runs `work` in a transaction and commits it with its log; an error leaves nothing.
    ///
    /// # Errors
    /// Those of the work; 409 or 422 for an `Idempotency-Key` in flight or used for another body.
    pub async fn run(caller: &Caller, work: impl AsyncFnOnce(&mut Self) -> Result<Reply>) -> Result<Reply> {
        let tx = caller.db().begin_write().await?;
        let now = caller.now();
        let key = match idempotency::admit(caller, &tx, now).await? {
            Admission::Replay(reply) => return Ok(reply),
            Admission::Go(key) => key,
        };
        let mut write = Self {
            tx,
            caller: caller.clone(),
            now,
            reason: None,
            example_ids: false,
            log: Vec::new(),
            staged: Vec::new(),
            undone: false,
        };
        let done = match work(&mut write).await {
            Ok(reply) => write.follow_up().await.map(|()| reply),
            Err(problem) => Err(problem),
        };
        let Self { tx, log, staged, undone, .. } = write;
        if done.is_err() || undone {
            // Waited for, so that another attempt does not meet the locks of this one.
            let gone = tx.rollback().await;
            let reply = done.inspect_err(|problem| caller.db().note(problem))?;
            gone?;
            return Ok(reply);
        }
        let reply = done?;
        if let Some(key) = key {
            idempotency::record(key, &tx, &reply, now).await?;
        }
        change::append(caller, &tx, now, log).await?;
        for part in &staged {
            change::append_staged(caller, &tx, now, part).await?;
        }
        caller.db().commit(tx).await?;
        Ok(reply)
    }

    /// Does what parts registered to follow from the changes, in the order of the parts: what one
    /// of them changes has its own effects in parts after it.
    async fn follow_up(&mut self) -> Result<()> {
        let state = self.caller.state().clone();
        for effect in &state.registry.effects {
            if self.log.iter().any(|entry| entry.changes(effect.resource, effect.field)) {
                (effect.run)(self).await?;
            }
        }
        Ok(())
    }

    /// The connection of this transaction.
    #[must_use]
    pub const fn tx(&self) -> &DatabaseTransaction {
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

    /// The row as the caller sees it, locked until the end.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn row<E: Owned>(&self, id: Uuid) -> Result<E::Model> {
        let rows = self.caller.rows::<E>().filter(E::id().eq(id));
        self.locked(rows).await
    }

    /// The row as the caller sees it, archived or not, locked until the end.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn row_archived<E: Owned>(&self, id: Uuid) -> Result<E::Model> {
        let rows = self.caller.rows_archived::<E>().filter(E::id().eq(id));
        self.locked(rows).await
    }

    /// Makes others that hold the same row wait until the end, for a rule over what belongs to it.
    ///
    /// # Errors
    /// 404 when it is not there for the caller.
    pub async fn hold<E: Owned>(&self, id: Uuid) -> Result<()> {
        // Weaker than the lock of a change: references to the row can be checked meanwhile.
        let rows = self.caller.rows_archived::<E>().filter(E::id().eq(id));
        let row = rows.lock(LockType::NoKeyUpdate).one(&self.tx).await?;
        row.map(drop).ok_or_else(Problem::not_found)
    }

    async fn locked<E: Owned>(&self, rows: Select<E>) -> Result<E::Model> {
        rows.lock_exclusive().one(&self.tx).await?.ok_or_else(Problem::not_found)
    }

    /// Checks `If-Match` against a row: 428 where it is needed and absent, 412 where it is stale.
    ///
    /// # Errors
    /// As said.
    pub fn expect_version<R: Resource>(&self, row: &RowOf<R>) -> Result<()> {
        let sent = self.caller.request().if_match.is_some();
        if R::IF_MATCH && !sent && self.caller.actor != Actor::System {
            return Err(Problem::new(Code::PreconditionRequired, "read the item and send its ETag in `If-Match`"));
        }
        self.expect_sent_version(row)
    }

    /// Checks `If-Match` against a row where it was sent.
    ///
    /// # Errors
    /// 412 where it is stale.
    pub fn expect_sent_version(&self, row: &impl Row) -> Result<()> {
        let current = row.version();
        match &self.caller.request().if_match {
            Some(sent) if !names_version(sent, current) => Err(Problem::new(
                Code::StaleVersion,
                format!("the current version is {current}; read it, then change that"),
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
        self.check::<R>(&form).await?;
        let row = form.into_row(self.meta_of::<R::Entity>());
        self.store::<R>(None, row, "create").await
    }

    /// Puts a form over a row, as an update, or as the restoring of an archived one.
    ///
    /// # Errors
    /// As [`Write::create`].
    pub async fn update<R: Resource>(&mut self, before: RowOf<R>, form: R::Form) -> Result<RowOf<R>> {
        self.check::<R>(&form).await?;
        let (after, operation) = self.next(&before, form);
        self.store::<R>(Some(before), after, operation).await
    }

    /// A row as it is once a form lies over it and nothing keeps it archived, and the operation
    /// that makes it so.
    pub fn next<M: Row>(&self, before: &M, form: impl Form<M>) -> (M, &'static str) {
        let operation = if before.archived_at().is_some() { "restore" } else { "update" };
        let mut after = form.lay_over(before);
        after.set_meta(Meta { archived_at: None, ..self.meta_after(before) });
        (after, operation)
    }

    /// The columns of a row changed now.
    pub fn meta_after(&self, before: &impl Row) -> Meta {
        Meta { version: before.version() + 1, updated_at: self.now, ..before.meta() }
    }

    /// Makes many rows that were checked as a whole, each with its entry in the log.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn create_many<R: Resource>(&mut self, mut rows: Vec<RowOf<R>>) -> Result<()> {
        for row in &mut rows {
            R::complete(row);
            self.log(Entry::of::<R>(None, row, "create", self.reason.clone())?);
        }
        self.insert_rows::<R::Entity>(rows).await
    }

    async fn check<R: Resource>(&self, form: &R::Form) -> Result<()> {
        let mut faults: Vec<Fault> = R::faults(form);
        faults.extend(R::refs(form).faults(&self.caller, &self.tx).await?);
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
        operation: &str,
    ) -> Result<RowOf<R>> {
        if let Some(before) = &before {
            self.expect_reach::<R::Entity>(before.id()).await?;
            let archived_at = after.archived_at();
            after.set_meta(Meta { archived_at, ..self.meta_after(before) });
        }
        R::complete(&mut after);
        if operation == "archive" {
            R::uses(&after, &self.caller).refuse(&self.caller, &self.tx).await?;
        }
        let step = Step { before: before.as_ref(), after: &mut after, operation };
        R::decide(self, step).await?;
        match &before {
            // What was asked for is what the rules made of it already.
            Some(before) if operation == "update" && is_same::<R::Entity>(before, &after) => {
                return Ok(before.clone());
            }
            None => self.insert_rows::<R::Entity>(vec![after.clone()]).await?,
            Some(_) => self.replace_row::<R::Entity>(after.clone()).await?,
        }
        self.expect_reach::<R::Entity>(after.id()).await?;
        if R::external_ids(&after).is_some() {
            key::expect_allowed::<R>(&self.caller, before.as_ref(), &after)?;
            let step = Decided { before: before.as_ref(), after: &after, operation };
            self.keep_external_ids::<R>(&[step]).await?;
        }
        self.log(Entry::of::<R>(before.as_ref(), &after, operation, self.reason.clone())?);
        Ok(after)
    }

    /// Refuses a row outside what the caller may write: 404 where it is not even seen, else 403.
    async fn expect_reach<E: Owned>(&self, id: Uuid) -> Result<()> {
        let caller = &self.caller;
        if caller.reach(caller.scope()).has(Reach::HUB) {
            return Ok(());
        }
        let among = |reached: Condition| {
            let rows = E::find().filter(reached).filter(E::id().eq(id));
            rows.select_only().column(E::id()).into_tuple::<Uuid>()
        };
        if among(caller.writes::<E>()).one(&self.tx).await?.is_some() {
            return Ok(());
        }
        if among(caller.sees::<E>()).one(&self.tx).await?.is_some() {
            let (scope, reach) = (caller.scope(), caller.reach(caller.scope()).names().join(", "));
            return Err(Problem::forbidden(format!("`{scope}` reaches only what is within: {reach}")));
        }
        Err(Problem::not_found())
    }

    /// Replaces a row by what it is to be, without a log entry of its own.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn replace_row<E: Owned>(&self, row: E::Model) -> Result<()> {
        let (hub_id, id) = (row.hub_id(), row.id());
        let mut columns = row.into_active_model().reset_all();
        for key in E::PrimaryKey::iter() {
            columns.not_set(key.into_column());
        }
        let update = E::update_many().set(columns);
        update.filter(E::hub().eq(hub_id)).filter(E::id().eq(id)).exec(&self.tx).await?;
        Ok(())
    }

    /// Adds an entry to the log.
    pub fn log(&mut self, entry: Entry) {
        self.log.push(entry);
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

/// Whether a list of ETags, as `If-Match` and `If-None-Match` have it, names a version.
pub(super) fn names_version(sent: &str, current: i64) -> bool {
    let mut tags = sent.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || version(tag) == Some(current))
}

/// The version in an ETag of ours: the digits before the hash, if it has one.
fn version(tag: &str) -> Option<i64> {
    let inside = tag.strip_prefix('"')?.strip_suffix('"')?;
    let digits = inside.split('-').next()?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}
