//! What Prometheus reads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use metrics::{Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use utoipa::ToSchema;

use crate::kernel::base::problem::{Problem, ProblemView, Result};
use crate::kernel::caller::state::State;

const REQUESTS: &str = "smep_http_requests_total";
const DURATION: &str = "smep_http_request_duration_seconds";
const RUNNING: &str = "smep_http_requests_running";
const CONNECTIONS: &str = "smep_database_connections";
const BUILD: &str = "smep_build_info";

const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// One recorder for the process, however many apps run in it.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to record. Without it nothing is counted, and `/metrics` is not there.
pub fn install() {
    RECORDER.get_or_init(|| match recorder() {
        Ok(handle) => Some(handle),
        Err(error) => {
            tracing::error!(%error, "no metrics");
            None
        }
    });
}

fn recorder() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets(BUCKETS)?.install_recorder()?;
    describe_counter!(REQUESTS, "Requests answered, by method, route and status");
    describe_histogram!(DURATION, "Seconds to the last byte of a reply, by method and route");
    describe_gauge!(RUNNING, "Requests being answered");
    describe_gauge!(CONNECTIONS, "Connections to the database, by pool and state");
    describe_gauge!(BUILD, "Always 1: the version that runs");
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// A request begins.
pub fn begin() {
    gauge!(RUNNING).increment(1.0);
}

/// A request is done: by its method, the pattern of its address if there is one, and its status.
pub fn end(method: &Method, route: Option<&Arc<str>>, status: u16, took: Duration) {
    gauge!(RUNNING).decrement(1.0);
    // Until recording has begun there is nothing to keep.
    if !matches!(RECORDER.get(), Some(Some(_))) {
        return;
    }
    let key = Key { method: name(method), route: route.cloned(), status };
    COUNTED.with_borrow_mut(|counted| {
        let counted = counted.entry(key).or_insert_with_key(Counted::new);
        counted.requests.increment(1);
        counted.duration.record(took.as_secs_f64());
    });
}

/// A client can make up methods: they share one label.
const fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

thread_local! {
    /// What this thread has counted, so that no labels are put together for each request. There are
    /// no more entries than operations with their statuses.
    static COUNTED: RefCell<HashMap<Key, Counted>> = RefCell::default();
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    method: &'static str,
    route: Option<Arc<str>>,
    status: u16,
}

/// The metrics of one kind of request.
struct Counted {
    requests: Counter,
    duration: Histogram,
}

impl Counted {
    fn new(Key { method, route, status }: &Key) -> Self {
        let route = route.as_deref().unwrap_or("none").to_owned();
        Self {
            requests: counter!(
                REQUESTS, "method" => *method, "route" => route.clone(), "status" => status.to_string()
            ),
            duration: histogram!(DURATION, "method" => *method, "route" => route),
        }
    }
}

/// Folds recorded durations into their buckets, now and then, so that they do not pile up when
/// nobody reads the metrics.
pub async fn upkeep() {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    loop {
        tick.tick().await;
        if let Some(Some(handle)) = RECORDER.get() {
            handle.run_upkeep();
        }
    }
}

/// Metrics as Prometheus reads them.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 10_000_000)]
struct Metrics(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Gives the service's metrics.
///
/// Counters and histograms in the text format of Prometheus: requests by route and status,
/// durations, connections to the database.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (
            status = 200,
            description = "The metrics",
            body = Metrics,
            content_type = "text/plain",
            example = "smep_http_requests_total{method=\"GET\",route=\"/api/v1/schools\",status=\"200\"} 1",
        ),
        (
            status = 404,
            description = "Metrics are switched off, or stand at another listener.",
            body = ProblemView,
            content_type = "application/problem+json",
        ),
    ),
)]
pub(super) async fn read_metrics(state: Data<State>) -> Result<HttpResponse> {
    let Some(Some(handle)) = RECORDER.get() else { return Err(Problem::not_found()) };
    for size in state.db.pool_sizes() {
        let used = size.open.saturating_sub(size.idle);
        gauge!(CONNECTIONS, "pool" => size.pool, "state" => "idle").set(f64::from(size.idle));
        gauge!(CONNECTIONS, "pool" => size.pool, "state" => "used").set(f64::from(used));
    }
    Ok(HttpResponse::Ok().content_type(ContentType::plaintext()).body(handle.render()))
}
