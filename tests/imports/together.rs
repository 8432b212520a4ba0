//! Imports beside each other and beside other writers, and their end before their time.

use std::time::Duration;

use api::exchange::import::record::{self, Wanted};
use api::kernel::caller::identity::Actor;
use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::identity::grant::Role;
use entity::kernel::job;
use entity::row::Meta;
use insta::assert_snapshot;
use serde_json::json;
use uuid::Uuid;

use super::{
    ended, feed, has_authorities, holds, id, job, many, office, ready, rows_of, schools, sent, taken, until_job,
};
use crate::support::{self, App, one_text, until};

/// A job that another instance works on, which said so that long ago.
fn working(app: &App, silent_for: Duration) -> import::Model {
    let then = app.clock.now() - silent_for;
    let meta =
        Meta { hub_id: app.hub, id: Uuid::now_v7(), version: 1, created_at: then, updated_at: then, archived_at: None };
    let wanted = Wanted {
        source: ImportSource::GiasRegister,
        mode: ImportMode::Each,
        dry_run: false,
        file_name: None,
        academic_year: None,
        bytes: 1000,
    };
    import::Model { state: ImportState::Reading, bytes_read: 500, ..record::fresh(meta, Actor::System, wanted) }
}

async fn insert(app: &App, row: &import::Model) {
    app.insert::<job::Entity>(app.hub, vec![record::job_of(row)]).await;
    app.insert::<import::Entity>(app.hub, vec![row.clone()]).await;
}

#[actix_web::test]
async fn a_hub_has_one_import_at_a_time_and_others_go_on_with_theirs() {
    let (app, office) = office().await;
    let other = app.another_hub("rutland").await;
    let theirs = app.as_role_in(other, Role::Administrator, |_| {}).await;
    has_authorities(&theirs).await;
    let running = working(&app, Duration::from_secs(29));
    insert(&app, &running).await;
    let mut refusals = Vec::new();
    for query in ["", "dry_run=true", "mode=atomic"] {
        refusals.push(sent(&office, query, many(120_001, 1)).await.refusal(409, "conflict"));
    }
    assert_snapshot!(one_text(&refusals).replace(&running.id.to_string(), "[running]"), @r"
    import [running] of this hub is reading: wait for its end, or cancel it
    ");
    holds(&taken(&theirs, many(120_001, 2)).await, json!({ "created": 2 }));
    assert_eq!((schools(&office).await, schools(&theirs).await), (0, 2));
    // One second more, and it blocks nobody.
    app.clock.advance(Duration::from_secs(2));
    holds(&taken(&office, many(120_001, 1)).await, json!({ "created": 1 }));
}

#[actix_web::test]
async fn the_kinds_that_a_hub_counts_do_not_change_under_an_import() {
    let (app, office) = office().await;
    let running = working(&app, Duration::ZERO);
    insert(&app, &running).await;
    let hub = office.get("/hub").await.expect(200);
    let kinds = json!({ "kinds_in_scope": ["college"] });
    let refused = office.patch("/hub", &kinds, &hub.etag()).await.refusal(409, "conflict");
    assert_snapshot!(refused.replace(&running.id.to_string(), "[running]"), @r"
    import [running] of this hub is reading: wait for its end, or cancel it
    ");
    let hub = office.patch("/hub", &json!({ "name": "Another name" }), &hub.etag()).await.expect(200);
    app.clock.advance(Duration::from_secs(31));
    api::kernel::resource::job::look(&app.state).await.unwrap();
    office.patch("/hub", &kinds, &hub.etag()).await.expect(200);
}

#[actix_web::test]
async fn one_that_waits_for_others_to_end_is_cancelled_at_once() {
    let (app, office) = office().await;
    let mut others = Vec::new();
    for slug in ["rutland", "oakham"] {
        let hub = app.another_hub(slug).await;
        let other = app.as_role_in(hub, Role::Administrator, |_| {}).await;
        has_authorities(&other).await;
        let begun = sent(&other, "", many(120_001, 8000)).await.expect(202).id();
        until_job(&other, begun, "is being read", |job| job["state"] == "reading").await;
        others.push((other, begun));
    }
    let queued = sent(&office, "", many(120_001, 5)).await.expect(202).id();
    assert_eq!(job(&office, queued).await["state"], "queued");
    office.post(&format!("/imports/{queued}/cancel"), &json!({})).await.expect(202);
    holds(&ended(&office, queued).await, json!({ "state": "cancelled", "read": 0, "written": 0 }));
    for (other, begun) in &others {
        assert!(job(other, *begun).await["finished_at"].is_null(), "it had a place before");
    }
    // The place that comes free is no longer wanted.
    for (other, begun) in &others {
        holds(&ended(other, *begun).await, json!({ "state": "finished", "written": 8000 }));
    }
    assert_eq!(schools(&office).await, 0);
    holds(&taken(&office, many(120_001, 5)).await, json!({ "created": 5 }));
}

#[actix_web::test]
async fn of_many_at_once_one_is_taken() {
    let (_app, office) = office().await;
    let asked = (0..6).map(|_| {
        let office = office.clone();
        actix_web::rt::spawn(async move { sent(&office, "", many(120_001, 300)).await })
    });
    let replies: Vec<_> = futures_util::future::join_all(asked).await.into_iter().map(Result::unwrap).collect();
    let begun: Vec<_> = replies.iter().filter(|reply| reply.status == 202).collect();
    for reply in replies.iter().filter(|reply| reply.status != 202) {
        let detail = reply.problem(409, "conflict")["detail"].to_string();
        assert!(begun.iter().any(|begun| detail.contains(&begun.id().to_string())), "{detail}");
    }
    for begun in &begun {
        ended(&office, begun.id()).await;
    }
    // More than one only where the first had ended already, never two that make the same school.
    assert_eq!(schools(&office).await, 300);
    assert_eq!(feed(&office).await.iter().filter(|it| it["resource"] == "school").count(), 300);
}

#[actix_web::test]
async fn a_job_that_is_silent_is_closed_as_interrupted() {
    let app = support::program(&[]).await;
    let office = ready(&app).await;
    let silent = working(&app, Duration::from_secs(31));
    let alive = working(&app, Duration::ZERO);
    for row in [&silent, &alive] {
        insert(&app, row).await;
    }
    let closed = until("the silent job is closed", async || {
        let job = job(&office, silent.id).await;
        (job["state"] == "failed").then_some(job)
    })
    .await;
    assert_eq!(closed["error"]["code"], "interrupted");
    holds(&closed, json!({ "version": 2, "written": 0 }));
    assert!(!closed["finished_at"].is_null());
    assert_eq!(job(&office, alive.id).await["state"], "reading");
}

#[actix_web::test]
async fn who_lost_a_job_writes_nothing_more() {
    let (app, office) = office().await;
    let begun = sent(&office, "", many(120_001, 8000)).await.expect(202).id();
    until_job(&office, begun, "is being read", |job| job["state"] == "reading").await;
    // Its instance stood still, and another has closed the record.
    let lost = until("the record is closed", async || {
        app.clock.advance(Duration::from_secs(31));
        api::kernel::resource::job::look(&app.state).await.unwrap();
        let job = job(&app.again(&office), begun).await;
        // Unless it said between the two that it lives.
        (job["state"] != "reading").then_some(job)
    })
    .await;
    assert_eq!((&lost["state"], &lost["error"]["code"]), (&json!("failed"), &json!("interrupted")), "{lost:#}");
    let office = app.again(&office);
    holds(&taken(&office, many(130_001, 1)).await, json!({ "created": 1 }));
    assert_eq!(schools(&office).await, 1);
    assert_eq!(job(&office, begun).await, lost);
}

#[actix_web::test]
async fn a_cancelled_import_says_how_much_of_it_stands() {
    let (_app, office) = office().await;
    // While it is read, and while it is written, where it may come too late.
    for (state, from, count) in [("reading", 120_001, 40_000), ("applying", 200_001, 10_000)] {
        let before = schools(&office).await;
        let begun = sent(&office, "", many(from, count)).await.expect(202).id();
        until_job(&office, begun, state, |job| job["state"] == state).await;
        let asked = office.act(&format!("/imports/{begun}/cancel"), None).await.expect(202);
        assert_eq!(asked.json()["cancel_asked"], true);
        let job = ended(&office, begun).await;
        holds(&job, json!({ "error": null, "cancel_asked": true }));
        let written = job["written"].as_i64().unwrap();
        if state == "reading" {
            holds(&job, json!({ "state": "cancelled", "written": 0 }));
        }
        assert_eq!(job["state"] == "finished", written == i64::from(count), "{job:#}");
        assert_eq!(schools(&office).await - before, written);
        let rows = rows_of(&office, &job, "outcome=created").await;
        assert_eq!(rows.iter().filter(|row| row["written"] == true).count(), usize::try_from(written).unwrap());
    }
    // Another may begin at once.
    taken(&office, many(300_001, 1)).await;
}

#[actix_web::test]
async fn an_import_has_a_job_that_tells_the_same_and_cancels_it() {
    let (_app, office) = office().await;
    let done = taken(&office, many(120_001, 3)).await;
    let path = format!("/jobs/{}", id(&done));
    let job = office.get(&path).await.expect(200).json();
    holds(&job, json!({ "kind": "import", "state": "finished", "error": null, "attempts": 1, "cancel_asked": false }));
    holds(&job, json!({ "progress": { "percent": 100, "done": 3, "of": 3 } }));
    assert_eq!(job["href"], format!("/api/v1/imports/{}", id(&done)));
    for field in ["actor_kind", "actor_id", "created_at", "started_at", "finished_at"] {
        assert_eq!(job[field], done[field], "{field}");
    }
    office.act(&format!("{path}/cancel"), None).await.problem(409, "conflict");

    let begun = sent(&office, "", many(200_001, 40_000)).await.expect(202).id();
    until_job(&office, begun, "is being read", |job| job["state"] == "reading").await;
    office.act(&format!("/jobs/{begun}/cancel"), None).await.expect(202);
    holds(&ended(&office, begun).await, json!({ "state": "cancelled", "cancel_asked": true, "written": 0 }));
    let job = office.get(&format!("/jobs/{begun}")).await.expect(200).json();
    holds(&job, json!({ "state": "cancelled", "cancel_asked": true, "error": null }));
}

#[actix_web::test]
async fn an_import_of_a_program_from_before_jobs_is_judged_by_its_own_heartbeat() {
    let (app, office) = office().await;
    for (silent_for, state) in [(29, "reading"), (31, "failed")] {
        let row = working(&app, Duration::from_secs(silent_for));
        app.insert::<import::Entity>(app.hub, vec![row.clone()]).await;
        api::kernel::resource::job::look(&app.state).await.unwrap();
        assert_eq!(job(&office, row.id).await["state"], state);
    }
}

#[actix_web::test]
async fn an_import_that_has_ended_is_not_cancelled() {
    let (app, office) = office().await;
    let done = taken(&office, many(120_001, 1)).await;
    let path = format!("/imports/{}/cancel", id(&done));
    assert_snapshot!(office.act(&path, None).await.refusal(409, "conflict"), @r"
    cannot cancel a finished import: the import must be queued, reading or applying. A finished import
      allows no transition
    ");
    app.as_role(Role::MusicLeader).await.act(&path, None).await.problem(403, "forbidden");
    let other = app.another_hub("rutland").await;
    let theirs = app.as_role_in(other, Role::Administrator, |_| {}).await;
    theirs.act(&path, None).await.problem(404, "not-found");
    let stale = office.act(&path, Some("\"99\"")).await;
    assert_eq!(stale.status, 412, "{stale:?}");
    assert_eq!(job(&office, id(&done)).await, done);
}
