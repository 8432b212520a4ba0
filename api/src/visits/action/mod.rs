//! What was agreed to be done at a school, by whom and by when.

pub mod carried;
pub mod file;
pub mod lifecycle;
pub mod transition;

use entity::engagement::meeting;
use entity::frameworks::{criterion, evaluation};
use entity::instant::Instant;
use entity::people::person;
use entity::schools::school;
use entity::visits::action::{self, ActionAudience, ActionSource, ActionStatus};
use entity::visits::visit::{self, VisitStatus};
use sea_orm::ExprTrait;
use time::Date;

use super::visit::Visit;
use super::{rules, store};
use crate::frameworks::criterion::FrameworkCriterion;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::people::person::Person;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// An action: what was agreed to be done at a school, by whom and by when.
    ///
    /// An action that is open when the next visit is made is carried on to it, until it is done or dropped.
    ActionItem from NewActionItem in action {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// What it comes from.
        #[schema(example = "meeting")]
        source_kind: ActionSource,
        /// The visit, evaluation or meeting that it comes from; absent for a review, and for a meeting that is named in
        /// words alone.
        #[schema(example = json!(null))]
        source_id: Option<Uuid>,
        /// Which meeting or review it comes from, in words.
        #[schema(min_length = 1, max_length = 300, example = "Area group of 4 March 2026")]
        source_text: Option<String>,
        /// The criterion that it is about, if it is about one.
        #[schema(example = json!(null))]
        criterion_id: Option<Uuid>,
        /// What is to be done. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 1000, example = "Plan what follows whole-class ukulele in Year 5")]
        text: String,
        /// The person who sees to it, if it is one of the hub's or the school's people.
        #[schema(example = json!(null))]
        owner_id: Option<Uuid>,
        /// Who sees to it, by role. No names of people.
        #[schema(min_length = 1, max_length = 100, example = "Head of music")]
        owner_role: Option<String>,
        /// The day by which it is to be done.
        #[serde(with = "entity::date")]
        #[schema(example = "2026-07-17")]
        due_on: Date,
        /// The day on which it was done. `complete` sets it; only a done action has one.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        done_on: Option<Date>,
        /// Whether the school sees it. What the school has seen stays so.
        #[schema(example = "school")]
        audience: ActionAudience,
    }
    initial {
        shared_at: None,
        status: ActionStatus::Open,
        status_reason: None,
        dropped_on: None,
        carried_to_id: None,
        times_carried: 0,
        search_key: String::new(),
    }
    computed {
        /// When the school came to see it, if it does.
        shared_at: Option<Instant>,
        /// How far it has come; changed by `complete`, `drop` and `reopen`.
        #[schema(example = "open")]
        status: ActionStatus,
        /// Why it was done, dropped or opened again, where that was said.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// The day on which it was dropped; only a dropped action has one.
        #[serde(with = "entity::date::option")]
        #[schema(example = json!(null))]
        dropped_on: Option<Date>,
        /// The latest visit to which it was carried on.
        #[schema(example = json!(null))]
        carried_to_id: Option<Uuid>,
        /// To how many visits it was carried on.
        #[schema(minimum = 0, example = 0)]
        times_carried: i32,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person who sees to it, when asked for with `expand=owner`.
        owner: Person,
        /// The criterion, when asked for with `expand=criterion`.
        criterion: FrameworkCriterion,
        /// The latest visit to which it was carried on, when asked for with `expand=carried_to`.
        #[schema(no_recursion)]
        carried_to: Visit,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for ActionItem {
    type Entity = action::Entity;
    type Form = NewActionItem;
    type Filter = ActionItemFilter;

    const PATH: &'static str = "/actions";
    const READ: Scope = Scope::ReadVisits;
    const SORTS: &'static [(&'static str, action::Column)] =
        &[("due_on", action::Column::DueOn), ("updated_at", action::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["source_text", "text", "owner_role", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["owner_id"];
    const COUNTS: &'static [&'static str] = &["status", "source_kind", "school_id", "owner_id", "audience"];
    const EXPANDS: &'static [&'static str] = &["school", "owner", "criterion", "carried_to", "actions"];

    fn refs(form: &NewActionItem) -> Refs {
        let source = |kind| form.source_id.filter(|_| form.source_kind == kind);
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<visit::Entity>("/source_id", source(ActionSource::Visit))
            .to::<evaluation::Entity>("/source_id", source(ActionSource::Evaluation))
            .to::<meeting::Entity>("/source_id", source(ActionSource::Meeting))
            .to::<criterion::Entity>("/criterion_id", form.criterion_id)
            .to::<person::Entity>("/owner_id", form.owner_id)
    }

    fn faults(form: &NewActionItem) -> Vec<Fault> {
        let mut faults = rules::source(form.source_kind, form.source_id, form.source_text.as_deref(), form.audience);
        if form.owner_id.is_none() && form.owner_role.is_none() {
            faults.push(Fault::new("/owner_role", "missing", "say who sees to it: by `owner_id`, or by role"));
        }
        faults
    }

    fn complete(row: &mut action::Model) {
        row.search_key = search_key(&row.text);
    }

    fn school(row: &action::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, action::Model>) -> Result<()> {
        let Mutation { before, after, operation } = step;
        if operation == Operation::Restore {
            // The report of its visit may have been shared meanwhile.
            return settle_audience(write, after).await;
        }
        if !matches!(operation, Operation::Create | Operation::Update) {
            return Ok(());
        }
        rules::action_edit(before, after, write.caller().today())?;
        if before.is_none_or(|before| before.audience != after.audience || before.source_id != after.source_id) {
            settle_audience(write, after).await?;
        }
        Ok(())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[action::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "owner" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.owner_id)).await,
            "criterion" => expand::one::<FrameworkCriterion>(caller, db, rows.iter().map(|row| row.criterion_id)).await,
            "carried_to" => expand::one::<Visit>(caller, db, rows.iter().map(|row| row.carried_to_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Says from when on the school sees an action. Its visit is locked, so that the action is not missed by somebody who
/// shares the report at the same time.
///
/// # Errors
/// 422 for a visit or an evaluation of another school.
async fn settle_audience(write: &Write, action: &mut action::Model) -> Result<()> {
    let school_id = match (action.source_kind, action.source_id) {
        (ActionSource::Visit, Some(id)) => {
            let visit = write.row::<visit::Entity>(id).await?;
            let shared = matches!(visit.status, VisitStatus::Shared | VisitStatus::Closed);
            if shared && action.audience == ActionAudience::AfterSharing {
                action.audience = ActionAudience::School;
            }
            visit.school_id
        }
        (ActionSource::Evaluation, Some(id)) => write.row::<evaluation::Entity>(id).await?.school_id,
        _ => action.school_id,
    };
    if school_id != action.school_id {
        let message = format!("the {} is of another school", action.source_kind);
        return Err(Problem::invalid("/source_id", "unknown_reference", message));
    }
    if action.audience == ActionAudience::School && action.shared_at.is_none() {
        action.shared_at = Some(write.now());
    }
    Ok(())
}

/// Narrows the list of actions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActionItemFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these sources.
    #[serde(default)]
    #[param(max_items = 4)]
    pub source_kind: Vec<ActionSource>,
    /// Only actions that come from this visit, evaluation or meeting.
    pub source_id: Option<Uuid>,
    /// Only actions that come from this visit, or were last carried on to it.
    pub visit_id: Option<Uuid>,
    /// Any of these people, who see to it.
    #[serde(default)]
    #[param(max_items = 50)]
    pub owner_id: Vec<Uuid>,
    /// Only actions about this criterion.
    pub criterion_id: Option<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 3)]
    pub status: Vec<ActionStatus>,
    /// True for open actions whose day is over, false for all others.
    pub overdue: Option<bool>,
    /// Only actions due on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub due_from: Option<Date>,
    /// Only actions due on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2026-07-31")]
    pub due_to: Option<Date>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Words that the text contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "ukulele")]
    pub q: Option<String>,
}

impl Filter<action::Entity> for ActionItemFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use action::Column;

        let overdue = self.overdue.map(|overdue| {
            let is = Column::Status.eq(ActionStatus::Open).and(Column::DueOn.lt(caller.today()));
            if overdue { is } else { is.not() }
        });
        let of_visit =
            self.visit_id.map(|id| Condition::any().add(store::of_visits(&[id])).add(Column::CarriedToId.eq(id)));
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::SourceKind, &self.source_kind))
            .add_option(is(Column::SourceId, self.source_id))
            .add_option(of_visit)
            .add_option(any_of(Column::OwnerId, &self.owner_id))
            .add_option(is(Column::CriterionId, self.criterion_id))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(overdue)
            .add(between(Column::DueOn, self.due_from, self.due_to))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadVisits: list_actions, count_actions, export_actions, get_action;
    WriteVisits: create_action, update_action, archive_action, restore_action;
    ReadVisits: list_action_history;
}

/// Lists the actions.
///
/// A school sees the actions that were made for it to see, and the actions from a visit whose report it has. A
/// specialist leader sees the actions of the schools that he or she is assigned to.
#[utoipa::path(get, path = "/actions", params(List<ActionItem>), responses((status = 200, body = Page<ActionItem>)))]
async fn list_actions(can: Can<ReadVisits>, list: List<ActionItem>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the actions by one or two of their fields.
#[utoipa::path(
    get,
    path = "/actions/counts",
    params(CountBy<ActionItem>),
    responses((status = 200, body = Counts)),
)]
async fn count_actions(can: Can<ReadVisits>, by: CountBy<ActionItem>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the actions as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/actions/export",
    params(Export<ActionItem>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_actions(can: Can<ReadVisits>, export: Export<ActionItem>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Adds an action.
#[utoipa::path(post, path = "/actions", responses((status = 201, body = ActionItem)))]
async fn create_action(can: Can<WriteVisits>, form: Json<NewActionItem>) -> Result<Reply> {
    crud::create::<ActionItem>(&can, form).await
}

/// Gets an action.
#[utoipa::path(
    get,
    path = "/actions/{id}",
    params(Show<ActionItem>),
    responses((status = 200, body = ActionItem)),
)]
async fn get_action(can: Can<ReadVisits>, id: Id, show: Show<ActionItem>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an action.
///
/// It stays with its school and with what it comes from. A dropped action is opened again first (409).
#[utoipa::path(
    patch,
    path = "/actions/{id}",
    request_body = NewActionItem,
    responses((status = 200, body = ActionItem)),
)]
async fn update_action(can: Can<WriteVisits>, id: Id, patch: Patch<NewActionItem>) -> Result<Reply> {
    crud::update::<ActionItem>(&can, id.0, patch).await
}

/// Archives an action.
///
/// Only for entries made by mistake: an action that is no longer to be done is dropped.
#[utoipa::path(delete, path = "/actions/{id}", responses((status = 204)))]
async fn archive_action(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    crud::archive::<ActionItem>(&can, id.0).await
}

/// Restores an archived action.
#[utoipa::path(post, path = "/actions/{id}/restore", responses((status = 200, body = ActionItem)))]
async fn restore_action(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    crud::restore::<ActionItem>(&can, id.0).await
}

/// Shows the history of an action.
#[utoipa::path(
    get,
    path = "/actions/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_action_history(can: Can<ReadVisits>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<ActionItem>(&can, id.0, &part).await
}
