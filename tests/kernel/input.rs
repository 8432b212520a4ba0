//! What nobody should send, on both databases: refused with its reason, and never a 500.

use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{self, new_school};

#[actix_web::test]
async fn what_is_not_acceptable_json_is_400_and_says_where() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let deep = |depth: usize| format!(r#"{{"name":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", b"".to_vec()),
        ("white space", b"  \n".to_vec()),
        ("cut off", br#"{"name": "Ash"#.to_vec()),
        ("two values", br#"{"name": "Ash"} {}"#.to_vec()),
        ("a trailing comma", br#"{"name": "Ash",}"#.to_vec()),
        ("single quotes", br"{'name': 'Ash'}".to_vec()),
        ("a comment", br#"{"name": "Ash"} // x"#.to_vec()),
        ("NaN", br#"{"name": NaN}"#.to_vec()),
        ("NUL escaped", br#"{"name": "A\u0000sh"}"#.to_vec()),
        ("NUL raw", b"{\"name\": \"A\0sh\"}".to_vec()),
        ("NUL in a key", br#"{"na\u0000me": "Ash"}"#.to_vec()),
        ("NUL deep inside", br#"{"name": "Ash", "x": [{"y": "\u0000"}]}"#.to_vec()),
        ("a lone high surrogate", br#"{"name": "A\ud800sh"}"#.to_vec()),
        ("a lone low surrogate", br#"{"name": "A\udc00sh"}"#.to_vec()),
        ("surrogates the wrong way round", br#"{"name": "\udc00\ud800"}"#.to_vec()),
        ("a surrogate as bytes", b"{\"name\": \"\xed\xa0\x80\"}".to_vec()),
        ("Latin-1", b"{\"name\": \"\xc9t\xe9\"}".to_vec()),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{\"name\": \"Ash\"}".to_vec()),
        ("an overlong encoding", b"{\"name\": \"\xc0\x80\"}".to_vec()),
        ("a key twice", br#"{"name": "Ash", "name": "Beech"}"#.to_vec()),
        ("a key twice, spelt differently", br#"{"name": "Ash", "n\u0061me": "Ash"}"#.to_vec()),
        ("a key twice inside", br#"{"name": "Ash", "note": {"a": 1, "a": 1}}"#.to_vec()),
        ("129 levels", deep(128).into_bytes()),
        ("100,000 levels", deep(100_000).into_bytes()),
        ("unclosed levels", "[".repeat(200_000).into_bytes()),
        ("1e999", br#"{"name": "Ash", "pupils": 1e999}"#.to_vec()),
        ("-1e999", br#"{"name": "Ash", "pupils": -1e999}"#.to_vec()),
        ("a raw newline", b"{\"name\": \"A\nsh\"}".to_vec()),
    ];
    for (name, body) in bodies {
        for (method, path) in [(Method::POST, "/areas"), (Method::POST, "/schools")] {
            let reply = caller.ask(method, path).raw(body.clone()).await;
            assert_eq!(reply.status, 400, "{name}: {reply:?}");
            reply.problem(400, "bad-json");
        }
    }
    assert_eq!(caller.get("/areas?total=true").await.expect(200).json()["total"], 0);
}

#[actix_web::test]
async fn a_patch_is_read_as_strictly() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let path = format!("/areas/{}", app.area(&caller, "Ash").await.id());
    for body in [r#"{"note": "\u0000"}"#, r#"{"note": "\ud800"}"#, r#"{"note": 1, "note": 2}"#, "", "{"] {
        caller.ask(Method::PATCH, &path).raw(body).await.problem(400, "bad-json");
    }
}

#[actix_web::test]
async fn numbers_beyond_a_fields_range_are_422_with_the_field() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for field in ["urn", "ukprn", "easting", "northing", "lowest_age", "highest_age", "pupils"] {
        for number in [
            "2147483648",
            "-2147483649",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "99999999999999999999",
            "-99999999999999999999",
            "1e19",
            "1e300",
            "0.5",
            "1e-300",
        ] {
            let body =
                format!(r#"{{"kind":"school","name":"Ash","phase":"primary","status":"open","{field}":{number}}}"#);
            let reply = caller.ask(Method::POST, "/schools").raw(body).await;
            reply.problem(422, "invalid");
            assert_eq!(reply.faults()[0].0, format!("/{field}"), "{number}: {reply:?}");
        }
    }
    for number in ["-0.1", "100.01", "1e300", "99999999999999999999"] {
        let body =
            format!(r#"{{"kind":"school","name":"Ash","phase":"primary","status":"open","fsm_percentage":{number}}}"#);
        caller.ask(Method::POST, "/schools").raw(body).await.problem(422, "invalid");
    }
}

#[actix_web::test]
async fn a_whole_number_may_be_written_with_a_point_and_an_exponent() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = r#"{"kind":"school","name":"Ash","phase":"primary","status":"open",
        "pupils":2.1e2,"urn":120001.0,"fsm_percentage":12}"#;
    let made = caller.ask(Method::POST, "/schools").raw(body).await.expect(201).json();
    assert_eq!((&made["pupils"], &made["urn"]), (&json!(210), &json!(120_001)));
    assert_eq!(made["fsm_percentage"].as_f64(), Some(12.0));
}

#[actix_web::test]
async fn numbers_in_a_query_are_as_strict() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for number in ["2147483648", "-1", "99999999999999999999", "1e999", "0x10", "1_000", "%2B1", "1%00"] {
        let reply = caller.get(&format!("/schools?pupils_from={number}")).await;
        reply.problem(400, "bad-parameter");
    }
    for moment in [
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2014-09-01T09:30:00%2B23:59",
        "+262143-01-01T00:00:00Z",
        "2014-13-01T00:00:00Z",
        "2014-09-01T24:00:00Z",
        "2014-09-01T23:59:60Z",
    ] {
        let reply = caller.get(&format!("/schools?updated_after={moment}")).await;
        assert!(matches!(reply.status, 200 | 400), "{moment}: {reply:?}");
    }
}

#[actix_web::test]
async fn what_is_no_text_in_an_address_is_400() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for query in ["q=%00", "q=a%00b", "q=%ff", "q=%ed%a0%80", "q=%c0%80", "%00=1", "%ff=1", "q=%", "q=%4", "q=%zz"] {
        let reply = caller.get(&format!("/areas?{query}")).await;
        reply.problem(400, "bad-parameter");
    }
    for cursor in ["%00", "%ff", "A%00"] {
        let reply = caller.get(&format!("/areas?cursor={cursor}")).await;
        assert_eq!(reply.status, 400, "{reply:?}");
    }
}

#[actix_web::test]
async fn dates_at_the_ends_of_the_calendar_are_kept_or_refused() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (n, day) in [
        "9999-12-31",
        "0001-01-01",
        "0000-01-01",
        "-0001-01-01",
        "+10000-01-01",
        "10000-01-01",
        "2014-02-29",
        "2016-02-29",
        "2014-9-1",
        "2014-09-31",
        "1900-02-29",
        "2014-244",
        "2014-W36-1",
        "20140901",
        " 2014-09-01",
        "2014-09-01T00:00:00Z",
        "",
        "today",
    ]
    .into_iter()
    .enumerate()
    {
        let body = new_school(&format!("School {n}"), json!({ "opened_on": day }));
        let reply = caller.post("/schools", &body).await;
        match reply.status {
            201 => {
                assert_eq!(reply.json()["opened_on"], day, "kept as it was sent");
                let read = caller.get(&format!("/schools/{}", reply.id())).await.expect(200);
                assert_eq!(read.json()["opened_on"], day);
            }
            _ => {
                reply.problem(422, "invalid");
                assert_eq!(reply.faults()[0].0, "/opened_on", "{day}: {reply:?}");
            }
        }
    }
    // What was kept can be sorted by and followed over a page's end.
    for sort in ["opened_on", "-opened_on"] {
        let all = caller.all(&format!("/schools?sort={sort}")).await;
        let first = caller.get(&format!("/schools?sort={sort}&limit=1")).await.expect(200).json();
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = caller.get(&format!("/schools?sort={sort}&limit=1&cursor={cursor}")).await;
        assert_eq!(next.expect(200).json()["items"][0]["id"], all[1]["id"]);
    }
}

#[actix_web::test]
async fn any_text_that_is_kept_comes_back_as_it_was() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (n, text) in [
        "'; DROP TABLE area; --",
        "\\",
        "\"quoted\"",
        "%_%",
        "a\tb\nc\r\nd",
        "\u{1}\u{1f}\u{7f}",
        "🎵🎶",
        "e\u{301}",
        "\u{202e}abc",
        "\u{feff}x",
        "\u{fffd}",
        "\u{10ffff}",
        "ﬁ ſ ß İ ı",
        "  spaces  ",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "$1 ?1 :name @name",
        "null",
        "NaN",
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "name": format!("{n} {text}"), "note": text });
        let made = caller.post("/areas", &body).await.expect(201);
        let read = caller.get(&format!("/areas/{}", made.id())).await.expect(200).json();
        assert_eq!(read["note"], text);
        assert_eq!(read["name"], body["name"]);
    }
    // And a list goes through all of them in order, one by one.
    let all = caller.all("/areas?sort=name").await;
    let mut next = "/areas?sort=name&limit=1".to_owned();
    for item in &all {
        let page = caller.get(&next).await.expect(200).json();
        assert_eq!(page["items"][0]["id"], item["id"]);
        let cursor = page["next_cursor"].as_str().unwrap_or_default();
        next = format!("/areas?sort=name&limit=1&cursor={cursor}");
    }
}

#[actix_web::test]
async fn a_body_of_another_shape_is_422_at_its_root() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for body in [json!(null), json!(1), json!("x"), json!([]), json!([{ "name": "Ash" }]), json!(true)] {
        let reply = caller.post("/areas", &body).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(String::new(), "type".to_owned())], "{body}");
    }
    let many: Value = (0..5000).map(|n| (format!("field{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let reply = caller.post("/areas", &many).await;
    reply.problem(422, "invalid");
    assert!(reply.body.len() < 100_000, "a reply is not as long as what was wrong");
}

#[actix_web::test]
async fn strange_headers_are_never_a_500() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Ash").await;
    let path = format!("/areas/{}", area.id());
    let long = "x".repeat(5000);
    for value in ["\"", "\"99999999999999999999\"", "\"-1\"", ",,,", "\u{e9}", long.as_str()] {
        for name in
            ["if-match", "if-none-match", "accept", "origin", "range", "accept-encoding", "x-forwarded-for", "cookie"]
        {
            let reply = caller.get(&path).header(name, value).await;
            assert!(reply.status < 500, "{name}: {value}: {reply:?}");
        }
        let reply = caller.ask(Method::PATCH, &path).json(&json!({ "code": "C" })).header("if-match", value);
        let reply = reply.await;
        assert!(reply.status < 500, "{value}: {reply:?}");
        let reply = caller.post("/areas", &json!({})).header("idempotency-key", value).await;
        assert!(reply.status < 500, "{value}: {reply:?}");
    }
}
