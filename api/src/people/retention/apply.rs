//! The rules applied: by a job every hour, and when somebody asks for it.

use std::time::Duration;

use entity::exchange::import;
use entity::identity::{hub, refresh_token, session};
use entity::instant::Instant;
use entity::kernel::import_row;
use entity::people::person;
use entity::people::retention_rule::{self, RetentionKind};
use sea_orm::sea_query::{Query as Statement, SelectStatement};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{AppliedRule, RetentionReport};
use crate::kernel::base::clock::day_begins;
use crate::kernel::base::period::months_later;
use crate::kernel::prelude::*;
use crate::kernel::resource::job::{self, Kind, Stop, Taken};
use crate::people::erasure::{self, How};

/// How many people a run begins to erase: the rest follows with the next run.
const PEOPLE: u64 = 200;

/// The job that applies the rules of all hubs.
pub const KEEP: Kind = Kind::every("apply-retention-rules", Duration::from_hours(1), |job| Box::pin(of_all_hubs(job)));

#[expect(clippy::disallowed_methods, reason = "the job looks for rules in all hubs")]
async fn of_all_hubs(job: &Taken) -> Result<(), Stop> {
    erasure::forget_ended(&job.state).await?;
    let hubs = retention_rule::Entity::find().filter(retention_rule::Column::ArchivedAt.is_null());
    let hubs = hubs.select_only().column(retention_rule::Column::HubId).distinct();
    let hubs: Vec<Uuid> = hubs.into_tuple().all(job.state.db.read()).await?;
    for hub_id in hubs {
        let caller = Caller::system(job.state.clone(), hub_id);
        let applied = Write::value_of(&caller, async |write| all(write, false).await).await?;
        job.count(applied.iter().map(|rule| rule.records).sum());
    }
    job::hurry(&job.state);
    Ok(())
}

/// Applies the rules of the caller's hub, or only counts.
///
/// # Errors
/// When the database is away.
pub async fn now(caller: &Caller, dry_run: bool) -> Result<Reply> {
    let reply = Write::run(caller, async |write| {
        let rules = all(write, dry_run).await?;
        Reply::ok(&RetentionReport { dry_run, rules })
    })
    .await?;
    job::hurry(caller.state());
    Ok(reply)
}

/// Applies each rule.
async fn all(write: &mut Write, dry_run: bool) -> Result<Vec<AppliedRule>> {
    let rules = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let rules = rules.rows::<retention_rule::Entity>().order_by_asc(retention_rule::Column::Kind);
    let mut applied = Vec::new();
    for rule in rules.all(write.tx()).await? {
        let before = months_later(write.caller().today(), -rule.months);
        let end = day_begins(before);
        let records = match rule.kind {
            RetentionKind::ArchivedPeople => people(write, end, dry_run).await?,
            RetentionKind::ImportRows => import_rows(write, end, dry_run).await?,
            RetentionKind::SignIns => sign_ins(write, end, dry_run).await?,
        };
        applied.push(AppliedRule { kind: rule.kind, before, records });
    }
    Ok(applied)
}

/// Begins to erase people who were archived before a time.
async fn people(write: &mut Write, before: Instant, dry_run: bool) -> Result<u64> {
    use person::Column;

    write.hold::<hub::Entity>(write.caller().hub_id).await?;
    let due = Condition::all().add(Column::ArchivedAt.lt(before)).add(Column::ErasedAt.is_null());
    // People who were merged into somebody go with that person.
    let due = due.add(Column::MergedIntoId.is_null());
    let all = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let ids = all.rows_archived::<person::Entity>().filter(due).order_by_asc(Column::Id).limit(PEOPLE);
    let ids: Vec<Uuid> = ids.select_only().column(Column::Id).into_tuple().all(write.tx()).await?;
    let waiting = erasure::under_way(write.caller(), write.tx()).await?;
    let people = write.rows_archived::<person::Entity>(Condition::all().add(Column::Id.is_in(ids))).await?;
    let due: Vec<_> = people.into_iter().filter(|person| !waiting.contains(&person.id)).collect();
    if !dry_run && !due.is_empty() {
        let reason = "by the hub's retention rule".to_owned();
        erasure::begin(write, &due, &How { reason, also: Vec::new(), dry_run: false }).await?;
    }
    Ok(due.len() as u64)
}

/// Deletes the rows of imports that ended before a time.
async fn import_rows(write: &Write, before: Instant, dry_run: bool) -> Result<u64> {
    let hub_id = write.caller().hub_id;
    let imports = Statement::select()
        .column(import::Column::Id)
        .from(import::Entity)
        .and_where(import::Column::HubId.eq(hub_id))
        .and_where(import::Column::FinishedAt.lt(before))
        .to_owned();
    let of = Condition::all()
        .add(import_row::Column::HubId.eq(hub_id))
        .add(import_row::Column::ImportId.in_subquery(imports));
    let counted = count(write, Statement::select().from(import_row::Entity).cond_where(of.clone()).to_owned()).await?;
    if !dry_run {
        write.tx().execute(&Statement::delete().from_table(import_row::Entity).cond_where(of).to_owned()).await?;
    }
    Ok(counted)
}

/// Deletes sign-ins that ended before a time, with their refresh tokens.
async fn sign_ins(write: &Write, before: Instant, dry_run: bool) -> Result<u64> {
    let hub_id = write.caller().hub_id;
    let ended = Condition::any().add(session::Column::ExpiresAt.lt(before)).add(session::Column::RevokedAt.lt(before));
    let of = Condition::all().add(session::Column::HubId.eq(hub_id)).add(ended);
    let sessions = Statement::select().from(session::Entity).cond_where(of.clone()).to_owned();
    let counted = count(write, sessions.clone()).await?;
    if !dry_run {
        let ids = sessions.clone().column(session::Column::Id).to_owned();
        let tokens = Statement::delete()
            .from_table(refresh_token::Entity)
            .and_where(refresh_token::Column::HubId.eq(hub_id))
            .and_where(refresh_token::Column::SessionId.in_subquery(ids))
            .to_owned();
        write.tx().execute(&tokens).await?;
        write.tx().execute(&Statement::delete().from_table(session::Entity).cond_where(of).to_owned()).await?;
    }
    Ok(counted)
}

async fn count(write: &Write, mut rows: SelectStatement) -> Result<u64> {
    use sea_orm::sea_query::{Asterisk, Expr, Func};

    let row = write.tx().query_one(rows.expr(Func::count(Expr::col(Asterisk)))).await?;
    let count: i64 = row.ok_or_else(|| Problem::internal("nothing was counted"))?.try_get_by_index(0)?;
    Ok(count.unsigned_abs())
}
