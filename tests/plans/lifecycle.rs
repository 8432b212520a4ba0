//! From draft to closed.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{act, activate, hub, id, make, small, tree};
use crate::support;

#[actix_web::test]
async fn everything_missing_before_a_proposal_is_reported_at_once() {
    let (_app, head) = hub().await;
    let empty = make(&head, json!({ "kind": "other", "title": "Empty" })).await;
    let refused = act(&head, empty, "propose").await;
    refused.problem(409, "conflict");
    let pointers = |faults: Vec<(String, String)>| faults.into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>();
    assert_eq!(pointers(refused.faults()), ["/objectives", "/years"]);

    let mut form = small();
    form["objectives"][0]["targets"][0]["dues"] = json!([]);
    form["objectives"][1]["monitors"] = json!([]);
    form["objectives"][1]["milestones"] =
        json!([{ "year": "2014/15", "statement": "Begun", "monitors": [{ "text": "Anna" }] }]);
    form["objectives"].as_array_mut().unwrap().push(json!({ "title": "Nothing yet" }));
    let plan = make(&head, form).await;
    let expected = [
        "/objectives/0/targets/0/dues",
        "/objectives/1/milestones/0/dues",
        "/objectives/1/targets/0/monitors",
        "/objectives/2/targets",
    ];
    assert_eq!(pointers(act(&head, plan, "propose").await.faults()), expected);
}

#[actix_web::test]
async fn a_plan_goes_from_draft_over_approval_to_closed() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let path = format!("/plans/{plan}");
    let governor = app.as_role(Role::Governor).await;
    let officer = app.as_role(Role::BusinessManager).await;

    // Not yet proposed.
    act(&head, plan, "activate").await.problem(409, "conflict");
    governor.act(&format!("{path}/approvals"), Some("*")).await.problem(409, "conflict");
    head.act(&format!("{path}/propose"), None).await.problem(428, "precondition-required");
    let reason = json!({ "reason": "Ready for the governors" });
    let proposed = head.post(&format!("{path}/propose"), &reason).header("if-match", "\"1\"").await;
    let proposed = proposed.expect(200);
    assert_eq!(proposed.json()["status"], "proposed");
    let history = head.get(&format!("{path}/history")).await.json();
    assert_eq!(history["items"][0]["operation"], "propose");
    assert_eq!(history["items"][0]["reason"], "Ready for the governors");

    // Frozen, and not approved.
    let etag = proposed.etag();
    head.patch(&path, &json!({ "motto": "x" }), &etag).await.problem(409, "conflict");
    let target = format!("/targets/{}", id(&tree(&head, plan).await, "/objectives/0/targets/0"));
    let refused = head.patch(&target, &json!({ "value": 60 }), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot change a proposed plan: withdraw it by POST /plans/{id}/withdraw, or report progress once it
      is active
    ");
    act(&head, plan, "activate").await.problem(409, "conflict");
    head.delete(&path, "*").await.problem(409, "conflict");

    // An approval stands for one proposal.
    let given = governor.act(&format!("{path}/approvals"), Some("*")).await.expect(201).json();
    assert_eq!(given["body"], "Governing Group");
    assert_eq!(given["approved_on"], "2014-09-01");
    assert_eq!(given["recorded_by_user_id"], json!(governor.subject()));
    act(&head, plan, "withdraw").await.expect(200);
    head.patch(&path, &json!({ "motto": "Onwards" }), "*").await.expect(200);
    act(&head, plan, "propose").await.expect(200);
    act(&head, plan, "activate").await.problem(409, "conflict");

    // Recorded from a meeting, with its minutes.
    let approval = json!({ "plan_id": plan, "body": "Executive Group", "approved_on": "2014-09-01" });
    governor.post("/approvals", &approval).await.problem(403, "forbidden");
    officer.act(&format!("{path}/approvals"), None).await.problem(403, "forbidden");
    let without = officer.post("/approvals", &approval).await;
    assert_eq!(without.faults(), [("/minute_reference".to_owned(), "required".to_owned())]);
    let mut approval = approval;
    approval["minute_reference"] = json!("Exec 1 September, item 3");
    approval["approved_on"] = json!("2014-09-02");
    officer.post("/approvals", &approval).await.problem(422, "invalid");
    approval["approved_on"] = json!("2014-09-01");
    officer.post("/approvals", &approval).await.expect(201);

    let active = act(&head, plan, "activate").await.expect(200).json();
    assert_eq!(active["status"], "active");
    assert_eq!(active["activated_at"], "2014-09-01T08:30:00.000000Z");
    let cohort = &tree(&head, plan).await["cohorts"][0];
    assert_eq!(cohort["frozen_on"], "2014-09-01");
    assert_eq!(cohort["version"], 2);
    let closed = act(&head, plan, "close").await.expect(200).json();
    assert_eq!(closed["status"], "closed");
    head.patch(&target, &json!({ "value": 60 }), "*").await.problem(409, "conflict");
    act(&head, plan, "withdraw").await.problem(409, "conflict");
    head.delete(&path, "*").await.expect(204);
    assert_eq!(head.all(&format!("/approvals?plan_id={plan}")).await.len(), 2);
}

#[actix_web::test]
async fn an_active_plan_takes_only_what_progress_needs() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    activate(&app, &head, plan).await;
    let tree = tree(&head, plan).await;
    let path = |collection: &str, pointer: &str| format!("/{collection}/{}", id(&tree, pointer));
    let first = &tree["objectives"][0];
    let done = |dues: &Value| {
        let mut dues = dues.clone();
        dues[0]["done_on"] = json!("2014-08-30");
        json!({ "dues": dues })
    };
    let milestone = path("milestones", "/objectives/0/milestones/0");
    head.patch(&milestone, &done(&first["milestones"][0]["dues"]), "*").await.expect(200);
    head.patch(&milestone, &json!({ "statement": "x" }), "*").await.problem(409, "conflict");
    // A monitor decides whether a text target is done.
    let text = path("targets", "/objectives/0/targets/1");
    let refused = head.patch(&text, &done(&first["targets"][1]["dues"]), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot change the done dates of a target that has a monitor: report them by POST
      /targets/{id}/dues/{n}/done, for the monitor to accept
    ");
    let measured = path("targets", "/objectives/0/targets/0");
    let refused = head.patch(&measured, &done(&first["targets"][0]["dues"]), "*").await;
    refused.problem(409, "conflict");
    let budget = path("budget-lines", "/objectives/0/budget/0");
    head.patch(&budget, &json!({ "spent_pence": 1 }), "*").await.expect(200);
    let both = json!({ "spent_pence": 2, "amount_pence": 3 });
    head.patch(&budget, &both, "*").await.problem(409, "conflict");
    head.delete(&budget, "*").await.problem(409, "conflict");
    let school = app.school(&head, "Ash", json!({})).await.id();
    let member = json!({ "cohort_id": id(&tree, "/cohorts/0"), "school_id": school });
    head.post("/cohort-members", &member).await.problem(409, "conflict");
    let strand = json!({ "objective_id": first["id"], "label": "iii", "text": "More" });
    head.post("/strands", &strand).await.problem(409, "conflict");
    let go = head.post(&format!("{measured}/move"), &json!({ "position": 2 }));
    go.header("if-match", "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn the_schools_of_the_demo_plan_are_fixed_like_any_plan_in_force() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.get("/plans?status=active").await.expect(200).ids()[0];
    let cohorts = head.all(&format!("/cohorts?plan_id={plan}&sort=number")).await;
    let told: Vec<_> = cohorts.iter().map(|it| (&it["number"], &it["frozen_on"], &it["version"])).collect();
    let day = json!("2026-01-12");
    let [one, two, three] = [json!(1), json!(2), json!(3)];
    assert_eq!(told, [(&one, &day, &two), (&two, &day, &two), (&three, &day, &two)]);
    let first = cohorts[0]["id"].as_str().unwrap();
    let history = head.get(&format!("/cohorts/{first}/history")).await.json();
    assert_eq!(history["items"][0]["operation"], "freeze");
    let school = head.get("/schools?limit=1").await.ids()[0];
    let member = json!({ "cohort_id": first, "school_id": school });
    head.post("/cohort-members", &member).await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_school_never_reads_what_a_plan_was_as_a_draft() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let path = format!("/plans/{plan}");
    head.patch(&path, &json!({ "title": "Cuts to come" }), "*").await.expect(200);
    head.patch(&path, &json!({ "title": "Plan for schools" }), "*").await.expect(200);
    let given_up = json!({ "plan_id": plan, "title": "Close two centres" });
    let given_up = head.post("/objectives", &given_up).await.expect(201).id();
    head.delete(&format!("/objectives/{given_up}"), "*").await.expect(204);
    activate(&app, &head, plan).await;

    let school = app.school(&head, "Ash", json!({})).await.id();
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let reader = app.at_school(role, school).await;
        assert_eq!(reader.get(&path).await.expect(200).json()["title"], "Plan for schools");
        reader.get(&format!("{path}/history")).await.problem(403, "forbidden");
        let kept = reader.get("/objectives").await.expect(200).ids();
        assert_eq!(kept.len(), 2);
        reader.get(&format!("/objectives/{}/history", kept[0])).await.problem(403, "forbidden");
        for gone in ["", "/history"] {
            reader.get(&format!("/objectives/{given_up}{gone}")).await.problem(404, "not-found");
        }
        for list in ["/objectives", "/plans", "/targets"] {
            let archived = reader.get(&format!("{list}?archived=true")).await.expect(200);
            assert_eq!(archived.ids(), Vec::<Uuid>::new(), "{list}");
        }
    }
    let history = head.get(&format!("{path}/history")).await.expect(200).json();
    assert!(history.to_string().contains("Cuts to come"));
    assert_eq!(head.get("/objectives?archived=true").await.ids(), [given_up]);
}
