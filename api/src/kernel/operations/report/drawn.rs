//! Reports as pictures: a bar for each line.

use serde::Deserialize;
use time::Date;
use utoipa::IntoParams;

use super::{ReportReading, ReportSource};
use crate::kernel::base::bars::{BarPart, Bars, MOST, PictureBar};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::base::sheet::day;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::query::And;

/// A report that people would rather look at.
pub trait DrawnReport: ReportSource {
    /// What the picture shows, before the day.
    const TITLE: &'static str;
    /// What the parts of a bar stand for.
    const PARTS: &'static [BarPart];
    /// True if the bars are compared with each other, as sums of money are: the longest one fills the scale. Otherwise
    /// each bar has a scale of its own.
    const COMPARED: bool = false;

    /// The bar of a line.
    fn bar(line: &Self::Line) -> PictureBar;
}

/// The day of a picture.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PictureDay {
    /// The day for which the figures hold, in the past or in the future; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub as_at: Option<Date>,
}

/// Answers with the picture of a report: its lines, or the total where there is no line.
///
/// # Errors
/// 503 when as many reports are being made as there are connections for them; every error of the report's.
pub async fn draw<R: DrawnReport>(
    caller: &Caller,
    And(query, PictureDay { as_at }): &And<R::Query, PictureDay>,
) -> Result<Reply> {
    let as_at = as_at.unwrap_or_else(|| caller.today());
    let db = caller.db().report_snapshot().await?;
    let figures = R::read(&ReportReading::new(caller, as_at, &db), query).await?;
    db.rollback().await?;
    let mut bars: Vec<PictureBar> = figures.lines.iter().map(R::bar).collect();
    if bars.is_empty() {
        bars.extend(figures.total.iter().map(R::bar));
    }
    if R::COMPARED {
        let longest = bars.iter().take(MOST).map(|bar| bar.whole).fold(0.0, f64::max);
        for bar in &mut bars {
            bar.whole = longest;
        }
    }
    let bars = Bars { title: format!("{} on {}", R::TITLE, day(&as_at)), parts: R::PARTS, bars };
    Ok(bars.draw().map_err(Problem::internal)?.reply())
}
