//! What a framework must be to be edited, used or compared. Pure.

use std::collections::HashSet;

use entity::frameworks::criterion::{self, Level};
use entity::frameworks::framework::{FrameworkPhase, FrameworkStatus};
use entity::frameworks::section;
use uuid::Uuid;

use crate::kernel::base::problem::{Fault, Problem, Result};

/// How to change what cannot be changed any more.
const NEXT: &str = "make the next edition by POST /frameworks/{id}/next-edition and change that draft";

/// Decides whether a framework in this state, and its sections and criteria, may be changed.
///
/// # Errors
/// 409, which says what to do instead.
pub fn editable(status: FrameworkStatus) -> Result<()> {
    match status {
        FrameworkStatus::Draft => Ok(()),
        FrameworkStatus::Pilot => Err(Problem::conflict(format!(
            "cannot change a framework in pilot: take it back by POST /frameworks/{{id}}/withdraw, or {NEXT}"
        ))),
        FrameworkStatus::Published | FrameworkStatus::Retired => {
            Err(Problem::conflict(format!("cannot change a {status} framework, which is frozen for good: {NEXT}")))
        }
    }
}

/// Decides whether a framework in this state may be archived.
///
/// # Errors
/// 409, which says what to do first.
pub fn archivable(status: FrameworkStatus) -> Result<()> {
    match status {
        FrameworkStatus::Draft | FrameworkStatus::Retired => Ok(()),
        FrameworkStatus::Pilot => Err(Problem::conflict(
            "cannot archive a framework in pilot: take it back by POST /frameworks/{id}/withdraw",
        )),
        FrameworkStatus::Published => {
            Err(Problem::conflict("cannot archive a published framework: retire it by POST /frameworks/{id}/retire"))
        }
    }
}

/// Finds phases that are named twice.
#[must_use]
pub fn phases(phases: &[FrameworkPhase]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let twice = phases.iter().enumerate().filter(|(_, phase)| !seen.insert(**phase));
    twice
        .map(|(at, _)| Fault::new(format!("/phases/{at}"), "duplicate", "each phase stands once in the list"))
        .collect()
}

/// Finds levels of a criterion that have the same name.
#[must_use]
pub fn levels(place: &str, levels: &[Level]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let twice = levels.iter().enumerate().filter(|(_, level)| !seen.insert(level.name.to_lowercase()));
    let message = "another level of the criterion has this name";
    twice.map(|(at, _)| Fault::new(format!("{place}/levels/{at}/name"), "duplicate", message)).collect()
}

/// Says what keeps a framework from use: it needs a section, and each section a criterion, and each criterion two
/// levels at least.
///
/// # Errors
/// 409 with everything that is missing, each at its address.
pub fn complete(sections: &[section::Model], criteria: &[criterion::Model]) -> Result<()> {
    let mut faults = Vec::new();
    if sections.is_empty() {
        faults.push(Fault::new("", "incomplete", "the framework has no section: add one by POST /framework-sections"));
    }
    for (at, section) in sections.iter().enumerate() {
        if !criteria.iter().any(|criterion| criterion.section_id == section.id) {
            let message = format!("\"{}\" has no criterion: add one by POST /framework-criteria", section.title);
            faults.push(Fault::new(format!("/sections/{at}"), "incomplete", message));
        }
    }
    for (section, at, criterion) in placed(sections, criteria) {
        if criterion.levels.len() < 2 {
            let message = format!("\"{}\" has fewer than two levels", criterion.statement);
            faults.push(Fault::new(format!("/sections/{section}/criteria/{at}/levels"), "incomplete", message));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let problem = Problem::conflict("cannot bring an incomplete framework into use: add what is missing first");
    Err(faults.into_iter().fold(problem, Problem::with))
}

/// Each criterion with the place of its section, and its own within the section.
fn placed<'a>(
    sections: &'a [section::Model],
    criteria: &'a [criterion::Model],
) -> impl Iterator<Item = (usize, usize, &'a criterion::Model)> {
    sections.iter().enumerate().flat_map(|(place, section)| {
        let own = criteria.iter().filter(|criterion| criterion.section_id == section.id);
        own.enumerate().map(move |(at, criterion)| (place, at, criterion))
    })
}

/// Returns the lineage of a criterion that was copied from the edition before. With another number of levels its
/// results cannot be compared with results of earlier editions, so that it becomes a criterion of its own.
#[must_use]
pub fn lineage(row: &criterion::Model, previous: Option<&criterion::Model>) -> Uuid {
    let same = previous.filter(|previous| previous.levels.len() == row.levels.len());
    same.map_or(row.id, |previous| previous.lineage_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_framework_says_how_to_make_the_next_edition() {
        assert!(editable(FrameworkStatus::Draft).is_ok());
        let told = |status| editable(status).unwrap_err().detail().to_owned();
        assert_eq!(
            told(FrameworkStatus::Published),
            "cannot change a published framework, which is frozen for good: make the next edition by \
             POST /frameworks/{id}/next-edition and change that draft"
        );
        assert!(told(FrameworkStatus::Pilot).contains("withdraw"));
        assert!(told(FrameworkStatus::Retired).contains("next-edition"));
    }

    #[test]
    fn what_is_in_use_is_not_archived() {
        let may: Vec<_> = FrameworkStatus::ALL.iter().map(|status| archivable(*status).is_ok()).collect();
        assert_eq!(may, [true, false, false, true]);
    }

    #[test]
    fn levels_and_phases_are_named_once() {
        let level = |name: &str| Level { name: name.to_owned(), descriptor: "x".to_owned() };
        let found = levels("/sections/0/criteria/1", &[level("Good"), level("Best"), level("good")]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pointer, "/sections/0/criteria/1/levels/2/name");
        assert_eq!(phases(&[FrameworkPhase::Ks1, FrameworkPhase::Ks1])[0].pointer, "/phases/1");
    }

    #[test]
    fn an_empty_framework_is_incomplete() {
        let problem = complete(&[], &[]).unwrap_err();
        assert_eq!(problem.errors()[0].message, "the framework has no section: add one by POST /framework-sections");
    }
}
