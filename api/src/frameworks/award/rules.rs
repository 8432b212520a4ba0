//! What a scheme must be, and what an application meets and lacks. Pure.

use std::collections::HashSet;

use entity::frameworks::award_application::GivenEvidence;
use entity::frameworks::award_scheme::{AskedEvidence, AwardLevel, AwardSchemeStatus, Threshold};
use serde::Serialize;
use time::{Date, Duration};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::base::problem::{Fault, Problem, Result};

/// Finds levels out of order or named twice, and evidence whose code is named twice.
#[must_use]
pub fn scheme(levels: &[Threshold], evidence: &[AskedEvidence]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, pair) in levels.windows(2).enumerate() {
        if rank(pair[0].level) >= rank(pair[1].level) {
            let message = "levels stand from bronze to platinum, each once";
            faults.push(Fault::new(format!("/levels/{}/level", at + 1), "order", message));
        }
    }
    let mut seen = HashSet::new();
    for (at, asked) in evidence.iter().enumerate() {
        if !seen.insert(asked.code.as_str()) {
            let message = "each code stands once in the scheme";
            faults.push(Fault::new(format!("/evidence/{at}/code"), "duplicate", message));
        }
    }
    faults
}

/// The place of a level among all levels.
#[must_use]
pub fn rank(level: AwardLevel) -> usize {
    AwardLevel::ALL.iter().position(|known| *known == level).unwrap_or_default()
}

/// Decides whether a scheme in this state may be changed.
///
/// # Errors
/// 409, which says what to do instead.
pub fn scheme_editable(status: AwardSchemeStatus) -> Result<()> {
    if status == AwardSchemeStatus::Draft {
        return Ok(());
    }
    let state = if status == AwardSchemeStatus::InUse { "scheme in use" } else { "retired scheme" };
    Err(Problem::conflict(format!(
        "cannot change a {state}, which is frozen for good: make the next edition by \
         POST /award-schemes/{{id}}/next-edition and change that draft"
    )))
}

/// Decides whether a scheme in this state may be archived.
///
/// # Errors
/// 409, which says what to do first.
pub fn scheme_archivable(status: AwardSchemeStatus) -> Result<()> {
    if status == AwardSchemeStatus::InUse {
        let detail = "cannot archive a scheme in use: retire it by POST /award-schemes/{id}/retire";
        return Err(Problem::conflict(detail));
    }
    Ok(())
}

/// What a requirement of a level is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementKind {
    /// The evaluation is agreed.
    EvaluationAgreed,
    /// Enough criteria of the whole framework are at the level asked for.
    Share,
    /// Enough criteria of a section are at the level asked for.
    SectionShare,
    /// A piece of evidence is given.
    Evidence,
}

/// A requirement of the level applied for, with what the application has of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AwardRequirement {
    /// What it is about.
    #[schema(example = "share")]
    pub kind: RequirementKind,
    /// The section, where it is about one.
    #[schema(example = json!(null))]
    pub section_id: Option<Uuid>,
    /// The code of the evidence, where it is about one.
    #[schema(max_length = 40, example = json!(null))]
    pub code: Option<String>,
    /// How many are needed.
    #[schema(minimum = 0, example = 6)]
    pub needed: i64,
    /// How many there are.
    #[schema(minimum = 0, example = 7)]
    pub actual: i64,
    /// True if it is met.
    #[schema(example = true)]
    pub met: bool,
    /// The same in words.
    #[schema(max_length = 1000, example = "7 of 12 criteria are at level 2 or higher; 6 are needed (50 %)")]
    pub message: String,
}

/// An answer of an evaluation that counts.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The section of the criterion.
    pub section_id: Uuid,
    /// The level, if one was given.
    pub level: Option<i32>,
}

/// A section of the framework.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
}

/// Compares what a level asks of an evaluation with the answers, without those that do not apply.
#[must_use]
pub fn shares(threshold: &Threshold, sections: &[Section], answers: &[Answer]) -> Vec<AwardRequirement> {
    let all = share(threshold, threshold.share_percent, answers.iter().copied(), None);
    let each = sections.iter().filter_map(|section| {
        let percent = threshold.section_share_percent?;
        let own = answers.iter().copied().filter(|answer| answer.section_id == section.id);
        // A section of which nothing applies asks for nothing.
        own.clone().next()?;
        Some(share(threshold, percent, own, Some(section)))
    });
    std::iter::once(all).chain(each).collect()
}

fn share(
    threshold: &Threshold,
    percent: i32,
    answers: impl Iterator<Item = Answer>,
    section: Option<&Section>,
) -> AwardRequirement {
    let (mut count, mut actual) = (0_i64, 0_i64);
    for answer in answers {
        count += 1;
        actual += i64::from(answer.level.is_some_and(|level| level >= threshold.criterion_level));
    }
    // At least one: what has no criteria shows nothing.
    let needed = ((count * i64::from(percent) + 99) / 100).max(1);
    let place = section.map(|section| format!("\"{}\": ", section.title)).unwrap_or_default();
    let level = threshold.criterion_level;
    let are = if actual == 1 { "is" } else { "are" };
    AwardRequirement {
        kind: if section.is_some() { RequirementKind::SectionShare } else { RequirementKind::Share },
        section_id: section.map(|section| section.id),
        code: None,
        needed,
        actual,
        met: actual >= needed,
        message: format!(
            "{place}{actual} of {count} criteria {are} at level {level} or higher; needed: {needed} ({percent} %)"
        ),
    }
}

/// Compares the evidence that a level asks for with what is given. `files` are the files of the application.
#[must_use]
pub(super) fn evidence(
    level: AwardLevel,
    asked: &[AskedEvidence],
    given: &[GivenEvidence],
    files: &HashSet<Uuid>,
) -> Vec<AwardRequirement> {
    let asked = asked.iter().filter(|asked| rank(asked.from_level) <= rank(level));
    asked
        .map(|asked| {
            let met = given.iter().any(|given| given.code == asked.code && is_something(given, files));
            let verb = if met { "given" } else { "missing" };
            AwardRequirement {
                kind: RequirementKind::Evidence,
                section_id: None,
                code: Some(asked.code.clone()),
                needed: 1,
                actual: i64::from(met),
                met,
                message: format!("{verb}: {}", asked.title),
            }
        })
        .collect()
}

fn is_something(given: &GivenEvidence, files: &HashSet<Uuid>) -> bool {
    given.text.is_some() || !given.links.is_empty() || given.attachment_ids.iter().any(|id| files.contains(id))
}

/// Finds evidence that the scheme does not ask for, or that is given twice.
#[must_use]
pub fn given(asked: &[AskedEvidence], given: &[GivenEvidence]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    for (at, one) in given.iter().enumerate() {
        let pointer = format!("/evidence/{at}/code");
        if !asked.iter().any(|asked| asked.code == one.code) {
            let codes = asked.iter().map(|asked| asked.code.as_str()).collect::<Vec<_>>().join(", ");
            faults.push(Fault::new(pointer, "unknown_reference", format!("the scheme asks for: {codes}")));
        } else if !seen.insert(one.code.as_str()) {
            faults.push(Fault::new(pointer, "duplicate", "each code stands once in an application"));
        }
    }
    faults
}

/// The last day of an award that holds for so many months from a day on.
#[must_use]
pub fn valid_until(from: Date, months: i32) -> Date {
    let month = i32::from(u8::from(from.month())) - 1 + months;
    let (year, month) = (from.year() + month.div_euclid(12), month.rem_euclid(12) + 1);
    let month = u8::try_from(month).ok().and_then(|month| time::Month::try_from(month).ok());
    let month = month.unwrap_or(from.month());
    let day = from.day().min(month.length(year));
    let next = Date::from_calendar_date(year, month, day).unwrap_or(Date::MAX);
    next - Duration::days(1)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn threshold(criterion_level: i32, share_percent: i32, section_share_percent: Option<i32>) -> Threshold {
        Threshold { level: AwardLevel::Silver, criterion_level, share_percent, section_share_percent }
    }

    fn asked(code: &str, from_level: AwardLevel) -> AskedEvidence {
        AskedEvidence { code: code.to_owned(), title: code.to_uppercase(), guidance: None, from_level }
    }

    fn sections() -> [Section; 2] {
        [1, 2].map(|n| Section { id: Uuid::from_u128(n), title: format!("Part {n}") })
    }

    /// Answers by section and level; 0 stands for none.
    fn answers(levels: &[(u128, i32)]) -> Vec<Answer> {
        let answer = |(section, level): &(u128, i32)| Answer {
            section_id: Uuid::from_u128(*section),
            level: Some(*level).filter(|level| *level > 0),
        };
        levels.iter().map(answer).collect()
    }

    #[test]
    fn a_share_is_met_by_enough_criteria_at_the_level_or_higher() {
        let answers = answers(&[(1, 2), (1, 3), (2, 1), (2, 0), (2, 4)]);
        let found = shares(&threshold(2, 60, Some(50)), &sections(), &answers);
        let told: Vec<_> = found.iter().map(|one| (one.needed, one.actual, one.met)).collect();
        assert_eq!(told, [(3, 3, true), (1, 2, true), (2, 1, false)]);
        assert_eq!(found[2].message, "\"Part 2\": 1 of 3 criteria is at level 2 or higher; needed: 2 (50 %)");
        assert_eq!(shares(&threshold(2, 61, None), &sections(), &answers)[0].needed, 4, "rounded up");
    }

    #[test]
    fn an_evaluation_without_answers_meets_no_share() {
        let found = shares(&threshold(1, 1, Some(1)), &sections(), &[]);
        assert_eq!(found.iter().map(|one| one.met).collect::<Vec<_>>(), [false], "and no section asks for anything");
    }

    #[test]
    fn a_level_asks_for_the_evidence_of_the_levels_below_it() {
        let asked = [asked("plan", AwardLevel::Bronze), asked("recording", AwardLevel::Gold)];
        let file = Uuid::from_u128(7);
        let given = [GivenEvidence {
            code: "plan".to_owned(),
            text: None,
            links: Vec::new().into(),
            attachment_ids: vec![file].into(),
        }];
        let met = |level, files: &[Uuid]| {
            let found = evidence(level, &asked, &given, &files.iter().copied().collect());
            found.iter().map(|one| one.met).collect::<Vec<_>>()
        };
        assert_eq!(met(AwardLevel::Silver, &[file]), [true]);
        assert_eq!(met(AwardLevel::Silver, &[]), [false], "the file was removed");
        assert_eq!(met(AwardLevel::Platinum, &[file]), [true, false]);
    }

    #[test]
    fn an_award_holds_up_to_the_day_before_its_anniversary() {
        for (from, months, until) in [
            (date!(2016 - 01 - 12), 24, date!(2018 - 01 - 11)),
            (date!(2016 - 01 - 31), 1, date!(2016 - 02 - 28)),
            (date!(2016 - 02 - 29), 12, date!(2017 - 02 - 27)),
            (date!(2016 - 12 - 01), 1, date!(2016 - 12 - 31)),
        ] {
            assert_eq!(valid_until(from, months), until, "{from}, {months} months");
        }
    }
}
