//! What a part does when rows of a part before it change: it registers it, since the part before
//! must not know of it.

use entity::owned::Owned;
use futures_util::future::BoxFuture;
use sea_orm::IdenStatic;

use super::problem::Result;
use super::state::State;
use super::write::Write;

/// What follows from a change of a field, in the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    /// The resource's name in the log.
    pub(super) resource: &'static str,
    /// The field.
    pub(super) field: &'static str,
    /// What is done, once for all rows that a write changed.
    pub(super) run: for<'a> fn(&'a mut Write) -> BoxFuture<'a, Result<()>>,
}

impl Effect {
    /// That of a table's column, which has the field's name.
    #[must_use]
    pub fn of<E: Owned>(column: E::Column, run: for<'a> fn(&'a mut Write) -> BoxFuture<'a, Result<()>>) -> Self {
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
