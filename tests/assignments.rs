//! Many schools assigned to one person at once, and one school that many take at the same time.

use std::collections::BTreeSet;

use entity::identity::grant::Role;
use entity::schools::school;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply, Request, rows};

/// How many ask at the same time.
const MANY: usize = 50;

async fn three_schools() -> (App, Caller, [Uuid; 2], Vec<Uuid>) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut people = [Uuid::nil(); 2];
    for (place, name) in ["Priya Nair", "Sam Osei"].into_iter().enumerate() {
        people[place] = head.post("/people", &json!({ "name": name })).await.expect(201).id();
    }
    let mut schools = Vec::new();
    for name in ["Ash", "Beech", "Cedar"] {
        schools.push(app.school(&head, name, json!({})).await.id());
    }
    app.school(&head, "Dogwood", json!({ "phase": "secondary" })).await;
    app.school(&head, "Elm", json!({ "status": "closed", "closed_on": "2013-08-31" })).await;
    (app, head, people, schools)
}

fn lead(person: Uuid, from_on: &str) -> Value {
    json!({ "person_id": person, "role": "lead", "from_on": from_on })
}

/// Created, ended, unchanged, rejected.
fn counts(report: &Value) -> [u64; 4] {
    ["created", "ended", "unchanged", "rejected"].map(|field| report[field].as_u64().unwrap())
}

/// The report without what a dry run cannot know.
fn without_ids(report: &Value) -> Value {
    let mut report = report.clone();
    for field in ["applied", "dry_run"] {
        report.as_object_mut().unwrap().remove(field);
    }
    for item in report["items"].as_array_mut().unwrap() {
        if item["status"] == "created" {
            item["id"] = Value::Null;
        }
    }
    report
}

async fn assignments(head: &Caller) -> usize {
    head.all("/assignments").await.len()
}

#[actix_web::test]
async fn a_preview_is_the_report_of_the_real_thing_and_writes_nothing() {
    let (_app, head, [priya, sam], schools) = three_schools().await;
    let held = json!({ "person_id": sam, "school_id": schools[0], "role": "lead", "from_on": "2014-04-01" });
    let held = head.post("/assignments", &held).await.expect(201).id();
    let path = "/assignments/bulk?phase=primary";
    let preview = head.post(&format!("{path}&dry_run=true"), &lead(priya, "2014-09-01")).await.expect(200).json();
    assert_eq!((counts(&preview), &preview["applied"]), ([2, 0, 0, 1], &json!(false)));
    assert_eq!(assignments(&head).await, 1);
    let report = head.post(path, &lead(priya, "2014-09-01")).await.expect(200).json();
    assert_eq!(without_ids(&report), without_ids(&preview));
    assert_eq!((assignments(&head).await, &report["applied"]), (3, &json!(true)));
    let items = report["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| item["school_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ash", "Beech", "Cedar"], "neither the secondary school nor the closed one");
    let refused = &items[0]["errors"][0];
    assert!(refused["message"].as_str().unwrap().contains(&held.to_string()), "{refused}");
    let again = head.post(path, &lead(priya, "2014-09-01")).await.expect(200).json();
    assert_eq!(counts(&again), [0, 0, 2, 1]);
}

#[actix_web::test]
async fn a_lead_is_replaced_on_the_day_before_and_never_doubled() {
    let (_app, head, [priya, sam], schools) = three_schools().await;
    for (school, from_on) in [(schools[0], "2014-04-01"), (schools[1], "2014-09-01")] {
        let held = json!({ "person_id": sam, "school_id": school, "role": "lead", "from_on": from_on });
        head.post("/assignments", &held).await.expect(201);
    }
    let mut form = lead(priya, "2014-09-01");
    form["on_lead"] = json!("replace");
    let preview = head.post("/assignments/bulk?phase=primary&dry_run=true", &form).await.expect(200).json();
    let report = head.post("/assignments/bulk?phase=primary", &form).await.expect(200).json();
    assert_eq!(counts(&report), [2, 1, 0, 1]);
    assert_eq!(without_ids(&report), without_ids(&preview));
    let ended = report["items"][0]["ended_id"].as_str().unwrap();
    let ended = head.get(&format!("/assignments/{ended}")).await.expect(200);
    assert_eq!((&ended.json()["to_on"], ended.etag()), (&json!("2014-08-31"), "\"2\"".to_owned()));
    assert_eq!(report["items"][1]["status"], "rejected", "a lead that begins on the same day is not ended");
    let on = head.all("/assignments?on=2014-09-01&role=lead").await;
    assert_eq!(on.len(), 3, "one lead at each school");
    let history = head.get(&format!("/assignments/{}/history", ended.id())).await.expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_list_of_more_than_a_thousand_schools_or_a_form_with_faults_changes_nothing() {
    let (app, head, [priya, _], _) = three_schools().await;
    let many = (0..1000).map(|number| rows::school(app.hub, &format!("School {number}"), app.clock.now()));
    app.insert::<school::Entity>(app.hub, many.collect()).await;
    let refused = head.post("/assignments/bulk", &lead(priya, "2014-09-01")).await;
    refused.problem(400, "bad-parameter");
    head.post("/assignments/bulk?q=beech", &lead(priya, "2014-09-01")).await.expect(200);
    let mut form = lead(Uuid::now_v7(), "2014-09-01");
    form["to_on"] = json!("2014-08-31");
    let refused = head.post("/assignments/bulk?q=cedar", &form).await;
    refused.problem(422, "invalid");
    let expected = [("/person_id", "unknown_reference"), ("/to_on", "order")];
    assert_eq!(refused.faults(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    assert_eq!(assignments(&head).await, 1);
    head.post("/assignments/bulk?phaze=primary", &lead(priya, "2014-09-01")).await.problem(400, "bad-parameter");
}

/// Sends a request for each number at the same time.
async fn at_once(ask: impl Fn(usize) -> Request) -> Vec<Reply> {
    let asked = (0..MANY).map(|number| actix_web::rt::spawn(ask(number).into_future()));
    join_all(asked).await.into_iter().map(Result::unwrap).collect()
}

/// The number and the reply of the only request that succeeded; each other one is refused by this problem.
fn winner<'a>(replies: &'a [Reply], (status, code): (u16, &str)) -> (usize, &'a Reply) {
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().enumerate().partition(|(_, reply)| reply.status < 300);
    assert_eq!((won.len(), lost.len()), (1, MANY - 1), "{replies:?}");
    for (_, reply) in lost {
        reply.problem(status, code);
    }
    won[0]
}

/// A school, and as many people as ask at the same time.
async fn one_school() -> (App, Caller, Uuid, Vec<Uuid>) {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let school = app.school(&office, "Ash", json!({})).await.id();
    let mut people = Vec::new();
    for number in 0..MANY {
        people.push(office.post("/people", &json!({ "name": format!("Leader {number}") })).await.expect(201).id());
    }
    (app, office, school, people)
}

#[actix_web::test]
async fn of_fifty_people_who_take_a_school_at_once_one_has_the_lead() {
    let (_app, office, school, people) = one_school().await;
    let take = |number: usize| {
        let mut form = lead(people[number], "2014-09-01");
        form["school_id"] = json!(school);
        office.post("/assignments", &form)
    };
    let replies = at_once(take).await;
    let (number, made) = winner(&replies, (409, "conflict"));
    let held = office.all("/assignments").await;
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!((&held[0], &held[0]["person_id"]), (&made.json(), &json!(people[number])));
    let changes = office.get("/changes?resource=assignment&limit=200").await.expect(200).json();
    let logged: Vec<_> = changes["items"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(logged, [json!(made.id())], "what was refused left nothing behind");
    // All of them ask again, and nobody takes it from the one who has it.
    for reply in at_once(take).await {
        reply.problem(409, "conflict");
    }
    assert_eq!(office.all("/assignments").await, held);
}

#[actix_web::test]
async fn of_fifty_changes_of_an_assignment_from_one_version_the_first_stays() {
    let (_app, office, school, people) = one_school().await;
    let mut form = lead(people[0], "2014-09-01");
    form["school_id"] = json!(school);
    let made = office.post("/assignments", &form).await.expect(201);
    let path = format!("/assignments/{}", made.id());
    let change = |number: usize| {
        let reason = format!("Number {number} is nearer");
        office.patch(&path, &json!({ "person_id": people[number], "reason": reason }), &made.etag())
    };
    let replies = at_once(change).await;
    let (number, changed) = winner(&replies, (412, "stale-version"));
    let held = office.get(&path).await.expect(200);
    assert_eq!((held.json(), held.etag()), (changed.json(), "\"2\"".to_owned()));
    assert_eq!(held.json()["person_id"], json!(people[number]));
    assert_eq!(held.json()["reason"], format!("Number {number} is nearer"));
    for reply in replies.iter().filter(|reply| reply.status == 412) {
        assert_eq!(reply.etag(), held.etag(), "the version to read before the next try");
    }
    let history = office.get(&format!("{path}/history")).await.expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn of_fifty_helpers_who_become_lead_at_once_one_does() {
    let (_app, office, school, people) = one_school().await;
    let helper =
        |person: &Uuid| json!({ "person_id": person, "school_id": school, "role": "support", "from_on": "2014-09-01" });
    let items: Vec<_> = people.iter().map(helper).collect();
    let report = office.post("/assignments/batch", &json!({ "items": items })).await.expect(200).json();
    let made = report["items"].as_array().unwrap();
    let paths: Vec<_> = made.iter().map(|it| format!("/assignments/{}", it["id"].as_str().unwrap())).collect();
    let replies = at_once(|number| office.patch(&paths[number], &json!({ "role": "lead" }), "\"1\"")).await;
    let (number, _) = winner(&replies, (409, "conflict"));
    let leads = office.all("/assignments?role=lead").await;
    assert_eq!(leads.len(), 1);
    assert_eq!((&leads[0]["person_id"], &leads[0]["version"]), (&json!(people[number]), &json!(2)));
    let helpers = office.all("/assignments?role=support").await;
    let unchanged: BTreeSet<_> = helpers.iter().map(|it| it["version"].as_i64()).collect();
    assert_eq!((helpers.len(), unchanged), (MANY - 1, BTreeSet::from([Some(1)])));
}
