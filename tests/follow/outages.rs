//! The service is away, or asks to be left alone.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, HttpServer};

use super::{Client, Mirror, equals};
use crate::support::process::said;
use crate::support::{self, Database, until};

#[actix_web::test]
async fn a_service_that_goes_and_comes_back_is_followed_on() {
    let place = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listen = format!("--listen={place}");
    let mut app = support::program_over(Database::migrated().await, &[&listen]).await;
    let writer = app.as_anything().await;
    app.area(&writer, "Wreake").await;
    let client = Client::of(&app, "exchange:read schools:read").await;
    let copy = Mirror::empty().await;
    let follower = client.follow(app.base(), &["--to", copy.url(), "--every", "0.1"]);
    let has = async |areas: i64| {
        until("the copy follows", async || {
            copy.position().await?;
            (copy.count("area").await == areas).then_some(())
        })
        .await;
    };
    has(1).await;
    app.process().kill();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(copy.count("area").await, 1);
    app.start(&[&listen]);
    app.area(&writer, "Soar").await;
    has(2).await;
    equals(&copy, &writer_of(&app).await).await;
    let output = follower.kill();
    assert_eq!(output.status.code(), None, "it never ended by itself: {}", said(&output));
    let told = said(&output);
    assert!(told.contains("it is asked again until it answers") && told.contains("answers again"), "{told}");
}

async fn writer_of(app: &support::App) -> support::Caller {
    app.as_client("exchange:read schools:read").await
}

#[actix_web::test]
async fn a_follower_waits_as_long_as_the_service_says() {
    // Ten requests at once, then ten a second.
    let app = support::app_with(&["--rate-limit=600", "--rate-burst=10"]).await;
    let quick = app.as_anything().await;
    app.area(&quick, "Wreake").await;
    let client = Client::of(&app, &super::all_reading()).await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    assert_eq!(copy.count("area").await, 1);
    let limited = client.follow_once(app.base(), &["--to", copy.url()]).await;
    assert!(limited.status.success(), "{}", said(&limited));
}

/// A way to a service on which the first cursor of a list is refused.
struct Between {
    base: String,
    refused: AtomicBool,
}

async fn pass(request: HttpRequest, body: Bytes, between: Data<Between>) -> HttpResponse {
    if request.query_string().contains("cursor=") && !between.refused.swap(true, Ordering::Relaxed) {
        return HttpResponse::BadRequest().finish();
    }
    let method = request.method().as_str().parse().unwrap();
    let mut asked = reqwest::Client::new().request(method, format!("{}{}", between.base, request.uri())).body(body);
    for name in ["authorization", "content-type", "accept"] {
        if let Some(value) = request.headers().get(name) {
            asked = asked.header(name, value.to_str().unwrap());
        }
    }
    let reply = asked.send().await.unwrap();
    let status = StatusCode::from_u16(reply.status().as_u16()).unwrap();
    HttpResponse::build(status).body(reply.bytes().await.unwrap())
}

#[actix_web::test]
async fn a_list_whose_cursor_is_refused_is_read_again() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    for n in 0..201 {
        app.area(&writer, &format!("Area {n:03}")).await;
    }
    let between = Data::new(Between { base: app.base().to_owned(), refused: AtomicBool::new(false) });
    let shared = between.clone();
    let service = move || actix_web::App::new().app_data(shared.clone()).default_service(web::to(pass));
    let server = HttpServer::new(service).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let client = Client::of(&app, "exchange:read schools:read").await;
    let copy = Mirror::empty().await;
    client.copies(&base, &copy).await;
    assert!(between.refused.load(Ordering::Relaxed));
    equals(&copy, &writer_of(&app).await).await;
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_second_follower_of_the_same_copy_ends() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    let client = Client::of(&app, "exchange:read schools:read").await;
    let copy = Mirror::empty().await;
    let first = client.follow(app.base(), &["--to", copy.url(), "--every", "0.1"]);
    until("it follows", async || copy.position().await).await;
    // Also where it would copy everything again, as another client.
    let other = Client::of(&app, "exchange:read people:read").await;
    for second in [&client, &other] {
        let output = second.follow_once(app.base(), &["--to", copy.url()]).await;
        assert!(said(&output).contains("another follower writes to the same tables"), "{}", said(&output));
    }
    let output = client.follow_once(app.base(), &["--to", copy.url(), "--prefix", "other_"]).await;
    assert!(output.status.success(), "{}", said(&output));
    app.area(&writer, "Wreake").await;
    until("the first one goes on", async || (copy.count("area").await == 1).then_some(())).await;
    let output = first.kill();
    assert_eq!(output.status.code(), None, "it never ended by itself: {}", said(&output));
    client.copies(app.base(), &copy).await;
    equals(&copy, &writer_of(&app).await).await;
}
