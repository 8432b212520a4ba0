//! Visits themselves: their own fields and their states.

pub mod file;
pub mod filter;
pub mod gate;
pub mod lifecycle;
pub mod overlap;
pub mod transition;

use entity::external::{ExternalId, ExternalIds};
use entity::instant::Instant;
use entity::list::Ids;
use entity::partners::partner;
use entity::people::person;
use entity::schools::school;
use entity::visits::visit::{self, Met, PeopleMet, VisitKind, VisitMode, VisitStatus};
use entity::visits::{action, visit_report};
use time::Date;

use self::filter::VisitFilter;
use self::gate::Gate;
use super::action::ActionItem;
use super::visit_report::VisitReport;
use super::{rules, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::partners::partner::Partner;
use crate::people::person::Person;
use crate::people::store::named::NamedPerson;
use crate::schools::school::School;

record! {
    /// A visit to a school, from its plan to the answered report.
    Visit from NewVisit in visit {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The person who visits.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-9c0b7a0b61e0")]
        visitor_id: Uuid,
        /// Others of the hub who come along, each once.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 10, example = json!([]))]
        co_visitor_ids: Ids,
        /// What it is for.
        #[schema(example = "initial")]
        kind: VisitKind,
        /// How it takes place.
        #[schema(example = "in_person")]
        mode: VisitMode,
        /// The partner that provides it, if one does; the partner then sees it.
        #[schema(example = json!(null))]
        provider_id: Option<Uuid>,
        /// When it begins.
        #[schema(value_type = String, format = DateTime, example = "2026-02-03T09:30:00.000000Z")]
        starts_at: Instant,
        /// When it ends: after it begins, and within a day.
        #[schema(value_type = String, format = DateTime, example = "2026-02-03T11:00:00.000000Z")]
        ends_at: Instant,
        /// What it is about, as the school reads it. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "Meet the music lead and see two lessons")]
        purpose: Option<String>,
        /// A note of the hub's own people, which neither the school nor a partner sees. No pupil names; safeguarding
        /// concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Ask about the space for rehearsals")]
        note: Option<String>,
        /// Who was met, by role. No names of people.
        #[serde(default)]
        #[schema(value_type = Vec<Met>, max_items = 20, example = json!([{ "role": "Head of music", "count": 1 }]))]
        people_met: PeopleMet,
        /// The keys by which partner systems know it, one for each system.
        #[serde(default)]
        #[schema(
            value_type = Vec<ExternalId>,
            max_items = 20,
            example = json!([{ "system": "paritor", "id": "VIS-00107" }]),
        )]
        external_ids: ExternalIds,
    }
    initial { status: VisitStatus::Planned, status_reason: None, completed_on: None, search_key: String::new() }
    computed {
        /// How far it has come; changed by the verbs under its address.
        #[schema(example = "planned")]
        status: VisitStatus,
        /// Why it was cancelled or declined.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// The day on which it was made, once it is completed: the school has been visited then.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        completed_on: Option<Date>,
    }
    embedded {
        /// What to look at, in the reply to a change: other visits of the same people at the same time, or a school
        /// without an audit. The change is made all the same.
        #[schema(max_items = 20)]
        warnings: Vec<Fault>,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person who visits, when asked for with `expand=visitor`.
        visitor: Person,
        /// Everybody of the hub who comes, by name and role, the visitor first, when asked for with `expand=visitors`.
        /// A school learns in this way who visits it; others need `people:read`.
        #[schema(max_items = 11)]
        visitors: Vec<NamedPerson>,
        /// The partner that provides it, when asked for with `expand=provider`.
        provider: Partner,
        /// The newest version of its report that the caller sees, when asked for with `expand=report`.
        report: VisitReport,
        /// The actions that come from it or were carried on to it, when asked for with `expand=follow_ups`.
        #[schema(max_items = 200)]
        follow_ups: Vec<ActionItem>,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Visit {
    type Entity = visit::Entity;
    type Form = NewVisit;
    type Filter = VisitFilter;

    const PATH: &'static str = "/visits";
    const READ: Scope = Scope::ReadVisits;
    const SORTS: &'static [(&'static str, visit::Column)] = &[
        ("starts_at", visit::Column::StartsAt),
        ("completed_on", visit::Column::CompletedOn),
        ("updated_at", visit::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["purpose", "note", "people_met", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["visitor_id", "co_visitor_ids"];
    const COUNTS: &'static [&'static str] = &["status", "kind", "mode", "school_id", "visitor_id", "provider_id"];
    const EXPANDS: &'static [&'static str] =
        &["school", "visitor", "visitors", "provider", "report", "follow_ups", "actions"];

    fn refs(form: &NewVisit) -> Refs {
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<person::Entity>("/visitor_id", form.visitor_id)
            .to_all::<person::Entity>("/co_visitor_ids", &form.co_visitor_ids)
            .to::<partner::Entity>("/provider_id", form.provider_id)
    }

    fn faults(form: &NewVisit) -> Vec<Fault> {
        let visitors = rules::visitors(form.visitor_id, &form.co_visitor_ids);
        rules::times(form.starts_at, form.ends_at)
            .into_iter()
            .chain(visitors)
            .chain(one_key_each(&form.external_ids))
            .collect()
    }

    fn complete(row: &mut visit::Model) {
        row.search_key = search_key(row.purpose.as_deref().unwrap_or_default());
    }

    fn school(row: &visit::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn external_ids(row: &visit::Model) -> Option<&ExternalIds> {
        Some(&row.external_ids)
    }

    /// Internal notes are for the hub and its specialist leaders.
    fn withheld(caller: &Caller) -> Withheld {
        let reach = caller.reach(Scope::ReadVisits);
        let insider = [Reach::HUB, Reach::ASSIGNED, Reach::INVITED].into_iter().any(|insiders| reach.has(insiders));
        if insider { Withheld::default() } else { Withheld::of(&["note"]) }
    }

    fn referenced_by(row: &visit::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default()
            .by::<visit_report::Entity>(visit_report::Column::VisitId.eq(row.id))
            .by::<action::Entity>(store::of_visits(&[row.id]))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, visit::Model>) -> Result<()> {
        Self::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    /// What several steps have in common is looked up once for all of them.
    async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, visit::Model>]) -> Result<Vec<Result<()>>> {
        overlap::warn(write, steps).await?;
        let moved: Vec<Uuid> = steps.iter().filter(|step| rules::moves(step)).map(|step| step.after.id).collect();
        let referred_to = store::referred_to(write, &moved).await?;
        let confirmed = steps.iter().filter(|step| rules::changes_confirmed(step));
        let gate = Gate::before(write, confirmed.map(|step| &*step.after)).await?;
        let decide = |step: &Mutation<'_, visit::Model>| {
            rules::visit_step(step, referred_to.contains(&step.after.id))?;
            if rules::changes_confirmed(step) { gate.check(write, step.after) } else { Ok(()) }
        };
        Ok(steps.iter().map(decide).collect())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[visit::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "visitor" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.visitor_id)).await,
            "visitors" => store::visitors(caller, db, rows).await,
            "provider" => expand::one::<Partner>(caller, db, rows.iter().map(|row| row.provider_id)).await,
            "report" => store::newest_reports(caller, db, rows).await,
            "follow_ups" => store::follow_ups(caller, db, rows).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

routes! {
    ReadVisits: list_visits, count_visits, export_visits, get_visit, get_visit_by_key;
    WriteVisits: create_visit, update_visit, archive_visit, put_visit_by_key, batch_visits, restore_visit;
    ReadVisits: list_visit_history;
}

/// Lists the visits.
///
/// A school sees its own visits. A specialist leader sees the visits to the schools that he or she is assigned to, and
/// until they are over the visits that he or she makes. A partner sees the visits that it provides.
#[utoipa::path(get, path = "/visits", params(List<Visit>), responses((status = 200, body = Page<Visit>)))]
async fn list_visits(can: Can<ReadVisits>, list: List<Visit>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the visits by one or two of their fields.
#[utoipa::path(get, path = "/visits/counts", params(CountBy<Visit>), responses((status = 200, body = Counts)))]
async fn count_visits(can: Can<ReadVisits>, by: CountBy<Visit>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the visits as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/visits/export",
    params(Export<Visit>),
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
async fn export_visits(can: Can<ReadVisits>, export: Export<Visit>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Plans a visit.
///
/// The reply warns of other visits of the same people at the same time.
#[utoipa::path(post, path = "/visits", responses((status = 201, body = Visit)))]
async fn create_visit(can: Can<WriteVisits>, form: Json<NewVisit>) -> Result<Reply> {
    crud::create::<Visit>(&can, form).await
}

/// Gets a visit.
#[utoipa::path(get, path = "/visits/{id}", params(Show<Visit>), responses((status = 200, body = Visit)))]
async fn get_visit(can: Can<ReadVisits>, id: Id, show: Show<Visit>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets a visit by a partner system's key.
#[utoipa::path(
    get,
    path = "/visits/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "VIS-00107"), Show<Visit>),
    responses((status = 200, body = Visit)),
)]
async fn get_visit_by_key(can: Can<ReadVisits>, key: ByKey, show: Show<Visit>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes a visit.
///
/// Once it is confirmed, or has actions, observations or files, its school stays; once it is completed its
/// visitors, provider, times, kind and mode stay; once it is over only the note and the keys of partner systems change.
/// A confirmed visit that becomes a first one needs the audit that `confirm` asks for. The reply warns of other visits
/// of the same people at the same time.
#[utoipa::path(patch, path = "/visits/{id}", responses((status = 200, body = Visit)))]
async fn update_visit(can: Can<WriteVisits>, id: Id, patch: Patch<NewVisit>) -> Result<Reply> {
    crud::update::<Visit>(&can, id.0, patch).await
}

/// Creates a visit, or changes it, by a partner system's key.
///
/// `system` is one of the partner systems in `external_ids`. A missing field keeps its value, `null` clears it, and an
/// archived visit is restored.
#[utoipa::path(
    put,
    path = "/visits/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "VIS-00107")),
    responses((status = 200, body = Visit), (status = 201, body = Visit)),
)]
async fn put_visit_by_key(can: Can<WriteVisits>, key: ByKey, form: Patch<NewVisit>) -> Result<Reply> {
    crud::put_by_key::<Visit>(&can, &key, &form).await
}

/// Takes many visits, such as the visits of a term.
///
/// An item with a key in `external_ids` that a visit has changes that one; every other plans a new visit. Send an
/// `Idempotency-Key`: then a repeated request plans none twice. Each result warns of other visits of the same people at
/// the same time, in the batch or not. At most 1,000 items and 4 MiB.
#[utoipa::path(
    post,
    path = "/visits/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_visits(can: Can<WriteVisits>, how: Query<BatchQuery>, batch: Batch<NewVisit>) -> Result<Reply> {
    crud::batch::<Visit>(&can, &batch, &how).await
}

/// Archives a visit.
///
/// Only for entries made by mistake: a visit that does not take place is cancelled. One that was made stays (409).
#[utoipa::path(delete, path = "/visits/{id}", responses((status = 204)))]
async fn archive_visit(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    crud::archive::<Visit>(&can, id.0).await
}

/// Restores an archived visit.
#[utoipa::path(post, path = "/visits/{id}/restore", responses((status = 200, body = Visit)))]
async fn restore_visit(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    crud::restore::<Visit>(&can, id.0).await
}

/// Shows the history of a visit.
#[utoipa::path(
    get,
    path = "/visits/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_visit_history(can: Can<ReadVisits>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Visit>(&can, id.0, &part).await
}
