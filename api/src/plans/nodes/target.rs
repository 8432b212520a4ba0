//! Targets: what an objective is to reach by when, as a figure or in words.

use entity::list::Ids;
use entity::plans::parts::{Due, Dues, Parties, Party};
use entity::plans::plan::PlanStatus;
use entity::plans::target::{Comparator, TargetKind, TargetUnit};
use entity::plans::{plan, plan_year, target};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use time::Date;

use super::cohort::Cohort;
use super::objective::Objective;
use super::ordering::MoveNode;
use super::parties::{Side, Sought, TargetParties};
use super::plan_year::PlanYear;
use super::references::{Check, at, at_each};
use super::strand::Strand;
use super::{DONE, edit_of};
use crate::kernel::operations::selection::Selection;
use crate::kernel::prelude::*;
use crate::plans::live;
use crate::plans::live::value::{TargetValue, ValueQuery};
use crate::plans::plan::state::EditKind;
use crate::plans::progress::as_at::AsAtDay;
use crate::plans::progress::status::Status;
use crate::plans::progress::store;
use crate::plans::rules;
use crate::plans::tree::Latest;

record! {
    /// A target: *measured* by a figure, or in *text*, which is met when its dues are done.
    Target from NewTarget in target {
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
        /// Whether it is measured or in words.
        kind: TargetKind,
        /// What is to be reached.
        #[schema(min_length = 1, max_length = 1000, example = "Ways of giving feedback are in use")]
        statement: String,
        /// The figure before the work began; measured targets only.
        #[schema(example = json!(null))]
        baseline: Option<f64>,
        /// How a figure is held against `value`; needed by a measured target.
        comparator: Option<Comparator>,
        /// The figure to reach; needed by a measured target. A percentage is 0 to 100.
        #[schema(example = json!(null))]
        value: Option<f64>,
        /// What the figure counts; needed by a measured target.
        unit: Option<TargetUnit>,
        /// The metric that computes the figure from the hub's own records; then nobody types it
        /// in.
        #[schema(min_length = 1, max_length = 80, pattern = "^[a-z][a-z0-9_]*$", example = json!(null))]
        metric: Option<String>,
        /// What the metric counts, in the metric's own terms.
        #[schema(value_type = Option<Object>, example = json!(null))]
        metric_filter: Option<Value>,
        /// The schools that are counted, where they are a cohort of the plan.
        #[schema(example = json!(null))]
        cohort_id: Option<Uuid>,
        /// Who is counted, in words.
        #[schema(min_length = 1, max_length = 500, example = "all schools in scope")]
        population: Option<String>,
        /// The day from which progress is expected; the first day of its year if absent.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        starts_on: Option<Date>,
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
        /// Its place among the targets of its objective, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
        /// The last day of its last due.
        #[serde(with = "entity::date::option")]
        #[schema(example = "2014-06-30")]
        last_due_on: Option<Date>,
    }
    embedded {
        /// Its status on the day `as_at`, with `expand=status`.
        status: Status,
        /// What has been reported by that day, with `expand=progress`.
        progress: Latest,
        /// The day of `status` and `progress`, and why that day, with `expand=as_at`.
        as_at: AsAtDay,
        /// The figure of a measured target on that day, with what was to be expected and the status that follows, with
        /// `expand=live`: what `GET /targets/{id}/value` tells.
        live: TargetValue,
    }
}

impl Resource for Target {
    type Entity = target::Entity;
    type Form = NewTarget;
    type Filter = TargetFilter;

    const PATH: &'static str = "/targets";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, target::Column)] = &[
        ("position", target::Column::Position),
        ("due", target::Column::LastDueOn),
        ("updated_at", target::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["statement", "population", "dues", "leads", "monitors"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["leads", "monitors"];
    const COUNTS: &'static [&'static str] = &["kind", "plan_year_id", "objective_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);
    const EXPANDS: &'static [&'static str] = &["status", "progress", "as_at", "live"];

    fn complete(row: &mut target::Model) {
        row.search_key = Some(search_key(&row.statement));
        row.last_due_on = rules::last_due(&row.dues);
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, target::Model>) -> Result<()> {
        let plan = children::open_ordered::<Self>(write, &mut step).await?;
        if matches!(step.operation, Operation::Archive | DONE) {
            return Ok(());
        }
        if plan.status == PlanStatus::Active && !TargetParties::of(write, step.after).await?.monitors.is_empty() {
            return Err(Problem::conflict(
                "cannot change the done dates of a target that has a monitor: report them by \
                 POST /targets/{id}/dues/{n}/done, for the monitor to accept",
            ));
        }
        let mut faults = rules::target("", step.after);
        faults.extend(live::faults(write.caller().state(), "", step.before, step.after));
        let mut check = Check::of::<Self>(write, &step, faults).await?;
        let row = step.after;
        check.children::<PlanYear>(at("/plan_year_id", row.plan_year_id), row.plan_id).await?;
        check.children::<Strand>(at_each("/strand_ids", &row.strand_ids), row.objective_id).await?;
        check.children::<Cohort>(at("/cohort_id", row.cohort_id), row.plan_id).await?;
        check.leads_and_monitors(&row.leads, &row.monitors).await?;
        check.done()
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[target::Model],
    ) -> Result<Vec<Value>> {
        store::standings(caller, db, name, rows).await
    }
}

impl Child for Target {
    type Root = plan::Entity;

    const ROOT: target::Column = target::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Objective>(target::Column::ObjectiveId));

    fn edit(step: &Mutation<'_, target::Model>) -> EditKind {
        match step.before {
            Some(before) if before.kind == TargetKind::Text => edit_of(step, |row| rules::undo(&mut row.dues)),
            _ => EditKind::Content,
        }
    }
}

impl Ordered for Target {
    const POSITION: target::Column = target::Column::Position;
    const MOST: u64 = 200;

    fn leave(row: &mut target::Model) {
        row.strand_ids = Ids::default();
    }
}

/// Narrows the list of targets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TargetFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only items of this objective.
    pub objective_id: Option<Uuid>,
    /// Only items of this year of a plan.
    pub plan_year_id: Option<Uuid>,
    /// Only targets of years with this label.
    #[param(min_length = 1, max_length = 40, example = "2014/15")]
    pub year: Option<String>,
    /// Only targets with one of these statuses on the day `as_at`, separated by commas:
    /// `at_risk,missed`. A list by status looks at 2,000
    /// targets at most: with more, narrow it by plan, objective or year (400).
    #[serde(default)]
    #[param(style = Form, explode = false, max_items = 5)]
    pub status: Vec<Status>,
    /// The day of the status, for `status` and `expand`. If absent: today, or for each plan its nearest
    /// day where today is not one of its own; `expand=as_at` says which.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub as_at: Option<Date>,
    /// Only targets that this party leads, inherited leads included: the code of a role, or the id of
    /// a person, a working group or a partner.
    #[param(min_length = 1, max_length = 40, example = "DHoS")]
    pub lead: Option<String>,
    /// Only targets that this party monitors, inherited monitors included: the code of a role, or the
    /// id of a person, a working group or a partner.
    #[param(min_length = 1, max_length = 40, example = "HoS")]
    pub monitor: Option<String>,
    /// Those whose last due ends on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub due_from: Option<Date>,
    /// Those whose last due ends on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-12-31")]
    pub due_to: Option<Date>,
    /// Those that count this cohort.
    pub cohort_id: Option<Uuid>,
    /// Measured ones, or those in words.
    pub kind: Option<TargetKind>,
    /// True if a metric computes their figure.
    pub live: Option<bool>,
    /// Words that the statement contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "schools")]
    pub q: Option<String>,
}

impl Filter<target::Entity> for TargetFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let among = |side, party: &Option<String>| {
            party.as_deref().map(|party| Sought::named(party).among(side, caller.db().backend(), caller.hub_id))
        };
        let of_year = self.year.as_deref().map(|label| {
            let years = caller.rows_archived::<plan_year::Entity>().filter(plan_year::Column::Label.eq(label));
            target::Column::PlanYearId.in_subquery(years.select_only().column(plan_year::Column::Id).into_query())
        });
        Condition::all()
            .add_option(is(target::Column::PlanId, self.plan_id))
            .add_option(among(Side::Leads, &self.lead))
            .add_option(among(Side::Monitors, &self.monitor))
            .add_option(of_year)
            .add_option(is(target::Column::ObjectiveId, self.objective_id))
            .add_option(is(target::Column::PlanYearId, self.plan_year_id))
            .add(between(target::Column::LastDueOn, self.due_from, self.due_to))
            .add_option(is(target::Column::CohortId, self.cohort_id))
            .add_option(is(target::Column::Kind, self.kind))
            .add_option(self.live.map(|live| match live {
                true => target::Column::Metric.is_not_null(),
                false => target::Column::Metric.is_null(),
            }))
            .add_option(contains(target::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_targets, count_targets, get_target;
    WritePlans: create_target, update_target, archive_target, restore_target;
    ReadPlans: list_target_history;
    WritePlans: move_target;
}

/// Lists the targets.
///
/// Filters are the status on any day (`status=at_risk,missed`), lead, monitor, plan, objective and
/// year. `GET /plans/{id}/progress` gives the number of targets for each status. A school sees the
/// targets of the active plan without their status.
#[utoipa::path(get, path = "/targets", params(List<Target>), responses((status = 200, body = Page<Target>)))]
async fn list_targets(can: Can<ReadPlans>, list: List<Target>) -> Result<Reply> {
    let (caller, condition) = of_status(&can, list.selection()).await?;
    crud::list(&caller, list.narrowed(condition)).await
}

/// The caller as on the day asked for, and the targets that have one of the statuses asked for then.
async fn of_status(caller: &Caller, asked: &Selection<Target>) -> Result<(Caller, Condition)> {
    let TargetFilter { as_at, status, .. } = asked.filter();
    let caller = caller.asking_as_at(*as_at);
    let mut condition = Condition::all();
    if !status.is_empty() {
        let found = store::of_status(&caller, asked.rows(&caller), status).await?;
        condition = condition.add(target::Column::Id.is_in(found));
    }
    Ok((caller, condition))
}

/// Counts the targets by one or two of their fields.
#[utoipa::path(get, path = "/targets/counts", params(CountBy<Target>), responses((status = 200, body = Counts)))]
async fn count_targets(can: Can<ReadPlans>, by: CountBy<Target>) -> Result<Reply> {
    let (caller, condition) = of_status(&can, by.selection()).await?;
    crud::counts(&caller, by.narrowed(condition)).await
}

/// Creates a target.
#[utoipa::path(post, path = "/targets", responses((status = 201, body = Target)))]
async fn create_target(can: Can<WritePlans>, form: Json<NewTarget>) -> Result<Reply> {
    crud::create::<Target>(&can, form).await
}

/// Gets a target.
///
/// What `expand` embeds is as on the day `as_at`. A school sees the targets of the active plan without it.
#[utoipa::path(
    get,
    path = "/targets/{id}",
    params(And<ValueQuery, Show<Target>>),
    responses((status = 200, body = Target)),
)]
async fn get_target(can: Can<ReadPlans>, id: Id, query: Query<And<ValueQuery, Show<Target>>>) -> Result<Reply> {
    let Query(And(on, show)) = query;
    crud::get(&can.asking_as_at(on.as_at), id.0, show).await
}

/// Changes a target.
#[utoipa::path(patch, path = "/targets/{id}", responses((status = 200, body = Target)))]
async fn update_target(can: Can<WritePlans>, id: Id, patch: Patch<NewTarget>) -> Result<Reply> {
    crud::update::<Target>(&can, id.0, patch).await
}

/// Archives a target.
#[utoipa::path(delete, path = "/targets/{id}", responses((status = 204)))]
async fn archive_target(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Target>(&can, id.0).await
}

/// Restores an archived target.
#[utoipa::path(post, path = "/targets/{id}/restore", responses((status = 200, body = Target)))]
async fn restore_target(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Target>(&can, id.0).await
}

/// Shows the history of a target.
#[utoipa::path(get, path = "/targets/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_target_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Target>(&can, id.0, &part).await
}

/// Moves a target to another place.
///
/// The targets that it passes are renumbered. It can move to another objective of the same plan.
#[utoipa::path(post, path = "/targets/{id}/move", responses((status = 200, body = Target)))]
async fn move_target(can: Can<WritePlans>, id: Id, body: Json<MoveNode>) -> Result<Reply> {
    crud::move_to::<Target>(&can, id.0, body.position, body.objective_id).await
}
