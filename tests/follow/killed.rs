//! The follower is killed ten times while others write, and the copy ends equal to the source.
//!
//! `SMEP_FOLLOW_CHANGES` says how many changes are made, 20,000 if absent. A million takes some minutes:
//! `SMEP_FOLLOW_CHANGES=1000000 just test follow::killed`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use entity::schools::area;
use sea_orm::{ConnectionTrait, Database as Connect, DatabaseConnection, DbBackend, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{Client, Mirror, equals};
use crate::support::process::said;
use crate::support::{self, App, Caller};

/// How many areas there are to change.
const AREAS: usize = 4000;

/// How many of them one transaction changes.
const AT_ONCE: usize = 1000;

/// How often the follower is killed.
const KILLS: u32 = 10;

fn changes() -> u64 {
    std::env::var("SMEP_FOLLOW_CHANGES").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000)
}

/// Areas that nobody has made by the API, so that there are many in a moment.
async fn areas(app: &App) {
    let now = app.clock.now();
    let rows = (0..AREAS).map(|n| area::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        name: format!("Bulk {n:05}"),
        name_key: format!("bulk {n:05}"),
        code: None,
        lead_person_id: None,
        note: None,
    });
    app.insert::<area::Entity>(app.hub, rows.collect()).await;
}

/// A connection of a writer's own.
async fn connect(app: &App) -> DatabaseConnection {
    let url = app.database.url();
    let url = if url.starts_with("postgres") { url.to_owned() } else { format!("sqlite://{url}") };
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = Connect::connect(options).await.unwrap();
    if db.get_database_backend() == DbBackend::Sqlite {
        db.execute_unprepared("PRAGMA busy_timeout = 60000; PRAGMA synchronous = OFF").await.unwrap();
    }
    db
}

/// One transaction that changes many areas, as the service would: rows, then the counter, then the log.
async fn change_many(db: &DatabaseConnection, now: i64, round: usize) {
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let (begin, kind) = if postgres { ("BEGIN", "jsonb") } else { ("BEGIN IMMEDIATE", "text") };
    let first = round * AT_ONCE % AREAS;
    let of_the_hub = r#""hub_id" = (SELECT "id" FROM "hub" WHERE "slug" = 'leicester')"#;
    let end = first + AT_ONCE;
    let chosen = format!(r#"{of_the_hub} AND "name_key" >= 'bulk {first:05}' AND "name_key" < 'bulk {end:05}'"#);
    let sql = format!(
        r#"{begin};
        UPDATE "area" SET "version" = "version" + 1, "updated_at" = {now}, "note" = 'round {round}' WHERE {chosen};
        UPDATE "change_counter" SET "last" = "last" + {AT_ONCE} WHERE {of_the_hub};
        INSERT INTO "change" ("hub_id", "number", "resource", "row_id", "row_version", "keys", "operation", "at",
                              "actor_kind", "fields")
        SELECT "hub_id",
               (SELECT "last" FROM "change_counter" WHERE {of_the_hub}) - {AT_ONCE} + row_number() OVER (ORDER BY "id"),
               'area', "id", "version", CAST('{{}}' AS {kind}), 'update', {now}, 'system',
               CAST('{{"note":{{"before":null,"after":"round {round}"}}}}' AS {kind})
        FROM "area" WHERE {chosen};
        COMMIT"#
    );
    db.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("round {round}: {error}"));
}

/// Writes by the API until it is asked to end: new areas, changes of others' areas, archived and restored ones.
async fn write(writer: Caller, number: usize, ended: Arc<AtomicBool>, made: Arc<AtomicU64>) {
    let mut round = 0;
    while !ended.load(Ordering::Relaxed) {
        round += 1;
        let name = format!("By {number} {round}");
        let area = writer.post("/areas", &json!({ "name": name })).await.expect(201);
        let path = format!("/areas/{}", area.id());
        made.fetch_add(1, Ordering::Relaxed);
        if round % 3 == 0 {
            writer.delete(&path, &area.etag()).await.expect(204);
            made.fetch_add(1, Ordering::Relaxed);
        }
        if round % 6 == 0 {
            writer.act(&format!("{path}/restore"), Some("\"2\"")).await.expect(200);
            made.fetch_add(1, Ordering::Relaxed);
        }
        let list = "/areas?q=bulk&limit=1&sort=-updated_at";
        let some = writer.get(list).await.expect(200).json()["items"][0].clone();
        let path = format!("/areas/{}", some["id"].as_str().unwrap());
        // Another writer may have been faster.
        let changed = writer.patch(&path, &json!({ "code": format!("W{number}-{round}") }), "*").await;
        assert!([200, 412, 503].contains(&changed.status), "{changed:?}");
    }
}

/// Checks that the copy of a killed follower has every change up to its position.
async fn holds_what_its_position_says(app: &App, copy: &Mirror) -> Option<i64> {
    let position = copy.position().await?;
    let log = format!(
        "SELECT lower(CAST({} AS text)), max(\"row_version\") FROM \"change\" WHERE \"resource\" = 'area' AND \
         \"number\" <= {position} GROUP BY \"row_id\"",
        if copy.url().starts_with("postgres") { "\"row_id\"" } else { "hex(\"row_id\")" }
    );
    let db = connect(app).await;
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), log)).await.unwrap();
    db.close().await.unwrap();
    let logged = rows.iter().map(|row| {
        let id: String = row.try_get_by_index(0).unwrap();
        (id.replace('-', ""), row.try_get_by_index::<i64>(1).unwrap())
    });
    let logged: BTreeMap<String, i64> = logged.collect();
    let copied = copy.versions("area").await;
    let copied: BTreeMap<String, i64> =
        copied.into_iter().map(|(id, version)| (id.replace('-', ""), version)).collect();
    for (id, version) in &copied {
        let known = logged.get(id).copied().unwrap_or(1);
        assert!(*version >= known, "area {id} has version {version} in the copy at {position}, and {known} in the log");
    }
    Some(position)
}

#[actix_web::test]
async fn a_follower_killed_ten_times_ends_with_what_the_lists_show() {
    let app = support::program(&[]).await;
    areas(&app).await;
    let head = app.as_anything().await;
    // The counter of the hub is there from its first change on.
    app.area(&head, "First").await;
    let scopes = "exchange:read schools:read";
    let client = Client::of(&app, scopes).await;
    let copy = Mirror::empty().await;
    let (ended, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> =
        (0..2).map(|number| actix_web::rt::spawn(write(head.clone(), number, ended.clone(), made.clone()))).collect();

    // Many changes at once, while the follower is killed again and again.
    let rounds = usize::try_from(changes()).unwrap().div_ceil(AT_ONCE);
    let (db, clock, done) = (connect(&app).await, app.clock.clone(), Arc::new(AtomicBool::new(false)));
    let told = done.clone();
    let bulk = actix_web::rt::spawn(async move {
        for round in 0..rounds {
            change_many(&db, clock.now().as_micros(), round).await;
            // A little after another, so that the follower is always behind.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        told.store(true, Ordering::Relaxed);
    });
    let (began, mut positions) = (Instant::now(), Vec::new());
    let longest = if rounds > 100 { 8000 } else { 1500 };
    for _ in 0..KILLS {
        let follower = client.follow(app.base(), &["--to", copy.url(), "--every", "0.1"]);
        let moment = Duration::from_millis(200 + u64::from(rand::random::<u16>()) % longest);
        tokio::time::sleep(moment).await;
        let output = follower.kill();
        assert_eq!(output.status.code(), None, "it was killed, and did not end by itself: {}", said(&output));
        positions.extend(holds_what_its_position_says(&app, &copy).await);
    }
    assert!(positions.is_sorted(), "{positions:?}");
    bulk.await.unwrap();
    ended.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let printed = client.copies(app.base(), &copy).await;
    let took = began.elapsed();
    let head = app.again(&head);
    let compared = equals(&copy, &app.as_client(scopes).await).await;
    assert!(compared >= AREAS);
    let end = head.get("/changes/position").await.expect(200).json()["after"].as_i64();
    assert_eq!(copy.position().await, end);
    let total = rounds * AT_ONCE;
    eprintln!(
        "{total} changes and {} by the API, {KILLS} kills, {took:?}: {positions:?}\n{printed}",
        made.load(Ordering::Relaxed)
    );
}
