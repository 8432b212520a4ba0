//! Every request example of the document, sent as it stands to a fresh demo, or on a server to one that took others.

use reqwest::Method;
use serde_json::Value;

use crate::imports;
use crate::support::document::{Operation, document, example, operations, resolved};
use crate::support::{self, App, Caller, Reply};

/// Examples that the demo refuses, with the status and why no other example would do.
const EXCEPTIONS: &[(&str, u16, &str)] = &[
    ("redeem_invitation", 400, "only the invited user knows the token of an invitation"),
    ("create_evaluation_judgement", 422, "the criterion of the examples belongs to a draft, so that it can be changed"),
    ("create_observation", 422, "the framework of the examples is one by which schools evaluate themselves"),
    ("accept_hub_link", 409, "the link of the examples is in force, so that something can be shared by it"),
    ("update_hub_link", 422, "a link stays with its hub, and the example names one to which a link is proposed"),
    ("record_approval", 422, "a meeting approves a plan after it was proposed, which is on the day of the test"),
    ("reflect_review", 409, "lessons are written down in the review of the examples"),
    ("approve_review", 409, "the revision of a review has another id than its examples, and nobody proposes it"),
    ("adopt_review", 409, "the revision of a review has another id than its examples, and nobody proposes it"),
    ("evaluate_order", 403, "only the school evaluates its order, and the examples are sent by the hub"),
    ("merge_person", 422, "who a person turned out to be is in no example"),
    ("close_visit", 409, "a school has days to answer a report, which is shared on the day of the test"),
    ("create_school_return", 409, "a school has one return, and the collection of the examples is not open"),
    ("mark_target_due_done", 409, "the target of the examples is measured, and reports say how far it is"),
    ("update_exam_result", 422, "the result of the examples has grades that add up to the total of its own year"),
    ("update_metric_comparison", 422, "a metric that is compared does not change, and the example names another"),
    ("mark_target_due_undone", 409, "the target of the examples is measured, and reports say how far it is"),
];

/// Operations that come after others, each by its own example: the plan and the framework of the examples are
/// drafts, since most operations change one.
const AFTER: &[(&str, &[&str])] = &[
    ("retire_rag_scheme", &["activate_rag_scheme"]),
    ("recompute_rag_scheme", &["activate_rag_scheme"]),
    ("share_rag_rating", &["accept_rag_rating"]),
    ("retire_measure_definition", &["publish_measure_definition"]),
    ("close_collection", &["open_collection"]),
    ("accept_school_return", &["submit_school_return"]),
    ("send_back_school_return", &["submit_school_return"]),
    ("withdraw_framework", &["pilot_framework"]),
    ("create_evaluation", &["publish_framework"]),
    ("withdraw_evaluation", &["submit_evaluation"]),
    ("moderate_evaluation", &["submit_evaluation"]),
    ("agree_evaluation", JUDGED),
    ("return_evaluation", JUDGED),
    ("create_evaluation_judgement", JUDGED),
    ("retire_award_scheme", &["use_award_scheme"]),
    ("create_award_application", &["use_award_scheme", "submit_evaluation"]),
    ("award_award_application", &["assess_award_application"]),
    ("decline_award_application", &["assess_award_application"]),
    ("retire_framework", &["publish_framework"]),
    ("withdraw_package", &["launch_package"]),
    ("complete_pilot", &["start_pilot"]),
    ("create_order", &["launch_package"]),
    ("put_order_by_key", &["launch_package"]),
    ("confirm_order", &["place_order"]),
    ("deliver_order", CONFIRMED),
    ("create_delivery", CONFIRMED),
    ("evaluate_order", &["place_order", "confirm_order", "deliver_order"]),
    ("complete_visit", &["confirm_visit"]),
    ("report_visit", &["confirm_visit", "complete_visit", "create_visit_report"]),
    ("share_visit", &["confirm_visit", "complete_visit", "create_visit_report", "report_visit"]),
    ("close_visit", &["confirm_visit", "complete_visit", "create_visit_report", "report_visit", "share_visit"]),
    ("create_visit_report", &["confirm_visit", "complete_visit"]),
    ("accept_visit_report", &["share_visit_report"]),
    ("dispute_visit_report", &["share_visit_report"]),
    ("close_visit_report", &["share_visit_report", "dispute_visit_report"]),
    ("reopen_action", &["complete_action"]),
    ("open_training_event", &["close_training_event"]),
    ("create_attendance", &["cancel_attendance"]),
    ("minute_meeting", &["hold_meeting"]),
    ("reopen_meeting", &["hold_meeting", "minute_meeting"]),
    ("close_communication", &["send_communication"]),
    ("create_consultation_response", &["send_communication"]),
    ("withdraw_shared_practice", &["publish_shared_practice"]),
    ("open_shared_practice", &["publish_shared_practice"]),
    ("create_hub_share", &["publish_shared_practice"]),
    ("propose_hub_link", &["end_hub_link"]),
    ("pause_webhook", &["resume_webhook"]),
    ("reopen_sync_match", &["match_sync_match"]),
    ("withdraw_plan", &["propose_plan"]),
    ("approve_plan", &["propose_plan"]),
    ("record_approval", &["propose_plan"]),
    ("activate_plan", &["propose_plan", "approve_plan"]),
    ("close_plan", ACTIVE),
    ("open_review", ACTIVE),
    ("approve_review", &["revise_review"]),
    ("adopt_review", &["revise_review"]),
    ("create_progress_update", ACTIVE),
    ("mark_target_due_done", ACTIVE),
    ("mark_target_due_undone", ACTIVE),
    ("mark_milestone_due_done", ACTIVE),
    ("mark_milestone_due_undone", ACTIVE),
];

/// What brings the evaluation of the examples before somebody who judges.
const JUDGED: &[&str] = &["submit_evaluation", "moderate_evaluation"];

/// What makes an order of the quote of the examples, of which something can be delivered.
const CONFIRMED: &[&str] = &["place_order", "confirm_order"];

/// What brings the plan of the examples into force.
const ACTIVE: &[&str] = &["propose_plan", "approve_plan", "activate_plan"];

/// Operations that somebody else than the head of service asks for.
const OTHERS: &[(&str, &str)] = &[
    ("approve_plan", "exec@demo.example"),
    ("approve_review", "exec@demo.example"),
    ("decline_evaluation_invitation", "sle@demo.example"),
];

#[actix_web::test]
async fn every_request_example_is_taken_by_a_fresh_demo() {
    let filled = support::demo_database(&password()).await;
    let mut faults = Vec::new();
    let mut left: Vec<_> = operations().iter().filter(|it| it.value.get("requestBody").is_some()).collect();
    while !left.is_empty() {
        let app = support::demo_over(filled.copy().await).await;
        faults.extend(refusals(&app, left.remove(0)).await);
        if support::database::server().is_none() {
            continue;
        }
        // On a server, where a copy takes long, the others are tried in the same demo, and come again where it refuses.
        let mut again = Vec::new();
        for operation in left {
            let decided_by_a_fresh_one = EXCEPTIONS.iter().any(|(id, ..)| *id == operation.id);
            if decided_by_a_fresh_one || !refusals(&app, operation).await.is_empty() {
                again.push(operation);
            }
        }
        left = again;
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
    for id in EXCEPTIONS.iter().map(|(id, ..)| id).chain(AFTER.iter().map(|(id, _)| id)) {
        named(id);
    }
}

/// What the demo says to the examples of an operation that it should not say.
async fn refusals(app: &App, operation: &Operation) -> Vec<String> {
    let mut faults = Vec::new();
    let exception = EXCEPTIONS.iter().find(|(id, ..)| *id == operation.id);
    for before in AFTER.iter().filter(|(id, _)| *id == operation.id).flat_map(|(_, before)| *before) {
        let before = named(before);
        let (kind, body) = bodies(before).remove(0);
        match send(app, before, &kind, &body).await {
            Ok(reply) if (200..300).contains(&reply.status) => {}
            Ok(reply) | Err(reply) => faults.push(format!("{} before {}: {reply:?}", before.id, operation.id)),
        }
    }
    for (kind, body) in bodies(operation) {
        let reply = match send(app, operation, &kind, &body).await {
            Ok(reply) => reply,
            Err(reply) => {
                faults.push(format!("before {}: {reply:?}", operation.id));
                continue;
            }
        };
        let right = exception.map_or((200..300).contains(&reply.status), |(_, status, _)| reply.status == *status);
        if !right {
            faults.push(format!("{} as {kind}, {body}: {} {}", operation.id, reply.status, reply.text()));
        } else if operation.id == "create_import" {
            // A hub runs one import at a time.
            let caller = signed_in(app, operation).await.expect("who just sent an example");
            imports::ended(&caller, reply.id()).await;
        }
    }
    faults
}

fn named(id: &str) -> &'static Operation {
    operations().iter().find(|operation| operation.id == id).unwrap_or_else(|| panic!("no operation is called {id}"))
}

/// The one in the example of signing in.
fn password() -> String {
    let form = example(&document().json()["components"]["schemas"]["TokenRequest"]);
    form["password"].as_str().expect("an example of a password").to_owned()
}

/// Each body that the document shows, with its media type.
fn bodies(operation: &Operation) -> Vec<(String, Value)> {
    let content = resolved(&operation.value["requestBody"])["content"].as_object().unwrap();
    let mut bodies = Vec::new();
    for (kind, media) in content {
        let named = media["examples"].as_object().into_iter().flatten();
        let mut shown: Vec<Value> = named.map(|(_, it)| it["value"].clone()).collect();
        shown.extend(media.get("example").cloned());
        if shown.is_empty() {
            shown.push(example(&media["schema"]));
        }
        bodies.extend(shown.into_iter().map(|body| (kind.clone(), body)));
    }
    bodies
}

/// The reply to an example.
///
/// # Errors
/// The reply to what has to be asked before it, where that is refused.
async fn send(app: &App, operation: &Operation, kind: &str, body: &Value) -> Result<Reply, Reply> {
    let caller = if operation.guarded() { signed_in(app, operation).await? } else { app.nobody() };
    let path = address(operation);
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let mut request = caller.ask(method, &path).raw_of(&media_type(kind), written(kind, body));
    let guarded = operation.parameters().any(|it| it["name"] == "If-Match" && it["required"] == true);
    if guarded {
        let item = operation.path.split_inclusive('}').next().unwrap().matches('/').count();
        let item: Vec<&str> = path.split('?').next().unwrap().split('/').take(item + 1).collect();
        let item = caller.get(&item.join("/")).await;
        if item.status != 200 {
            return Err(item);
        }
        request = request.header("if-match", item.etag());
    }
    Ok(request.await)
}

async fn signed_in(app: &App, operation: &Operation) -> Result<Caller, Reply> {
    let platform = operation.scope().is_some_and(|scope| scope.starts_with("hubs:"));
    let other = OTHERS.iter().find(|(id, _)| *id == operation.id).map(|(_, user)| *user);
    let user = other.unwrap_or(if platform { "platform@demo.example" } else { "hos@demo.example" });
    let form = serde_json::json!({"grant_type": "password", "username": user, "password": password()});
    let reply = app.nobody().post("/auth/token", &form).await;
    if reply.status != 200 {
        return Err(reply);
    }
    Ok(app.nobody().with_token(reply.json()["access_token"].as_str().unwrap()))
}

/// The address with the examples of what it needs.
fn address(operation: &Operation) -> String {
    let mut path = operation.path.clone();
    let mut query = Vec::new();
    for parameter in operation.parameters().filter(|parameter| parameter["required"] == true) {
        let name = parameter["name"].as_str().unwrap();
        let shown = parameter.get("example").cloned().unwrap_or_else(|| example(&parameter["schema"]));
        let shown = shown.as_str().map_or_else(|| shown.to_string(), str::to_owned);
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &shown),
            Some("query") => query.push(format!("{name}={shown}")),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

const BOUNDARY: &str = "between-the-parts";

fn media_type(kind: &str) -> String {
    if kind == "multipart/form-data" { format!("{kind}; boundary={BOUNDARY}") } else { kind.to_owned() }
}

/// A body as its media type has it.
fn written(kind: &str, body: &Value) -> String {
    let fields = || body.as_object().unwrap().iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    match kind {
        "application/x-www-form-urlencoded" => {
            let url = reqwest::Url::parse_with_params("http://a", fields()).unwrap();
            url.query().unwrap_or_default().to_owned()
        }
        "multipart/form-data" => {
            let parts = fields().map(|(name, text)| {
                format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"example.csv\"\r\n\
                     Content-Type: text/csv\r\n\r\n{text}\r\n"
                )
            });
            format!("{}--{BOUNDARY}--\r\n", parts.collect::<String>())
        }
        "text/csv" => body.as_str().unwrap().to_owned(),
        _ => body.to_string(),
    }
}
