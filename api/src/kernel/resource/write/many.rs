//! Many rows of one table in a fixed number of statements.
#![expect(clippy::disallowed_methods, reason = "the fence lets writes through here alone")]

use entity::external::ExternalIds;
use entity::kernel::external_id;
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Write;
use super::rows::AT_ONCE;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::resource::change::Entry;
use crate::kernel::resource::key;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Resource, RowOf};

/// A step as it was decided on.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a, M> {
    /// The row as it stands; none when it is made.
    pub before: Option<&'a M>,
    /// The row as it will be.
    pub after: &'a M,
    /// What is done to it.
    pub operation: Operation,
}

impl<'a, M> Decided<'a, M> {
    /// A row that is made, or changed if it is there.
    #[must_use]
    pub fn kept(before: Option<&'a M>, after: &'a M) -> Self {
        let operation = if before.is_some() { Operation::Update } else { Operation::Create };
        Self { before, after, operation }
    }
}

impl Write {
    /// Stores steps that were checked and decided on, each with its entry in the log. Whether the caller reaches the
    /// rows is not checked here.
    ///
    /// # Errors
    /// 409 for a key that is taken.
    pub async fn store_many<R: Resource>(&mut self, steps: &[Decided<'_, RowOf<R>>]) -> Result<()> {
        let (mut made, mut changed) = (Vec::new(), Vec::new());
        for step in steps {
            let reason = self.reason.clone();
            self.log(Entry::of::<R>(step.before, step.after, step.operation, reason)?);
            let rows = if step.before.is_none() { &mut made } else { &mut changed };
            rows.push(step.after);
        }
        // Two who make the same rows wait for each other only if they make them in one order.
        made.sort_by_cached_key(|row| key::of_row::<R>(row));
        // To replace a row may lock it against references, which are checked in the order of ids.
        changed.sort_by_key(|row| row.id());
        self.insert_rows::<R::Entity>(&made).await?;
        self.replace_rows::<R::Entity>(&changed).await?;
        self.keep_external_ids::<R>(steps).await
    }

    /// Keeps the keys of partner systems where they are unique.
    pub(super) async fn keep_external_ids<R: Resource>(&self, steps: &[Decided<'_, RowOf<R>>]) -> Result<()> {
        let mut changes = Vec::new();
        for step in steps {
            let Some(after) = R::external_ids(step.after) else { return Ok(()) };
            changes.push(Keys { id: step.after.id(), before: step.before.and_then(R::external_ids), after });
        }
        self.keep_keys(R::Entity::table(), &changes).await
    }

    async fn keep_keys(&self, resource: &'static str, changes: &[Keys<'_>]) -> Result<()> {
        let hub_id = self.caller.hub_id;
        let mut given_up = Vec::new();
        let mut kept = Vec::new();
        for Keys { id, before, after } in changes {
            if *before == Some(*after) {
                continue;
            }
            given_up.extend(before.filter(|known| !known.is_empty()).map(|_| *id));
            kept.extend(after.iter().map(|key| (key.clone(), *id)));
        }
        for some in given_up.chunks(AT_ONCE) {
            external_id::Entity::delete_many()
                .filter(external_id::Column::HubId.eq(hub_id))
                .filter(external_id::Column::Resource.eq(resource))
                .filter(external_id::Column::RowId.is_in(some.iter().copied()))
                .exec(&self.tx)
                .await?;
        }
        kept.sort_by(|(one, _), (two, _)| (&one.system, &one.id).cmp(&(&two.system, &two.id)));
        for some in kept.chunks(AT_ONCE) {
            let rows = some.iter().map(|(key, row_id)| external_id::ActiveModel {
                hub_id: ActiveValue::Set(hub_id),
                resource: ActiveValue::Set(resource.to_owned()),
                system: ActiveValue::Set(key.system.clone()),
                external_id: ActiveValue::Set(key.id.clone()),
                row_id: ActiveValue::Set(*row_id),
            });
            let insert = external_id::Entity::insert_many(rows);
            insert.exec_without_returning(&self.tx).await.map_err(|error| taken(error.into()))?;
        }
        Ok(())
    }
}

/// The keys of a row in partner systems, before and after a step.
struct Keys<'a> {
    id: Uuid,
    before: Option<&'a ExternalIds>,
    after: &'a ExternalIds,
}

fn taken(problem: Problem) -> Problem {
    if problem.code() != Code::Duplicate {
        return problem;
    }
    Problem::new(Code::Duplicate, "another row has one of these keys").with(Fault::new(
        "/external_ids",
        "duplicate",
        "a partner's key names one row only, and a row has one key in each system",
    ))
}

/// Whether a step changed nothing but the row's version.
pub(in crate::kernel) fn is_same<M: Row>(before: &M, after: &M) -> bool {
    let mut after = after.clone();
    after.set_meta(before.meta());
    before.values() == after.values()
}
