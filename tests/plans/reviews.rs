//! Reviews: the evidence frozen, lessons, and the revision that takes the plan's place.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{act, activate, hub, id, make, month, small, tree};
use crate::support::{App, Caller, Reply, one_text};
use crate::visits::visited;

/// A plan in force with a figure for its first target, written by somebody else than the head of service.
async fn in_force(app: &App, head: &Caller) -> (Caller, Uuid, Value) {
    in_force_as(app, head, small()).await
}

/// As [`in_force`], of a plan of that form.
async fn in_force_as(app: &App, head: &Caller, form: Value) -> (Caller, Uuid, Value) {
    let officer = app.as_role(Role::BusinessManager).await;
    let plan = make(&officer, form).await;
    activate(app, &officer, plan).await;
    let nodes = tree(head, plan).await;
    report(app, head, id(&nodes, "/objectives/0/targets/0"), 20.0).await;
    (officer, plan, nodes)
}

async fn report(app: &App, head: &Caller, target: Uuid, value: f64) {
    let leader = app.as_role(Role::MusicLeader).await;
    let form = json!({
        "target_id": target, "on_date": "2014-08-30", "value": value, "opinion": "amber", "narrative": "As counted.",
    });
    let update = leader.post("/progress-updates", &form).await.expect(201).id();
    head.act(&format!("/progress-updates/{update}/accept"), Some("*")).await.expect(200);
}

async fn open(by: &Caller, nodes: &Value, year: Option<Uuid>) -> Reply {
    let form = json!({
        "plan_id": nodes["id"], "plan_year_id": year, "title": "Review of the first year", "as_at": "2014-09-01",
    });
    by.post("/reviews", &form).await
}

async fn step(by: &Caller, review: Uuid, verb: &str) -> Reply {
    by.act(&format!("/reviews/{review}/{verb}"), Some("*")).await
}

/// A review with the draft of the next revision, proposed.
async fn proposed(app: &App, head: &Caller) -> (Caller, Value, Uuid, Uuid) {
    let (officer, _, nodes) = in_force(app, head).await;
    let review = open(&officer, &nodes, Some(id(&nodes, "/years/0"))).await.expect(201).id();
    step(&officer, review, "reflect").await.expect(200);
    let revision = step(&officer, review, "revise").await.expect(200).json();
    let revision = Uuid::parse_str(revision["revision_id"].as_str().unwrap()).unwrap();
    let second = json!({
        "objective_id": id(&tree(head, revision).await, "/objectives/1"), "statement": "A second step",
        "plan_year_id": id(&tree(head, revision).await, "/years/0"),
        "dues": [{ "first_day": "2015-06-01", "last_day": "2015-06-30", "precision": "month", "label": "Jun 2015" }],
    });
    officer.post("/milestones", &second).await.expect(201);
    act(&officer, revision, "propose").await.expect(200);
    (officer, nodes, review, revision)
}

#[actix_web::test]
async fn opening_a_review_freezes_every_target_as_it_was() {
    let (app, head) = hub().await;
    let (_, _, nodes) = in_force(&app, &head).await;
    let opened = open(&head, &nodes, Some(id(&nodes, "/years/0"))).await.expect(201);
    let review = opened.json();
    assert_eq!(
        (&review["status"], &review["targets"], &review["as_at"]),
        (&json!("review"), &json!(3), &json!("2014-09-01"))
    );
    let frozen = async || head.all(&format!("/review-targets?review_id={}&sort=place", opened.id())).await;
    let before = frozen().await;
    let told: Vec<_> = before
        .iter()
        .map(|row| {
            json!([row["place"], row["objective_number"], row["plan_year_label"], row["status"], row["reached"]])
        })
        .collect();
    let expected = [
        json!([1, 1, "2014/15", "at_risk", 20.0]),
        json!([2, 1, "2015/16", "not_started", null]),
        json!([3, 2, "2014/15", "at_risk", before[2]["reached"]]),
    ];
    assert_eq!(told, expected);
    let first = &before[0];
    assert_eq!(first["statement"], "Half of the first cohort share practice");
    assert_eq!(
        (&first["value"], &first["comparator"], &first["unit"]),
        (&json!(50.0), &json!("at_least"), &json!("percent"))
    );
    assert_eq!((&first["opinion"], &first["reached_on"]), (&json!("amber"), &json!("2014-08-30")));
    // What is known later changes nothing.
    report(&app, &head, id(&nodes, "/objectives/0/targets/0"), 55.0).await;
    let now = head.get(&format!("/plans/{}/progress", nodes["id"].as_str().unwrap())).await.json();
    assert_eq!(now["objectives"][0]["targets"][0]["status"], "met");
    assert_eq!(frozen().await, before);
    let counts = head.get(&format!("/review-targets/counts?by=status&review_id={}", opened.id())).await.expect(200);
    assert_eq!(counts.json()["groups"].as_array().unwrap().len(), 2);
}

/// The figure of a target on 1 September 2014, the two parts of a share, how many rows are behind it, and its status.
async fn told(head: &Caller, target: &Value) -> Value {
    let path = format!("/targets/{}", target.as_str().unwrap());
    let shown = head.get(&format!("{path}?expand=status&as_at=2014-09-01")).await.expect(200).json();
    if shown["kind"] == "text" {
        return json!([null, null, null, null, shown["status"]]);
    }
    let value = head.get(&format!("{path}/value?as_at=2014-09-01")).await.expect(200).json();
    assert_eq!(value["status"], shown["status"]);
    let live = &value["live"];
    if live.is_null() {
        return json!([value["value"], null, null, null, value["status"]]);
    }
    let rows = head.all(&format!("{path}/evidence?as_at=2014-09-01")).await;
    assert_eq!(live["evidence"], json!(rows.len()));
    json!([value["value"], live["numerator"], live["denominator"], rows.len(), value["status"]])
}

#[actix_web::test]
async fn a_review_keeps_figures_their_evidence_and_the_status_as_they_were_told_on_its_day() {
    let (app, head) = hub().await;
    let mut schools = Vec::new();
    for name in ["Ash", "Beech", "Cedar", "Dogwood"] {
        schools.push(app.school(&head, name, json!({})).await.id());
    }
    let mut form = small();
    form["objectives"][0]["targets"].as_array_mut().unwrap().push(json!({
        "year": "2014/15", "kind": "measured", "metric": "spent", "statement": "The money for cover is spent",
        "comparator": "at_least", "value": 700_000, "unit": "pence",
        "dues": month("2015-03-01", "2015-03-31", "Mar 2015"),
    }));
    let (_, _, nodes) = in_force_as(&app, &head, form).await;
    let line = id(&nodes, "/objectives/0/budget/0");
    let spend = async |day: &str, pence: i64| {
        let entry = json!({ "budget_line_id": line, "spent_on": day, "pence": pence });
        head.post("/budget-spending", &entry).await.expect(201);
    };
    visited(&head, schools[0], "2014-06-10", "initial", "in_person").await;
    visited(&head, schools[1], "2014-08-30", "initial", "in_person").await;
    spend("2014-08-28", 4200).await;
    spend("2014-08-29", 1300).await;

    let review = open(&head, &nodes, None).await.expect(201).id();
    let frozen = async || head.all(&format!("/review-targets?review_id={review}&sort=place")).await;
    let kept = |row: &Value| {
        json!([row["reached"], row["numerator"], row["denominator"], row["evidence_count"], row["status"]])
    };
    let before = frozen().await;
    for row in &before {
        assert_eq!(kept(row), told(&head, &row["target_id"]).await, "{row}");
    }
    let figures: Vec<_> = before.iter().map(kept).collect();
    let expected = json!([
        [20.0, null, null, null, "at_risk"],
        [null, null, null, null, "not_started"],
        [5500.0, null, null, 2, "at_risk"],
        [50.0, 2.0, 4.0, 2, "on_track"],
    ]);
    assert_eq!(json!(figures), expected);

    // What is learned later about the days before the review changes the figures, and not the frozen ones.
    visited(&head, schools[2], "2014-07-02", "initial", "in_person").await;
    spend("2014-08-27", 700_000).await;
    report(&app, &head, id(&nodes, "/objectives/0/targets/0"), 55.0).await;
    assert_eq!(frozen().await, before);
    let mut now = Vec::new();
    for row in &before {
        now.push(told(&head, &row["target_id"]).await);
    }
    let expected = json!([
        [55.0, null, null, null, "met"],
        [null, null, null, null, "not_started"],
        [705_500.0, null, null, 3, "met"],
        [75.0, 3.0, 4.0, 3, "on_track"],
    ]);
    assert_eq!(json!(now), expected);
}

#[actix_web::test]
async fn a_plan_has_one_open_review_and_only_while_it_is_in_force() {
    let (app, head) = hub().await;
    let draft = make(&head, small()).await;
    let early = open(&head, &tree(&head, draft).await, None).await;
    let (_, _, nodes) = in_force(&app, &head).await;
    let first = open(&head, &nodes, None).await.expect(201).id();
    let second = open(&head, &nodes, None).await;
    assert_eq!(second.header("location"), format!("/api/v1/reviews/{first}"));
    let told = [early, second].map(|reply| reply.refusal(409, "conflict").replace(&first.to_string(), "[first]"));
    assert_snapshot!(told.join("\n"), @r#"
    cannot review a draft plan: a plan is reviewed while it is active
    the plan has an open review, "Review of the first year" ([first]): end
      or cancel it first
    "#);
    let cancel = json!({ "reason": "Opened too early" });
    head.post(&format!("/reviews/{first}/cancel"), &cancel).header("if-match", "*").await.expect(200);
    let again = open(&head, &nodes, None).await.expect(201).id();
    // Bad input.
    let cancelled = json!({ "reason": "x" });
    head.post(&format!("/reviews/{again}/cancel"), &cancelled).header("if-match", "*").await.expect(200);
    for (field, value, code) in [
        ("as_at", json!("2014-09-02"), "in_future"),
        ("plan_year_id", json!(Uuid::now_v7()), "unknown_reference"),
        ("plan_id", json!(Uuid::now_v7()), "unknown_reference"),
    ] {
        let mut form = json!({ "plan_id": nodes["id"], "title": "x" });
        form[field] = value;
        let refused = head.post("/reviews", &form).await;
        assert_eq!(refused.faults(), [(format!("/{field}"), code.to_owned())]);
    }
}

#[actix_web::test]
async fn lessons_are_written_down_in_reflection_alone() {
    let (app, head) = hub().await;
    let (officer, _, nodes) = in_force(&app, &head).await;
    let review = open(&head, &nodes, None).await.expect(201).id();
    let objective = id(&nodes, "/objectives/1");
    let form = json!({
        "review_id": review, "objective_id": objective, "lessons": "Ask heads first",
        "evidence_links": ["https://example.org/a.pdf"],
    });
    let early = head.post("/review-reflections", &form).await.refusal(409, "conflict");
    step(&head, review, "reflect").await.expect(200);
    let made = officer.post("/review-reflections", &form).await.expect(201);
    assert_eq!(
        (&made.json()["objective_number"], &made.json()["written_by_id"]),
        (&json!(2), &json!(officer.person()))
    );
    let path = format!("/review-reflections/{}", made.id());
    head.patch(&path, &json!({ "worked": "Pairs" }), "\"1\"").await.expect(200);
    head.patch(&path, &json!({ "worked": "x" }), "\"1\"").await.problem(412, "stale-version");
    let nothing = head.post("/review-reflections", &json!({ "review_id": review })).await;
    assert_eq!(nothing.faults(), [("/lessons".to_owned(), "missing".to_owned())]);
    let other = make(&head, small()).await;
    let foreign = json!({
        "review_id": review, "lessons": "x", "objective_id": id(&tree(&head, other).await, "/objectives/0"),
    });
    let foreign = head.post("/review-reflections", &foreign).await;
    assert_eq!(foreign.faults(), [("/objective_id".to_owned(), "unknown_reference".to_owned())]);
    step(&head, review, "revise").await.expect(200);
    let late = head.patch(&path, &json!({ "worked": "x" }), "*").await.refusal(409, "conflict");
    head.delete(&path, "*").await.problem(409, "conflict");
    assert_snapshot!([early, late].join("\n"), @r"
    cannot change reflections in the state `review`: they are written in `reflect`: begin it by POST
      /reviews/{id}/reflect
    cannot change reflections in the state `revise`: they are written in `reflect`
    ");
}

#[actix_web::test]
async fn the_targets_of_the_next_year_become_the_targets_of_the_revision() {
    let (app, head) = hub().await;
    let (_, nodes, review, revision) = proposed(&app, &head).await;
    let draft = tree(&head, revision).await;
    assert_eq!((&draft["status"], &draft["revision"]), (&json!("proposed"), &json!(2)));
    assert_eq!(draft["supersedes_id"], nodes["id"]);
    let labels: Vec<_> = draft["years"].as_array().unwrap().iter().map(|year| year["label"].clone()).collect();
    assert_eq!(labels, ["2015/16"]);
    let targets = |at: usize| draft["objectives"][at]["targets"].as_array().unwrap().clone();
    assert_eq!((targets(0).len(), targets(1).len()), (1, 0));
    assert_eq!(
        (&targets(0)[0]["statement"], &targets(0)[0]["position"]),
        (&json!("The process is repeated"), &json!(1))
    );
    let document = head.get(&format!("/plans/{revision}/document")).await.expect(200).json();
    assert_eq!(document["columns"][3]["heading"], "2015/16 targets and milestones");
    assert_eq!(document["objectives"][0]["rows"][0]["items"][0]["statement"], "The process is repeated");
    // A revision comes into force by its review alone.
    let alone = act(&head, revision, "activate").await.refusal(409, "conflict");
    assert_snapshot!(alone, @r"
    cannot activate a revision by itself: approve its review by POST /reviews/{id}/approve, or adopt it
      by POST /reviews/{id}/adopt, which closes the revision before
    ");
    let actions = head.get(&format!("/reviews/{review}?expand=actions")).await.expect(200).json();
    let verbs: Vec<_> = actions["actions"].as_array().unwrap().iter().map(|one| one["verb"].clone()).collect();
    assert_eq!(verbs, ["approve", "cancel"]);
}

#[actix_web::test]
async fn a_governor_approves_and_both_revisions_are_kept() {
    let (app, head) = hub().await;
    let (officer, nodes, review, revision) = proposed(&app, &head).await;
    let plan = Uuid::parse_str(nodes["id"].as_str().unwrap()).unwrap();
    let governor = app.as_role(Role::Governor).await;
    governor.patch(&format!("/reviews/{review}"), &json!({ "summary": "x" }), "*").await.problem(403, "forbidden");
    let reason = json!({ "reason": "x" });
    governor
        .post(&format!("/reviews/{review}/cancel"), &reason)
        .header("if-match", "*")
        .await
        .problem(403, "forbidden");
    let mut refused = vec![step(&officer, review, "approve").await.refusal(403, "forbidden")];
    refused.push(step(&officer, review, "adopt").await.refusal(409, "conflict"));
    governor.act(&format!("/reviews/{review}/approve"), None).await.problem(428, "precondition-required");
    governor.act(&format!("/reviews/{review}/approve"), Some("\"1\"")).await.problem(412, "stale-version");
    let approved = step(&governor, review, "approve").await.expect(200).json();
    assert_eq!(approved["status"], "approved");
    let approval = head.get(&format!("/approvals/{}", approved["approval_id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&approval.json()["body"], &approval.json()["plan_id"]), (&json!("Governing Group"), &json!(revision)));
    let state = async |plan: Uuid| head.get(&format!("/plans/{plan}")).await.expect(200).json()["status"].clone();
    assert_eq!((state(plan).await, state(revision).await), (json!("closed"), json!("active")));
    // The revision before still answers, and nothing in it changes.
    let old = tree(&head, plan).await;
    assert_eq!(old["objectives"][0]["targets"].as_array().unwrap().len(), 2);
    let progress = head.get(&format!("/plans/{plan}/progress?as_at=2014-09-01")).await.expect(200).json();
    assert_eq!(progress["objectives"][0]["targets"][0]["last_value"], 20.0);
    let target = format!("/targets/{}", id(&old, "/objectives/0/targets/0"));
    head.patch(&target, &json!({ "value": 60 }), "*").await.problem(409, "conflict");
    head.patch(&format!("/reviews/{review}"), &json!({ "title": "x" }), "*").await.problem(409, "conflict");
    step(&head, review, "reflect").await.problem(409, "conflict");
    assert_eq!(head.get(&format!("/plans?supersedes_id={plan}")).await.expect(200).ids(), [revision]);
    let history = head.get(&format!("/plans/{plan}/history")).await.json();
    assert_eq!(history["items"][0]["operation"], "supersede");
    assert_snapshot!(
        one_text(&refused[..1]),
        @"this needs the scope `plans:approve`, which you do not have: ask an administrator of your hub for it"
    );
}

#[actix_web::test]
async fn a_meeting_approves_and_the_office_adopts() {
    let (app, head) = hub().await;
    let (officer, _, review, revision) = proposed(&app, &head).await;
    let refused = step(&officer, review, "adopt").await.refusal(409, "conflict");
    assert!(refused.contains("without an approval since its proposal"), "{refused}");
    let approval = json!({
        "plan_id": revision, "body": "Executive Group", "approved_on": "2014-09-01", "minute_reference": "Item 2",
    });
    let approval = officer.post("/approvals", &approval).await.expect(201).id();
    let adopted = step(&officer, review, "adopt").await.expect(200).json();
    assert_eq!((&adopted["status"], &adopted["approval_id"]), (&json!("approved"), &json!(approval)));
}

#[actix_web::test]
async fn what_happened_goes_on_in_the_revision() {
    let (app, head) = hub().await;
    let officer = app.as_role(Role::BusinessManager).await;
    let plan = make(&officer, small()).await;
    activate(&app, &officer, plan).await;
    let nodes = tree(&head, plan).await;
    report(&app, &head, id(&nodes, "/objectives/0/targets/0"), 20.0).await;
    // No year is over: everything is kept.
    let review = open(&officer, &nodes, None).await.expect(201).id();
    step(&officer, review, "reflect").await.expect(200);
    let revision = step(&officer, review, "revise").await.expect(200).json();
    let revision = Uuid::parse_str(revision["revision_id"].as_str().unwrap()).unwrap();
    assert_eq!(tree(&head, revision).await["objectives"][0]["targets"].as_array().unwrap().len(), 2);
    // Done and spent meanwhile.
    let milestone = id(&nodes, "/objectives/0/milestones/0");
    let done = json!({ "done_on": "2014-08-29" });
    head.post(&format!("/milestones/{milestone}/dues/1/done"), &done).await.expect(200);
    let line = id(&nodes, "/objectives/0/budget/0");
    let entry = |pence: i64| json!({ "budget_line_id": line, "spent_on": "2014-08-28", "pence": pence });
    head.post("/budget-spending", &entry(4200)).await.expect(201);
    act(&officer, revision, "propose").await.expect(200);
    step(&app.as_role(Role::Governor).await, review, "approve").await.expect(200);
    let now = head.get(&format!("/plans/{revision}?expand=tree&as_at=2014-09-01")).await.expect(200).json();
    let objective = &now["objectives"][0];
    assert_eq!(objective["milestones"][0]["dues"][0]["done_on"], "2014-08-29");
    assert_eq!(objective["budget"][0]["spent_pence"], 4200);
    // The sum goes on with its entries, and the revision before keeps its own.
    let line_now = id(&now, "/objectives/0/budget/0");
    let more = json!({ "budget_line_id": line_now, "spent_on": "2014-08-30", "pence": 100 });
    head.post("/budget-spending", &more).await.expect(201);
    for (line, pence) in [(line_now, 4300), (line, 4200)] {
        assert_eq!(head.get(&format!("/budget-lines/{line}")).await.expect(200).json()["spent_pence"], pence);
    }
    let target = &objective["targets"][0];
    assert_eq!(
        (&target["progress"]["last_value"], &target["progress"]["last_opinion"]),
        (&json!(20.0), &json!("amber"))
    );
    assert_eq!(now["cohorts"][0]["frozen_on"], nodes["cohorts"][0]["frozen_on"]);
}

#[actix_web::test]
async fn a_cancelled_review_takes_its_draft_with_it() {
    let (app, head) = hub().await;
    let (officer, nodes, review, revision) = proposed(&app, &head).await;
    step(&officer, review, "cancel").await.problem(415, "unsupported-media-type");
    let reason = json!({ "reason": "The funding has changed" });
    let cancelled = officer.post(&format!("/reviews/{review}/cancel"), &reason).header("if-match", "*").await;
    assert_eq!(cancelled.expect(200).json()["status_reason"], "The funding has changed");
    head.get(&format!("/plans/{revision}")).await.problem(404, "not-found");
    assert_eq!(head.get(&format!("/plans/{}", nodes["id"].as_str().unwrap())).await.json()["status"], "active");
    let document = head.get(&format!("/reviews/{review}/document")).await.expect(200).json();
    assert_eq!(document["changes"], Value::Null);
}

#[actix_web::test]
async fn the_review_prints_with_status_lessons_and_changes() {
    let (app, head) = hub().await;
    let (officer, nodes, _, _) = proposed(&app, &head).await;
    let plan = nodes["id"].as_str().unwrap();
    let [review] = head.get(&format!("/reviews?plan_id={plan}")).await.expect(200).ids()[..] else { panic!("one") };
    let document = officer.get(&format!("/reviews/{review}/document")).await.expect(200).json();
    assert_eq!(document["year"], "2014/15");
    let counts = json!({ "all": 3, "not_started": 1, "on_track": 0, "at_risk": 2, "met": 0, "missed": 0 });
    assert_eq!(document["counts"], counts);
    let changes = json!({ "added": 1, "dropped": 4, "changed": 0, "unchanged": 9 });
    assert_eq!(document["changes"]["counts"], changes, "{document:#}");
    let page = officer.get(&format!("/reviews/{review}/document")).header("accept", "text/html").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let page = page.text();
    for words in
        ["Review of the first year", "What revision 2 changes", "Half of the first cohort share practice", "At risk"]
    {
        assert!(page.contains(words), "{words}");
    }
}

#[actix_web::test]
async fn schools_other_hubs_and_specialists_get_nothing_of_a_review() {
    let (app, head) = hub().await;
    let (_, _, nodes) = in_force(&app, &head).await;
    let review = open(&head, &nodes, None).await.expect(201).id();
    let [frozen, ..] = head.get(&format!("/review-targets?review_id={review}")).await.expect(200).ids()[..] else {
        panic!("targets")
    };
    let school = app.school(&head, "Ash", json!({})).await.id();
    let staff = app.at_school(Role::SchoolHead, school).await;
    let elsewhere = app.another_hub("elsewhere").await;
    let stranger = app.as_role_in(elsewhere, Role::HeadOfService, |_| {}).await;
    for caller in [&staff, &stranger] {
        for path in [
            format!("/reviews/{review}"),
            format!("/reviews/{review}/document"),
            format!("/reviews/{review}/history"),
            format!("/review-targets/{frozen}"),
        ] {
            caller.get(&path).await.problem(404, "not-found");
        }
        for list in ["/reviews", "/review-targets", "/review-reflections"] {
            assert!(caller.all(list).await.is_empty(), "{list}");
        }
    }
    step(&stranger, review, "reflect").await.problem(404, "not-found");
    step(&staff, review, "reflect").await.problem(403, "forbidden");
    let leader = app.as_role(Role::MusicLeader).await;
    leader.get(&format!("/reviews/{review}")).await.expect(200);
    step(&leader, review, "reflect").await.problem(403, "forbidden");
    let form = json!({ "review_id": review, "lessons": "x" });
    stranger.post("/review-reflections", &form).await.problem(422, "invalid");
}
