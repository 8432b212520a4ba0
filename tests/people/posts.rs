//! Posts and who holds them, roles that people have, and what working groups made.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, Caller};

/// The form of a post of 0.8 from September 2014.
pub fn post(title: &str) -> Value {
    json!({
        "title": title, "role_text": "Teacher", "fte_hundredths": 80, "funding": "core", "from_on": "2014-09-01",
    })
}

pub async fn person(by: &Caller, name: &str) -> Uuid {
    by.post("/people", &json!({ "name": name })).await.expect(201).id()
}

/// The form of a holding.
pub fn holding(post: Uuid, person: Uuid, from_on: &str, to_on: Option<&str>) -> Value {
    json!({ "post_id": post, "person_id": person, "from_on": from_on, "to_on": to_on })
}

#[actix_web::test]
async fn a_post_keeps_who_held_it_when_and_is_vacant_between() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let post = office.post("/posts", &post("Support teacher")).await.expect(201).id();
    let (ada, ben) = (person(&office, "Ada").await, person(&office, "Ben").await);
    let first = office.post("/post-holdings", &holding(post, ada, "2014-09-01", None)).await.expect(201).id();
    let refused = office.post("/post-holdings", &holding(post, ben, "2015-01-01", None)).await;
    let refused = refused.refusal(409, "duplicate").replace(&first.to_string(), "[first]");
    assert_snapshot!(refused, @r"
    somebody holds the post at that time ([first]): end that holding first
    /from_on duplicate: somebody holds the post at that time ([first]): end
      that holding first
    ");
    let path = format!("/post-holdings/{first}");
    let reason = json!({ "end_reason": "Moved away" });
    let refused = office.patch(&path, &reason, "*").await.expect(422);
    assert_eq!(refused.faults(), [("/end_reason".to_owned(), "required".to_owned())]);
    let early = office.patch(&path, &json!({ "to_on": "2014-08-31" }), "*").await.expect(422);
    assert_eq!(early.faults(), [("/to_on".to_owned(), "order".to_owned())]);
    office.patch(&path, &json!({ "to_on": "2014-12-31", "end_reason": "Moved away" }), "*").await.expect(200);
    office.post("/post-holdings", &holding(post, ben, "2015-02-01", None)).await.expect(201);
    let reopened = office.patch(&path, &json!({ "to_on": null, "end_reason": null }), "*").await;
    reopened.problem(409, "duplicate");
    let vacant = async |day: &str| office.get(&format!("/posts?vacant_on={day}")).await.expect(200).ids().len();
    let days = ["2014-08-31", "2014-09-01", "2014-12-31", "2015-01-01", "2015-01-31", "2015-02-01"];
    let mut found = Vec::new();
    for day in days {
        found.push(vacant(day).await);
    }
    assert_eq!(found, [0, 0, 0, 1, 1, 0], "vacant while there is the post and nobody holds it");
    let shown = office.get(&format!("/posts/{post}?expand=holding,holder,holdings")).await.expect(200).json();
    assert_eq!((&shown["holder"]["name"], &shown["holding"]["id"]), (&json!("Ada"), &json!(first)));
    assert_eq!(shown["holdings"].as_array().unwrap().len(), 2);
    assert_eq!(office.get(&format!("/posts?holder_id={ada}")).await.expect(200).ids(), [post]);
    let refused = office.patch(&format!("/posts/{post}"), &json!({ "to_on": "2015-01-15" }), "*").await;
    assert!(refused.problem(409, "conflict")["detail"].as_str().unwrap().contains("the post ends on 2015-01-15"));
    office.delete(&format!("/posts/{post}"), "*").await.problem(409, "conflict");
    office.delete(&format!("/people/{ben}"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn one_of_many_who_fill_a_post_at_once_gets_it() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let post = office.post("/posts", &post("Support teacher")).await.expect(201).id();
    let mut people = Vec::new();
    for name in 0..8 {
        people.push(person(&office, &format!("P{name}")).await);
    }
    let forms: Vec<_> = people.iter().map(|person| holding(post, *person, "2014-09-01", None)).collect();
    let replies = join_all(forms.iter().map(|form| office.post("/post-holdings", form).into_future())).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[actix_web::test]
async fn a_role_comes_from_the_glossary_or_in_words_and_once_at_a_time() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    office.post("/glossary-terms", &json!({ "code": "SLE", "meaning": "Specialist Leader" })).await.expect(201);
    let ada = person(&office, "Ada").await;
    let form = |more: Value| {
        let mut form = json!({ "person_id": ada, "basis": "seconded", "from_on": "2014-09-01" });
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    let refused = async |more: Value| office.post("/designations", &form(more)).await.expect(422).faults();
    let fault = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(refused(json!({ "role_code": "SLEX" })).await, fault("/role_code", "unknown_reference"));
    assert_eq!(refused(json!({})).await, fault("/role_text", "one_of"));
    assert_eq!(refused(json!({ "role_code": "SLE", "role_text": "Adviser" })).await, fault("/role_text", "one_of"));
    let early = json!({ "role_code": "SLE", "to_on": "2014-08-31", "end_reason": "Moved" });
    assert_eq!(refused(early).await, fault("/to_on", "order"));
    let made = office.post("/designations", &form(json!({ "role_code": "sle" }))).await.expect(201);
    assert_eq!(made.json()["role_code"], "SLE", "as the glossary writes it");
    let twice = form(json!({ "role_text": "sle", "from_on": "2020-01-01" }));
    office.post("/designations", &twice).await.problem(409, "duplicate");
    let ended = json!({ "to_on": "2019-12-31", "end_reason": "Retired" });
    office.patch(&format!("/designations/{}", made.id()), &ended, "*").await.expect(200);
    office.post("/designations", &twice).await.expect(201);
    let on = async |day: &str| office.get(&format!("/designations?on={day}&role=SLE")).await.expect(200).ids().len();
    assert_eq!([on("2014-08-31").await, on("2019-12-31").await, on("2020-01-01").await], [0, 1, 1]);
}

#[actix_web::test]
async fn posts_and_roles_are_there_for_the_hub_alone() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let school = app.school(&office, "Ash", json!({})).await.id();
    let head = app.at_school(Role::SchoolHead, school).await;
    let contact = json!({ "person_id": head.person(), "school_id": school, "job_role": "Head" });
    office.post("/contacts", &contact).await.expect(201);
    let post = office.post("/posts", &post("Support teacher")).await.expect(201).id();
    let held = holding(post, head.person(), "2014-09-01", None);
    let held = office.post("/post-holdings", &held).await.expect(201).id();
    let form = json!({
        "person_id": head.person(), "role_text": "Champion head", "basis": "appointed", "from_on": "2014-09-01",
    });
    let role = office.post("/designations", &form).await.expect(201).id();
    let specialist = app.as_role(Role::SpecialistLeader).await;
    for (list, id) in [("/posts", post), ("/post-holdings", held), ("/designations", role)] {
        for by in [&head, &specialist] {
            assert!(by.get(list).await.expect(200).ids().is_empty(), "{list}");
            assert_eq!(
                by.get(&format!("{list}/counts?by={}", if list == "/posts" { "funding" } else { "person_id" }))
                    .await
                    .expect(200)
                    .json()["total"],
                0
            );
            assert_eq!(by.get(&format!("{list}/export?format=ndjson")).await.expect(200).text(), "");
            by.get(&format!("{list}/{id}")).await.problem(404, "not-found");
        }
        for role in [Role::Governor, Role::Monitor, Role::Provider] {
            app.as_role(role).await.get(list).await.problem(403, "forbidden");
        }
        app.as_role(Role::MusicLeader).await.get(&format!("{list}/{id}")).await.expect(200);
    }
}

#[actix_web::test]
async fn a_working_group_says_what_it_made_and_when_it_worked() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let plain = office.post("/working-groups", &json!({ "name": "KS2" })).await.expect(201).json();
    assert_eq!((&plain["kind"], &plain["outputs"]), (&json!("working"), &json!([])));
    let form = json!({
        "name": "KS3", "kind": "specialist", "formed_on": "2014-09-15", "ended_on": "2015-07-31",
        "outputs": [{ "title": "Framework", "made_on": "2015-03-20", "link": "https://hub.example/ks3" }],
    });
    let made = office.post("/working-groups", &form).await.expect(201);
    assert_eq!(made.json()["outputs"], form["outputs"]);
    let found = async |query: &str| office.get(&format!("/working-groups?{query}")).await.expect(200).ids();
    assert_eq!(found("kind=specialist&on=2015-07-31").await, [made.id()]);
    assert!(found("kind=specialist&on=2015-08-01").await.is_empty());
    let wrong = json!({ "ended_on": "2014-09-14", "outputs": [{ "title": "Framework", "link": "ks3" }] });
    let refused = office.patch(&format!("/working-groups/{}", made.id()), &wrong, "*").await.expect(422);
    assert_eq!(refused.faults(), [("/outputs/0/link".to_owned(), "pattern".to_owned())]);
    let refused =
        office.patch(&format!("/working-groups/{}", made.id()), &json!({ "ended_on": "2014-09-14" }), "*").await;
    assert_eq!(refused.expect(422).faults(), [("/ended_on".to_owned(), "order".to_owned())]);
    let counts = office.get("/working-groups/counts?by=kind").await.expect(200).json();
    assert_eq!(counts["total"], 2);
}
