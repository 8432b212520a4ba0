//! What belongs to others is not there.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::kernel::base::condition::ETags;
use api::kernel::base::problem::Code;
use api::kernel::base::request::RequestMeta;
use api::kernel::caller::identity::Identity;
use api::kernel::caller::permission::Scope;
use api::kernel::caller::tenancy::Caller as Known;
use api::kernel::operations::crud;
use api::partners::partner::Partner;
use entity::identity::grant::Role;
use entity::owned::Owned;
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::{contact, school};
use insta::assert_snapshot;
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use crate::support::document::{Operation, operations};
use crate::support::{self, Caller, one_text};

/// Every way to an item of a plain resource.
fn ways(caller: &Caller, path: &str) -> Vec<support::Request> {
    vec![
        caller.get(path),
        caller.get(&format!("{path}/history")),
        caller.patch(path, &json!({ "note": "seen" }), "*"),
        caller.delete(path, "*"),
        caller.act(&format!("{path}/restore"), None),
    ]
}

/// A problem without what differs from request to request.
fn plain(mut problem: Value) -> Value {
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

#[actix_web::test]
async fn another_hubs_items_look_like_unknown_ones() {
    let app = support::app().await;
    let ours = app.as_role(Role::HeadOfService).await;
    let luton = app.another_hub("luton").await;
    let theirs = app.as_role_in(luton, Role::HeadOfService, |_| {}).await;
    let area = app.area(&ours, "Charnwood").await.id();
    let school = app.school(&ours, "Ash", json!({ "urn": 120_001 })).await.id();
    for (collection, id) in [("areas", area), ("schools", school)] {
        let real = ways(&theirs, &format!("/{collection}/{id}"));
        let made_up = ways(&theirs, &format!("/{collection}/{}", Uuid::now_v7()));
        for (real, made_up) in real.into_iter().zip(made_up) {
            let (real, made_up) = (real.await, made_up.await);
            assert_eq!(plain(real.problem(404, "not-found")), plain(made_up.problem(404, "not-found")));
        }
        assert_eq!(theirs.get(&format!("/{collection}?total=true")).await.json()["total"], 0);
        let item = ours.get(&format!("/{collection}/{id}")).await.expect(200).json();
        assert_eq!(item["version"], 1, "nobody changed it");
    }
    assert_eq!(theirs.get("/schools?urn=120001").await.expect(200).ids(), Vec::<Uuid>::new());
}

#[actix_web::test]
async fn two_hubs_may_hold_the_same_id_and_each_sees_its_own() {
    let app = support::app().await;
    let ours = app.as_role(Role::HeadOfService).await;
    let luton = app.another_hub("luton").await;
    let theirs = app.as_role_in(luton, Role::HeadOfService, |_| {}).await;
    let id = app.area(&ours, "Charnwood").await.id();
    let now = app.clock.now();
    let row = entity::schools::area::Model {
        hub_id: luton,
        id,
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        name: "Dallow".to_owned(),
        name_key: "dallow".to_owned(),
        code: None,
        lead_person_id: None,
        note: None,
    };
    app.insert::<entity::schools::area::Entity>(luton, vec![row]).await;
    let path = format!("/areas/{id}");
    theirs.patch(&path, &json!({ "name": "Dallow Road" }), "\"1\"").await.expect(200);
    theirs.delete(&path, "\"2\"").await.expect(204);
    let kept = ours.get(&path).await.expect(200).json();
    assert_eq!((kept["name"].as_str(), kept["version"].as_i64()), (Some("Charnwood"), Some(1)));
}

#[actix_web::test]
async fn a_schools_own_people_see_their_school_alone() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let beech = app.school(&office, "Beech", json!({})).await.id();
    let mut refusals = Vec::new();
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let head = app.at_school(role, ash).await;
        let list = head.get("/schools?total=true").await.expect(200);
        assert_eq!(list.ids(), [ash]);
        assert_eq!(list.json()["total"], 1, "what is not seen is not counted");
        assert_eq!(head.get("/schools?q=beech").await.expect(200).ids(), Vec::<Uuid>::new());
        head.get(&format!("/schools/{ash}")).await.expect(200);
        head.get(&format!("/schools/{beech}")).await.problem(404, "not-found");
        head.get(&format!("/schools/{beech}/history")).await.problem(404, "not-found");
        // Seen, but not theirs to change: the scope is missing, which is said.
        let change = head.patch(&format!("/schools/{ash}"), &json!({ "pupils": 1 }), "*").await;
        refusals.push(change.refusal(403, "forbidden"));
    }
    assert_snapshot!(
        one_text(&refusals),
        @"this needs the scope `schools:write`, which you do not have: ask an administrator of your hub for it"
    );
}

#[actix_web::test]
async fn a_grant_on_no_school_reaches_none() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let lost = app.as_role(Role::SchoolHead).await;
    assert_eq!(lost.get("/schools").await.expect(200).ids(), Vec::<Uuid>::new());
    lost.get(&format!("/schools/{ash}")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_trusts_head_reaches_the_groups_schools_while_they_belong_to_it() {
    use entity::schools::{school_group, school_group_member};
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let beech = app.school(&office, "Beech", json!({})).await.id();
    app.school(&office, "Cedar", json!({})).await;
    let (hub, now, group) = (app.hub, app.clock.now(), Uuid::now_v7());
    let trust = school_group::Model {
        hub_id: hub,
        id: group,
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        name: "Trust".to_owned(),
        name_key: "trust".to_owned(),
        kind: school_group::SchoolGroupKind::Trust,
        uid: None,
        lead_school_id: None,
        note: None,
    };
    let member = |school: Uuid, to_on| school_group_member::Model {
        hub_id: hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_group_id: group,
        school_id: school,
        from_on: None,
        to_on,
    };
    app.insert::<school_group::Entity>(hub, vec![trust]).await;
    // The clock of the test stands at 1 September 2014: Beech leaves with that day.
    let members = vec![member(ash, None), member(beech, Some(date!(2014 - 09 - 01)))];
    app.insert::<school_group_member::Entity>(hub, members).await;
    let head = app.as_role_in(hub, Role::SchoolHead, |grant| grant.school_group_id = Some(group)).await;
    assert_eq!(head.get("/schools?sort=name").await.expect(200).ids(), [ash, beech]);
    app.clock.advance(std::time::Duration::from_hours(24));
    let head = app.again(&head);
    assert_eq!(head.get("/schools?sort=name").await.expect(200).ids(), [ash]);
    head.get(&format!("/schools/{beech}")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_specialist_leader_reaches_the_schools_of_the_day() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let specialist = app.as_role(Role::SpecialistLeader).await;
    let now = app.clock.now();
    let row = assignment::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        person_id: specialist.person(),
        school_id: ash,
        role: AssignmentRole::Lead,
        from_on: date!(2014 - 09 - 01),
        to_on: Some(date!(2014 - 09 - 30)),
        reason: None,
    };
    app.insert::<assignment::Entity>(app.hub, vec![row]).await;
    // The register is the hub's; who is who there only of assigned schools.
    specialist.get(&format!("/schools/{ash}")).await.expect(200);
}

#[actix_web::test]
async fn what_is_archived_is_gone_until_it_is_restored() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let area = app.area(&office, "Charnwood").await;
    let path = format!("/areas/{}", area.id());
    office.delete(&path, &area.etag()).await.expect(204);
    office.get(&path).await.problem(404, "not-found");
    office.patch(&path, &json!({ "name": "Soar" }), "*").await.problem(404, "not-found");
    office.delete(&path, "*").await.problem(404, "not-found");
    assert_eq!(office.get("/areas").await.expect(200).ids(), Vec::<Uuid>::new());
    let archived = office.get("/areas?archived=true").await.expect(200);
    assert_eq!(archived.ids(), [area.id()]);
    assert!(archived.json()["items"][0]["archived_at"].is_string());
    let back = office.act(&format!("{path}/restore"), None).await.expect(200);
    assert_eq!(back.etag(), "\"3\"");
    assert!(back.json()["archived_at"].is_null());
    assert_eq!(office.get("/areas").await.expect(200).ids(), [area.id()]);
    office.act(&format!("{path}/restore"), None).await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_client_does_only_what_its_scopes_say() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let area = app.area(&office, "Charnwood").await.id();
    let reader = app.as_client("schools:read").await;
    reader.get(&format!("/areas/{area}")).await.expect(200);
    let refused = reader.post("/areas", &json!({ "name": "Soar" })).await;
    assert_snapshot!(
        refused.refusal(403, "forbidden"),
        @"this needs the scope `schools:write`, which you do not have: ask an administrator of your hub for it"
    );
    // Before a byte of the body is looked at.
    let broken = reader.ask(Method::POST, "/areas").raw("{").await;
    broken.problem(403, "forbidden");
    let other = app.as_client("people:read").await;
    other.get("/areas").await.problem(403, "forbidden");
}

#[actix_web::test]
#[expect(clippy::disallowed_methods, reason = "what a reach holds is read behind the API")]
async fn a_school_writes_only_in_tables_that_say_so() {
    let app = support::app().await;
    let admin = app.as_role(Role::Administrator).await;
    let own = app.school(&admin, "Ash", json!({})).await.id();
    let person = admin.post("/people", &json!({ "name": "Ada" })).await.expect(201).id();
    let contact = json!({ "person_id": person, "school_id": own, "job_role": "Head" });
    admin.post("/contacts", &contact).await.expect(201);
    let head = Identity { role: Some(Role::SchoolHead), school_id: Some(own), ..Identity::system(app.hub) };
    let head =
        Known::new(Arc::new(head), Scope::WriteContacts, Arc::new(RequestMeta::default()), app.state.clone()).unwrap();
    let db = app.state.db.read();
    assert_eq!(school::Entity::find().filter(head.sees(&school::Entity::fence())).count(db).await.unwrap(), 1);
    assert_eq!(school::Entity::find().filter(head.writes(&school::Entity::fence())).count(db).await.unwrap(), 0);
    assert_eq!(contact::Entity::find().filter(head.writes(&contact::Entity::fence())).count(db).await.unwrap(), 1);
}

#[actix_web::test]
async fn what_a_caller_does_not_see_keeps_an_item_from_the_archive_too() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let [free, granted, planned] = ["Brass", "Drums", "Strings"].map(|name| json!({ "name": name, "kind": "charity" }));
    let free = office.post("/partners", &free).await.expect(201).id();
    let granted = office.post("/partners", &granted).await.expect(201).id();
    let planned = office.post("/partners", &planned).await.expect(201).id();
    app.as_role_in(app.hub, Role::Provider, |grant| grant.partner_id = Some(granted)).await;
    let plan = json!({
        "kind": "school_music_education_plan",
        "title": "Plan 2014",
        "years": [{ "label": "2014/15", "first_day": "2014-04-01", "last_day": "2015-03-31" }],
        "objectives": [{ "title": "Engage with schools", "leads": [{ "partner_id": planned }] }],
    });
    office.post("/plans", &plan).await.expect(201);

    // No role of today may archive its own partner. The kernel holds all the same, for the first one that may.
    let archive = async |partner| {
        let provider = Identity { role: Some(Role::Provider), partner_id: Some(partner), ..Identity::system(app.hub) };
        let meta = RequestMeta { if_match: Some(ETags::Any), ..RequestMeta::default() };
        let provider = Known::new(Arc::new(provider), Scope::WritePackages, Arc::new(meta), app.state.clone()).unwrap();
        crud::archive::<Partner>(&provider, partner).await
    };
    archive(free).await.unwrap();
    for kept in [granted, planned] {
        let problem = archive(kept).await.unwrap_err();
        assert_eq!(problem.code(), Code::Conflict);
        assert_eq!(
            problem.detail(),
            "cannot archive the item while other items refer to it: ask somebody who sees the whole hub to change or \
             archive what you do not see first"
        );
        office.get(&format!("/partners/{kept}")).await.expect(200);
    }
}

/// What an operation's query can name: its parameters, and the choices of some of them.
fn names<'o>(path: &str, parameters: &[&str]) -> BTreeSet<&'o str> {
    let listed = operations().iter().filter(|it| it.method == "GET" && it.path == path);
    let all: Vec<&Value> = listed.flat_map(Operation::parameters).collect();
    let query = all.iter().filter(|it| it["in"] == "query").filter_map(|it| it["name"].as_str());
    let chosen = all.iter().filter(|it| parameters.iter().any(|name| it["name"] == *name));
    let choices = chosen.flat_map(|it| [&it["schema"]["items"]["enum"], &it["schema"]["enum"]]);
    let choices = choices.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    query.chain(choices.map(|name| name.trim_start_matches('-'))).collect()
}

#[actix_web::test]
async fn nobody_sorts_filters_or_counts_by_a_field_that_is_withheld() {
    let app = support::app().await;
    let identity = |role: &Role| {
        let (school_id, partner_id) = (Some(Uuid::now_v7()), Some(Uuid::now_v7()));
        Arc::new(Identity { role: Some(*role), school_id, partner_id, ..Identity::system(app.hub) })
    };
    let everybody: Vec<_> = Role::ALL.iter().map(|role| (role, identity(role))).collect();
    let mut withheld = BTreeSet::new();
    for kind in app.state.followed() {
        let list = format!("/api/v1{}", kind.path);
        let known = names(&list, &["sort"]).into_iter().chain(names(&format!("{list}/counts"), &["by"]));
        let known: Vec<&str> = known.collect();
        for (role, somebody) in &everybody {
            let caller = Known::new(somebody.clone(), kind.read, Arc::default(), app.state.clone());
            let Ok(caller) = caller else { continue };
            for field in kind.withheld(&caller) {
                withheld.insert((kind.resource, *field));
                let of_field = |name: &&&str| **name == *field || name.starts_with(&format!("{field}_"));
                let by: Vec<_> = known.iter().filter(of_field).collect();
                assert!(by.is_empty(), "{role:?} does not see `{field}` of {}, and can ask by {by:?}", kind.path);
            }
        }
    }
    for one in [("visit", "note"), ("exam_result", "pupils"), ("person", "dbs_checked_on")] {
        assert!(withheld.contains(&one), "{withheld:?}");
    }
}
