//! The orders that a report counts.

use std::collections::HashMap;

use entity::packages::package_order::Column;
use entity::packages::{order_line, package, package_order};
use sea_orm::sea_query::{Alias, Expr, JoinType, SelectStatement};
use sea_orm::{ExprTrait, QueryFilter, QuerySelect};

use crate::kernel::prelude::*;
use crate::packages::store;
use crate::reports::counted::column;
use crate::schools::store::reported::{self, ReportedSchools};

/// What the figures of a report count of.
pub const SCOPE: &str = "orders of all schools of the hub, placed by the day and not cancelled by then";

/// Narrows a report to some packages.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SoldPackages {
    /// Any of these packages; all if absent.
    #[serde(default)]
    #[param(max_items = 50)]
    pub package_id: Vec<Uuid>,
}

/// A statement over the lines of orders that stood on the day and were placed in a period, each with its school as
/// `counted`. It names no column yet.
#[must_use]
pub fn lines(
    reading: &ReportReading<'_>,
    packages: &SoldPackages,
    schools: &ReportedSchools,
    period: &Period,
) -> SelectStatement {
    let mut lines = store::lines(reading.caller);
    let same = column("counted", "id").eq(Expr::col((order_line::Entity, order_line::Column::SchoolId)));
    let schools = reported::all_schools(reading, schools, None);
    lines.join_subquery(JoinType::InnerJoin, schools, Alias::new("counted"), same);
    lines.cond_where(
        store::standing(reading.as_at)
            .add(Column::OrderedOn.between(period.from_on, period.to_on))
            .add_option(any_of(order_line::Column::PackageId, &packages.package_id)),
    );
    lines
}

/// A sum of whole numbers as a whole number, which PostgreSQL makes a decimal of.
#[must_use]
pub fn sum(of: Expr) -> Expr {
    of.sum().cast_as(Alias::new("bigint"))
}

/// The amount of a line where its order meets a condition, else 0.
#[must_use]
pub fn amount_if(condition: Expr) -> Expr {
    let amount = Expr::col((order_line::Entity, order_line::Column::AmountPence));
    sum(Expr::case(condition, amount).finally(0).into())
}

/// A column of a line.
#[must_use]
pub fn of_line(column: order_line::Column) -> Expr {
    Expr::col((order_line::Entity, column))
}

/// How many orders there are among lines.
#[must_use]
pub fn orders() -> Expr {
    Expr::col((package_order::Entity, Column::Id)).count_distinct()
}

/// The codes and titles of packages by their ids, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn packages(reading: &ReportReading<'_>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, (String, String)>> {
    let Some(caller) = reading.caller.under(Scope::ReadPackages) else { return Ok(HashMap::new()) };
    let rows = caller.rows_archived::<package::Entity>().filter(package::Column::Id.is_in(ids)).select_only();
    let rows = rows.columns([package::Column::Id, package::Column::Code, package::Column::Title]);
    let found: Vec<(Uuid, String, String)> = rows.into_tuple().all(reading.db()).await?;
    Ok(found.into_iter().map(|(id, code, title)| (id, (code, title))).collect())
}
