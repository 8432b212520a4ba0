//! Where other schools of the same phase stand.

use std::collections::HashMap;

use entity::frameworks::{criterion, evaluation, evaluation_response as response, framework, section};
use entity::schools::school;
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::SENT;
use crate::frameworks::evaluation::store;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// The share of the scale that each other school of the same phase has climbed in the same year, by the lineage of the
/// sections. Schools that the caller does not see are among them, since nothing names them.
///
/// # Errors
/// When the database is away.
pub async fn levels(
    caller: &Caller,
    db: &impl ConnectionTrait,
    of: &evaluation::Model,
    framework: &framework::Model,
) -> Result<HashMap<Uuid, Vec<f64>>> {
    let mut found: HashMap<Uuid, Vec<f64>> = HashMap::new();
    for row in db.query_all(&statement(caller, of, framework)).await? {
        found.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
    }
    Ok(found)
}

fn statement(caller: &Caller, of: &evaluation::Model, framework: &framework::Model) -> SelectStatement {
    let hub = Caller::system(caller.state().clone(), caller.hub_id);
    let own = hub.rows::<school::Entity>().filter(school::Column::Id.eq(of.school_id));
    let phase = own.select_only().column(school::Column::Phase).into_query();
    let schools = hub.rows::<school::Entity>().filter(school::Column::Phase.in_subquery(phase));
    let schools = schools.filter(school::Column::Id.ne(of.school_id)).select_only().column(school::Column::Id);
    let editions = hub.rows::<framework::Entity>().filter(framework::Column::LineageId.eq(framework.lineage_id));
    let editions = editions.select_only().column(framework::Column::Id);
    let share = "CAST(SUM(COALESCE(\"framework_criterion\".\"weight\", 1) * \
                 (COALESCE(\"evaluation_response\".\"agreed_level\", \"evaluation_response\".\"level\") - 1.0) \
                 / (\"evaluation_response\".\"levels\" - 1)) \
                 / SUM(COALESCE(\"framework_criterion\".\"weight\", 1)) AS double precision)";
    let mut rows = Query::select();
    rows.column((section::Entity, section::Column::LineageId))
        .expr(Expr::cust(share))
        .from(evaluation::Entity)
        .inner_join(
            response::Entity,
            joined(response::Column::EvaluationId, evaluation::Column::Id)
                .and(joined(response::Column::HubId, evaluation::Column::HubId)),
        )
        .inner_join(
            criterion::Entity,
            joined(criterion::Column::Id, response::Column::CriterionId)
                .and(joined(criterion::Column::HubId, response::Column::HubId)),
        )
        .inner_join(
            section::Entity,
            joined(section::Column::Id, criterion::Column::SectionId)
                .and(joined(section::Column::HubId, criterion::Column::HubId)),
        )
        .and_where(evaluation::Column::HubId.eq(caller.hub_id))
        .and_where(evaluation::Column::ArchivedAt.is_null())
        .and_where(evaluation::Column::AcademicYear.eq(of.academic_year.as_str()))
        .and_where(evaluation::Column::Status.is_in(SENT))
        .and_where(evaluation::Column::FrameworkId.in_subquery(editions.into_query()))
        .and_where(evaluation::Column::SchoolId.in_subquery(schools.into_query()))
        .and_where(store::counted().is_not_null())
        .group_by_col((section::Entity, section::Column::LineageId))
        .group_by_col((evaluation::Entity, evaluation::Column::SchoolId));
    rows
}

/// Two columns that are the same.
fn joined(one: impl ColumnTrait, other: impl ColumnTrait) -> Expr {
    Expr::col(one.as_column_ref()).equals(other.as_column_ref())
}
