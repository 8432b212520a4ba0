//! Strands: the lines of action under an objective.

use entity::plans::parts::{Parties, Party};
use entity::plans::{budget_line, milestone, plan, resource_line, strand, target};

use super::objective::Objective;
use super::ordering::MoveNode;
use super::references::Check;
use crate::kernel::prelude::*;

record! {
    /// A line of action under an objective.
    Strand from NewStrand in strand {
        /// The objective; another one by `move`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        objective_id: Uuid,
        /// As the plan counts it, unique in the objective.
        #[schema(min_length = 1, max_length = 10, example = "vi")]
        label: String,
        /// What is done.
        #[schema(min_length = 1, max_length = 1000, example = "Collect good practice from visits")]
        text: String,
        /// Who leads it, in order. If empty, the leads of its objective.
        #[serde(default)]
        #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "DHoS" }]))]
        leads: Parties,
        /// Who monitors it, and so accepts or sends back what is reported. If empty, the monitors of its objective.
        #[serde(default)]
        #[schema(value_type = Vec<Party>, max_items = 20, example = json!([{ "role_code": "HoS" }]))]
        monitors: Parties,
    }
    initial { search_key: None, lineage_id: None, plan_id: Uuid::nil(), position: 0 }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// Its place among the strands of its objective, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
    }
}

impl Resource for Strand {
    type Entity = strand::Entity;
    type Form = NewStrand;
    type Filter = StrandFilter;

    const PATH: &'static str = "/strands";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, strand::Column)] =
        &[("position", strand::Column::Position), ("updated_at", strand::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["label", "text", "leads", "monitors"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["leads", "monitors"];
    const COUNTS: &'static [&'static str] = &["objective_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut strand::Model) {
        row.search_key = Some(search_key(&row.text));
    }

    fn keys(row: &strand::Model) -> Value {
        json!({ "objective_id": row.objective_id, "label": row.label })
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, strand::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if let Some(before) = step.before
            && (step.operation == Operation::Archive || before.objective_id != step.after.objective_id)
        {
            unneeded(write, before).await?;
        }
        if step.operation == Operation::Archive {
            return Ok(());
        }
        let mut check = Check::of::<Self>(write, &step, Vec::new()).await?;
        let row = step.after;
        check.leads_and_monitors(&row.leads, &row.monitors).await?;
        let same = Condition::all()
            .add(strand::Column::Label.eq(&row.label))
            .add(strand::Column::ObjectiveId.eq(row.objective_id))
            .add(strand::Column::Id.ne(row.id));
        if children::count::<strand::Entity>(write, same).await? > 0 {
            let message = "another strand of the objective has this label";
            check.fault(Some(Fault::new("/label", "duplicate", message)));
        }
        check.done()
    }
}

/// A strand that others name stays where it is.
async fn unneeded(write: &Write, row: &strand::Model) -> Result<()> {
    let backend = write.caller().db().backend();
    let targets = Condition::all().add(target::Column::ObjectiveId.eq(row.objective_id)).add(json_has(
        backend,
        target::Column::StrandIds,
        row.id,
    ));
    let milestones = Condition::all().add(milestone::Column::ObjectiveId.eq(row.objective_id)).add(json_has(
        backend,
        milestone::Column::StrandIds,
        row.id,
    ));
    Dependents::default()
        .by::<target::Entity>(targets)
        .by::<milestone::Entity>(milestones)
        .by::<resource_line::Entity>(resource_line::Column::StrandId.eq(row.id))
        .by::<budget_line::Entity>(budget_line::Column::StrandId.eq(row.id))
        .refuse(write, "strand")
        .await
}

impl Child for Strand {
    type Root = plan::Entity;

    const ROOT: strand::Column = strand::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Objective>(strand::Column::ObjectiveId));
}

impl Ordered for Strand {
    const POSITION: strand::Column = strand::Column::Position;
    const MOST: u64 = 50;
}

/// Narrows the list of strands.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StrandFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only items of this objective.
    pub objective_id: Option<Uuid>,
    /// Words that the text contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "schools")]
    pub q: Option<String>,
}

impl Filter<strand::Entity> for StrandFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(strand::Column::PlanId, self.plan_id))
            .add_option(is(strand::Column::ObjectiveId, self.objective_id))
            .add_option(contains(strand::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_strands, count_strands, get_strand;
    WritePlans: create_strand, update_strand, archive_strand, restore_strand;
    ReadPlans: list_strand_history;
    WritePlans: move_strand;
}

/// Lists the strands.
#[utoipa::path(get, path = "/strands", params(List<Strand>), responses((status = 200, body = Page<Strand>)))]
async fn list_strands(can: Can<ReadPlans>, list: List<Strand>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the strands by one or two of their fields.
#[utoipa::path(get, path = "/strands/counts", params(CountBy<Strand>), responses((status = 200, body = Counts)))]
async fn count_strands(can: Can<ReadPlans>, by: CountBy<Strand>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a strand.
#[utoipa::path(post, path = "/strands", responses((status = 201, body = Strand)))]
async fn create_strand(can: Can<WritePlans>, form: Json<NewStrand>) -> Result<Reply> {
    crud::create::<Strand>(&can, form).await
}

/// Gets a strand.
#[utoipa::path(get, path = "/strands/{id}", params(Show<Strand>), responses((status = 200, body = Strand)))]
async fn get_strand(can: Can<ReadPlans>, id: Id, show: Show<Strand>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a strand.
#[utoipa::path(patch, path = "/strands/{id}", responses((status = 200, body = Strand)))]
async fn update_strand(can: Can<WritePlans>, id: Id, patch: Patch<NewStrand>) -> Result<Reply> {
    crud::update::<Strand>(&can, id.0, patch).await
}

/// Archives a strand.
#[utoipa::path(delete, path = "/strands/{id}", responses((status = 204)))]
async fn archive_strand(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Strand>(&can, id.0).await
}

/// Restores an archived strand.
#[utoipa::path(post, path = "/strands/{id}/restore", responses((status = 200, body = Strand)))]
async fn restore_strand(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Strand>(&can, id.0).await
}

/// Shows the history of a strand.
#[utoipa::path(get, path = "/strands/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_strand_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Strand>(&can, id.0, &part).await
}

/// Moves a strand to another place.
///
/// The strands that it passes are renumbered. It can move to another objective of the same plan.
#[utoipa::path(post, path = "/strands/{id}/move", responses((status = 200, body = Strand)))]
async fn move_strand(can: Can<WritePlans>, id: Id, body: Json<MoveNode>) -> Result<Reply> {
    crud::move_to::<Strand>(&can, id.0, body.position, body.objective_id).await
}
