//! The pictures of the page for governors: a target month by month, and how much support schools need.

use askama::Template;
use entity::plans::target::TargetUnit;
use time::Date;

use crate::kernel::base::picture::SvgPicture;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::sheet::day;
use crate::plans::live::series::SeriesPoint;
use crate::plans::live::series::TargetSeries;
use crate::reports::rating_spread::RatingSpread;

const WIDTH: i32 = 360;
const HEIGHT: i32 = 178;
/// Where the lines run.
const LEFT: i32 = 42;
const RIGHT: i32 = 348;
const TOP: i32 = 14;
const FOOT: i32 = 132;
/// How many steps the scale has.
const STEPS: i32 = 4;
/// How many days the axis names at most.
const NAMED: usize = 5;

#[derive(Template)]
#[template(path = "headline.svg")]
struct Headline {
    /// Makes the ids of two pictures on a page differ.
    number: usize,
    title: String,
    words: String,
    rungs: Vec<(i32, String)>,
    months: Vec<(i32, String)>,
    goal: Option<i32>,
    goal_words: String,
    /// Where the words of the goal stand: above the line, or below it at the top of the picture.
    goal_foot: i32,
    expected: String,
    line: String,
    last: Option<(i32, i32)>,
    left: i32,
    right: i32,
    foot: i32,
    width: i32,
    height: i32,
}

/// Draws a target month by month, beside what was to be expected.
///
/// # Errors
/// 500, which only a fault of the template can bring about.
pub fn headline(series: &TargetSeries, number: usize) -> Result<SvgPicture> {
    let known: Vec<(&SeriesPoint, f64)> =
        series.points.iter().filter_map(|point| Some((point, point.value?))).collect();
    let expected: Vec<(&SeriesPoint, f64)> =
        series.points.iter().filter_map(|point| Some((point, point.expected?))).collect();
    let figures = known.iter().chain(&expected).map(|(_, figure)| *figure).chain(series.value);
    let most = match series.unit {
        Some(TargetUnit::Percent) => 100.0,
        _ => rounded(figures.fold(0.0, f64::max)),
    };
    let first = series.points.first().map_or(Date::MIN, |point| point.as_at);
    let days = series.points.last().map_or(1, |point| point.as_at.to_julian_day() - first.to_julian_day()).max(1);
    let x = |on: Date| {
        let gone = i64::from(on.to_julian_day() - first.to_julian_day());
        LEFT + i32::try_from(gone * i64::from(RIGHT - LEFT) / i64::from(days)).unwrap_or(0)
    };
    let y = |figure: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
        let up = (figure / most * f64::from(FOOT - TOP)).round() as i32;
        FOOT - up.clamp(0, FOOT - TOP)
    };
    let line = |points: &[(&SeriesPoint, f64)]| {
        let places = points.iter().map(|(point, figure)| format!("{},{}", x(point.as_at), y(*figure)));
        places.collect::<Vec<_>>().join(" ")
    };
    let rungs = (0..=STEPS).map(|step| f64::from(step) * most / f64::from(STEPS));
    let every = series.points.len().div_ceil(NAMED).max(1);
    let months = series.points.iter().rev().step_by(every).map(|point| (x(point.as_at), month(point.as_at)));
    let goal = series.value.map(y);
    let words = known.iter().map(|(point, figure)| format!("{}: {}", day(&point.as_at), told(*figure, series.unit)));
    let picture = Headline {
        number,
        title: series.statement.clone(),
        words: words.collect::<Vec<_>>().join("; "),
        rungs: rungs.map(|rung| (y(rung), told(rung, series.unit))).collect(),
        months: months.collect(),
        goal,
        goal_words: series.value.map(|value| format!("target {}", told(value, series.unit))).unwrap_or_default(),
        goal_foot: goal.map_or(0, |goal| if goal < TOP + 14 { goal + 14 } else { goal - 5 }),
        expected: line(&expected),
        line: line(&known),
        last: known.last().map(|(point, figure)| (x(point.as_at), y(*figure))),
        left: LEFT,
        right: RIGHT,
        foot: FOOT,
        width: WIDTH,
        height: HEIGHT,
    };
    picture.render().map(SvgPicture).map_err(Problem::internal)
}

/// The least figure of the form 1, 2, 4, 5 or 8 times a power of ten that is at least so much.
fn rounded(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 8.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= most).unwrap_or(most)
}

fn month(on: Date) -> String {
    let name = on.month().to_string();
    format!("{} {:02}", name.get(..3).unwrap_or_default(), on.year().rem_euclid(100))
}

/// A figure with its unit, without needless decimals.
pub fn told(figure: f64, unit: Option<TargetUnit>) -> String {
    let plain = format!("{}", (figure * 10.0).round() / 10.0);
    match unit {
        Some(TargetUnit::Percent) => format!("{plain}\u{a0}%"),
        Some(TargetUnit::Pence) => format!("£{}", (figure / 100.0).round()),
        Some(TargetUnit::Fte) => format!("{plain}\u{a0}FTE"),
        Some(TargetUnit::Days) => format!("{plain}\u{a0}days"),
        Some(TargetUnit::Schools) => format!("{plain}\u{a0}schools"),
        Some(TargetUnit::People) => format!("{plain}\u{a0}people"),
        Some(TargetUnit::Sessions) => format!("{plain}\u{a0}sessions"),
        _ => plain,
    }
}

#[derive(Template)]
#[template(path = "ratings.svg")]
struct Ratings {
    parts: Vec<Part>,
    words: String,
}

struct Part {
    x: i64,
    width: i64,
    count: i64,
    fill: &'static str,
    stroke: &'static str,
    ink: &'static str,
    halo: &'static str,
    words: &'static str,
    /// Where its words stand below the bar.
    key: i64,
}

/// How wide the bar of ratings is.
const BAR: i64 = 712;
/// How wide the words of a colour are: the coloured square with its distances, and each letter.
const KEY: i64 = 42;
const LETTER: i64 = 7;

/// Draws how much support the schools need.
///
/// # Errors
/// 500, which only a fault of the template can bring about.
pub fn ratings(spread: &RatingSpread) -> Result<SvgPicture> {
    let colours = [
        (spread.red.numerator, "red: much support", "url(#ratings-red)", "#7d1a14", "#fff", "#b3261e"),
        (spread.amber.numerator, "amber: some support", "url(#ratings-amber)", "#8a5a00", "#4a2f00", "#f8d27a"),
        (spread.green.numerator, "green: little support", "#1d6b3f", "#1d6b3f", "#fff", "#1d6b3f"),
        (spread.without_rating.numerator, "not rated", "#fff", "#6b7885", "#3d4a56", "#fff"),
    ];
    let all = Ord::max(spread.schools, 1);
    let (mut done, mut key) = (0, 4);
    let mut parts = Vec::with_capacity(colours.len());
    for (count, words, fill, stroke, ink, halo) in colours {
        let (from, to) = (done * BAR / all, (done + count) * BAR / all);
        parts.push(Part { x: 4 + from, width: to - from, count, fill, stroke, ink, halo, words, key });
        done += count;
        let letters = count.to_string().len() + words.len();
        key += KEY + i64::try_from(letters).unwrap_or(0) * LETTER;
    }
    let words = parts.iter().map(|part| format!("{} {}", part.count, part.words)).collect::<Vec<_>>().join("; ");
    Ratings { parts, words }.render().map(SvgPicture).map_err(Problem::internal)
}
