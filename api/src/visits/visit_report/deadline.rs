//! Schools that do not answer a report in time: the report and its visit are closed.
#![expect(clippy::disallowed_methods, reason = "the job looks for reports in all hubs")]

use std::time::Duration;

use entity::identity::hub;
use entity::row::Row;
use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report::{self, ReportStatus};
use sea_orm::sea_query::{Expr, LockType, Query};
use sea_orm::{EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use time::Date;

use super::VisitReport;
use crate::kernel::prelude::*;
use crate::kernel::resource::job::{Kind, Stop, Taken};
use crate::kernel::resource::write::Decided;
use crate::visits::visit::Visit;
use crate::visits::visit::transition::CLOSE;

/// How many reports are closed in one transaction.
const AT_ONCE: u64 = 200;

/// Closes the reports that were to be answered before today.
pub const CLOSE_UNANSWERED: Kind =
    Kind::every("close-unanswered-reports", Duration::from_hours(1), |job| Box::pin(close_all(job)));

async fn close_all(job: &Taken) -> Result<(), Stop> {
    let today = job.state.clock.today();
    for hub_id in overdue_hubs(job, today).await? {
        let caller = Caller::system(job.state.clone(), hub_id);
        loop {
            let closed = close_some(&caller, today).await?;
            job.count(closed);
            if closed < AT_ONCE {
                break;
            }
        }
    }
    Ok(())
}

/// The hubs with a report that was to be answered before a day, each found in the index of its states.
async fn overdue_hubs(job: &Taken, today: Date) -> Result<Vec<Uuid>> {
    use visit_report::{Column, Entity};

    let mut overdue = Query::select();
    overdue
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::HubId)).equals((hub::Entity, hub::Column::Id)))
        .and_where(Column::Status.eq(ReportStatus::Shared))
        .and_where(Column::AnswerDueOn.lt(today))
        .and_where(Column::ArchivedAt.is_null());
    let hubs = hub::Entity::find().filter(Expr::exists(overdue)).order_by_asc(hub::Column::Id);
    Ok(hubs.select_only().column(hub::Column::Id).into_tuple().all(job.state.db.read()).await?)
}

/// Closes some of a hub's overdue reports with their visits; returns how many.
async fn close_some(caller: &Caller, today: Date) -> Result<u64> {
    Write::value_of(caller, async |write| {
        let (reports, visits) = overdue(write, today).await?;
        write.because(Some("the school did not answer in time".to_owned()));
        let (status, ended_at) = (ReportStatus::Unanswered, Some(write.now()));
        let end = |report: &visit_report::Model| visit_report::Model { status, ended_at, ..report.clone() };
        let ended = changed(write, &reports, end);
        write.store_many::<VisitReport>(&steps(&reports, &ended, "lapse")).await?;
        let close = |visit: &visit::Model| visit::Model { status: VisitStatus::Closed, ..visit.clone() };
        let over = changed(write, &visits, close);
        write.store_many::<Visit>(&steps(&visits, &over, CLOSE.name)).await?;
        Ok(reports.len() as u64)
    })
    .await
}

/// Some of the hub's overdue reports with their visits, locked: the visits first. A report stays open while its next
/// version is being written.
async fn overdue(write: &Write, today: Date) -> Result<(Vec<visit_report::Model>, Vec<visit::Model>)> {
    use visit_report::Column;

    let is_overdue =
        || Condition::all().add(Column::Status.eq(ReportStatus::Shared)).add(Column::AnswerDueOn.lt(today));
    let drafts = || {
        let drafts = write.caller().rows::<visit_report::Entity>().filter(Column::Status.eq(ReportStatus::Draft));
        drafts.select_only().column(Column::VisitId).into_query()
    };
    let found = write.caller().rows::<visit_report::Entity>().filter(is_overdue());
    let found = found.filter(Column::VisitId.not_in_subquery(drafts())).order_by_asc(Column::AnswerDueOn);
    let found = found.order_by_asc(Column::Id).limit(AT_ONCE).select_only().column(Column::VisitId);
    let found: Vec<Uuid> = found.into_tuple().all(write.tx()).await?;

    let visits = write.caller().rows::<visit::Entity>().filter(visit::Column::Id.is_in(found.clone()));
    let visits = visits.filter(visit::Column::Status.eq(VisitStatus::Shared)).order_by_asc(visit::Column::Id);
    let mut visits = visits.lock(LockType::NoKeyUpdate).all(write.tx()).await?;
    // What somebody did before the visits were locked counts.
    let reports = write.caller().rows::<visit_report::Entity>().filter(Column::VisitId.is_in(found));
    let reports = reports.filter(is_overdue()).filter(Column::VisitId.not_in_subquery(drafts()));
    let reports = reports.order_by_asc(Column::Id).lock(LockType::NoKeyUpdate).all(write.tx()).await?;
    visits.retain(|visit| reports.iter().any(|report| report.visit_id == visit.id));
    Ok((reports, visits))
}

/// The next versions of rows.
fn changed<M: Row>(write: &Write, rows: &[M], change: impl Fn(&M) -> M) -> Vec<M> {
    let next = rows.iter().map(|before| {
        let mut after = change(before);
        after.set_meta(write.meta_after(before));
        after
    });
    next.collect()
}

fn steps<'a, M>(before: &'a [M], after: &'a [M], verb: &'static str) -> Vec<Decided<'a, M>> {
    let pairs = before.iter().zip(after);
    pairs.map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Verb(verb) }).collect()
}
