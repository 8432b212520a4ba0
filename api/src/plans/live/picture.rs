//! The series of a target as a picture: its figure, what was to be expected, its dues and how it stands.

use askama::Template;
use entity::plans::target::TargetUnit;
use time::Date;

use super::series::{SeriesPoint, TargetSeries, series};
use crate::kernel::base::picture::{SvgPicture, wrapped};
use crate::kernel::base::sheet::day;
use crate::kernel::prelude::*;
use crate::plans::progress::status::Status;

/// How wide the picture is unless somebody asks for another width.
const WIDTH: i32 = 640;
/// Where the lines begin.
const LEFT: i32 = 64;
/// How far from the edge they end.
const MARGIN: i32 = 16;
/// How high they run at most.
const TALL: i32 = 200;
/// How far the scale begins below the heading: the words of a target that is its highest figure stand between.
const HEAD: i32 = 28;
/// How wide a letter of the heading is, in hundredths.
const LETTER: i32 = 865;
/// How wide the name of a month is, with the space beside it.
const MONTH: i32 = 72;
/// How wide the word at a due is, with the space beside it.
const DUE: i32 = 36;

#[derive(Template)]
#[template(path = "series.svg")]
struct Picture {
    title: String,
    words: String,
    heading: Vec<(i32, String)>,
    rungs: Vec<(i32, String)>,
    months: Vec<Named>,
    dues: Vec<Named>,
    goal: Option<i32>,
    goal_words: String,
    expected: String,
    line: String,
    dots: Vec<Dot>,
    standing: String,
    left: i32,
    right: i32,
    top: i32,
    foot: i32,
    legend: i32,
    width: i32,
    height: i32,
}

/// A place on the axis of days, and what stands there; no words where there is no room.
struct Named {
    x: i32,
    words: Option<String>,
    /// Which part of the words is at the place: `start`, `middle` or `end`.
    anchor: &'static str,
}

impl Named {
    /// Where the words begin, end or have their middle: a little beside the place where they do not stand over it.
    fn edge(&self) -> i32 {
        match self.anchor {
            "start" => self.x + 4,
            "end" => self.x - 4,
            _ => self.x,
        }
    }
}

struct Dot {
    x: i32,
    y: i32,
    fill: &'static str,
    words: String,
}

/// Where days and figures stand in the picture.
struct Plane {
    first: Date,
    days: i32,
    most: f64,
    top: i32,
    right: i32,
}

impl Plane {
    fn of(series: &TargetSeries, top: i32, right: i32) -> Self {
        let first = series.points.first().map_or(Date::MIN, |point| point.as_at);
        let last = series.points.last().map_or(first, |point| point.as_at);
        let due = series.dues.iter().map(|due| due.last_day).max();
        let last = due.map_or(last, |due| Ord::max(due, last));
        let figures = series.points.iter().flat_map(|point| [point.value, point.expected]).flatten();
        let most = figures.chain(series.value).fold(0.0, f64::max);
        let days = Ord::max(last.to_julian_day() - first.to_julian_day(), 1);
        Self { first, days, most: rounded(most), top, right }
    }

    fn x(&self, day: Date) -> i32 {
        let gone = (day.to_julian_day() - self.first.to_julian_day()).clamp(0, self.days);
        LEFT + i32::try_from(i64::from(gone) * i64::from(self.right - LEFT) / i64::from(self.days)).unwrap_or(0)
    }

    fn y(&self, figure: f64) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
        let up = (figure / self.most * f64::from(TALL)).round() as i32;
        self.top + TALL - up.clamp(0, TALL)
    }

    fn line(&self, points: impl Iterator<Item = (Date, f64)>) -> String {
        let places = points.map(|(day, figure)| format!("{},{}", self.x(day), self.y(figure)));
        places.collect::<Vec<_>>().join(" ")
    }
}

/// The least figure of the form 1, 2, 4 or 5 times a power of ten that is at least so much.
fn rounded(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 8.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= most).unwrap_or(most)
}

/// How many steps a scale has up to a figure of that form, so that each is round, and whole where things are counted.
fn steps(most: f64, unit: Option<TargetUnit>) -> i32 {
    let is_counted = !matches!(unit, Some(TargetUnit::Percent | TargetUnit::Pence | TargetUnit::Fte));
    let power = 10_f64.powf(most.log10().floor());
    #[expect(clippy::cast_possible_truncation, reason = "a figure of one digit")]
    match (most / power).round() as i32 {
        5 => 5,
        few if is_counted && power <= 1.0 => few.min(4),
        1 => 5,
        _ => 4,
    }
}

fn draw(series: &TargetSeries, width: i32) -> Result<SvgPicture> {
    let letters = usize::try_from(width * 100 / LETTER).unwrap_or_default();
    let heading = wrapped(&series.statement, letters).into_iter().zip(0..);
    let heading: Vec<_> = heading.map(|(line, at)| (16 + 20 * at, line)).collect();
    let top = heading.last().map_or(16, |(foot, _)| *foot) + HEAD;
    let plane = Plane::of(series, top, width - MARGIN);
    let figure = |figure: f64| words_of(figure, series.unit);
    let steps = steps(plane.most, series.unit);
    let rungs = (0..=steps).map(|step| f64::from(step) * plane.most / f64::from(steps));
    let rungs = rungs.map(|rung| (plane.y(rung), figure(rung))).collect();
    let known = || series.points.iter().filter_map(|point| Some((point, point.value?)));
    let dot = |(point, value): (&SeriesPoint, f64)| Dot {
        x: plane.x(point.as_at),
        y: plane.y(value),
        fill: colour(point.status),
        words: format!("{}: {}, {}", day(&point.as_at), figure(value), name(point.status)),
    };
    let last = series.points.last();
    let standing = last.map(|point| {
        let value = point.value.map_or_else(|| "no figure".to_owned(), figure);
        let left_out = match series.left_out {
            0 => String::new(),
            months => format!("; early months left out: {months}"),
        };
        format!("{}: {value}, {}{left_out}", day(&point.as_at), name(point.status))
    });
    let dots: Vec<Dot> = known().map(dot).collect();
    let words: Vec<&str> = dots.iter().map(|dot| dot.words.as_str()).collect();
    let picture = Picture {
        title: series.statement.clone(),
        words: words.join("; "),
        heading,
        rungs,
        months: months(series, &plane),
        dues: dues(series, &plane),
        goal: series.value.map(|value| plane.y(value)),
        goal_words: series.value.map(|value| format!("target {}", figure(value))).unwrap_or_default(),
        expected: plane.line(series.points.iter().filter_map(|point| Some((point.as_at, point.expected?)))),
        line: plane.line(known().map(|(point, value)| (point.as_at, value))),
        standing: standing.unwrap_or_default(),
        dots,
        left: LEFT,
        right: plane.right,
        top,
        foot: top + TALL,
        legend: top + TALL + 48,
        width,
        height: top + TALL + 84,
    };
    picture.render().map(SvgPicture).map_err(Problem::internal)
}

/// The days that the axis names: the last one, and before it as many as there is room for, evenly.
fn months(series: &TargetSeries, plane: &Plane) -> Vec<Named> {
    let room = usize::try_from((plane.right - LEFT) / MONTH).unwrap_or_default().max(1);
    let every = series.points.len().div_ceil(room).max(1);
    let label = |point: &SeriesPoint| {
        let month = point.as_at.month().to_string();
        format!("{} {}", month.get(..3).unwrap_or_default(), point.as_at.year())
    };
    let mut named: Vec<Named> = Vec::new();
    for point in series.points.iter().rev().step_by(every) {
        let x = plane.x(point.as_at);
        // Half a name fits into the margin on the left, and not into the one on the right.
        let anchor = if x + MONTH / 2 > plane.right + MARGIN { "end" } else { "middle" };
        let taken = |last: &Named| {
            let middle = if last.anchor == "end" { last.x - MONTH / 2 } else { last.x };
            middle - x < MONTH
        };
        if !named.last().is_some_and(taken) {
            named.push(Named { x, words: Some(label(point)), anchor });
        }
    }
    named
}

/// The days on which the target is due. The word stands at the first of several that are close together.
fn dues(series: &TargetSeries, plane: &Plane) -> Vec<Named> {
    let mut places: Vec<i32> = series.dues.iter().map(|due| plane.x(due.last_day)).collect();
    places.sort_unstable();
    places.dedup();
    let mut free = LEFT;
    let due = |x: i32| {
        let anchor = if x - LEFT < DUE { "start" } else { "end" };
        let begins = if anchor == "start" { x } else { x - DUE };
        let words = (begins >= free).then(|| "due".to_owned());
        if words.is_some() {
            free = begins + DUE;
        }
        Named { x, words, anchor }
    };
    places.into_iter().map(due).collect()
}

fn words_of(figure: f64, unit: Option<TargetUnit>) -> String {
    let plain = format!("{}", (figure * 100.0).round() / 100.0);
    match unit {
        Some(TargetUnit::Percent) => format!("{plain} %"),
        Some(TargetUnit::Pence) => format!("£{}", (figure / 100.0).round()),
        Some(TargetUnit::Fte) => format!("{plain} FTE"),
        Some(TargetUnit::Days) => format!("{plain} days"),
        _ => plain,
    }
}

/// The status within a sentence.
fn name(status: Status) -> String {
    status.words().to_lowercase()
}

const fn colour(status: Status) -> &'static str {
    match status {
        Status::NotStarted => "#ffffff",
        Status::OnTrack => "#9fd0b0",
        Status::Met => "#1d6b3a",
        Status::AtRisk => "#f2b84b",
        Status::Missed => "#b3261e",
    }
}

/// How a picture is drawn.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PictureQuery {
    /// How many pixels wide it is drawn, 320 to 1200; 640 if absent. Ask for the width at which it is shown: the words
    /// then have the size of a page's own.
    #[param(minimum = 320, maximum = 1200, example = 640)]
    width: Option<i32>,
}

routes! { ReadPlans: draw_target_series }

/// Draws the figure of a target month by month, beside what was to be expected, with its dues and its status.
///
/// The picture has the points of the series and says how many months are left out.
#[utoipa::path(
    get,
    path = "/targets/{id}/series/picture",
    params(PictureQuery),
    responses(
        (status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture),
        (status = 409),
    ),
)]
async fn draw_target_series(can: Can<ReadPlans>, id: Id, query: Query<PictureQuery>) -> Result<Reply> {
    Ok(draw(&series(&can, id.0).await?, query.width.unwrap_or(WIDTH))?.reply())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_scale_are_round_and_of_things_counted_whole() {
        let step = |most: f64, unit| words_of(most / f64::from(steps(most, Some(unit))), Some(unit));
        let scales = [1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 20.0, 40.0, 50.0, 80.0, 100.0];
        let counted = scales.map(|most| step(most, TargetUnit::Sessions));
        assert_eq!(counted.join(" "), "1 1 1 1 2 2 5 10 10 20 20");
        assert_eq!([1.0, 2.0].map(|most| step(most, TargetUnit::Fte)), ["0.2 FTE", "0.5 FTE"]);
    }
}
