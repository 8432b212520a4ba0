//! What follows from a change follows from an import too, which stores its rows set by set.

use std::sync::{Mutex, PoisonError};

use api::kernel::base::problem::{Problem, Result};
use api::kernel::resource::effect::{AT_ONCE, Changed, Effect, Run};
use api::kernel::resource::operation::Operation;
use api::kernel::resource::write::Write;
use entity::schools::school;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CLOSED, feed, file, holds, id, imported, known, many, of_urn, patched, ready, school, taken};
use crate::support::{self, App, Caller};

/// What an effect was told, call by call, with the hub that it was told of.
static TOLD: Mutex<Vec<(Uuid, Vec<Changed>)>> = Mutex::new(Vec::new());

fn remember<'a>(write: &'a mut Write, changed: &'a [Changed]) -> BoxFuture<'a, Result<()>> {
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    told.push((write.caller().hub_id, changed.to_vec()));
    Box::pin(async { Ok(()) })
}

/// What the effect was told since it was last asked.
fn told(app: &App) -> Vec<Vec<Changed>> {
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    told.extract_if(.., |(hub, _)| *hub == app.hub).map(|(_, changed)| changed).collect()
}

fn change(id: Uuid, before: Value, after: &str) -> Changed {
    Changed { id, before, after: after.into() }
}

/// A service in which an effect follows from the status of a school.
async fn with_effect(run: Run) -> App {
    let effect = Effect::of::<school::Entity>(school::Column::Status, run);
    support::app_registering(|registry| registry.effects.push(effect)).await
}

/// A service in which something follows from the status of a school.
async fn watched() -> (App, Caller) {
    let app = with_effect(remember).await;
    let office = ready(&app).await;
    (app, office)
}

#[actix_web::test]
async fn an_import_that_closes_schools_has_the_effects_of_a_change_by_hand() {
    let (app, office) = watched().await;
    taken(&office, file(&[school(120_001, &[]), school(120_002, &[]), school(120_003, &[])])).await;
    let [one, two, three] = [120_001, 120_002, 120_003].map(|urn| of_urn(&office, urn));
    let [one, two, three] = [id(&one.await), id(&two.await), id(&three.await)];
    let made = [one, two, three].map(|id| change(id, Value::Null, "open"));
    assert_eq!(told(&app), [made]);

    patched(&office, 120_001, json!({ "status": "closed" })).await;
    assert_eq!(told(&app), [[change(one, json!("open"), "closed")]]);
    taken(&office, file(&[school(120_001, &CLOSED), school(120_002, &CLOSED), school(120_003, &[])])).await;
    assert_eq!(told(&app), [[change(two, json!("open"), "closed")]]);
    let rows = file(&[school(120_001, &CLOSED), school(120_002, &CLOSED), school(120_003, &CLOSED)]);
    holds(&imported(&office, "mode=atomic", rows).await, json!({ "state": "finished", "written": 1 }));
    assert_eq!(told(&app), [[change(three, json!("open"), "closed")]]);
}

#[actix_web::test]
async fn an_import_that_leaves_a_field_as_it_is_has_no_effects_of_it() {
    let (app, office) = watched().await;
    taken(&office, file(&[school(120_001, &[])])).await;
    told(&app);
    let changed = file(&[school(120_001, &[("Town", "Oadby")])]);
    holds(&imported(&office, "dry_run=true", file(&[school(120_001, &CLOSED)])).await, json!({ "to_write": 1 }));
    holds(&taken(&office, changed).await, json!({ "updated": 1 }));
    assert_eq!(told(&app), Vec::<Vec<Changed>>::new());
}

#[actix_web::test]
async fn an_effect_gets_many_rows_in_chunks() {
    let (app, office) = watched().await;
    for (query, from, count) in [("", 120_001, 1200), ("mode=atomic", 130_001, 1200), ("mode=atomic", 140_001, 1000)] {
        let job = imported(&office, query, many(from, count)).await;
        // Schools that the file lacks are marked, which is no change of their status.
        holds(&job, json!({ "state": "finished", "created": count }));
        let told = told(&app);
        let sizes: Vec<_> = told.iter().map(Vec::len).collect();
        let rest = if count == 1200 { 200 } else { AT_ONCE };
        assert_eq!(sizes.last(), Some(&rest), "{sizes:?}");
        assert!(sizes[..sizes.len() - 1].iter().all(|size| *size == AT_ONCE), "{sizes:?}");
        let mut ids: Vec<_> = told.concat().into_iter().map(|changed| changed.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count as usize);
    }
}

/// Writes to each school that closes.
fn note<'a>(write: &'a mut Write, changed: &'a [Changed]) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        for closed in changed.iter().filter(|it| it.after == "closed") {
            let before = write.row::<school::Entity>(closed.id).await?;
            let after = school::Model { town: Some("Nowhere".to_owned()), ..before.clone() };
            write.store::<api::schools::school::School>(Some(before), after, Operation::Verb("move")).await?;
        }
        Ok(())
    })
}

#[actix_web::test]
async fn what_an_effect_writes_stands_with_the_import_and_after_it_in_the_log() {
    let app = with_effect(note).await;
    let office = ready(&app).await;
    taken(&office, file(&[school(120_001, &[])])).await;
    taken(&office, file(&[school(120_001, &CLOSED)])).await;
    holds(&of_urn(&office, 120_001).await, json!({ "status": "closed", "town": "Nowhere", "version": 3 }));
    let changes: Vec<_> = feed(&office).await.into_iter().filter(|it| it["resource"] == "school").collect();
    let told: Vec<_> = changes.iter().map(|it| (it["operation"].as_str().unwrap(), it["version"].as_i64())).collect();
    assert_eq!(told, [("create", Some(1)), ("update", Some(2)), ("move", Some(3))]);
}

fn refuse<'a>(_: &'a mut Write, changed: &'a [Changed]) -> BoxFuture<'a, Result<()>> {
    let closes = changed.iter().any(|it| it.after == "closed");
    Box::pin(async move { if closes { Err(Problem::conflict("a school is needed")) } else { Ok(()) } })
}

#[actix_web::test]
async fn an_effect_that_refuses_a_change_ends_the_import_before_it() {
    let app = with_effect(refuse).await;
    let office = ready(&app).await;
    taken(&office, file(&[school(120_001, &[])])).await;
    let rows = file(&[school(120_001, &CLOSED), school(120_002, &[])]);
    let job = imported(&office, "", rows).await;
    holds(&job, json!({ "state": "failed", "written": 0 }));
    holds(&job["error"], json!({ "code": "conflict", "message": "a school is needed" }));
    assert_eq!(of_urn(&office, 120_001).await["status"], "open");
    assert_eq!(known(&office, 120_002).await, None);
}
