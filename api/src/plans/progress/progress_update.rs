//! What is reported of a target, and what its monitor makes of it.

use entity::instant::Instant;
use entity::list::{List as Items, Strings};
use entity::plans::parts::DueDone;
use entity::plans::progress_update::{self, Decision, Opinion};
use entity::plans::{plan, target};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use time::Date;
use utoipa::ToSchema;

use super::decisions;
use super::transition::{ACCEPT, SEND_BACK};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{self, Action};
use crate::plans::author::{self, PersonName};
use crate::plans::nodes::target::Target;
use crate::plans::text::Link;

record! {
    /// How far a target is on a day, as reported, and as decided on by the target's monitor.
    ProgressUpdate from NewProgressUpdate in progress_update {
        /// The target, of an active plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        target_id: Uuid,
        /// The day that it reports on; today or earlier.
        #[serde(with = "entity::date")]
        #[schema(example = "2016-10-27")]
        on_date: Date,
        /// The figure on that day: only of a measured target that no metric computes.
        #[schema(example = 41.0)]
        value: Option<f64>,
        /// The dues that were done, of a text target only. The dates go into the target once the
        /// update is accepted.
        #[serde(default)]
        #[schema(value_type = Vec<DueDone>, max_items = 20, example = json!([]))]
        dues_done: Items<DueDone>,
        /// How the author sees the target. It stands beside the status that is worked out.
        #[schema(example = "amber")]
        opinion: Option<Opinion>,
        /// What has happened. No pupil names; safeguarding concerns go to the school's designated
        /// lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "41 % of the plans now name music.")]
        narrative: String,
        /// Addresses of what shows it.
        #[serde(default)]
        #[schema(value_type = Vec<Link>, max_items = 20, example = json!([]))]
        evidence_links: Strings,
    }
    initial {
        search_key: None,
        plan_id: Uuid::nil(),
        decision: Decision::Pending,
        author_user_id: None,
        author_person_id: None,
        decided_by_user_id: None,
        decided_at: None,
        decision_note: None,
    }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// What the target's monitor decided.
        #[schema(example = "pending")]
        decision: Decision,
        /// The user who reported it.
        author_user_id: Option<Uuid>,
        /// The person who reported it.
        author_person_id: Option<Uuid>,
        /// The user who decided.
        decided_by_user_id: Option<Uuid>,
        /// When it was decided.
        decided_at: Option<Instant>,
        /// The note with the decision.
        #[schema(max_length = 2000, example = "Agreed at the strategy meeting")]
        decision_note: Option<String>,
    }
    embedded {
        /// The target, with `expand=target`.
        target: Target,
        /// The name of the person who reported it, with `expand=author`.
        author: PersonName,
        /// The name of the person who decided, with `expand=decided_by`.
        decided_by: PersonName,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for ProgressUpdate {
    type Entity = progress_update::Entity;
    type Form = NewProgressUpdate;
    type Filter = ProgressUpdateFilter;

    const PATH: &'static str = "/progress-updates";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, progress_update::Column)] = &[
        ("on_date", progress_update::Column::OnDate),
        ("created_at", progress_update::Column::CreatedAt),
        ("updated_at", progress_update::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["narrative", "evidence_links", "decision_note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["author_person_id"];
    const COUNTS: &'static [&'static str] = &["decision", "opinion", "target_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);
    const EXPANDS: &'static [&'static str] = &["target", "author", "decided_by", "actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[progress_update::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "target" => expand::one::<Target>(caller, db, rows.iter().map(|row| row.target_id)).await,
            "actions" => transition::actions::<Self>(caller, db, rows).await,
            "author" => author::of_persons(caller, db, rows.iter().map(|row| row.author_person_id)).await,
            _ => author::of_users(caller, db, rows.iter().map(|row| row.decided_by_user_id)).await,
        }
    }

    fn complete(row: &mut progress_update::Model) {
        row.search_key = Some(search_key(&row.narrative));
    }

    fn keys(row: &progress_update::Model) -> Value {
        json!({ "target_id": row.target_id, "on_date": row.on_date.to_string() })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, progress_update::Model>) -> Result<()> {
        match step.operation {
            Operation::Verb(name) if [ACCEPT.name, SEND_BACK.name].contains(&name) => Ok(()),
            _ => decisions::report(write, step).await,
        }
    }
}

impl Child for ProgressUpdate {
    type Root = plan::Entity;

    const ROOT: progress_update::Column = progress_update::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Target>(progress_update::Column::TargetId));
}

/// A note with a decision.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptUpdate {
    /// A note.
    #[schema(min_length = 1, max_length = 2000, example = "Agreed at the strategy meeting")]
    pub note: Option<String>,
}

/// Why an update is sent back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBackUpdate {
    /// What its author must correct.
    #[schema(min_length = 1, max_length = 2000, example = "Say which schools were counted")]
    pub note: String,
}

/// Narrows the list of progress updates.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProgressUpdateFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only progress updates of targets of this objective.
    pub objective_id: Option<Uuid>,
    /// Only items of this target.
    pub target_id: Option<Uuid>,
    /// Those that this person reported.
    pub author_person_id: Option<Uuid>,
    /// Those decided on in this way, or not yet.
    pub decision: Option<Decision>,
    /// The caller's inbox: only pending updates of active plans on which the caller may decide, as a
    /// monitor of the target (by role, person or working group, inherited or not) who neither leads
    /// it nor wrote the update. `false`: all others.
    pub decidable_by_me: Option<bool>,
    /// Those told for this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub on_date_from: Option<Date>,
    /// Those told for this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-12-31")]
    pub on_date_to: Option<Date>,
    /// Words that the narrative contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "schools")]
    pub q: Option<String>,
}

impl Filter<progress_update::Entity> for ProgressUpdateFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let of_objective = self.objective_id.map(|objective| {
            let targets = caller.rows_archived::<target::Entity>();
            let targets = targets.filter(target::Column::ObjectiveId.eq(objective));
            let ids = targets.select_only().column(target::Column::Id).into_query();
            progress_update::Column::TargetId.in_subquery(ids)
        });
        Condition::all()
            .add_option(is(progress_update::Column::PlanId, self.plan_id))
            .add_option(of_objective)
            .add_option(self.decidable_by_me.map(|wanted| match wanted {
                true => decisions::decidable(caller),
                false => decisions::decidable(caller).not(),
            }))
            .add_option(is(progress_update::Column::TargetId, self.target_id))
            .add_option(is(progress_update::Column::AuthorPersonId, self.author_person_id))
            .add_option(is(progress_update::Column::Decision, self.decision))
            .add(between(progress_update::Column::OnDate, self.on_date_from, self.on_date_to))
            .add_option(contains(progress_update::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_progress_updates, count_progress_updates, get_progress_update;
    ReportProgress: create_progress_update, update_progress_update, archive_progress_update, restore_progress_update;
    ReadPlans: list_progress_update_history;
    MonitorPlans: accept_progress_update, send_back_progress_update;
}

/// Lists the progress updates.
#[utoipa::path(
    get,
    path = "/progress-updates",
    params(List<ProgressUpdate>),
    responses((status = 200, body = Page<ProgressUpdate>)),
)]
async fn list_progress_updates(can: Can<ReadPlans>, list: List<ProgressUpdate>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the progress updates by one or two of their fields.
#[utoipa::path(
    get,
    path = "/progress-updates/counts",
    params(CountBy<ProgressUpdate>),
    responses((status = 200, body = Counts)),
)]
async fn count_progress_updates(can: Can<ReadPlans>, by: CountBy<ProgressUpdate>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a progress update.
#[utoipa::path(post, path = "/progress-updates", responses((status = 201, body = ProgressUpdate)))]
async fn create_progress_update(can: Can<ReportProgress>, form: Json<NewProgressUpdate>) -> Result<Reply> {
    crud::create::<ProgressUpdate>(&can, form).await
}

/// Gets a progress update.
#[utoipa::path(
    get,
    path = "/progress-updates/{id}",
    params(Show<ProgressUpdate>),
    responses((status = 200, body = ProgressUpdate)),
)]
async fn get_progress_update(can: Can<ReadPlans>, id: Id, show: Show<ProgressUpdate>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a progress update.
#[utoipa::path(patch, path = "/progress-updates/{id}", responses((status = 200, body = ProgressUpdate)))]
async fn update_progress_update(can: Can<ReportProgress>, id: Id, patch: Patch<NewProgressUpdate>) -> Result<Reply> {
    crud::update::<ProgressUpdate>(&can, id.0, patch).await
}

/// Archives a progress update.
#[utoipa::path(delete, path = "/progress-updates/{id}", responses((status = 204)))]
async fn archive_progress_update(can: Can<ReportProgress>, id: Id) -> Result<Reply> {
    crud::archive::<ProgressUpdate>(&can, id.0).await
}

/// Restores an archived progress update.
#[utoipa::path(post, path = "/progress-updates/{id}/restore", responses((status = 200, body = ProgressUpdate)))]
async fn restore_progress_update(can: Can<ReportProgress>, id: Id) -> Result<Reply> {
    crud::restore::<ProgressUpdate>(&can, id.0).await
}

/// Shows the history of a progress update.
#[utoipa::path(
    get,
    path = "/progress-updates/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_progress_update_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<ProgressUpdate>(&can, id.0, &part).await
}

/// Accepts a progress update, so that its figure or its done dates count.
#[utoipa::path(
    post,
    path = "/progress-updates/{id}/accept",
    request_body = Option<AcceptUpdate>,
    responses((status = 200, body = ProgressUpdate)),
)]
async fn accept_progress_update(can: Can<MonitorPlans>, id: Id, body: OptionalJson<AcceptUpdate>) -> Result<Reply> {
    decisions::decide(&can, id.0, &ACCEPT, body.note.clone()).await
}

/// Sends a progress update back to its author, with what is to be put right.
///
/// An update that was sent back cannot change; the author reports again.
#[utoipa::path(post, path = "/progress-updates/{id}/send-back", responses((status = 200, body = ProgressUpdate)))]
async fn send_back_progress_update(can: Can<MonitorPlans>, id: Id, body: Json<SendBackUpdate>) -> Result<Reply> {
    decisions::decide(&can, id.0, &SEND_BACK, Some(body.note.clone())).await
}
