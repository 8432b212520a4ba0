//! Strands: the lines of action under an objective.

use entity::plans::parts::{Parties, Party};
use entity::plans::{budget_line, milestone, resource_line, strand, target};
use sea_orm::QueryFilter;

use super::check::Check;
use super::node::{self, Node};
use super::place::{self, MoveNode, Placed};
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
    kept { search_key: None, plan_id: Uuid::nil(), position: 0 }
    shown {
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
    const COUNTS: &'static [&'static str] = &["objective_id", "plan_id"];
    const IF_MATCH: bool = true;

    fn complete(row: &mut strand::Model) {
        row.search_key = Some(fold(&row.text));
    }

    fn keys(row: &strand::Model) -> Value {
        json!({ "objective_id": row.objective_id, "label": row.label })
    }

    async fn lock(write: &Write, id: Uuid) -> Result<()> {
        node::lock::<Self>(write, id).await
    }

    async fn decide(write: &mut Write, mut step: Step<'_, strand::Model>) -> Result<()> {
        place::open::<Self>(write, &mut step).await?;
        if let Some(before) = step.before
            && (step.operation == Operation::Archive || before.objective_id != step.after.objective_id)
        {
            unneeded(write, before).await?;
        }
        place::settle::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            return Ok(());
        }
        let mut check = Check::new(write.caller(), write.tx(), Vec::new());
        check.objective::<Self>(&step).await?;
        let row = step.after;
        let leads = ("/leads".to_owned(), row.leads.clone());
        check.parties(&[leads, ("/monitors".to_owned(), row.monitors.clone())]).await?;
        let same = Condition::all().add(strand::Column::Label.eq(&row.label));
        let same = same.add(strand::Column::ObjectiveId.eq(row.objective_id));
        let same = same.add(strand::Column::Id.ne(row.id));
        if place::count::<strand::Entity>(write, same).await? > 0 {
            let message = "another strand of the objective has this label";
            check.fault(Some(Fault::new("/label", "duplicate", message)));
        }
        check.done()
    }
}

/// A strand that others name stays where it is.
async fn unneeded(write: &Write, row: &strand::Model) -> Result<()> {
    let caller = write.caller();
    let targets = caller.rows::<target::Entity>();
    let targets = targets.filter(target::Column::ObjectiveId.eq(row.objective_id));
    let targets = targets.all(write.tx()).await?;
    let milestones = caller.rows::<milestone::Entity>();
    let milestones = milestones.filter(milestone::Column::ObjectiveId.eq(row.objective_id));
    let milestones = milestones.all(write.tx()).await?;
    let targets = targets.iter().filter(|target| target.strand_ids.contains(&row.id)).count();
    let milestones = milestones.iter().filter(|milestone| milestone.strand_ids.contains(&row.id)).count();
    let resources = resource_line::Column::StrandId.eq(row.id);
    let budget = budget_line::Column::StrandId.eq(row.id);
    place::unneeded(
        "strand",
        &[
            ("targets", targets as u64),
            ("milestones", milestones as u64),
            ("resource lines", place::count::<resource_line::Entity>(write, resources).await?),
            ("budget lines", place::count::<budget_line::Entity>(write, budget).await?),
        ],
    )
}

impl Node for Strand {
    const PLAN: strand::Column = strand::Column::PlanId;

    fn plan_id(row: &strand::Model) -> Uuid {
        row.plan_id
    }
}

impl Placed for Strand {
    const POSITION: strand::Column = strand::Column::Position;
    const MOST: i32 = 50;

    fn position(row: &mut strand::Model) -> &mut i32 {
        &mut row.position
    }

    fn siblings(row: &strand::Model) -> Condition {
        strand::Column::ObjectiveId.eq(row.objective_id).into()
    }

    fn objective_id(row: &strand::Model) -> Option<Uuid> {
        Some(row.objective_id)
    }

    fn reparent(row: &mut strand::Model, objective_id: Uuid) {
        row.objective_id = objective_id;
    }
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
#[utoipa::path(params(List<Strand>), responses((status = 200, body = Page<Strand>)))]
#[get("/strands")]
async fn list_strands(can: Can<ReadPlans>, list: List<Strand>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the strands by one or two of their fields.
#[utoipa::path(params(CountBy<Strand>), responses((status = 200, body = Counts)))]
#[get("/strands/counts")]
async fn count_strands(can: Can<ReadPlans>, by: CountBy<Strand>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a strand.
#[utoipa::path(responses((status = 201, body = Strand)))]
#[post("/strands")]
async fn create_strand(can: Can<WritePlans>, form: Json<NewStrand>) -> Result<Reply> {
    crud::create::<Strand>(&can, form).await
}

/// Gets a strand.
#[utoipa::path(params(Show<Strand>), responses((status = 200, body = Strand)))]
#[get("/strands/{id}")]
async fn get_strand(can: Can<ReadPlans>, id: Id, show: Show<Strand>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a strand.
#[utoipa::path(responses((status = 200, body = Strand)))]
#[patch("/strands/{id}")]
async fn update_strand(can: Can<WritePlans>, id: Id, patch: Patch<NewStrand>) -> Result<Reply> {
    crud::update::<Strand>(&can, id.0, patch).await
}

/// Archives a strand.
#[utoipa::path(responses((status = 204)))]
#[delete("/strands/{id}")]
async fn archive_strand(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Strand>(&can, id.0).await
}

/// Restores an archived strand.
#[utoipa::path(responses((status = 200, body = Strand)))]
#[post("/strands/{id}/restore")]
async fn restore_strand(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Strand>(&can, id.0).await
}

/// Shows the history of a strand.
#[utoipa::path(params(HistoryQuery), responses((status = 200, body = Changes)))]
#[get("/strands/{id}/history")]
async fn list_strand_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Strand>(&can, id.0, &part).await
}

/// Moves a strand to another place.
///
/// The strands that it passes are renumbered. It can move to another objective of the same plan.
#[utoipa::path(responses((status = 200, body = Strand)))]
#[post("/strands/{id}/move")]
async fn move_strand(can: Can<WritePlans>, id: Id, body: Json<MoveNode>) -> Result<Reply> {
    place::go::<Strand>(&can, id.0, body.position, body.objective_id).await
}
