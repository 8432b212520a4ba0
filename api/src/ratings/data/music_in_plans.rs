//! Music in the plans of schools: the share of what the latest record tells that is true.

use entity::outcomes::school_plan_record::{self, Column};
use sea_orm::{ColumnTrait, ConnectionTrait};
use time::Date;
use uuid::Uuid;

use super::latest::of_each_school;
use super::{Datum, Found, Load};
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::field;

const TABLE: &str = "school_plan_record";

/// What a record tells, in any order.
const FACTS: [&str; 6] = [
    "in_development_plan",
    "in_self_evaluation",
    "includes_first_access",
    "includes_continuation",
    "includes_singing",
    "includes_partnership",
];

/// Loads the share.
pub const LOAD: Load = |caller, db, schools, on| Box::pin(load(caller, db, schools, on));

async fn load(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    let columns = [&["id", "school_id", "academic_year", "checked_on"][..], &FACTS].concat();
    let mut rows = caller.statement::<school_plan_record::Entity>(false);
    field::select(&mut rows, TABLE, &columns);
    rows.and_where(Column::SchoolId.is_in(schools.iter().copied()))
        .and_where(Column::AcademicYear.lte(academic_year(on)));
    let mut found = Found::new();
    let key = (TABLE, "academic_year");
    for row in db.query_all(&of_each_school(rows, TABLE, key, &columns)).await? {
        let (mut known, mut held) = (0, 0);
        for at in 4..columns.len() {
            if let Some(holds) = row.try_get_by_index::<Option<bool>>(at)? {
                known += 1;
                held += i64::from(holds);
            }
        }
        if known == 0 {
            continue;
        }
        let year: String = row.try_get_by_index(2)?;
        #[expect(clippy::cast_precision_loss, reason = "six at most")]
        let value = held as f64 * 100.0 / known as f64;
        let datum = Datum {
            value,
            share: Some((held, known)),
            dated: row.try_get_by_index(3)?,
            item_id: row.try_get_by_index(0)?,
            what: format!("{held} of {known} in the record of {year} hold"),
        };
        found.insert(row.try_get_by_index(1)?, datum);
    }
    Ok(found)
}
