//! The road map as a page to print on A4, and to read on a screen.

use askama::Template;
use time::Date;

use super::{RoadMap, RoadMapState, RoadMapStep};
use crate::kernel::base::clock::day_of;
use crate::kernel::base::problem::Result;
use crate::kernel::base::sheet::{self, Sheet, day};
use crate::reports::timeline::TimelineKind;

#[derive(Template)]
#[template(path = "road_map.html")]
struct Page<'a> {
    of: &'a RoadMap,
    months: Vec<Month<'a>>,
    style: &'a str,
}

/// The steps of a month.
struct Month<'a> {
    /// Such as "September 2014".
    title: String,
    steps: Vec<&'a RoadMapStep>,
}

/// The road map as a page.
///
/// # Errors
/// 500, which only a fault of the template can bring about.
pub fn html(map: &RoadMap) -> Result<Sheet> {
    let foot = format!("Road map · {} · {}", map.school_name, day(&map.as_at));
    Sheet::new(include_str!("../../../templates/road_map.css"), &foot, |style| {
        Page { of: map, months: months(&map.steps), style }.render()
    })
}

fn months(steps: &[RoadMapStep]) -> Vec<Month<'_>> {
    let mut months: Vec<Month<'_>> = Vec::new();
    for step in steps {
        let on = step.on();
        let title = format!("{} {}", on.month(), on.year());
        match months.last_mut().filter(|month| month.title == title) {
            Some(month) => month.steps.push(step),
            None => months.push(Month { title, steps: vec![step] }),
        }
    }
    months
}

// What the template asks, under names that it can call.

impl Page<'_> {
    /// The steps in a few words: how many are taken, to come and overdue.
    fn told(&self) -> String {
        let count = |state| self.of.steps.iter().filter(|step| step.state == state).count();
        let (taken, agreed) = (count(RoadMapState::Taken), count(RoadMapState::Agreed));
        let overdue = match count(RoadMapState::Overdue) {
            0 => String::new(),
            overdue => format!(", {overdue} overdue"),
        };
        format!("{taken} taken, {agreed} to come{overdue}")
    }
}

impl RoadMapStep {
    fn on(&self) -> Date {
        day_of(self.at)
    }

    /// The day within its month.
    fn day(&self) -> u8 {
        self.on().day()
    }

    /// What it is, for people.
    fn sort(&self) -> String {
        let kind = match self.kind {
            TimelineKind::Visit => "Visit",
            TimelineKind::Evaluation => "Evaluation",
            TimelineKind::AwardApplication => "Award",
            TimelineKind::Order => "Support ordered",
            TimelineKind::Training => "Training",
            _ => "To do",
        };
        match &self.what {
            Some(what) => format!("{kind}, {}", what.replace('_', " ")),
            None => kind.to_owned(),
        }
    }

    /// A sign for the state, beside its word.
    const fn sign(&self) -> &'static str {
        match self.state {
            RoadMapState::Taken => "✓",
            RoadMapState::Agreed => "○",
            RoadMapState::Overdue => "!",
        }
    }

    const fn word(&self) -> &'static str {
        match self.state {
            RoadMapState::Taken => "done",
            RoadMapState::Agreed => "to come",
            RoadMapState::Overdue => "overdue",
        }
    }
}
