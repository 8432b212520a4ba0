//! Who gets in where: every operation of the document is tried by callers who must not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::kernel::caller::permission::{PLATFORM_HUB, Scope, ScopeSet};
use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::document::{Operation, example, operations};
use crate::support::{self, App, Caller, Reply, Request};

/// The demo, in which every collection has a row, and somebody who sees all of them.
struct Fixture {
    app: App,
    everyone: Caller,
    /// Who has the scopes that exist in the platform's own hub alone.
    platform: Caller,
    /// The school of the head who tries: one with people of its own.
    school: Uuid,
}

impl Fixture {
    async fn load() -> Self {
        let app = support::demo().await;
        let everyone = app.as_anything().await;
        let platform = app.as_client_in(PLATFORM_HUB, "hubs:read hubs:write").await;
        let contacts = everyone.all("/contacts").await;
        let schools: BTreeSet<_> = contacts.iter().filter_map(|contact| contact["school_id"].as_str()).collect();
        assert!(schools.len() > 1, "people at two schools at least, to tell them apart");
        let school = Uuid::parse_str(schools.first().unwrap()).unwrap();
        Self { app, everyone, platform, school }
    }

    /// Who see every row of what they have the scope for.
    fn insiders(&self) -> Insiders<'_> {
        Insiders { everyone: Finder::of(&self.everyone), platform: Finder::of(&self.platform) }
    }
}

struct Insiders<'c> {
    everyone: Finder<'c>,
    platform: Finder<'c>,
}

impl<'c> Insiders<'c> {
    /// Somebody who has the scope of an operation.
    fn of(&self, operation: &Operation) -> &Finder<'c> {
        let scope = operation.scope().and_then(Scope::named);
        if scope.is_some_and(Scope::is_platform) { &self.platform } else { &self.everyone }
    }
}

/// A request as the operation wants it: a body that fits, and a version that is never current, so
/// that nothing is changed.
fn request(caller: &Caller, operation: &Operation, address: &str) -> Request {
    let method: Method = operation.method.parse().unwrap();
    let query = operation.query_without("");
    let asks = (operation.method == "GET" || operation.has_id()) && !query.is_empty();
    let address = if asks { format!("{address}?{query}") } else { address.to_owned() };
    let request = caller.ask(method, &address);
    let request = if operation.method == "GET" { request } else { request.header("if-match", "\"0\"") };
    match operation.body() {
        _ if operation.method == "PATCH" => request.json(&json!({})),
        Some(schema) => request.json(&example(schema)),
        None => request,
    }
}

/// The address of an operation with made-up ids.
fn nowhere(operation: &Operation) -> String {
    let filled = operation
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { Uuid::now_v7().to_string() } else { part.to_owned() });
    place(&filled.collect::<Vec<_>>().join("/"))
}

/// As [`Caller::ask`] takes an address.
fn place(path: &str) -> String {
    if path.starts_with("/api/v1/") { path.to_owned() } else { format!("/{path}") }
}

/// What a caller finds by listing collections, each of which is asked for once.
struct Finder<'c> {
    caller: &'c Caller,
    lists: RefCell<HashMap<String, Vec<Uuid>>>,
}

impl<'c> Finder<'c> {
    fn of(caller: &'c Caller) -> Self {
        Self { caller, lists: RefCell::default() }
    }

    /// The ids of a list, of which there are none where it is refused.
    async fn ids(&self, list: &str) -> Vec<Uuid> {
        if let Some(known) = self.lists.borrow().get(list) {
            return known.clone();
        }
        let reply = self.caller.get(&format!("{list}?limit=200")).await;
        let ids = if reply.status == 200 { reply.ids() } else { Vec::new() };
        self.lists.borrow_mut().insert(list.to_owned(), ids.clone());
        ids
    }

    /// Every address of an operation.
    async fn addresses(&self, operation: &Operation) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in operation.path.split('/').skip(1) {
            let mut next = Vec::new();
            for prefix in &found {
                if part == "{n}" {
                    // A place in a list of the item itself.
                    next.push(format!("{prefix}/1"));
                } else if part.starts_with('{') {
                    next.extend(self.ids(prefix).await.iter().map(|id| format!("{prefix}/{id}")));
                } else {
                    next.push(format!("{prefix}/{part}"));
                }
            }
            found = next;
        }
        found
    }
}

/// What a reply tells, without what differs from request to request.
fn told(reply: &Reply) -> Value {
    let mut problem = reply.json();
    if let Some(problem) = problem.as_object_mut() {
        problem.remove("request_id");
    }
    problem
}

/// The scopes that somebody of a hub can have: all but the platform's own.
fn of_a_hub() -> ScopeSet {
    let roles = Role::ALL.iter().filter(|role| **role != Role::PlatformAdministrator);
    roles.flat_map(|role| ScopeSet::of(*role).iter().collect::<Vec<_>>()).collect()
}

/// A few of many: what holds for one holds for the next.
fn some(mut addresses: Vec<String>) -> Vec<String> {
    addresses.truncate(4);
    addresses
}

fn guarded() -> impl Iterator<Item = &'static Operation> {
    operations().iter().filter(|operation| operation.guarded())
}

/// What of the document is about one item, by its path.
fn of_items() -> impl Iterator<Item = &'static Operation> {
    // What is made by a key that nothing has is no item yet: by_key.rs tries those.
    guarded().filter(|operation| operation.has_id() && !operation.path.contains("/by-key/"))
}

#[actix_web::test]
async fn nothing_is_had_without_a_token() {
    let app = support::app().await;
    let nobody = app.nobody();
    let mut tried = 0;
    for operation in guarded() {
        let reply = request(&nobody, operation, &nowhere(operation)).await;
        reply.problem(401, "unauthenticated");
        assert!(reply.header("www-authenticate").starts_with("Bearer"), "{reply:?}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
}

#[actix_web::test]
async fn every_scope_but_the_declared_one_is_not_enough() {
    let app = support::app().await;
    let mut callers: BTreeMap<&str, Caller> = BTreeMap::new();
    for operation in guarded() {
        let Some(scope) = operation.scope() else { continue };
        let named = Scope::named(scope).unwrap_or_else(|| panic!("{scope} is in no table"));
        if !callers.contains_key(scope) {
            let rest: ScopeSet = ScopeSet::ALL.iter().filter(|it| *it != named).collect();
            callers.insert(scope, app.as_client(&rest.to_string()).await);
        }
        let reply = request(&callers[scope], operation, &nowhere(operation)).await;
        let problem = reply.problem(403, "forbidden");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(scope), "{} does not name {scope}: {detail}", operation.id);
    }
}

#[actix_web::test]
async fn the_declared_scope_is_enough() {
    let app = support::app().await;
    app.make_hub(PLATFORM_HUB, "platform").await;
    let mut callers: BTreeMap<&str, Caller> = BTreeMap::new();
    for operation in guarded() {
        let Some(scope) = operation.scope() else { continue };
        if !callers.contains_key(scope) {
            // What is changed has to be seen.
            let named = Scope::named(scope).unwrap();
            let hub = if named.is_platform() { PLATFORM_HUB } else { app.hub };
            callers.insert(scope, app.as_client_in(hub, &format!("{scope} {}", named.sees())).await);
        }
        // A body that is none stops a write before it is done.
        let caller = &callers[scope];
        let reply = match operation.body() {
            Some(_) => {
                let method: Method = operation.method.parse().unwrap();
                caller.ask(method, &nowhere(operation)).json(&json!([])).await
            }
            None => request(caller, operation, &nowhere(operation)).await,
        };
        assert!(![401, 403].contains(&reply.status), "{scope} is declared: {reply:?}");
        assert!(reply.status < 500, "{reply:?}");
    }
}

#[actix_web::test]
async fn every_resource_has_a_row_to_try_with() {
    let fixture = Fixture::load().await;
    let insiders = fixture.insiders();
    let mut without = BTreeSet::new();
    for operation in of_items() {
        if insiders.of(operation).addresses(operation).await.is_empty() {
            without.insert(operation.path.clone());
        }
    }
    assert!(without.is_empty(), "nothing to try these with: {without:#?}");
}

#[actix_web::test]
async fn another_hubs_items_are_not_there() {
    let fixture = Fixture::load().await;
    let Fixture { app, everyone, .. } = &fixture;
    let insiders = fixture.insiders();
    let other = app.another_hub("elsewhere").await;
    let scopes = of_a_hub();
    let mut hidden = 0;
    let stranger = app.as_client_in(other, &scopes.to_string()).await;
    for operation in of_items() {
        let has = operation.scope().and_then(Scope::named).is_some_and(|it| scopes.contains(it));
        let insider = insiders.of(operation);
        for address in some(insider.addresses(operation).await) {
            // There is something there, for its own.
            if operation.method == "GET" {
                let reply = request(insider.caller, operation, &address).await;
                // An application that was not awarded has no certificate.
                assert!(reply.status == 200 || reply.status == 409, "{reply:?}");
            }
            let reply = request(&stranger, operation, &address).await;
            let nothing = request(&stranger, operation, &nowhere(operation)).await;
            assert_eq!(told(&reply), told(&nothing), "the reply differs from the reply for an unknown id");
            // What only people may do is refused to systems for every item.
            assert!(reply.status == 404 || reply.status == 403, "{reply:?}");
            assert!(has || reply.status == 403, "{reply:?}");
            hidden += usize::from(reply.status == 404);
        }
    }
    assert!(hidden > 100, "{hidden} of another hub's items were tried");
    // Nothing shows in a list of theirs either.
    for operation in guarded().filter(|it| it.method == "GET" && !it.has_id()) {
        let has = operation.scope().and_then(Scope::named).is_some_and(|it| scopes.contains(it));
        if let Some(list) = operation.path.strip_suffix("/export") {
            let export = |caller: &Caller| caller.get(&format!("{list}/export?format=ndjson"));
            let ours = everyone.all(list).await.len();
            assert!(ours > 0 && export(everyone).await.expect(200).text().lines().count() == ours, "{list}");
            assert_eq!(export(&stranger).await.expect(200).text(), "", "{list}");
            continue;
        }
        let ours = everyone.get(&place(&operation.path)).await;
        if matches!(ours.maybe("content-type"), Some("image/svg+xml" | "application/zip")) {
            // A picture of figures lists no item, and the tests of OneRoster read its files.
            continue;
        }
        if has && ours.status == 200 && ours.json()["items"].is_array() {
            let theirs = stranger.get(&place(&operation.path)).await;
            let known: BTreeSet<_> = ours.ids().into_iter().collect();
            let seen = theirs.expect(200).ids();
            let both: Vec<_> = seen.iter().filter(|id| known.contains(id)).collect();
            assert!(both.is_empty(), "{}: {both:?}", operation.id);
        }
    }
}

#[actix_web::test]
async fn another_schools_items_are_not_there_for_a_schools_own_people() {
    let Fixture { app, everyone, school, .. } = &Fixture::load().await;
    let all = Finder::of(everyone);
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let head = app.at_school(role, *school).await;
        let seen = Finder::of(&head);
        let scopes = ScopeSet::of(role);
        let mut hidden: BTreeSet<&str> = BTreeSet::new();
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for operation in of_items() {
            let named = operation.scope().and_then(Scope::named);
            let has = named.is_some_and(|scope| scopes.contains(scope));
            let own: BTreeSet<_> = seen.addresses(operation).await.into_iter().collect();
            let (mine, others) = all.addresses(operation).await.into_iter().partition(|it| own.contains(it));
            for address in some(mine).into_iter().chain(some(others)) {
                let reply = request(&head, operation, &address).await;
                if !has {
                    reply.problem(403, "forbidden");
                } else if own.contains(&address) {
                    shown.insert(&operation.path);
                    assert_ne!(reply.status, 404, "listed, and not there: {reply:?}");
                } else {
                    hidden.insert(&operation.path);
                    reply.problem(404, "not-found");
                }
            }
        }
        for path in ["/api/v1/schools/{id}", "/api/v1/contacts/{id}"] {
            assert!(hidden.contains(path), "{role:?}: nothing of another school at {path}");
            assert!(shown.contains(path), "{role:?}: nothing of the own school at {path}");
        }
    }
}
