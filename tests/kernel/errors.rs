//! Every error in one form, the framework's own included.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support;

#[actix_web::test]
async fn an_unknown_address_and_an_unseen_item_look_the_same() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for path in [
        "/nowhere".to_owned(),
        "//nowhere".to_owned(),
        "//".to_owned() + "problems/no-such-kind",
        format!("/areas/{}", Uuid::now_v7()),
        "/areas/7".to_owned(),
        "/areas/00000000-0000-0000-0000-00000000000g".to_owned(),
        format!("/areas/{}/nothing", Uuid::now_v7()),
        "/areas/".to_owned(),
        "/areas//history".to_owned(),
        "/AREAS".to_owned(),
        "/areas/%ff".to_owned(),
        "/areas/%00".to_owned(),
        "/areas/..%2f..%2fetc".to_owned(),
    ] {
        caller.get(&path).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn another_method_is_405_and_says_which_there_are() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    for (method, path, allowed) in [
        (Method::PUT, "/areas".to_owned(), vec!["GET", "HEAD", "POST"]),
        (Method::DELETE, "/areas".to_owned(), vec!["GET", "HEAD", "POST"]),
        (Method::POST, format!("/areas/{area}"), vec!["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::PUT, format!("/areas/{area}"), vec!["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::GET, format!("/areas/{area}/restore"), vec!["POST"]),
        (Method::DELETE, format!("/areas/{area}/history"), vec!["GET", "HEAD"]),
        (Method::POST, "/areas/not-an-id".to_owned(), vec!["GET", "HEAD", "PATCH", "DELETE"]),
        (Method::POST, "//health/live".to_owned(), vec!["GET", "HEAD"]),
        (Method::DELETE, "//".to_owned(), vec!["GET", "HEAD"]),
        (Method::POST, "//api-docs/openapi.json".to_owned(), vec!["GET", "HEAD"]),
        (Method::TRACE, "/areas".to_owned(), vec!["GET", "HEAD", "POST"]),
    ] {
        let reply = caller.ask(method, &path).await;
        reply.problem(405, "method-not-allowed");
        let mut given: Vec<&str> = reply.header("allow").split(", ").collect();
        given.retain(|method| *method != "OPTIONS");
        given.sort_unstable();
        let mut allowed = allowed;
        allowed.sort_unstable();
        assert_eq!(given, allowed, "{reply:?}");
    }
}

#[actix_web::test]
async fn what_cannot_be_sent_as_asked_is_406_and_what_is_not_read_415() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for accept in ["text/html", "application/xml, image/*", "application/json;q=0"] {
        let reply = caller.get("/areas").header("accept", accept).await;
        reply.problem(406, "not-acceptable");
    }
    for accept in ["*/*", "application/*", "application/json; charset=utf-8", "text/html, */*;q=0.1"] {
        caller.get("/areas").header("accept", accept).await.expect(200);
    }
    let body = br#"{"name":"Charnwood"}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/merge-patch+json",
        "application/json; charset=latin1",
        "json",
        "",
    ] {
        let reply = caller.ask(Method::POST, "/areas").raw_of(kind, body).await;
        reply.problem(415, "unsupported-media-type");
    }
    let gzip = caller.ask(Method::POST, "/areas").raw(body).header("content-encoding", "gzip");
    gzip.await.problem(415, "unsupported-media-type");
    let bare = caller.ask(Method::POST, "/areas").await;
    assert!(matches!(bare.status, 400 | 415), "{bare:?}");
    let utf8 = caller.ask(Method::POST, "/areas").raw_of("application/json; charset=UTF-8", body);
    let area = utf8.await.expect(201).id();
    let patch = caller.ask(Method::PATCH, &format!("/areas/{area}"));
    patch.raw_of("application/merge-patch+json", br#"{"code":"C"}"#).await.expect(200);
}

#[actix_web::test]
async fn a_body_over_the_limit_is_413_with_or_without_a_declared_length() {
    let app = support::app_with(&["--body-limit=10KiB"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let large = json!({ "name": "Charnwood", "note": "x".repeat(20_000) }).to_string();
    let reply = caller.ask(Method::POST, "/areas").raw(large.clone()).await;
    reply.problem(413, "too-large");

    // In pieces, without a Content-Length.
    let pieces: Vec<Result<String, std::io::Error>> =
        large.as_bytes().chunks(1000).map(|it| Ok(String::from_utf8_lossy(it).into())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let reply = reqwest::Client::new()
        .post(format!("{}/api/v1/areas", app.base()))
        .bearer_auth(caller.token())
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status().as_u16(), 413);
    assert_eq!(reply.headers()["content-type"], "application/problem+json");
    let just = json!({ "name": "Charnwood", "note": "x".repeat(3_900) });
    caller.post("/areas", &just).await.expect(201);
}

#[actix_web::test]
async fn head_is_get_without_the_body() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    for path in ["/areas".to_owned(), format!("/areas/{area}"), "//health/live".to_owned()] {
        let get = caller.get(&path).header("accept-encoding", "identity").await.expect(200);
        let head = caller.ask(Method::HEAD, &path).header("accept-encoding", "identity");
        let head = head.await.expect(200);
        assert!(head.body.is_empty(), "{head:?}");
        for name in ["content-type", "content-length", "etag", "cache-control", "link"] {
            assert_eq!(head.maybe(name), get.maybe(name), "{name}: {head:?}");
        }
    }
    let lost = caller.ask(Method::HEAD, &format!("/areas/{}", Uuid::now_v7())).await.expect(404);
    assert!(lost.body.is_empty());
    assert_eq!(lost.header("content-type"), "application/problem+json");
}

#[actix_web::test]
async fn every_reply_has_a_request_id_and_a_callers_own_is_kept_when_plain() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let own = caller.get("/areas").header("x-request-id", "job-7.part_2").await.expect(200);
    assert_eq!(own.header("x-request-id"), "job-7.part_2");
    let long = "x".repeat(65);
    for strange in ["", "a b", "a\"b", "<script>", "é", long.as_str()] {
        let reply = caller.get("/areas").header("x-request-id", strange).await.expect(200);
        let id = reply.header("x-request-id");
        assert!(Uuid::parse_str(id).is_ok(), "{strange} became {id}");
    }
    let reply = caller.get("/nowhere").header("x-request-id", "mine").await;
    assert_eq!(reply.problem(404, "not-found")["request_id"], "mine");
}

#[actix_web::test]
async fn every_reply_carries_the_security_headers_and_errors_are_not_kept() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for path in ["/areas", "/nowhere", "//", "//docs/", "//health/live", "//api-docs/openapi.json"] {
        let reply = caller.get(path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(reply.maybe("referrer-policy").is_some(), "{path}");
        if path.starts_with("/a") || path == "/nowhere" {
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[actix_web::test]
async fn each_kind_of_problem_has_its_page() {
    let app = support::app().await;
    let nobody = app.nobody();
    for code in api::kernel::base::problem::Code::ALL {
        let page = nobody.get(&format!("//problems/{}", code.slug())).await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        let escaped = code.title().replace('\'', "&#39;");
        assert!(page.text().contains(code.title()) || page.text().contains(&escaped), "{page:?}");
    }
}

#[actix_web::test]
async fn an_error_says_nothing_of_what_is_inside() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    app.area(&caller, "Charnwood").await;
    let twice = caller.post("/areas", &json!({ "name": "Charnwood" })).await;
    twice.problem(409, "duplicate");
    let text = twice.text().to_lowercase();
    for word in ["sql", "constraint", "unique index", ".rs", "/work", "sea_orm", "panicked"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[actix_web::test]
async fn a_caller_over_its_rate_is_429_and_told_when_to_come_back() {
    let app = support::app_with(&["--rate-limit=60", "--rate-burst=3"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let other = app.as_role(Role::Administrator).await;
    let mut last = None;
    for _ in 0..20 {
        let reply = caller.get("/areas").await;
        assert!(reply.maybe("ratelimit").is_some() && reply.maybe("ratelimit-policy").is_some());
        if reply.status == 429 {
            last = Some(reply);
            break;
        }
    }
    let over = last.expect("twenty requests at once are more than three and one in a second");
    over.problem(429, "too-many-requests");
    assert!(over.header("retry-after").parse::<u64>().unwrap() >= 1);
    other.get("/areas").await.expect(200);
}

#[actix_web::test]
async fn pages_of_the_origins_allowed_may_read_what_they_need() {
    let app = support::app_with(&["--cors-origins=https://app.example"]).await;
    let caller = app.as_role(Role::Administrator).await;
    let asked = caller.get("/areas").header("origin", "https://app.example").await.expect(200);
    assert_eq!(asked.header("access-control-allow-origin"), "https://app.example");
    let exposed = asked.header("access-control-expose-headers").to_lowercase();
    for name in ["etag", "link", "location", "retry-after", "ratelimit"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    let nobody = app.nobody();
    let before = nobody
        .ask(Method::OPTIONS, "/areas")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization,if-match,content-type")
        .await;
    assert!(before.status < 300, "{before:?}");
    assert!(before.header("access-control-allow-methods").contains("PATCH"));
    let stranger = caller.get("/areas").header("origin", "https://evil.example").await;
    assert!(stranger.maybe("access-control-allow-origin").is_none(), "{stranger:?}");
    // An error is readable for the page as well.
    let error = nobody.get("/areas").header("origin", "https://app.example").await.expect(401);
    assert_eq!(error.header("access-control-allow-origin"), "https://app.example");
}

#[actix_web::test]
async fn addresses_that_are_not_there_make_no_metrics_of_their_own() {
    let app = support::program(&[]).await;
    let nobody = app.nobody();
    let series = async || {
        let text = nobody.get("//metrics").await.expect(200).text();
        let series = text.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name.to_owned());
        let mut series: Vec<String> = series.filter(|name| name.starts_with("smep_http_requests_total")).collect();
        series.sort();
        series
    };
    let ask = async |n: u32| {
        for place in ["//nowhere", "//docs/made-up", "/nowhere", "//problems"] {
            nobody.get(&format!("{place}/{n}")).await;
            nobody.ask(Method::from_bytes(format!("M{n}").as_bytes()).unwrap(), "//made-up").await;
        }
    };
    ask(0).await;
    nobody.get("//metrics").await.expect(200);
    let before = series().await;
    for n in 1..20 {
        ask(n).await;
    }
    assert_eq!(series().await, before);
}

#[actix_web::test]
async fn the_fault_of_a_value_says_in_words_what_fits() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let more = json!({ "postcode": "LE11", "la_code": "85", "establishment_number": "x" });
    let refused = caller.post("/schools", &support::new_school("Ash", more)).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    3 faults in the body
    /establishment_number pattern: has to be four digits such as 4003
    /la_code pattern: has to be three digits such as 855
    /postcode pattern: has to be a postcode such as LE11 1NH
    ");
    // The same in a query.
    let refused = caller.get("/schools?la_code=85").await;
    assert_snapshot!(refused.refusal(400, "bad-parameter"), @r"
    ?la_code: has to be three digits such as 855
    ?la_code pattern: has to be three digits such as 855
    ");
}

#[actix_web::test]
async fn the_kind_of_a_problem_is_a_whole_address_once_the_public_one_is_known() {
    let app = support::app_with(&["--public-url=https://hub.example/music/"]).await;
    let kind = async |path: &str| app.nobody().get(path).await.json()["type"].clone();
    assert_eq!(kind("/nowhere").await, "https://hub.example/music/problems/unauthenticated");
    assert_eq!(kind("//nowhere").await, "https://hub.example/music/problems/not-found");
    assert_eq!(kind("//health/live%ff").await, "https://hub.example/music/problems/not-found");
}
