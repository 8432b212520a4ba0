//! What a browser gets, which asks for pages and has no token.

use api::kernel::base::clock::Clock;
use api::kernel::base::settings::Settings;
use entity::identity::grant::Role;
use reqwest::Method;

use crate::support::{self, Database, process};

/// As browsers ask for a page.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[actix_web::test]
async fn a_browser_that_went_astray_gets_a_page_and_a_program_a_problem() {
    let app = support::app().await;
    let page = app.nobody().get("//nowhere").header("accept", PAGE).await.expect(404);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    let text = page.text();
    assert!(text.contains("<h1>Not found</h1>") && text.contains("href=\"/problems/not-found\""), "{text}");
    for accept in ["*/*", "application/json", "application/problem+json, text/html;q=0.5"] {
        app.nobody().get("//nowhere").header("accept", accept).await.problem(404, "not-found");
    }
    app.nobody().get("/schools").header("accept", PAGE).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn only_a_demo_takes_calls_from_pages_of_this_machine() {
    for (flags, allowed) in [(&["--demo"][..], Some("http://localhost:5173")), (&[], None)] {
        let app = support::app_with(flags).await;
        let caller = app.as_role(Role::Administrator).await;
        let reply = caller.get("/areas").header("origin", "http://localhost:5173").await.expect(200);
        assert_eq!(reply.maybe("access-control-allow-origin"), allowed);
        let stranger = caller.ask(Method::OPTIONS, "/areas").header("origin", "https://elsewhere.example");
        let stranger = stranger.header("access-control-request-method", "GET").await;
        assert_eq!(stranger.maybe("access-control-allow-origin"), None);
    }
}

#[actix_web::test]
async fn only_a_demo_shows_its_plan_without_a_token() {
    let app = support::app().await;
    app.nobody().get("//demo/plan").await.problem(404, "not-found");
    assert!(!app.nobody().get("//").await.expect(200).text().contains("/demo/plan"));
}

#[actix_web::test]
async fn the_issuer_is_smep_until_the_service_has_an_address_of_its_own() {
    let database = Database::migrated().await;
    let url = format!("--database-url={}", database.url());
    let settings = Settings::from_flags([url.as_str()]).unwrap();
    let state = support::state(settings, Clock::system()).await;
    assert_eq!(state.auth().keys.issuer(), "smep");
    let app = support::app().await;
    assert_eq!(app.state.auth().keys.issuer(), support::ISSUER);
}

#[test]
fn the_help_of_the_command_for_users_lists_every_role() {
    let help = process::said(&process::run(&["user", "add", "--help"]));
    for role in Role::ALL {
        assert!(help.contains(role.as_str()), "{role:?} is missing in\n{help}");
    }
}
