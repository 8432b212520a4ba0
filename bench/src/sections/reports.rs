//! What a hub asks about the whole of its work: how far its plan is, with forty live targets, and every report. It is
//! asked alone and among all hubs of England.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::asked::{Measured, Question, compared, measured};
use crate::Outcome;
use crate::database::Database;
use crate::http::{Reply, request};
use crate::national::year::{self, TODAY};
use crate::national::{self, HUBS, outcomes, trade};
use crate::program::{Account, Program};
use crate::table::{count, figure};

/// Which hub is asked: the largest of the ordinary ones, after the one that is larger than any.
const ASKED: usize = 1;

/// The live targets of the plan.
const TARGETS: usize = 40;

/// The scopes of the caller.
const SCOPES: [&str; 12] = [
    "schools:read",
    "visits:read",
    "frameworks:read",
    "ratings:read",
    "reports:read",
    "packages:read",
    "people:read",
    "outcomes:read",
    "engagement:read",
    "training:read",
    "plans:read",
    "plans:write",
];

/// The metrics of the targets, with what narrows each.
fn metrics() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("schools_visited", "percent", json!({})),
        ("schools_visited", "percent", json!({ "kind": ["initial"] })),
        ("schools_visited", "percent", json!({ "schools": { "phase": ["primary"] } })),
        ("schools_revisited", "percent", json!({})),
        ("actions_overdue", "count", json!({})),
        ("reports_on_time", "percent", json!({})),
        ("schools_reached", "percent", json!({})),
        ("practice_shared", "percent", json!({})),
        ("plans_with_music", "percent", json!({})),
        ("first_access", "percent", json!({})),
        ("first_access_pupils", "percent", json!({})),
        ("exam_entries", "count", json!({})),
        ("exam_grades", "percent", json!({})),
        ("award_applications", "percent", json!({})),
        ("evaluations_submitted", "percent", json!({})),
        ("evaluations_agreed", "percent", json!({})),
        ("posts_fte", "fte", json!({})),
        ("orders_value", "pence", json!({})),
        ("ratings", "percent", json!({ "colour": ["green"] })),
        ("hub_engagement", "percent", json!({})),
    ]
}

/// Measures on a database of its own.
pub async fn measure(program: &Program, database: &Database, length: Duration) -> Outcome {
    let began = Instant::now();
    let state = national::state(database.url()).await?;
    let mut hubs = national::hubs();
    let asked = hubs.remove(ASKED).write(&state).await?;
    let mut visits = year::write(&state, &asked).await?.visits;
    let mut orders = trade::write(&state, &asked).await?.orders;
    let own = outcomes::write(&state, &asked).await?;
    database.settle().await?;
    let account = program.add_client(database.url(), &asked.slug, &SCOPES)?;
    let plan = plan(program, database, &account).await?;
    // Its hub is made by the first start.
    let platform = program.add_user(database.url(), "platform", "platform@bench.example", "platform_administrator")?;
    let alone = questions(program, database, (&account, &platform), &plan, length).await?;

    let (mut schools, mut values, mut results) = (asked.open.len(), own.values, own.results);
    for hub in hubs {
        let made = hub.write(&state).await?;
        visits += year::write(&state, &made).await?.visits;
        orders += trade::write(&state, &made).await?.orders;
        let figures = outcomes::write(&state, &made).await?;
        schools += made.open.len();
        values += figures.values;
        results += figures.results;
    }
    state.db.close().await;
    database.settle().await?;
    let took = began.elapsed();
    let among_all = questions(program, database, (&account, &platform), &plan, length).await?;
    let whole = |number: usize| figure(count(number as u64), 0);
    let title = format!(
        "A hub of {} open schools with {TARGETS} live targets: alone, and among {HUBS} hubs with {} open schools, {} \
         visits, {} orders, {} figures of measures and {} results",
        whole(asked.open.len()),
        whole(schools),
        whole(visits),
        whole(orders),
        whole(values),
        whole(results),
    );
    let mut table = compared(title, &alone, &among_all, length, took);
    table.note(
        "Bounds, at the median: progress and the page for governors 150 ms; between hubs and metrics of all hubs,",
    );
    table.note("which count in all hubs, 500 ms; any other question 50 ms.");
    table.print();
    Ok(())
}

/// Makes a plan whose targets are all live.
async fn plan(program: &Program, database: &Database, account: &Account) -> Outcome<String> {
    let service = program.serve(database.url(), database.folder())?;
    let token = account.sign_in(&service).await?;
    let dues = json!([{
        "first_day": "2027-08-01", "last_day": "2027-08-31", "precision": "month", "label": "Aug 2027",
    }]);
    let metrics = metrics();
    let targets: Vec<Value> = (0..TARGETS)
        .map(|number| {
            let (metric, unit, filter) = &metrics[number % metrics.len()];
            json!({
                "year": "2026/27", "kind": "measured", "statement": format!("Target {number}"),
                "comparator": "at_least", "value": 60, "unit": unit, "metric": metric, "metric_filter": filter,
                "dues": dues,
            })
        })
        .collect();
    let tree = json!({
        "kind": "school_music_education_plan",
        "title": "Plan of forty targets",
        "years": [{ "label": "2026/27", "first_day": "2026-09-01", "last_day": "2027-08-31" }],
        "objectives": [{ "title": "Measure everything", "targets": targets }],
    });
    let body = tree.to_string();
    let content = Some(("application/json", body.as_bytes()));
    let asked = request("POST", "/api/v1/plans", Some(&token), content);
    let mut reply = Reply::default();
    service.connect().await?.exchange(&asked, &mut reply).await?;
    reply.expect(201)?;
    let plan = reply.json()?;
    plan["id"].as_str().map(str::to_owned).ok_or_else(|| "a plan without an id".to_owned())
}

/// Asks a freshly started service everything.
async fn questions(
    program: &Program,
    database: &Database,
    (account, platform): (&Account, &Account),
    plan: &str,
    length: Duration,
) -> Outcome<Measured> {
    let service = program.serve(database.url(), database.folder())?;
    let token = account.sign_in(&service).await?;
    let of_platform = platform.sign_in(&service).await?;
    let report = |path: &str| {
        let mark = if path.contains('?') { '&' } else { '?' };
        vec![format!("/reports/{path}{mark}as_at={TODAY}")]
    };
    let asked: [Question; 19] = [
        ("progress of the plan", vec![format!("/plans/{plan}/progress?as_at={TODAY}")]),
        ("page for governors", vec![format!("/plans/{plan}/dashboard?as_at={TODAY}")]),
        ("between hubs", report("between-hubs")),
        ("visit coverage by area", report("visit-coverage?by=area")),
        ("visits due", report("visit-due")),
        ("load of specialists", report("specialist-load")),
        ("rating spread by area", report("rating-spread?by=area")),
        ("rating movement", report("rating-movement")),
        ("award applications", report("award-applications")),
        ("capacity", report("capacity")),
        ("income by package", report("income?by=package")),
        ("capacity used", report("capacity-used")),
        ("reach", report("reach")),
        ("participation by area", report("participation?by=area")),
        ("participation by year", report("participation?by=year")),
        ("exam trends", report("exam-trends")),
        ("profile of self-evaluation", report("evaluation-profile")),
        ("completeness of evaluations", report("evaluation-completeness")),
        ("progress of plans", report("plan-progress")),
    ];
    let national = ("metrics of all hubs", vec![format!("/metric-distributions?as_at={TODAY}")]);
    let of_hub = measured(&service, &token, asked, length).await?;
    Ok(of_hub.then(measured(&service, &of_platform, [national], length).await?))
}
