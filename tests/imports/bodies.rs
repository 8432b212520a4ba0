//! The request that brings a file.

use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ended, file, has_authorities, holds, imported, many, office, ready, school, schools, sent, taken};
use crate::support::{self, Caller, Request, Wire};

pub const BOUNDARY: &str = "----smep-test";

/// A form of fields with files.
pub fn form(fields: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, file_name, text) in fields {
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/vnd.ms-excel\r\n\r\n{text}\r\n"
        ));
    }
    body.push_str(&format!("--{BOUNDARY}--\r\n"));
    body.into_bytes()
}

pub fn sent_form(caller: &Caller, body: Vec<u8>) -> Request {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    caller.ask(Method::POST, "/imports?source=gias-register").raw_of(&kind, body)
}

#[actix_web::test]
async fn a_form_brings_a_file_with_its_name() {
    let (_app, office) = office().await;
    let register = many(120_001, 2);
    let reply = sent_form(&office, form(&[("file", "edubasealldata20141101.csv", &register)])).await.expect(202);
    let job = ended(&office, reply.id()).await;
    holds(&job, json!({ "state": "finished", "created": 2, "file_name": "edubasealldata20141101.csv" }));
    holds(&job, json!({ "bytes": register.len(), "bytes_read": register.len() }));
    // In a plain body the address says it.
    let job = imported(&office, "file_name=again.csv", register).await;
    holds(&job, json!({ "unchanged": 2, "file_name": "again.csv" }));
}

#[actix_web::test]
async fn a_form_has_one_file_in_the_field_of_that_name() {
    let (_app, office) = office().await;
    let register = many(120_001, 1);
    for fields in [
        &[("datei", "a.csv", register.as_str())][..],
        &[("file", "a.csv", &register), ("file", "b.csv", &register)],
        &[("file", "a.csv", &register), ("note", "b.txt", "hello")],
    ] {
        sent_form(&office, form(fields)).await.problem(422, "invalid");
    }
    let mut broken = form(&[("file", "a.csv", &register)]);
    broken.truncate(broken.len() - 30);
    for body in [broken, form(&[])] {
        sent_form(&office, body).await.problem(400, "bad-request");
    }
    assert_eq!(schools(&office).await, 0);
    assert_eq!(office.get("/imports").await.json()["items"], json!([]));
}

#[actix_web::test]
async fn a_body_that_is_no_such_file_is_refused_with_its_name() {
    let (_app, office) = office().await;
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0....edubasealldata20250422.csv";
    let excel = b"PK\x03\x04\x14\0\x06\0\x08\0....[Content_Types].xml";
    let register = many(120_001, 1);
    let links = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n120001,120002,A,Successor,01-09-2014\r\n";
    let members = "URN,Linked UID,Group Name,Group Type\r\n120001,2044,A,Federation\r\n";
    for (query, body, code) in [
        ("", &b""[..], "empty_file"),
        ("", b"\r\n\r\n", "empty_file"),
        ("", zip, "zip"),
        ("", excel, "excel"),
        ("", b"\x1F\x8B\x08\0", "gzip"),
        ("", b"<!DOCTYPE html><html>", "html"),
        ("", b"{\"error\":\"not found\"}", "json"),
        ("", b"URN;EstablishmentName;LA (code)\r\n", "separator"),
        ("", b"URN,EstablishmentName\r\n", "missing_columns"),
        ("", links.as_bytes(), "other_file"),
        ("", members.as_bytes(), "other_file"),
        ("source=gias-links", register.as_bytes(), "other_file"),
        ("source=gias-group-links", register.as_bytes(), "other_file"),
    ] {
        let reply = sent(&office, query, body).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(String::new(), code.to_owned())], "{reply:?}");
    }
    assert_eq!(office.get("/imports").await.json()["items"], json!([]), "no job was made of any");
    let reply = sent_form(&office, form(&[("file", "a.zip", "PK\u{3}\u{4} edubasealldata.csv")])).await;
    assert_eq!(reply.faults(), [(String::new(), "zip".to_owned())]);
}

#[actix_web::test]
async fn another_type_another_question_and_another_scope_are_refused() {
    let (app, office) = office().await;
    let register = many(120_001, 1);
    let path = "/imports?source=gias-register";
    office.ask(Method::POST, path).raw(register.clone()).await.problem(415, "unsupported-media-type");
    for query in
        ["source=gias-register&colour=red", "source=gias-schools", "mode=some", "dry_run=perhaps", "file_name="]
    {
        sent(&office, query, register.clone()).await.problem(400, "bad-parameter");
    }
    office.ask(Method::POST, "/imports").raw_of("text/csv", register.clone()).await.problem(400, "bad-parameter");
    for scopes in ["exchange:read", "schools:write schools:read"] {
        let client = app.as_client(scopes).await;
        sent(&client, "", register.clone()).await.problem(403, "forbidden");
    }
    sent(&app.as_role(Role::MusicLeader).await, "", register.clone()).await.problem(403, "forbidden");
    sent(&app.nobody(), "", register).await.problem(401, "unauthenticated");
    assert_eq!(schools(&office).await, 0);
}

#[actix_web::test]
async fn a_hub_without_local_authorities_must_name_them_first() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let reply = sent(&office, "", many(120_001, 1)).await;
    let detail = reply.problem(422, "invalid").to_string();
    assert_eq!(reply.faults(), [(String::new(), "no_la_codes".to_owned())]);
    assert!(detail.contains("la_codes"), "{detail}");
    has_authorities(&office).await;
    taken(&office, many(120_001, 1)).await;
}

#[actix_web::test]
async fn a_file_over_the_limit_is_refused_whether_it_says_so_or_not() {
    let app = support::app_with(&["--upload-limit=64KiB"]).await;
    let office = ready(&app).await;
    let large = many(120_001, 600);
    assert!(large.len() > 64 << 10);
    sent(&office, "", large.clone()).await.problem(413, "too-large");
    sent_form(&office, form(&[("file", "a.csv", &large)])).await.problem(413, "too-large");
    let address = app.base().trim_start_matches("http://").to_owned();
    let head = head(&office, "Transfer-Encoding: chunked");
    let heard = tokio::task::spawn_blocking(move || {
        let mut wire = Wire::to(&address);
        wire.send(head);
        for part in large.as_bytes().chunks(8 << 10) {
            wire.send(format!("{:x}\r\n", part.len()));
            wire.send(part);
            if !wire.send("\r\n") {
                break;
            }
        }
        wire.hear().unwrap()
    });
    assert_eq!(heard.await.unwrap().status, 413);
    // Within it a file may be larger than other bodies.
    let app = support::app_with(&["--body-limit=1KiB"]).await;
    let office = ready(&app).await;
    holds(&taken(&office, many(120_001, 600)).await, json!({ "created": 600 }));
}

fn head(caller: &Caller, length: &str) -> String {
    format!(
        "POST /api/v1/imports?source=gias-register HTTP/1.1\r\nHost: smep.test\r\nAuthorization: Bearer {}\r\n\
         Content-Type: text/csv\r\n{length}\r\n\r\n",
        caller.token()
    )
}

#[actix_web::test]
async fn an_upload_that_stalls_is_given_up_and_a_slow_one_is_not() {
    let app = support::app_with(&["--body-timeout=2"]).await;
    let office = ready(&app).await;
    let address = app.base().trim_start_matches("http://").to_owned();
    let register = many(120_001, 4);
    let head = head(&office, &format!("Content-Length: {}", register.len()));
    let form_head = head.replace("text/csv", "multipart/form-data; boundary=b");
    let (stalled, form_stalled, slow) = tokio::task::spawn_blocking(move || {
        let mut wire = Wire::to(&address);
        wire.send(&head);
        wire.send(&register[..register.len() / 2]);
        let stalled = wire.hear().unwrap();
        let mut wire = Wire::to(&address);
        wire.send(form_head);
        wire.send("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
        wire.send(&register[..register.len() / 2]);
        let form_stalled = wire.hear().unwrap();
        let mut wire = Wire::to(&address);
        wire.send(&head);
        // Longer than the limit in all, each piece well within it.
        for part in register.as_bytes().chunks(register.len() / 8 + 1) {
            std::thread::sleep(std::time::Duration::from_millis(300));
            wire.send(part);
        }
        (stalled, form_stalled, wire.hear().unwrap())
    })
    .await
    .unwrap();
    for stalled in [stalled, form_stalled] {
        assert_eq!(stalled.status, 408, "{stalled:?}");
        assert!(stalled.body.contains("\"timeout\""), "{stalled:?}");
    }
    assert_eq!(slow.status, 202, "{slow:?}");
    let job: Value = serde_json::from_str(&slow.body).unwrap();
    holds(&ended(&office, super::id(&job)).await, json!({ "created": 4 }));
    assert_eq!(office.get("/imports").await.json()["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_repeated_request_with_its_key_makes_one_job() {
    let (_app, office) = office().await;
    let register = many(120_001, 3);
    let first = sent(&office, "", register.clone()).key("k1").await.expect(202);
    ended(&office, first.id()).await;
    let again = sent(&office, "", register.clone()).key("k1").await.expect(202);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.id(), &again.body), (first.id(), &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    let other = file(&[school(120_009, &[])]);
    sent(&office, "", other).key("k1").await.problem(422, "key-reused");
    assert_eq!(office.get("/imports").await.expect(200).ids(), [first.id()]);
    assert_eq!(schools(&office).await, 3);
}
