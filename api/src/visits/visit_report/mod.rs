//! Reports of visits, version by version: what the school gets, and what it says about it.

pub mod deadline;
pub mod file;
pub mod lifecycle;
pub mod transition;

use std::collections::HashMap;

use actix_web::http::header::LOCATION;
use entity::instant::Instant;
use entity::visits::visit;
use entity::visits::visit_report::{self, ReportRag, ReportStatus};
use sea_orm::QueryFilter;
use time::Date;

use super::action::ActionItem;
use super::visit::Visit;
use super::{rules, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::people::person::Person;
use crate::people::store::named::NamedPerson;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// A version of the report of a visit.
    ///
    /// A draft is seen by the hub and by the people who work on the visit. Once it is shared with the school it never
    /// changes again: what was wrong in it is put right in the next version.
    VisitReport from NewVisitReport in visit_report {
        /// The visit.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        visit_id: Uuid,
        /// What was seen and heard. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 8000, example = "Two Year 4 lessons and the junior choir")]
        seen: Option<String>,
        /// What goes well. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 8000, example = "Every class sings every day")]
        strengths: Option<String>,
        /// What to work on next. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 8000, example = "What follows after a year of whole-class ukulele")]
        areas_to_develop: Option<String>,
        /// What it comes to. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "A strong start that needs a plan for progression")]
        judgement: Option<String>,
        /// How much support the school needs, as the visitor sees it.
        #[schema(example = "amber")]
        rag: Option<ReportRag>,
    }
    initial {
        school_id: Uuid::nil(),
        number: 0,
        status: ReportStatus::Draft,
        shared_at: None,
        answer_due_on: None,
        answered_at: None,
        answer_comment: None,
        ended_at: None,
    }
    computed {
        /// The visit's school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// Which version of the report it is, from 1.
        #[schema(minimum = 1, example = 1)]
        number: i32,
        /// How far it has come; changed by `share`, `accept`, `dispute` and `close`, and by the service.
        #[schema(example = "draft")]
        status: ReportStatus,
        /// When the school got it.
        shared_at: Option<Instant>,
        /// The last day on which the school may answer: so many days after it was shared as the hub gives
        /// (`report_answer_days`). On the day after, the service closes the visit.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        answer_due_on: Option<Date>,
        /// When the school answered.
        answered_at: Option<Instant>,
        /// What the school said: what is not accurate, or what it adds.
        #[schema(max_length = 4000, example = json!(null))]
        answer_comment: Option<String>,
        /// When it came into a state that it does not leave.
        ended_at: Option<Instant>,
    }
    embedded {
        /// The visit, when asked for with `expand=visit`.
        #[schema(no_recursion)]
        visit: Visit,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person who visited, when asked for with `expand=visitor`.
        visitor: Person,
        /// Everybody of the hub who came, by name and role, the visitor first, when asked for with `expand=visitors`. A
        /// school learns in this way who visited it; others need `people:read`.
        #[schema(max_items = 11)]
        visitors: Vec<NamedPerson>,
        /// The actions that come from the visit or were carried on to it, when asked for with `expand=follow_ups`.
        #[schema(max_items = 200)]
        follow_ups: Vec<ActionItem>,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for VisitReport {
    type Entity = visit_report::Entity;
    type Form = NewVisitReport;
    type Filter = VisitReportFilter;

    const PATH: &'static str = "/visit-reports";
    const READ: Scope = Scope::ReadVisits;
    const SORTS: &'static [(&'static str, visit_report::Column)] = &[
        ("shared_at", visit_report::Column::SharedAt),
        ("answer_due_on", visit_report::Column::AnswerDueOn),
        ("updated_at", visit_report::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] =
        &["seen", "strengths", "areas_to_develop", "judgement", "answer_comment"];
    const COUNTS: &'static [&'static str] = &["status", "rag", "school_id"];
    const EXPANDS: &'static [&'static str] = &["visit", "school", "visitor", "visitors", "follow_ups", "actions"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(store::lock_visit);

    fn refs(form: &NewVisitReport) -> Refs {
        Refs::default().to::<visit::Entity>("/visit_id", form.visit_id)
    }

    fn school(row: &visit_report::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &visit_report::Model) -> Value {
        json!({ "visit_id": row.visit_id, "number": row.number })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, visit_report::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => {
                let visit = expect_open(write, step.after).await?;
                step.after.school_id = visit.school_id;
                step.after.number = store::next_number(write, visit.id).await?;
                Ok(())
            }
            (Operation::Update, Some(before)) if before.visit_id != step.after.visit_id => {
                Err(Problem::invalid("/visit_id", "fixed", "a report stays with its visit"))
            }
            (Operation::Update | Operation::Archive, _) => rules::editable(step.after.status),
            (Operation::Restore, _) => expect_open(write, step.after).await.map(drop),
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[visit_report::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "visit" => expand::one::<Visit>(caller, db, rows.iter().map(|row| row.visit_id)).await,
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "visitor" | "visitors" | "follow_ups" => of_visits(caller, db, name, rows).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Embeds in each version of a report what its visit embeds under the same name.
async fn of_visits(
    caller: &Caller,
    db: &impl ConnectionTrait,
    name: &str,
    rows: &[visit_report::Model],
) -> Result<Vec<Value>> {
    let ids = rows.iter().map(|row| row.visit_id);
    let visits = caller.under(Visit::READ).map(|under| under.rows::<visit::Entity>());
    let Some(visits) = visits else { return Ok(vec![Value::Null; rows.len()]) };
    let visits = visits.filter(visit::Column::Id.is_in(ids)).all(db).await?;
    let embedded = <Visit as Resource>::expand(caller, db, name, &visits).await?;
    let embedded: HashMap<Uuid, Value> = visits.iter().map(|visit| visit.id).zip(embedded).collect();
    Ok(rows.iter().map(|row| embedded.get(&row.visit_id).cloned().unwrap_or_default()).collect())
}

/// The visit of a new draft, locked: it was made, is not over, and has no other draft.
///
/// # Errors
/// 409, which says what stands in the way.
async fn expect_open(write: &Write, report: &visit_report::Model) -> Result<visit::Model> {
    use visit_report::Column;

    let visit = write.row::<visit::Entity>(report.visit_id).await?;
    rules::reportable(visit.status)?;
    let drafts = store::versions(write, visit.id).filter(Column::Status.eq(ReportStatus::Draft));
    let Some(draft) = drafts.filter(Column::Id.ne(report.id)).one(write.tx()).await? else { return Ok(visit) };
    let detail = format!("version {} is being written: change that one ({})", draft.number, draft.id);
    Err(Problem::conflict(detail).header(LOCATION, VisitReport::location(draft.id)))
}

/// Narrows the list of reports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VisitReportFilter {
    /// Any of these visits.
    #[serde(default)]
    #[param(max_items = 200)]
    pub visit_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 7)]
    pub status: Vec<ReportStatus>,
    /// Any of these colours.
    #[serde(default)]
    #[param(max_items = 3)]
    pub rag: Vec<ReportRag>,
    /// Only versions that were shared at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub shared_from: Option<Instant>,
    /// Only versions that were shared at this moment or earlier.
    #[param(example = "2015-07-31T23:59:59Z")]
    pub shared_to: Option<Instant>,
    /// Only versions that the school may answer until this day or a later one.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub due_from: Option<Date>,
    /// Only versions that the school may answer until this day or an earlier one.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-07-31")]
    pub due_to: Option<Date>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
}

impl Filter<visit_report::Entity> for VisitReportFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use visit_report::Column;

        Condition::all()
            .add_option(any_of(Column::VisitId, &self.visit_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::Rag, &self.rag))
            .add(between(Column::SharedAt, self.shared_from, self.shared_to))
            .add(between(Column::AnswerDueOn, self.due_from, self.due_to))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
    }
}

routes! {
    ReadVisits: list_visit_reports, count_visit_reports, export_visit_reports, get_visit_report;
    WriteVisits: create_visit_report, update_visit_report, archive_visit_report, restore_visit_report;
    ReadVisits: list_visit_report_history;
}

/// Lists the versions of reports.
///
/// A school sees the versions that were shared with it.
#[utoipa::path(
    get,
    path = "/visit-reports",
    params(List<VisitReport>),
    responses((status = 200, body = Page<VisitReport>)),
)]
async fn list_visit_reports(can: Can<ReadVisits>, list: List<VisitReport>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the versions of reports by one or two of their fields.
#[utoipa::path(
    get,
    path = "/visit-reports/counts",
    params(CountBy<VisitReport>),
    responses((status = 200, body = Counts)),
)]
async fn count_visit_reports(can: Can<ReadVisits>, by: CountBy<VisitReport>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the versions of reports as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/visit-reports/export",
    params(Export<VisitReport>),
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
async fn export_visit_reports(can: Can<ReadVisits>, export: Export<VisitReport>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Begins the report of a visit that was made, as a draft.
///
/// The people who work on the visit may write it: its visitors, and specialist leaders who were assigned to the school
/// on its day. Refused (409) while there is another draft.
#[utoipa::path(post, path = "/visit-reports", responses((status = 201, body = VisitReport)))]
async fn create_visit_report(can: Can<WriteVisits>, form: Json<NewVisitReport>) -> Result<Reply> {
    crud::create::<VisitReport>(&can, form).await
}

/// Gets a version of a report.
#[utoipa::path(
    get,
    path = "/visit-reports/{id}",
    params(Show<VisitReport>),
    responses((status = 200, body = VisitReport)),
)]
async fn get_visit_report(can: Can<ReadVisits>, id: Id, show: Show<VisitReport>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a draft.
///
/// What the school has is never changed (409).
#[utoipa::path(patch, path = "/visit-reports/{id}", responses((status = 200, body = VisitReport)))]
async fn update_visit_report(can: Can<WriteVisits>, id: Id, patch: Patch<NewVisitReport>) -> Result<Reply> {
    crud::update::<VisitReport>(&can, id.0, patch).await
}

/// Archives a draft.
#[utoipa::path(delete, path = "/visit-reports/{id}", responses((status = 204)))]
async fn archive_visit_report(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    crud::archive::<VisitReport>(&can, id.0).await
}

/// Restores an archived draft.
///
/// Refused (409) while there is another draft.
#[utoipa::path(post, path = "/visit-reports/{id}/restore", responses((status = 200, body = VisitReport)))]
async fn restore_visit_report(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    crud::restore::<VisitReport>(&can, id.0).await
}

/// Shows the history of a version of a report.
#[utoipa::path(
    get,
    path = "/visit-reports/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_visit_report_history(can: Can<ReadVisits>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<VisitReport>(&can, id.0, &part).await
}
