//! Bodies over HTTP: which fault gets which status, and the reply to a slow sender.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

use super::*;
use crate::kernel::base::request::RequestMeta;
use crate::kernel::document::openapi::sample::NewSchool;
use crate::kernel::document::openapi::tests::document;

async fn create(request: HttpRequest, body: Json<NewSchool>) -> HttpResponse {
    assert!(RequestMeta::of(&request).unwrap().body_digest.get().is_some());
    HttpResponse::Created().json(&body.value)
}

async fn update(patch: Patch<NewSchool>) -> HttpResponse {
    HttpResponse::Ok().json(&patch.value)
}

async fn token(body: JsonOrForm<NewSchool>) -> HttpResponse {
    HttpResponse::Ok().json(&body.value)
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(document())
        .app_data(Limits::new(1000, Duration::from_millis(300)))
        .route("/schools", web::post().to(create))
        .route("/schools", web::patch().to(update))
        .route("/token", web::post().to(token));
}

async fn send(path: &str, media_type: &str, body: impl Into<web::Bytes>) -> (StatusCode, Value) {
    let app = init_service(App::new().configure(routes)).await;
    let request = if media_type.contains("patch") { TestRequest::patch() } else { TestRequest::post() };
    let request = request.uri(path).insert_header(("Content-Type", media_type)).set_payload(body.into());
    let reply = call_service(&app, request.to_request()).await;
    (reply.status(), read_body_json(reply).await)
}

const SCHOOL: &str = r#"{"name": "Abbey", "phase": "primary"}"#;

#[actix_web::test]
async fn every_fault_has_its_status() {
    let long = format!(r#"{{"name": "{}"}}"#, "x".repeat(1000));
    let cases: [(&str, &str, u16, &str); 11] = [
        ("application/json", SCHOOL, 201, ""),
        ("Application/JSON; charset=\"UTF-8\"", SCHOOL, 201, ""),
        ("application/json; charset=latin1", SCHOOL, 415, "unsupported-media-type"),
        ("text/plain", SCHOOL, 415, "unsupported-media-type"),
        ("application/json-seq", SCHOOL, 415, "unsupported-media-type"),
        ("application/json", &long, 413, "too-large"),
        ("application/json", "", 400, "bad-json"),
        ("application/json", r#"{"name": "a", "name": "b"}"#, 400, "bad-json"),
        ("application/json", r#"{"name": 1e999}"#, 400, "bad-json"),
        ("application/json", r#"{"name": "a", "phase": "x"}"#, 422, "invalid"),
        ("application/json", r#"{"name": "a", "phase": "primary", "pupils": 99999999999999999999}"#, 422, "invalid"),
    ];
    for (media_type, body, status, code) in cases {
        let (given, reply) = send("/schools", media_type, body.to_owned()).await;
        assert_eq!(given, status, "{media_type} {body}: {reply}");
        if status >= 400 {
            assert_eq!(reply["code"], code, "{media_type} {body}");
        }
    }
}

#[actix_web::test]
async fn a_patch_is_an_object_of_either_type() {
    let patch = "application/merge-patch+json";
    assert_eq!(send("/schools", patch, r#"{"name": null}"#).await, (StatusCode::OK, json!({"name": null})));
    assert_eq!(send("/schools", patch, "[]").await.0, 422);
    assert_eq!(send("/schools", patch, r#"{"a": 1, "a": 1}"#).await.0, 400);
    assert_eq!(send("/schools", "application/json-patch+json", "{}").await.0, 415);
}

#[actix_web::test]
async fn a_form_takes_each_name_once_and_passes_over_empty_texts() {
    let form = "application/x-www-form-urlencoded";
    let (status, reply) = send("/token", form, "name=Abbey+%C3%A9&phase=primary&website=").await;
    assert_eq!((status, &reply["name"], &reply["website"]), (StatusCode::OK, &json!("Abbey é"), &Value::Null));
    assert_eq!(send("/token", "application/json", SCHOOL).await.0, 200);
    let (status, reply) = send("/token", form, "name=a&name=b&phase=%ff").await;
    assert_eq!(status, 400);
    assert_eq!(reply["errors"][1]["pointer"], "/name");
    assert_eq!(reply["errors"][0]["pointer"], "/phase");
    assert_eq!(send("/token", form, "name=a").await.0, 422);
}

/// A server of its own, since time limits need a real connection.
fn serve() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(|| App::new().configure(routes))
                .workers(1)
                .disable_signals()
                .bind("127.0.0.1:0")
                .unwrap();
            tell.send(server.addrs()[0]).unwrap();
            server.run().await
        })
    });
    told.recv().unwrap()
}

/// Reads until the server closes; how long that took and what came.
fn until_closed(stream: &mut TcpStream) -> (Duration, String) {
    let start = Instant::now();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut text = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => text.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("still open after {:?}: {error}", start.elapsed()),
        }
    }
    (start.elapsed(), String::from_utf8_lossy(&text).into_owned())
}

const HEAD: &str = "POST /schools HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

#[test]
fn a_body_that_does_not_end_is_408_and_the_connection_closes() {
    let address = serve();
    for framing in ["Content-Length: 37\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"] {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{HEAD}{framing}").unwrap();
        let (time, text) = until_closed(&mut stream);
        assert!(text.starts_with("HTTP/1.1 408"), "{text}");
        assert!(text.to_lowercase().contains("connection: close"), "{text}");
        assert!(time < Duration::from_secs(3), "{time:?}");
    }
}

#[test]
fn the_time_limit_holds_for_the_second_request_of_a_connection() {
    let mut stream = TcpStream::connect(serve()).unwrap();
    write!(stream, "{HEAD}Content-Length: {}\r\n\r\n{SCHOOL}", SCHOOL.len()).unwrap();
    let mut part = [0; 4096];
    let length = stream.read(&mut part).unwrap();
    assert!(part[..length].starts_with(b"HTTP/1.1 201"));
    // One byte now and then keeps no connection.
    write!(stream, "{HEAD}Content-Length: 37\r\n\r\n{{").unwrap();
    let mut drip = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        while drip.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let (time, text) = until_closed(&mut stream);
    assert!(text.contains("HTTP/1.1 408"), "{text}");
    assert!(time < Duration::from_secs(3), "{time:?}");
}

#[test]
fn a_body_without_a_declared_length_is_refused_at_the_limit() {
    let mut stream = TcpStream::connect(serve()).unwrap();
    write!(stream, "{HEAD}Transfer-Encoding: chunked\r\n\r\n").unwrap();
    write!(stream, "7d0\r\n{}\r\n", " ".repeat(2000)).unwrap();
    let (_, text) = until_closed(&mut stream);
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
}
