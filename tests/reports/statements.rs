//! How often the progress of a plan asks the database: as often for many live targets as for few.
//!
//! The statements are counted in what the service logs. A test does not see its own log, so that one starts the other
//! as a program.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use sqlx::{ConnectOptions, Database, Pool};

use super::*;
use crate::plans::make;

/// Stands in the log before what a request asks of the database.
const ASKED: &str = "the progress of a plan is asked for: ";

/// Stands in each line of the log that has a statement.
const STATEMENT: &str = " sqlx::query: ";

/// How many metrics the targets of a plan have, and how many targets have the same one.
const METRICS: usize = 5;
const TIMES: [usize; 2] = [1, 8];

/// How often each plan is asked for, since a request may also look up who asks.
const ROUNDS: usize = 3;

#[test]
fn progress_takes_as_many_statements_for_forty_live_targets_as_for_five() {
    let other = ["--ignored", "--exact", "reports::statements::plans_are_asked_for", "--nocapture"];
    let output = Command::new(std::env::current_exe().unwrap()).args(other).output().unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{log}\n{}", String::from_utf8_lossy(&output.stderr));
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for asked in log.split(ASKED).skip(1) {
        let (plan, statements) = asked.split_once('\n').unwrap();
        let (times, metrics) = plan.split_once(" of each of ").unwrap();
        let count = statements.matches(STATEMENT).count();
        let least = counts.entry(metrics).or_default().entry(times).or_insert(count);
        *least = count.min(*least);
    }
    assert!(counts.len() >= 5, "the catalogue has more metrics: {counts:?}");
    for (metrics, by_times) in counts {
        let [few, many] = by_times.values().collect::<Vec<_>>()[..] else { panic!("{metrics}: {by_times:?}") };
        assert!(*few > 0 && few == many, "{metrics}: {by_times:?}");
    }
}

#[ignore = "the test above starts it, and reads its log"]
#[actix_web::test]
async fn plans_are_asked_for() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let catalogue = head.get("/metrics-catalogue").await.expect(200).json();
    let mut plans = Vec::new();
    for metrics in catalogue["metrics"].as_array().unwrap().chunks(METRICS) {
        let codes: Vec<_> = metrics.iter().map(|metric| metric["code"].as_str().unwrap()).collect();
        for times in TIMES {
            let name = format!("{times} of each of {}", codes.join(", "));
            plans.push((name, make(&head, plan(metrics, times)).await));
        }
    }
    log_statements(&app).await;
    for (name, plan) in plans {
        for _ in 0..ROUNDS {
            tracing::warn!("{ASKED}{name}");
            head.get(&format!("/plans/{plan}/progress?as_at=2014-10-01")).await.expect(200);
        }
    }
}

/// A plan of which so many live targets ask each of some metrics.
fn plan(metrics: &[Value], times: usize) -> Value {
    let target = |metric: &Value| {
        json!({
            "year": "2014/15", "kind": "measured", "statement": metric["code"], "comparator": "at_least", "value": 1,
            "unit": metric["unit"], "metric": metric["code"],
        })
    };
    let targets: Vec<Value> = (0..times).flat_map(|_| metrics.iter().map(target)).collect();
    json!({
        "kind": "local_plan", "title": "Figures",
        "years": [{ "label": "2014/15", "first_day": "2014-04-01", "last_day": "2015-03-31" }],
        "objectives": [{ "title": "Know the figures", "targets": targets }],
    })
}

/// Has the service log each statement that reads.
async fn log_statements(app: &App) {
    let db = &app.state.db;
    if let Some(read) = db.read().sqlite() {
        log_statements_of(read).await;
        log_statements_of(db.reports().get_sqlite_connection_pool()).await;
    }
    if let Some(read) = db.read().postgres() {
        log_statements_of(read).await;
        log_statements_of(db.reports().get_postgres_connection_pool()).await;
    }
}

/// A connection logs what it was opened to log, so that all connections of the pool are replaced.
async fn log_statements_of<D: Database>(pool: &Pool<D>) {
    // Slow is a statement that takes longer than nothing.
    let options = (*pool.connect_options()).clone().log_slow_statements("warn".parse().unwrap(), Duration::ZERO);
    pool.set_connect_options(options);
    let mut all = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        all.push(pool.acquire().await.unwrap());
    }
    for connection in all {
        connection.close().await.unwrap();
    }
}
