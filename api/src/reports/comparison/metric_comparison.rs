//! What a hub agrees to compare.

use entity::reports::metric_comparison;

use crate::kernel::prelude::*;

record! {
    /// A metric that the hub compares with all hubs that compare it. It ends when it is archived, and with it what the
    /// hub adds to the figures of the others.
    MetricComparison from NewMetricComparison in metric_comparison {
        /// The code of the metric: a percentage of the catalogue's, so that hubs of any size compare. Each hub compares
        /// a metric once; it does not change.
        #[schema(min_length = 1, max_length = 80, pattern = "^[a-z][a-z0-9_]*$", example = "first_access")]
        metric: String,
        /// Why, or who agreed to it. Other hubs do not see it.
        #[schema(min_length = 1, max_length = 500, example = "Agreed by the steering group in May")]
        note: Option<String>,
    }
    initial { }
}

impl Resource for MetricComparison {
    type Entity = metric_comparison::Entity;
    type Form = NewMetricComparison;
    type Filter = MetricComparisonFilter;

    const PATH: &'static str = "/metric-comparisons";
    const READ: Scope = Scope::ReadReports;
    const SORTS: &'static [(&'static str, metric_comparison::Column)] =
        &[("metric", metric_comparison::Column::Metric), ("updated_at", metric_comparison::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["note"];

    async fn decide(write: &mut Write, step: Mutation<'_, metric_comparison::Model>) -> Result<()> {
        if step.operation == Operation::Archive {
            return Ok(());
        }
        let metric = &step.after.metric;
        if step.before.is_some_and(|before| before.metric != *metric) {
            return Err(Problem::invalid(
                "/metric",
                "fixed",
                "archive this one, and compare the other metric in a new one",
            ));
        }
        let catalogue = write.caller().state().metrics();
        let entry = catalogue.expect("/metric", metric).map_err(|fault| Problem::faults(vec![fault]))?;
        if !entry.is_share() {
            let message = format!("`{metric}` grows with the hub: compare a percentage, such as `schools_visited`");
            return Err(Problem::invalid("/metric", "no_share", message));
        }
        Ok(())
    }
}

/// Narrows the list of compared metrics.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MetricComparisonFilter {
    /// Any of these metrics, by code.
    #[serde(default)]
    #[param(max_items = 50, min_length = 1, max_length = 80, example = json!(["schools_visited"]))]
    pub metric: Vec<String>,
}

impl Filter<metric_comparison::Entity> for MetricComparisonFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use metric_comparison::Column;

        Condition::all().add_option(any_of(Column::Metric, &self.metric))
    }
}

routes! {
    ReadReports: list_metric_comparisons, get_metric_comparison;
    WriteReports:
        create_metric_comparison, update_metric_comparison, archive_metric_comparison, restore_metric_comparison;
    ReadReports: list_metric_comparison_history;
}

/// Lists the metrics that the hub compares with others.
#[utoipa::path(
    get,
    path = "/metric-comparisons",
    params(List<MetricComparison>),
    responses((status = 200, body = Page<MetricComparison>)),
)]
async fn list_metric_comparisons(can: Can<ReadReports>, list: List<MetricComparison>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Agrees to compare a metric with all hubs that compare it.
///
/// From then on the hub sees its figure beside the quartiles of all, in `GET /reports/between-hubs`, and its own figure
/// counts in the quartiles of the others, without its name.
#[utoipa::path(post, path = "/metric-comparisons", responses((status = 201, body = MetricComparison)))]
async fn create_metric_comparison(can: Can<WriteReports>, form: Json<NewMetricComparison>) -> Result<Reply> {
    crud::create::<MetricComparison>(&can, form).await
}

/// Gets a compared metric.
#[utoipa::path(
    get,
    path = "/metric-comparisons/{id}",
    params(Show<MetricComparison>),
    responses((status = 200, body = MetricComparison)),
)]
async fn get_metric_comparison(can: Can<ReadReports>, id: Id, show: Show<MetricComparison>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes what is noted of a compared metric.
#[utoipa::path(patch, path = "/metric-comparisons/{id}", responses((status = 200, body = MetricComparison)))]
async fn update_metric_comparison(can: Can<WriteReports>, id: Id, patch: Patch<NewMetricComparison>) -> Result<Reply> {
    crud::update::<MetricComparison>(&can, id.0, patch).await
}

/// Ends the comparison of a metric: the hub's figure is out of all quartiles at once.
#[utoipa::path(delete, path = "/metric-comparisons/{id}", responses((status = 204)))]
async fn archive_metric_comparison(can: Can<WriteReports>, id: Id) -> Result<Reply> {
    crud::archive::<MetricComparison>(&can, id.0).await
}

/// Takes up the comparison of a metric again.
#[utoipa::path(post, path = "/metric-comparisons/{id}/restore", responses((status = 200, body = MetricComparison)))]
async fn restore_metric_comparison(can: Can<WriteReports>, id: Id) -> Result<Reply> {
    crud::restore::<MetricComparison>(&can, id.0).await
}

/// Shows the history of a compared metric.
#[utoipa::path(
    get,
    path = "/metric-comparisons/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_metric_comparison_history(can: Can<ReadReports>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<MetricComparison>(&can, id.0, &part).await
}
