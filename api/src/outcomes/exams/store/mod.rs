//! Figures held against the others of their series, in one statement for any number of them.

pub mod published;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use entity::outcomes::{exam_result, exam_statistic};
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, ExprTrait, QueryFilter};
use uuid::Uuid;

pub use self::published::Published;
use super::rules::{Figured, contradiction};
pub use super::small::settle;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Mutation;
use crate::kernel::resource::write::Write;

/// The figures of a school that belong together: its id, the year, and the series.
pub type SeriesKey = (Uuid, String, String);

/// The series of a row.
#[must_use]
pub fn series_of(row: &exam_result::Model) -> SeriesKey {
    (row.school_id, row.academic_year.clone(), row.series.clone())
}

/// The rows of all figures in these series. They are looked up in the index one by one; for as many alternatives SQLite
/// would read all rows of the hub.
fn in_series(keys: &[SeriesKey]) -> Condition {
    use exam_result::Column;

    let wanted = distinct(keys.to_vec());
    let wanted = Query::select().expr(Expr::cust("*")).from_values(wanted, "wanted").take();
    let columns = [Column::SchoolId, Column::AcademicYear, Column::Series].map(Expr::col);
    Condition::all().add(Expr::tuple(columns).in_subquery(wanted))
}

/// The figures of some series, archived ones included, as the caller sees them.
///
/// # Errors
/// When the database is away.
pub async fn of_series(
    caller: &Caller,
    db: &impl ConnectionTrait,
    keys: &[SeriesKey],
) -> Result<Vec<exam_result::Model>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = caller.rows_archived::<exam_result::Entity>().filter(in_series(keys));
    Ok(rows.all(db).await?)
}

/// A row of a series, with its id where it is stored.
type Stated<'a, E> = (Option<Uuid>, &'a <E as sea_orm::EntityTrait>::Model);

/// Decides about steps by what the figures of their series say once all of the steps are taken: each step of a series
/// that contradicts itself is refused. `stored` is what the series hold now.
pub fn agree<E: Owned, K: Eq + Hash>(
    stored: &[E::Model],
    steps: &[Mutation<'_, E::Model>],
    key: impl Fn(&E::Model) -> K,
) -> Vec<Result<()>>
where
    E::Model: Figured,
{
    let stays = |row: &E::Model| steps.iter().all(|step| step.before.is_none_or(|before| before.id() != row.id()));
    let kept = stored.iter().filter(|row| row.archived_at().is_none() && stays(row)).map(|row| (Some(row.id()), row));
    let taken = steps.iter().filter(|step| step.operation != Operation::Archive);
    let taken = taken.map(|step| (step.before.map(Row::id), &*step.after));
    let mut series: HashMap<K, Vec<Stated<'_, E>>> = HashMap::new();
    for (id, row) in kept.chain(taken) {
        series.entry(key(row)).or_default().push((id, row));
    }
    let decided = steps.iter().map(|step| {
        let figure = step.after.figure();
        let stated = series.get(&key(step.after)).map_or(&[][..], Vec::as_slice);
        let figures = stated.iter().map(|(_, row)| (row.figure().grade, row.figure().pupils));
        match contradiction(figure.qualification, figures) {
            Some(found) if step.operation != Operation::Archive => {
                let total = stated.iter().find(|(_, row)| row.figure().grade.is_none()).and_then(|(id, _)| *id);
                Err(Problem::invalid("/pupils", "contradiction", found.told(&figure, total)))
            }
            _ => Ok(()),
        }
    });
    decided.collect()
}

/// Decides about new figures by whether there is one of the same place already, archived ones included, or another of
/// them is to have it.
pub fn taken<M: Placed>(stored: &[M], steps: &[Mutation<'_, M>]) -> Vec<Result<()>> {
    let mut places: HashSet<M::Place> = stored.iter().map(Placed::place).collect();
    let decided = steps.iter().map(|step| {
        if step.before.is_some() || places.insert(step.after.place()) {
            return Ok(());
        }
        let detail = "there is a figure of the same year, series and grade: change that one";
        Err(Problem::new(Code::Duplicate, detail).with(Fault::new("/grade", "duplicate", detail)))
    });
    decided.collect()
}

/// A row with a place that no other row of the hub has.
pub trait Placed {
    /// The place.
    type Place: Eq + Hash;

    /// The place of the row.
    fn place(&self) -> Self::Place;
}

impl Placed for exam_result::Model {
    type Place = (SeriesKey, String);

    fn place(&self) -> Self::Place {
        (series_of(self), self.cell.clone())
    }
}

impl Placed for exam_statistic::Model {
    type Place = (AreaSeriesKey, String);

    fn place(&self) -> Self::Place {
        (area_series_of(self), self.cell.clone())
    }
}

/// The figures of an area that belong together: its size and code, the year, and the series.
pub type AreaSeriesKey = (&'static str, String, String, String);

/// The series of a row.
#[must_use]
pub fn area_series_of(row: &exam_statistic::Model) -> AreaSeriesKey {
    (row.area_level.as_str(), row.area_code.clone(), row.academic_year.clone(), row.series.clone())
}

/// The figures of some series of areas, archived ones included, and of few others.
///
/// # Errors
/// When the database is away.
pub async fn of_area_series(
    caller: &Caller,
    db: &impl ConnectionTrait,
    keys: &[AreaSeriesKey],
) -> Result<Vec<exam_statistic::Model>> {
    use exam_statistic::Column;

    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = caller
        .rows_archived::<exam_statistic::Entity>()
        .filter(Column::AreaLevel.is_in(distinct(keys.iter().map(|(level, ..)| *level).collect())))
        .filter(Column::AreaCode.is_in(distinct(keys.iter().map(|(_, code, ..)| code.as_str()).collect())))
        .filter(Column::AcademicYear.is_in(distinct(keys.iter().map(|(_, _, year, _)| year.as_str()).collect())))
        .filter(Column::Series.is_in(distinct(keys.iter().map(|(.., series)| series.as_str()).collect())));
    Ok(rows.all(db).await?)
}

fn distinct<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

/// The figures of areas that belong to the series of some steps.
///
/// # Errors
/// When the database is away.
pub async fn statistics(
    write: &Write,
    steps: &[Mutation<'_, exam_statistic::Model>],
) -> Result<Vec<exam_statistic::Model>> {
    let keys: Vec<_> = steps.iter().map(|step| area_series_of(step.after)).collect();
    of_area_series(write.caller(), write.tx(), &keys).await
}

/// The figures of schools that belong to the series of some steps, and to the series that the steps leave.
///
/// # Errors
/// When the database is away.
pub async fn results(write: &Write, steps: &[Mutation<'_, exam_result::Model>]) -> Result<Vec<exam_result::Model>> {
    let rows = steps.iter().flat_map(|step| step.before.into_iter().chain([&*step.after]));
    let keys: Vec<_> = rows.map(series_of).collect();
    of_series(write.caller(), write.tx(), &keys).await
}

#[cfg(test)]
mod tests {
    use sea_orm::{EntityTrait, QueryTrait};

    use super::*;
    use crate::kernel::database::db::testing::{migrated, plan_of, settings};
    use crate::kernel::document::openapi::MOST_IN_BATCH;

    #[actix_web::test]
    #[expect(clippy::disallowed_methods, reason = "the statement alone is looked at")]
    async fn however_many_series_are_looked_up_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let db = migrated(&settings(&folder, &[])).await;
        for count in [1, 10, 2 * MOST_IN_BATCH] {
            let keys: Vec<SeriesKey> = (0..count)
                .map(|number| {
                    (Uuid::now_v7(), format!("20{:02}/99", number % 20), format!("gcse|music|{}", number % 3))
                })
                .collect();
            let rows = exam_result::Entity::find().filter(exam_result::Column::HubId.eq(Uuid::now_v7()));
            let plan = plan_of(&db, rows.filter(in_series(&keys)).build(db.backend())).await;
            let index = "exam_result_grade (hub_id=? AND school_id=? AND academic_year=? AND series=?)";
            assert!(plan[0].ends_with(index), "{count} series: {plan:?}");
        }
    }
}
