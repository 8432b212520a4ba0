//! Milestones: steps on the way that are done or not.

use entity::list::Ids;
use entity::plans::parts::{Due, Dues, Parties, Party};
use entity::plans::{milestone, plan};
use time::Date;

use super::objective::Objective;
use super::ordering::MoveNode;
use super::plan_year::PlanYear;
use super::references::{Check, at, at_each};
use super::strand::Strand;
use super::{DONE, edit_of};
use crate::kernel::prelude::*;
use crate::plans::plan::state::EditKind;
use crate::plans::rules;

record! {
    /// A step on the way to an objective, which is done when its dues are.
    Milestone from NewMilestone in milestone {
        /// The objective; another one by `move`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        objective_id: Uuid,
        /// The year of the plan that it belongs to.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_year_id: Uuid,
        /// The strands of its objective that it belongs to. Empty: the objective as a whole.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 20, example = json!([]))]
        strand_ids: Ids,
        /// What is to be done.
        #[schema(min_length = 1, max_length = 1000, example = "Reports are piloted in four schools")]
        statement: String,
        /// When it is due, in order of time; several where it is done in steps.
        #[serde(default)]
        #[schema(
            value_type = Vec<Due>,
            max_items = 20,
            example = json!([{
                "first_day": "2014-05-01", "last_day": "2014-06-30", "precision": "range", "label": "May-June 2014",
            }]),
        )]
        dues: Dues,
        /// Who leads it, in order. If empty, the leads of its strands, else of its objective.
        #[serde(default)]
        #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "DHoS" }]))]
        leads: Parties,
        /// Who monitors it, and so accepts or sends back what is reported. If empty, the monitors of its
        /// strands, else of its objective.
        #[serde(default)]
        #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "HoS" }]))]
        monitors: Parties,
    }
    initial { search_key: None, lineage_id: None, plan_id: Uuid::nil(), position: 0, last_due_on: None }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// Its place among the milestones of its objective, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
        /// The last day of its last due.
        #[serde(with = "entity::date::option")]
        #[schema(example = "2014-06-30")]
        last_due_on: Option<Date>,
    }
}

impl Resource for Milestone {
    type Entity = milestone::Entity;
    type Form = NewMilestone;
    type Filter = MilestoneFilter;

    const PATH: &'static str = "/milestones";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, milestone::Column)] = &[
        ("position", milestone::Column::Position),
        ("due", milestone::Column::LastDueOn),
        ("updated_at", milestone::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["statement", "dues", "leads", "monitors"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["leads", "monitors"];
    const COUNTS: &'static [&'static str] = &["plan_year_id", "objective_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut milestone::Model) {
        row.search_key = Some(search_key(&row.statement));
        row.last_due_on = rules::last_due(&row.dues);
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, milestone::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if matches!(step.operation, Operation::Archive | DONE) {
            return Ok(());
        }
        let mut check = Check::of::<Self>(write, &step, rules::dues("/dues", &step.after.dues)).await?;
        let row = step.after;
        check.children::<PlanYear>(at("/plan_year_id", row.plan_year_id), row.plan_id).await?;
        check.children::<Strand>(at_each("/strand_ids", &row.strand_ids), row.objective_id).await?;
        check.leads_and_monitors(&row.leads, &row.monitors).await?;
        check.done()
    }
}

impl Child for Milestone {
    type Root = plan::Entity;

    const ROOT: milestone::Column = milestone::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Objective>(milestone::Column::ObjectiveId));

    fn edit(step: &Mutation<'_, milestone::Model>) -> EditKind {
        edit_of(step, |row| rules::undo(&mut row.dues))
    }
}

impl Ordered for Milestone {
    const POSITION: milestone::Column = milestone::Column::Position;
    const MOST: u64 = 200;

    fn leave(row: &mut milestone::Model) {
        row.strand_ids = Ids::default();
    }
}

/// Narrows the list of milestones.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MilestoneFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only items of this objective.
    pub objective_id: Option<Uuid>,
    /// Only items of this year of a plan.
    pub plan_year_id: Option<Uuid>,
    /// Those whose last due ends on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub due_from: Option<Date>,
    /// Those whose last due ends on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-12-31")]
    pub due_to: Option<Date>,
    /// Words that the statement contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "schools")]
    pub q: Option<String>,
}

impl Filter<milestone::Entity> for MilestoneFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(milestone::Column::PlanId, self.plan_id))
            .add_option(is(milestone::Column::ObjectiveId, self.objective_id))
            .add_option(is(milestone::Column::PlanYearId, self.plan_year_id))
            .add(between(milestone::Column::LastDueOn, self.due_from, self.due_to))
            .add_option(contains(milestone::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_milestones, count_milestones, get_milestone;
    WritePlans: create_milestone, update_milestone, archive_milestone, restore_milestone;
    ReadPlans: list_milestone_history;
    WritePlans: move_milestone;
}

/// Lists the milestones.
#[utoipa::path(get, path = "/milestones", params(List<Milestone>), responses((status = 200, body = Page<Milestone>)))]
async fn list_milestones(can: Can<ReadPlans>, list: List<Milestone>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the milestones by one or two of their fields.
#[utoipa::path(get, path = "/milestones/counts", params(CountBy<Milestone>), responses((status = 200, body = Counts)))]
async fn count_milestones(can: Can<ReadPlans>, by: CountBy<Milestone>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a milestone.
#[utoipa::path(post, path = "/milestones", responses((status = 201, body = Milestone)))]
async fn create_milestone(can: Can<WritePlans>, form: Json<NewMilestone>) -> Result<Reply> {
    crud::create::<Milestone>(&can, form).await
}

/// Gets a milestone.
#[utoipa::path(get, path = "/milestones/{id}", params(Show<Milestone>), responses((status = 200, body = Milestone)))]
async fn get_milestone(can: Can<ReadPlans>, id: Id, show: Show<Milestone>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a milestone.
#[utoipa::path(patch, path = "/milestones/{id}", responses((status = 200, body = Milestone)))]
async fn update_milestone(can: Can<WritePlans>, id: Id, patch: Patch<NewMilestone>) -> Result<Reply> {
    crud::update::<Milestone>(&can, id.0, patch).await
}

/// Archives a milestone.
#[utoipa::path(delete, path = "/milestones/{id}", responses((status = 204)))]
async fn archive_milestone(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Milestone>(&can, id.0).await
}

/// Restores an archived milestone.
#[utoipa::path(post, path = "/milestones/{id}/restore", responses((status = 200, body = Milestone)))]
async fn restore_milestone(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Milestone>(&can, id.0).await
}

/// Shows the history of a milestone.
#[utoipa::path(get, path = "/milestones/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_milestone_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Milestone>(&can, id.0, &part).await
}

/// Moves a milestone to another place.
///
/// The milestones that it passes are renumbered. It can move to another objective of the same plan.
#[utoipa::path(post, path = "/milestones/{id}/move", responses((status = 200, body = Milestone)))]
async fn move_milestone(can: Can<WritePlans>, id: Id, body: Json<MoveNode>) -> Result<Reply> {
    crud::move_to::<Milestone>(&can, id.0, body.position, body.objective_id).await
}
