//! Swagger UI and the document as they are sent, and the listener at which they stand.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::document::{document, operations};
use crate::support::{self, App, Caller, until};

/// Documentation for operators of the service and for programmers only.
const APART: [&str; 6] = [
    "//metrics",
    "//docs",
    "//docs/",
    "//api-docs/openapi.json",
    "//api-docs/openapi-3.0.json",
    "//api-docs/parts/schools.json",
];

#[actix_web::test]
async fn the_document_is_sent_packed_and_not_again_while_it_is_the_same() {
    let app = support::app().await;
    for path in [
        "//api-docs/openapi.json",
        "//api-docs/openapi-3.0.json",
        "//api-docs/parts/plans.json",
        "//docs/swagger-ui-bundle.js",
    ] {
        let ask = || app.nobody().get(path).header("accept-encoding", "gzip");
        let packed = ask().await.expect(200);
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        assert_eq!(packed.header("vary").to_lowercase(), "accept-encoding", "{path}");
        let plain = app.nobody().get(path).header("accept-encoding", "identity").await.expect(200);
        assert!(plain.maybe("content-encoding").is_none(), "{path}");
        assert!(packed.body.len() * 3 < plain.body.len(), "{path}");
        assert_ne!(packed.etag(), plain.etag(), "two forms are two sequences of bytes");
        for etag in [packed.etag(), plain.etag(), format!("W/{}, \"other\"", plain.etag())] {
            let again = ask().header("if-none-match", etag).await.expect(304);
            assert!(again.body.is_empty());
            assert_eq!(again.etag(), packed.etag());
        }
    }
}

#[actix_web::test]
async fn swagger_ui_opens_one_part_at_a_time_and_every_operation_is_in_one() {
    let app = support::app().await;
    let page = app.nobody().get("//docs/").await.expect(200);
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    assert!(!page.text().contains("<script>"), "no script stands in the page");
    let mut found = BTreeSet::new();
    for (name, _) in document().parts() {
        let address = format!("/api-docs/parts/{name}.json");
        assert!(page.text().contains(&address), "{address}");
        let part = app.nobody().get(&format!("/{address}")).await.expect(200).json();
        let paths = part["paths"].as_object().unwrap();
        for operation in paths.values().flat_map(|item| item.as_object().unwrap().values()) {
            assert!(found.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        }
        assert_eq!(part["components"]["securitySchemes"], document().json()["components"]["securitySchemes"]);
    }
    assert_eq!(found, operations().iter().map(|operation| operation.id.clone()).collect());
    let script = app.nobody().get("//docs/docs.js").await.expect(200).text();
    for setting in [
        "docExpansion: \"none\"",
        "persistAuthorization: true",
        "deepLinking: true",
        "tryItOutEnabled: true",
        "filter: true",
    ] {
        assert!(script.contains(setting), "{setting}");
    }
    app.nobody().get("//api-docs/parts/nothing.json").await.problem(404, "not-found");
    app.nobody().get("//docs/nothing.js").await.problem(404, "not-found");
}

#[test]
fn the_dialog_asks_people_for_their_password_before_it_asks_systems_for_theirs() {
    let schemes = document().json()["components"]["securitySchemes"].as_object().unwrap();
    let names: Vec<_> = schemes.keys().collect();
    assert_eq!(names, ["token", "bearer"]);
    let flows: Vec<_> = schemes["token"]["flows"].as_object().unwrap().keys().collect();
    assert_eq!(flows, ["password", "clientCredentials"]);
}

/// Where the program shows what is for operations.
async fn operations_of(app: &mut App) -> Caller {
    let process = app.process();
    let line = until("the listener for operations", async || {
        let log = process.log();
        let line = log.lines().find_map(|line| line.strip_prefix("for operations: "))?;
        line.split(' ').next().map(str::to_owned)
    });
    Caller::nobody(line.await)
}

#[actix_web::test]
async fn metrics_docs_and_the_document_move_to_a_listener_of_their_own() {
    let mut app = support::program(&["--operations-listen=127.0.0.1:0"]).await;
    let operations = operations_of(&mut app).await;
    for path in APART {
        app.nobody().get(path).await.problem(404, "not-found");
        let reply = operations.get(path).await;
        assert!(matches!(reply.status, 200 | 308), "{reply:?}");
    }
    for listener in [&app.nobody(), &operations] {
        for path in ["//health/live", "//health/ready", "//version", "//"] {
            listener.get(path).await.expect(200);
        }
        listener.get("/schools").await.problem(401, "unauthenticated");
    }
    assert!(!app.nobody().get("//").await.text().contains("/docs/"), "the page leads nowhere");
    assert!(operations.get("//").await.text().contains("/docs/"));
    let options = app.nobody().ask(reqwest::Method::OPTIONS, "//metrics").await;
    options.problem(404, "not-found");
}

#[actix_web::test]
async fn metrics_and_docs_can_be_switched_off_each_alone() {
    let without_docs = support::program(&["--no-docs"]).await;
    let without_metrics = support::program(&["--no-metrics"]).await;
    for path in APART {
        let metrics = path == "//metrics";
        let (off, on) = if metrics { (&without_metrics, &without_docs) } else { (&without_docs, &without_metrics) };
        off.nobody().get(path).await.problem(404, "not-found");
        assert!(matches!(on.nobody().get(path).await.status, 200 | 308), "{path}");
    }
    for app in [without_docs, without_metrics] {
        app.nobody().get("//health/ready").await.expect(200);
        let schools = app.nobody().get("/schools").await;
        assert_eq!(schools.json()["status"], Value::from(401));
    }
}
