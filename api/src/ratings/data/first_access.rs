//! First Access: the share of the year groups that it reaches, in the latest year with both figures.

use entity::outcomes::measure_value::{self, Column};
use sea_orm::sea_query::{Alias, Expr, JoinType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, ExprTrait};
use time::Date;
use uuid::Uuid;

use super::latest::of_each_school;
use super::{Datum, Found, Load};
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::field;
use crate::outcomes::store::{FIRST_ACCESS_COHORT, FIRST_ACCESS_PUPILS};

const TABLE: &str = "measure_value";

/// Loads the share.
pub const LOAD: Load = |caller, db, schools, on| Box::pin(load(caller, db, schools, on));

/// Totals of a measure. Suppressed ones are left out: a rating is seen by more people than they are.
fn totals(code: &str) -> Condition {
    Condition::all()
        .add(Column::DefinitionCode.eq(code))
        .add(Column::Breakdown.eq(""))
        .add(Column::Value.is_not_null())
        .add(Column::Suppressed.eq(false))
}

async fn load(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    let of_year = |column: &'static str| Expr::col((Alias::new("cohort"), Alias::new(column)));
    let mut cohort = caller.statement::<measure_value::Entity>(false);
    field::select(&mut cohort, TABLE, &["school_id", "academic_year"]);
    cohort
        .expr_as(Expr::col((measure_value::Entity, Column::Value)), Alias::new("pupils"))
        .cond_where(totals(FIRST_ACCESS_COHORT))
        .and_where(Column::Value.gt(0))
        .and_where(Column::SchoolId.is_in(schools.iter().copied()));
    let mut rows = caller.statement::<measure_value::Entity>(false);
    field::select(&mut rows, TABLE, &["id", "school_id", "academic_year", "value"]);
    let same = Condition::all()
        .add(of_year("school_id").equals((measure_value::Entity, Column::SchoolId)))
        .add(of_year("academic_year").equals((measure_value::Entity, Column::AcademicYear)));
    rows.expr(of_year("pupils"))
        .join_subquery(JoinType::InnerJoin, cohort, Alias::new("cohort"), same)
        .cond_where(totals(FIRST_ACCESS_PUPILS))
        .and_where(Column::SchoolId.is_in(schools.iter().copied()))
        .and_where(Column::AcademicYear.lte(academic_year(on)));
    let columns = ["id", "school_id", "academic_year", "value", "pupils"];
    let mut found = Found::new();
    for row in db.query_all(&of_each_school(rows, TABLE, (TABLE, "academic_year"), &columns)).await? {
        let (year, reached, pupils): (String, i64, i64) =
            (row.try_get_by_index(2)?, row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        #[expect(clippy::cast_precision_loss, reason = "pupils of one school")]
        let value = reached as f64 * 100.0 / pupils as f64;
        let datum = Datum {
            value,
            share: Some((reached, pupils)),
            dated: None,
            item_id: row.try_get_by_index(0)?,
            what: format!("{reached} of {pupils} pupils had First Access in {year}"),
        };
        found.insert(row.try_get_by_index(1)?, datum);
    }
    Ok(found)
}
