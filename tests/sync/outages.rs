//! A source on a server that is away, or that goes away while a run reads it or writes to it.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::fixture::{World, counts, ended};
use super::{hub, outward};
use crate::support::{Cluster, until};
use crate::sync_sources::sample;

/// The sample on a server of the test's own, with the hub that it is for.
struct Outage {
    world: World,
    cluster: Arc<Cluster>,
}

impl Outage {
    async fn new() -> Option<Self> {
        let [schema, rows] = sample::statements(1)?;
        let cluster = Arc::new(tokio::task::spawn_blocking(Cluster::start).await.unwrap()?);
        let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
        for statements in [schema, rows] {
            sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
        }
        let world = World::over("postgresql", &cluster.url(), str::to_owned).await?;
        Some(Self { world, cluster })
    }

    /// Takes the server away, as when its machine loses power.
    async fn down(&self) {
        let cluster = self.cluster.clone();
        tokio::task::spawn_blocking(move || cluster.down()).await.unwrap();
    }

    async fn up(&self) {
        let cluster = self.cluster.clone();
        tokio::task::spawn_blocking(move || cluster.up()).await.unwrap();
    }

    /// Begins a run, and takes the server away when the run waits for a lock of a table. Returns the run at its end.
    async fn broken_at(&self, lock: &'static str) -> Value {
        let mut locking = PgConnection::connect(&self.cluster.url()).await.unwrap();
        for statement in ["BEGIN", lock] {
            sqlx::raw_sql(statement).execute(&mut locking).await.unwrap();
        }
        // Within a transaction the list of sessions stands still.
        let mut looking = PgConnection::connect(&self.cluster.url()).await.unwrap();
        let run = self.world.begin(false).await;
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE application_name = 'smep sync' AND wait_event_type = 'Lock'";
        until("the run waits for the lock", async || {
            let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut looking).await.unwrap();
            (waiting > 0).then_some(())
        })
        .await;
        self.down().await;
        ended(&self.world.office, run).await
    }

    /// How many values of the service stand in the source.
    async fn values(&self) -> i64 {
        let mut connection = PgConnection::connect(&self.cluster.url()).await.unwrap();
        let values = "SELECT count(*) FROM user_field_value WHERE modified_by = 'smep'";
        sqlx::query_scalar(values).fetch_one(&mut connection).await.unwrap()
    }
}

/// Checks that a run failed because of the server, in a step.
#[track_caller]
fn expect_away(run: &Value, step: &str) {
    assert_eq!((&run["state"], &run["step"]), (&json!("failed"), &json!(step)), "{run:#}");
    assert_eq!(run["error"]["code"], "connection", "{run:#}");
    let message = run["error"]["message"].as_str().unwrap();
    assert!(message.contains("check that it runs and can be reached from here"), "{message}");
}

#[actix_web::test]
async fn a_database_that_is_away_or_goes_away_while_it_is_read_leaves_nothing_and_the_next_run_succeeds() {
    let Some(outage) = Outage::new().await else { return };
    let world = &outage.world;
    let before = world.changes().await;
    outage.down().await;
    let away = world.run(false).await;
    outage.up().await;
    // All that is read before the contracts has been read.
    let broken = outage.broken_at("LOCK TABLE school_contract IN ACCESS EXCLUSIVE MODE").await;
    for failed in [&away, &broken] {
        expect_away(failed, "reading");
        assert_eq!((&failed["written"], &failed["counts"]), (&json!(0), &json!([])), "{failed:#}");
        assert_eq!(world.rows(failed, "").await, Vec::<Value>::new());
    }
    assert_eq!(world.changes().await, before);
    assert_eq!(world.office.all("/sync-matches").await, Vec::<Value>::new());
    outage.up().await;
    let run = world.synced().await;
    assert!(counts(&run, "persons")["created"] > 1000, "{run:#}");
    assert_eq!(world.synced().await["written"], 0);
}

#[actix_web::test]
async fn a_database_that_goes_away_while_values_are_written_has_none_and_the_next_run_writes_all() {
    let Some(outage) = Outage::new().await else { return };
    let world = &outage.world;
    for urn in outward::schools(world).await {
        hub::rate(world, &world.school(urn).await, "red").await;
    }
    // It can be read, and not be written.
    let broken = outage.broken_at("LOCK TABLE user_field_value IN SHARE MODE").await;
    expect_away(&broken, "writing_back");
    assert!(counts(&broken, "persons")["created"] > 1000, "what came from the source stands: {broken:#}");
    assert_eq!(world.rows(&broken, "direction=out&outcome=written").await, Vec::<Value>::new());
    outage.up().await;
    assert_eq!(outage.values().await, 0);
    let changes = world.changes().await;
    let next = world.synced().await;
    assert_eq!((&next["written"], counts(&next, "user_values")["written"]), (&json!(3), 3), "{next:#}");
    assert_eq!((outage.values().await, world.changes().await), (3, changes), "the hub has everything already");
    assert_eq!(world.synced().await["written"], 0);
}
