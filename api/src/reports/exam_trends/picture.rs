//! Trends as a picture: the share of good grades of schools, local authorities and England, year by year.

use askama::Template;

use super::{ExamTrendLine, ExamTrendOf, ExamTrendQuery, ExamTrends, Wanted};
use crate::kernel::base::picture::{SvgPicture, wrapped};
use crate::kernel::base::sheet::day;
use crate::kernel::operations::report::PictureDay;
use crate::kernel::prelude::*;
use crate::outcomes::exams::rules::{self, SeriesBreak};
use crate::schools::store::reported::ReportedSchools;

/// The field in which the lines are drawn.
const LEFT: f64 = 46.0;
const TOP: f64 = 54.0;
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 240.0;
/// More lines than these nobody tells apart: the table has them all.
const MOST: usize = 8;
/// How many letters of a name fit beside its line.
const LETTERS: usize = 60;

/// Colours that people tell apart who see red and green alike, each with a pattern of its own.
const STROKES: [(&str, &str); MOST] = [
    ("#123f5a", ""),
    ("#b5541c", "7 3"),
    ("#3f7d58", "2 3"),
    ("#6b4a8a", "9 3 2 3"),
    ("#8a6d1f", "4 4"),
    ("#1f7a8a", "12 4"),
    ("#8a1f4f", "1 4"),
    ("#53606f", "6 2 2 2"),
];

#[derive(Template)]
#[template(path = "exam_trends.svg")]
struct Picture {
    title: String,
    as_at: String,
    width: i32,
    height: i32,
    left: i32,
    right: i32,
    top: i32,
    foot: i32,
    marks: Vec<(i32, String)>,
    years: Vec<Year>,
    drawn: Vec<Drawn>,
}

/// A year at the foot of the picture.
struct Year {
    x: i32,
    name: String,
    /// True if it has no results.
    without: bool,
    /// True if it is not compared with the year before.
    breaks: bool,
}

/// A trend as it is drawn.
struct Drawn {
    /// The strokes between years that are compared, as points.
    strokes: Vec<String>,
    points: Vec<(i32, i32)>,
    stroke: &'static str,
    dashes: &'static str,
    /// Where its name stands.
    y: i32,
    name: String,
    /// The figures in words.
    told: String,
}

/// Draws the lines of a report.
fn draw(
    title: String,
    as_at: String,
    years: &[String],
    wanted: &Wanted,
    lines: &[ExamTrendLine],
) -> Result<SvgPicture> {
    let place = |year: &str| years.iter().position(|known| known == year).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "30 years at most")]
    let x = |year: &str| LEFT + WIDTH * (place(year) as f64 + 0.5) / (years.len().max(1) as f64);
    let y = |share: f64| TOP + HEIGHT * (1.0 - share / 100.0);
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let same = |line: &&ExamTrendLine| line.of == first.of && line.group == first.group;
        let count = rest.iter().take_while(same).count();
        let (of_one, others) = rest.split_at(count);
        rest = others;
        let (stroke, dashes) = STROKES[drawn.len() % MOST];
        let points = |line: &ExamTrendLine| Some((rounded(x(&line.academic_year)), rounded(y(line.good?.percentage?))));
        let mut strokes: Vec<Vec<(i32, i32)>> = vec![Vec::new()];
        for line in of_one {
            let begins = line.series_break.is_some() || points(line).is_none();
            if begins && strokes.last().is_some_and(|stroke| !stroke.is_empty()) {
                strokes.push(Vec::new());
            }
            if let (Some(last), Some(point)) = (strokes.last_mut(), points(line)) {
                last.push(point);
            }
        }
        let written = strokes.iter().filter(|stroke| stroke.len() > 1);
        let written =
            written.map(|stroke| stroke.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" "));
        let below = i32::try_from(drawn.len()).unwrap_or_default() * 22;
        drawn.push(Drawn {
            strokes: written.collect(),
            points: of_one.iter().filter_map(points).collect(),
            stroke,
            dashes,
            y: rounded(TOP + HEIGHT) + 66 + below,
            name: name(first),
            told: told(of_one),
        });
        if drawn.len() == MOST {
            break;
        }
    }
    let years = years.iter().map(|year| {
        let series_break = rules::series_break(wanted.qualification, year);
        let without = series_break == Some(SeriesBreak::NoResults);
        Year { x: rounded(x(year)), name: year.clone(), without, breaks: series_break.is_some() }
    });
    let marks = [0, 25, 50, 75, 100].map(|share| (rounded(y(f64::from(share))), format!("{share} %")));
    let height = rounded(TOP + HEIGHT) + 60 + i32::try_from(drawn.len()).unwrap_or_default() * 22 + 12;
    let picture = Picture {
        title,
        as_at,
        width: rounded(LEFT + WIDTH) + 20,
        height,
        left: rounded(LEFT),
        right: rounded(LEFT + WIDTH),
        top: rounded(TOP),
        foot: rounded(TOP + HEIGHT),
        marks: marks.into(),
        years: years.collect(),
        drawn,
    };
    picture.render().map(SvgPicture).map_err(Problem::internal)
}

fn rounded(place: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
    let place = place.round() as i32;
    place
}

/// The name of a trend.
fn name(line: &ExamTrendLine) -> String {
    let group = line.group.label.clone().or_else(|| line.group.value.clone());
    let name = match (line.of, group) {
        (ExamTrendOf::Schools, None) => "Schools of the hub".to_owned(),
        (ExamTrendOf::Schools, Some(group)) => format!("Schools: {group}"),
        (_, Some(group)) => format!("{group} (published)"),
        (_, None) => "Published".to_owned(),
    };
    wrapped(&name, LETTERS).into_iter().next().unwrap_or_default()
}

/// The figures in words, for people who do not see the lines.
fn told(lines: &[ExamTrendLine]) -> String {
    let share = |line: &ExamTrendLine| Some((line.good?.percentage?, line.good?.denominator));
    let one = |line: &ExamTrendLine| match (share(line), line.series_break) {
        (Some((share, of)), _) => format!("{}: {share} % of {of}", line.academic_year),
        (None, Some(SeriesBreak::NoResults)) => format!("{}: no results", line.academic_year),
        (None, _) if line.suppressed => format!("{}: withheld, since numbers are small", line.academic_year),
        (None, _) => format!("{}: not known", line.academic_year),
    };
    lines.iter().map(one).collect::<Vec<_>>().join("; ")
}

routes! { ReadOutcomes: draw_exam_trends }

/// Draws the share of good grades over the years: of schools, beside local authorities, regions and England.
///
/// A line is broken where a year has no results, or is not comparable with the year before.
#[utoipa::path(
    get,
    path = "/reports/exam-trends/picture",
    params(And<ExamTrendQuery, And<ReportedSchools, PictureDay>>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_exam_trends(
    can: Can<ReadOutcomes>,
    asked: Query<And<ExamTrendQuery, And<ReportedSchools, PictureDay>>>,
) -> Result<Reply> {
    let And(query, And(schools, PictureDay { as_at })) = asked.0;
    let as_at = as_at.unwrap_or_else(|| can.today());
    let db = can.db().report_snapshot().await?;
    let reading = ReportReading::new(&can, as_at, &db);
    let wanted = Wanted::of(&reading, &query)?;
    let figures = ExamTrends::read(&reading, &And(query.clone(), schools)).await?;
    db.rollback().await?;
    let grade = query.grade.unwrap_or_else(|| rules::usual(wanted.qualification).to_owned());
    let qualification = wanted.qualification.as_str().replace('_', " ");
    let subject = wanted.subject.as_str().replace('_', " ");
    let title = format!("{subject}, {qualification}: share at grade {grade} or better");
    Ok(draw(title, day(&as_at), &wanted.years, &wanted, &figures.lines)?.reply())
}
