//! What waits for schools that judge themselves, and for people who judge.

use entity::frameworks::award_application::{self, ApplicationStatus};
use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_invitation::{self, InvitationStatus};
use entity::frameworks::framework::{self, FrameworkKind};
use sea_orm::ExprTrait;

use super::award::application::AwardApplication;
use super::evaluation::Evaluation;
use crate::kernel::operations::tasks::{TaskSource, Waiting, column};
use crate::kernel::prelude::*;

/// The tasks that the part knows.
#[must_use]
pub const fn tasks() -> [TaskSource; 3] {
    [
        TaskSource {
            kind: "evaluation_fill_in",
            what: "Fill in an evaluation",
            collection: Evaluation::PATH,
            waiting: to_fill_in,
        },
        TaskSource {
            kind: "evaluation_judge",
            what: "Judge an evaluation",
            collection: Evaluation::PATH,
            waiting: to_judge,
        },
        TaskSource {
            kind: "award_decide",
            what: "Decide on an application for an award",
            collection: AwardApplication::PATH,
            waiting: to_decide,
        },
    ]
}

/// Evaluations that a school has begun or got back, and visit audits that a specialist leader has begun.
fn to_fill_in(caller: &Caller) -> Option<Waiting> {
    use evaluation::{Column, Entity};

    let caller = caller.under(Scope::WriteFrameworks)?;
    let reach = caller.reach(caller.scope());
    let whose = if reach.has(Reach::OWN) {
        Condition::all()
    } else if reach.has(Reach::ASSIGNED) {
        Condition::all().add(Column::Kind.eq(FrameworkKind::VisitAudit))
    } else {
        return None;
    };
    let open = Column::Status.is_in([EvaluationStatus::Draft, EvaluationStatus::Returned]);
    let waiting = Waiting::of::<Entity>(&caller).only(caller.writes(&<Entity as entity::owned::Owned>::fence()));
    Some(told(waiting.only(whose).only(open)))
}

/// What a task says about an evaluation.
fn told(waiting: Waiting) -> Waiting {
    use evaluation::{Column, Entity};

    waiting
        .joined::<Entity, framework::Entity>(Column::FrameworkId)
        .school(column::<Entity>(Column::SchoolId))
        .about(column::<framework::Entity>(framework::Column::Title))
        .status(column::<Entity>(Column::Status))
}

/// Evaluations to which the person is invited, once they were submitted.
fn to_judge(caller: &Caller) -> Option<Waiting> {
    use evaluation_invitation::{Column, Entity};

    let caller = caller.under(Scope::JudgeEvaluations)?;
    let open = Column::Status.eq(InvitationStatus::Open).and(Column::PersonId.eq(caller.actor.person_id()?));
    let holds = Column::EndsOn.is_null().or(Column::EndsOn.gte(caller.today()));
    let sent = [EvaluationStatus::Submitted, EvaluationStatus::InModeration].map(EvaluationStatus::as_str);
    let sent = column::<evaluation::Entity>(evaluation::Column::Status).is_in(sent);
    let waiting = Waiting::of::<Entity>(&caller).only(Condition::all().add(open).add(holds).add(sent));
    let waiting = waiting.joined::<Entity, evaluation::Entity>(Column::EvaluationId);
    let waiting = waiting.item(column::<evaluation::Entity>(evaluation::Column::Id));
    Some(told(waiting).due(column::<Entity>(Column::EndsOn)))
}

/// Applications on which the hub has not decided.
fn to_decide(caller: &Caller) -> Option<Waiting> {
    use award_application::{Column, Entity};

    let caller = caller.under(Scope::AssessAwards)?;
    caller.expect_writes_hub("awards").ok()?;
    let open = Column::Status.is_in([ApplicationStatus::Applied, ApplicationStatus::Assessed]);
    let waiting = Waiting::of::<Entity>(&caller).only(open).school(column::<Entity>(Column::SchoolId));
    Some(waiting.about(column::<Entity>(Column::Level)).status(column::<Entity>(Column::Status)))
}
