//! What is no HTTP gets a problem like everything else.

use serde_json::Value;

use crate::support::document::document;
use crate::support::{self, App, Wire};

/// A service that has answered once: it starts with the test's thread, which then waits for bytes.
async fn listening() -> App {
    let app = support::app().await;
    app.nobody().get("//health/live").await.expect(200);
    app
}

/// The problem that a connection answers to some bytes, after which it ends.
fn refused(base: &str, bytes: impl AsRef<[u8]>) -> (u16, String, Value) {
    let mut wire = Wire::to(base.trim_start_matches("http://"));
    wire.send(bytes);
    let heard = wire.hear().expect("a reply");
    let problem: Value = serde_json::from_str(&heard.body).unwrap_or_else(|_| panic!("{heard:?}"));
    assert!(heard.head.contains("content-type: application/problem+json"), "{heard:?}");
    assert_eq!(document().check("Problem", &problem).unwrap(), [], "{heard:?}");
    assert_eq!(problem["status"], heard.status);
    assert!(heard.head.contains(&format!("x-request-id: {}", problem["request_id"].as_str().unwrap())), "{heard:?}");
    wire.expect_end();
    (heard.status, heard.head, problem)
}

#[actix_web::test]
async fn what_cannot_be_parsed_is_400_with_a_problem() {
    let app = listening().await;
    for bytes in [
        "nonsense\r\n\r\n",
        "GET /api/v1/areas HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET /api/v1/areas HTTP/1.1\r\nHost a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /api/v1/areas HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST /api/v1/areas HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        "POST /api/v1/areas HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    ] {
        let (status, head, problem) = refused(app.base(), bytes);
        assert_eq!((status, &problem["code"]), (400, &"bad-request".into()), "{bytes}");
        assert!(head.contains("x-content-type-options: nosniff") && head.contains("connection: close"), "{head}");
    }
}

#[actix_web::test]
async fn a_head_that_is_too_large_is_431_with_a_problem() {
    let app = listening().await;
    let many: Vec<String> = (0..150).map(|n| format!("X-{n}: 1\r\n")).collect();
    let many = many.concat();
    let long = "x".repeat(1 << 18);
    for head in [many, format!("X-Long: {long}\r\n")] {
        let request = format!("GET /api/v1/areas HTTP/1.1\r\nHost: a\r\n{head}\r\n");
        let (status, _, problem) = refused(app.base(), request);
        assert_eq!((status, &problem["code"]), (431, &"headers-too-large".into()));
    }
}

#[actix_web::test]
async fn a_reply_before_what_cannot_be_parsed_arrives_whole() {
    let app = listening().await;
    let mut wire = Wire::to(app.base().trim_start_matches("http://"));
    wire.send("GET /version HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");
    let first = wire.hear().expect("the first reply");
    assert_eq!(first.status, 200);
    assert!(serde_json::from_str::<Value>(&first.body).is_ok(), "{first:?}");
    let second = wire.hear().expect("the second reply");
    assert_eq!(second.status, 400);
    assert!(second.body.contains("bad-request"), "{second:?}");
    wire.expect_end();
}
