//! Every target of a proposed plan has somebody who can decide about it.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{act, hub, make, small};
use crate::support;

#[actix_web::test]
async fn a_plan_with_targets_that_nobody_could_decide_about_is_not_proposed() {
    let (_app, head) = hub().await;
    let mut form = small();
    // Led by ML and DHoS by way of strand and objective; the own monitor is one of them.
    form["objectives"][0]["targets"][0]["monitors"] = json!([{ "role_code": "ML" }]);
    form["objectives"][0]["targets"][1]["monitors"] = json!([{ "text": "The chair" }]);
    // Led and monitored by what the objective says.
    form["objectives"][1]["monitors"] = json!([{ "role_code": "ML" }]);
    let plan = make(&head, form.clone()).await;
    let refused = act(&head, plan, "propose").await;
    refused.problem(409, "conflict");
    let pointers = ["/objectives/0/targets/0", "/objectives/0/targets/1", "/objectives/1/targets/0"];
    assert_eq!(refused.faults(), pointers.map(|place| (format!("{place}/monitors"), "missing".to_owned())));
    let told = refused.json()["errors"].to_string();
    assert!(told.contains("also lead it") && told.contains("cannot decide here"), "{told}");

    form["objectives"][0]["targets"][0]["monitors"] = json!([{ "role_code": "ML" }, { "role_code": "HoS" }]);
    form["objectives"][0]["targets"][1]["monitors"] = json!([{ "role_code": "Gov" }]);
    form["objectives"][1]["monitors"] = json!([{ "role_code": "DHoS" }]);
    let plan = make(&head, form).await;
    act(&head, plan, "propose").await.expect(200);
}

#[actix_web::test]
async fn a_person_who_leads_by_role_is_no_monitor_for_that() {
    let (app, head) = hub().await;
    let deputy = app.as_role(Role::DeputyHeadOfService).await;
    let leader = app.as_role(Role::MusicLeader).await;
    let group = json!({ "name": "Watchers", "member_ids": [deputy.person()] });
    let group = head.post("/working-groups", &group).await.expect(201).id();
    let mut form = small();
    let own = |party: Value| json!([party]);
    form["objectives"][0]["targets"][0]["leads"] = own(json!({ "role_code": "DHoS" }));
    form["objectives"][0]["targets"][0]["monitors"] = own(json!({ "person_id": deputy.person() }));
    form["objectives"][0]["targets"][1]["leads"] = own(json!({ "person_id": deputy.person() }));
    form["objectives"][0]["targets"][1]["monitors"] = own(json!({ "group_id": group }));
    let plan = make(&head, form).await;
    let refused = act(&head, plan, "propose").await;
    assert_eq!(refused.faults().len(), 2, "{refused:?}");
    let members = json!({ "member_ids": [deputy.person(), leader.person()] });
    head.patch(&format!("/working-groups/{group}"), &members, "*").await.expect(200);
    assert_eq!(act(&head, plan, "propose").await.faults().len(), 1);
}

#[actix_web::test]
async fn every_target_of_the_demo_can_be_decided_about_and_was_by_one_who_may() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.get("/plans?status=active").await.expect(200).ids()[0];
    let copied = head.act(&format!("/plans/{plan}/copy"), None).await.expect(201).id();
    act(&head, copied, "propose").await.expect(200);
    // Each decision in the demo is one that the service would have taken.
    let tree = super::tree(&head, plan).await;
    let targets: Vec<&Value> =
        tree["objectives"].as_array().unwrap().iter().flat_map(|one| one["targets"].as_array().unwrap()).collect();
    let users = head.all("/users").await;
    let grants = head.all("/grants").await;
    for update in head.all(&format!("/progress-updates?plan_id={plan}")).await {
        let Some(decider) = update["decided_by_user_id"].as_str() else { continue };
        assert!(users.iter().any(|user| user["id"] == decider));
        let role = &grants.iter().find(|grant| grant["user_id"] == decider).unwrap()["role"];
        let role = Role::ALL.iter().find(|one| json!(one) == *role).unwrap();
        // The other plan of the demo has updates too.
        let Some(target) = targets.iter().find(|target| target["id"] == update["target_id"]) else { continue };
        let named = |list: &str| {
            let parties = target[list].as_array().unwrap();
            parties.iter().any(|party| role.codes().any(|code| party["role_code"] == code))
        };
        assert!(named("effective_monitors") && !named("effective_leads"), "{role} on {}", target["statement"]);
        assert_ne!(update["author_user_id"], update["decided_by_user_id"]);
    }
}
