//! Every verb in every state of every resource, and the actions from which a front end draws its buttons.

mod fixture;

use api::kernel::resource::transition::{Needs, Transitions, Verb};
use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use self::fixture::Fixture;
use crate::plans::{act, make, small};
use crate::support::document::{document, operations, resolved};
use crate::support::{Caller, Reply};

/// Sends what a table says about a verb, and nothing else.
async fn ask(by: &Caller, address: &str, if_match: bool, reason: &str) -> Reply {
    let request = by.act(address, if_match.then_some("*"));
    let field = match address.rsplit('/').next() {
        Some("send-back") if address.contains("/progress-updates/") => "note",
        Some("dispute") => "comment",
        _ => "reason",
    };
    let request = if reason == "required" { request.json(&json!({ field: "Say which schools" })) } else { request };
    request.await
}

/// Does what an action says, with the fields that it requires. Where the reply is the item, it embeds what may be done
/// next.
async fn take(by: &Caller, table: &Transitions, action: &Value) -> Reply {
    let href = action["href"].as_str().unwrap();
    let operation = operations().iter().find(|it| it.method == "POST" && matches(&it.path, href)).unwrap();
    let expands = operation.parameters().any(|it| it["name"] == "expand");
    let address = if expands { format!("{href}?expand=actions") } else { href.to_owned() };
    let request = by.act(&address, (action["if_match"] == true).then_some("*"));
    let required = action["requires"].as_array().unwrap();
    assert_eq!(action["reason"] == "required", !required.is_empty(), "{action}");
    let fields = required.iter().map(|field| (field.as_str().unwrap().to_owned(), json!("Say which schools")));
    let reply = if required.is_empty() { request.await } else { request.json(&fields.collect()).await };
    if expands && succeeded(&reply) {
        let now = shown(by, table, reply.id()).await;
        // A verb may end what the caller had to do with the item.
        let seen = by.get(&format!("{}/{}", table.path, reply.id())).await.status == 200;
        assert!(!seen || reply.json()["actions"] == json!(now), "{reply:?}");
    }
    reply
}

/// An address fits a path of the document.
fn matches(path: &str, address: &str) -> bool {
    let (path, address) = (path.split('/'), address.split('/'));
    path.clone().count() == address.clone().count() && path.zip(address).all(|(one, it)| one == "{id}" || one == it)
}

async fn use_verb(by: &Caller, table: &Transitions, verb: &Verb, item: Uuid) -> Reply {
    ask(by, &table.address(verb, &item.to_string()), table.if_match, verb.reason.as_str()).await
}

fn succeeded(reply: &Reply) -> bool {
    (200..300).contains(&reply.status)
}

fn state_of(table: &Transitions, item: &Value) -> String {
    let named = ["status", "decision", "state"].iter().find_map(|field| item[*field].as_str());
    let disabled = if item["disabled_at"].is_null() { "enabled" } else { "disabled" };
    let state = named.unwrap_or(disabled).to_owned();
    assert!(table.states.contains(&&*state), "{state} is in no table: {item}");
    state
}

#[actix_web::test]
async fn every_state_allows_the_verbs_of_its_table_and_refuses_the_others() {
    let fixture = Fixture::new().await;
    let mut refused = 0;
    for table in api::app::transitions() {
        for state in table.states {
            for verb in table.verbs {
                let item = fixture.item(&table, state).await;
                let before = fixture.told(&table, item).await;
                let reply = use_verb(&fixture.head, &table, verb, item).await;
                let after = fixture.told(&table, item).await;
                if verb.leaves(state) {
                    assert!(succeeded(&reply), "{state}: {reply:?}");
                    // The run that works on it ends it.
                    let asked = table.noun == "import" || (table.noun, *state) == ("job", "running");
                    let to = if asked { state } else { verb.to };
                    assert_eq!(state_of(&table, &after.0), to, "{reply:?}");
                    continue;
                }
                let problem = reply.problem(409, "conflict");
                let detail = problem["detail"].as_str().unwrap();
                let named: Vec<&str> = detail.split('`').skip(1).step_by(2).collect();
                let allowed: Vec<&str> = table.allowed(state).map(|verb| verb.name).collect();
                assert_eq!(named, allowed, "{detail}");
                assert_eq!(detail.contains("allows no transition"), allowed.is_empty(), "{detail}");
                assert_eq!(after, before, "{reply:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

/// The verbs and the whole actions that a caller is shown for an item; none where the item is not there for it.
async fn shown(by: &Caller, table: &Transitions, item: Uuid) -> Vec<Value> {
    let reply = by.get(&format!("{}/{item}?expand=actions", table.path)).await;
    if reply.status != 200 {
        assert!([403, 404].contains(&reply.status), "{reply:?}");
        return Vec::new();
    }
    reply.json()["actions"].as_array().unwrap_or_else(|| panic!("no actions: {reply:?}")).clone()
}

#[actix_web::test]
async fn the_actions_shown_are_those_that_succeed() {
    let fixture = Fixture::new().await;
    let callers = [
        ("head", fixture.head.clone()),
        ("monitor", fixture.app.as_role(Role::Monitor).await),
        ("governor", fixture.governor.clone()),
        ("school", fixture.app.at_school(Role::SchoolHead, fixture.school).await),
    ];
    let mut used: Vec<String> = Vec::new();
    for table in api::app::transitions() {
        for state in table.states {
            for (name, caller) in &callers {
                let item = fixture.item(&table, state).await;
                let actions = shown(caller, &table, item).await;
                let listed = |verb: &Verb| actions.iter().any(|action| action["verb"] == verb.name);
                for verb in table.verbs.iter().filter(|verb| !listed(verb)) {
                    let reply = use_verb(caller, &table, verb, item).await;
                    assert!(!succeeded(&reply), "not shown to {name} in {state}: {reply:?}");
                }
                // Each on an item of its own, since the first one changes the state.
                for at in 0..actions.len() {
                    let item = fixture.item(&table, state).await;
                    let action = &shown(caller, &table, item).await[at];
                    let text = |field: &str| action[field].as_str().unwrap();
                    assert_eq!(text("method"), "POST");
                    let reply = take(caller, &table, action).await;
                    assert!(succeeded(&reply), "shown to {name} in {state}: {reply:?}");
                    used.push(format!("{name}: {}/{}", table.path, text("verb")));
                }
            }
        }
    }
    used.sort();
    used.dedup();
    let expected = [
        "governor: /plans/approve",
        "governor: /progress-updates/accept",
        "governor: /progress-updates/send-back",
        "governor: /reviews/approve",
        "head: /actions/complete",
        "head: /actions/drop",
        "head: /actions/reopen",
        "head: /attendances/attend",
        "head: /attendances/cancel",
        "head: /attendances/miss",
        "head: /award-applications/assess",
        "head: /award-applications/award",
        "head: /award-applications/decline",
        "head: /award-schemes/retire",
        "head: /award-schemes/use",
        "head: /clients/disable",
        "head: /clients/enable",
        "head: /collections/close",
        "head: /collections/open",
        "head: /communications/close",
        "head: /communications/send",
        "head: /communications/withdraw",
        "head: /evaluations/agree",
        "head: /evaluations/moderate",
        "head: /evaluations/return",
        "head: /evaluations/submit",
        "head: /evaluations/withdraw",
        "head: /frameworks/pilot",
        "head: /frameworks/publish",
        "head: /frameworks/retire",
        "head: /frameworks/withdraw",
        "head: /hub-links/accept",
        "head: /hub-links/end",
        "head: /hub-links/propose",
        "head: /hub-shares/end",
        "head: /imports/cancel",
        "head: /invitations/decline",
        "head: /invitations/withdraw",
        "head: /jobs/cancel",
        "head: /measure-definitions/publish",
        "head: /measure-definitions/retire",
        "head: /meetings/cancel",
        "head: /meetings/hold",
        "head: /meetings/minute",
        "head: /meetings/reopen",
        "head: /orders/cancel",
        "head: /orders/confirm",
        "head: /orders/deliver",
        "head: /orders/order",
        "head: /packages/launch",
        "head: /packages/pilot",
        "head: /packages/withdraw",
        "head: /pilots/cancel",
        "head: /pilots/complete",
        "head: /pilots/start",
        "head: /plans/activate",
        "head: /plans/approve",
        "head: /plans/close",
        "head: /plans/propose",
        "head: /plans/withdraw",
        "head: /progress-updates/accept",
        "head: /progress-updates/send-back",
        "head: /rag-ratings/accept",
        "head: /rag-ratings/dismiss",
        "head: /rag-ratings/share",
        "head: /rag-schemes/activate",
        "head: /rag-schemes/retire",
        "head: /returns/accept",
        "head: /returns/send-back",
        "head: /returns/submit",
        "head: /reviews/adopt",
        "head: /reviews/approve",
        "head: /reviews/cancel",
        "head: /reviews/reflect",
        "head: /reviews/revise",
        "head: /shared-practice/publish",
        "head: /shared-practice/withdraw",
        "head: /sync-matches/ignore",
        "head: /sync-matches/match",
        "head: /sync-matches/reopen",
        "head: /sync-runs/cancel",
        "head: /training-events/cancel",
        "head: /training-events/close",
        "head: /training-events/hold",
        "head: /training-events/open",
        "head: /users/disable",
        "head: /users/enable",
        "head: /visit-reports/accept",
        "head: /visit-reports/close",
        "head: /visit-reports/dispute",
        "head: /visit-reports/share",
        "head: /visits/cancel",
        "head: /visits/close",
        "head: /visits/complete",
        "head: /visits/confirm",
        "head: /visits/decline",
        "head: /visits/report",
        "head: /visits/share",
        "head: /webhook-deliveries/replay",
        "head: /webhook-deliveries/skip",
        "head: /webhooks/pause",
        "head: /webhooks/resume",
        "monitor: /progress-updates/accept",
        "monitor: /progress-updates/send-back",
        "school: /attendances/cancel",
        "school: /evaluations/submit",
        "school: /evaluations/withdraw",
        "school: /orders/cancel",
        "school: /orders/order",
        "school: /returns/submit",
        "school: /users/disable",
        "school: /users/enable",
        "school: /visit-reports/accept",
        "school: /visit-reports/dispute",
        "school: /visits/decline",
    ];
    assert_eq!(used, expected);
}

#[actix_web::test]
async fn a_list_shows_the_same_actions_as_its_items() {
    let fixture = Fixture::new().await;
    for table in api::app::transitions() {
        for state in table.states {
            fixture.item(&table, state).await;
        }
        let plain = fixture.head.all(table.path).await;
        assert!(plain.iter().all(|item| item.get("actions").is_none()), "{}", table.path);
        for item in fixture.head.all(&format!("{}?expand=actions", table.path)).await {
            let id = Uuid::parse_str(item["id"].as_str().unwrap()).unwrap();
            assert_eq!(item["actions"], json!(shown(&fixture.head, &table, id).await), "{item}");
        }
    }
}

#[actix_web::test]
async fn a_plan_is_activated_once_it_is_approved_and_approved_by_who_did_not_write_it() {
    let fixture = Fixture::new().await;
    let plan = make(&fixture.head, small()).await;
    act(&fixture.head, plan, "propose").await.expect(200);
    let verbs = async |by: &Caller, query: &str| {
        let shown = by.get(&format!("/plans/{plan}?expand={query}")).await.expect(200).json();
        let actions = shown["actions"].as_array().unwrap().clone();
        actions.iter().map(|action| action["verb"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(verbs(&fixture.head, "actions").await, ["withdraw"]);
    assert_eq!(verbs(&fixture.governor, "actions").await, ["approve"]);
    act(&fixture.governor, plan, "approvals").await.expect(201);
    assert_eq!(verbs(&fixture.head, "tree,actions").await, ["withdraw", "activate"]);
    let system = fixture.app.as_client("plans:read plans:approve").await;
    assert_eq!(verbs(&system, "actions").await, Vec::<String>::new());
}

#[actix_web::test]
async fn nobody_is_shown_how_to_lock_everybody_out() {
    let app = crate::support::app().await;
    let only = app.with_password(app.hub, Role::HeadOfService, "only@hub.example", "a password of theirs").await;
    let head = app.as_role(Role::HeadOfService).await;
    let verbs = async |user: Uuid| {
        let shown = head.get(&format!("/users/{user}?expand=actions")).await.expect(200).json();
        shown["actions"].as_array().unwrap().len()
    };
    assert_eq!(verbs(only.id).await, 0);
    head.act(&format!("/users/{}/disable", only.id), None).await.problem(409, "conflict");
    let second = app.with_password(app.hub, Role::Administrator, "second@hub.example", "a password of theirs").await;
    assert_eq!(verbs(only.id).await, 1);
    assert_eq!(verbs(second.id).await, 1);
    // Oneself, which takes a confirmation.
    assert_eq!(verbs(head.subject()).await, 0);
}

#[test]
fn the_document_and_the_tables_agree() {
    for table in api::app::transitions() {
        for verb in table.verbs {
            let address = table.address(verb, "{id}");
            let operation = operations().iter().find(|it| it.method == "POST" && it.path == address);
            let operation = operation.unwrap_or_else(|| panic!("no operation at {address}"));
            assert_eq!(operation.scope(), Some(verb.scope.as_str()), "{address}");
            let body = &operation.value["requestBody"];
            let needs = match body["required"].as_bool() {
                _ if body.is_null() => Needs::No,
                Some(true) => Needs::Required,
                _ => Needs::Optional,
            };
            assert_eq!(needs, verb.reason, "{address}");
            let told = operation.value["description"].as_str().unwrap();
            assert!(told.contains(&table.description(verb)), "{address}: {told}");
            assert_eq!(operation.statuses().contains(&428), table.if_match, "{address}");
        }
        for path in [table.path.to_owned(), format!("{}/{{id}}", table.path)] {
            let path = format!("/api/v1{path}");
            let operation = operations().iter().find(|it| it.method == "GET" && it.path == path).unwrap();
            let expand = operation.parameters().find(|it| it["name"] == "expand");
            let expand = expand.unwrap_or_else(|| panic!("{path} embeds nothing"));
            let names = resolved(&expand["schema"]["items"])["enum"].as_array().unwrap().clone();
            assert!(names.contains(&json!("actions")), "{path}: {names:?}");
        }
    }
    assert!(document().json()["components"]["schemas"]["Action"].is_object());
}
