//! What callers of a school see of what was, and of people whose time there is over or to come.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use api::kernel::base::request::RequestMeta;
use api::kernel::caller::identity::{Actor, Identity};
use api::kernel::caller::permission::{Scope, ScopeSet};
use api::kernel::caller::tenancy::Caller as Inside;
use api::kernel::operations::feed::{self, FeedQuery};
use entity::identity::grant::{self, Role};
use entity::identity::user;
use entity::people::person;
use insta::assert_snapshot;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;
use uuid::Uuid;

use crate::support::document::operations;
use crate::support::{self, App, Caller, rows};

/// The collections whose rows every caller of the hub sees, always and whole, and so their past.
const SHOWN: [&str; 4] = ["/api/v1/areas", "/api/v1/glossary-terms", "/api/v1/partners", "/api/v1/school-groups"];

/// The collections that have a history.
fn with_history() -> impl Iterator<Item = &'static str> {
    operations().iter().filter_map(|operation| operation.path.strip_suffix("/{id}/history"))
}

/// A school of the demo that has contacts, and somebody who sees the whole hub.
async fn school_of_the_demo(app: &App) -> (Uuid, Caller) {
    let everyone = app.as_anything().await;
    let contacts = everyone.all("/contacts").await;
    let school = contacts.iter().filter_map(|contact| contact["school_id"].as_str()).min().unwrap();
    (Uuid::parse_str(school).unwrap(), everyone)
}

#[actix_web::test]
async fn a_school_reads_no_history_but_of_what_everybody_always_saw() {
    let app = support::demo().await;
    let (school, _) = school_of_the_demo(&app).await;
    let (mut open, mut closed) = (BTreeSet::new(), BTreeSet::new());
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let head = app.at_school(role, school).await;
        for collection in with_history() {
            let list = head.get(&format!("{collection}?limit=2")).await;
            for id in if list.status == 200 { list.ids() } else { Vec::new() } {
                let history = head.get(&format!("{collection}/{id}/history")).await;
                if SHOWN.contains(&collection) {
                    history.expect(200);
                    open.insert(collection);
                } else {
                    let problem = history.problem(403, "forbidden");
                    assert!(problem["detail"].as_str().unwrap().contains("over the whole hub"), "{problem}");
                    closed.insert(collection);
                }
            }
        }
    }
    assert_eq!(open.into_iter().collect::<Vec<_>>(), SHOWN);
    assert!(closed.len() >= 8, "{closed:?}");
}

#[actix_web::test]
async fn a_school_sees_no_archived_item_but_of_what_everybody_always_saw() {
    let app = support::demo().await;
    let (school, everyone) = school_of_the_demo(&app).await;
    let head = app.at_school(Role::SchoolHead, school).await;
    let own = [Some(head.subject()), head.bearer().grant_id];
    // One of a kind that all see and nothing refers to, so that it can be archived.
    app.area(&everyone, "Vale of Nowhere").await;
    let mut tried = BTreeSet::new();
    for collection in with_history() {
        let list = head.get(&format!("{collection}?limit=200")).await;
        let ids = if list.status == 200 { list.ids() } else { Vec::new() };
        // Without the user and the grant the head could not ask.
        for id in ids.into_iter().filter(|id| !own.contains(&Some(*id))) {
            let path = format!("{collection}/{id}");
            let tag = everyone.get(&path).await.expect(200).etag();
            if everyone.delete(&path, &tag).await.status != 204 {
                continue;
            }
            let shown = SHOWN.contains(&collection);
            let archived = head.get(&format!("{collection}?archived=true&limit=200")).await.expect(200).ids();
            assert_eq!(archived, if shown { vec![id] } else { vec![] }, "{collection}");
            assert_eq!(head.get(&format!("{path}/history")).await.status, if shown { 200 } else { 404 });
            head.get(&path).await.problem(404, "not-found");
            tried.insert(collection);
            break;
        }
    }
    for collection in ["/api/v1/areas", "/api/v1/contacts", "/api/v1/schools"] {
        assert!(tried.contains(collection), "{collection} is not among {tried:?}");
    }
}

/// The kinds of item in a caller's feed, from its first change to its last.
async fn kinds_in_the_feed(caller: &Inside) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let mut after = json!(0);
    loop {
        let query: FeedQuery = serde_json::from_value(json!({ "limit": 200, "after": after })).unwrap();
        let (_, body) = feed::changes(caller, &query).await.unwrap().body.unwrap();
        let part: Value = serde_json::from_slice(&body).unwrap();
        let items = part["items"].as_array().unwrap();
        kinds.extend(items.iter().map(|change| change["resource"].as_str().unwrap().to_owned()));
        if part["next"] == after {
            return kinds;
        }
        after = part["next"].clone();
    }
}

#[actix_web::test]
async fn a_schools_feed_has_only_what_everybody_always_saw() {
    let app = support::demo().await;
    let (school, _) = school_of_the_demo(&app).await;
    // No role of a school follows the feed today, so that the rule is asked beneath its scope.
    let nobody = Uuid::now_v7();
    let identity = Identity {
        actor: Actor::User { user_id: nobody, grant_id: nobody, person_id: nobody },
        role: Some(Role::SchoolHead),
        school_id: Some(school),
        scopes: ScopeSet::of(Role::SchoolHead),
        ..Identity::system(app.hub)
    };
    let meta = Arc::new(RequestMeta::default());
    let head = Inside::new(Arc::new(identity), Scope::ReadSchools, meta, app.state.clone()).unwrap();
    let kinds = kinds_in_the_feed(&head).await;
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["area", "glossary_term", "partner", "school_group"]);
    let all = kinds_in_the_feed(&Inside::system(app.state.clone(), app.hub)).await;
    assert!(all.contains("plan") && all.contains("school") && all.contains("contact"), "{all:?}");
}

/// A person who has a job at a school for a time, by the ids of both rows.
async fn contact(office: &Caller, school: Uuid, name: &str, from_on: Value, to_on: Value) -> (Uuid, Uuid) {
    let person = json!({ "name": name, "email": format!("{name}@ash.example") });
    let person = office.post("/people", &person).await.expect(201).id();
    let job = json!({
        "person_id": person, "school_id": school, "job_role": "Head of music", "from_on": from_on, "to_on": to_on,
    });
    (person, office.post("/contacts", &job).await.expect(201).id())
}

/// The clock of the tests stands at 1 September 2014.
const YESTERDAY: &str = "2014-08-31";
const TODAY: &str = "2014-09-01";
const TOMORROW: &str = "2014-09-02";

#[actix_web::test]
async fn a_school_reads_a_person_on_the_days_of_the_job_there_alone() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let former = contact(&office, ash, "former", json!(null), json!(YESTERDAY)).await;
    let last = contact(&office, ash, "last", json!(null), json!(TODAY)).await;
    let future = contact(&office, ash, "future", json!(TOMORROW), json!(null)).await;
    let seen = async |head: &Caller| {
        let people = head.get("/people?sort=name").await.expect(200).ids();
        let contacts = head.all("/contacts?expand=person&sort=created_at").await;
        let named = contacts.iter().map(|it| (it["id"].as_str().unwrap().to_owned(), it["person"].is_object()));
        (people, named.collect::<Vec<_>>())
    };
    let head = app.at_school(Role::SchoolHead, ash).await;
    let jobs = [(last.1.to_string(), true), (future.1.to_string(), false)];
    assert_eq!(seen(&head).await, (vec![last.0], jobs.to_vec()));
    for (person, status) in [(former.0, 404), (last.0, 200), (future.0, 404)] {
        head.get(&format!("/people/{person}")).await.expect(status);
        head.get(&format!("/people?id={person}&q=former%20ash")).await.expect(200);
    }
    head.get(&format!("/contacts/{}", former.1)).await.problem(404, "not-found");
    // What is not seen cannot be referred to either.
    for person in [former.0, future.0] {
        let job = json!({ "person_id": person, "school_id": ash, "job_role": "Head of music" });
        let refused = head.post("/contacts", &job).await;
        assert_eq!(refused.faults(), [("/person_id".to_owned(), "unknown_reference".to_owned())]);
    }
    app.clock.advance(Duration::from_hours(24));
    assert_eq!(seen(&app.again(&head)).await, (vec![future.0], vec![(future.1.to_string(), true)]));
}

#[actix_web::test]
async fn a_school_enters_the_end_of_a_job_and_what_comes_after_it() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let (person, job) = contact(&office, ash, "ada", json!("2013-09-01"), json!(null)).await;
    office.patch(&format!("/contacts/{job}"), &json!({ "is_primary": true }), "*").await.expect(200);
    let head = app.at_school(Role::SchoolHead, ash).await;
    let next = json!({ "person_id": person, "school_id": ash, "job_role": "Head", "is_primary": true });
    let on = |from_on: &str| {
        let mut form = next.clone();
        form["from_on"] = json!(from_on);
        form
    };
    head.patch(&format!("/contacts/{job}"), &json!({ "to_on": TODAY }), "*").await.expect(200);
    head.post("/contacts", &on(TOMORROW)).await.expect(201);
    // The end may lie behind, and still no second primary contact lies over what has ended.
    head.patch(&format!("/contacts/{job}"), &json!({ "to_on": YESTERDAY }), "*").await.expect(200);
    head.get(&format!("/contacts/{job}")).await.problem(404, "not-found");
    let (other, _) = contact(&office, ash, "ben", json!(null), json!(null)).await;
    let over = json!({
        "person_id": other, "school_id": ash, "job_role": "Head", "is_primary": true,
        "from_on": "2014-01-01", "to_on": TODAY,
    });
    let refused = head.post("/contacts", &over).await;
    assert_snapshot!(refused.refusal(409, "conflict").replace(&job.to_string(), "[contact]"), @r"
    the school has a primary contact in [contact], at the same time: end that
      one first
    ");
}

/// A user with a grant as school staff for a time.
async fn user(app: &App, school: Uuid, name: &str, from_on: Date, to_on: Option<Date>) -> Uuid {
    let now = app.clock.now();
    let person = rows::person(app.hub, name, now);
    let user = rows::user(app.hub, person.id, &format!("{name}@ash.example"), now);
    let grant = rows::grant(app.hub, user.id, Role::SchoolStaff, now);
    let grant = grant::Model { school_id: Some(school), from_on, to_on, ..grant };
    let id = user.id;
    app.insert::<person::Entity>(app.hub, vec![person]).await;
    app.insert::<user::Entity>(app.hub, vec![user]).await;
    app.insert::<grant::Entity>(app.hub, vec![grant]).await;
    id
}

#[actix_web::test]
async fn a_head_reaches_users_while_their_grant_at_the_school_holds() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let beech = app.school(&office, "Beech", json!({})).await.id();
    let since = date!(2014 - 01 - 01);
    let former = user(&app, ash, "former", since, Some(date!(2014 - 08 - 31))).await;
    let last = user(&app, ash, "last", since, Some(date!(2014 - 09 - 01))).await;
    let future = user(&app, ash, "future", date!(2014 - 09 - 02), None).await;
    user(&app, beech, "other", since, None).await;
    let head = app.at_school(Role::SchoolHead, ash).await;
    let mut seen = head.get("/users?sort=email").await.expect(200).ids();
    seen.retain(|id| *id != head.subject());
    assert_eq!(seen, [last]);
    assert_eq!(head.get("/users?role=school_staff").await.expect(200).ids(), [last]);
    for (gone, status) in [(former, 404), (future, 404), (last, 200)] {
        let path = format!("/users/{gone}");
        head.get(&path).await.expect(status);
        head.act(&format!("{path}/reset-password"), Some("*")).await.expect(status);
        head.act(&format!("{path}/disable"), Some("*")).await.expect(status);
        if status == 404 {
            head.patch(&path, &json!({ "email": "mine@ash.example" }), "*").await.expect(404);
        }
    }
    let grants = head.all("/grants").await;
    assert!(grants.iter().all(|grant| grant["user_id"] != json!(former)), "{grants:?}");
}

#[actix_web::test]
async fn a_former_specialist_leader_is_gone_from_a_schools_assignments() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let person = office.post("/people", &json!({ "name": "Ada" })).await.expect(201).id();
    let mut made = Vec::new();
    for (from_on, to_on) in [("2013-09-01", YESTERDAY), ("2014-09-01", TODAY)] {
        let form = json!({
            "person_id": person, "school_id": ash, "role": "support", "from_on": from_on, "to_on": to_on,
        });
        made.push(office.post("/assignments", &form).await.expect(201).id());
    }
    let head = app.at_school(Role::SchoolHead, ash).await;
    assert_eq!(head.get("/assignments").await.expect(200).ids(), [made[1]]);
    head.get(&format!("/assignments/{}", made[0])).await.problem(404, "not-found");
    assert_eq!(office.get("/assignments").await.expect(200).ids().len(), 2);
}
