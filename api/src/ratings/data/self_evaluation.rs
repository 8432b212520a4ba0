//! The last self-evaluation that a school handed in: the levels reached, of the highest ones.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_response::{self, Column};
use entity::frameworks::framework::FrameworkKind;
use entity::instant::Instant;
use sea_orm::sea_query::{Alias, Expr, JoinType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, ExprTrait};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::latest::of_each_school;
use super::{Datum, Found, Load};
use crate::frameworks::evaluation::store;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::field;

/// Loads the share.
pub const LOAD: Load = |caller, db, schools, on| Box::pin(load(caller, db, schools, on));

const HANDED_IN: [EvaluationStatus; 3] =
    [EvaluationStatus::Submitted, EvaluationStatus::InModeration, EvaluationStatus::Agreed];

/// The level that was agreed counts, or the school's own before that. What does not apply is left out.
async fn load(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    let columns = ["id", "school_id", "submitted_at"];
    let mut evaluations = caller.statement::<evaluation::Entity>(false);
    field::select(&mut evaluations, "evaluation", &columns);
    let over = on.next_day().unwrap_or(on).midnight().assume_utc();
    evaluations
        .and_where(evaluation::Column::SchoolId.is_in(schools.iter().copied()))
        .and_where(evaluation::Column::Kind.eq(FrameworkKind::SelfEvaluation))
        .and_where(evaluation::Column::Status.is_in(HANDED_IN))
        .and_where(evaluation::Column::SubmittedAt.lt(Instant::from(over)));
    let latest = of_each_school(evaluations, "evaluation", ("evaluation", "submitted_at"), &columns);
    let last = |column: &'static str| Expr::col((Alias::new("last"), Alias::new(column)));
    let counts = store::counted();
    let of_last = Condition::all().add(last("id").equals((evaluation_response::Entity, Column::EvaluationId)));
    let mut rows = caller.statement::<evaluation_response::Entity>(false);
    rows.expr(last("id"))
        .expr(last("school_id"))
        .expr(last("submitted_at"))
        .expr(counts.clone().sum())
        .expr(Expr::col((evaluation_response::Entity, Column::Levels)).sum())
        .join_subquery(JoinType::InnerJoin, latest, Alias::new("last"), of_last)
        .and_where(counts.is_not_null())
        .add_group_by(columns.map(last));
    let mut found = Found::new();
    for row in db.query_all(&rows).await? {
        let (reached, most): (i64, i64) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        let handed_in = OffsetDateTime::from(row.try_get_by_index::<Instant>(2)?).date();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
        let value = reached as f64 * 100.0 / most as f64;
        let datum = Datum {
            value,
            share: Some((reached, most)),
            dated: Some(handed_in),
            item_id: row.try_get_by_index(0)?,
            what: format!("{reached} of {most} levels in the self-evaluation of {handed_in}"),
        };
        found.insert(row.try_get_by_index(1)?, datum);
    }
    Ok(found)
}
