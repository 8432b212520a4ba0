//! Participation as a picture: a bar for each line, with the figures in words.

use askama::Template;

use super::{Participation, ParticipationLine, ParticipationQuery};
use crate::kernel::base::picture::{SvgPicture, wrapped};
use crate::kernel::operations::report::PictureDay;
use crate::kernel::prelude::*;
use crate::schools::store::reported::ReportedSchools;

const WIDTH: i32 = 640;
const SCALE: i32 = 420;
/// How many letters of a name fit on a line.
const LETTERS: usize = 60;
/// More lines than this are no picture: the table has them all.
const MOST: usize = 60;

#[derive(Template)]
#[template(path = "participation.svg")]
struct Picture {
    title: String,
    bars: Vec<Bar>,
    width: i32,
    scale: i32,
    height: i32,
}

/// A line of the picture. All figures but the texts are places in it.
struct Bar {
    /// The lines of the name, each with the foot of its letters.
    lines: Vec<(i32, String)>,
    top: i32,
    length: i32,
    name: String,
    words: String,
}

fn draw(lines: &[ParticipationLine], code: &str) -> Result<SvgPicture> {
    let most = lines.iter().filter_map(|line| line.value).fold(1, Ord::max);
    let mut top = 66;
    let mut bars = Vec::with_capacity(lines.len());
    for line in lines.iter().take(MOST) {
        let name = line.group.label.clone().unwrap_or_else(|| "Without".to_owned());
        let rows: Vec<_> = wrapped(&name, LETTERS).into_iter().zip(0..).map(|(row, at)| (top + 19 * at, row)).collect();
        top = rows.last().map_or(top, |(foot, _)| *foot) + 8;
        let length = line.value.unwrap_or(0) * i64::from(SCALE) / most;
        let length = i32::try_from(length).unwrap_or(SCALE);
        bars.push(Bar { lines: rows, top, length, name, words: words(line) });
        top += 66;
    }
    let picture = Picture { title: code.replace('_', " "), bars, width: WIDTH, scale: SCALE, height: top - 14 };
    picture.render().map(SvgPicture).map_err(Problem::internal)
}

fn words(line: &ParticipationLine) -> String {
    let value = match (line.value, line.suppressed) {
        (_, true) => "withheld, since the number is small".to_owned(),
        (Some(value), false) => value.to_string(),
        (None, false) => "no figure".to_owned(),
    };
    let left_out = match line.withheld_figures {
        0 => String::new(),
        1 => ", without 1 small figure".to_owned(),
        more => format!(", without {more} small figures"),
    };
    let share = line.reached.percentage.map(|share| format!("; {share} % of {} schools", line.schools));
    format!("{value}{left_out}{}", share.unwrap_or_default())
}

routes! { ReadOutcomes: draw_participation }

/// Draws how many take part by one measure, with the share of schools reached. Small numbers are withheld as in the
/// report.
#[utoipa::path(
    get,
    path = "/reports/participation/picture",
    params(And<ParticipationQuery, And<ReportedSchools, PictureDay>>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_participation(
    can: Can<ReadOutcomes>,
    asked: Query<And<ParticipationQuery, And<ReportedSchools, PictureDay>>>,
) -> Result<Reply> {
    let And(query, And(schools, PictureDay { as_at })) = &asked.0;
    let as_at = as_at.unwrap_or_else(|| can.today());
    let db = can.db().report_snapshot().await?;
    let wanted = And(query.clone(), schools.clone());
    let figures = Participation::read(&ReportReading::new(&can, as_at, &db), &wanted).await?;
    db.rollback().await?;
    Ok(draw(&figures.lines, query.definition_code.as_deref().unwrap_or(super::MEASURE))?.reply())
}
