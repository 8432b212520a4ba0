//! Invitations of moderators and peer reviewers.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_invitation::{self, InvitationStatus, JudgePart};
use entity::instant::Instant;
use entity::people::person;
use sea_orm::{ActiveEnum, QueryFilter};
use time::Date;

use super::{Evaluation, stake};
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Action, Needs, Reason, States, Transitions, Verb, actions};
use crate::people::person::Person;

/// What the log calls the end of an invitation when the evaluation is agreed.
pub const COMPLETE: Operation = Operation::Verb("complete");

const OPEN: &str = InvitationStatus::Open.as_str();
const DECLINED: &str = InvitationStatus::Declined.as_str();
const WITHDRAWN: &str = InvitationStatus::Withdrawn.as_str();
const COMPLETED: &str = InvitationStatus::Completed.as_str();

record! {
    /// An invitation of a person to judge an evaluation.
    ///
    /// While it is open, until its last day, the person sees the evaluation with its responses and no other one.
    EvaluationInvitation from NewEvaluationInvitation in evaluation_invitation {
        /// The evaluation.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        evaluation_id: Uuid,
        /// The person, who must have no stake in the school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// The part that the person has.
        #[schema(example = "moderator")]
        part: JudgePart,
        /// The last day of the invitation; absent while no end is set.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2030-07-31")]
        ends_on: Option<Date>,
        /// What the person should know; seen by the hub and the person alone. No pupil names; safeguarding concerns go
        /// to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "Please look at singing above all")]
        message: Option<String>,
    }
    initial { status: InvitationStatus::Open, ended_at: None }
    computed {
        /// How far it has come.
        #[schema(example = "open")]
        status: InvitationStatus,
        /// When it was declined, withdrawn or completed.
        ended_at: Option<Instant>,
    }
    embedded {
        /// The evaluation, when asked for with `expand=evaluation`.
        evaluation: Evaluation,
        /// The person, when asked for with `expand=person`.
        person: Person,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for EvaluationInvitation {
    type Entity = evaluation_invitation::Entity;
    type Form = NewEvaluationInvitation;
    type Filter = EvaluationInvitationFilter;

    const PATH: &'static str = "/invitations";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, evaluation_invitation::Column)] = &[
        ("created_at", evaluation_invitation::Column::CreatedAt),
        ("ends_on", evaluation_invitation::Column::EndsOn),
        ("updated_at", evaluation_invitation::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["message"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];
    const COUNTS: &'static [&'static str] = &["status", "part", "person_id", "evaluation_id"];
    const EXPANDS: &'static [&'static str] = &["evaluation", "person", "actions"];
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn refs(form: &NewEvaluationInvitation) -> Refs {
        Refs::default()
            .to::<evaluation::Entity>("/evaluation_id", form.evaluation_id)
            .to::<person::Entity>("/person_id", form.person_id)
    }

    /// What the hub writes to the invited person is for that person, not for the school.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() {
            return Withheld::default();
        }
        Withheld::of(&["message"]).unless(evaluation_invitation::Column::PersonId, caller.actor.person_id())
    }

    async fn decide(write: &mut Write, step: Mutation<'_, evaluation_invitation::Model>) -> Result<()> {
        if let Operation::Verb(_) = step.operation {
            return Ok(());
        }
        write.caller().expect_writes_hub("invitations")?;
        let of = step.before.map_or(step.after.evaluation_id, |before| before.evaluation_id);
        let evaluation = children::root::<evaluation::Entity>(write, "/evaluation_id", of).await?;
        match step.operation {
            Operation::Archive => Ok(()),
            _ => invite(write, &evaluation, step.before, step.after).await,
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[evaluation_invitation::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "evaluation" => expand::one::<Evaluation>(caller, db, rows.iter().map(|row| row.evaluation_id)).await,
            "person" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

impl Child for EvaluationInvitation {
    type Root = evaluation::Entity;

    const ROOT: evaluation_invitation::Column = evaluation_invitation::Column::EvaluationId;
}

/// Decides about a new invitation, or a change of one.
async fn invite(
    write: &Write,
    evaluation: &evaluation::Model,
    before: Option<&evaluation_invitation::Model>,
    row: &evaluation_invitation::Model,
) -> Result<()> {
    if row.status != InvitationStatus::Open {
        return Err(Problem::conflict(format!("the invitation is {} and stays so: make another one", row.status)));
    }
    let kept = |row: &evaluation_invitation::Model| (row.evaluation_id, row.person_id, row.part);
    if before.is_some_and(|before| kept(before) != kept(row)) {
        let message = "an invitation keeps its evaluation, person and part: make another one";
        return Err(Problem::invalid("/person_id", "fixed", message));
    }
    if evaluation.status == EvaluationStatus::Agreed {
        return Err(Problem::conflict("cannot invite anybody to an agreed evaluation"));
    }
    if row.ends_on.is_some_and(|day| day < write.caller().today()) {
        return Err(Problem::invalid("/ends_on", "order", "the last day of an invitation is today or later"));
    }
    let stakes = stake::of(write.caller(), write.tx(), row.person_id, &[evaluation.school_id]).await?;
    if let Some(stake) = stakes.get(&evaluation.school_id) {
        return Err(Problem::invalid("/person_id", "stake", stake.rule()));
    }
    expect_no_other(write, row).await
}

/// Refuses a second open invitation of one person to one evaluation, which is locked.
async fn expect_no_other(write: &Write, row: &evaluation_invitation::Model) -> Result<()> {
    use evaluation_invitation::Column;

    let others = write.caller().rows::<evaluation_invitation::Entity>().filter(Column::Id.ne(row.id));
    let others = others.filter(Column::EvaluationId.eq(row.evaluation_id)).filter(Column::PersonId.eq(row.person_id));
    let Some(other) = others.filter(Column::Status.eq(InvitationStatus::Open)).one(write.tx()).await? else {
        return Ok(());
    };
    let detail = format!("the person is invited already ({}): change that invitation", other.id);
    let fault = Fault::new("/person_id", "duplicate", &detail);
    Err(Problem::new(Code::Duplicate, detail).with(fault))
}

/// Declines an invitation.
pub const DECLINE: Verb = Verb {
    name: "decline",
    path: "decline",
    from: &[OPEN],
    to: DECLINED,
    scope: Scope::JudgeEvaluations,
    reason: Needs::Optional,
    checks: "Only the invited person declines (403).",
};

/// Takes an invitation back.
pub const WITHDRAW: Verb = Verb {
    name: "withdraw",
    path: "withdraw",
    to: WITHDRAWN,
    scope: Scope::WriteFrameworks,
    checks: "The caller must write in the whole hub (403).",
    ..DECLINE
};

impl States for EvaluationInvitation {
    type Entity = evaluation_invitation::Entity;

    const TABLE: Transitions = Transitions {
        noun: "invitation",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[OPEN, DECLINED, WITHDRAWN, COMPLETED],
        verbs: &[DECLINE, WITHDRAW],
    };

    fn state(row: &evaluation_invitation::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        _: &C,
        verb: &Verb,
        rows: &[&evaluation_invitation::Model],
    ) -> Result<Vec<bool>> {
        Ok(rows.iter().map(|row| admit(caller, row, verb).is_ok()).collect())
    }
}

fn admit(caller: &Caller, row: &evaluation_invitation::Model, verb: &Verb) -> Result<()> {
    if *verb == WITHDRAW {
        return caller.expect_writes_hub("invitations");
    }
    match caller.actor.person_id() {
        Some(person) if person == row.person_id => Ok(()),
        _ => Err(Problem::forbidden("only the invited person declines: the hub withdraws an invitation")),
    }
}

impl Lifecycle for EvaluationInvitation {
    async fn admit(write: &Write, row: &evaluation_invitation::Model, verb: &Verb) -> Result<()> {
        admit(write.caller(), row, verb)
    }

    async fn enter(write: &mut Write, row: &mut evaluation_invitation::Model, verb: &Verb) -> Result<()> {
        row.status = InvitationStatus::try_from_value(&verb.to.to_owned())?;
        row.ended_at = Some(write.now());
        Ok(())
    }
}

/// Narrows the list of invitations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvaluationInvitationFilter {
    /// Only invitations to this evaluation.
    pub evaluation_id: Option<Uuid>,
    /// Only invitations of this person.
    pub person_id: Option<Uuid>,
    /// Only invitations to this part.
    pub part: Option<JudgePart>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<InvitationStatus>,
    /// Only invitations that end on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2030-07-31")]
    pub ends_to: Option<Date>,
}

impl Filter<evaluation_invitation::Entity> for EvaluationInvitationFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use evaluation_invitation::Column;

        Condition::all()
            .add_option(is(Column::EvaluationId, self.evaluation_id))
            .add_option(is(Column::PersonId, self.person_id))
            .add_option(is(Column::Part, self.part))
            .add_option(any_of(Column::Status, &self.status))
            .add(between(Column::EndsOn, None, self.ends_to))
    }
}

routes! {
    ReadFrameworks: list_evaluation_invitations, count_evaluation_invitations, get_evaluation_invitation;
    WriteFrameworks: create_evaluation_invitation, update_evaluation_invitation, archive_evaluation_invitation,
        restore_evaluation_invitation;
    ReadFrameworks: list_evaluation_invitation_history;
    JudgeEvaluations: decline_evaluation_invitation;
    WriteFrameworks: withdraw_evaluation_invitation;
}

/// Lists the invitations to judge evaluations.
///
/// An invited person sees the own invitations, and keeps them in sight once they have ended.
#[utoipa::path(
    get,
    path = "/invitations",
    params(List<EvaluationInvitation>),
    responses((status = 200, body = Page<EvaluationInvitation>)),
)]
async fn list_evaluation_invitations(can: Can<ReadFrameworks>, list: List<EvaluationInvitation>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the invitations by one or two of their fields.
#[utoipa::path(
    get,
    path = "/invitations/counts",
    params(CountBy<EvaluationInvitation>),
    responses((status = 200, body = Counts)),
)]
async fn count_evaluation_invitations(can: Can<ReadFrameworks>, by: CountBy<EvaluationInvitation>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Invites a person to judge an evaluation.
///
/// Nobody judges a school that employs them, that they led or visited in the last twelve months, or that they sell to:
/// 422 with the code `stake` and the rule.
#[utoipa::path(post, path = "/invitations", responses((status = 201, body = EvaluationInvitation)))]
async fn create_evaluation_invitation(can: Can<WriteFrameworks>, form: Json<NewEvaluationInvitation>) -> Result<Reply> {
    crud::create::<EvaluationInvitation>(&can, form).await
}

/// Gets an invitation.
#[utoipa::path(
    get,
    path = "/invitations/{id}",
    params(Show<EvaluationInvitation>),
    responses((status = 200, body = EvaluationInvitation)),
)]
async fn get_evaluation_invitation(
    can: Can<ReadFrameworks>,
    id: Id,
    show: Show<EvaluationInvitation>,
) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes the last day or the message of an open invitation.
#[utoipa::path(patch, path = "/invitations/{id}", responses((status = 200, body = EvaluationInvitation)))]
async fn update_evaluation_invitation(
    can: Can<WriteFrameworks>,
    id: Id,
    patch: Patch<NewEvaluationInvitation>,
) -> Result<Reply> {
    crud::update::<EvaluationInvitation>(&can, id.0, patch).await
}

/// Archives an invitation that was made by mistake.
#[utoipa::path(delete, path = "/invitations/{id}", responses((status = 204)))]
async fn archive_evaluation_invitation(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::archive::<EvaluationInvitation>(&can, id.0).await
}

/// Restores an archived invitation.
#[utoipa::path(post, path = "/invitations/{id}/restore", responses((status = 200, body = EvaluationInvitation)))]
async fn restore_evaluation_invitation(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    crud::restore::<EvaluationInvitation>(&can, id.0).await
}

/// Shows the history of an invitation.
#[utoipa::path(
    get,
    path = "/invitations/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_evaluation_invitation_history(
    can: Can<ReadFrameworks>,
    id: Id,
    part: Query<HistoryQuery>,
) -> Result<Reply> {
    feed::history::<EvaluationInvitation>(&can, id.0, &part).await
}

/// Declines an invitation.
#[utoipa::path(
    post,
    path = "/invitations/{id}/decline",
    request_body = Option<Reason>,
    responses((status = 200, body = EvaluationInvitation)),
)]
async fn decline_evaluation_invitation(
    can: Can<JudgeEvaluations>,
    id: Id,
    body: OptionalJson<Reason>,
) -> Result<Reply> {
    crud::transition::<EvaluationInvitation>(&can, id.0, &DECLINE, body.value.reason).await
}

/// Withdraws an invitation. The person no longer sees the evaluation.
#[utoipa::path(
    post,
    path = "/invitations/{id}/withdraw",
    request_body = Option<Reason>,
    responses((status = 200, body = EvaluationInvitation)),
)]
async fn withdraw_evaluation_invitation(
    can: Can<WriteFrameworks>,
    id: Id,
    body: OptionalJson<Reason>,
) -> Result<Reply> {
    crud::transition::<EvaluationInvitation>(&can, id.0, &WITHDRAW, body.value.reason).await
}
