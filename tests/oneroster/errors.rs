//! Errors as OneRoster has them, and tokens by its names of scopes.

use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ROSTER, address, get};
use crate::support::{self, App, Reply};

/// The status, the codes and the description of an error.
fn told(reply: &Reply) -> (u16, Vec<String>, String) {
    let error = reply.problem(reply.status, "");
    let codes = error["codes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code["imsx_codeMinorFieldValue"].as_str().unwrap().to_owned());
    (reply.status, codes.collect(), error["detail"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn what_is_wrong_with_a_query_has_the_code_of_the_standard_and_says_how_to_fix_it() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let (filter, sort, data) = ("invalid_filter_field", "invalid_sort_field", "invaliddata");
    for (parameters, codes, words) in [
        (&[("filter", "nmae='a'")][..], &[filter][..], "?filter: there is no field `nmae`; did you mean `name`?"),
        (&[("filter", "name='a' NOR name='b'")], &[filter], "expected AND or OR, and found `NOR`"),
        (&[("filter", "name=a")], &[filter], "a value stands in single quotes"),
        (&[("filter", "sourcedId>'a'")], &[filter], "an id is compared by = and != only"),
        (&[("filter", "dateLastModified>'yesterday'")], &[filter], "`yesterday` is no moment"),
        (&[("filter", "dateLastModified~'2014-09-01'")], &[filter], "contains nothing"),
        (&[("sort", "postcode")], &[sort], "?sort: there is no field `postcode`"),
        (&[("orderBy", "up")], &[sort], "?orderBy"),
        (&[("fields", "name,head")], &["invalid_selection_field"], "?fields: there is no field `head`"),
        (&[("limit", "0")], &[data], "?limit"),
        (&[("limit", "5001"), ("offset", "-1")], &[data, data], "?limit: at most 5000"),
        (&[("page", "2")], &[data], "?page"),
    ] {
        let (status, found, description) = told(&get(&caller, "/orgs", parameters).await);
        assert_eq!((status, &found[..]), (400, &codes.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]));
        assert!(description.contains(words), "{words} in {description}");
    }
    let of_orgs = get(&caller, "/academicSessions", &[("filter", "name='a'")]).await;
    assert_eq!(told(&of_orgs).1, [filter]);
}

#[actix_web::test]
async fn every_other_error_has_the_form_of_the_standard_too() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let orgs = format!("{ROSTER}/orgs");
    for (reply, status) in [
        (get(&caller, "/orgs/none", &[]).await, 404),
        (get(&caller, "/classes", &[]).await, 404),
        (caller.post(&orgs, &json!({})).await, 405),
        (caller.get(&orgs).header("accept", "text/html").await, 406),
        (get(&app.nobody(), "/orgs", &[]).await, 401),
        (get(&app.as_client("plans:read").await, "/orgs", &[]).await, 403),
    ] {
        reply.problem(status, "");
    }
    assert_eq!(caller.post(&orgs, &json!({})).await.header("allow"), "GET, HEAD, OPTIONS");
}

#[actix_web::test]
async fn requests_count_together_with_requests_to_the_api() {
    let app = support::app_with(&["--rate-limit=60", "--rate-burst=2"]).await;
    let caller = app.as_role(Role::Administrator).await;
    caller.get("/areas").await.expect(200);
    let second = get(&caller, "/orgs", &[]).await.expect(200);
    assert!(second.header("ratelimit").contains("r=0"), "{second:?}");
    let third = get(&caller, "/orgs", &[]).await;
    third.problem(429, "too-many-requests");
    assert!(third.maybe("retry-after").is_some(), "{third:?}");
}

async fn granted(app: &App, client: &Value, scope: &str) -> Reply {
    let form = json!({
        "grant_type": "client_credentials", "client_id": client["id"],
        "client_secret": client["client_secret"], "scope": scope,
    });
    app.nobody().post("/auth/token", &form).await
}

#[actix_web::test]
async fn the_names_of_onerosters_scopes_give_a_token_that_reads_the_register() {
    let app = support::app().await;
    let by = app.as_role(Role::Administrator).await;
    let form = json!({"name": "School data tool", "scopes": ["schools:read", "plans:read"]});
    let client = by.post("/clients", &form).await.expect(201).json();
    let of = |name: &str| format!("https://purl.imsglobal.org/spec/or/v1p2/scope/{name}");
    let all = [of("roster.readonly"), of("roster-core.readonly"), of("roster-demographics.readonly")].join(" ");
    for scope in [of("roster-core.readonly"), all, "schools:read".to_owned()] {
        let token = granted(&app, &client, &scope).await.expect(200).json();
        assert_eq!(token["scope"], "schools:read", "{scope}");
        let caller = app.nobody().with_token(token["access_token"].as_str().unwrap());
        caller.ask(Method::GET, &address("/orgs", &[])).await.expect(200);
    }
    // There are no pupils, and so none of their demographics.
    let none = granted(&app, &client, &of("roster-demographics.readonly")).await;
    assert_eq!((none.status, &none.json()["error"]), (400, &json!("invalid_scope")), "{none:?}");
}
