//! How many targets of each objective have each status, as bars: by colour, by pattern and by number.

use askama::Template;

use super::status::Status;
use super::{PlanProgress, StatusCounts};
use crate::kernel::base::picture::{SvgPicture, wrapped};
use crate::kernel::base::problem::{Problem, Result};

const WIDTH: i32 = 720;
/// Where the bars begin, and how wide the longest is.
const LEFT: i32 = 288;
const LONGEST: i32 = 424;
/// How many letters of a title fit beside a bar, and on how many lines.
const LETTERS: usize = 38;
const LINES: usize = 2;
/// The top of the first bar, and the distance of two.
const TOP: i32 = 32;
const STEP: i32 = 36;

/// The order of the parts of a bar: the best first.
const ORDER: [Status; 5] = [Status::Met, Status::OnTrack, Status::AtRisk, Status::Missed, Status::NotStarted];

/// The status of targets by objective as a picture.
#[derive(Template)]
#[template(path = "standing.svg")]
pub struct StatusBars {
    keys: Vec<Key>,
    bars: Vec<Bar>,
    left: i32,
    width: i32,
    height: i32,
}

struct Key {
    x: i32,
    words: &'static str,
    fill: &'static str,
    stroke: &'static str,
}

struct Bar {
    lines: Vec<(i32, String)>,
    top: i32,
    parts: Vec<Part>,
    words: String,
}

struct Part {
    x: i32,
    width: i32,
    count: u32,
    fill: &'static str,
    stroke: &'static str,
    ink: &'static str,
    halo: &'static str,
}

impl StatusBars {
    /// The picture of a plan's progress.
    ///
    /// # Errors
    /// 500, which only a fault of the template can bring about.
    pub fn of(progress: &PlanProgress) -> Result<SvgPicture> {
        Self::drawn(progress.objectives.iter().map(|one| (one.number, one.title.as_str(), one.counts)))
    }

    /// The picture of objectives, each with its number, its title and its counts.
    ///
    /// # Errors
    /// 500, which only a fault of the template can bring about.
    pub fn drawn<'a>(objectives: impl IntoIterator<Item = (i32, &'a str, StatusCounts)>) -> Result<SvgPicture> {
        let objectives: Vec<_> = objectives.into_iter().collect();
        let most = objectives.iter().map(|(_, _, counts)| counts.all).max().unwrap_or(0).max(1);
        let bars: Vec<Bar> = objectives
            .iter()
            .zip(0..)
            .map(|((number, title, counts), at)| bar(*number, title, *counts, at, most))
            .collect();
        let places = [0, 84, 190, 286, 382];
        let key = |(status, x): (Status, i32)| {
            let (fill, stroke, ..) = paint(status);
            Key { x, words: status.words(), fill, stroke }
        };
        let keys = ORDER.into_iter().zip(places).map(key).collect();
        let count = i32::try_from(bars.len()).map_err(Problem::internal)?;
        let picture = Self { keys, bars, left: LEFT, width: WIDTH, height: TOP + STEP * count };
        picture.render().map(SvgPicture).map_err(Problem::internal)
    }
}

fn bar(number: i32, title: &str, counts: StatusCounts, at: i32, most: u32) -> Bar {
    let top = TOP + STEP * at + 4;
    let mut lines = wrapped(&format!("{number}. {title}"), LETTERS);
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    let first = if lines.len() == 1 { top + 16 } else { top + 8 };
    let lines = lines.into_iter().zip(0..).map(|(line, at)| (first + 15 * at, line)).collect();
    let mut parts = Vec::new();
    let mut done = 0;
    for status in ORDER {
        let count = counts.of(status);
        if count > 0 {
            let (from, to) = (place(done, most), place(done + count, most));
            let (fill, stroke, ink, halo) = paint(status);
            parts.push(Part { x: LEFT + from, width: to - from, count, fill, stroke, ink, halo });
            done += count;
        }
    }
    let said = ORDER.into_iter().filter(|status| counts.of(*status) > 0);
    let said: Vec<_> = said.map(|status| format!("{} {}", counts.of(status), status.words().to_lowercase())).collect();
    let said = if said.is_empty() { "no targets".to_owned() } else { said.join(", ") };
    Bar { lines, top, parts, words: format!("Objective {number}, {title}: {said}") }
}

/// How far so many of the most targets reach.
fn place(count: u32, most: u32) -> i32 {
    i32::try_from(i64::from(count) * i64::from(LONGEST) / i64::from(most)).unwrap_or(LONGEST)
}

/// The filling, the edge, the ink of the number and what surrounds the number.
const fn paint(status: Status) -> (&'static str, &'static str, &'static str, &'static str) {
    match status {
        Status::Met => ("#1d6b3f", "#1d6b3f", "#fff", "#1d6b3f"),
        Status::OnTrack => ("url(#bars-on_track)", "#2c7a45", "#14532d", "#d5efd8"),
        Status::AtRisk => ("url(#bars-at_risk)", "#8a5a00", "#4a2f00", "#f8d27a"),
        Status::Missed => ("url(#bars-missed)", "#7d1a14", "#fff", "#b3261e"),
        Status::NotStarted => ("#fff", "#6b7885", "#3d4a56", "#fff"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_bar_meet_and_the_longest_is_as_wide_as_the_scale() {
        let counts = StatusCounts { all: 7, met: 3, at_risk: 2, missed: 1, not_started: 1, on_track: 0 };
        let bar = bar(1, "Build systems", counts, 0, 7);
        let ends: Vec<_> = bar.parts.iter().map(|part| (part.x - LEFT, part.count)).collect();
        assert_eq!(ends, [(0, 3), (181, 2), (302, 1), (363, 1)]);
        assert_eq!(bar.parts.last().map(|part| part.x + part.width - LEFT), Some(LONGEST));
        assert_eq!(bar.words, "Objective 1, Build systems: 3 met, 2 at risk, 1 missed, 1 not started");
    }
}
