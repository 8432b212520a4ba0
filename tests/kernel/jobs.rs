//! Jobs: taken by one worker, begun again, cancelled, and coming round again.
#![expect(clippy::disallowed_methods, reason = "jobs are looked at behind the API")]

use std::time::Duration;

use api::kernel::caller::permission::PLATFORM_HUB;
use api::kernel::resource::job::{self as jobs, Kind};
use entity::identity::grant::Role;
use entity::kernel::job::{self, JobState};
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, until};

/// Work that is done at once, and may be begun twice.
const COUNT: Kind = Kind {
    name: "count",
    interrupted: "count again",
    attempts: 2,
    every: None,
    work: Some(|job| {
        Box::pin(async {
            job.count(3);
            Ok(())
        })
    }),
    follow: None,
};

/// Work that never ends by itself.
const WAIT: Kind = Kind { name: "wait", work: Some(|_| Box::pin(std::future::pending())), ..COUNT };

/// Broken work.
const PANIC: Kind = Kind { name: "panic", work: Some(|_| Box::pin(async { panic!("as broken work does") })), ..COUNT };

async fn app() -> (App, Caller) {
    let app = support::app_registering(|registry| registry.kinds.extend([COUNT, WAIT, PANIC])).await;
    let head = app.as_role(Role::HeadOfService).await;
    (app, head)
}

/// A job of the hub that waits for a worker.
async fn waiting(app: &App, kind: &Kind) -> Uuid {
    app.write(app.hub, async |write| jobs::wait(write, kind).await).await.id
}

/// A job whose run was heard of so long ago.
async fn silent(app: &App, kind: &Kind, attempts: i32, silent_for: Duration) -> Uuid {
    let id = waiting(app, kind).await;
    let row = job::Entity::find_by_id((app.hub, id)).one(app.state.db.read()).await.unwrap().unwrap();
    let row = job::Model {
        state: JobState::Running,
        run: Some(Uuid::now_v7()),
        heartbeat_at: Some(app.clock.now() - silent_for),
        attempts,
        ..row
    };
    app.write(app.hub, async |write| write.replace_row::<job::Entity>(&row).await).await;
    id
}

async fn look(app: &App) {
    jobs::look(&app.state).await.unwrap();
}

async fn told(caller: &Caller, id: Uuid) -> Value {
    caller.get(&format!("/jobs/{id}")).await.expect(200).json()
}

/// The job once it has a state.
async fn has(caller: &Caller, id: Uuid, state: &str) -> Value {
    until(&format!("the job is {state}"), async || {
        let job = told(caller, id).await;
        (job["state"] == state).then_some(job)
    })
    .await
}

#[actix_web::test]
async fn a_job_that_waits_is_taken_once_however_many_workers_look() {
    let (app, head) = app().await;
    let made = [waiting(&app, &COUNT).await, waiting(&app, &COUNT).await];
    join_all((0..6).map(|_| look(&app))).await;
    for id in made {
        let job = has(&head, id, "finished").await;
        assert_eq!((&job["attempts"], &job["error"]), (&json!(1), &Value::Null), "{job}");
        assert_eq!(job["progress"], json!({ "percent": null, "done": 3, "of": null }));
        assert!(!job["started_at"].is_null() && !job["finished_at"].is_null(), "{job}");
    }
}

#[actix_web::test]
async fn jobs_that_wait_follow_those_that_end_without_another_look() {
    let (app, head) = app().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(waiting(&app, &COUNT).await);
    }
    look(&app).await;
    for id in made {
        has(&head, id, "finished").await;
    }
}

#[actix_web::test]
async fn work_that_panics_has_failed_and_frees_its_place() {
    let (app, head) = app().await;
    let broken = [waiting(&app, &PANIC).await, waiting(&app, &PANIC).await, waiting(&app, &PANIC).await];
    for id in broken {
        let job = until("the job has failed", async || {
            look(&app).await;
            let job = told(&head, id).await;
            (job["state"] == "failed").then_some(job)
        })
        .await;
        assert_eq!(job["error"]["code"], "internal");
    }
    let id = waiting(&app, &COUNT).await;
    look(&app).await;
    has(&head, id, "finished").await;
}

#[actix_web::test]
async fn a_silent_job_is_begun_again_as_often_as_its_kind_allows() {
    let (app, head) = app().await;
    let alive = silent(&app, &COUNT, 1, Duration::from_secs(29)).await;
    let once = silent(&app, &COUNT, 1, Duration::from_secs(31)).await;
    let twice = silent(&app, &COUNT, 2, Duration::from_secs(31)).await;
    look(&app).await;
    assert_eq!(has(&head, once, "finished").await["attempts"], 2);
    let failed = has(&head, twice, "failed").await;
    assert_eq!(failed["error"], json!({ "code": "interrupted", "message": "count again" }));
    assert_eq!(told(&head, alive).await["state"], "running");
}

#[actix_web::test]
async fn a_job_is_cancelled_at_once_or_by_its_run() {
    let (app, head) = app().await;
    let running = waiting(&app, &WAIT).await;
    look(&app).await;
    let waits = waiting(&app, &COUNT).await;
    let cancelled = head.act(&format!("/jobs/{waits}/cancel"), None).await.expect(202).json();
    assert_eq!((&cancelled["state"], &cancelled["finished_at"]), (&json!("cancelled"), &json!(app.clock.now())));
    let asked = head.act(&format!("/jobs/{running}/cancel"), None).await.expect(202).json();
    assert_eq!((&asked["state"], &asked["cancel_asked"]), (&json!("running"), &json!(true)));
    has(&head, running, "cancelled").await;
    look(&app).await;
    assert_eq!(told(&head, waits).await["attempts"], 0);
    let reader = app.as_client("jobs:read").await;
    reader.act(&format!("/jobs/{waits}/cancel"), None).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn what_comes_round_again_is_one_job_of_the_platform_for_all_instances() {
    let (app, head) = app().await;
    app.make_hub(PLATFORM_HUB, "platform").await;
    let platform = app.as_role_in(PLATFORM_HUB, Role::PlatformAdministrator, |_| {}).await;
    let workers: Vec<_> = (0..3).map(|_| actix_web::rt::spawn(jobs::work_on(app.state.clone()))).collect();
    let done = until("each has been done once", async || {
        look(&app).await;
        let all = platform.all("/jobs").await;
        let done = all.iter().all(|job| !job["finished_at"].is_null());
        (done && !all.is_empty()).then_some(all)
    })
    .await;
    workers.iter().for_each(actix_web::rt::task::JoinHandle::abort);
    let mut kinds: Vec<_> = done.iter().map(|job| job["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "apply-retention-rules",
            "close-unanswered-reports",
            "forget-import-rows",
            "forget-replies",
            "forget-sessions",
            "forget-sign-ins",
            "forget-sync-rows",
            "forget-webhook-deliveries",
            "remove-orphaned-files",
            "schedule-syncs",
        ]
    );
    let next = json!(app.clock.now() + Duration::from_hours(1));
    for job in &done {
        // The schedules of syncs are looked at each minute.
        let minute = json!(app.clock.now() + Duration::from_mins(1));
        let due = if job["kind"] == "schedule-syncs" { &minute } else { &next };
        assert_eq!((&job["state"], &job["due_at"], &job["error"]), (&json!("queued"), due, &Value::Null), "{job}");
    }
    // Nothing before its time, and all of them then.
    look(&app).await;
    assert_eq!(platform.all("/jobs").await, done);
    app.clock.advance(Duration::from_hours(1));
    let again = app.again(&platform);
    until("each has been done again", async || {
        look(&app).await;
        let all = again.all("/jobs").await;
        all.iter().all(|job| job["finished_at"] == next && job["state"] == "queued").then_some(())
    })
    .await;
    // No hub sees them.
    assert_eq!(app.again(&head).all("/jobs").await, Vec::<Value>::new());
    let rows = job::Entity::find().filter(job::Column::HubId.eq(PLATFORM_HUB)).all(app.state.db.read()).await;
    assert_eq!(rows.unwrap().len(), kinds.len());
}

#[actix_web::test]
async fn jobs_are_listed_by_kind_and_state_and_counted() {
    let (app, head) = app().await;
    let first = waiting(&app, &WAIT).await;
    app.clock.advance(Duration::from_secs(1));
    let second = waiting(&app, &COUNT).await;
    head.act(&format!("/jobs/{second}/cancel"), None).await.expect(202);
    let ids = async |query: &str| head.get(&format!("/jobs?{query}")).await.expect(200).ids();
    assert_eq!(ids("sort=-created_at").await, [second, first]);
    assert_eq!(ids("kind=wait").await, [first]);
    assert_eq!(ids("state=cancelled&state=failed").await, [second]);
    assert_eq!(ids("kind=wait&state=cancelled").await, Vec::<Uuid>::new());
    let page = head.get("/jobs?limit=1&total=true&sort=created_at").await.expect(200).json();
    assert_eq!((&page["total"], &page["items"][0]["id"]), (&json!(2), &json!(first)));
    assert!(page["next_cursor"].is_string(), "{page}");
    head.get("/jobs?state=lost").await.problem(400, "bad-parameter");
    let counts = head.get("/jobs/counts?by=state").await.expect(200).json();
    let group = |state: &str| json!({ "by": { "state": state }, "count": 1 });
    assert_eq!(counts["groups"], json!([group("cancelled"), group("queued")]));
}
