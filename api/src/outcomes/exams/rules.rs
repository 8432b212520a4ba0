//! What holds for figures of exams: what a figure must say, when a total and its grades contradict one another, and
//! where a series breaks. Pure.

use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use uuid::Uuid;

use super::figure::Figure;
use super::grades;
use crate::kernel::base::academic_year;
use crate::kernel::base::fold::search_key;
use crate::kernel::base::problem::Fault;

pub use super::figure::Figured;
pub use super::grades::{at_least, thresholds, usual};
pub use super::small::suppressed;

/// Finds what a figure says that does not go together.
#[must_use]
pub fn faults(figure: &Figure<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if academic_year::days(figure.academic_year).is_none() {
        let message = "an academic year is a year and the last two digits of the next, such as 2022/23";
        faults.push(Fault::new("/academic_year", "order", message));
    }
    match (figure.pupils, figure.missing_reason) {
        (Some(_), Some(_)) => {
            let message = "a figure that is known has no reason to be missing: give one of the two";
            faults.push(Fault::new("/missing_reason", "exclusive", message));
        }
        (None, None) => {
            let message = "give the figure, or in `missing_reason` why it is missing: it is never 0 for that";
            faults.push(Fault::new("/pupils", "missing", message));
        }
        _ => {}
    }
    match (figure.kind, figure.grade) {
        (ExamFigureKind::Total, Some(_)) => {
            let message = "a total is of all grades: leave out `grade`, or give the figure of one grade as `grade`";
            faults.push(Fault::new("/grade", "exclusive", message));
        }
        (ExamFigureKind::Grade, None) => {
            faults.push(Fault::new("/grade", "missing", "say which grade it is, or that it is the `total`"));
        }
        (ExamFigureKind::Grade, Some(grade)) => faults.extend(unknown_grade(figure.qualification, grade)),
        (ExamFigureKind::Total, None) => {}
    }
    faults
}

fn unknown_grade(qualification: ExamQualification, grade: &str) -> Option<Fault> {
    let known = fixed_grades(qualification).filter(|known| !known.contains(&grade))?;
    let message = format!("{qualification} has no grade {grade}: its grades are {}", known.join(", "));
    Some(Fault::new("/grade", "unknown", message))
}

/// The grades that a qualification has; none for one whose grades are not fixed.
#[must_use]
pub fn fixed_grades(qualification: ExamQualification) -> Option<Vec<&'static str>> {
    grades::fixed(qualification).map(|grades| grades.iter().map(|(grade, _)| *grade).collect())
}

/// What a total shares with its grades, as one text.
#[must_use]
pub fn series(figure: &Figure<'_>, published_urn: Option<i32>) -> String {
    let Figure { qualification, subject, basis, .. } = figure;
    let title = figure.title.map(search_key).unwrap_or_default();
    let urn = published_urn.map(|urn| urn.to_string()).unwrap_or_default();
    format!("{qualification}/{subject}/{basis}/{urn}/{title}")
}

/// How the text of [`series`] begins for figures that were published under the school's own URN.
#[must_use]
pub fn own_series(qualification: ExamQualification, subject: ExamSubject, basis: ExamBasis) -> String {
    format!("{qualification}/{subject}/{basis}//")
}

/// The place of a figure in its series, as one text.
#[must_use]
pub fn cell(figure: &Figure<'_>) -> String {
    match figure.grade {
        Some(grade) => format!("grade/{grade}"),
        None => "total".to_owned(),
    }
}

/// A total that its grades contradict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The total.
    pub total: i64,
    /// What the grades that are known add up to.
    pub sum: i64,
}

/// Finds out whether the figures of a series contradict one another: the grades add up to more than the total, or all
/// grades are known and add up to less. Each figure comes with its grade; the total has none.
#[must_use]
pub fn contradiction<'s>(
    qualification: ExamQualification,
    stated: impl Iterator<Item = (Option<&'s str>, Option<i32>)> + Clone,
) -> Option<Contradiction> {
    let total = stated.clone().find(|(grade, _)| grade.is_none()).and_then(|(_, total)| total)?;
    let known = || stated.clone().filter_map(|(grade, pupils)| Some((grade?, i64::from(pupils?))));
    let (total, sum) = (i64::from(total), known().map(|(_, pupils)| pupils).sum());
    let with_numbers = known().any(|(grade, _)| grade.starts_with(|c: char| c.is_ascii_digit()));
    let complete = sum < total
        && grades::complete(qualification, with_numbers)
            .is_some_and(|all| all.iter().all(|grade| known().any(|(known, _)| known == *grade)));
    (sum > total || complete).then_some(Contradiction { total, sum })
}

impl Contradiction {
    /// Says it in words, with both figures, and the id of the total where it is stored.
    #[must_use]
    pub fn told(&self, figure: &Figure<'_>, total_id: Option<Uuid>) -> String {
        let Self { total, sum } = self;
        let named = total_id.map(|id| format!(" (item {id})")).unwrap_or_default();
        let Figure { academic_year, qualification, subject, .. } = figure;
        format!(
            "the grades of {qualification} {subject} in {academic_year} add up to {sum}, and their total{named} is \
             {total}: correct the total or the grades"
        )
    }
}

entity::choice! {
    /// Why a figure of a year is not compared with the year before.
    #[example = "no_results"]
    pub enum SeriesBreak {
        /// No results of schools were published for the year, since no exams were sat (2019/20 and 2020/21).
        NoResults = "no_results",
        /// The first year after years without results: the year before has nothing to compare with (2021/22).
        AfterNoResults = "after_no_results",
        /// GCSE music was graded 9 to 1 for the first time (2017/18).
        NewGrades = "new_grades",
        /// BTEC and other vocational qualifications were put into other groups (2023/24).
        NewGroups = "new_groups",
    }
}

/// Returns why a year of a qualification is not compared with the year before; none where it is.
#[must_use]
pub fn series_break(qualification: ExamQualification, academic_year: &str) -> Option<SeriesBreak> {
    use ExamQualification::{AppliedGeneral, Btec, Gcse, OtherLevel2, OtherLevel3, TechLevel, TechnicalAward};

    match (academic_year, qualification) {
        // A graded exam is sat in any year, by video where there was no other way.
        (_, ExamQualification::GradedExam) => None,
        ("2019/20" | "2020/21", _) => Some(SeriesBreak::NoResults),
        ("2021/22", _) => Some(SeriesBreak::AfterNoResults),
        ("2017/18", Gcse) => Some(SeriesBreak::NewGrades),
        ("2023/24", Btec | TechnicalAward | AppliedGeneral | TechLevel | OtherLevel2 | OtherLevel3) => {
            Some(SeriesBreak::NewGroups)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(qualification: ExamQualification, figures: &[(Option<&str>, Option<i32>)]) -> Option<(i64, i64)> {
        contradiction(qualification, figures.iter().copied()).map(|it| (it.sum, it.total))
    }

    #[test]
    fn grades_that_add_up_to_more_than_the_total_contradict_it() {
        let figures = [(None, Some(12)), (Some("9"), Some(6)), (Some("8"), Some(7))];
        assert_eq!(found(ExamQualification::Gcse, &figures), Some((13, 12)));
        assert_eq!(found(ExamQualification::Gcse, &figures[..2]), None);
        assert_eq!(found(ExamQualification::Gcse, &figures[1..]), None, "there is no total");
        let suppressed = [(None, None), (Some("9"), Some(6))];
        assert_eq!(found(ExamQualification::Gcse, &suppressed), None);
    }

    #[test]
    fn grades_that_are_complete_add_up_to_the_total() {
        let mut figures = vec![(None, Some(12))];
        figures.extend(["A*", "A", "B", "C", "D", "E"].map(|grade| (Some(grade), Some(1))));
        assert_eq!(found(ExamQualification::ALevel, &figures), None, "U is not stated");
        figures.push((Some("U"), None));
        assert_eq!(found(ExamQualification::ALevel, &figures), None, "U is not known");
        figures[7].1 = Some(0);
        assert_eq!(found(ExamQualification::ALevel, &figures), Some((6, 12)));
        assert_eq!(found(ExamQualification::Btec, &figures), None, "nobody knows which grades there are");
    }

    #[test]
    fn a_series_breaks_where_there_were_no_results_and_where_grades_changed() {
        let gcse = |year| series_break(ExamQualification::Gcse, year);
        assert_eq!(gcse("2018/19"), None);
        assert_eq!(gcse("2019/20"), Some(SeriesBreak::NoResults));
        assert_eq!(gcse("2021/22"), Some(SeriesBreak::AfterNoResults));
        assert_eq!(gcse("2017/18"), Some(SeriesBreak::NewGrades));
        assert_eq!(series_break(ExamQualification::Btec, "2023/24"), Some(SeriesBreak::NewGroups));
        assert_eq!(series_break(ExamQualification::ALevel, "2023/24"), None);
        assert_eq!(series_break(ExamQualification::GradedExam, "2020/21"), None);
    }
}
