//! The distributions of compared metrics over all hubs, for the platform.

use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::distribution::{Quartiles, compared, period};
use crate::kernel::prelude::*;

/// The distributions of compared metrics on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricDistributions {
    /// The day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-03-31")]
    pub as_at: Date,
    /// The days over which events are counted.
    pub period: Option<Period>,
    /// In the order of their codes.
    #[schema(max_items = 200)]
    pub items: Vec<MetricDistribution>,
}

/// How the figures of a metric lie among hubs.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricDistribution {
    /// The code of the metric.
    #[schema(max_length = 80, example = "schools_visited")]
    pub metric: String,
    /// How many hubs compare it and have a figure; null for fewer than five, which could be recognised.
    #[schema(minimum = 5, example = 17)]
    pub hubs: Option<u32>,
    /// The quartiles of their figures; null for fewer than five.
    pub quartiles: Option<Quartiles>,
}

/// The day, and the metrics.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DistributionsQuery {
    /// The day; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub as_at: Option<Date>,
    /// Only these metrics, by code; all that hubs compare if absent.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 80, example = json!(["schools_visited"]))]
    pub metric: Vec<String>,
}

routes! { ReadHubs: list_metric_distributions }

/// Tells how the figures of the metrics that hubs compare lie among them: the platform sees quartiles, and no hub's
/// figure.
#[utoipa::path(
    get,
    path = "/metric-distributions",
    params(DistributionsQuery),
    responses((status = 200, body = MetricDistributions)),
)]
async fn list_metric_distributions(can: Can<ReadHubs>, query: Query<DistributionsQuery>) -> Result<Reply> {
    let as_at = query.as_at.unwrap_or_else(|| can.today());
    let db = can.db().report_snapshot().await?;
    let found = compared(&ReportReading::new(&can, as_at, &db), &query.metric).await?;
    db.rollback().await?;
    let items = found.into_iter().map(|one| MetricDistribution {
        metric: one.metric,
        hubs: one.hubs,
        quartiles: one.quartiles,
    });
    Reply::ok(&MetricDistributions { as_at, period: period(as_at), items: items.collect() })
}
