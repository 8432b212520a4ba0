//! What a file has stated so far, in little memory: a file may hold a million figures.

use std::collections::HashMap;
use std::hash::Hash;

use entity::outcomes::exam_parts::ExamQualification;

use crate::outcomes::exams::rules::{Contradiction, contradiction};

/// A figure in eight bytes: a series has some ten of them.
#[derive(Clone, Copy)]
struct Figure {
    /// The place in the list of grades.
    grade: u16,
    known: bool,
    pupils: i32,
}

impl Figure {
    fn pupils(self) -> Option<i32> {
        self.known.then_some(self.pupils)
    }
}

/// The figures of each series that the file has had. A series is its owner (`W`) and a text.
pub struct Stated<W> {
    texts: HashMap<String, u32>,
    grades: Vec<Option<String>>,
    of_grades: HashMap<Option<String>, u16>,
    series: HashMap<(W, u32), Vec<Figure>>,
}

/// What is wrong with a figure.
pub enum Wrong {
    /// Its place stands in the file already.
    Repeated,
    /// A total and its grades contradict each other.
    Contradicts(Contradiction),
}

impl<W> Default for Stated<W> {
    fn default() -> Self {
        Self { texts: HashMap::new(), grades: Vec::new(), of_grades: HashMap::new(), series: HashMap::new() }
    }
}

impl<W: Eq + Hash> Stated<W> {
    /// Adds a figure, unless its place is there already. A figure that contradicts others of its series is taken out
    /// again, so that the others stand.
    pub fn add(
        &mut self,
        whose: W,
        series: &str,
        qualification: ExamQualification,
        grade: Option<&str>,
        pupils: Option<i32>,
    ) -> Result<(), Wrong> {
        let text = self.text(series);
        let grade = self.grade(grade);
        let stated = self.series.entry((whose, text)).or_default();
        if stated.iter().any(|figure| figure.grade == grade) {
            return Err(Wrong::Repeated);
        }
        stated.push(Figure { grade, known: pupils.is_some(), pupils: pupils.unwrap_or_default() });
        let grades = &self.grades;
        let named = stated.iter().map(|figure| {
            let grade = grades.get(usize::from(figure.grade)).and_then(Option::as_deref);
            (grade, figure.pupils())
        });
        match contradiction(qualification, named) {
            None => Ok(()),
            Some(found) => {
                stated.pop();
                Err(Wrong::Contradicts(found))
            }
        }
    }

    fn text(&mut self, series: &str) -> u32 {
        if let Some(known) = self.texts.get(series) {
            return *known;
        }
        let next = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.insert(series.to_owned(), next);
        next
    }

    fn grade(&mut self, grade: Option<&str>) -> u16 {
        let grade = grade.map(str::to_owned);
        if let Some(known) = self.of_grades.get(&grade) {
            return *known;
        }
        let next = u16::try_from(self.grades.len()).unwrap_or(u16::MAX);
        self.grades.push(grade.clone());
        self.of_grades.insert(grade, next);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_stated_once_and_a_contradiction_leaves_the_others() {
        let mut stated = Stated::default();
        let mut add = |grade, pupils| match stated.add(7, "music", ExamQualification::Gcse, grade, pupils) {
            Ok(()) => "ok",
            Err(Wrong::Repeated) => "repeated",
            Err(Wrong::Contradicts(_)) => "contradicts",
        };
        assert_eq!(add(Some("9"), Some(3)), "ok");
        assert_eq!(add(Some("9"), Some(3)), "repeated");
        assert_eq!(add(Some("8"), None), "ok");
        assert_eq!(add(None, Some(2)), "contradicts");
        assert_eq!(add(None, Some(4)), "ok", "the total that was refused is not remembered");
        assert_eq!(add(Some("7"), Some(2)), "contradicts");
    }
}
