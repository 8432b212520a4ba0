//! The results as a picture: a bar for each section, and the last time below it.

use askama::Template;

use super::{EvaluationResults, SectionResult};
use crate::kernel::base::picture::{SvgPicture, wrapped};
use crate::kernel::prelude::*;

/// How wide the picture is, and how wide the scale in it.
const WIDTH: i32 = 560;
const SCALE: i32 = 420;
/// How many letters of a title fit on a line.
const LETTERS: usize = 60;

#[derive(Template)]
#[template(path = "evaluation.svg")]
struct Picture<'a> {
    results: &'a EvaluationResults,
    bars: Vec<Bar<'a>>,
    width: i32,
    scale: i32,
    height: i32,
    /// The year of the evaluation before, where a section is compared with it.
    before: Option<&'a str>,
}

/// A section of the picture. All figures are places in it.
struct Bar<'a> {
    section: &'a SectionResult,
    /// The lines of the title, each with the foot of its letters.
    lines: Vec<(i32, String)>,
    /// The top of the bar.
    top: i32,
    /// How long the bar is, and that of the last time.
    now: Option<i32>,
    before: Option<i32>,
    /// Where the levels end on the scale.
    ticks: Vec<i32>,
}

impl Bar<'_> {
    /// The level in words.
    fn value(&self) -> String {
        match self.section.average_level {
            Some(level) => format!("{level:.1} of {}", self.section.levels),
            None if self.section.unanswered > 0 => "not answered yet".to_owned(),
            None => "does not apply".to_owned(),
        }
    }

    /// The change in words, with a sign beside them.
    fn change(&self) -> Option<String> {
        let change = self.section.change.as_ref()?;
        let by = ((change.now - change.before) * 10.0).round() / 10.0;
        Some(match by {
            by if by > 0.0 => format!("▲ up {by:.1}"),
            by if by < 0.0 => format!("▼ down {:.1}", -by),
            _ => "= as before".to_owned(),
        })
    }

    /// What a reader who does not see the bar hears.
    fn spoken(&self) -> String {
        let change = self.change().map(|change| format!(", {}", change.trim_start_matches(['▲', '▼', '=', ' '])));
        format!("{}: {}{}", self.section.title, self.value(), change.unwrap_or_default())
    }
}

/// The results as a picture.
///
/// # Errors
/// 500, which only a fault of the template can bring about.
pub fn draw(results: &EvaluationResults) -> Result<SvgPicture> {
    let compared = results.sections.iter().any(|section| section.change.is_some());
    let before = results.previous.as_ref().filter(|_| compared).map(|previous| previous.academic_year.as_str());
    let mut top = 66;
    let mut bars = Vec::with_capacity(results.sections.len());
    for section in &results.sections {
        let lines = wrapped(&section.title, LETTERS).into_iter().zip(0..).map(|(line, at)| (top + 19 * at, line));
        let lines: Vec<_> = lines.collect();
        top = lines.last().map_or(top, |(foot, _)| *foot) + 8;
        let length = |level: f64| length(level, section.levels);
        bars.push(Bar {
            section,
            lines,
            top,
            now: section.average_level.map(length),
            before: section.change.as_ref().map(|change| length(change.before)),
            ticks: (1..section.levels).map(|level| length_of(level, section.levels)).collect(),
        });
        top += if section.change.is_some() { 66 } else { 50 };
    }
    let picture = Picture { results, bars, width: WIDTH, scale: SCALE, height: top - 14, before };
    picture.render().map(SvgPicture).map_err(Problem::internal)
}

fn length(level: f64, levels: i32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
    let length = (level / f64::from(levels) * f64::from(SCALE)).round() as i32;
    length
}

fn length_of(level: i32, levels: i32) -> i32 {
    length(f64::from(level), levels)
}

routes! { ReadFrameworks: get_evaluation_picture }

/// Draws what an evaluation found: the level of each section, and that of the last time below it.
#[utoipa::path(
    get,
    path = "/evaluations/{id}/picture",
    params(("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture),
        (status = 304, description = "The picture named in `If-None-Match` is still the same."),
    ),
)]
async fn get_evaluation_picture(can: Can<ReadFrameworks>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let found = super::find(&can, &db, id.0).await?;
    let reply = draw(&found.results)?.reply();
    Ok(reply.version_and_hash(found.evaluation.version))
}
