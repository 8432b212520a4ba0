//! Files attached to items, tried on the records of music in schools' plans; then what differs elsewhere.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use api::kernel::operations::attachment::remove_orphans;
use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::process::{run, said};
use crate::support::{self, App, Caller, Reply, Request, one_text};
use crate::{evaluations, frameworks, visits};

const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";

/// A form with one part.
fn form(field: &str, name: Option<&str>, content: &[u8]) -> Vec<u8> {
    let name = name.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
    let head = format!(
        "--between\r\nContent-Disposition: form-data; name=\"{field}\"{name}\r\nContent-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n--between--\r\n"].concat()
}

const FORM: &str = "multipart/form-data; boundary=between";

fn send(caller: &Caller, item: &str, name: &str, content: &[u8]) -> Request {
    caller.ask(Method::POST, &format!("{item}/attachments")).raw_of(FORM, form("file", Some(name), content))
}

/// The files of an item.
async fn files(caller: &Caller, item: &str) -> Vec<Value> {
    caller.all(&format!("{item}/attachments")).await
}

/// A record of a school's plans: its address.
async fn record(app: &App, by: &Caller, school: &str) -> (String, Uuid) {
    let school = app.school(by, school, json!({})).await.id();
    let form = json!({ "school_id": school, "academic_year": "2014/15" });
    let made = by.post("/school-plan-records", &form).await.expect(201);
    (format!("/school-plan-records/{}", made.id()), school)
}

/// A service with a record, and its head of service.
async fn app_with(flags: &[&str]) -> (App, Caller, String) {
    let app = support::app_with(flags).await;
    let head = app.as_role(Role::HeadOfService).await;
    let (item, _) = record(&app, &head, "Ash").await;
    (app, head, item)
}

/// A service that keeps files in a folder.
async fn app_in_folder() -> (App, Caller, String, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (app, head, item) = app_with(&[&format!("--attachment-folder={}", folder.path().display())]).await;
    (app, head, item, folder)
}

fn sha256(content: &[u8]) -> String {
    let digits = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    digits.concat()
}

/// Content of some length that is no repetition.
fn long(bytes: usize) -> Vec<u8> {
    let mut content = PDF.to_vec();
    content.extend((0_u32..).flat_map(|n| Sha256::digest(n.to_be_bytes()).to_vec()).take(bytes - PDF.len()));
    content
}

/// Sends a file of several parts and fetches it again.
async fn there_and_back(head: &Caller, item: &str) {
    let content = long(2_700_001);
    let made = send(head, item, "plan.pdf", &content).await.expect(201);
    let (file, etag) = (made.json(), made.etag());
    assert_eq!((file["size_bytes"].clone(), file["sha256"].clone()), (json!(2_700_001), json!(sha256(&content))));
    assert_eq!((etag.as_str(), file["added_by_id"].clone()), ("\"1\"", json!(head.person())));
    let address = made.header("location").to_owned();
    assert_eq!(address, format!("/api/v1{item}/attachments/{}", made.id()));
    assert_eq!(head.get(&address).await.expect(200).json(), file);
    assert_eq!(
        head.get(&format!("{address}?fields=sha256")).await.expect(200).json(),
        json!({ "sha256": file["sha256"] })
    );
    let back = head.get(&format!("{address}/content")).await.expect(200);
    assert!(back.body == content, "{} bytes came back", back.body.len());
    assert_eq!(back.header("content-length"), "2700001");
    assert_eq!(head.get(&format!("{address}/content")).await.expect(200).body, content, "a second time");
}

#[actix_web::test]
async fn content_comes_back_as_it_was_sent_from_the_database() {
    let (_app, head, item) = app_with(&[]).await;
    there_and_back(&head, &item).await;
}

#[actix_web::test]
async fn content_comes_back_as_it_was_sent_from_a_folder() {
    let (_app, head, item, folder) = app_in_folder().await;
    there_and_back(&head, &item).await;
    assert_eq!(kept(folder.path()).len(), 1);
}

#[actix_web::test]
async fn a_file_is_saved_and_never_shown_or_run() {
    let (_app, head, item) = app_with(&[]).await;
    let made = send(&head, &item, "Caf\u{e9} 1.pdf", PDF).await.expect(201);
    let content = format!("{}/content", made.header("location"));
    let reply = head.get(&content).await.expect(200);
    assert_eq!(reply.header("content-type"), "application/pdf");
    let saved = "attachment; filename=\"Caf_ 1.pdf\"; filename*=UTF-8''Caf%C3%A9%201.pdf";
    assert_eq!(reply.header("content-disposition"), saved);
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("content-security-policy"), "sandbox; default-src 'none'; frame-ancestors 'none'");
    assert_eq!(reply.header("cache-control"), "no-store");
    let only_head = head.ask(Method::HEAD, &content).await.expect(200);
    assert_eq!((only_head.header("content-disposition"), only_head.body.len()), (saved, 0));
    assert_eq!(head.get(&content).header("accept", "application/*;q=0.5").await.expect(200).body, PDF);
    assert_snapshot!(head.get(&content).header("accept", "application/json").await.refusal(406, "not-acceptable"),
        @"accept application/pdf, which is the type of this file");
}

#[actix_web::test]
async fn the_type_is_what_the_content_is_and_not_what_the_name_says() {
    let (_app, head, item) = app_with(&[]).await;
    let mut refusals = Vec::new();
    for (name, content) in [
        ("plan.pdf", b"<!DOCTYPE html><script>alert(1)</script>".as_slice()),
        ("plan.pdf", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"),
        ("plan.docx", b"PK\x03\x04 and no archive"),
        ("plan.png", b"MZ\x90\0\x03\0\0\0"),
        ("plan.txt", b"text\0with a NUL"),
    ] {
        refusals.push(send(&head, &item, name, content).await.refusal(415, "unsupported-media-type"));
    }
    assert_snapshot!(one_text(&refusals), @r"
    the content is of a type that is not taken here: send PDF, JPEG, PNG, WebP, plain text, CSV, or a
      document of Office (docx, xlsx, pptx) or OpenDocument (odt, ods, odp) without macros
    /file type: the content is of a type that is not taken here: send PDF, JPEG, PNG, WebP, plain text,
      CSV, or a document of Office (docx, xlsx, pptx) or OpenDocument (odt, ods, odp) without macros
    ");
    for (name, content, kind, kept) in [
        ("plan.exe", PDF, "application/pdf", "plan.exe.pdf"),
        ("terms.csv", b"Term,Choir\r\n", "text/csv", "terms.csv"),
        ("page.html", b"Plain words", "text/plain", "page.html.txt"),
        ("photo.JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg", "photo.JPEG"),
    ] {
        let made = send(&head, &item, name, content).await.expect(201).json();
        assert_eq!((&made["media_type"], &made["file_name"]), (&json!(kind), &json!(kept)));
    }
    let pdf = head.get(&format!("{item}/attachments?media_type=application/pdf&sort=-file_name")).await.expect(200);
    assert_eq!(pdf.ids().len(), 1);
}

#[actix_web::test]
async fn a_name_leads_nowhere() {
    let (app, head, item, folder) = app_in_folder().await;
    for (sent, kept) in [
        ("../../../etc/cron.d/plan.pdf", "plan.pdf"),
        (r"..\\..\\plan.pdf", "plan.pdf"),
        ("..", "attachment.pdf"),
        ("a%2Fb.pdf", "a%2Fb.pdf"),
        ("\u{202e}fdp.exe", "fdp.exe.pdf"),
    ] {
        let made = send(&head, &item, sent, PDF).await.expect(201).json();
        assert_eq!(made["file_name"], kept, "{sent}");
    }
    let nameless = head.ask(Method::POST, &format!("{item}/attachments"));
    let made = nameless.raw_of(FORM, form("file", None, PDF)).await.expect(201).json();
    assert_eq!(made["file_name"], "attachment.pdf");
    let below = folder.path().join(app.hub.to_string());
    assert!(kept(folder.path()).iter().all(|path| path.parent() == Some(&below)), "beside the folder of the hub");
    assert_eq!(kept(folder.path()).len(), 6);
}

#[actix_web::test]
async fn what_is_no_form_with_one_file_is_refused() {
    let (_app, head, item) = app_with(&[]).await;
    let ask = || head.ask(Method::POST, &format!("{item}/attachments"));
    let whole = form("file", Some("plan.pdf"), PDF);
    let cut = &whole[..whole.len() - 20];
    ask().raw_of(FORM, cut).await.problem(400, "bad-request");
    ask().raw_of("multipart/form-data", whole.clone()).await.problem(400, "bad-request");
    ask().raw_of(FORM, "nothing of the kind").await.problem(400, "bad-request");
    ask().raw_of("application/pdf", PDF).await.problem(415, "unsupported-media-type");
    ask().await.problem(415, "unsupported-media-type");
    ask().raw_of(FORM, form("plan", Some("plan.pdf"), PDF)).await.problem(422, "invalid");
    let twice = [&whole[..whole.len() - "--between--\r\n".len()], &whole].concat();
    ask().raw_of(FORM, twice).await.problem(422, "invalid");
    ask().raw_of(FORM, "--between--\r\n").await.problem(400, "bad-request");
    assert_snapshot!(ask().raw_of(FORM, form("file", Some("plan.pdf"), b"")).await.refusal(422, "invalid"), @r"
    the file is empty
    /file too_short: the file is empty
    ");
    assert_eq!(files(&head, &item).await, [] as [Value; 0]);
}

#[actix_web::test]
async fn a_file_has_a_largest_size_and_an_item_a_number_of_files() {
    let (_app, head, item, folder) = {
        let folder = tempfile::tempdir().unwrap();
        let place = format!("--attachment-folder={}", folder.path().display());
        let (app, head, item) = app_with(&[&place, "--attachment-limit=64KiB", "--attachments-per-item=3"]).await;
        (app, head, item, folder)
    };
    let most = 64 << 10;
    send(&head, &item, "plan.pdf", &long(most)).await.expect(201);
    let refused = send(&head, &item, "plan.pdf", &long(most + 1)).await;
    assert_snapshot!(refused.refusal(413, "too-large"), @"the body is too large: send at most 65536 bytes");
    // Refused by its length alone.
    send(&head, &item, "plan.pdf", &long(2 << 20)).await.problem(413, "too-large");
    let many = join_all((0..6).map(|_| send(&head, &item, "plan.pdf", PDF).into_future())).await;
    assert_eq!(many.iter().filter(|reply| reply.status == 201).count(), 2, "at the same time");
    let refused = many.iter().find(|reply| reply.status != 201).unwrap();
    assert_snapshot!(refused.refusal(409, "conflict"),
        @"limit reached: an item has at most 3 files; remove one first");
    assert_eq!(kept(folder.path()).len(), 3, "what was refused is not kept");
    let first = files(&head, &item).await[0]["id"].as_str().unwrap().to_owned();
    head.delete(&format!("{item}/attachments/{first}"), "\"1\"").await.expect(204);
    send(&head, &item, "plan.pdf", PDF).await.expect(201);
}

#[actix_web::test]
async fn a_file_has_the_reach_of_its_item() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (item, own) = record(&app, &head, "Ash").await;
    let (others, _) = record(&app, &head, "Beech").await;
    let staff = app.at_school(Role::SchoolStaff, own).await;
    let mine = send(&staff, &item, "plan.pdf", PDF).await.expect(201);
    let theirs = send(&head, &others, "plan.pdf", PDF).await.expect(201);
    assert_eq!(staff.get(&format!("{}/content", mine.header("location"))).await.expect(200).body, PDF);
    // Beyond the own school nothing is there, and no body is read to say so.
    let unread = staff.ask(Method::POST, &format!("{others}/attachments")).raw_of("text/plain", "no form");
    unread.await.problem(404, "not-found");
    for address in ["", "/content"].map(|rest| format!("{}{rest}", theirs.header("location"))) {
        staff.get(&address).await.problem(404, "not-found");
    }
    staff.get(&format!("{others}/attachments")).await.problem(404, "not-found");
    staff.delete(theirs.header("location"), "\"1\"").await.problem(404, "not-found");
    // A file is found below its own item alone.
    for rest in ["", "/content"] {
        head.get(&format!("{others}/attachments/{}{rest}", mine.id())).await.problem(404, "not-found");
    }
    head.delete(&format!("{others}/attachments/{}", mine.id()), "\"1\"").await.problem(404, "not-found");
    let governor = app.as_role(Role::Governor).await;
    assert_eq!(files(&governor, &item).await.len(), 1);
    send(&governor, &item, "plan.pdf", PDF).await.problem(403, "forbidden");
    let client = app.as_client("outcomes:read outcomes:write").await;
    let added = send(&client, &item, "plan.pdf", PDF).await.expect(201).json();
    assert_eq!((&added["actor_kind"], &added["added_by_id"]), (&json!("client"), &Value::Null));
    let elsewhere = app.another_hub("elsewhere").await;
    let stranger = app.as_client_in(elsewhere, "outcomes:read outcomes:write").await;
    send(&stranger, &item, "plan.pdf", PDF).await.problem(404, "not-found");
}

#[actix_web::test]
async fn the_history_names_a_file_without_its_content() {
    let (_app, head, item) = app_with(&[]).await;
    let made = send(&head, &item, "plan.pdf", PDF).await.expect(201);
    head.delete(made.header("location"), "\"2\"").await.problem(412, "stale-version");
    assert_eq!(head.delete(made.header("location"), "\"1\"").await.expect(204).etag(), "\"2\"");
    head.delete(made.header("location"), "\"2\"").await.problem(404, "not-found");
    head.get(&format!("{}/content", made.header("location"))).await.problem(404, "not-found");
    let history = head.get(&format!("{item}/history")).await.expect(200).json();
    let [removed, added, _] = history["items"].as_array().unwrap().as_slice() else { panic!("{history}") };
    let known = json!({
        "id": made.id(),
        "file_name": "plan.pdf",
        "media_type": "application/pdf",
        "size_bytes": PDF.len(),
        "sha256": sha256(PDF),
    });
    assert_eq!(added["fields"], json!({ "attachment": { "before": null, "after": known } }));
    assert_eq!((&added["operation"], &removed["operation"]), (&json!("attach"), &json!("detach")));
    assert_eq!(removed["fields"]["attachment"]["before"], added["fields"]["attachment"]["after"]);
    // The item keeps its version, so that nobody who edits it is disturbed.
    assert_eq!((&added["version"], head.get(&item).await.etag().as_str()), (&json!(1), "\"1\""));
    let feed = head.get("/changes?resource=school_plan_record").await.expect(200).json();
    assert_eq!(feed["items"][1]["fields"], added["fields"]);
    // The id is that of the item, so that a list within it takes none.
    head.get(&format!("{item}/attachments?id={}", made.id())).await.problem(400, "bad-parameter");
    let removed = head.get(&format!("{item}/attachments?archived=true")).await.expect(200);
    assert_eq!(removed.ids(), [made.id()]);
}

#[actix_web::test]
async fn an_archived_item_shows_no_files_until_it_is_restored() {
    let (_app, head, item) = app_with(&[]).await;
    let made = send(&head, &item, "plan.pdf", PDF).await.expect(201);
    head.delete(&item, "\"1\"").await.expect(204);
    for address in [format!("{item}/attachments"), format!("{}/content", made.header("location"))] {
        head.get(&address).await.problem(404, "not-found");
    }
    send(&head, &item, "plan.pdf", PDF).await.problem(404, "not-found");
    head.act(&format!("{item}/restore"), Some("\"2\"")).await.expect(200);
    assert_eq!(files(&head, &item).await.len(), 1);
}

#[actix_web::test]
async fn a_repeated_request_adds_one_file() {
    let (_app, head, item, folder) = app_in_folder().await;
    let first = send(&head, &item, "plan.pdf", PDF).key("one").await.expect(201);
    let body = form("file", Some("plan.pdf"), PDF);
    let other: Vec<u8> = String::from_utf8(body).unwrap().replace("between", "apart").into_bytes();
    let again = head.ask(Method::POST, &format!("{item}/attachments")).key("one");
    let again = again.raw_of("multipart/form-data; boundary=apart", other).await.expect(201);
    assert_eq!((again.json(), again.header("idempotency-replayed")), (first.json(), "true"));
    assert_eq!(again.header("location"), first.header("location"));
    send(&head, &item, "other.pdf", PDF).key("one").await.problem(422, "key-reused");
    send(&head, &item, "plan.pdf", &long(500)).key("one").await.problem(422, "key-reused");
    assert_eq!((files(&head, &item).await.len(), kept(folder.path()).len()), (1, 1));
}

/// The files of a folder and the folders in it.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(kept(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

#[actix_web::test]
async fn orphans_are_removed_from_the_folder_and_nothing_else_is() {
    let (app, head, item, folder) = app_in_folder().await;
    let place = folder.path().join(app.hub.to_string());
    let made = send(&head, &item, "plan.pdf", PDF).await.expect(201);
    let gone = send(&head, &item, "plan.pdf", PDF).await.expect(201);
    head.delete(gone.header("location"), "\"1\"").await.expect(204);
    assert_eq!(fs::read(place.join(made.id().to_string())).unwrap(), PDF);
    assert_eq!(kept(folder.path()).len(), 1, "what is removed goes at once");
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(app.clock.now().as_micros()).unwrap());
    let write = |name: String, age: Duration| {
        let file = File::create(place.join(name)).unwrap();
        file.set_modified(now - age).unwrap();
    };
    let [long_ago, just_now] = [Duration::from_hours(2), Duration::from_mins(59)];
    File::options().append(true).open(place.join(made.id().to_string())).unwrap().set_modified(now - long_ago).unwrap();
    write(gone.id().to_string(), long_ago);
    write(format!("{}.partial", Uuid::now_v7()), long_ago);
    write(Uuid::now_v7().to_string(), just_now);
    write("notes.txt".to_owned(), long_ago);
    assert_eq!(remove_orphans(&app.state).await.unwrap(), 2);
    assert_eq!(kept(folder.path()).len(), 3);
    assert_eq!(head.get(&format!("{}/content", made.header("location"))).await.expect(200).body, PDF);
}

#[actix_web::test]
async fn an_acknowledged_file_survives_a_killed_program() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("--attachment-folder={}", folder.path().display());
    for flags in [vec![], vec![place.as_str()]] {
        let mut app = support::program(&flags).await;
        let head = app.as_role(Role::HeadOfService).await;
        let (item, _) = record(&app, &head, "Ash").await;
        let content = long(3 << 20);
        let made = send(&head, &item, "plan.pdf", &content).await.expect(201);
        app.process().kill();
        app.start(&flags);
        let back = head.at(app.base()).get(&format!("{}/content", made.header("location"))).await.expect(200);
        assert!(back.body == content, "{flags:?}: {} bytes", back.body.len());
    }
}

#[actix_web::test]
async fn files_stay_where_they_were_put_when_the_setting_changes() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("--attachment-folder={}", folder.path().display());
    let mut app = support::program(&[]).await;
    let head = app.as_role(Role::HeadOfService).await;
    let (item, _) = record(&app, &head, "Ash").await;
    let first = send(&head, &item, "first.pdf", PDF).await.expect(201);
    app.process().kill();
    app.start(&[&place]);
    let head = head.at(app.base());
    let second = send(&head, &item, "second.pdf", PDF).await.expect(201);
    for made in [&first, &second] {
        assert_eq!(head.get(&format!("{}/content", made.header("location"))).await.expect(200).body, PDF);
    }
    assert_eq!(kept(folder.path()).len(), 1);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_no_start() {
    let place = tempfile::tempdir().unwrap();
    let database = format!("--database-url={}", place.path().join("smep.db").display());
    let output = run(&["serve", &database, "--listen=127.0.0.1:0", "--attachment-folder=/dev/null/files"]);
    let said = said(&output);
    assert!(!output.status.success() && said.contains("cannot keep files in /dev/null/files"), "{said}");
}

#[actix_web::test]
async fn files_are_listed_in_pages() {
    let (_app, head, item) = app_with(&[]).await;
    let mut made = Vec::new();
    for n in 1..=3 {
        made.push(send(&head, &item, &format!("plan {n}.pdf"), PDF).await.expect(201).id());
    }
    let page: Reply = head.get(&format!("{item}/attachments?limit=2&total=true")).await.expect(200);
    assert_eq!((page.ids(), page.json()["total"].clone()), (made[..2].to_vec(), json!(3)));
    let rest = page.json()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(head.get(&format!("{item}/attachments?limit=2&cursor={rest}")).await.expect(200).ids(), made[2..]);
    assert_eq!(head.get(&format!("{item}/attachments?sort=-file_name")).await.expect(200).ids()[0], made[2]);
}

#[actix_web::test]
async fn the_files_of_a_draft_report_are_as_unseen_by_the_school_as_the_draft() {
    let hub = visits::Hub::new().await;
    let (_, report) = hub.drafted().await;
    let item = format!("/visit-reports/{report}");
    let made = send(&hub.specialist, &item, "notes.pdf", PDF).await.expect(201);
    let content = format!("{}/content", made.header("location"));
    for address in [format!("{item}/attachments"), made.header("location").to_owned(), content.clone()] {
        hub.school_head.get(&address).await.problem(404, "not-found");
    }
    visits::answer(&hub.head, report, "share", None).await.expect(200);
    assert_eq!(hub.school_head.get(&content).await.expect(200).body, PDF);
    // What the school has stays as it is.
    send(&hub.specialist, &item, "more.pdf", PDF).await.problem(409, "conflict");
    hub.head.delete(made.header("location"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn the_files_of_a_visit_that_is_over_and_of_a_dropped_action_stay_as_they_are() {
    let hub = visits::Hub::new().await;
    let (closed, report) = hub.shared().await;
    let (cancelled, form) = (hub.visit(&["confirm"]).await, json!({ "reason": "The hall is closed" }));
    let action = json!({
        "school_id": hub.school, "source_kind": "visit", "source_id": cancelled, "text": "Plan composing",
        "owner_role": "Head of music", "due_on": "2014-09-30", "audience": "hub",
    });
    let action = format!("/actions/{}", hub.head.post("/actions", &action).await.expect(201).id());
    let items = [format!("/visits/{closed}"), format!("/visits/{cancelled}"), action.clone()];
    let mut made = Vec::new();
    for item in &items {
        made.push(send(&hub.head, item, "agenda.pdf", PDF).await.expect(201).header("location").to_owned());
    }
    visits::answer(&hub.school_head, report, "accept", None).await.expect(200);
    visits::step(&hub.head, cancelled, "cancel").await.expect(200);
    // What shows that an action is done comes when it is done.
    hub.head.act(&format!("{action}/complete"), None).await.expect(200);
    send(&hub.head, &action, "choir.pdf", PDF).await.expect(201);
    hub.head.act(&format!("{action}/reopen"), None).await.expect(200);
    hub.head.post(&format!("{action}/drop"), &form).await.expect(200);
    for (item, file) in items.iter().zip(&made) {
        send(&hub.head, item, "late.pdf", PDF).await.problem(409, "conflict");
        hub.head.delete(file, "*").await.problem(409, "conflict");
        assert_eq!(hub.head.get(&format!("{file}/content")).await.expect(200).body, PDF);
    }
}

#[actix_web::test]
async fn the_files_of_an_evaluation_stay_as_they_were_sent() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let framework = evaluations::publish(&head, &frameworks::singing()).await;
    let evaluation = evaluations::open_in(&head, school, framework, "2014/15").await;
    let item = format!("/evaluations/{evaluation}");
    let staff = app.at_school(Role::SchoolStaff, school).await;
    let made = send(&staff, &item, "timetable.csv", b"Year,Minutes\n3,60\n").await.expect(201);
    evaluations::answer_all(&head, evaluation, 2).await;
    head.act(&format!("{item}/submit"), Some("*")).await.expect(200);
    send(&staff, &item, "late.pdf", PDF).await.problem(409, "conflict");
    staff.delete(made.header("location"), "*").await.problem(409, "conflict");
    assert_eq!(files(&staff, &item).await.len(), 1);
}
