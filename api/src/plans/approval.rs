//! Approvals of a proposed plan: given here, or recorded from a meeting. They are never changed.

use entity::identity::grant::Role;
use entity::plans::approval;
use entity::plans::plan::{self, PlanStatus};
use time::Date;
use utoipa::ToSchema;

use super::node;
use super::plan::Plan;
use crate::kernel::prelude::*;

record! {
    /// An approval of a plan as it was proposed. It stands for that proposal: a plan that is taken
    /// back to draft and proposed again is approved again.
    Approval from NewApproval in approval {
        /// The plan, which is proposed.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// Who approved it.
        #[schema(min_length = 1, max_length = 200, example = "Governing Group")]
        body: String,
        /// The day on which they did.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-02-05")]
        approved_on: Date,
        /// Where the minutes of the meeting say so; needed where an approval is recorded.
        #[schema(min_length = 1, max_length = 200, example = "GOV 2014-02-05, item 4")]
        minute_reference: Option<String>,
        /// Anything that was said with it.
        #[schema(min_length = 1, max_length = 2000, example = "With thanks to the working party")]
        note: Option<String>,
    }
    kept { plan_version: 0, recorded_by_user_id: None }
    shown {
        /// The version of the plan that was approved.
        #[schema(minimum = 1, example = 12)]
        plan_version: i64 = |row: &approval::Model| row.plan_version,
        /// The user who gave or recorded it.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        recorded_by_user_id: Option<Uuid> = |row: &approval::Model| row.recorded_by_user_id,
    }
}

impl Resource for Approval {
    type Entity = approval::Entity;
    type Form = NewApproval;
    type Filter = ApprovalFilter;

    const PATH: &'static str = "/approvals";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, approval::Column)] =
        &[("approved_on", approval::Column::ApprovedOn), ("created_at", approval::Column::CreatedAt)];

    fn keys(row: &approval::Model) -> Value {
        json!({ "plan_id": row.plan_id, "body": row.body })
    }

    async fn decide(write: &mut Write, step: Step<'_, approval::Model>) -> Result<()> {
        let row = step.after;
        let plan = node::locked(write, row.plan_id).await?;
        if plan.status != PlanStatus::Proposed {
            let status = plan.status;
            let detail = format!("the plan is {status}; only a proposed plan is approved");
            return Err(Problem::conflict(detail));
        }
        if row.approved_on > write.caller().today() {
            return Err(Problem::invalid("/approved_on", "in_future", "not after today"));
        }
        row.plan_version = plan.version;
        row.recorded_by_user_id = write.caller().actor.user_id();
        Ok(())
    }
}

/// An approval that the caller gives.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveApproval {
    /// Anything to be said with it.
    #[schema(min_length = 1, max_length = 2000, example = "With thanks to the working party")]
    pub note: Option<String>,
}

/// The group for which a role approves.
const fn group(role: Option<Role>) -> Option<&'static str> {
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
    /// Those of this plan.
    pub plan_id: Option<Uuid>,
}

impl Filter<approval::Entity> for ApprovalFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(is(approval::Column::PlanId, self.plan_id))
    }
}

routes! { list_approvals, get_approval, list_approval_history, record_approval, approve_plan }

/// Lists the approvals.
#[utoipa::path(tag = "plans", security(("token" = ["plans:read"])), params(List<Approval>), responses((status = 200, body = Page<Approval>)))]
#[get("/approvals")]
async fn list_approvals(can: Can<ReadPlans>, list: List<Approval>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Gets an approval.
#[utoipa::path(tag = "plans", security(("token" = ["plans:read"])), params(Expand<Approval>), responses((status = 200, body = Approval)))]
#[get("/approvals/{id}")]
async fn get_approval(can: Can<ReadPlans>, id: Id, expand: Expand<Approval>) -> Result<Reply> {
    crud::get(&can, id.0, expand).await
}

/// Shows the history of an approval.
#[utoipa::path(tag = "plans", security(("token" = ["plans:read"])), params(HistoryQuery), responses((status = 200, body = Changes)))]
#[get("/approvals/{id}/history")]
async fn list_approval_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Approval>(&can, id.0, &part).await
}

/// Records an approval that was given in a meeting.
#[utoipa::path(tag = "plans", security(("token" = ["plans:record-approval"])), responses((status = 201, body = Approval)))]
#[post("/approvals")]
async fn record_approval(can: Can<RecordApprovals>, form: Json<NewApproval>) -> Result<Reply> {
    if form.minute_reference.is_none() {
        let message = "say where the minutes of the meeting have it";
        return Err(Problem::invalid("/minute_reference", "missing", message));
    }
    crud::create::<Approval>(&can, form).await
}

/// Approves a proposed plan for the caller's own group.
///
/// Given by a governor, a member of the executive group or the head of service. What is approved
/// is the plan as it was proposed, which stays as it is until it is withdrawn. `If-Match` takes the
/// plan's `ETag`.
#[utoipa::path(tag = "plans", security(("token" = ["plans:approve"])), params(("If-Match" = Option<String>, Header)), request_body = Option<GiveApproval>, responses((status = 201, body = Approval)))]
#[post("/plans/{id}/approvals")]
async fn approve_plan(can: Can<ApprovePlans>, id: Id, given: OptionalJson<GiveApproval>) -> Result<Reply> {
    give(&can, id.0, given.note.clone()).await
}

/// Approves a plan for the caller's own group.
async fn give(caller: &Caller, plan_id: Uuid, note: Option<String>) -> Result<Reply> {
    let group = group(caller.role)
        .ok_or_else(|| Problem::forbidden("only a governor, an executive or the head of service approves here"))?;
    Write::run(caller, async |write| {
        let plan = write.row::<plan::Entity>(plan_id).await?;
        write.expect_version::<Plan>(&plan)?;
        let form = NewApproval {
            plan_id: plan.id,
            body: group.to_owned(),
            approved_on: caller.today(),
            minute_reference: None,
            note,
        };
        let row = write.create::<Approval>(form).await?;
        crud::answer::<Approval>(caller, &row, true)
    })
    .await
}
