//! The last visit to a school, and what the report of a visit judged.

use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report::{self, ReportRag};
use sea_orm::sea_query::{Expr, JoinType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, ExprTrait};
use time::Date;
use uuid::Uuid;

use super::latest::of_each_school;
use super::{Datum, Found, Load};
use crate::kernel::base::clock::day_begins;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::field;

/// Loads the months since the last visit.
pub const LOAD_LAST: Load = |caller, db, schools, on| Box::pin(last(caller, db, schools, on));

/// Loads the judgement of the last report that the school has.
pub const LOAD_JUDGEMENT: Load = |caller, db, schools, on| Box::pin(judgement(caller, db, schools, on));

/// Visits that were made up to a day.
fn made(on: Date) -> Condition {
    use visit::Column;

    let called_off = [VisitStatus::Cancelled, VisitStatus::Declined];
    Condition::all().add(Column::Status.is_not_in(called_off)).add(Column::CompletedOn.lte(on))
}

async fn last(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    let columns = ["id", "school_id", "completed_on"];
    let mut rows = caller.statement::<visit::Entity>(false);
    field::select(&mut rows, "visit", &columns);
    rows.and_where(visit::Column::SchoolId.is_in(schools.iter().copied())).cond_where(made(on));
    let mut found = Found::new();
    for row in db.query_all(&of_each_school(rows, "visit", ("visit", "completed_on"), &columns)).await? {
        let day: Date = row.try_get_by_index(2)?;
        let months = months_between(day, on);
        let datum = Datum {
            value: months.into(),
            share: None,
            dated: Some(day),
            item_id: row.try_get_by_index(0)?,
            what: format!("{months} {} since the visit on {day}", if months == 1 { "month" } else { "months" }),
        };
        found.insert(row.try_get_by_index(1)?, datum);
    }
    Ok(found)
}

/// A report that the school does not have yet tells nothing: its judgement would reach the school by the rating. Of the
/// versions that the school had by the day the last one counts, also where it gives no colour.
async fn judgement(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    use visit_report::Column;

    let columns = ["id", "school_id", "rag", "completed_on"];
    let mut rows = caller.statement::<visit_report::Entity>(false);
    field::select(&mut rows, "visit_report", &columns[..3]);
    let of = |column: visit::Column| Expr::col((visit::Entity, column));
    let of_visit = Condition::all()
        .add(of(visit::Column::HubId).equals((visit_report::Entity, Column::HubId)))
        .add(of(visit::Column::Id).equals((visit_report::Entity, Column::VisitId)));
    rows.column((visit::Entity, visit::Column::CompletedOn))
        .join(JoinType::InnerJoin, visit::Entity, of_visit)
        .and_where(Column::SchoolId.is_in(schools.iter().copied()))
        .and_where(Column::SharedAt.lt(day_begins(on.next_day().unwrap_or(on))))
        .and_where(visit::Column::ArchivedAt.is_null())
        .cond_where(made(on));
    let mut found = Found::new();
    let latest = of_each_school(rows, "visit_report", ("visit", "completed_on"), &columns);
    for row in db.query_all(&latest).await? {
        let (rag, day): (Option<ReportRag>, Date) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let Some(rag) = rag else { continue };
        let datum = Datum {
            value: match rag {
                ReportRag::Green => 2.0,
                ReportRag::Amber => 1.0,
                ReportRag::Red => 0.0,
            },
            share: None,
            dated: Some(day),
            item_id: row.try_get_by_index(0)?,
            what: format!("the report of the visit on {day} says {rag}"),
        };
        found.insert(row.try_get_by_index(1)?, datum);
    }
    Ok(found)
}

/// Whole months from one day to a later one.
fn months_between(from: Date, to: Date) -> i32 {
    let months = (to.year() - from.year()) * 12 + i32::from(u8::from(to.month())) - i32::from(u8::from(from.month()));
    months - i32::from(to.day() < from.day())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::months_between;

    #[test]
    fn a_month_is_over_on_the_same_day_of_the_next() {
        let until = |to| months_between(date!(2014 - 11 - 15), to);
        assert_eq!(until(date!(2014 - 11 - 30)), 0);
        assert_eq!(until(date!(2014 - 12 - 14)), 0);
        assert_eq!(until(date!(2014 - 12 - 15)), 1);
        assert_eq!(until(date!(2016 - 01 - 15)), 14);
    }
}
