//! Who approves a plan, of which day, and that one plan of a kind is in force at a time.

use std::collections::{BTreeMap, BTreeSet};

use api::kernel::caller::tenancy::Caller as Inside;
use entity::identity::grant::Role;
use entity::plans::plan;
use futures_util::future::join_all;
use insta::assert_snapshot;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{act, activate, hub, id, make, small, tree};
use crate::support::{App, Caller, one_text};

async fn approve(by: &Caller, plan: Uuid) -> crate::support::Reply {
    by.act(&format!("/plans/{plan}/approvals"), Some("*")).await
}

#[actix_web::test]
async fn authors_of_a_plan_cannot_approve_it() {
    let (app, head) = hub().await;
    let deputy = app.as_role(Role::DeputyHeadOfService).await;
    let officer = app.as_role(Role::BusinessManager).await;
    // Made by the head, copied by the deputy, proposed by the officer.
    let source = make(&head, small()).await;
    let copied = head.act(&format!("/plans/{source}/copy"), None).await.expect(201).id();
    let edited = make(&officer, small()).await;
    let strand = id(&tree(&head, edited).await, "/objectives/0/strands/0");
    head.patch(&format!("/strands/{strand}"), &json!({ "text": "Consult all" }), "*").await.expect(200);
    let titled = make(&officer, small()).await;
    head.patch(&format!("/plans/{titled}"), &json!({ "motto": "Onwards" }), "*").await.expect(200);
    let year = json!({ "plan_id": edited, "label": "x", "first_day": "2016-04-01", "last_day": "2017-03-31" });
    head.post("/plan-years", &year).await.expect(201);
    let mut refusals = Vec::new();
    for plan in [source, copied, edited, titled] {
        act(&officer, plan, "propose").await.expect(200);
        refusals.push(approve(&head, plan).await.refusal(403, "forbidden"));
        // Somebody who did neither.
        approve(&deputy, plan).await.expect(201);
    }
    assert_snapshot!(one_text(&refusals), @r"
    you wrote or proposed this plan: somebody who did neither approves it
    ");
}

/// The authors of every plan.
async fn authors(app: &App) -> BTreeMap<Uuid, BTreeSet<Uuid>> {
    let plans = Inside::system(app.state.clone(), app.hub).rows_archived::<plan::Entity>();
    let plans = plans.all(app.state.db.read()).await.unwrap();
    plans.into_iter().map(|plan| (plan.id, plan.author_ids.into_iter().collect())).collect()
}

#[actix_web::test]
async fn authors_from_before_the_upgrade_cannot_approve_their_plan() {
    let (app, head) = hub().await;
    let deputy = app.as_role(Role::DeputyHeadOfService).await;
    let officer = app.as_role(Role::BusinessManager).await;
    let made = make(&head, small()).await;
    head.act(&format!("/plans/{made}/copy"), None).await.expect(201);
    let edited = make(&officer, small()).await;
    let strand = id(&tree(&head, edited).await, "/objectives/0/strands/0");
    head.patch(&format!("/strands/{strand}"), &json!({ "text": "Consult all" }), "*").await.expect(200);
    let proposed = make(&officer, small()).await;
    act(&head, proposed, "propose").await.expect(200);
    act(&deputy, proposed, "withdraw").await.expect(200);
    // Who reports of a plan in force has not written it.
    let in_force = make(&head, small()).await;
    activate(&app, &head, in_force).await;
    let due = id(&tree(&head, in_force).await, "/objectives/0/milestones/0");
    let done = json!({ "done_on": "2014-08-30" });
    officer.post(&format!("/milestones/{due}/dues/1/done"), &done).await.expect(200);
    let known = authors(&app).await;
    assert_eq!(known[&in_force], [head.person()].into(), "{known:?}");

    let db = app.state.db.write_pool();
    let before = "UPDATE plan SET author_ids = '[]'; \
                  DELETE FROM seaql_migrations WHERE version = 'm20261125_01_past_plan_authors'";
    db.execute_unprepared(before).await.unwrap();
    app.state.db.migrate().await.unwrap();
    assert_eq!(authors(&app).await, known);
    act(&officer, edited, "propose").await.expect(200);
    approve(&head, edited).await.problem(403, "forbidden");
    approve(&deputy, edited).await.expect(201);
}

#[actix_web::test]
async fn the_proposer_of_a_plan_cannot_approve_it_even_when_it_was_withdrawn_meanwhile() {
    let (app, head) = hub().await;
    let officer = app.as_role(Role::BusinessManager).await;
    let plan = make(&officer, small()).await;
    act(&head, plan, "propose").await.expect(200);
    approve(&head, plan).await.problem(403, "forbidden");
    act(&officer, plan, "withdraw").await.expect(200);
    act(&officer, plan, "propose").await.expect(200);
    approve(&head, plan).await.problem(403, "forbidden");
    // Another grant of the same person is the same person.
    let grant = json!({ "user_id": head.subject(), "role": "governor", "from_on": "2014-09-01" });
    head.post("/grants", &grant).await.expect(201);
    approve(&app.as_role(Role::Governor).await, plan).await.expect(201);
}

#[actix_web::test]
async fn the_author_of_a_plan_still_records_what_a_meeting_approved() {
    let (app, _) = hub().await;
    let officer = app.as_role(Role::BusinessManager).await;
    let plan = make(&officer, small()).await;
    act(&officer, plan, "propose").await.expect(200);
    let approval = json!({
        "plan_id": plan, "body": "Governing Group", "approved_on": "2014-09-01", "minute_reference": "Item 4",
    });
    let made = officer.post("/approvals", &approval).await.expect(201).id();
    let told = officer.get(&format!("/approvals/{made}?expand=recorded_by")).await.expect(200).json();
    assert_eq!(told["recorded_by"]["id"], json!(officer.person()));
    assert!(told["recorded_by"]["name"].as_str().unwrap().starts_with("Person"), "{told}");
    act(&officer, plan, "activate").await.expect(200);
}

#[actix_web::test]
async fn an_approval_from_before_the_proposal_is_refused() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    act(&head, plan, "propose").await.expect(200);
    let officer = app.as_role(Role::BusinessManager).await;
    let mut approval = json!({
        "plan_id": plan, "body": "Executive Group", "approved_on": "2014-08-31", "minute_reference": "Item 3",
    });
    let refused = officer.post("/approvals", &approval).await;
    assert_eq!(refused.faults(), [("/approved_on".to_owned(), "before_proposal".to_owned())]);
    act(&head, plan, "activate").await.problem(409, "conflict");
    approval["approved_on"] = json!("2014-09-01");
    officer.post("/approvals", &approval).await.expect(201);
    act(&head, plan, "activate").await.expect(200);
}

#[actix_web::test]
async fn an_approval_that_was_recorded_too_early_before_does_not_count() {
    use entity::plans::approval;
    use entity::row::Meta;
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    act(&head, plan, "propose").await.expect(200);
    let Meta { hub_id, id, version, created_at, updated_at, archived_at } =
        Meta::first(app.hub, Uuid::now_v7(), app.clock.now());
    let old = approval::Model {
        hub_id,
        id,
        version,
        created_at,
        updated_at,
        archived_at,
        plan_id: plan,
        plan_version: 2,
        body: "Governing Group".to_owned(),
        approved_on: time::macros::date!(2014 - 08 - 31),
        minute_reference: None,
        note: None,
        recorded_by_user_id: None,
    };
    app.insert::<approval::Entity>(app.hub, vec![old]).await;
    act(&head, plan, "activate").await.problem(409, "conflict");
}

/// A plan of a kind over some years, approved.
async fn approved(app: &App, head: &Caller, kind: &str, years: &[(&str, &str)]) -> Uuid {
    let mut form = small();
    form["kind"] = json!(kind);
    for (year, (first_day, last_day)) in form["years"].as_array_mut().unwrap().iter_mut().zip(years) {
        year["first_day"] = json!(first_day);
        year["last_day"] = json!(last_day);
    }
    let plan = make(head, form).await;
    act(head, plan, "propose").await.expect(200);
    approve(&app.as_role(Role::Governor).await, plan).await.expect(201);
    plan
}

const FIRST: [(&str, &str); 2] = [("2014-04-01", "2015-03-31"), ("2015-04-01", "2016-03-31")];
const MEETS: [(&str, &str); 2] = [("2016-03-31", "2017-03-30"), ("2017-03-31", "2018-03-31")];
const AFTER: [(&str, &str); 2] = [("2016-04-01", "2017-03-31"), ("2017-04-01", "2018-03-31")];

#[actix_web::test]
async fn two_plans_of_one_kind_are_not_in_force_over_the_same_days() {
    let (app, head) = hub().await;
    let kind = "local_plan";
    let first = approved(&app, &head, kind, &FIRST).await;
    act(&head, first, "activate").await.expect(200);
    let meets = approved(&app, &head, kind, &MEETS).await;
    let refused = act(&head, meets, "activate").await;
    assert_snapshot!(refused.refusal(409, "conflict").replace(&first.to_string(), "[first]"), @r#"
    cannot activate the plan: "Plan 2014–2016" ([first]) is of the same
      kind and active over the same days. Close that plan first
    "#);
    assert_eq!(refused.header("location"), format!("/api/v1/plans/{first}"));
    // Other days, or another kind.
    let after = approved(&app, &head, kind, &AFTER).await;
    act(&head, after, "activate").await.expect(200);
    let inclusion = approved(&app, &head, "inclusion", &FIRST).await;
    act(&head, inclusion, "activate").await.expect(200);
    // Plans of no named kind are of different kinds.
    for _ in 0..2 {
        let other = approved(&app, &head, "other", &FIRST).await;
        act(&head, other, "activate").await.expect(200);
    }
    act(&head, first, "close").await.expect(200);
    act(&head, after, "close").await.expect(200);
    act(&head, meets, "activate").await.expect(200);
}

#[actix_web::test]
async fn of_plans_brought_into_force_at_once_only_one_is() {
    let (app, head) = hub().await;
    let mut plans = Vec::new();
    for _ in 0..6 {
        plans.push(approved(&app, &head, "local_plan", &FIRST).await);
    }
    let asked = plans.into_iter().map(|plan| {
        let head = head.clone();
        actix_web::rt::spawn(async move { act(&head, plan, "activate").await.status })
    });
    let mut told: Vec<u16> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    told.sort_unstable();
    assert_eq!(told, [200, 409, 409, 409, 409, 409]);
    assert_eq!(head.all("/plans?status=active").await.len(), 1);
}

#[actix_web::test]
async fn a_plan_that_is_in_force_keeps_its_authors() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    activate(&app, &head, plan).await;
    let shown: Value = head.get(&format!("/plans/{plan}")).await.expect(200).json();
    assert!(shown.get("author_ids").is_none(), "the persons stay inside: {shown}");
}
