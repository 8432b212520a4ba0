//! The review as a page to print on A4, and to read on a screen.

use askama::Template;
use entity::plans::review::ReviewStatus;
use entity::plans::target::Comparator;
use entity::plans::target_status::Status;

use super::ReviewDocument;
use crate::kernel::base::problem::Result;
use crate::kernel::base::sheet::{self, Sheet};
use crate::plans::compare::{ComparedChange, ComparedKind, ComparedNode, ComparedSide, PlanComparison};
use crate::plans::document::words;
use crate::plans::progress::bars::StatusBars;
use crate::plans::review::reflection::ReviewReflection;
use crate::plans::review::target::ReviewTarget;

#[derive(Template)]
#[template(path = "review.html")]
struct Page<'a> {
    of: &'a ReviewDocument,
    /// The status of the targets by objective.
    picture: String,
    style: &'a str,
}

/// The review as a page.
///
/// # Errors
/// 500, which only a fault of the template can bring about.
pub fn html(document: &ReviewDocument) -> Result<Sheet> {
    let foot = format!("{} · {}", document.review.title, document.plan.title);
    let objectives = document.objectives.iter().filter(|one| one.counts.all > 0);
    let picture = StatusBars::drawn(objectives.map(|one| (one.number, one.title.as_str(), one.counts)))?.0;
    let style =
        concat!(include_str!("../../../../templates/status.css"), include_str!("../../../../templates/review.css"));
    Sheet::new(style, &foot, |style| Page { of: document, picture, style }.render())
}

// What the template asks, under names that it can call.

impl Page<'_> {
    const fn state(&self) -> &'static str {
        match self.of.review.status {
            ReviewStatus::Review => "the evidence is being looked at",
            ReviewStatus::Reflect => "lessons are being written down",
            ReviewStatus::Revise => "the next revision is being written",
            ReviewStatus::Approved => "the next revision is in force",
            ReviewStatus::Cancelled => "cancelled",
        }
    }

    /// The statuses that occur, each with its number, the best first.
    fn counts(&self) -> Vec<(Status, u32)> {
        use Status::{AtRisk, Met, Missed, NotStarted, OnTrack};
        let counts = [Met, OnTrack, AtRisk, Missed, NotStarted].map(|status| (status, self.of.counts.of(status)));
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

impl ReviewTarget {
    /// The figure to reach, such as "at least 60 %".
    fn aim(&self) -> String {
        let Some(value) = self.value else { return String::new() };
        let how = match self.comparator {
            Some(Comparator::AtMost) => "at most",
            Some(Comparator::Equal) => "just",
            _ => "at least",
        };
        format!("{how} {}", words::figure(value, self.unit))
    }

    /// What was reached, with what a share is made of.
    fn said(&self) -> String {
        let Some(reached) = self.reached else {
            let silent = self.value.is_some() && self.status != Status::NotStarted;
            return if silent { "no figure".to_owned() } else { String::new() };
        };
        let figure = words::figure(reached, self.unit);
        match (self.numerator, self.denominator) {
            (Some(counted), Some(all)) => {
                let scope = self.scope.as_deref().unwrap_or_default();
                format!("{figure} ({} of {} {scope})", words::number(counted), words::number(all)).replace(" )", ")")
            }
            _ => figure,
        }
    }
}

impl ReviewReflection {
    /// What it says, each part with its heading.
    fn parts(&self) -> Vec<(&'static str, &str)> {
        let parts = [("Worked", &self.worked), ("Did not work", &self.did_not_work), ("Lessons", &self.lessons)];
        parts.into_iter().filter_map(|(heading, text)| Some((heading, text.as_deref()?))).collect()
    }
}

impl PlanComparison {
    /// The changes in a few words.
    fn told(&self) -> String {
        let counts = self.counts;
        format!(
            "{} added, {} changed, {} dropped, {} unchanged",
            counts.added, counts.changed, counts.dropped, counts.unchanged
        )
    }
}

impl ComparedNode {
    fn what(&self) -> String {
        let kind = match self.kind {
            ComparedKind::Plan => "Plan",
            ComparedKind::Year => "Year",
            ComparedKind::Objective => "Objective",
            ComparedKind::Strand => "Strand",
            ComparedKind::Target => "Target",
            ComparedKind::Milestone => "Milestone",
            ComparedKind::Resource => "Resources",
            ComparedKind::Budget => "Budget",
        };
        let number = self.side().and_then(|side| side.objective).map(|number| format!(" {number}"));
        let strand = self.side().and_then(|side| side.strands.as_deref()).map(|label| format!(".{label}"));
        format!("{kind}{}{}", number.unwrap_or_default(), strand.unwrap_or_default())
    }

    const fn change(&self) -> &'static str {
        match self.change {
            ComparedChange::Added => "added",
            ComparedChange::Dropped => "dropped",
            ComparedChange::Changed => "changed",
        }
    }
}

impl ComparedSide {
    /// Everything that it says, in one line.
    fn line(&self) -> String {
        let how = match self.comparator {
            Some(Comparator::AtMost) => "at most ",
            Some(Comparator::Equal) => "just ",
            Some(Comparator::AtLeast) => "at least ",
            None => "",
        };
        let aim = self.value.map(|value| format!("{how}{}", words::figure(value, self.unit)));
        let dues = (!self.dues.is_empty()).then(|| format!("by {}", self.dues.join(", ")));
        let leads = self.leads.as_ref().map(|leads| format!("led by {leads}"));
        let more = [aim, self.year.clone(), dues, self.amount_pence.map(words::pounds), leads];
        let more = more.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let text = self.text.clone().unwrap_or_default();
        if more.is_empty() { text } else { format!("{text} ({more})") }
    }
}
