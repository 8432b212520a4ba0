//! How an item goes from one state to the next, by a verb of its table.

use uuid::Uuid;

use super::operation::Operation;
use super::traits::{Resource, RowOf};
use super::transition::{States, Verb};
use super::write::{Sought, Write};
use crate::kernel::base::problem::Result;

/// A resource whose items go from state to state.
pub trait Lifecycle: Resource + States<Entity = <Self as Resource>::Entity> {
    /// Takes the locks that come before the item's own.
    fn hold(_write: &mut Write, _verb: &Verb) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// Refuses a caller who may change the row by no verb, or not by this one.
    fn admit(_write: &Write, _row: &RowOf<Self>, _verb: &Verb) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// Gives a row the state to which the verb leads, with what else that asks for and brings about. The row comes
    /// as it was before, and its state allows the verb.
    fn enter(write: &mut Write, row: &mut RowOf<Self>, verb: &Verb) -> impl Future<Output = Result<()>>;
}

/// Takes an item that the caller may change to its next state, and logs why.
///
/// # Errors
/// 403, 404, 412, 428; 409 if the item's state does not allow the verb; what the resource refuses.
pub async fn transition<R: Lifecycle>(
    write: &mut Write,
    id: Uuid,
    verb: &Verb,
    reason: Option<String>,
) -> Result<RowOf<R>> {
    R::hold(write, verb).await?;
    let before = write.row_to_change::<R>(id, Sought::Current).await?;
    R::admit(write, &before, verb).await?;
    write.because(reason);
    enter::<R>(write, before, verb).await
}

/// Takes a row to its next state, for any caller.
///
/// # Errors
/// 409 if its state does not allow the verb; what the resource refuses.
pub async fn enter<R: Lifecycle>(write: &mut Write, before: RowOf<R>, verb: &Verb) -> Result<RowOf<R>> {
    R::TABLE.next(verb, R::state(&before))?;
    let mut after = before.clone();
    R::enter(write, &mut after, verb).await?;
    write.store::<R>(Some(before), after, Operation::Verb(verb.name)).await
}
