//! People, the posts and roles that they have, and working groups.

mod capacity;
pub mod posts;

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{self, one_text};

#[actix_web::test]
async fn someone_still_named_somewhere_cannot_be_archived() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let person = caller.post("/people", &json!({ "name": "Ada Marlow" })).await.expect(201);
    let id = person.id();
    let path = format!("/people/{id}");
    let school = app.school(&caller, "Ash", json!({})).await.id();

    let uses = [
        ("/areas", json!({ "name": "Charnwood", "lead_person_id": id }), "area"),
        ("/working-groups", json!({ "name": "KS2", "member_ids": [id] }), "working group"),
        ("/contacts", json!({ "person_id": id, "school_id": school, "job_role": "Head" }), "contact"),
        (
            "/designations",
            json!({ "person_id": id, "role_text": "Adviser", "basis": "appointed", "from_on": "2014-09-01" }),
            "designation",
        ),
        (
            "/assignments",
            json!({ "person_id": id, "school_id": school, "role": "support", "from_on": "2014-09-01" }),
            "assignment",
        ),
    ];
    for (collection, form, name) in uses {
        let user = caller.post(collection, &form).await.expect(201);
        let refused = caller.delete(&path, "*").await;
        let detail = refused.problem(409, "conflict")["detail"].to_string();
        assert!(detail.contains(&format!("{name} {}", user.id())), "{detail}");
        caller.delete(&format!("{collection}/{}", user.id()), "*").await.expect(204);
    }
    caller.delete(&path, "*").await.expect(204);

    let user = caller.person();
    caller.delete(&format!("/people/{user}"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn leads_and_monitors_of_a_plan_stay_while_it_is_not_closed() {
    let app = support::app().await;
    let caller = app.as_role(Role::HeadOfService).await;
    let plan = json!({ "kind": "other", "title": "Singing" });
    let plan = caller.post("/plans", &plan).await.expect(201).id();
    let objective = json!({ "plan_id": plan, "title": "Every school sings" });
    let objective = caller.post("/objectives", &objective).await.expect(201).id();
    let path = format!("/objectives/{objective}");
    let mut refusals = Vec::new();
    for (collection, form, field) in [
        ("/people", json!({ "name": "Ada Marlow" }), "person_id"),
        ("/working-groups", json!({ "name": "KS2" }), "group_id"),
        ("/partners", json!({ "name": "Brass", "kind": "charity" }), "partner_id"),
    ] {
        let named = caller.post(collection, &form).await.expect(201).id();
        let named_path = format!("{collection}/{named}");
        for part in ["leads", "monitors"] {
            let party = json!({ part: [{ "text": "All" }, { field: named }] });
            caller.patch(&path, &party, "*").await.expect(200);
            let refused = caller.delete(&named_path, "*").await;
            refusals.push(refused.refusal(409, "conflict").replace(&objective.to_string(), "[objective]"));
            caller.patch(&path, &json!({ part: [] }), "*").await.expect(200);
        }
        caller.delete(&named_path, "*").await.expect(204);
    }
    assert_snapshot!(one_text(&refusals), @r"
    cannot archive the item while other items refer to it: change or archive objective
      [objective] first
    ");
}

#[actix_web::test]
async fn what_has_ended_does_not_keep_someone_from_the_archive() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let person = caller.post("/people", &json!({ "name": "Ada Marlow" })).await.expect(201).id();
    let school = app.school(&caller, "Ash", json!({})).await.id();
    let form = json!({
        "person_id": person, "school_id": school, "job_role": "Head",
        "from_on": "2013-09-01", "to_on": "2014-08-31",
    });
    let contact = caller.post("/contacts", &form).await.expect(201);
    caller.delete(&format!("/people/{person}"), "*").await.expect(204);

    let path = format!("/contacts/{}", contact.id());
    caller.delete(&path, "*").await.expect(204);
    let refused = caller.act(&format!("{path}/restore"), None).await;
    refused.problem(409, "conflict");
    assert_eq!(refused.faults(), [("/person_id".to_owned(), "unknown_reference".to_owned())]);
    caller.act(&format!("/people/{person}/restore"), None).await.expect(200);
    caller.act(&format!("{path}/restore"), None).await.expect(200);
}

#[actix_web::test]
async fn a_working_group_shows_its_members_in_their_order() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let mut ids = Vec::new();
    for name in ["Ben Stave", "Ada Marlow", "Cleo Reed"] {
        ids.push(caller.post("/people", &json!({ "name": name })).await.expect(201).id());
    }
    let twice = json!({ "name": "KS2", "member_ids": [ids[0], ids[0]] });
    let refused = caller.post("/working-groups", &twice).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.faults(), [("/member_ids/1".to_owned(), "duplicate".to_owned())]);

    let first = caller.post("/working-groups", &json!({ "name": "KS2", "member_ids": ids })).await;
    let second = json!({ "name": "KS3", "member_ids": [ids[2]] });
    let second = caller.post("/working-groups", &second).await.expect(201).id();
    let page = caller.get("/working-groups?expand=members&sort=-name").await.expect(200).json();
    let names = |group: usize| -> Vec<&str> {
        let members = page["items"][group]["members"].as_array().unwrap();
        members.iter().map(|member| member["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names(1), ["Ben Stave", "Ada Marlow", "Cleo Reed"]);
    assert_eq!(names(0), ["Cleo Reed"]);
    let by_member = |id| format!("/working-groups?member_id={id}");
    assert_eq!(caller.get(&by_member(ids[0])).await.ids(), [first.id()]);
    assert_eq!(caller.get(&by_member(ids[2])).await.ids(), [first.id(), second]);
}

#[actix_web::test]
async fn people_are_found_by_name_and_organisation() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let zoe = json!({ "name": "Zoë Ångström", "organisation": "Soar Valley 100% College" });
    let zoe = caller.post("/people", &zoe).await.expect(201).id();
    for (query, found) in [
        ("q=angstrom", true),
        ("q=ZOE%20A", true),
        ("q=zoo", false),
        ("organisation=soar%20VALLEY", true),
        ("organisation=100%25", true),
        ("organisation=10_%25", false),
    ] {
        let ids = caller.get(&format!("/people?{query}")).await.expect(200).ids();
        assert_eq!(ids.contains(&zoe), found, "{query}");
    }
}

#[actix_web::test]
async fn people_see_of_themselves_what_only_the_hub_sees_of_others() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let school = app.school(&office, "Ash", json!({})).await.id();
    let head = app.at_school(Role::SchoolHead, school).await;
    let oneself = head.person();
    let checked = json!({ "dbs_checked_on": "2014-06-02" });
    office.patch(&format!("/people/{oneself}"), &checked, "*").await.expect(200);
    let form = json!({ "name": "Ada Marlow", "dbs_checked_on": "2014-06-02" });
    let other = office.post("/people", &form).await.expect(201).id();
    for person in [oneself, other] {
        let form = json!({ "person_id": person, "school_id": school, "job_role": "Head of music" });
        office.post("/contacts", &form).await.expect(201);
    }
    let seen = |item: &Value| item["dbs_checked_on"].clone();
    for (person, day) in [(oneself, json!("2014-06-02")), (other, Value::Null)] {
        for query in ["", "?fields=id,dbs_checked_on", "?fields=dbs_checked_on"] {
            let item = head.get(&format!("/people/{person}{query}")).await.expect(200).json();
            assert_eq!(seen(&item), day, "{query}");
        }
        let list = head.get(&format!("/people?id={person}&fields=dbs_checked_on")).await.expect(200).json();
        assert_eq!(seen(&list["items"][0]), day);
        let list = head.get("/contacts?expand=person").await.expect(200).json();
        let contacts = list["items"].as_array().unwrap();
        let contact = contacts.iter().find(|it| it["person_id"] == person.to_string()).unwrap();
        assert_eq!(seen(&contact["person"]), day, "{contact}");
    }
}

#[actix_web::test]
async fn a_school_sees_its_contacts_and_nobody_else() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let own = app.school(&caller, "Ash", json!({})).await.id();
    let other = app.school(&caller, "Beech", json!({})).await.id();
    let mut people = Vec::new();
    for school in [own, other] {
        let form = json!({ "name": "Ada Marlow", "dbs_checked_on": "2014-06-02" });
        let person = caller.post("/people", &form).await.expect(201).id();
        let form = json!({ "person_id": person, "school_id": school, "job_role": "Head of music" });
        caller.post("/contacts", &form).await.expect(201);
        people.push(person);
    }
    let head = app.at_school(Role::SchoolHead, own).await;
    let page = head.get("/contacts?expand=person").await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["person"]["name"], "Ada Marlow");
    assert!(page["items"][0]["person"]["dbs_checked_on"].is_null());
    assert_eq!(head.get("/people").await.ids(), [people[0]]);
    head.get(&format!("/people/{}", people[1])).await.problem(404, "not-found");

    let contact = page["items"][0]["id"].as_str().unwrap();
    let checked = json!({ "checked_on": "2014-09-01" });
    head.patch(&format!("/contacts/{contact}"), &checked, "*").await.expect(200);
    let moved = json!({ "school_id": other });
    head.patch(&format!("/contacts/{contact}"), &moved, "*").await.problem(422, "invalid");
}
