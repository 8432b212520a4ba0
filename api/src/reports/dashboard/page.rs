//! The page for governors, to print on A4 and to read on a screen.

use askama::Template;
use entity::plans::plan::PlanStatus;
use entity::plans::target::{Comparator, TargetKind};
use entity::plans::target_status::Status;

use super::{OverdueItem, OverdueKind, PlanDashboard, picture};
use crate::kernel::base::problem::Result;
use crate::kernel::base::sheet::{self, Sheet, day};
use crate::plans::progress::ObjectiveProgress;
use crate::plans::progress::PlanProgress;
use crate::plans::progress::TargetProgress;
use crate::plans::progress::bars::StatusBars;

/// How much of what is overdue stands on the page.
const OVERDUE: usize = 12;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Page<'a> {
    of: &'a PlanDashboard,
    progress: &'a PlanProgress,
    bars: String,
    headlines: Vec<Headline<'a>>,
    ratings: Option<String>,
    style: &'a str,
}

/// A target month by month.
struct Headline<'a> {
    statement: &'a str,
    /// How it stands, in a few words.
    standing: String,
    picture: String,
}

/// The page.
///
/// # Errors
/// 500, which only a fault of a template can bring about.
pub fn html(of: &PlanDashboard) -> Result<Sheet> {
    let foot = format!("{} · {}", of.hub_name, day(&of.progress.as_at));
    let bars = StatusBars::of(&of.progress)?.0;
    let mut headlines = Vec::with_capacity(of.headlines.len());
    for (series, number) in of.headlines.iter().zip(1..) {
        let last = series.points.iter().rev().find_map(|point| Some((point.value?, point.status)));
        let standing = last.map(|(value, status)| format!("{}: {}", picture::told(value, series.unit), status.words()));
        headlines.push(Headline {
            statement: &series.statement,
            standing: standing.unwrap_or_default(),
            picture: picture::headline(series, number)?.0,
        });
    }
    let ratings = of.ratings.as_ref().map(picture::ratings).transpose()?.map(|picture| picture.0);
    let style =
        concat!(include_str!("../../../templates/status.css"), include_str!("../../../templates/dashboard.css"));
    Sheet::new(style, &foot, |style| Page { of, progress: &of.progress, bars, headlines, ratings, style }.render())
}

// What the template asks, under names that it can call.

impl Page<'_> {
    /// The statuses, each with its number of targets, the best first.
    fn counts(&self) -> [(Status, u32); 5] {
        use Status::{AtRisk, Met, Missed, NotStarted, OnTrack};
        [Met, OnTrack, AtRisk, Missed, NotStarted].map(|status| (status, self.progress.counts.of(status)))
    }

    const fn state(&self) -> &'static str {
        match self.of.status {
            PlanStatus::Draft => "draft",
            PlanStatus::Proposed => "proposed",
            PlanStatus::Active => "in force",
            PlanStatus::Closed => "closed",
        }
    }

    fn overdue(&self) -> &[OverdueItem] {
        self.of.overdue.get(..OVERDUE).unwrap_or(&self.of.overdue)
    }

    /// How much more is overdue.
    fn more_overdue(&self) -> usize {
        self.of.overdue.len().saturating_sub(OVERDUE)
    }
}

impl OverdueItem {
    const fn sort(&self) -> &'static str {
        match self.kind {
            OverdueKind::Target => "target",
            OverdueKind::Milestone => "milestone",
        }
    }

    fn late(&self) -> String {
        match self.days_late {
            1 => "1 day late".to_owned(),
            days @ ..60 => format!("{days} days late"),
            days => format!("{} months late", days / 30),
        }
    }
}

impl TargetProgress {
    /// What was reached of what is to be reached, such as "61.7 % of at least 60 %".
    fn said(&self) -> String {
        let Some(value) = self.value.filter(|_| self.kind == TargetKind::Measured) else { return String::new() };
        let how = match self.comparator {
            Some(Comparator::AtMost) => "at most ",
            Some(Comparator::Equal) => "just ",
            _ => "",
        };
        let aim = format!("{how}{}", picture::told(value, self.unit));
        match self.latest.last_value {
            Some(reached) => format!("{} of {aim}", picture::told(reached, self.unit)),
            None => format!("aim {aim}, no figure"),
        }
    }

    /// The day by which it is due, while it is open.
    fn due(&self) -> Option<String> {
        let open = !matches!(self.status, Status::Met);
        self.last_due_on.filter(|_| open).map(|due| sheet::day(&due))
    }
}

impl ObjectiveProgress {
    /// How many of its targets are met, in words.
    fn told(&self) -> String {
        format!("{} of {} met", self.counts.met, self.counts.all)
    }
}
