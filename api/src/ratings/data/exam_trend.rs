//! Results in music: how the share of good grades changed from a year to the next.

use std::collections::{BTreeMap, HashMap};

use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use entity::outcomes::exam_result::{self, Column};
use sea_orm::sea_query::{Alias, CaseStatement, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait};
use time::Date;
use uuid::Uuid;

use super::{Datum, Found, Load};
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::outcomes::exams::rules;
use crate::outcomes::exams::store::published::{self, Published};
use crate::schools::store::successors::{self, Former};

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

/// The series of a year, by their names and by the place of their school.
type Parts = BTreeMap<(String, usize), Year>;

/// Music results of schools, by school and qualification.
type Results = HashMap<(Uuid, &'static str), BTreeMap<String, Year>>;

async fn load(caller: &Caller, db: &Transaction, schools: &[Uuid], on: Date) -> Result<Found> {
    let former = successors::former(caller, db, on).await?;
    let former = former.into_iter().enumerate().filter(|(_, former)| schools.contains(&former.to));
    let led: HashMap<Uuid, (usize, Former)> = former.map(|(place, former)| (former.id, (place + 1, former))).collect();
    let of = |column: Column| Expr::col((exam_result::Entity, column));
    let whole = |sum: Expr| sum.cast_as(Alias::new("bigint"));
    let sum_of = |case: CaseStatement| Expr::sum(case.into());
    let mut rows = caller.statement::<exam_result::Entity>(false);
    let keys = [of(Column::SchoolId), of(Column::Qualification), of(Column::AcademicYear), of(Column::Series)];
    let good = LOOKED_AT.iter().fold(Expr::val(false), |any, qualification| {
        let grades = rules::at_least(*qualification, rules::usual(*qualification)).unwrap_or_default();
        any.or(Column::Qualification.eq(qualification.as_str()).and(Column::Grade.is_in(grades)))
    });
    rows.exprs(keys.clone())
        .expr(whole(of(Column::Pupils).sum()))
        .expr(whole(sum_of(Expr::case(good, of(Column::Pupils)).finally(0))))
        .expr(whole(sum_of(Expr::case(of(Column::Pupils).is_null(), 1).finally(0))))
        .and_where(Column::SchoolId.is_in(schools.iter().copied().chain(led.keys().copied())))
        .and_where(Column::Subject.eq(ExamSubject::Music.as_str()))
        .and_where(Column::Qualification.is_in(LOOKED_AT.map(ExamQualification::as_str)))
        .and_where(Column::Basis.eq(ExamBasis::Entries.as_str()))
        .and_where(Column::Kind.eq(ExamFigureKind::Grade.as_str()))
        // A year has results once it has ended.
        .and_where(Column::AcademicYear.lt(academic_year(on)))
        .add_group_by(keys);
    // The school's own series have the first place, then come the ones of the school that closed last.
    let mut parts: BTreeMap<(Uuid, &'static str, String), Parts> = BTreeMap::new();
    for row in db.query_all(&rows).await? {
        let (school_id, qualification): (Uuid, ExamQualification) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (name, series): (String, String) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let figure = |at: usize| Ok::<_, DbErr>(row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default());
        let year = Year { graded: figure(4)?, good: figure(5)?, known: figure(6)? == 0 };
        let of = Published { qualification, subject: ExamSubject::Music, basis: ExamBasis::Entries };
        let mut add = |school_id, place, former_urn| {
            let key = (school_id, qualification.as_str(), name.clone());
            parts.entry(key).or_default().insert((of.named(&series, former_urn), place), year);
        };
        if schools.contains(&school_id) {
            add(school_id, 0, None);
        }
        if let Some((place, former)) = led.get(&school_id) {
            add(former.to, *place, Some(former.urn));
        }
    }
    let mut results = Results::new();
    for ((school_id, qualification, name), series) in parts {
        let year = published::once(series).fold(Year { known: true, ..Year::default() }, Year::and);
        results.entry((school_id, qualification)).or_default().insert(name, year);
    }
    let of_school = |id: &Uuid| {
        let mut found = LOOKED_AT.iter().map(|qualification| {
            let years = results.get(&(*id, qualification.as_str()))?;
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
    let comparable = |year: &Year| year.known && year.graded > 0;
    if !comparable(last) || !comparable(before) || rules::series_break(qualification, name).is_some() {
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
