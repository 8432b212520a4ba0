//! The capacity as a picture: a bar of full-time equivalents for each group, and the people beside it.

use askama::Template;
use time::Date;

use super::{Capacity, CapacityLine, CapacityQuery};
use crate::kernel::base::picture::{SvgPicture, wrapped};
use crate::kernel::base::sheet::day;
use crate::kernel::operations::report::PictureDay;
use crate::kernel::prelude::*;

/// How wide the picture is, and how wide the scale in it.
const WIDTH: i32 = 640;
const SCALE: i32 = 420;
/// How many letters of a name fit on a line.
const LETTERS: usize = 60;
/// More lines than this are no picture: the table has them all.
const MOST: usize = 60;

#[derive(Template)]
#[template(path = "capacity.svg")]
struct Picture {
    as_at: String,
    bars: Vec<Bar>,
    width: i32,
    scale: i32,
    height: i32,
}

/// A group of the picture. All figures but the texts are places in it.
struct Bar {
    /// The lines of the name, each with the foot of its letters.
    lines: Vec<(i32, String)>,
    /// The top of the bar.
    top: i32,
    filled: i32,
    vacant: i32,
    tentative: i32,
    /// The figures in words.
    value: String,
    people: String,
    name: String,
}

fn draw(lines: &[CapacityLine], as_at: Date) -> Result<SvgPicture> {
    let whole = |line: &CapacityLine| line.fte + line.fte_vacant + line.fte_tentative;
    let most = lines.iter().map(whole).fold(1.0, f64::max);
    let mut top = 66;
    let mut bars = Vec::with_capacity(lines.len());
    for line in lines.iter().take(MOST) {
        let name = line.group.label.clone().unwrap_or_else(|| "Without".to_owned());
        let rows: Vec<_> = wrapped(&name, LETTERS).into_iter().zip(0..).map(|(row, at)| (top + 19 * at, row)).collect();
        top = rows.last().map_or(top, |(foot, _)| *foot) + 8;
        bars.push(Bar {
            lines: rows,
            top,
            filled: length(line.fte, most),
            vacant: length(line.fte_vacant, most),
            tentative: length(line.fte_tentative, most),
            value: value(line),
            people: people(line),
            name,
        });
        top += 66;
    }
    let picture = Picture { as_at: day(&as_at), bars, width: WIDTH, scale: SCALE, height: top - 14 };
    picture.render().map(SvgPicture).map_err(Problem::internal)
}

fn length(fte: f64, most: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a place in the picture")]
    let length = (fte / most * f64::from(SCALE)).round() as i32;
    length
}

/// The full-time equivalents in words.
fn value(line: &CapacityLine) -> String {
    let mut parts = vec![format!("{:.2} FTE", line.fte)];
    if line.fte_vacant > 0.0 {
        parts.push(format!("{:.2} vacant", line.fte_vacant));
    }
    if line.fte_tentative > 0.0 {
        parts.push(format!("{:.2} tentative", line.fte_tentative));
    }
    parts.join(", ")
}

/// The people in words.
fn people(line: &CapacityLine) -> String {
    let people = if line.people == 1 { "1 person".to_owned() } else { format!("{} people", line.people) };
    format!("{people}, {} with a designation", line.designated)
}

routes! { ReadReports: draw_capacity }

/// Draws which work there are people for: full-time equivalents with vacancies, and people with a role, on a day.
#[utoipa::path(
    get,
    path = "/reports/capacity/picture",
    params(And<CapacityQuery, PictureDay>),
    responses((status = 200, description = "The picture.", content_type = "image/svg+xml", body = SvgPicture)),
)]
async fn draw_capacity(can: Can<ReadReports>, asked: Query<And<CapacityQuery, PictureDay>>) -> Result<Reply> {
    let And(query, PictureDay { as_at }) = &asked.0;
    let as_at = as_at.unwrap_or_else(|| can.today());
    let db = can.db().report_snapshot().await?;
    let figures = Capacity::read(&ReportReading::new(&can, as_at, &db), query).await?;
    db.rollback().await?;
    Ok(draw(&figures.lines, as_at)?.reply())
}
