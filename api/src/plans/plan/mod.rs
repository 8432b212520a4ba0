//! Plans themselves: their own fields, their states, and who approves them. Their trees are in `tree`.

pub mod approval;
pub mod completeness;
pub mod deciders;
pub mod lifecycle;
pub mod state;
pub mod transition;

use entity::instant::Instant;
use entity::list::{Ids, Strings};
use entity::plans::plan::{self, PlanKind, PlanStatus};
use time::Date;

use self::state::EditKind;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::plans::text::ShortText;
use crate::plans::tree::Tree;
use crate::plans::tree::create;
use crate::plans::tree::form::NewPlanTree;
use crate::plans::{progress, store};

record! {
    /// A plan of the hub.
    Plan from NewPlan in plan {
        /// What it is for.
        #[schema(example = "school_music_education_plan")]
        kind: PlanKind,
        /// Its title.
        #[schema(min_length = 1, max_length = 200, example = "Schools Music Education Plan 2016-2018")]
        title: String,
        /// Its motto.
        #[schema(min_length = 1, max_length = 200, example = "Review, reflect and revise")]
        motto: Option<String>,
        /// The group that leads it.
        #[schema(min_length = 1, max_length = 200, example = "Governing and Executive Groups of the hub")]
        lead_group: Option<String>,
        /// Names of people and groups who support it.
        #[serde(default)]
        #[schema(value_type = Vec<ShortText>, max_items = 50, example = json!(["Arts Council England"]))]
        supporters: Strings,
        /// Acknowledgement of the funders.
        #[schema(min_length = 1, max_length = 1000, example = "Supported using public funding.")]
        acknowledgement: Option<String>,
    }
    initial {
        title_key: String::new(),
        status: PlanStatus::Draft,
        revision: 1,
        copied_from_id: None,
        proposed_at: None,
        activated_at: None,
        closed_at: None,
        author_ids: Ids::default(),
        supersedes_id: None,
    }
    computed {
        /// How far it has come; changed by `propose`, `withdraw`, `activate` and `close`.
        #[schema(example = "draft")]
        status: PlanStatus,
        /// Which revision of the plan it is.
        #[schema(minimum = 1, example = 1)]
        revision: i32,
        /// The plan that it was copied from.
        #[schema(example = json!(null))]
        copied_from_id: Option<Uuid>,
        /// The revision whose place it takes once its review is approved.
        #[schema(example = json!(null))]
        supersedes_id: Option<Uuid>,
        /// When it was last proposed.
        proposed_at: Option<Instant>,
        /// When it came into force.
        activated_at: Option<Instant>,
        /// When it was closed.
        closed_at: Option<Instant>,
    }
    embedded {
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Plan {
    type Entity = plan::Entity;
    type Form = NewPlan;
    type Filter = PlanFilter;

    const PATH: &'static str = "/plans";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, plan::Column)] = &[
        ("title", plan::Column::TitleKey),
        ("status", plan::Column::Status),
        ("created_at", plan::Column::CreatedAt),
        ("updated_at", plan::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "motto", "lead_group", "supporters", "acknowledgement"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["author_ids"];
    const COUNTS: &'static [&'static str] = &["status", "kind"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["actions"];

    async fn expand<C: ConnectionTrait>(caller: &Caller, db: &C, _: &str, rows: &[plan::Model]) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }

    fn complete(row: &mut plan::Model) {
        row.title_key = search_key(&row.title);
    }

    fn keys(row: &plan::Model) -> Value {
        json!({ "title": row.title })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, plan::Model>) -> Result<()> {
        match (step.operation, step.after.status) {
            (Operation::Update, status) => {
                add_author(step.after, write.caller());
                state::allows(status, EditKind::Content)
            }
            (Operation::Archive, PlanStatus::Proposed | PlanStatus::Active) => {
                Err(Problem::conflict("cannot archive a proposed or active plan: withdraw or close it first"))
            }
            _ => Ok(()),
        }
    }
}

/// Counts the caller among the persons who wrote or proposed a plan.
pub fn add_author(plan: &mut plan::Model, caller: &Caller) {
    if let Some(person) = caller.actor.person_id()
        && !plan.author_ids.contains(&person)
    {
        plan.author_ids = plan.author_ids.iter().copied().chain([person]).collect();
    }
}

/// Narrows the list of plans.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<PlanKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<PlanStatus>,
    /// Copies of this plan.
    pub copied_from_id: Option<Uuid>,
    /// Revisions that take the place of this plan.
    pub supersedes_id: Option<Uuid>,
    /// Words that the title contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "music education")]
    pub q: Option<String>,
}

impl Filter<plan::Entity> for PlanFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(any_of(plan::Column::Kind, &self.kind))
            .add_option(any_of(plan::Column::Status, &self.status))
            .add_option(is(plan::Column::CopiedFromId, self.copied_from_id))
            .add_option(is(plan::Column::SupersedesId, self.supersedes_id))
            .add_option(contains(plan::Column::TitleKey, self.q.as_deref()))
    }
}

/// What to show of a plan.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// `tree`: the plan with its years, cohorts and objectives, and all their parts. `actions`: the transitions that
    /// the caller may make now.
    #[serde(default)]
    #[param(inline, style = Form, explode = false, max_items = 2, example = json!(["tree"]))]
    pub expand: Vec<PlanExpand>,
    /// The day for which the status of targets is worked out in the tree. If absent: today, or the
    /// plan's nearest day where today is not one of its own; `as_at_reason` of the reply says which.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub as_at: Option<Date>,
}

entity::choice! {
    /// What can be embedded in a plan.
    pub enum PlanExpand {
        /// The whole tree of its nodes.
        Tree = "tree",
        /// The transitions that the caller may make now.
        Actions = "actions",
    }
}

/// The day for which progress is asked.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsAt {
    /// The day for which status is worked out. If absent: today, or the plan's nearest day where
    /// today is not one of its own; `as_at_reason` of the reply says which.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub as_at: Option<Date>,
}

routes! {
    ReadPlans: list_plans, count_plans, get_plan;
    WritePlans: create_plan, update_plan, archive_plan, restore_plan;
    ReadPlans: list_plan_history, get_plan_progress;
}

/// Lists the plans.
#[utoipa::path(get, path = "/plans", params(List<Plan>), responses((status = 200, body = Page<Plan>)))]
async fn list_plans(can: Can<ReadPlans>, list: List<Plan>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the plans by one or two of their fields.
#[utoipa::path(get, path = "/plans/counts", params(CountBy<Plan>), responses((status = 200, body = Counts)))]
async fn count_plans(can: Can<ReadPlans>, by: CountBy<Plan>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Changes a plan.
#[utoipa::path(patch, path = "/plans/{id}", responses((status = 200, body = Plan)))]
async fn update_plan(can: Can<WritePlans>, id: Id, patch: Patch<NewPlan>) -> Result<Reply> {
    crud::update::<Plan>(&can, id.0, patch).await
}

/// Archives a plan.
#[utoipa::path(delete, path = "/plans/{id}", responses((status = 204)))]
async fn archive_plan(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Plan>(&can, id.0).await
}

/// Restores an archived plan.
#[utoipa::path(post, path = "/plans/{id}/restore", responses((status = 200, body = Plan)))]
async fn restore_plan(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Plan>(&can, id.0).await
}

/// Shows the history of a plan.
#[utoipa::path(get, path = "/plans/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_plan_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Plan>(&can, id.0, &part).await
}

/// Creates a plan in draft, with its whole tree if it is given.
///
/// Nodes refer to one another by labels: `year` by a year's label, `strands` and `strand` by labels
/// within the objective, `cohort` by its number. Everything is created, or nothing; every fault is
/// reported at once.
#[utoipa::path(post, path = "/plans", responses((status = 201, body = Plan)))]
async fn create_plan(can: Can<WritePlans>, form: Json<NewPlanTree>) -> Result<Reply> {
    create::plan(&can, form.into_inner()).await
}

/// Gets a plan, with its whole tree if asked for.
///
/// With `expand=tree` each target has its status on the day `as_at`, and inherited leads and
/// monitors are filled in. A school sees neither budgets nor cohorts nor progress.
#[utoipa::path(get, path = "/plans/{id}", params(PlanQuery), responses((status = 200, body = Tree)))]
async fn get_plan(can: Can<ReadPlans>, id: Id, query: Query<PlanQuery>) -> Result<Reply> {
    let actions = query.expand.contains(&PlanExpand::Actions);
    if query.expand.contains(&PlanExpand::Tree) {
        return store::show_tree(&can, id.0, query.as_at, actions).await;
    }
    store::show_plan(&can, id.0, actions).await
}

/// Shows how far a plan's targets are.
///
/// The reply has the status of each target on the day `as_at`, and the number of targets for each
/// status, by objective and in total.
#[utoipa::path(
    get,
    path = "/plans/{id}/progress",
    params(AsAt, ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = progress::PlanProgress)),
)]
async fn get_plan_progress(can: Can<ReadPlans>, id: Id, query: Query<AsAt>) -> Result<Reply> {
    progress::show(&can, id.0, query.as_at).await
}
