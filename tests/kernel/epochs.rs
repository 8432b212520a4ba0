//! Followers of the change feed notice that the database was restored.

use std::path::Path;

use entity::identity::grant::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::database::{folder, server};
use crate::support::process::{run, said};
use crate::support::{self, App, Caller, Cluster, Database, until};

/// What the feed says from a number on, to a follower of an epoch.
async fn follow(caller: &Caller, epoch: &Value, after: &Value) -> support::Reply {
    caller.get(&format!("/changes?epoch={}&after={after}", epoch.as_str().unwrap())).await
}

/// Checks that the follower is asked to copy everything, and that it can go on as the problem says.
async fn begins_again(caller: &Caller, epoch: &Value, after: &Value) {
    let told = follow(caller, epoch, after).await.problem(410, "feed-restarted");
    assert_ne!(told["epoch"], *epoch);
    assert!(told["detail"].as_str().unwrap().contains(told["epoch"].as_str().unwrap()), "{told}");
    let part = follow(caller, &told["epoch"], &told["after"]).await.expect(200).json();
    assert_eq!(part["items"], json!([]), "nothing comes after the number in the problem");
    caller.post("/areas", &json!({ "name": "Wreake" })).await.expect(201);
    let part = follow(caller, &part["epoch"], &part["next"]).await.expect(200).json();
    assert_eq!(part["items"].as_array().unwrap().len(), 1);
}

/// A hub with three changes, followed to their end.
async fn followed(app: &App) -> (Caller, Value, Value) {
    let caller = app.as_role(Role::Administrator).await;
    for name in ["Charnwood", "Soar", "Swift"] {
        app.area(&caller, name).await;
    }
    let part = caller.get("/changes").await.expect(200).json();
    assert_eq!(part["next"], 3);
    (caller, part["epoch"].clone(), part["next"].clone())
}

#[actix_web::test]
async fn a_number_that_was_never_given_is_gone() {
    let app = support::app().await;
    let (caller, epoch, next) = followed(&app).await;
    follow(&caller, &epoch, &next).await.expect(200);
    let told = caller.get("/changes?after=4").await.problem(410, "feed-restarted");
    assert_eq!((&told["epoch"], &told["after"]), (&epoch, &next));
    // Each hub counts for itself.
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    let told = follow(&stranger, &epoch, &json!(1)).await.problem(410, "feed-restarted");
    assert_eq!(told["after"], 0);
    caller.get("/changes?epoch=second").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn the_command_line_begins_a_new_epoch_while_the_service_runs() {
    let app = support::app().await;
    let (caller, epoch, next) = followed(&app).await;
    let output = run(&["feed", "new-epoch", "--database-url", app.database.url()]);
    assert!(output.status.success(), "{}", said(&output));
    begins_again(&caller, &epoch, &next).await;
}

#[actix_web::test]
async fn a_restart_goes_on_with_the_epoch() {
    let mut app = support::program(&[]).await;
    let (caller, epoch, next) = followed(&app).await;
    app.process().kill();
    app.start(&[]);
    follow(&caller.at(app.base()), &epoch, &next).await.expect(200);
    assert_eq!(app.state.db.recognise().await.unwrap(), None);
}

#[actix_web::test]
async fn a_restored_backup_begins_a_new_epoch() {
    if server().is_some() {
        return;
    }
    let mut app = support::program(&[]).await;
    let (caller, epoch, next) = followed(&app).await;
    let folder = folder();
    let copy = folder.path().join("copy.db").display().to_string();
    let output = run(&["backup", &copy, "--database-url", app.database.url()]);
    assert!(output.status.success(), "{}", said(&output));
    app.process().kill();
    // Twice from one backup: each time numbers are given out again.
    let mut epochs = vec![epoch.clone()];
    for restored in ["first.db", "second.db"] {
        let file = folder.path().join(restored);
        std::fs::copy(&copy, &file).unwrap();
        app.database = Database::at(file.display().to_string());
        app.start(&[]);
        let caller = caller.at(app.base());
        begins_again(&caller, &epoch, &next).await;
        epochs.push(caller.get("/changes").await.expect(200).json()["epoch"].clone());
    }
    assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2] && epochs[0] != epochs[2], "{epochs:?}");
}

#[actix_web::test]
async fn a_file_that_is_put_back_begins_a_new_epoch() {
    if server().is_some() {
        return;
    }
    let database = Database::migrated().await;
    let file = Path::new(database.url());
    let start = async || {
        let db = database.open().await;
        let new = db.recognise().await.unwrap();
        db.close().await;
        new
    };
    assert_eq!(start().await, None);
    let folder = folder();
    let copy = folder.path().join("copy.db");
    std::fs::copy(file, &copy).unwrap();
    assert_eq!(start().await, None, "the same file once more");
    std::fs::copy(&copy, file).unwrap();
    assert!(start().await.is_some(), "an earlier state of it");
    assert_eq!(start().await, None);
    let elsewhere = Database::at(copy.display().to_string()).open().await;
    assert!(elsewhere.recognise().await.unwrap().is_some(), "a copy in another folder");
}

#[actix_web::test]
async fn a_restored_dump_begins_a_new_epoch() {
    if server().is_none() {
        return;
    }
    let app = support::app().await;
    let (caller, epoch, next) = followed(&app).await;
    let db = &app.state.db;
    assert_eq!(db.recognise().await.unwrap(), None);
    assert_eq!(db.recognise().await.unwrap(), None, "the same database once more");
    // What `pg_restore --data-only` does to the row.
    let restore = "CREATE TEMPORARY TABLE dump AS SELECT * FROM feed_epoch; DELETE FROM feed_epoch; \
                   INSERT INTO feed_epoch SELECT * FROM dump; DROP TABLE dump";
    db.write_pool().execute_unprepared(restore).await.unwrap();
    assert!(db.recognise().await.unwrap().is_some());
    assert_eq!(db.recognise().await.unwrap(), None);
    begins_again(&caller, &epoch, &next).await;
}

#[actix_web::test]
async fn a_server_recovered_from_its_archive_begins_a_new_epoch() {
    let Some(cluster) = tokio::task::spawn_blocking(Cluster::start).await.unwrap() else { return };
    let database = Database::at(cluster.url());
    let db = database.open().await;
    db.migrate().await.unwrap();
    assert_eq!(db.recognise().await.unwrap(), None);
    db.close().await;
    let cluster = tokio::task::spawn_blocking(|| {
        cluster.down();
        cluster.up();
        cluster
    });
    let cluster = cluster.await.unwrap();
    let db = database.open().await;
    assert_eq!(db.recognise().await.unwrap(), None, "a crash is no restore");
    db.close().await;
    let cluster = tokio::task::spawn_blocking(|| {
        cluster.down();
        cluster.recover();
        cluster
    });
    let _cluster = cluster.await.unwrap();
    let db = database.open().await;
    let recognised = until("the server takes writes", async || db.recognise().await.ok()).await;
    assert!(recognised.is_some());
}
