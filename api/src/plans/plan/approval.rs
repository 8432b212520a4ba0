//! Approvals of a proposed plan: given here, or recorded from a meeting. They are never changed.

use entity::identity::grant::Role;
use entity::plans::approval;
use entity::plans::plan;
use time::Date;
use utoipa::ToSchema;

use super::Plan;
use super::transition::APPROVE;
use crate::kernel::base::clock::day_of;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::States;
use crate::plans::author::{self, PersonName};

record! {
    /// An approval of a plan as it was proposed. It stands for that proposal: a plan that is taken
    /// back to draft and proposed again is approved again.
    Approval from ApprovalForm in approval {
        /// The plan, which is proposed.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// Who approved it.
        #[schema(min_length = 1, max_length = 200, example = "Governing Group")]
        body: String,
        /// The day of the approval.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-02-05")]
        approved_on: Date,
        /// The place in the minutes of the meeting; absent if the approval was given in this service.
        #[schema(min_length = 1, max_length = 200, example = "GOV 2014-02-05, item 4")]
        minute_reference: Option<String>,
        /// A note.
        #[schema(min_length = 1, max_length = 2000, example = "With thanks to the working party")]
        note: Option<String>,
    }
    initial { plan_version: 0, recorded_by_user_id: None }
    computed {
        /// The version of the plan that was approved.
        #[schema(minimum = 1, example = 12)]
        plan_version: i64,
        /// The user who gave or recorded it.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        recorded_by_user_id: Option<Uuid>,
    }
    embedded {
        /// The name of the person who gave or recorded it, with `expand=recorded_by`.
        recorded_by: PersonName,
    }
}

impl Resource for Approval {
    type Entity = approval::Entity;
    type Form = ApprovalForm;
    type Filter = ApprovalFilter;

    const PATH: &'static str = "/approvals";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, approval::Column)] =
        &[("approved_on", approval::Column::ApprovedOn), ("created_at", approval::Column::CreatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["body", "minute_reference", "note"];
    const COUNTS: &'static [&'static str] = &["plan_id"];

    const EXPANDS: &'static [&'static str] = &["recorded_by"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[approval::Model],
    ) -> Result<Vec<Value>> {
        author::of_users(caller, db, rows.iter().map(|row| row.recorded_by_user_id)).await
    }

    fn keys(row: &approval::Model) -> Value {
        json!({ "plan_id": row.plan_id, "body": row.body })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, approval::Model>) -> Result<()> {
        let row = step.after;
        let plan = children::root::<plan::Entity>(write, "/plan_id", row.plan_id).await?;
        Plan::TABLE.next(&APPROVE, plan.status.as_str())?;
        if row.approved_on > write.caller().today() {
            return Err(Problem::invalid("/approved_on", "in_future", "not after today"));
        }
        if let Some(proposed_on) = plan.proposed_at.map(day_of).filter(|day| row.approved_on < *day) {
            let message =
                format!("not before the plan was proposed, on {proposed_on}: it was approved as proposed then");
            return Err(Problem::invalid("/approved_on", "before_proposal", message));
        }
        row.plan_version = plan.version;
        row.recorded_by_user_id = write.caller().actor.user_id();
        Ok(())
    }
}

/// An approval that was given in a meeting.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApproval {
    /// The plan, which is proposed.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub plan_id: Uuid,
    /// Who approved it.
    #[schema(min_length = 1, max_length = 200, example = "Governing Group")]
    pub body: String,
    /// The day of the meeting: not before the day on which the plan was proposed, nor after today.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-02-05")]
    pub approved_on: Date,
    /// Where the minutes of the meeting say so.
    #[schema(min_length = 1, max_length = 200, example = "GOV 2014-02-05, item 4")]
    pub minute_reference: String,
    /// A note.
    #[schema(min_length = 1, max_length = 2000, example = "With thanks to the working party")]
    pub note: Option<String>,
}

impl From<NewApproval> for ApprovalForm {
    fn from(recorded: NewApproval) -> Self {
        let NewApproval { plan_id, body, approved_on, minute_reference, note } = recorded;
        Self { plan_id, body, approved_on, minute_reference: Some(minute_reference), note }
    }
}

/// An approval that the caller gives.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveApproval {
    /// A note.
    #[schema(min_length = 1, max_length = 2000, example = "With thanks to the working party")]
    pub note: Option<String>,
}

/// The group for which a role approves.
pub const fn group(role: Option<Role>) -> Option<&'static str> {
    match role {
        Some(Role::Governor) => Some("Governing Group"),
        Some(Role::Executive) => Some("Executive Group"),
        Some(Role::HeadOfService) => Some("Head of Service"),
        Some(Role::DeputyHeadOfService) => Some("Deputy Head of Service"),
        _ => None,
    }
}

/// Narrows the list of approvals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApprovalFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
}

impl Filter<approval::Entity> for ApprovalFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(is(approval::Column::PlanId, self.plan_id))
    }
}

routes! {
    ReadPlans: list_approvals, count_approvals, get_approval, list_approval_history;
    ApprovePlans: approve_plan;
    RecordApprovals: record_approval;
}

/// Lists the approvals.
#[utoipa::path(get, path = "/approvals", params(List<Approval>), responses((status = 200, body = Page<Approval>)))]
async fn list_approvals(can: Can<ReadPlans>, list: List<Approval>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the approvals by one or two of their fields.
#[utoipa::path(get, path = "/approvals/counts", params(CountBy<Approval>), responses((status = 200, body = Counts)))]
async fn count_approvals(can: Can<ReadPlans>, by: CountBy<Approval>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets an approval.
#[utoipa::path(get, path = "/approvals/{id}", params(Show<Approval>), responses((status = 200, body = Approval)))]
async fn get_approval(can: Can<ReadPlans>, id: Id, show: Show<Approval>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Shows the history of an approval.
#[utoipa::path(get, path = "/approvals/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_approval_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Approval>(&can, id.0, &part).await
}

/// Records an approval that was given in a meeting.
///
/// The meeting approved the plan as it was proposed, so it was held on the day of the proposal or
/// later.
#[utoipa::path(post, path = "/approvals", responses((status = 201, body = Approval)))]
async fn record_approval(can: Can<RecordApprovals>, form: Json<NewApproval>) -> Result<Reply> {
    let form = form.into_inner();
    Write::run(&can, async |write| {
        let row = write.create::<Approval>(form.clone().into()).await?;
        crud::answer::<Approval>(&can, &row, true)
    })
    .await
}

/// Approves a proposed plan for the caller's own group.
///
/// A governor, a member of the executive group or the head of service can approve. The approval is
/// for the plan as it was proposed, which cannot change until it is withdrawn. `If-Match` takes the
/// plan's `ETag`.
#[utoipa::path(
    post,
    path = "/plans/{id}/approvals",
    params(("If-Match" = Option<String>, Header)),
    request_body = Option<GiveApproval>,
    responses((status = 201, body = Approval)),
)]
async fn approve_plan(can: Can<ApprovePlans>, id: Id, given: OptionalJson<GiveApproval>) -> Result<Reply> {
    give(&can, id.0, given.note.clone()).await
}

/// Decides whether a caller approves a plan, and for which group.
///
/// # Errors
/// 403 for a role that approves nothing, and for a person who wrote or proposed the plan.
pub fn may_approve(caller: &Caller, plan: &plan::Model) -> Result<&'static str> {
    let group = group(caller.role)
        .ok_or_else(|| Problem::forbidden("only a governor, an executive or the head of service can approve a plan"))?;
    if caller.actor.person_id().is_some_and(|person| plan.author_ids.contains(&person)) {
        let detail = "you wrote or proposed this plan: somebody who did neither approves it";
        return Err(Problem::forbidden(detail));
    }
    Ok(group)
}

/// Approves a plan for the caller's own group.
async fn give(caller: &Caller, plan_id: Uuid, note: Option<String>) -> Result<Reply> {
    Write::run(caller, async |write| {
        let plan = write.row::<plan::Entity>(plan_id).await?;
        write.expect_version::<Plan>(&plan)?;
        Plan::TABLE.next(&APPROVE, plan.status.as_str())?;
        let group = may_approve(caller, &plan)?;
        let form = ApprovalForm {
            plan_id: plan.id,
            body: group.to_owned(),
            approved_on: caller.today(),
            minute_reference: None,
            note: note.clone(),
        };
        let row = write.create::<Approval>(form).await?;
        crud::answer::<Approval>(caller, &row, true)
    })
    .await
}
