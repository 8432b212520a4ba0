//! The school's results in music of the last years.

use std::collections::{BTreeMap, HashMap};

use entity::outcomes::exam_parts::{ExamBasis, ExamQualification, ExamSubject};
use entity::outcomes::exam_result::{self, Column};
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::academic_year;
use crate::kernel::database::db::Transaction;
use crate::kernel::prelude::*;
use crate::outcomes::exams::rules;
use crate::outcomes::exams::store::published::{self, Published};
use crate::schools::store::successors;

/// How many years are shown.
const YEARS: usize = 3;

/// The results of a year in a subject of a qualification.
#[derive(Debug, Serialize, ToSchema)]
pub struct BriefedExams {
    /// The academic year.
    #[schema(max_length = 7, example = "2022/23")]
    pub academic_year: String,
    /// The kind of qualification.
    pub qualification: ExamQualification,
    /// The subject.
    pub subject: ExamSubject,
    /// Entries; null where they are not known, or withheld since they are few.
    #[schema(minimum = 0, example = 18)]
    pub entries: Option<i64>,
    /// The lowest grade that counts as good.
    #[schema(max_length = 2, example = "4")]
    pub good_from: &'static str,
    /// Entries with that grade or a better one; null where a grade is not known, or withheld.
    pub good: Option<Share>,
}

/// The figures of one series: a total and its grades.
#[derive(Default)]
struct Series {
    /// Whether there is a total, be it known or not.
    stated: bool,
    total: Option<i64>,
    graded: i64,
    good: i64,
    grades: usize,
    unknown: bool,
}

/// The series of one year, subject and qualification, by their names and by the place of their school.
type Sums = BTreeMap<(String, usize), Series>;

/// The results of the last years with any, the latest first; none where the caller sees no results. Results of
/// closed schools count under the school that came from them, each once.
///
/// # Errors
/// When the database is away.
pub async fn of(caller: &Caller, db: &Transaction, school_id: Uuid, on: Date) -> Result<Option<Vec<BriefedExams>>> {
    let Some(caller) = caller.under(Scope::ReadOutcomes) else { return Ok(None) };
    let former = successors::former(&caller, db, on).await?.into_iter().filter(|former| former.to == school_id);
    let former = former.enumerate().map(|(place, former)| (former.id, (place + 1, Some(former.urn))));
    // The school itself comes first, then the one that closed last.
    let schools: HashMap<Uuid, (usize, Option<i32>)> = former.chain([(school_id, (0, None))]).collect();
    let rows = caller
        .rows::<exam_result::Entity>()
        .filter(Column::SchoolId.is_in(schools.keys().copied()))
        .filter(Column::Subject.ne(ExamSubject::AllSubjects))
        .filter(Column::Basis.eq(ExamBasis::Entries))
        .filter(Column::AcademicYear.lt(academic_year::academic_year(on)))
        .order_by_desc(Column::AcademicYear);
    let exact = caller.sees_small_counts(Scope::WriteOutcomes);
    let mut subjects: BTreeMap<(String, &str, &str), (exam_result::Model, Sums)> = BTreeMap::new();
    let mut years: Vec<String> = Vec::new();
    for row in rows.all(db).await? {
        if !years.contains(&row.academic_year) {
            if years.len() == YEARS {
                break;
            }
            years.push(row.academic_year.clone());
        }
        let key = (row.academic_year.clone(), row.qualification.as_str(), row.subject.as_str());
        let (_, series) = subjects.entry(key).or_insert_with(|| (row.clone(), Sums::new()));
        let pupils = row.pupils.filter(|_| exact || !row.suppressed);
        let (place, former_urn) = schools.get(&row.school_id).copied().unwrap_or_default();
        let of = Published { qualification: row.qualification, subject: row.subject, basis: row.basis };
        let name = of.named(&row.series, former_urn);
        series.entry((name, place)).or_default().add(&row, pupils);
    }
    let briefed = subjects.into_values().rev().map(|(row, series)| {
        let series: Vec<Series> = published::once(series).collect();
        briefed(row, series.iter())
    });
    Ok(Some(briefed.collect()))
}

/// All series of a year, subject and qualification together.
fn briefed<'s>(row: exam_result::Model, series: impl Iterator<Item = &'s Series> + Clone) -> BriefedExams {
    let sum = |of: fn(&Series) -> i64| series.clone().map(of).sum();
    let known = series.clone().all(Series::is_known);
    BriefedExams {
        academic_year: row.academic_year,
        qualification: row.qualification,
        subject: row.subject,
        entries: series.clone().map(Series::entries).sum(),
        good_from: rules::usual(row.qualification),
        good: known.then(|| Share::of(sum(|one| one.good), sum(|one| one.graded), "entries with known grades")),
    }
}

impl Series {
    /// Adds a figure, as the caller sees it.
    fn add(&mut self, row: &exam_result::Model, pupils: Option<i32>) {
        let pupils = pupils.map(i64::from);
        let Some(grade) = &row.grade else {
            (self.stated, self.total) = (true, pupils);
            return;
        };
        let good = rules::at_least(row.qualification, rules::usual(row.qualification)).unwrap_or_default();
        self.grades += 1;
        self.unknown |= pupils.is_none();
        self.graded += pupils.unwrap_or_default();
        self.good += pupils.filter(|_| good.contains(grade)).unwrap_or_default();
    }

    /// Returns true if it has grades, and each of them is known.
    const fn is_known(&self) -> bool {
        self.grades > 0 && !self.unknown
    }

    /// Its entries: the total, or all grades together where there is none.
    fn entries(&self) -> Option<i64> {
        if self.stated { self.total } else { self.is_known().then_some(self.graded) }
    }
}

impl BriefedExams {
    /// The qualification and the subject in words.
    pub(super) fn named(&self) -> String {
        let qualification = match self.qualification {
            ExamQualification::Gcse => "GCSE".to_owned(),
            ExamQualification::Btec => "BTEC".to_owned(),
            ExamQualification::ALevel => "A level".to_owned(),
            ExamQualification::AsLevel => "AS level".to_owned(),
            other => other.as_str().replace('_', " "),
        };
        format!("{qualification} {}", self.subject.as_str().replace('_', " "))
    }

    /// Entries in words.
    pub(super) fn entered(&self) -> String {
        self.entries.map_or_else(|| "not known".to_owned(), |entries| entries.to_string())
    }

    /// The share in words.
    pub(super) fn share(&self) -> String {
        let share = self.good.and_then(|share| Some((share, share.percentage?)));
        share.map_or_else(
            || "not known".to_owned(),
            |(share, percentage)| format!("{} of {} ({percentage} %)", share.numerator, share.denominator),
        )
    }
}
