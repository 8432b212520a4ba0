//! The register, its groups and who is who at a school.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller};

async fn person(caller: &Caller, name: &str) -> Uuid {
    caller.post("/people", &json!({ "name": name })).await.expect(201).id()
}

/// Sends the same form for several people at once; how many there are of each status.
async fn race(caller: &Caller, collection: &'static str, people: &[Uuid], form: Value) -> Vec<u16> {
    let asked = people.iter().map(|id| {
        let (caller, mut form) = (caller.clone(), form.clone());
        form["person_id"] = json!(id);
        actix_web::rt::spawn(async move { caller.post(collection, &form).await })
    });
    let replies = join_all(asked).await;
    let mut statuses: Vec<u16> = replies.into_iter().map(|reply| reply.unwrap().status).collect();
    statuses.sort_unstable();
    statuses
}

#[actix_web::test]
async fn of_leads_assigned_at_once_to_a_school_one_stays() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await.id();
    let mut people = Vec::new();
    for n in 0..8 {
        people.push(person(&caller, &format!("Leader {n}")).await);
    }
    let lead = json!({ "school_id": school, "role": "lead", "from_on": "2014-09-01" });
    let statuses = race(&caller, "/assignments", &people, lead.clone()).await;
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    let first = caller.get("/assignments?role=lead").await.expect(200).ids()[0];

    let mut form = lead;
    form["person_id"] = json!(people[0]);
    let detail = caller.post("/assignments", &form).await.problem(409, "conflict")["detail"].to_string();
    assert!(detail.contains(&first.to_string()), "{detail}");

    // The next one may begin the day after the first has ended, and not before.
    let path = format!("/assignments/{first}");
    caller.patch(&path, &json!({ "to_on": "2015-07-31" }), "*").await.expect(200);
    form["from_on"] = json!("2015-07-31");
    caller.post("/assignments", &form).await.problem(409, "conflict");
    form["from_on"] = json!("2015-08-01");
    let next = caller.post("/assignments", &form).await.expect(201).id();
    caller.patch(&path, &json!({ "to_on": null }), "*").await.problem(409, "conflict");
    let on = |day: &str| format!("/assignments?school_id={school}&on={day}");
    assert_eq!(caller.get(&on("2015-07-31")).await.ids(), [first]);
    assert_eq!(caller.get(&on("2015-08-01")).await.ids(), [next]);

    // One that is archived comes back only into a time that is free.
    caller.delete(&path, "*").await.expect(204);
    let other = json!({
        "person_id": people[1], "school_id": school, "role": "lead", "from_on": "2014-10-01", "to_on": "2015-01-01",
    });
    caller.post("/assignments", &other).await.expect(201);
    caller.act(&format!("{path}/restore"), None).await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_school_has_one_primary_contact_at_a_time() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await.id();
    let people = [person(&caller, "Ada").await, person(&caller, "Ben").await, person(&caller, "Cleo").await];
    let form = json!({ "school_id": school, "job_role": "Head of music", "is_primary": true });
    assert_eq!(race(&caller, "/contacts", &people, form).await, [201, 409, 409]);
    let first = caller.get("/contacts?is_primary=true").await.ids()[0];
    let second = json!({ "person_id": people[0], "school_id": school, "job_role": "Co-ordinator" });
    let second = caller.post("/contacts", &second).await.expect(201).id();
    let primary = json!({ "is_primary": true });
    let path = format!("/contacts/{second}");
    caller.patch(&path, &primary, "*").await.problem(409, "conflict");
    caller.patch(&format!("/contacts/{first}"), &json!({ "is_primary": false }), "*").await.expect(200);
    caller.patch(&path, &primary, "*").await.expect(200);
    let found = caller.get("/contacts?job_role=co-ORD&expand=school,person").await.expect(200).json();
    assert_eq!(found["items"][0]["school"]["name"], "Ash");
}

#[actix_web::test]
async fn a_school_is_in_a_group_once_at_a_time() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await.id();
    let other = app.school(&caller, "Beech", json!({})).await.id();
    let group = json!({ "name": "Woodgate Family", "kind": "cluster" });
    let group = caller.post("/school-groups", &group).await.expect(201).id();
    let member = |school: Uuid, from: Value, to: Value| {
        json!({
            "school_group_id": group, "school_id": school, "from_on": from, "to_on": to,
        })
    };
    let members = "/school-group-members";
    let early = member(school, json!(null), json!("2014-07-31"));
    let early = caller.post(members, &early).await.expect(201).id();
    let late = member(school, json!("2014-09-01"), json!(null));
    let late = caller.post(members, &late).await.expect(201).id();
    let between = member(school, json!("2014-07-31"), json!("2014-08-01"));
    caller.post(members, &between).await.problem(409, "conflict");
    let backwards = caller.post(members, &member(other, json!("2014-09-01"), json!("2014-08-31"))).await;
    assert_eq!(backwards.faults(), [("/to_on".to_owned(), "order".to_owned())]);
    caller.post(members, &member(other, json!(null), json!(null))).await.expect(201);

    let on = format!("{members}?school_group_id={group}&school_id={school}&on=2014-09-01&expand=school_group");
    let page = caller.get(&on).await.expect(200);
    assert_eq!(page.ids(), [late]);
    assert_eq!(page.json()["items"][0]["school_group"]["name"], "Woodgate Family");
    assert_eq!(caller.get(&format!("{members}?school_id={school}")).await.ids(), [early, late]);
    let groups = caller.get(&format!("/school-groups?school_id={other}")).await;
    assert_eq!(groups.ids(), [group]);

    // Both schools belong to it today, for the head of a trust as for the hub.
    let trust = app.as_role_in(app.hub, Role::SchoolHead, |grant| grant.school_group_id = Some(group)).await;
    assert_eq!(trust.get("/schools").await.ids(), [school, other]);
    caller.delete(&format!("/school-groups/{group}"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_school_sees_the_others_in_the_directory_alone() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let own = app.school(&caller, "Ash", json!({})).await.id();
    let other = json!({ "urn": 120_305, "town": "Loughborough", "pupils": 90, "note": "Leaking roof" });
    let other = app.school(&caller, "Beech", other).await.id();
    let foreign = app.another_hub("luton").await;
    let elsewhere = app.as_role_in(foreign, Role::Administrator, |_| {}).await;
    app.school(&elsewhere, "Cedar", json!({})).await;

    let staff = app.at_school(Role::SchoolStaff, own).await;
    assert_eq!(staff.get("/schools").await.ids(), [own]);
    staff.get(&format!("/schools/{other}")).await.problem(404, "not-found");
    let page = staff.get("/school-directory?total=true").await.expect(200);
    assert_eq!((page.ids(), &page.json()["total"]), (vec![own, other], &json!(2)));
    let beech = json!({
        "id": other, "name": "Beech", "urn": 120_305, "town": "Loughborough",
        "phase": "primary", "status": "open",
    });
    assert_eq!(page.json()["items"][1], beech);

    let first = staff.get("/school-directory?limit=1&sort=-urn").await.expect(200);
    assert_eq!(first.ids(), [other]);
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let next = staff.get(&format!("/school-directory?limit=1&sort=-urn&cursor={cursor}")).await;
    assert_eq!(next.expect(200).ids(), [own]);
    let found = staff.get("/school-directory?q=bee&phase=primary&urn=120305&status=open").await;
    assert_eq!(found.expect(200).ids(), [other]);
    staff.get("/school-directory?pupils_from=1").await.problem(400, "bad-parameter");
    app.as_client("partners:read").await.get("/school-directory").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_closed_school_changes_only_by_being_opened_again() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({ "pupils": 90 })).await;
    assert_eq!(school.json()["in_scope"], true);
    let path = format!("/schools/{}", school.id());
    let closed = json!({ "status": "closed", "closed_on": "2014-08-31" });
    let closed = caller.patch(&path, &closed, &school.etag()).await.expect(200);
    assert_eq!(closed.json()["in_scope"], false);
    let refused = caller.patch(&path, &json!({ "pupils": 0 }), &closed.etag()).await;
    let detail = refused.problem(409, "conflict")["detail"].to_string();
    assert!(detail.contains("proposed_to_close"), "{detail}");
    let open = json!({ "status": "open", "closed_on": null, "pupils": 80 });
    let open = caller.patch(&path, &open, &closed.etag()).await.expect(200).json();
    assert_eq!((&open["in_scope"], &open["pupils"]), (&json!(true), &json!(80)));
}

#[actix_web::test]
async fn a_hub_that_counts_other_kinds_counts_its_schools_again() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let college = |more: Value| {
        let mut form = json!({ "kind": "college" });
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        form
    };
    let ash = app.school(&caller, "Ash", json!({})).await.id();
    let beech = app.school(&caller, "Beech", college(json!({}))).await.id();
    let by_hand = json!({ "in_scope": true, "scope_reason": "Sings with its neighbours" });
    let cedar = app.school(&caller, "Cedar", by_hand).await.id();
    let by_hand = college(json!({ "in_scope": false, "scope_reason": "Has no pupils below 19" }));
    let dene = app.school(&caller, "Dene", by_hand).await.id();
    let closed = college(json!({ "status": "closed", "closed_on": "2014-08-31" }));
    let elm = app.school(&caller, "Elm", closed).await.id();
    let planned = college(json!({ "status": "proposed_to_open" }));
    let fir = app.school(&caller, "Fir", planned).await.id();
    let gorse = app.school(&caller, "Gorse", college(json!({}))).await.id();
    caller.delete(&format!("/schools/{gorse}"), "*").await.expect(204);
    let foreign = app.another_hub("luton").await;
    let elsewhere = app.as_role_in(foreign, Role::Administrator, |_| {}).await;
    let hazel = app.school(&elsewhere, "Hazel", json!({})).await.id();
    let before = caller.get("/changes").await.json()["next"].clone();

    caller.patch("/hub", &json!({ "name": "Another name" }), "*").await.expect(200);
    caller.patch("/hub", &json!({ "kinds_in_scope": ["college"] }), "*").await.expect(200);

    let schools = caller.get("/schools?sort=name").await.json();
    let schools = schools["items"].as_array().unwrap().iter();
    let told: Vec<_> = schools.map(|it| (it["name"].clone(), it["in_scope"].clone(), it["version"].clone())).collect();
    let expected = [
        ("Ash", false, 2),
        ("Beech", true, 2),
        ("Cedar", true, 1),
        ("Dene", false, 1),
        ("Elm", false, 1),
        ("Fir", false, 1),
    ];
    assert_eq!(told, expected.map(|(name, counts, version)| (json!(name), json!(counts), json!(version))));
    let untouched = elsewhere.get(&format!("/schools/{hazel}")).await.json();
    assert_eq!((&untouched["in_scope"], &untouched["version"]), (&json!(true), &json!(1)));

    let changed = caller.get(&format!("/changes?after={before}")).await.json();
    let changed = changed["items"].as_array().unwrap().iter();
    let changed: Vec<_> = changed.map(|it| (it["resource"].clone(), it["id"].clone())).collect();
    let schools = [(json!("school"), json!(ash)), (json!("school"), json!(beech))];
    assert_eq!((changed.len(), &changed[2..]), (4, &schools[..]));
    let latest = caller.get(&format!("/schools/{beech}/history")).await.json()["items"][0].clone();
    assert_eq!((&latest["operation"], &latest["version"]), (&json!("update"), &json!(2)));
    assert_eq!(latest["fields"], json!({ "in_scope": { "before": false, "after": true } }));
    assert_eq!(latest["reason"], "the hub's kinds in scope changed");
    assert_eq!(latest["actor_id"], json!(caller.subject()));
    for of in [cedar, dene, elm, fir] {
        let history = caller.get(&format!("/schools/{of}/history")).await.json();
        assert_eq!(history["items"].as_array().unwrap().len(), 1, "{history}");
    }
    let restored = caller.act(&format!("/schools/{gorse}/restore"), Some("*")).await.expect(200);
    assert_eq!(restored.json()["in_scope"], true);

    // None at all counts no school but those put in by hand.
    caller.patch("/hub", &json!({ "kinds_in_scope": [] }), "*").await.expect(200);
    assert_eq!(caller.get("/schools?in_scope=true").await.ids(), [cedar]);
}

#[actix_web::test]
async fn a_hub_of_many_schools_counts_all_of_them_again_at_once() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let now = app.clock.now();
    let schools = (0..1001).map(|n| support::rows::school(app.hub, &format!("s{n:04}"), now)).collect();
    app.insert::<entity::schools::school::Entity>(app.hub, schools).await;
    caller.patch("/hub", &json!({ "kinds_in_scope": ["college"] }), "*").await.expect(200);
    assert!(caller.get("/schools?in_scope=true").await.ids().is_empty());
    assert!(caller.all("/schools").await.iter().all(|school| school["version"] == 2));
    let last = caller.get("/changes?after=1001&resource=school").await.json();
    assert_eq!((&last["items"][0]["number"], &last["items"][0]["operation"]), (&json!(1002), &json!("update")));
}

#[actix_web::test]
async fn a_school_made_while_the_kinds_change_is_counted_by_the_new_ones() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for round in 0..10 {
        let kinds = [json!(["college"]), json!(["school"])][round % 2].clone();
        let counts = kinds == json!(["school"]);
        let making = (0..4).map(|n| {
            let (caller, form) = (caller.clone(), support::new_school(&format!("Ash {round} {n}"), json!({})));
            actix_web::rt::spawn(async move { caller.post("/schools", &form).await.expect(201) })
        });
        let making: Vec<_> = making.collect();
        caller.patch("/hub", &json!({ "kinds_in_scope": kinds }), "*").await.expect(200);
        assert!(join_all(making).await.iter().all(Result::is_ok));
        let wrong = caller.get(&format!("/schools?in_scope={}", !counts)).await.ids();
        assert!(wrong.is_empty(), "round {round}: {wrong:?}");
    }
}

#[actix_web::test]
async fn an_area_with_schools_stays_until_they_have_left_it() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    let school = app.school(&caller, "Ash", json!({ "area_id": area })).await;
    let path = format!("/areas/{area}");
    let detail = caller.delete(&path, "*").await.problem(409, "conflict")["detail"].to_string();
    assert!(detail.contains(&format!("school {}", school.id())), "{detail}");
    let school_path = format!("/schools/{}", school.id());
    caller.patch(&school_path, &json!({ "area_id": null }), "*").await.expect(200);
    caller.delete(&path, "*").await.expect(204);
    let gone = caller.patch(&school_path, &json!({ "area_id": area }), "*").await;
    assert_eq!(gone.faults(), [("/area_id".to_owned(), "unknown_reference".to_owned())]);
}

#[actix_web::test]
async fn an_area_archived_while_a_school_joins_it_is_never_left_referred_to() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for round in 0..10 {
        let area = app.area(&caller, &format!("Area {round}")).await.id();
        let (joining, archiving) = (caller.clone(), caller.clone());
        let form = support::new_school(&format!("Ash {round}"), json!({ "area_id": area }));
        let joined = actix_web::rt::spawn(async move { joining.post("/schools", &form).await });
        let path = format!("/areas/{area}");
        let archived = actix_web::rt::spawn(async move { archiving.delete(&path, "*").await });
        let statuses = (joined.await.unwrap().status, archived.await.unwrap().status);
        assert!(matches!(statuses, (201, 409) | (422, 204)), "{statuses:?}");
    }
}

async fn register(app: &App, caller: &Caller) -> Vec<Uuid> {
    let area = app.area(caller, "Charnwood").await.id();
    let schools = [
        (
            "St Cecilia’s",
            json!({ "urn": 100_001, "postcode": "LE11 2TX", "la_code": "855", "pupils": 210, "area_id": area }),
        ),
        ("Café Lane", json!({ "urn": 100_002, "postcode": "LE1 1AA", "la_code": "856", "phase": "secondary" })),
        ("Dene", json!({ "postcode": "le112ab", "pupils": 90, "special": true, "kind": "hospital" })),
    ];
    let mut ids = Vec::new();
    for (name, more) in schools {
        ids.push(app.school(caller, name, more).await.id());
    }
    ids
}

#[actix_web::test]
async fn schools_are_found_by_every_filter() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let ids = register(&app, &caller).await;
    let group = json!({ "name": "Woodgate Family", "kind": "cluster" });
    let group = caller.post("/school-groups", &group).await.expect(201).id();
    let member = json!({ "school_group_id": group, "school_id": ids[1] });
    caller.post("/school-group-members", &member).await.expect(201);
    let area = caller.get("/areas").await.ids()[0];
    for (query, found) in [
        ("q=cecilia%27s".to_owned(), vec![0]),
        ("q=CAFE".to_owned(), vec![1]),
        ("postcode=LE11".to_owned(), vec![0, 2]),
        ("postcode=le11%202".to_owned(), vec![0, 2]),
        ("postcode=LE1%201A".to_owned(), vec![1]),
        ("pupils_from=90&pupils_to=209".to_owned(), vec![2]),
        ("pupils_from=90".to_owned(), vec![0, 2]),
        ("urn=100001&urn=100002".to_owned(), vec![0, 1]),
        ("la_code=856".to_owned(), vec![1]),
        ("phase=secondary".to_owned(), vec![1]),
        ("kind=hospital&special=true".to_owned(), vec![2]),
        ("in_scope=false".to_owned(), vec![2]),
        (format!("area_id={area}"), vec![0]),
        (format!("school_group_id={group}"), vec![1]),
        (format!("school_group_id={area}"), vec![]),
    ] {
        let page = caller.get(&format!("/schools?{query}&sort=created_at")).await.expect(200);
        let expected: Vec<Uuid> = found.iter().map(|index| ids[*index]).collect();
        assert_eq!(page.ids(), expected, "{query}");
    }
}

#[actix_web::test]
async fn contacts_assignments_and_people_are_found_by_lists_of_ids() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let (mut schools, mut people, mut contacts, mut assignments) = (vec![], vec![], vec![], vec![]);
    for number in 0..3 {
        let school = app.school(&caller, &format!("School {number}"), json!({})).await.id();
        let person = json!({ "name": format!("Person {number}") });
        let person = caller.post("/people", &person).await.expect(201).id();
        let job = json!({ "person_id": person, "school_id": school, "job_role": "Head of music" });
        contacts.push(caller.post("/contacts", &job).await.expect(201).id());
        let lead = json!({ "person_id": person, "school_id": school, "role": "lead", "from_on": "2014-09-01" });
        assignments.push(caller.post("/assignments", &lead).await.expect(201).id());
        schools.push(school);
        people.push(person);
    }
    let two = |field: &str, ids: &[Uuid]| format!("{field}={}&{field}={}", ids[0], ids[2]);
    for (list, own) in [("/contacts", &contacts), ("/assignments", &assignments)] {
        for query in [two("id", own), two("school_id", &schools), two("person_id", &people)] {
            let path = format!("{list}?{query}&sort=created_at&expand=person,school");
            let page = caller.get(&path).await.expect(200);
            assert_eq!(page.ids(), [own[0], own[2]], "{path}");
            assert_eq!(page.json()["items"][1]["person"]["name"], "Person 2");
            assert_eq!(page.json()["items"][1]["school"]["name"], "School 2");
        }
    }
    assert_eq!(caller.get(&format!("/people?{}", two("id", &people))).await.ids(), [people[0], people[2]]);

    // As many as a page of another list holds, and no more.
    let many = |count: usize| (0..count).map(|_| format!("&id={}", Uuid::now_v7())).collect::<Vec<_>>().concat();
    for list in ["/contacts", "/assignments", "/people"] {
        caller.get(&format!("{list}?limit=1{}", many(200))).await.expect(200);
        caller.get(&format!("{list}?limit=1{}", many(201))).await.problem(400, "bad-parameter");
    }
    // Another school's are not there, even by their ids.
    let head = app.at_school(Role::SchoolHead, schools[0]).await;
    assert_eq!(head.get(&format!("/contacts?{}", two("id", &contacts))).await.ids(), [contacts[0]]);
    assert_eq!(head.get(&format!("/people?{}", two("id", &people))).await.ids(), [people[0]]);
}
