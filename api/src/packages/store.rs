//! The queries of packages and orders.

use std::collections::{HashMap, HashSet};

use entity::packages::{delivery, order_line, package, package_audience, package_order, pilot};
use entity::row::Row;
use entity::schools::school::{self, SchoolStatus};
use entity::schools::school_group_member;
use sea_orm::sea_query::{Alias, Expr, JoinType, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use time::Date;
use uuid::Uuid;

use super::rules;
use crate::kernel::base::period::{holds, not_over};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// The service itself within the hub, for rules over rows that the caller may not see.
#[must_use]
pub fn whole_hub(write: &Write) -> Caller {
    Caller::system(write.caller().state().clone(), write.caller().hub_id)
}

/// Refuses a new order of a school that has closed.
///
/// # Errors
/// 422 at the school.
pub async fn expect_open(write: &Write, school_id: Uuid) -> Result<()> {
    use school::Column;

    let closed = whole_hub(write).rows::<school::Entity>().filter(Column::Id.eq(school_id));
    let closed = closed.filter(Column::Status.eq(SchoolStatus::Closed)).one(write.tx()).await?.is_some();
    if closed {
        return Err(Problem::invalid(
            "/school_id",
            "closed",
            "the school has closed: name its successor, if it has one",
        ));
    }
    Ok(())
}

/// What a pilot or a resource shows to whom: a school, or else a group of schools.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// To a school.
    School(Uuid),
    /// To the schools of a group.
    Group(Uuid),
}

/// Keeps to whom a pilot or a resource shows an item.
///
/// # Errors
/// When the database is away.
pub async fn keep_audience(write: &Write, named_by: Uuid, item: Option<Uuid>, shown: &[Shown]) -> Result<()> {
    use package_audience::{Column, Entity};

    let hub_id = write.caller().hub_id;
    let mut delete = Query::delete();
    delete.from_table(Entity).and_where(Column::HubId.eq(hub_id)).and_where(Column::NamedById.eq(named_by));
    write.tx().execute(&delete).await?;
    let Some(item) = item.filter(|_| !shown.is_empty()) else { return Ok(()) };
    let columns =
        [Column::HubId, Column::NamedById, Column::Place, Column::ItemId, Column::SchoolId, Column::SchoolGroupId];
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(columns);
    for (place, shown) in (0_i32..).zip(shown) {
        let (school, group) = match shown {
            Shown::School(id) => (Some(*id), None),
            Shown::Group(id) => (None, Some(*id)),
        };
        let values = [hub_id.into(), named_by.into(), place.into(), item.into(), Expr::val(school), Expr::val(group)];
        insert.values(values).map_err(Problem::internal)?;
    }
    write.tx().execute(&insert).await?;
    Ok(())
}

/// Packages of the hub, locked in the order of their ids, so that what is ordered of them is decided one by one.
///
/// # Errors
/// When the database is away.
pub async fn hold_packages(write: &Write, ids: Vec<Uuid>) -> Result<Vec<package::Model>> {
    let rows = whole_hub(write).rows_archived::<package::Entity>().filter(package::Column::Id.is_in(ids));
    Ok(rows.order_by_asc(package::Column::Id).lock(LockType::NoKeyUpdate).all(write.tx()).await?)
}

/// The packages, of the given ones, that a school tries out: by a pilot that is planned or running, and whose last day
/// is not over.
///
/// # Errors
/// When the database is away.
pub async fn tried_by(write: &Write, school_id: Uuid, packages: &[Uuid]) -> Result<HashSet<Uuid>> {
    use school_group_member::Column as Member;

    if packages.is_empty() {
        return Ok(HashSet::new());
    }
    let (hub, today) = (whole_hub(write), write.caller().today());
    let pilots = hub
        .rows::<pilot::Entity>()
        .filter(pilot::under_way())
        .filter(not_over(pilot::Column::ToOn, today))
        .filter(pilot::Column::PackageId.is_in(packages.iter().copied()));
    let pilots = pilots.all(write.tx()).await?;
    let groups = hub.rows::<school_group_member::Entity>().filter(Member::SchoolId.eq(school_id)).filter(holds(
        Member::FromOn,
        Member::ToOn,
        today,
    ));
    let groups = groups.all(write.tx()).await?;
    let takes_part = |pilot: &&pilot::Model| {
        let in_group = |group: &Uuid| groups.iter().any(|member| member.school_group_id == *group);
        pilot.school_ids.contains(&school_id) || pilot.school_group_ids.iter().any(in_group)
    };
    Ok(pilots.iter().filter(takes_part).filter_map(|pilot| pilot.package_id).collect())
}

/// The packages of an order as the caller sees it; empty where it sees none.
///
/// # Errors
/// When the database is away.
pub async fn packages_of(write: &Write, order_id: Uuid) -> Result<Vec<Uuid>> {
    let rows = write.caller().rows::<package_order::Entity>().filter(package_order::Column::Id.eq(order_id));
    let order = rows.one(write.tx()).await?;
    Ok(order.map(|order| order.lines.iter().map(|line| line.package_id).collect()).unwrap_or_default())
}

/// A statement over the lines of current orders, joined with their orders. It names no column yet.
#[must_use]
pub fn lines(caller: &Caller) -> SelectStatement {
    let mut lines = caller.statement::<order_line::Entity>(false);
    let of_order = Condition::all()
        .add(
            Expr::col((package_order::Entity, package_order::Column::HubId))
                .equals((order_line::Entity, order_line::Column::HubId)),
        )
        .add(
            Expr::col((package_order::Entity, package_order::Column::Id))
                .equals((order_line::Entity, order_line::Column::OrderId)),
        );
    lines
        .join(JoinType::InnerJoin, package_order::Entity, of_order)
        .and_where(package_order::Column::ArchivedAt.is_null());
    lines
}

/// The orders that stood on a day: placed by then, and not cancelled by then.
#[must_use]
pub fn standing(on: Date) -> Condition {
    use package_order::Column;

    Condition::all()
        .add(Column::OrderedOn.lte(on))
        .add(Condition::any().add(Column::CancelledOn.is_null()).add(Column::CancelledOn.gt(on)))
}

/// Adds the units of packages by package and term to a statement over lines.
#[must_use]
pub fn units_by_term(mut lines: SelectStatement) -> SelectStatement {
    let of = |column| Expr::col((order_line::Entity, column));
    lines
        .exprs([of(order_line::Column::PackageId), of(order_line::Column::TermNumber)])
        .expr(of(order_line::Column::Quantity).sum())
        .add_group_by([of(order_line::Column::PackageId), of(order_line::Column::TermNumber)]);
    lines
}

/// The units of packages that are ordered, by package and term, from one term to another.
///
/// # Errors
/// When the database is away.
pub async fn used(write: &Write, packages: &[Uuid], from: i32, to: i32) -> Result<HashMap<(Uuid, i32), i64>> {
    let mut rows = lines(&whole_hub(write));
    rows.cond_where(
        Condition::all()
            .add(order_line::Column::PackageId.is_in(packages.iter().copied()))
            .add(order_line::Column::TermNumber.between(from, to))
            .add(package_order::Column::Status.is_in(package_order::COMMITTED.iter().copied())),
    );
    let rows = write.tx().query_all(&units_by_term(rows)).await?;
    let figure = |row: &sea_orm::QueryResult| -> Result<((Uuid, i32), i64)> {
        Ok(((row.try_get_by_index(0)?, row.try_get_by_index(1)?), row.try_get_by_index(2)?))
    };
    rows.iter().map(figure).collect()
}

/// Keeps the lines of an order where they are counted: rows that follow from its lists.
///
/// # Errors
/// When the database is away.
pub async fn keep_lines(write: &Write, order: &package_order::Model) -> Result<()> {
    let kept: Vec<Uuid> = order.lines.iter().filter_map(|line| line.id).collect();
    let others = Condition::all().add(order_line::Column::OrderId.eq(order.id));
    write.delete_rows::<order_line::Entity>(others.add(order_line::Column::Id.is_not_in(kept))).await?;
    let meta = order.meta();
    let row = |place: i32, id: Uuid| order_line::Model {
        hub_id: meta.hub_id,
        id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        order_id: order.id,
        school_id: order.school_id,
        place,
        package_id: None,
        title: String::new(),
        provider_id: None,
        academic_year: order.academic_year.clone(),
        term: order.term,
        term_number: order.term_number,
        quantity: 0,
        amount_pence: 0,
    };
    let mut rows = Vec::with_capacity(order.lines.len() + order.subsidies.len());
    let mut places = 1_i32..;
    for (line, place) in order.lines.iter().zip(places.by_ref()) {
        rows.push(order_line::Model {
            package_id: Some(line.package_id),
            title: line.title.clone().unwrap_or_default(),
            provider_id: line.provider_id,
            quantity: line.quantity,
            amount_pence: rules::amount(line),
            ..row(place, line.id.unwrap_or_else(Uuid::now_v7))
        });
    }
    for (subsidy, place) in order.subsidies.iter().zip(places) {
        rows.push(order_line::Model {
            package_id: subsidy.package_id,
            title: subsidy.text.clone(),
            amount_pence: subsidy.subsidy_pence,
            ..row(place, Uuid::now_v7())
        });
    }
    write.put_rows::<order_line::Entity>(&rows).await
}

/// The ids of orders with a line of a package.
#[must_use]
pub fn orders_with(caller: &Caller, package_id: Uuid) -> SelectStatement {
    let mut orders = caller.statement::<order_line::Entity>(false);
    orders.expr(Expr::col((order_line::Entity, order_line::Column::OrderId)));
    orders.and_where(order_line::Column::PackageId.eq(package_id));
    orders
}

/// The ids of current orders of the hub in some states: the order itself may be beyond the caller's reach where its
/// line is not.
#[must_use]
pub fn orders_in(caller: &Caller, states: &[package_order::OrderStatus]) -> SelectStatement {
    use package_order::{Column, Entity};

    let mut orders = Caller::system(caller.state().clone(), caller.hub_id).statement::<Entity>(false);
    orders.expr(Expr::col((Entity, Column::Id))).and_where(Column::Status.is_in(states.iter().copied()));
    orders
}

/// Limits a partner to the lines of orders that were placed; none for a caller who is no partner.
#[must_use]
pub fn placed(caller: &Caller) -> Option<Condition> {
    let orders = caller.partner_id.map(|_| orders_in(caller, package_order::COMMITTED));
    orders.map(|orders| Condition::all().add(order_line::Column::OrderId.in_subquery(orders)))
}

/// The units that were delivered of the lines of an order, beside one delivery.
///
/// # Errors
/// When the database is away.
pub async fn delivered(write: &Write, order_id: Uuid, beside: Option<Uuid>) -> Result<HashMap<Uuid, i64>> {
    use delivery::Column;

    let of = |column| Expr::col((delivery::Entity, column));
    let mut rows = whole_hub(write).statement::<delivery::Entity>(false);
    rows.expr(of(Column::OrderLineId)).expr(of(Column::Units).sum()).add_group_by([of(Column::OrderLineId)]);
    rows.cond_where(Condition::all().add(Column::OrderId.eq(order_id)).add_option(beside.map(|id| Column::Id.ne(id))));
    let rows = write.tx().query_all(&rows).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The statement that locks the order of a delivery, for `Resource::LOCK`. A provider sees the delivery and not the
/// order.
pub fn lock_order(caller: &Caller, delivery_id: Uuid) -> SelectStatement {
    let mut of = caller.statement::<delivery::Entity>(true);
    of.expr(Expr::col((delivery::Entity, delivery::Column::OrderId)));
    of.and_where(delivery::Column::Id.eq(delivery_id));
    let mut order = Caller::system(caller.state().clone(), caller.hub_id).statement::<package_order::Entity>(true);
    order
        .expr(Expr::col((Alias::new("package_order"), Alias::new("id"))))
        .and_where(package_order::Column::Id.in_subquery(of))
        .lock(LockType::NoKeyUpdate);
    order
}
