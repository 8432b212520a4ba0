//! What the part looks up.

use std::collections::{HashMap, HashSet};

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::framework::FrameworkKind;
use entity::frameworks::observation;
use entity::identity::hub::{self, AuditGate};
use entity::kernel::attachment;
use entity::owned::Owned;
use entity::visits::action::{self, ActionSource};
use entity::visits::visit;
use entity::visits::visit_report::{self, ReportStatus};
use sea_orm::sea_query::{LockType, SelectStatement};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, TryGetable};

use super::action::ActionItem;
use super::visit_report::VisitReport;
use crate::kernel::prelude::*;
use crate::people::store::named::named;

/// How many actions are shown with a visit.
const MOST_FOLLOW_UPS: usize = 200;

/// The hub as the service sees it: what follows from a caller's step does not depend on the caller's reach.
pub fn whole_hub(write: &Write) -> Caller {
    Caller::system(write.caller().state().clone(), write.caller().hub_id)
}

/// What the hub asks for before a first visit.
///
/// # Errors
/// When the database is away.
pub async fn audit_gate(write: &Write) -> Result<AuditGate> {
    Ok(setting(write, hub::Column::AuditGate).await?.unwrap_or(AuditGate::Off))
}

/// The schools among these that have submitted a visit audit and not taken it back.
///
/// # Errors
/// When the database is away.
pub async fn audited(write: &Write, schools: Vec<Uuid>) -> Result<HashSet<Uuid>> {
    use evaluation::Column;

    let audits = whole_hub(write).rows::<evaluation::Entity>().filter(Column::SchoolId.is_in(schools));
    let audits = audits.filter(Column::Kind.eq(FrameworkKind::VisitAudit)).filter(Column::SubmittedAt.is_not_null());
    let audits = audits.filter(Column::Status.ne(EvaluationStatus::Draft));
    let found: Vec<Uuid> = audits.select_only().column(Column::SchoolId).into_tuple().all(write.tx()).await?;
    Ok(found.into_iter().collect())
}

/// The visits among these to which something belongs that is about their schools.
///
/// # Errors
/// When the database is away.
pub async fn referred_to(write: &Write, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
    let mut found = HashSet::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let (hub, among) = (whole_hub(write), || ids.iter().copied());
    let of_visit = attachment::Column::Collection.eq(visit::Entity::table());
    let files = hub.rows::<attachment::Entity>().filter(of_visit);
    let files = files.filter(attachment::Column::ItemId.is_in(among())).select_only();
    let actions = hub.rows::<action::Entity>().filter(of_visits(ids)).select_only();
    let lessons = hub.rows::<observation::Entity>().filter(observation::Column::VisitId.is_in(among())).select_only();
    for rows in [
        files.column(attachment::Column::ItemId).into_query(),
        actions.column(action::Column::SourceId).into_query(),
        lessons.column(observation::Column::VisitId).into_query(),
    ] {
        for row in write.tx().query_all(&rows).await? {
            found.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// For how many days a school may answer a report.
///
/// # Errors
/// When the database is away.
pub async fn answer_days(write: &Write) -> Result<i32> {
    Ok(setting(write, hub::Column::ReportAnswerDays).await?.unwrap_or_default())
}

async fn setting<T: TryGetable>(write: &Write, column: hub::Column) -> Result<Option<T>> {
    let mut hub = write.caller().statement::<hub::Entity>(false);
    hub.column((hub::Entity, column)).and_where(hub::Column::Id.eq(write.caller().hub_id));
    let row = write.tx().query_one(&hub).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// The draft of a visit's report.
///
/// # Errors
/// 409 where there is none.
pub async fn draft(write: &Write, visit_id: Uuid) -> Result<visit_report::Model> {
    let draft = versions(write, visit_id).filter(visit_report::Column::Status.eq(ReportStatus::Draft));
    let draft = draft.lock(LockType::NoKeyUpdate).one(write.tx()).await?;
    draft.ok_or_else(|| Problem::conflict("the report has no draft: write one by POST /visit-reports"))
}

/// The versions of a visit's report, the newest first.
pub fn versions(write: &Write, visit_id: Uuid) -> Select<visit_report::Entity> {
    let versions = whole_hub(write).rows::<visit_report::Entity>();
    let versions = versions.filter(visit_report::Column::VisitId.eq(visit_id));
    versions.order_by_desc(visit_report::Column::Number)
}

/// The number of the next version of a visit's report. An archived draft keeps its number.
///
/// # Errors
/// When the database is away.
pub async fn next_number(write: &Write, visit_id: Uuid) -> Result<i32> {
    let versions = whole_hub(write).rows_archived::<visit_report::Entity>();
    let versions = versions.filter(visit_report::Column::VisitId.eq(visit_id));
    let last = versions.select_only().column_as(visit_report::Column::Number.max(), "last");
    let last: Option<Option<i32>> = last.into_tuple().one(write.tx()).await?;
    Ok(last.flatten().unwrap_or_default() + 1)
}

/// The statement that locks the visit of a report, for [`Resource::LOCK`].
pub fn lock_visit(caller: &Caller, report_id: Uuid) -> SelectStatement {
    let report = caller.rows_archived::<visit_report::Entity>().filter(visit_report::Column::Id.eq(report_id));
    let visit_id = report.select_only().column(visit_report::Column::VisitId).into_query();
    let visit = caller.rows_archived::<visit::Entity>().filter(visit::Entity::id().in_subquery(visit_id));
    visit.select_only().column(visit::Entity::id()).lock(LockType::NoKeyUpdate).into_query()
}

/// The actions that come from visits.
pub fn of_visits(ids: &[Uuid]) -> Condition {
    Condition::all()
        .add(action::Column::SourceKind.eq(ActionSource::Visit))
        .add(action::Column::SourceId.is_in(ids.iter().copied()))
}

/// Loads for each visit the newest version of its report that the caller sees.
///
/// # Errors
/// When the database is away.
pub async fn newest_reports(caller: &Caller, db: &impl ConnectionTrait, visits: &[visit::Model]) -> Result<Vec<Value>> {
    use visit_report::Column;

    let Some(under) = caller.under(VisitReport::READ) else { return Ok(vec![Value::Null; visits.len()]) };
    let rows = under.rows::<visit_report::Entity>().filter(Column::VisitId.is_in(visits.iter().map(|row| row.id)));
    let rows = rows.order_by_asc(Column::Number).select_only().columns([Column::VisitId, Column::Id]);
    let found: Vec<(Uuid, Uuid)> = rows.into_tuple().all(db).await?;
    let newest: HashMap<Uuid, Uuid> = found.into_iter().collect();
    expand::one::<VisitReport>(caller, db, visits.iter().map(|row| newest.get(&row.id).copied())).await
}

/// Loads for each visit the actions that come from it or were carried on to it, the first due first.
///
/// # Errors
/// When the database is away.
pub async fn follow_ups(caller: &Caller, db: &impl ConnectionTrait, visits: &[visit::Model]) -> Result<Vec<Value>> {
    use action::Column;

    let Some(under) = caller.under(ActionItem::READ) else { return Ok(vec![Value::Null; visits.len()]) };
    let ids: Vec<Uuid> = visits.iter().map(|row| row.id).collect();
    let carried = Column::CarriedToId.is_in(ids.iter().copied());
    let rows = under.rows::<action::Entity>().filter(Condition::any().add(of_visits(&ids)).add(carried));
    let rows = rows.order_by_asc(Column::DueOn).order_by_asc(Column::Id).select_only();
    let rows = rows.columns([Column::Id, Column::SourceId, Column::CarriedToId]);
    let found: Vec<(Uuid, Option<Uuid>, Option<Uuid>)> = rows.into_tuple().all(db).await?;
    let belongs = |visit: Uuid| {
        let own = found.iter().filter(move |(_, source, carried)| [*source, *carried].contains(&Some(visit)));
        own.map(|(id, ..)| *id).take(MOST_FOLLOW_UPS).collect()
    };
    let lists: Vec<Vec<Uuid>> = ids.iter().map(|visit| belongs(*visit)).collect();
    expand::many::<ActionItem>(caller, db, lists.iter().map(Vec::as_slice).collect()).await
}

/// The ids of everybody of the hub who comes to a visit, the visitor first.
pub fn who_comes(visit: &visit::Model) -> impl Iterator<Item = Uuid> {
    std::iter::once(visit.visitor_id).chain(visit.co_visitor_ids.iter().copied())
}

/// Loads for each visit who comes, by name and role.
///
/// # Errors
/// When the database is away.
pub async fn visitors(caller: &Caller, db: &impl ConnectionTrait, visits: &[visit::Model]) -> Result<Vec<Value>> {
    let names = named(caller, db, visits.iter().flat_map(who_comes)).await?;
    let of = |visit: &visit::Model| {
        let who: Vec<_> = who_comes(visit).filter_map(|id| names.get(&id)).collect();
        if who.is_empty() { Ok(Value::Null) } else { serde_json::to_value(who).map_err(Problem::internal) }
    };
    visits.iter().map(of).collect()
}
