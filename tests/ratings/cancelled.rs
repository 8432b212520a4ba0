//! A computation that is cancelled while it is at work.

use std::collections::HashSet;
use std::time::Duration;

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::killed::{COUNT, schools};
use super::{active, hub, recompute, scheme};
use crate::support::until;

#[actix_web::test]
async fn a_computation_that_is_cancelled_keeps_what_it_has_stored_and_the_next_one_does_the_rest() {
    let (app, head) = hub().await;
    // The year of the schools' records has come.
    app.clock.advance(Duration::from_hours(24 * 365 * 7));
    let head = app.again(&head);
    schools(&app).await;
    let scheme = active(&head, scheme()).await;
    let others = [app.as_role(Role::Governor).await, app.as_role(Role::SpecialistLeader).await];
    let begun = head.act(&format!("/rag-schemes/{scheme}/recompute"), Some("*")).await.expect(202);
    let (job, cancel) = (format!("/jobs/{}", begun.id()), format!("/jobs/{}/cancel", begun.id()));
    let record = async || head.get(&format!("/rag-recomputations/{}", begun.id())).await.expect(200).json();
    until("some are computed", async || (record().await["computed"].as_u64() > Some(0)).then_some(())).await;
    let asked = head.act(&cancel, None).await.expect(202).json();
    assert_eq!((&asked["state"], &asked["cancel_asked"]), (&json!("running"), &json!(true)), "{asked:#}");
    let ended = until("the job has ended", async || {
        let job = head.get(&job).await.expect(200).json();
        (!job["finished_at"].is_null()).then_some(job)
    })
    .await;
    assert_eq!((&ended["state"], &ended["error"]), (&json!("cancelled"), &Value::Null), "{ended:#}");

    // What was stored stays, and is what the record counts: a suggestion for each school.
    let kept = record().await;
    let computed = usize::try_from(kept["computed"].as_u64().unwrap()).unwrap();
    assert!(0 < computed && computed < COUNT, "{kept:#}");
    assert_eq!((&kept["suggested"], &kept["schools"]), (&json!(computed), &json!(COUNT)));
    let rated = async || {
        let ratings = head.all("/rag-ratings?status=suggestion&fields=id,school_id").await;
        let rated: HashSet<_> = ratings.iter().map(|it| it["school_id"].as_str().unwrap().to_owned()).collect();
        (ratings.len(), rated.len())
    };
    assert_eq!(rated().await, (computed, computed));
    for by in others {
        by.act(&cancel, None).await.problem(403, "forbidden");
    }
    assert_snapshot!(head.act(&cancel, None).await.refusal(409, "conflict"), @r"
    cannot cancel a cancelled job: the job must be queued or running. A cancelled job allows no
      transition
    ");
    assert_eq!(head.get(&job).await.expect(200).json(), ended, "the second cancel changed nothing");
    assert_eq!(record().await, kept);

    // The hub is free for another one, which suggests nothing twice.
    let rest = recompute(&head, scheme).await;
    assert_eq!(
        json!([rest["computed"], rest["suggested"], rest["unchanged"], rest["replaced"]]),
        json!([COUNT, COUNT - computed, computed, 0])
    );
    assert_eq!(rated().await, (COUNT, COUNT));
}
