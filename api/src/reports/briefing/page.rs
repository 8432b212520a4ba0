//! The briefing as a page to print on A4, and to read on a screen.

use askama::Template;
use entity::visits::visit::{VisitKind, VisitMode};

use super::{BriefedVisit, Briefing, words};
use crate::kernel::base::clock::day_of;
use crate::kernel::base::problem::Result;
use crate::kernel::base::sheet::Sheet;

#[derive(Template)]
#[template(path = "briefing.html")]
struct Page<'a> {
    of: &'a Briefing,
    /// The levels of the last evaluation.
    picture: String,
    style: &'a str,
}

/// The briefing as a page.
///
/// # Errors
/// 500, which only a fault of the template can bring about.
pub fn html(briefing: &Briefing) -> Result<Sheet> {
    let foot = format!("Briefing · {} · {}", briefing.school.name, words::day(&briefing.as_at));
    let picture = briefing.evaluation.as_ref().map(|evaluation| evaluation.results.picture()).transpose()?;
    let picture = picture.map(|picture| picture.0).unwrap_or_default();
    Sheet::new(include_str!("../../../templates/briefing.css"), &foot, |style| {
        Page { of: briefing, picture, style }.render()
    })
}

// What the template asks, under names that it can call.

impl Page<'_> {
    /// The lines of the school's address.
    fn address(&self) -> String {
        let school = &self.of.school;
        let lines =
            [&school.street, &school.locality, &school.address3, &school.town, &school.county, &school.postcode];
        lines.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Pupils on roll, and the share with free school meals.
    fn pupils(&self) -> Option<String> {
        let school = &self.of.school;
        let pupils = school.pupils.map(|pupils| format!("{pupils} on roll"));
        let meals = school.fsm_percentage.map(|share| format!("{share} % with free school meals"));
        let told: Vec<String> = [pupils, meals].into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// What the latest record says about music in the school's plans: what it has, and what it lacks.
    fn plans(&self) -> [(&'static str, Vec<&'static str>); 2] {
        let Some(record) = &self.of.plan_record else { return [("Has", Vec::new()), ("Lacks", Vec::new())] };
        let known = [
            ("music in the development plan", record.in_development_plan),
            ("music in its own evaluation", record.in_self_evaluation),
            ("first access", record.includes_first_access),
            ("continuation", record.includes_continuation),
            ("singing", record.includes_singing),
            ("work with partners", record.includes_partnership),
            ("a music development plan", record.has_plan),
        ];
        let those = |wanted| known.iter().filter(|(_, has)| *has == Some(wanted)).map(|(what, _)| *what).collect();
        [("Has", those(true)), ("Lacks", those(false))]
    }
}

impl BriefedVisit {
    fn on(&self) -> String {
        words::day(&day_of(self.starts_at))
    }

    /// The visit in a few words.
    const fn sort(&self) -> &'static str {
        match self.kind {
            VisitKind::Initial => "First visit",
            VisitKind::FollowUp => "Follow-up visit",
            VisitKind::TargetedSupport => "Targeted support",
            VisitKind::Moderation => "Moderation",
            VisitKind::PeerReview => "Peer review",
        }
    }

    const fn place(&self) -> &'static str {
        match self.mode {
            VisitMode::InPerson => "at the school",
            VisitMode::Online => "online",
            VisitMode::Telephone => "by telephone",
            VisitMode::Cluster => "with other schools",
        }
    }
}
