//! Resource lines: what an objective needs, in words.

use entity::plans::{plan, resource_line};

use super::objective::Objective;
use super::ordering::MoveNode;
use super::references::{Check, at};
use super::strand::Strand;
use crate::kernel::prelude::*;

record! {
    /// What an objective, or one of its strands, needs.
    ResourceLine from NewResourceLine in resource_line {
        /// The objective; another one by `move`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        objective_id: Uuid,
        /// The strand of the objective that it belongs to; absent: the objective as a whole.
        #[schema(example = json!(null))]
        strand_id: Option<Uuid>,
        /// What is needed.
        #[schema(min_length = 1, max_length = 1000, example = "Time of the business support team")]
        text: String,
    }
    initial { search_key: None, lineage_id: None, plan_id: Uuid::nil(), position: 0 }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// Its place among the resource lines of its objective, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
    }
}

impl Resource for ResourceLine {
    type Entity = resource_line::Entity;
    type Form = NewResourceLine;
    type Filter = ResourceLineFilter;

    const PATH: &'static str = "/resource-lines";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, resource_line::Column)] =
        &[("position", resource_line::Column::Position), ("updated_at", resource_line::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["text"];
    const COUNTS: &'static [&'static str] = &["objective_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut resource_line::Model) {
        row.search_key = Some(search_key(&row.text));
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, resource_line::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            return Ok(());
        }
        let mut check = Check::of::<Self>(write, &step, Vec::new()).await?;
        let row = step.after;
        check.children::<Strand>(at("/strand_id", row.strand_id), row.objective_id).await?;
        check.done()
    }
}

impl Child for ResourceLine {
    type Root = plan::Entity;

    const ROOT: resource_line::Column = resource_line::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Objective>(resource_line::Column::ObjectiveId));
}

impl Ordered for ResourceLine {
    const POSITION: resource_line::Column = resource_line::Column::Position;
    const MOST: u64 = 100;

    fn leave(row: &mut resource_line::Model) {
        row.strand_id = None;
    }
}

/// Narrows the list of resource lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResourceLineFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only items of this objective.
    pub objective_id: Option<Uuid>,
    /// Only items of this strand.
    pub strand_id: Option<Uuid>,
    /// Words that the text contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "schools")]
    pub q: Option<String>,
}

impl Filter<resource_line::Entity> for ResourceLineFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(resource_line::Column::PlanId, self.plan_id))
            .add_option(is(resource_line::Column::ObjectiveId, self.objective_id))
            .add_option(is(resource_line::Column::StrandId, self.strand_id))
            .add_option(contains(resource_line::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_resource_lines, count_resource_lines, get_resource_line;
    WritePlans: create_resource_line, update_resource_line, archive_resource_line, restore_resource_line;
    ReadPlans: list_resource_line_history;
    WritePlans: move_resource_line;
}

/// Lists the resource lines.
#[utoipa::path(
    get,
    path = "/resource-lines",
    params(List<ResourceLine>),
    responses((status = 200, body = Page<ResourceLine>)),
)]
async fn list_resource_lines(can: Can<ReadPlans>, list: List<ResourceLine>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the resource lines by one or two of their fields.
#[utoipa::path(
    get,
    path = "/resource-lines/counts",
    params(CountBy<ResourceLine>),
    responses((status = 200, body = Counts)),
)]
async fn count_resource_lines(can: Can<ReadPlans>, by: CountBy<ResourceLine>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a resource line.
#[utoipa::path(post, path = "/resource-lines", responses((status = 201, body = ResourceLine)))]
async fn create_resource_line(can: Can<WritePlans>, form: Json<NewResourceLine>) -> Result<Reply> {
    crud::create::<ResourceLine>(&can, form).await
}

/// Gets a resource line.
#[utoipa::path(
    get,
    path = "/resource-lines/{id}",
    params(Show<ResourceLine>),
    responses((status = 200, body = ResourceLine)),
)]
async fn get_resource_line(can: Can<ReadPlans>, id: Id, show: Show<ResourceLine>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a resource line.
#[utoipa::path(patch, path = "/resource-lines/{id}", responses((status = 200, body = ResourceLine)))]
async fn update_resource_line(can: Can<WritePlans>, id: Id, patch: Patch<NewResourceLine>) -> Result<Reply> {
    crud::update::<ResourceLine>(&can, id.0, patch).await
}

/// Archives a resource line.
#[utoipa::path(delete, path = "/resource-lines/{id}", responses((status = 204)))]
async fn archive_resource_line(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<ResourceLine>(&can, id.0).await
}

/// Restores an archived resource line.
#[utoipa::path(post, path = "/resource-lines/{id}/restore", responses((status = 200, body = ResourceLine)))]
async fn restore_resource_line(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<ResourceLine>(&can, id.0).await
}

/// Shows the history of a resource line.
#[utoipa::path(
    get,
    path = "/resource-lines/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_resource_line_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<ResourceLine>(&can, id.0, &part).await
}

/// Moves a resource line to another place.
///
/// The resource lines that it passes are renumbered. It can move to another objective of the same plan.
#[utoipa::path(post, path = "/resource-lines/{id}/move", responses((status = 200, body = ResourceLine)))]
async fn move_resource_line(can: Can<WritePlans>, id: Id, body: Json<MoveNode>) -> Result<Reply> {
    crud::move_to::<ResourceLine>(&can, id.0, body.position, body.objective_id).await
}
