//! A hub's own figures beside the quartiles of all hubs that compare them.

use serde::Serialize;
use utoipa::ToSchema;

use super::distribution::{Quartiles, SCOPE, compared, period};
use crate::kernel::prelude::*;

/// The report.
pub struct BetweenHubs;

/// Which metrics are compared.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BetweenQuery {
    /// Only these metrics, by code; all that the hub compares if absent.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 80, example = json!(["schools_visited"]))]
    pub metric: Vec<String>,
}

/// A metric that the hub compares.
#[derive(Debug, Serialize, ToSchema)]
pub struct BetweenLine {
    /// The code of the metric.
    #[schema(max_length = 80, example = "schools_visited")]
    pub metric: String,
    /// What it counts.
    #[schema(max_length = 500, example = "Schools to which a visit was made in the days counted.")]
    pub meaning: Option<String>,
    /// The hub's own figure, in per cent; null where it has none.
    #[schema(minimum = 0, maximum = 100, example = 60.0)]
    pub own: Option<f64>,
    /// How many hubs the quartiles are of, this one included; null for fewer than five, which could be recognised.
    #[schema(minimum = 5, example = 17)]
    pub hubs: Option<u32>,
    /// The quartiles of all of them; null for fewer than five.
    pub quartiles: Option<Quartiles>,
}

impl ReportSource for BetweenHubs {
    const NAME: &'static str = "between-hubs";
    type Query = BetweenQuery;
    type Line = BetweenLine;

    async fn read(reading: &ReportReading<'_>, query: &BetweenQuery) -> Result<Figures<BetweenLine>> {
        if !reading.caller.sees_hub() {
            return Err(Problem::forbidden("hubs are compared only for callers who reach the whole hub"));
        }
        let mut lines = Vec::new();
        for compared in compared(reading, &query.metric).await? {
            // The own figure is no secret from a caller who sees what it counts; the quartiles hold nobody's rows.
            let entry = reading.caller.state().metrics().find(&compared.metric);
            let sees = entry.and_then(|entry| reading.caller.under(entry.read)).is_some_and(|caller| caller.sees_hub());
            lines.push(BetweenLine {
                metric: compared.metric,
                meaning: entry.map(|entry| entry.meaning.to_owned()),
                own: compared.own.filter(|_| sees),
                hubs: compared.hubs,
                quartiles: compared.quartiles,
            });
        }
        let found = lines.len() as u64;
        Ok(Figures { period: period(reading.as_at), scope: SCOPE, lines, total: None, found })
    }
}

routes! { ReadReports: report_between_hubs }

/// Compares the hub with all hubs that compare the same metrics.
///
/// Each figure is that of the academic year of `as_at`, until that day, without a filter. No hub is named, and fewer
/// than five hubs have no quartiles at all. A hub that ends its comparison is out of the quartiles at once.
#[utoipa::path(
    get,
    path = "/reports/between-hubs",
    params(Asked<BetweenHubs>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<BetweenLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_between_hubs(can: Can<ReadReports>, asked: Asked<BetweenHubs>) -> Result<Reply> {
    report::run(&can, asked).await
}
