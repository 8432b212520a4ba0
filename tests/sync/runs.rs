//! A run as a job: dry, refused, cancelled, and one at a time.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::fixture::{World, counts, ended};
use super::hub;

#[actix_web::test]
async fn a_dry_run_reports_what_the_real_one_then_does() {
    let Some(world) = World::new().await else { return };
    let before = world.changes().await;
    let dry = world.run(true).await;
    assert_eq!((&dry["state"], &dry["written"]), (&json!("succeeded"), &json!(0)), "{dry:#}");
    assert_eq!(world.changes().await, before);
    assert_eq!(world.office.all("/sync-matches").await, Vec::<Value>::new());
    let real = world.synced().await;
    assert_eq!(real["counts"], dry["counts"]);
    assert!(real["written"].as_i64().unwrap() > 1000, "{real:#}");
    let listed = world.rows(&dry, "written=true").await;
    assert_eq!(listed, Vec::<Value>::new());
}

#[actix_web::test]
async fn a_source_that_is_away_leaves_nothing_half_written_and_the_next_run_goes_on() {
    let Some(world) = World::new().await else { return };
    let before = world.changes().await;
    std::fs::rename(world.file("association"), world.files.path().join("gone")).unwrap();
    let failed = world.run(false).await;
    assert_eq!((&failed["state"], &failed["written"]), (&json!("failed"), &json!(0)), "{failed:#}");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("association"), "{message}");
    assert_eq!(world.changes().await, before);
    std::fs::rename(world.files.path().join("gone"), world.file("association")).unwrap();
    world.synced().await;
}

#[actix_web::test]
async fn a_table_that_was_emptied_is_a_fault_of_the_source_and_no_deletion() {
    let Some(world) = World::new().await else { return };
    world.synced().await;
    let bytes = std::fs::read(world.file("association")).unwrap();
    let header = bytes.split(|it| *it == b'\n').next().unwrap();
    std::fs::write(world.file("association"), [header, b"\n"].concat()).unwrap();
    let failed = world.run(false).await;
    assert_eq!(failed["error"]["code"], "empty_table", "{failed:#}");
    assert_eq!(failed["written"], 0);
}

#[actix_web::test]
async fn counts_of_pupils_that_are_all_gone_leave_the_figures() {
    let Some(world) = World::new().await else { return };
    hub::publish(&world, &hub::MEASURES).await;
    world.synced().await;
    let before = hub::listed(&world, "first_access_pupils").await;
    let bytes = std::fs::read(world.file("activity_headcount")).unwrap();
    let header = bytes.split(|it| *it == b'\n').next().unwrap();
    std::fs::write(world.file("activity_headcount"), [header, b"\n"].concat()).unwrap();
    let failed = world.run(false).await;
    assert_eq!(failed["error"]["code"], "empty_table", "{failed:#}");
    assert_eq!(hub::listed(&world, "first_access_pupils").await, before);
}

#[actix_web::test]
async fn of_several_requests_at_once_one_begins_a_run() {
    let Some(world) = World::new().await else { return };
    let form = json!({ "source_id": world.source().await["id"], "dry_run": true });
    let begun = join_all((0..6).map(|_| world.office.post("/sync-runs", &form).into_future())).await;
    let mut statuses: Vec<u16> = begun.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409, 409, 409, 409, 409]);
}

#[actix_web::test]
async fn one_run_of_a_source_is_under_way_at_a_time_and_can_be_cancelled() {
    let Some(world) = World::new().await else { return };
    let first = world.begin(false).await;
    let form = json!({ "source_id": world.source().await["id"] });
    let second = world.office.post("/sync-runs", &form).await;
    let run = world.office.get(&format!("/sync-runs/{first}?expand=actions,source")).await.expect(200).json();
    if run["state"] == "queued" || run["state"] == "running" {
        second.problem(409, "conflict");
        assert_eq!(second.header("location"), format!("/api/v1/sync-runs/{first}"));
        assert_eq!(run["actions"][0]["verb"], "cancel");
    }
    assert_eq!(run["source"]["name"], "music-service");
    let cancelled = world.office.act(&format!("/sync-runs/{first}/cancel"), None).await;
    if cancelled.status == 202 {
        let run = ended(&world.office, first).await;
        assert_eq!((&run["state"], &run["cancel_asked"]), (&json!("cancelled"), &json!(true)), "{run:#}");
    }
    // What it wrote is whole, and the next one goes on.
    let run = world.synced().await;
    let again = world.synced().await;
    assert_eq!(again["written"], 0, "{again:#}");
    assert_eq!(counts(&run, "schools")["review"], counts(&again, "schools")["review"]);
}

#[actix_web::test]
async fn a_hub_never_sees_the_sync_of_another() {
    let Some(world) = World::new().await else { return };
    let run = world.synced().await;
    let other = world.app.another_hub("norfolk").await;
    let stranger = world.app.as_role_in(other, Role::HeadOfService, |_| {}).await;
    for path in ["/sync-sources", "/sync-runs", "/sync-matches"] {
        assert_eq!(stranger.all(path).await, Vec::<Value>::new(), "{path}");
    }
    let id = run["id"].as_str().unwrap();
    for path in
        [format!("/sync-runs/{id}"), format!("/sync-runs/{id}/rows"), format!("/sync-runs/{id}/rows/counts?by=code")]
    {
        stranger.get(&path).await.problem(404, "not-found");
    }
    let form = json!({ "source_id": world.source().await["id"] });
    assert_eq!(stranger.post("/sync-runs", &form).await.status, 422);
}
