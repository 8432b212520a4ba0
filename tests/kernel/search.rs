//! `q` means the same in every list: all words, in any order, regardless of case and accents.

use std::collections::BTreeMap;

use entity::identity::grant::Role;
use serde_json::json;
use uuid::Uuid;

use crate::support::document::operations;
use crate::support::{self, App, Caller};
use crate::{engagement, sync};

/// Makes an item called `name` in every collection that is searched, and gives their ids by their collections.
async fn everywhere(app: &App, by: &Caller, name: &str) -> BTreeMap<&'static str, Uuid> {
    let mut made = BTreeMap::new();
    let mut make = async |path: &'static str, form: serde_json::Value| {
        let id = by.post(path, &form).await.expect(201).id();
        made.insert(path, id);
        id
    };
    for path in ["/areas", "/people", "/working-groups"] {
        make(path, json!({ "name": name })).await;
    }
    make("/school-groups", json!({ "name": name, "kind": "cluster" })).await;
    make("/partners", json!({ "name": name, "kind": "charity" })).await;
    make("/glossary-terms", json!({ "code": "EA", "meaning": name })).await;
    make("/clients", json!({ "name": name, "scopes": ["schools:read"] })).await;
    let grant = json!({ "role": "music_leader" });
    make("/users", json!({ "name": name, "email": "e.a@hub.example", "grant": grant })).await;
    let school = make("/schools", support::new_school(name, json!({}))).await;
    let plan = make("/plans", json!({ "kind": "other", "title": name })).await;
    let year = json!({ "plan_id": plan, "label": "2014", "first_day": "2014-04-01", "last_day": "2015-03-31" });
    let year = make("/plan-years", year).await;
    make("/cohorts", json!({ "plan_id": plan, "number": 1, "name": name })).await;
    let monitors = json!([{ "person_id": by.person() }]);
    let objective = json!({ "plan_id": plan, "title": name, "leads": [{ "text": "All" }], "monitors": monitors });
    let objective = make("/objectives", objective).await;
    make("/strands", json!({ "objective_id": objective, "label": "i", "text": name })).await;
    make("/resource-lines", json!({ "objective_id": objective, "text": name })).await;
    make("/budget-lines", json!({ "objective_id": objective, "kind": "within_roles", "text": name })).await;
    let due = json!([{ "first_day": "2014-12-01", "last_day": "2014-12-31", "precision": "month", "label": "Dec" }]);
    let node = json!({ "objective_id": objective, "plan_year_id": year, "statement": name, "dues": due });
    make("/milestones", node.clone()).await;
    let mut target = node;
    target["kind"] = json!("text");
    let target = make("/targets", target).await;
    by.act(&format!("/plans/{plan}/propose"), Some("*")).await.expect(200);
    let governor = app.as_role(Role::Governor).await;
    governor.act(&format!("/plans/{plan}/approvals"), Some("*")).await.expect(201);
    by.act(&format!("/plans/{plan}/activate"), Some("*")).await.expect(200);
    let update = json!({ "target_id": target, "on_date": "2014-08-01", "narrative": name, "opinion": "green" });
    make("/progress-updates", update).await;
    make("/stakeholder-groups", json!({ "name": name, "kind": "network", "place": "city" })).await;
    make("/meetings", engagement::meeting("other", &json!({ "title": name }))).await;
    let message = make("/communications", engagement::message("consultation", &json!({ "title": name }))).await;
    by.act(&format!("/communications/{message}/send"), Some("*")).await.expect(200);
    let answer = json!({ "communication_id": message, "school_id": school, "answered_by": "Head", "comments": name });
    make("/consultation-responses", answer).await;
    let practice = make("/shared-practice", engagement::practice(&json!({ "title": name }))).await;
    by.act(&format!("/shared-practice/{practice}/publish"), Some("*")).await.expect(200);
    let [shared, received] = between_hubs(app, by, practice, name).await;
    let contact = sync::named(app, name).await;
    made.extend([("/hub-shares", shared), ("/received-shares", received), ("/school-directory", school)]);
    made.extend([("/sync-matches", contact)]);
    made
}

/// Shares a piece of practice with another hub, which shares one of that name.
async fn between_hubs(app: &App, by: &Caller, practice: Uuid, name: &str) -> [Uuid; 2] {
    let there = app.another_hub("luton").await;
    let there = app.as_role_in(there, Role::HeadOfService, |_| {}).await;
    let link = engagement::offered(by, &there, "luton").await;
    engagement::accept(by).await;
    let theirs =
        there.post("/shared-practice", &engagement::practice(&json!({ "title": name }))).await.expect(201).id();
    there.act(&format!("/shared-practice/{theirs}/publish"), Some("*")).await.expect(200);
    let their_link = there.get("/hub-links").await.expect(200).ids()[0];
    let received = engagement::share(&there, their_link, theirs).await.expect(201).id();
    [engagement::share(by, link, practice).await.expect(201).id(), received]
}

#[actix_web::test]
async fn every_list_is_searched_by_words_in_any_order_case_and_accents() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let made = everywhere(&app, &head, "École Ångström-Hall, ŁÓDŹ").await;
    everywhere_else(&app, &head).await;
    for operation in operations().iter().filter(|it| it.method == "GET" && !it.path.ends_with("/export")) {
        let parameters = operation.value["parameters"].as_array();
        let searched = parameters.is_some_and(|some| some.iter().any(|one| one["name"] == "q"));
        // Hubs are the platform's, and the lists of one item are searched as the others.
        if !searched || operation.path == "/api/v1/hubs" || operation.has_id() {
            continue;
        }
        let path = operation.path.trim_start_matches("/api/v1");
        let id = made.get(path).unwrap_or_else(|| panic!("nothing to search in {path}"));
        for (words, found) in [
            ("école", true),
            ("Ecole", true),
            ("ÉCOLE", true),
            ("hall angstrom ecole", true),
            ("e\u{301}cole ANGSTRO\u{308}M", true),
            ("cole gstr", true),
            ("ecole 100%", false),
            ("ecole _", false),
        ] {
            let words: String = url(words);
            let ids = head.get(&format!("{path}?q={words}")).await.expect(200).ids();
            // The user is a person of that name too.
            let others = usize::from(found && path == "/people");
            assert_eq!(ids.contains(id), found, "{path}?q={words}");
            assert_eq!(ids.len(), usize::from(found) + others, "{path}?q={words}");
        }
    }
}

/// Rows that no search is to find.
async fn everywhere_else(app: &App, head: &Caller) {
    app.area(head, "Charnwood").await;
    app.school(head, "Ash", json!({})).await;
}

fn url(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat()
}

#[actix_web::test]
async fn schools_are_found_by_name_town_postcode_and_numbers_together() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let bosworth = json!({
        "urn": 120_305, "la_code": "855", "establishment_number": "2003", "town": "Desford", "postcode": "LE9 9JL",
    });
    let bosworth = app.school(&caller, "Bosworth Academy", bosworth).await;
    let mary = json!({ "urn": 120_306, "town": "Market Bosworth", "postcode": "CV13 0LT" });
    let mary = app.school(&caller, "St. Mary’s Church of England Primary", mary).await.id();
    let both = [bosworth.id(), mary];
    for (words, found) in [
        ("academy bosworth", &both[..1]),
        ("BOSWORTH", &both[..]),
        ("osworth", &both[..]),
        ("primary bosworth market", &both[1..]),
        ("st marys", &both[1..]),
        ("St Mary's", &both[1..]),
        ("120305", &both[..1]),
        ("12030", &both[..]),
        ("855/2003", &both[..1]),
        ("8552003", &both[..1]),
        ("855 2003 academy", &both[..1]),
        ("le9 9jl", &both[..1]),
        ("LE99JL", &both[..1]),
        ("cv13", &both[1..]),
        ("academy market", &[]),
    ] {
        for list in ["/schools", "/school-directory"] {
            let mut ids = caller.get(&format!("{list}?q={}", url(words))).await.expect(200).ids();
            ids.sort_unstable();
            assert_eq!(ids, found, "{list}?q={words}");
        }
    }
    let path = format!("/schools/{}", bosworth.id());
    caller.patch(&path, &json!({ "town": "Leicester" }), &bosworth.etag()).await.expect(200);
    assert_eq!(caller.get("/schools?q=leicester").await.ids(), [bosworth.id()]);
    assert_eq!(caller.get("/schools?q=desford").await.ids(), Vec::<Uuid>::new());
}
