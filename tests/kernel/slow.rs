//! Clients that do not get on with it, before the program itself with short limits.

use std::io::Write;
use std::time::Duration;

use entity::identity::grant::Role;
use entity::schools::school;

use crate::support::{self, App, Caller, Heard, Wire, rows};

const LIMITS: [&str; 3] = ["--header-timeout=3", "--body-timeout=3", "--keep-alive=3"];

async fn limited() -> (App, Caller, String) {
    let mut app = support::program(&LIMITS).await;
    let caller = app.as_role(Role::Administrator).await;
    let address = app.process().address().to_owned();
    (app, caller, address)
}

/// The head of a POST whose body is never whole.
fn head(caller: &Caller, length: &str) -> String {
    format!(
        "POST /api/v1/areas HTTP/1.1\r\nHost: smep.test\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\n{length}\r\n\r\n",
        caller.token()
    )
}

fn get() -> &'static str {
    "GET /health/live HTTP/1.1\r\nHost: smep.test\r\n\r\n"
}

#[track_caller]
fn too_slow(heard: Option<Heard>) {
    let heard = heard.expect("a reply that says why");
    assert_eq!(heard.status, 408, "{heard:?}");
    assert!(heard.head.to_lowercase().contains("application/problem+json"), "{heard:?}");
    assert!(heard.body.contains("\"timeout\""), "{heard:?}");
}

/// Works on a thread of its own, since it waits without giving way.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[actix_web::test]
async fn headers_that_never_end_end_the_connection() {
    let (_app, _, address) = limited().await;
    apart(move || {
        for start in ["", "G", "GET /health/live HTTP/1.1\r\nHost: smep", "GET / HTTP/1.1\r\nA: b\r\n"] {
            let mut wire = Wire::to(&address);
            wire.send(start);
            wire.expect_end();
        }
    })
    .await;
}

#[actix_web::test]
async fn headers_of_the_second_request_are_limited_as_well() {
    let (_app, _, address) = limited().await;
    apart(move || {
        for start in ["", "G", "GET /health/live HTTP/1.1\r\nHost: smep"] {
            let mut wire = Wire::to(&address);
            wire.send(get());
            assert_eq!(wire.hear().unwrap().status, 200);
            wire.send(start);
            wire.expect_end();
        }
    })
    .await;
}

#[actix_web::test]
async fn a_byte_now_and_then_does_not_keep_a_connection() {
    let (_app, _, address) = limited().await;
    apart(move || {
        for before in [false, true] {
            let mut wire = Wire::to(&address);
            if before {
                wire.send(get());
                assert_eq!(wire.hear().unwrap().status, 200);
            }
            let mut sender = wire.sender();
            let drip = std::thread::spawn(move || {
                let line = b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x'));
                // Goes on until nobody listens any more; the other end says when.
                for byte in line.take(400) {
                    if sender.write_all(&[*byte]).is_err() {
                        return true;
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                false
            });
            wire.expect_end();
            assert!(drip.join().unwrap(), "it could go on without a limit");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_body_that_never_ends_is_408() {
    let (_app, caller, address) = limited().await;
    apart(move || {
        for (length, start) in [
            ("Content-Length: 100", ""),
            ("Content-Length: 100", "{\"name\": "),
            ("Transfer-Encoding: chunked", "5\r\n{\"nam"),
        ] {
            let mut wire = Wire::to(&address);
            wire.send(head(&caller, length));
            wire.send(start);
            too_slow(wire.hear());
            wire.expect_end();
        }
    })
    .await;
}

#[actix_web::test]
async fn a_body_of_the_second_request_is_limited_as_well() {
    let (_app, caller, address) = limited().await;
    apart(move || {
        for (length, start) in [("Content-Length: 100", "{\"name\": "), ("Transfer-Encoding: chunked", "5\r\n{\"nam")] {
            let mut wire = Wire::to(&address);
            wire.send(get());
            assert_eq!(wire.hear().unwrap().status, 200);
            wire.send(head(&caller, length));
            wire.send(start);
            too_slow(wire.hear());
            wire.expect_end();
        }
    })
    .await;
}

#[actix_web::test]
async fn a_body_drop_by_drop_is_408_too() {
    let (_app, caller, address) = limited().await;
    apart(move || {
        let mut wire = Wire::to(&address);
        wire.send(head(&caller, "Content-Length: 1000"));
        let mut sender = wire.sender();
        let drip = std::thread::spawn(move || {
            for _ in 0..400 {
                if sender.write_all(b" ").is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        too_slow(wire.hear());
        wire.expect_end();
        drip.join().unwrap();
    })
    .await;
}

#[actix_web::test]
async fn a_body_that_nobody_reads_does_not_keep_the_connection() {
    let (_app, _, address) = limited().await;
    apart(move || {
        for length in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
            let mut wire = Wire::to(&address);
            wire.send(format!("POST /api/v1/areas HTTP/1.1\r\nHost: smep.test\r\n{length}\r\n\r\n"));
            assert_eq!(wire.hear().unwrap().status, 401);
            wire.expect_end();
        }
    })
    .await;
}

#[actix_web::test]
async fn what_is_no_http_is_answered_400_and_closed() {
    let (_app, _, address) = limited().await;
    apart(move || {
        for bytes in [
            "HELLO\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /api/v1/areas HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "POST /api/v1/areas HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\
             Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /api/v1/areas HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        ] {
            let mut wire = Wire::to(&address);
            wire.send(bytes);
            let heard = wire.hear();
            // Two lengths must not be taken for one: always 400.
            assert!(heard.as_ref().is_none_or(|it| (400..500).contains(&it.status)), "{bytes}: {heard:?}");
            wire.expect_end();
        }
    })
    .await;
}

#[actix_web::test]
async fn a_slow_client_keeps_nobody_else_waiting() {
    let (_app, caller, address) = limited().await;
    let wires: Vec<Wire> = (0..50)
        .map(|_| {
            let mut wire = Wire::to(&address);
            wire.send(head(&caller, "Content-Length: 100"));
            wire
        })
        .collect();
    caller.get("/areas").await.expect(200);
    drop(wires);
}

/// Schools whose list is larger than what a connection holds on its way.
async fn large(app: &App) -> usize {
    const NOTE: usize = 400_000;
    let rows: Vec<_> = (0..20)
        .map(|n| school::Model {
            note: Some("n".repeat(NOTE)),
            ..rows::school(app.hub, &format!("School {n:02}"), app.clock.now())
        })
        .collect();
    let size = rows.len() * NOTE;
    app.insert::<school::Entity>(app.hub, rows).await;
    size
}

fn address(app: &App) -> &str {
    app.base().trim_start_matches("http://")
}

/// Asks for a large reply and reads only its head.
async fn ask(mut wire: Wire, caller: &Caller) -> Wire {
    let head = "GET /api/v1/schools HTTP/1.1\r\nHost: smep.test\r\nAuthorization: Bearer";
    wire.send(format!("{head} {}\r\n\r\n", caller.token()));
    apart(move || {
        assert_eq!(wire.head().status, 200);
        wire
    })
    .await
}

#[actix_web::test]
async fn a_client_that_takes_nothing_of_a_plain_reply_is_cut() {
    let app = support::app_with(&["--send-timeout=1"]).await;
    let caller = app.as_role(Role::Administrator).await;
    large(&app).await;
    let wire = ask(Wire::narrow(address(&app)), &caller).await;
    apart(move || wire.expect_reset()).await;
    caller.get("/schools").await.expect(200);
}

#[actix_web::test]
async fn a_client_that_is_slower_than_the_rate_or_the_deadline_allows_is_cut() {
    for flags in [["--send-timeout=2", "--send-rate=64MiB"], ["--reply-timeout=2", "--send-rate=1KiB"]] {
        let app = support::app_with(&flags).await;
        let caller = app.as_role(Role::Administrator).await;
        let size = large(&app).await;
        let mut wire = ask(Wire::narrow(address(&app)), &caller).await;
        let (count, reset) = apart(move || wire.drip(16 << 10, Duration::from_millis(20), size)).await;
        assert!(reset && count < size, "{flags:?}: {count} of {size}");
    }
}

#[actix_web::test]
async fn a_client_that_takes_a_large_reply_steadily_gets_all_of_it() {
    let app = support::app_with(&["--send-timeout=30", "--send-rate=1KiB"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let size = large(&app).await;
    let mut wire = ask(Wire::to(address(&app)), &caller).await;
    let (count, reset) = apart(move || wire.drip(256 << 10, Duration::from_millis(1), size)).await;
    assert!(!reset && count >= size, "{count} of {size}");
}
