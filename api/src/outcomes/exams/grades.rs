//! Which grades qualifications have, and which of them are a grade or better. Pure.

use entity::outcomes::exam_parts::ExamQualification;

/// The grades of a GCSE since 2017/18, and before that, each with a place on one scale: where the two meet, a grade
/// of the one counts as the grade of the other that Ofqual sets beside it (4 and C, 7 and A, 1 and G).
const GCSE: [(&str, i32); 19] = [
    ("9", 90),
    ("A*", 80),
    ("8", 80),
    ("7", 70),
    ("A", 70),
    ("6", 60),
    ("B", 55),
    ("5", 50),
    ("4", 40),
    ("C", 40),
    ("3", 30),
    ("D", 30),
    ("2", 20),
    ("E", 20),
    ("F", 15),
    ("1", 10),
    ("G", 10),
    ("U", 0),
    ("X", 0),
];

/// The numbers among them, best first.
const NUMBERS: [&str; 10] = ["9", "8", "7", "6", "5", "4", "3", "2", "1", "U"];

/// The letters among them, best first.
const LETTERS: [&str; 9] = ["A*", "A", "B", "C", "D", "E", "F", "G", "U"];

/// The grades of an A level. An AS level has no A*.
const LEVELS: [(&str, i32); 8] =
    [("A*", 60), ("A", 50), ("B", 40), ("C", 30), ("D", 20), ("E", 10), ("U", 0), ("X", 0)];

/// The same, best first, without X: "no result", which is seldom stated.
const A_LEVEL: [&str; 7] = ["A*", "A", "B", "C", "D", "E", "U"];

/// The grades that vocational and graded exams are made of, with their places.
const PARTS: [(&str, i32); 4] = [("D*", 4), ("D", 3), ("M", 2), ("P", 1)];

/// The grades of a qualification, each with its place; none for one whose grades are not fixed.
#[must_use]
pub fn fixed(qualification: ExamQualification) -> Option<&'static [(&'static str, i32)]> {
    match qualification {
        ExamQualification::Gcse => Some(&GCSE),
        ExamQualification::ALevel => Some(&LEVELS),
        ExamQualification::AsLevel => LEVELS.get(1..),
        _ => None,
    }
}

/// The grades of which all must have a figure for the grades to be complete; none where that cannot be known.
#[must_use]
pub fn complete(qualification: ExamQualification, with_numbers: bool) -> Option<&'static [&'static str]> {
    match qualification {
        ExamQualification::Gcse if with_numbers => Some(&NUMBERS),
        ExamQualification::Gcse => Some(&LETTERS),
        ExamQualification::ALevel => Some(&A_LEVEL),
        ExamQualification::AsLevel => A_LEVEL.get(1..),
        _ => None,
    }
}

/// The grade from which shares are counted where nobody names one.
#[must_use]
pub const fn usual(qualification: ExamQualification) -> &'static str {
    match qualification {
        ExamQualification::Gcse => "4",
        ExamQualification::AsLevel | ExamQualification::ALevel => "C",
        _ => "P",
    }
}

/// The grades that are as good as one or better; none where the qualification has no such grade.
///
/// A grade of two or three letters, as BTEC has them, counts as its lowest one.
#[must_use]
pub fn at_least(qualification: ExamQualification, grade: &str) -> Option<Vec<String>> {
    if let Some(fixed) = fixed(qualification) {
        let (_, least) = fixed.iter().find(|(known, _)| *known == grade)?;
        return Some(fixed.iter().filter(|(_, place)| place >= least).map(|(known, _)| (*known).to_owned()).collect());
    }
    let (_, least) = PARTS.iter().find(|(known, _)| *known == grade)?;
    let parts: Vec<_> = PARTS.iter().filter(|(_, place)| place >= least).map(|(part, _)| *part).collect();
    let mut grades: Vec<String> = vec![String::new()];
    let mut all = Vec::new();
    for _ in 0..3 {
        grades = grades.iter().flat_map(|grade| parts.iter().map(move |part| format!("{grade}{part}"))).collect();
        all.extend(grades.iter().cloned());
    }
    Some(all)
}

/// The grades that [`at_least`] knows for a qualification, best first.
#[must_use]
pub fn thresholds(qualification: ExamQualification) -> Vec<&'static str> {
    fixed(qualification).unwrap_or(&PARTS).iter().map(|(grade, _)| *grade).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_four_is_a_c_or_better() {
        let good = at_least(ExamQualification::Gcse, "4").unwrap();
        assert_eq!(good, ["9", "A*", "8", "7", "A", "6", "B", "5", "4", "C"]);
        assert_eq!(at_least(ExamQualification::Gcse, "C"), Some(good));
        assert_eq!(at_least(ExamQualification::ALevel, "B").unwrap(), ["A*", "A", "B"]);
        assert_eq!(at_least(ExamQualification::AsLevel, "A*"), None);
    }

    #[test]
    fn a_grade_of_several_letters_counts_as_its_lowest() {
        let merit = at_least(ExamQualification::Btec, "M").unwrap();
        for (grade, good) in [("M", true), ("D*D", true), ("DMM", true), ("DP", false), ("P", false), ("U", false)] {
            assert_eq!(merit.iter().any(|known| known == grade), good, "{grade}");
        }
        assert_eq!(at_least(ExamQualification::Btec, "4"), None);
    }
}
