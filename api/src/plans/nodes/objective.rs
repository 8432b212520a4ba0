//! Objectives: what a plan is for, in the order of their numbers.

use entity::list::Strings;
use entity::plans::parts::{Parties, Party};
use entity::plans::{budget_line, milestone, objective, plan, resource_line, strand, target};

use super::ordering::MoveObjective;
use super::references::Check;
use crate::kernel::prelude::*;
use crate::plans::text::ShortText;

record! {
    /// An objective of a plan.
    Objective from NewObjective in objective {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// What it is, in one line.
        #[schema(min_length = 1, max_length = 300, example = "Share what works between schools")]
        title: String,
        /// Functions of the hub that it serves.
        #[serde(default)]
        #[schema(value_type = Vec<ShortText>, max_items = 20, example = json!(["Core: singing strategy"]))]
        functions: Strings,
        /// Who leads it, in order. Empty: nobody in particular.
        #[serde(default)]
        #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "DHoS" }]))]
        leads: Parties,
        /// Who monitors it, and so accepts or sends back what is reported. Empty: nobody in particular.
        #[serde(default)]
        #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "HoS" }]))]
        monitors: Parties,
    }
    initial { search_key: None, lineage_id: None, number: 0 }
    computed {
        /// Its number, from 1 in the order of the plan; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        number: i32,
    }
}

impl Resource for Objective {
    type Entity = objective::Entity;
    type Form = NewObjective;
    type Filter = ObjectiveFilter;

    const PATH: &'static str = "/objectives";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, objective::Column)] =
        &[("number", objective::Column::Number), ("updated_at", objective::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "functions", "leads", "monitors"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["leads", "monitors"];
    const COUNTS: &'static [&'static str] = &["plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut objective::Model) {
        row.search_key = Some(search_key(&row.title));
    }

    fn keys(row: &objective::Model) -> Value {
        json!({ "plan_id": row.plan_id, "number": row.number })
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, objective::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            return unneeded(write, step.after.id).await;
        }
        let mut check = Check::of::<Self>(write, &step, Vec::new()).await?;
        let row = step.after;
        check.leads_and_monitors(&row.leads, &row.monitors).await?;
        check.done()
    }
}

async fn unneeded(write: &Write, id: Uuid) -> Result<()> {
    Dependents::default()
        .by::<strand::Entity>(strand::Column::ObjectiveId.eq(id))
        .by::<target::Entity>(target::Column::ObjectiveId.eq(id))
        .by::<milestone::Entity>(milestone::Column::ObjectiveId.eq(id))
        .by::<resource_line::Entity>(resource_line::Column::ObjectiveId.eq(id))
        .by::<budget_line::Entity>(budget_line::Column::ObjectiveId.eq(id))
        .refuse(write, "objective")
        .await
}

impl Child for Objective {
    type Root = plan::Entity;

    const ROOT: objective::Column = objective::Column::PlanId;
}

impl Ordered for Objective {
    const POSITION: objective::Column = objective::Column::Number;
    const MOST: u64 = 50;
}

/// Narrows the list of objectives.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ObjectiveFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "engagement")]
    pub q: Option<String>,
}

impl Filter<objective::Entity> for ObjectiveFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(objective::Column::PlanId, self.plan_id))
            .add_option(contains(objective::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_objectives, count_objectives, get_objective;
    WritePlans: create_objective, update_objective, archive_objective, restore_objective;
    ReadPlans: list_objective_history;
    WritePlans: move_objective;
}

/// Lists the objectives.
#[utoipa::path(get, path = "/objectives", params(List<Objective>), responses((status = 200, body = Page<Objective>)))]
async fn list_objectives(can: Can<ReadPlans>, list: List<Objective>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the objectives by one or two of their fields.
#[utoipa::path(get, path = "/objectives/counts", params(CountBy<Objective>), responses((status = 200, body = Counts)))]
async fn count_objectives(can: Can<ReadPlans>, by: CountBy<Objective>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates an objective.
#[utoipa::path(post, path = "/objectives", responses((status = 201, body = Objective)))]
async fn create_objective(can: Can<WritePlans>, form: Json<NewObjective>) -> Result<Reply> {
    crud::create::<Objective>(&can, form).await
}

/// Gets an objective.
#[utoipa::path(get, path = "/objectives/{id}", params(Show<Objective>), responses((status = 200, body = Objective)))]
async fn get_objective(can: Can<ReadPlans>, id: Id, show: Show<Objective>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an objective.
#[utoipa::path(patch, path = "/objectives/{id}", responses((status = 200, body = Objective)))]
async fn update_objective(can: Can<WritePlans>, id: Id, patch: Patch<NewObjective>) -> Result<Reply> {
    crud::update::<Objective>(&can, id.0, patch).await
}

/// Archives an objective.
#[utoipa::path(delete, path = "/objectives/{id}", responses((status = 204)))]
async fn archive_objective(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Objective>(&can, id.0).await
}

/// Restores an archived objective.
#[utoipa::path(post, path = "/objectives/{id}/restore", responses((status = 200, body = Objective)))]
async fn restore_objective(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Objective>(&can, id.0).await
}

/// Shows the history of an objective.
#[utoipa::path(get, path = "/objectives/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_objective_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Objective>(&can, id.0, &part).await
}

/// Moves an objective to another place.
///
/// The objectives that it passes are renumbered.
#[utoipa::path(post, path = "/objectives/{id}/move", responses((status = 200, body = Objective)))]
async fn move_objective(can: Can<WritePlans>, id: Id, body: Json<MoveObjective>) -> Result<Reply> {
    crud::move_to::<Objective>(&can, id.0, body.position, None).await
}
