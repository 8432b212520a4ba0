//! The metrics that a target can name.

use crate::kernel::operations::metric::{MetricDescription, MetricEntry};
use crate::kernel::prelude::*;

/// The metrics that the service computes.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct MetricsCatalogue {
    /// In the order of their codes.
    #[schema(max_items = 200)]
    pub metrics: Vec<MetricDescription>,
}

/// Narrows the catalogue.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CatalogueQuery {
    /// Only metrics of this part.
    #[param(min_length = 1, max_length = 40, example = "visits")]
    pub part: Option<String>,
    /// Any of these metrics, by code.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 80, example = json!(["schools_visited"]))]
    pub code: Vec<String>,
}

routes! { ReadPlans: list_metrics }

/// Lists the metrics from which targets can be computed.
///
/// A metric computes its figure from the hub's own records as on any day. A target that names one in `metric`, with a
/// filter of the parameters told here in `metric_filter`, is live: `GET /targets/{id}/value` gives its figure, and
/// `GET /targets/{id}/evidence` the rows behind it.
#[utoipa::path(
    get,
    path = "/metrics-catalogue",
    params(CatalogueQuery),
    responses((status = 200, body = MetricsCatalogue)),
)]
async fn list_metrics(can: Can<ReadPlans>, query: Query<CatalogueQuery>) -> Result<Reply> {
    let all = can.state().metrics().entries().map(MetricEntry::describe);
    let named = |metric: &MetricDescription| query.code.is_empty() || query.code.iter().any(|code| code == metric.code);
    let fits =
        |metric: &MetricDescription| query.part.as_deref().is_none_or(|part| part == metric.part) && named(metric);
    Reply::ok(&MetricsCatalogue { metrics: all.filter(fits).collect() })
}
