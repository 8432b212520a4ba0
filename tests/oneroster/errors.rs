//! Errors as OneRoster has them, and tokens by its names of scopes.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ROSTER, address, get};
use crate::support::{self, App, Reply};

/// The codes and the description of an error, for a snapshot.
fn told(reply: &Reply) -> String {
    let error = reply.problem(reply.status, "");
    let codes = error["codes"].as_array().unwrap().iter();
    let codes: Vec<_> = codes.map(|code| code["imsx_codeMinorFieldValue"].as_str().unwrap()).collect();
    format!("{} {}: {}", reply.status, codes.join(", "), error["detail"].as_str().unwrap())
}

#[actix_web::test]
async fn what_is_wrong_has_the_code_of_the_standard_and_says_how_to_fix_it() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let mut lines = Vec::new();
    for parameters in [
        &[("filter", "nmae='a'")][..],
        &[("filter", "name='a' NOR name='b'")],
        &[("filter", "name=a")],
        &[("filter", "sourcedId>'a'")],
        &[("filter", "dateLastModified>'yesterday'")],
        &[("filter", "dateLastModified~'2014-09-01'")],
        &[("sort", "postcode")],
        &[("orderBy", "up")],
        &[("fields", "name,head")],
        &[("limit", "0")],
        &[("limit", "5001"), ("offset", "-1")],
        &[("page", "2")],
    ] {
        lines.push(told(&get(&caller, "/orgs", parameters).await));
    }
    lines.push(told(&get(&caller, "/academicSessions", &[("filter", "name='a'")]).await));
    lines.push(told(&get(&caller, "/orgs/none", &[]).await));
    lines.push(told(&get(&caller, "/classes", &[]).await));
    lines.push(told(&caller.post(&format!("{ROSTER}/orgs"), &json!({})).await));
    lines.push(told(&caller.get(&format!("{ROSTER}/orgs")).header("accept", "text/html").await));
    lines.push(told(&get(&app.nobody(), "/orgs", &[]).await));
    lines.push(told(&get(&app.as_client("plans:read").await, "/orgs", &[]).await));
    assert_snapshot!(lines.join("\n"), @"");
}

#[actix_web::test]
async fn requests_are_counted_together_with_those_of_the_api() {
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
        "client_secret": client["secret"], "scope": scope,
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
