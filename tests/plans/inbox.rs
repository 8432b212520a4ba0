//! What waits for a monitor, in one request.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{act, activate, hub, id, make, small, tree};
use crate::support::{App, Caller};

const INBOX: &str = "/progress-updates?decidable_by_me=true&expand=target,author";

async fn report(by: &Caller, target: Uuid) -> Uuid {
    let form = json!({ "target_id": target, "on_date": "2014-08-01", "narrative": "As counted.", "opinion": "green" });
    by.post("/progress-updates", &form).await.expect(201).id()
}

fn ids(items: &[Value]) -> Vec<Uuid> {
    items.iter().map(|item| serde_json::from_value(item["id"].clone()).unwrap()).collect()
}

/// Reports on each of a plan's three targets, by a music leader.
async fn reported(app: &App, head: &Caller, form: Value) -> (Caller, [Uuid; 3]) {
    let plan = make(head, form).await;
    activate(app, head, plan).await;
    let nodes = tree(head, plan).await;
    let author = app.as_role(Role::SpecialistLeader).await;
    let mut made = Vec::new();
    for pointer in ["/objectives/0/targets/0", "/objectives/0/targets/1", "/objectives/1/targets/0"] {
        made.push(report(&author, id(&nodes, pointer)).await);
    }
    (author, made.try_into().unwrap())
}

#[actix_web::test]
async fn a_monitor_finds_what_waits_with_its_target_and_the_name_of_its_author() {
    let (app, head) = hub().await;
    // Monitored by HoS (from the objective), Gov (its own) and DHoS (from the objective).
    let (author, [first, second, third]) = reported(&app, &head, small()).await;
    let governor = app.as_role(Role::Governor).await;
    let deputy = app.as_role(Role::DeputyHeadOfService).await;
    for (monitor, expected) in [(&head, first), (&governor, second), (&deputy, third)] {
        let inbox = monitor.all(INBOX).await;
        assert_eq!(ids(&inbox), [expected]);
        assert_eq!(inbox[0]["target"]["id"], inbox[0]["target_id"]);
        let name = inbox[0]["author"]["name"].as_str().unwrap();
        assert_eq!(inbox[0]["author"], json!({ "id": author.person(), "name": name }));
        let rest = monitor.all("/progress-updates?decidable_by_me=false").await;
        assert_eq!(rest.len(), 2);
        assert!(!ids(&rest).contains(&expected));
        // The inbox and the decision agree.
        for update in [first, second, third] {
            let path = format!("/progress-updates/{update}/accept");
            let status = monitor.act(&path, Some("\"9\"")).await.status;
            assert_eq!(status, 412, "{update}");
        }
        monitor.act(&format!("/progress-updates/{expected}/accept"), Some("*")).await.expect(200);
        assert!(monitor.all(INBOX).await.is_empty());
    }
    // The governor reads names, and no other field of a person.
    governor.get(&format!("/people/{}", author.person())).await.problem(403, "forbidden");
    let decided = governor.get(&format!("/progress-updates/{first}?expand=decided_by")).await.expect(200).json();
    assert_eq!(decided["decided_by"]["id"], json!(head.person()));
}

#[actix_web::test]
async fn own_updates_and_targets_that_one_leads_are_in_no_inbox() {
    let (app, head) = hub().await;
    let mut form = small();
    // The head monitors all of it, and leads one target.
    form["objectives"][0]["targets"][1]["monitors"] = json!([{ "role_code": "HoS" }, { "role_code": "Gov" }]);
    form["objectives"][0]["targets"][1]["leads"] = json!([{ "role_code": "HoS" }]);
    form["objectives"][1]["monitors"] = json!([{ "role_code": "HoS" }]);
    let (author, [first, second, third]) = reported(&app, &head, form).await;
    assert_eq!(ids(&head.all(INBOX).await), [first, third]);
    let target = head.get(&format!("/progress-updates/{first}")).await.json()["target_id"].clone();
    report(&head, serde_json::from_value(target).unwrap()).await;
    assert_eq!(ids(&head.all(INBOX).await), [first, third]);
    assert_eq!(ids(&app.as_role(Role::Governor).await.all(INBOX).await), [second]);
    for nobody in [&author, &app.as_client("plans:read plans:monitor").await] {
        assert!(nobody.all(INBOX).await.is_empty());
    }
}

#[actix_web::test]
async fn people_and_working_groups_have_an_inbox_by_strand_or_objective() {
    let (app, head) = hub().await;
    let (named, member) = (app.as_role(Role::MusicLeader).await, app.as_role(Role::Monitor).await);
    let group = json!({ "name": "Watchers", "member_ids": [member.person()] });
    let group = head.post("/working-groups", &group).await.expect(201).id();
    let mut form = small();
    form["objectives"][0]["strands"][0]["leads"] = json!([{ "text": "Somebody" }]);
    form["objectives"][0]["strands"][0]["monitors"] = json!([{ "person_id": named.person() }]);
    // Both strands: the second has no monitors of its own and stands for the monitors of the objective.
    form["objectives"][0]["targets"][0]["strands"] = json!(["i", "ii"]);
    form["objectives"][1]["leads"] = json!([{ "role_code": "DHoS" }]);
    form["objectives"][1]["monitors"] = json!([{ "group_id": group }]);
    let (_, [first, _, third]) = reported(&app, &head, form).await;
    assert_eq!(ids(&named.all(INBOX).await), [first]);
    assert_eq!(ids(&head.all(INBOX).await), [first]);
    assert_eq!(ids(&member.all(INBOX).await), [third]);
}

#[actix_web::test]
async fn an_inbox_has_pages_and_is_empty_when_the_plan_is_over() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    activate(&app, &head, plan).await;
    let target = id(&tree(&head, plan).await, "/objectives/0/targets/0");
    let author = app.as_role(Role::MusicLeader).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(report(&author, target).await);
    }
    let mut found = Vec::new();
    let mut next = format!("{INBOX}&limit=2&sort=-on_date");
    loop {
        let page = head.get(&next).await.expect(200);
        found.extend(page.ids());
        let Some(cursor) = page.json()["next_cursor"].as_str().map(str::to_owned) else { break };
        next = format!("{INBOX}&limit=2&sort=-on_date&cursor={cursor}");
    }
    found.sort_unstable();
    made.sort_unstable();
    assert_eq!(found, made);
    act(&head, plan, "close").await.expect(200);
    assert!(head.all(INBOX).await.is_empty());
}

#[actix_web::test]
async fn the_codes_that_a_user_answers_for_are_shown_and_documented() {
    let app = crate::support::app().await;
    for (role, codes) in [
        (Role::Monitor, json!(["CYPS", "SM", "LA", "SI"])),
        (Role::HeadOfService, json!(["HoS"])),
        (Role::Provider, json!([])),
    ] {
        let me = app.as_role(role).await.get("/me").await.expect(200).json();
        assert_eq!(me["role_codes"], codes, "{role}");
    }
    let document = crate::support::document::document();
    let roles = document.json()["components"]["schemas"]["Role"]["description"].as_str().unwrap();
    for role in Role::ALL {
        let line = roles.lines().find(|line| line.contains(&format!("`{role}`"))).unwrap();
        let told: Vec<&str> =
            line.split("In plans: ").nth(1).unwrap_or_default().split('`').skip(1).step_by(2).collect();
        assert_eq!(told, role.codes().collect::<Vec<_>>(), "{line}");
    }
}
