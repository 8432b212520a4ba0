use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Compress, from_fn};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, Error, HttpResponse, web};
use serde_json::Value;

use super::{leave_small, request_context};
use crate::app;
use crate::kernel::base::clock::Clock;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::database::db::testing::{migrated, settings};
use crate::kernel::edge::limits;

/// What a client sees.
struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.as_str() == name);
        found.and_then(|(_, value)| value.to_str().ok())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks that it is a problem of the kind `code` with all headers.
    fn is(&self, code: Code) {
        assert_eq!(self.status, code.status());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.json()["code"], code.slug());
        assert_eq!(self.json()["request_id"], self.header("x-request-id").unwrap());
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

async fn state(folder: &tempfile::TempDir, flags: &[&str]) -> State {
    let settings = settings(folder, flags);
    let db = migrated(&settings).await;
    app::state(db, Clock::system(), settings).await.unwrap()
}

/// What the connection makes of a reply, or of an error that a layer let through.
async fn seen<B: actix_web::body::MessageBody + 'static>(answer: Result<ServiceResponse<B>, Error>) -> Reply {
    let response = match answer {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
    let status = response.status();
    let Ok(body) = to_bytes(response.into_body()).await else { panic!("no body") };
    Reply { status, headers, body: body.to_vec() }
}

/// One request to the whole service.
async fn ask(flags: &[&str], request: TestRequest) -> Reply {
    let folder = tempfile::tempdir().unwrap();
    let service = init_service(app::app(state(&folder, flags).await)).await;
    seen(try_call_service(&service, request.to_request()).await).await
}

/// One request to handlers that go wrong, and to some that do not.
async fn ask_sample(request: TestRequest) -> Reply {
    async fn taken(body: web::Json<Value>) -> HttpResponse {
        HttpResponse::Ok().json(body.into_inner())
    }
    let app = App::new()
        .route("/panic", web::get().to(|| async { HttpResponse::Ok().body(broken()) }))
        .route("/json", web::post().to(taken))
        .route("/bare", web::get().to(HttpResponse::BadGateway))
        .route("/query", web::get().to(|_: web::Query<Vec<(String, u8)>>| async { "" }))
        .route("/small", web::get().to(|| async { "small" }))
        .route("/large", web::get().to(|| async { "large ".repeat(1000) }))
        .route("/slow-down", web::get().to(|| async { Err::<HttpResponse, _>(Problem::unavailable("later", 7)) }))
        .wrap(from_fn(leave_small))
        .wrap(Compress::default())
        .wrap(from_fn(request_context));
    let service = init_service(app).await;
    seen(try_call_service(&service, request.to_request()).await).await
}

fn broken() -> String {
    panic!("as a broken handler does")
}

#[actix_web::test]
async fn every_error_is_a_problem_with_the_requests_number() {
    ask_sample(TestRequest::get().uri("/panic")).await.is(Code::Internal);
    let json = || TestRequest::post().uri("/json").insert_header(("content-type", "application/json"));
    ask_sample(json().set_payload("{")).await.is(Code::BadRequest);
    ask_sample(json().set_payload(vec![b' '; 3 << 20])).await.is(Code::TooLarge);
    ask_sample(TestRequest::get().uri("/query?a=x")).await.is(Code::BadRequest);
    ask_sample(TestRequest::get().uri("/bare")).await.is(Code::Internal);
    let reply = ask_sample(TestRequest::get().uri("/slow-down")).await;
    reply.is(Code::Unavailable);
    assert_eq!(reply.header("retry-after"), Some("7"));
    ask(&[], TestRequest::get().uri("/nowhere")).await.is(Code::NotFound);
    ask(&[], TestRequest::get().uri("/problems/unknown")).await.is(Code::NotFound);
}

#[actix_web::test]
async fn the_callers_number_is_kept_if_it_is_plain() {
    for (given, kept) in [("abc-1_2.3", true), ("a b", false), ("", false), (&"a".repeat(65), false)] {
        let request = TestRequest::get().uri("/health/live").insert_header(("x-request-id", given));
        let reply = ask(&[], request).await;
        assert_eq!(reply.header("x-request-id") == Some(given), kept, "{given}");
    }
}

#[actix_web::test]
async fn a_known_path_names_its_methods() {
    let reply = ask(&[], TestRequest::delete().uri("/version")).await;
    reply.is(Code::MethodNotAllowed);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS"));
    let odd = Method::from_bytes(b"BREW").unwrap();
    ask(&[], TestRequest::default().method(odd).uri("/")).await.is(Code::MethodNotAllowed);
    let reply = ask(&[], TestRequest::default().method(Method::OPTIONS).uri("/version")).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let reply = ask(&[], TestRequest::default().method(Method::HEAD).uri("/version")).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[actix_web::test]
async fn pages_json_and_swagger_have_their_own_policies() {
    let policy = |path: &'static str| async move {
        let reply = ask(&["--public-url=https://a.example"], TestRequest::get().uri(path)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.header("strict-transport-security").is_some());
        reply.header("content-security-policy").unwrap().to_owned()
    };
    assert_eq!(policy("/version").await, "default-src 'none'; frame-ancestors 'none'");
    assert!(policy("/").await.contains("style-src 'self';"));
    assert!(policy("/problems/invalid").await.contains("style-src 'self';"));
    assert!(policy("/docs/index.html").await.contains("script-src 'self';"));
}

#[actix_web::test]
async fn large_replies_are_compressed_and_small_ones_are_not() {
    let packed = |path| async move {
        let request = TestRequest::get().uri(path).insert_header(("accept-encoding", "gzip"));
        ask_sample(request).await.header("content-encoding").map(str::to_owned)
    };
    assert_eq!(packed("/large").await.as_deref(), Some("gzip"));
    assert_eq!(packed("/small").await, None);
}

#[actix_web::test]
async fn other_origins_may_read_only_if_they_are_named() {
    let from = |origin| TestRequest::get().uri("/nowhere").insert_header(("origin", origin));
    let allowed = "access-control-allow-origin";
    let flags = ["--cors-origins=https://a.example"];
    let reply = ask(&flags, from("https://a.example")).await;
    reply.is(Code::NotFound);
    assert_eq!(reply.header(allowed), Some("https://a.example"));
    assert!(reply.header("access-control-expose-headers").unwrap().contains("etag"));
    assert_eq!(ask(&flags, from("https://b.example")).await.header(allowed), None);
    assert_eq!(ask(&[], from("https://a.example")).await.header(allowed), None);
    assert_eq!(ask(&["--cors-origins=*"], from("https://b.example")).await.header(allowed), Some("*"));
    let preflight = TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/api/v1/schools")
        .insert_header(("origin", "https://b.example"))
        .insert_header(("access-control-request-method", "PATCH"));
    let reply = ask(&flags, preflight).await;
    reply.is(Code::BadRequest);
    assert!(reply.json()["detail"].as_str().unwrap().contains("SMEP_CORS_ORIGINS"));
}

#[actix_web::test]
async fn a_caller_over_its_rate_waits() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(&folder, &["--rate-limit=3"]).await;
    let service = init_service(
        App::new()
            .app_data(web::Data::new(state))
            .route("/api/v1/open", web::get().to(HttpResponse::Ok))
            .route("/api/v1/closed", web::get().to(HttpResponse::Unauthorized))
            .route("/health/live", web::get().to(HttpResponse::Ok))
            .wrap(from_fn(limits::limit))
            .wrap(from_fn(request_context)),
    )
    .await;
    let ask = async |path: &str, token: Option<&str>| {
        let mut request = TestRequest::get().uri(path).peer_addr("192.0.2.1:5".parse().unwrap());
        if let Some(token) = token {
            request = request.insert_header(("authorization", token));
        }
        seen(try_call_service(&service, request.to_request()).await).await
    };
    let reply = ask("/api/v1/open", Some("Bearer one")).await;
    assert_eq!(reply.header("ratelimit-policy"), Some("\"default\";q=3;w=60"));
    assert_eq!(reply.header("ratelimit"), Some("\"default\";r=2;t=20"));
    for _ in 0..2 {
        assert_eq!(ask("/api/v1/open", Some("Bearer one")).await.status, StatusCode::OK);
    }
    let reply = ask("/api/v1/open", Some("Bearer one")).await;
    reply.is(Code::TooManyRequests);
    assert_eq!(reply.header("retry-after"), Some("20"));
    assert_eq!(reply.header("ratelimit"), Some("\"default\";r=0;t=20"));
    // A caller that is not identified shares the allowance of its address; probes are not counted.
    ask("/api/v1/open", Some("Bearer two")).await.is(Code::TooManyRequests);
    ask("/api/v1/closed", None).await.is(Code::TooManyRequests);
    assert_eq!(ask("/health/live", None).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_problem_leads_to_its_page_by_the_public_address_where_that_is_known() {
    let kind = async |flags: &[&str]| ask(flags, TestRequest::get().uri("/nowhere")).await.json()["type"].clone();
    assert_eq!(kind(&[]).await, "/problems/not-found");
    let known = kind(&["--public-url=https://hub.example/music"]).await;
    assert_eq!(known, "https://hub.example/music/problems/not-found");
}
