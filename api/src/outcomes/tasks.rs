//! What waits for schools that owe figures, and for the hub that takes them.

use entity::outcomes::collection::{self, CollectionStatus};
use entity::outcomes::school_return::{self, Column, Entity, ReturnStatus};
use sea_orm::ExprTrait;

use super::school_return::SchoolReturn;
use crate::kernel::operations::tasks::{TaskSource, Waiting, column};
use crate::kernel::prelude::*;

/// The tasks that the part knows.
#[must_use]
pub const fn tasks() -> [TaskSource; 2] {
    [
        TaskSource {
            kind: "return_submit",
            what: "Submit a return",
            collection: SchoolReturn::PATH,
            waiting: to_submit,
        },
        TaskSource {
            kind: "return_accept",
            what: "Accept a return",
            collection: SchoolReturn::PATH,
            waiting: to_accept,
        },
    ]
}

/// What a task says about a return.
fn told(waiting: Waiting) -> Waiting {
    waiting
        .joined::<Entity, collection::Entity>(Column::CollectionId)
        .school(column::<Entity>(Column::SchoolId))
        .about(column::<collection::Entity>(collection::Column::Title))
        .status(column::<Entity>(Column::Status))
}

/// Returns of a school to collections that are open.
fn to_submit(caller: &Caller) -> Option<Waiting> {
    let caller = caller.under(Scope::WriteOutcomes).filter(|caller| caller.reach(caller.scope()) == Reach::OWN)?;
    let unsent = Column::Status.is_in([ReturnStatus::Draft, ReturnStatus::SentBack]);
    let open = CollectionStatus::Open.as_str();
    let open = column::<collection::Entity>(collection::Column::Status).eq(open);
    let waiting = Waiting::of::<school_return::Entity>(&caller).only(unsent).only(Condition::all().add(open));
    Some(told(waiting).due(column::<collection::Entity>(collection::Column::DueOn)))
}

/// Returns that schools have sent.
fn to_accept(caller: &Caller) -> Option<Waiting> {
    let caller = caller.under(Scope::WriteOutcomes)?;
    caller.expect_writes_hub("returns").ok()?;
    Some(told(Waiting::of::<Entity>(&caller).only(Column::Status.eq(ReturnStatus::Submitted))))
}
