//! What the hub counts.

pub mod rated;
pub mod reported;
pub mod successors;

use entity::identity::hub;
use entity::list::List;
use entity::row::Row;
use entity::schools::school::{self, SchoolKind};
use entity::schools::school_group_member;
use sea_orm::sea_query::{LockType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::rules;
use super::school::School;
use crate::kernel::base::filter::any_of;
use crate::kernel::base::period::holds;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::{Decided, Write};

/// So many schools are put in or out of scope at once.
const AT_ONCE: u64 = 500;

/// The rows whose column names a school that is in one of these areas, and a member of the group today. An empty list
/// means any area, and no group means any school: with both there is no condition.
pub fn of_schools<C: ColumnTrait>(
    caller: &Caller,
    column: C,
    area_ids: &[Uuid],
    group_id: Option<Uuid>,
) -> Option<Condition> {
    let in_areas = any_of(school::Column::AreaId, area_ids).map(|areas| {
        let mut schools = Query::select();
        schools
            .column((school::Entity, school::Column::Id))
            .from(school::Entity)
            .and_where(school::Column::HubId.eq(caller.hub_id))
            .and_where(areas);
        column.in_subquery(schools)
    });
    let in_group = group_id.map(|group| column.in_subquery(members(caller, group)));
    let asked = in_areas.is_some() || in_group.is_some();
    asked.then(|| Condition::all().add_option(in_areas).add_option(in_group))
}

/// The schools that belong to a group today.
pub fn members(caller: &Caller, group_id: Uuid) -> SelectStatement {
    use school_group_member::{Column, Entity};

    let members = caller.rows::<Entity>().filter(Column::SchoolGroupId.eq(group_id));
    let members = members.filter(holds(Column::FromOn, Column::ToOn, caller.today()));
    members.select_only().column(Column::SchoolId).into_query()
}

/// The kinds of school that the hub counts. They do not change until the end of the transaction.
pub async fn counted(write: &Write) -> Result<List<SchoolKind>> {
    let mut kinds = write.caller().statement::<hub::Entity>(false);
    // PostgreSQL locks the hub for a foreign key too, by a lock that lets others change its kinds.
    kinds.column((hub::Entity, hub::Column::KindsInScope)).lock(LockType::Share);
    let hub = write.tx().query_one(&kinds).await?;
    Ok(hub.map(|hub| hub.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// Keeps others from changing the kinds that the hub counts until the end of the transaction. SQLite has one writer,
/// and needs no lock.
pub async fn hold_counted(write: &Write) -> Result<()> {
    if write.tx().get_database_backend() == DbBackend::Postgres {
        counted(write).await?;
    }
    Ok(())
}

/// Computes again which schools are in scope after the hub's kinds have changed. A school that was put in or out
/// by hand stays, and so does an archived school, which is computed when it is restored.
pub async fn recompute_scope(write: &mut Write) -> Result<()> {
    let counted = counted(write).await?;
    // The hub's kinds apply to all its schools, also beyond the caller's reach.
    let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let wrong = hub.rows::<school::Entity>().filter(differs(&counted)).order_by_asc(school::Column::Id);
    write.because(Some("the hub's kinds in scope changed".to_owned()));
    let mut last = None;
    loop {
        let rest = Condition::all().add_option(last.map(|id| school::Column::Id.gt(id)));
        let some = wrong.clone().filter(rest).limit(AT_ONCE).lock(LockType::NoKeyUpdate).all(write.tx()).await?;
        let Some(end) = some.last() else { break };
        last = Some(end.id);
        let rows = some.iter().map(|before| {
            let mut after = before.clone();
            after.in_scope = rules::in_scope(before, &counted);
            after.set_meta(write.meta_after(before));
            after
        });
        let rows: Vec<_> = rows.collect();
        let pairs = some.iter().zip(&rows);
        let steps = pairs.map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Update });
        write.store_many::<School>(&steps.collect::<Vec<_>>()).await?;
    }
    write.because(None);
    Ok(())
}

/// The open schools whose `in_scope` is not what [`rules::in_scope`] says. A school with a reason for its scope was put
/// in or out by hand, and is none of them.
fn differs(counted: &[SchoolKind]) -> Condition {
    let kind = school::Column::Kind;
    let status = school::Column::Status;
    let in_scope = school::Column::InScope;
    Condition::all().add(school::Column::ScopeReason.is_null()).add(status.is_in(rules::OPEN)).add(
        Condition::any()
            .add(in_scope.eq(true).and(kind.is_not_in(counted.iter().copied())))
            .add(in_scope.eq(false).and(kind.is_in(counted.iter().copied()))),
    )
}
