//! The statement over the organisations that exist for a caller: the hub, its areas and its schools.

use entity::identity::hub;
use entity::schools::area;
use entity::schools::school;
use sea_orm::sea_query::{Alias, Expr, Func, Query, SelectStatement, UnionType};
use sea_orm::{DbBackend, EntityTrait, ExprTrait, Order};

use crate::kernel::caller::tenancy::Caller;

/// The columns of the statement over all organisations, in their order.
const COLUMNS: [&str; 15] = [
    "id",
    "rank",
    "active",
    "updated_at",
    "version",
    "name",
    "name_key",
    "identifier",
    "parent_id",
    "la_code",
    "establishment_number",
    "ukprn",
    "phase",
    "school_status",
    "in_scope",
];

/// The name of that statement.
pub const ORG: &str = "org";

/// The active organisations that exist for the caller, the hub first, then its areas, then the schools by their ids.
pub fn active(caller: &Caller) -> SelectStatement {
    let mut rows = over(all(caller));
    rows.and_where(column("active").eq(true));
    rows.order_by_expr(column("parent_id").is_null(), Order::Desc).order_by("rank", Order::Asc);
    rows.order_by("id", Order::Asc);
    rows
}

/// A statement that reads every column of the organisations in another.
pub fn over(orgs: SelectStatement) -> SelectStatement {
    let mut rows = Query::select();
    rows.columns(COLUMNS.map(Alias::new)).from_subquery(orgs, ORG);
    rows
}

/// The hub, its areas and its schools, so far as they exist for the caller.
pub fn all(caller: &Caller) -> SelectStatement {
    // The schools come first: what the others lack gets its type from them.
    let mut rows = schools(caller);
    rows.union(UnionType::All, areas(caller)).union(UnionType::All, hubs(caller));
    rows
}

pub fn schools(caller: &Caller) -> SelectStatement {
    use school::Column;

    let of = of::<school::Entity>;
    let mut rows = caller.statement::<school::Entity>(true);
    let parent = Func::coalesce([of(Column::AreaId), of(Column::HubId)]);
    let identifier = text(caller, of(Column::Urn));
    let head = [of(Column::Id), rank(2), of(Column::ArchivedAt).is_null(), of(Column::UpdatedAt), of(Column::Version)];
    let own = [of(Column::Name), of(Column::NameKey), identifier, parent.into()];
    let metadata =
        [Column::LaCode, Column::EstablishmentNumber, Column::Ukprn, Column::Phase, Column::Status, Column::InScope];
    select(&mut rows, head.into_iter().chain(own).chain(metadata.map(of)));
    rows
}

fn areas(caller: &Caller) -> SelectStatement {
    use area::Column;

    let of = of::<area::Entity>;
    let mut rows = caller.statement::<area::Entity>(true);
    let identifier = text(caller, of(Column::Code));
    let head = [of(Column::Id), rank(0), of(Column::ArchivedAt).is_null(), of(Column::UpdatedAt), of(Column::Version)];
    let own = [of(Column::Name), of(Column::NameKey), identifier, of(Column::HubId)];
    select(&mut rows, head.into_iter().chain(own).chain(NONE.map(Expr::cust)));
    rows
}

fn hubs(caller: &Caller) -> SelectStatement {
    use hub::Column;

    let of = of::<hub::Entity>;
    let mut rows = caller.statement::<hub::Entity>(true);
    let identifier = text(caller, of(Column::Slug));
    let head = [of(Column::Id), rank(1), of(Column::ArchivedAt).is_null(), of(Column::UpdatedAt), of(Column::Version)];
    let own = [of(Column::Name), of(Column::NameKey), identifier, Expr::cust("NULL")];
    select(&mut rows, head.into_iter().chain(own).chain(NONE.map(Expr::cust)));
    rows
}

/// The metadata of what is no school.
const NONE: [&str; 6] = ["NULL"; 6];

fn select(rows: &mut SelectStatement, values: impl Iterator<Item = Expr>) {
    for (value, name) in values.zip(COLUMNS) {
        rows.expr_as(value, Alias::new(name));
    }
}

fn of<E: EntityTrait>(column: E::Column) -> Expr {
    Expr::col((E::default(), column))
}

fn rank(rank: i32) -> Expr {
    Expr::val(rank).cast_as("integer")
}

/// A column as a text that is ordered by its bytes.
fn text(caller: &Caller, column: Expr) -> Expr {
    let sql = match caller.db().backend() {
        DbBackend::Postgres => "CAST($1 AS text) COLLATE \"C\"",
        _ => "CAST(? AS text)",
    };
    Expr::cust_with_exprs(sql, [column])
}

pub fn column(name: &'static str) -> Expr {
    Expr::col((Alias::new(ORG), Alias::new(name)))
}
