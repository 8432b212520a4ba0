//! Queries about definitions and figures.

use std::collections::BTreeMap;

use entity::outcomes::collection::FormLine;
use entity::outcomes::{measure_definition, measure_value};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::rules;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Reach;
use crate::kernel::caller::tenancy::Caller;

/// All definitions that the caller sees, in the order of their codes and editions.
///
/// # Errors
/// When the database is away.
pub async fn definitions(caller: &Caller, db: &impl ConnectionTrait) -> Result<Vec<measure_definition::Model>> {
    use measure_definition::Column;

    let rows = caller.rows::<measure_definition::Entity>();
    Ok(rows.order_by_asc(Column::Code).order_by_asc(Column::Edition).all(db).await?)
}

/// The measure of the pupils in First Access.
pub const FIRST_ACCESS_PUPILS: &str = "first_access_pupils";

/// The measure of all pupils of the year groups that First Access is offered to.
pub const FIRST_ACCESS_COHORT: &str = "first_access_cohort";

/// The figures of schools with pupils in First Access in some academic years: a statement without a column.
#[must_use]
pub fn first_access<'y>(caller: &Caller, years: impl IntoIterator<Item = &'y String>) -> SelectStatement {
    use measure_value::Column;

    let mut rows = caller.statement::<measure_value::Entity>(false);
    rows.cond_where(
        Condition::all()
            .add(Column::AcademicYear.is_in(years.into_iter().map(String::as_str)))
            .add(Column::DefinitionCode.eq(FIRST_ACCESS_PUPILS))
            .add(Column::Breakdown.eq(""))
            .add(Column::Value.gt(0)),
    );
    rows
}

/// Returns true if the caller writes in the whole hub under its scope.
#[must_use]
pub fn writes_hub(caller: &Caller) -> bool {
    caller.reach(caller.scope()).has(Reach::HUB)
}

/// The figures that the lines of a form ask for, in any year and of any school.
#[must_use]
pub fn asked_for(lines: &[FormLine]) -> Condition {
    use measure_value::Column;

    let mut cells: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in lines {
        cells.entry(&line.definition_code).or_default().push(rules::cell(&rules::codes_of(line), None));
    }
    // The codes once more, by which an index finds the figures of a hub and a year.
    let codes: Vec<&str> = cells.keys().copied().collect();
    let any = cells.into_iter().fold(Condition::any(), |any, (code, cells)| {
        any.add(Condition::all().add(Column::DefinitionCode.eq(code)).add(Column::Cell.is_in(cells)))
    });
    Condition::all().add(Column::DefinitionCode.is_in(codes)).add(any)
}

/// The figures of a school that a form asks for, by code and cell, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn figures(
    caller: &Caller,
    db: &impl ConnectionTrait,
    (school_id, academic_year): (Uuid, &str),
    lines: &[FormLine],
) -> Result<BTreeMap<(String, String), measure_value::Model>> {
    use measure_value::Column;

    let rows = caller.rows::<measure_value::Entity>().filter(Column::SchoolId.eq(school_id));
    let rows = rows.filter(Column::AcademicYear.eq(academic_year)).filter(asked_for(lines)).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.definition_code.clone(), row.cell.clone()), row)).collect())
}
