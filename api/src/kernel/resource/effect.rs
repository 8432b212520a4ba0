//! What a part does when rows of a part before it change: it registers it, since the part before
//! must not know of it.

use entity::owned::Owned;
use futures_util::future::BoxFuture;
use sea_orm::IdenStatic;
use serde_json::Value;
use uuid::Uuid;

use super::write::Write;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::state::State;

/// What follows from a change of a field, in the same transaction.
///
/// It follows from every change: by a form, a batch, a verb, another effect before it, or an import
/// that stores what it has staged. Its [`Write::caller`] is the caller who made the change, with
/// the scope of that change.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// The resource's name in the log.
    pub(super) resource: &'static str,
    /// The field.
    pub(super) field: &'static str,
    /// What is done.
    pub(super) run: Run,
}

/// What an effect does for rows that changed. It is called once for at most [`AT_ONCE`] of them, and
/// so more than once in a transaction that changes more.
pub type Run = for<'a> fn(&'a mut Write, &'a [Changed]) -> BoxFuture<'a, Result<()>>;

/// How many rows an effect gets at once.
pub const AT_ONCE: usize = 500;

/// A row whose field has changed. A row that changed twice in a transaction comes twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The row.
    pub id: Uuid,
    /// The field as the change log has it: null where the row was made.
    pub before: Value,
    /// The field from then on.
    pub after: Value,
}

impl Effect {
    /// The effect of a change of a table's column, which has the field's name.
    #[must_use]
    pub fn of<E: Owned>(column: E::Column, run: Run) -> Self {
        Self { resource: E::table(), field: column.as_str(), run }
    }
}

impl State {
    /// What the parts registered, in their order.
    #[must_use]
    pub fn effects(&self) -> &[Effect] {
        self.registered::<Vec<Effect>>()
    }
}
