//! Results in music: how the share of good grades changed from a year to the next.

use std::collections::{BTreeMap, HashMap};

use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use entity::outcomes::exam_result::{self, Column};
use sea_orm::sea_query::{Alias, CaseStatement, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait};
use time::Date;
use uuid::Uuid;

use super::{Datum, Found, Load};
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::outcomes::exams::rules;
use crate::schools::store::successors;

/// Loads the change.
pub const LOAD: Load = |caller, db, schools, on| Box::pin(load(caller, db, schools, on));

/// The qualifications that are looked at: the first that has a year to compare decides.
const LOOKED_AT: [ExamQualification; 3] = [ExamQualification::Gcse, ExamQualification::Btec, ExamQualification::ALevel];

/// The results of a school in a year.
#[derive(Clone, Copy, Default)]
struct Year {
    good: i64,
    graded: i64,
    /// True if all grades of the year are known.
    known: bool,
}

impl Year {
    /// Both together.
    const fn and(self, other: Self) -> Self {
        Self { good: self.good + other.good, graded: self.graded + other.graded, known: self.known && other.known }
    }
}

/// Music results of schools, by school and qualification.
type Results = HashMap<(Uuid, ExamQualification), BTreeMap<String, Year>>;

async fn load(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    let (mut results, mut of_former) = (Results::new(), Results::new());
    let led: HashMap<Uuid, Uuid> =
        successors::former(caller, db, on).await?.into_iter().map(|[id, to]| (id, to)).collect();
    let former = led.iter().filter(|(_, to)| schools.contains(to)).map(|(id, _)| *id);
    let of = |column: Column| Expr::col((exam_result::Entity, column));
    let whole = |sum: Expr| sum.cast_as(Alias::new("bigint"));
    let sum_of = |case: CaseStatement| Expr::sum(case.into());
    let mut rows = caller.statement::<exam_result::Entity>(false);
    let keys = [of(Column::SchoolId), of(Column::Qualification), of(Column::AcademicYear)];
    let good = LOOKED_AT.iter().fold(Expr::val(false), |any, qualification| {
        let grades = rules::at_least(*qualification, rules::usual(*qualification)).unwrap_or_default();
        any.or(Column::Qualification.eq(qualification.as_str()).and(Column::Grade.is_in(grades)))
    });
    rows.exprs(keys.clone())
        .expr(whole(of(Column::Pupils).sum()))
        .expr(whole(sum_of(Expr::case(good, of(Column::Pupils)).finally(0))))
        .expr(whole(sum_of(Expr::case(of(Column::Pupils).is_null(), 1).finally(0))))
        .and_where(Column::SchoolId.is_in(schools.iter().copied().chain(former)))
        .and_where(Column::Subject.eq(ExamSubject::Music.as_str()))
        .and_where(Column::Qualification.is_in(LOOKED_AT.map(ExamQualification::as_str)))
        .and_where(Column::Basis.eq(ExamBasis::Entries.as_str()))
        .and_where(Column::Kind.eq(ExamFigureKind::Grade.as_str()))
        // A year has results once it has ended.
        .and_where(Column::AcademicYear.lt(academic_year(on)))
        .add_group_by(keys);
    for row in db.query_all(&rows).await? {
        let (school_id, qualification): (Uuid, ExamQualification) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let figure = |at: usize| row.try_get_by_index::<Option<i64>>(at);
        let (graded, good) = (figure(3)?.unwrap_or_default(), figure(4)?.unwrap_or_default());
        let year = Year { good, graded, known: figure(5)?.unwrap_or_default() == 0 && graded > 0 };
        let (results, school_id) = match led.get(&school_id) {
            Some(to) if !schools.contains(&school_id) => (&mut of_former, *to),
            _ => (&mut results, school_id),
        };
        let known = results.entry((school_id, qualification)).or_default().entry(row.try_get_by_index(2)?);
        known.and_modify(|known| *known = known.and(year)).or_insert(year);
    }
    // Of a year without results of its own a school has the results of the schools that it came from.
    for (key, years) in of_former {
        let own = results.entry(key).or_default();
        for (name, year) in years {
            own.entry(name).or_insert(year);
        }
    }
    let of_school = |id: &Uuid| {
        let mut found = LOOKED_AT.iter().map(|qualification| {
            let years = results.get(&(*id, *qualification))?;
            change(*qualification, years)
        });
        Some((*id, found.find_map(|found| found)?))
    };
    Ok(schools.iter().filter_map(of_school).collect())
}

/// The change from the year before the last one to the last one, where both are known and comparable.
fn change(qualification: ExamQualification, years: &BTreeMap<String, Year>) -> Option<Datum> {
    let (name, last) = years.iter().next_back()?;
    let first = name.split_once('/')?.0.parse::<i32>().ok()?;
    let year_before = format!("{:04}/{:02}", first - 1, first.rem_euclid(100));
    let before = years.get(&year_before)?;
    if !last.known || !before.known || rules::series_break(qualification, name).is_some() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "pupils of one school")]
    let share = |year: &Year| year.good as f64 * 100.0 / year.graded as f64;
    // A rating is read by people who see no small numbers, and whole points give none away.
    let points = (share(last) - share(before)).round();
    let grade = rules::usual(qualification);
    let to = if points < 0.0 { "fewer" } else { "more" };
    let what = format!(
        "{} points {to} at {qualification} grade {grade} or better in {name} than in {year_before}",
        points.abs()
    );
    Some(Datum { value: points, share: None, dated: None, item_id: None, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(years: &[(&str, i64, i64, bool)]) -> Option<f64> {
        let years = years.iter();
        let years = years.map(|(name, good, graded, known)| {
            ((*name).to_owned(), Year { good: *good, graded: *graded, known: *known })
        });
        change(ExamQualification::Gcse, &years.collect()).map(|datum| datum.value)
    }

    #[test]
    fn a_year_is_compared_with_the_one_before_unless_the_series_breaks() {
        assert_eq!(found(&[("2021/22", 5, 10, true), ("2022/23", 8, 10, true)]), Some(30.0));
        assert_eq!(found(&[("2018/19", 5, 10, true), ("2021/22", 8, 10, true)]), None);
        assert_eq!(found(&[("2021/22", 5, 10, false), ("2022/23", 8, 10, true)]), None);
        assert_eq!(found(&[("2016/17", 5, 10, true), ("2017/18", 8, 10, true)]), None);
        assert_eq!(found(&[("2022/23", 8, 10, true)]), None);
    }
}
