//! A person erased, merged into another, or told all that is kept.

use std::collections::HashSet;

use api::app::{self, registered};
use api::kernel::base::spellings::ERASED;
use entity::identity::grant::Role;
use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller};
use crate::visits::{self, Hub};

/// Everything by which texts may call the person of these tests.
const STRINGS: [&str; 10] = [
    "Zenobia Oldname",
    "Quillfeather, Zenobia",
    "7700 900123",
    "Zenobia Quillfeather",
    "Zenobia Pemberton",
    "z.quillfeather@woodgate.example",
    "z.pemberton@woodgate.example",
    "07700 900123",
    "Miss Pem",
    "CON-QUILL-7",
];

/// Texts of forms in which no person is named, each with why.
const NO_NAMES: [(&str, &str, &str); 10] = [
    ("package_order", "purchase_order_number", "a number of the school's books"),
    ("hub", "name", "the hub's own"),
    ("user", "name", "it stands in the person"),
    ("school", "establishment_type", "a type of the register"),
    ("school", "town", "a place"),
    ("school", "county", "a place"),
    ("school_link", "link_type", "a type of the register"),
    ("exam_result", "title", "a qualification or a subject"),
    ("exam_statistic", "title", "a qualification or a subject"),
    ("exam_statistic", "area_name", "a place"),
];

/// Every row of every table as text, with the name of its table.
async fn everything(app: &App) -> Vec<(String, String)> {
    let db = app.state.db.read();
    let all =
        async |sql: String| db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    let tables = if postgres {
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let mut rows = Vec::new();
    for table in all(tables.to_owned()).await {
        let table: String = table.try_get_by_index(0).unwrap();
        let row = if postgres {
            "CAST(t AS text)".to_owned()
        } else {
            let columns = all(format!("SELECT name FROM pragma_table_info('{table}')")).await;
            let columns = columns.iter().map(|column| column.try_get_by_index::<String>(0).unwrap());
            let texts = columns.map(|column| format!("quote(\"{column}\")"));
            texts.collect::<Vec<_>>().join(" || ' ' || ")
        };
        for found in all(format!("SELECT {row} FROM \"{table}\" AS t")).await {
            rows.push((table.clone(), found.try_get_by_index(0).unwrap()));
        }
    }
    rows
}

/// The tables in which one of the person's strings stands.
async fn naming(app: &App) -> Vec<String> {
    let rows = everything(app).await;
    assert!(rows.len() > 50, "everything is read");
    let small = |text: &str| text.to_lowercase();
    let named = rows.into_iter().filter(|(_, row)| STRINGS.iter().any(|text| small(row).contains(&small(text))));
    let tables: HashSet<String> = named.map(|(table, _)| table).collect();
    let mut tables: Vec<String> = tables.into_iter().collect();
    tables.sort();
    tables
}

/// Waits for the end of a job, which is finished.
async fn finished(by: &Caller, id: Uuid) {
    let job = support::until("the job ends", async || {
        let job = by.get(&format!("/jobs/{id}")).await.expect(200).json();
        (!["queued", "running"].contains(&job["state"].as_str().unwrap())).then_some(job)
    });
    let job = job.await;
    assert_eq!(job["state"], "finished", "{job}");
}

async fn erase(by: &Caller, form: &Value) -> Value {
    let begun = by.post("/erasures", form).await.expect(202).id();
    finished(by, begun).await;
    by.get(&format!("/erasures/{begun}")).await.expect(200).json()
}

/// A hub whose people wrote of the person everywhere, and the person, who has left.
async fn world() -> (Hub, Uuid) {
    let hub = Hub::new().await;
    let head = &hub.head;
    let form = json!({
        "name": "Zenobia Pemberton", "email": "z.pemberton@woodgate.example", "telephone": "07700 900123",
        "organisation": "Woodgate", "external_ids": [{ "system": "paritor", "id": "CON-QUILL-7" }],
    });
    let person = head.post("/people", &form).key("person-1").await.expect(201).id();
    let path = format!("/people/{person}");
    let renamed = json!({ "name": "Zenobia Quillfeather", "email": "z.quillfeather@woodgate.example" });
    head.patch(&path, &renamed, "*").await.expect(200);
    // A visit whose report is shared: nobody else may change its texts.
    let (visit, report) = hub.drafted().await;
    let note = json!({ "strengths": "zenobia quillfeather leads the choir (Miss Pem to the children)" });
    head.patch(&format!("/visit-reports/{report}"), &note, "*").await.expect(200);
    visits::answer(head, report, "share", None).await.expect(200);
    let action = json!({
        "school_id": hub.school, "source_kind": "visit", "source_id": visit, "due_on": "2014-12-19",
        "text": "Ring Zenobia Pemberton on 07700 900123", "owner_id": person, "audience": "hub",
    });
    let action = head.post("/actions", &action).key("action-1").await.expect(201).id();
    let group = json!({ "name": "Friends of Zenobia Quillfeather", "member_ids": [person] });
    let group = head.post("/working-groups", &group).await.expect(201).id();
    head.patch(&format!("/working-groups/{group}"), &json!({ "member_ids": [] }), "*").await.expect(200);
    // Two names that differ in nothing else.
    let group = json!({ "name": "Friends of Zenobia Pemberton" });
    head.post("/working-groups", &group).await.expect(201);
    let twin = json!({ "name": "Zenobia Oldname", "telephone": "+44 (0)7700 900123" });
    let twin = head.post("/people", &twin).key("person-2").await.expect(201).id();
    head.post(&format!("/people/{twin}/merge"), &json!({ "into_id": person })).await.expect(200);
    let note = "Ask for Quillfeather, Zenobia: +44 7700 900123, or Zenobia\u{a0}\r\nQuillfeather";
    let partner = json!({ "name": "Woodgate Voices", "kind": "charity", "note": note });
    head.post("/partners", &partner).await.expect(201);
    for (name, content) in [
        ("notes.txt", &b"Lesson of Zenobia Quillfeather, heard in May"[..]),
        ("Zenobia Quillfeather.pdf", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << >>\n%%EOF\n"),
        ("programme.txt", b"Songs of the sea"),
    ] {
        let parts = [
            format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").as_bytes(),
            content,
            b"\r\n--b--\r\n",
        ]
        .concat();
        let sent = head.ask(Method::POST, &format!("/actions/{action}/attachments"));
        sent.raw_of("multipart/form-data; boundary=b", parts).await.expect(201);
    }
    let reason = json!({ "reason": "Zenobia Quillfeather has left" });
    head.post(&format!("/actions/{action}/drop"), &reason).await.expect(200);
    head.delete(&path, "*").await.expect(204);
    (hub, person)
}

#[actix_web::test]
async fn nothing_is_left_of_a_person_who_was_erased() {
    let (hub, person) = world().await;
    let head = &hub.head;
    let before = everything(&hub.app).await.len();
    let named = naming(&hub.app).await;
    for table in ["action", "attachment", "attachment_part", "change", "idempotency", "partner", "person"] {
        // SQLite tells the content of a file as text, PostgreSQL as digits.
        assert!(named.iter().any(|one| one == table) || table == "attachment_part", "{table}: {named:?}");
    }
    let form = json!({ "person_id": person, "reason": "Asked for it", "also": ["Miss Pem"] });
    let rehearsal = erase(head, &visits::with(form.clone(), json!({ "dry_run": true }))).await;
    assert_eq!(naming(&hub.app).await, [&named[..], &[]].concat(), "a rehearsal changes nothing");
    let done = erase(head, &form).await;
    for count in ["rows", "files_removed", "files_unread"] {
        assert_eq!(rehearsal[count], done[count], "{count}: {rehearsal} {done}");
    }
    assert_eq!((&done["files_removed"], &done["files_unread"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(naming(&hub.app).await, Vec::<String>::new());
    // Structure, references and figures stay, and the log says what happened.
    assert!(everything(&hub.app).await.len() >= before);
    let action = one(head, "/actions").await;
    assert_eq!((&action["owner_id"], &action["status"]), (&json!(person), &json!("dropped")));
    assert_eq!(action["text"], format!("Ring {ERASED} on {ERASED}"));
    let report = one(head, "/visit-reports").await;
    assert_eq!(report["strengths"], format!("{ERASED} leads the choir ({ERASED} to the children)"));
    let history =
        head.get(&format!("/visit-reports/{}/history", report["id"].as_str().unwrap())).await.expect(200).json();
    let last = &history["items"][0];
    assert_eq!((&last["operation"], &last["version"]), (&json!("erase"), &report["version"]), "{last}");
    assert_eq!(last["fields"]["strengths"]["before"], Value::Null);
    let files = head.all(&format!("/actions/{}/attachments", action["id"].as_str().unwrap())).await;
    let names: HashSet<&str> = files.iter().map(|file| file["file_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["(erased).pdf", "programme.txt"].into());
    // The words that were erased are found no more, and what took their place is.
    assert_eq!(head.all("/actions?q=pemberton").await.len(), 0);
    assert_eq!(head.all("/actions?q=ring").await.len(), 1);
}

/// The only item of a list.
async fn one(by: &Caller, path: &str) -> Value {
    let mut all = by.all(path).await;
    assert_eq!(all.len(), 1, "{path}: {all:?}");
    all.remove(0)
}

#[actix_web::test]
async fn an_erased_person_is_nobody_for_good() {
    let (hub, person) = world().await;
    let (head, path) = (&hub.head, format!("/people/{person}"));
    erase(head, &json!({ "person_id": person, "reason": "Asked for it" })).await;
    head.get(&path).await.problem(404, "not-found");
    head.act(&format!("{path}/restore"), Some("*")).await.problem(409, "conflict");
    let again = json!({ "person_id": person, "reason": "Asked for it" });
    head.post("/erasures", &again).await.problem(409, "conflict");
    // The key is free for somebody else.
    let key = json!([{ "system": "paritor", "id": "CON-QUILL-7" }]);
    head.post("/people", &json!({ "name": "Another", "external_ids": key })).await.expect(201);
}

#[actix_web::test]
async fn a_person_in_use_and_a_person_of_another_hub_are_not_erased() {
    let hub = Hub::new().await;
    let form = |person: Uuid| json!({ "person_id": person, "reason": "Asked for it" });
    let specialist = hub.specialist.person();
    hub.head.post("/erasures", &form(specialist)).await.problem(409, "conflict");
    hub.head.post("/erasures", &form(Uuid::now_v7())).await.problem(422, "invalid");
    let other = hub.app.another_hub("elsewhere").await;
    let stranger = hub.app.as_role_in(other, Role::HeadOfService, |_| {}).await;
    stranger.post("/erasures", &form(specialist)).await.problem(422, "invalid");
    for caller in [&hub.specialist, &hub.school_head] {
        caller.post("/erasures", &form(specialist)).await.problem(403, "forbidden");
        caller.get("/erasures").await.expect(200);
        assert_eq!(caller.all("/erasures").await.len(), 0);
    }
}

/// Free text in the forms of resources is searched when a person is erased, or cannot name anybody.
#[test]
fn every_free_text_of_a_form_is_among_the_texts_in_which_people_are_named() {
    let document = app::document();
    let document = document.json();
    let mut missed = Vec::new();
    let mut seen = 0;
    for followed in registered().feed_resources {
        let post = &document["paths"][format!("/api/v1/{}", followed.collection)]["post"];
        let Some(form) = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str() else {
            continue;
        };
        seen += 1;
        let names = (followed.mentions.names)();
        let form = document.pointer(form.trim_start_matches('#')).unwrap();
        for (field, schema) in form["properties"].as_object().unwrap() {
            let free = holds_free_text(document, schema);
            let known = names.iter().any(|place| place.column == field);
            let excused = NO_NAMES.iter().any(|(resource, name, _)| *resource == followed.resource && name == field);
            // Keys of partner systems name nobody, and what a form holds of other resources is looked at there.
            let own = field != "external_ids" && followed.mentions.fields.iter().any(|known| known.name == field);
            if free && own && !known && !excused && followed.resource != "person" {
                missed.push(format!("{}.{field}", followed.resource));
            }
        }
    }
    assert!(seen > 30, "{seen} forms");
    assert!(missed.is_empty(), "not in NAMES_PEOPLE: {missed:?}");
}

/// Text of sixty letters or more in no form of its own, at any depth.
fn holds_free_text(document: &Value, schema: &Value) -> bool {
    if let Some(of) = schema["$ref"].as_str() {
        return holds_free_text(document, document.pointer(of.trim_start_matches('#')).unwrap());
    }
    let is_text =
        schema["type"] == "string" || schema["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
    let formed = ["format", "enum", "pattern", "const"].iter().any(|key| schema.get(key).is_some());
    if is_text {
        return !formed && schema["maxLength"].as_u64().is_some_and(|most| most >= 60);
    }
    let inner = ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    let fields = schema["properties"].as_object().into_iter().flat_map(|fields| fields.values());
    inner.chain(fields).chain(schema.get("items")).any(|part| holds_free_text(document, part))
}

#[actix_web::test]
async fn two_people_become_one_with_all_they_did() {
    let hub = Hub::new().await;
    let head = &hub.head;
    let twin = json!({
        "name": "Priya Nair", "telephone": "01509 000001", "external_ids": [{ "system": "paritor", "id": "CON-2" }],
    });
    let twin = head.post("/people", &twin).await.expect(201).id();
    let kept = json!({ "name": "P. Nair", "external_ids": [{ "system": "sims", "id": "7" }] });
    let kept = head.post("/people", &kept).await.expect(201).id();
    let contact =
        json!({ "person_id": twin, "school_id": hub.school, "job_role": "Music lead", "from_on": "2014-04-01" });
    let contact = head.post("/contacts", &contact).await.expect(201).id();
    let visit = head.post("/visits", &visits::with(hub.form(), json!({ "co_visitor_ids": [twin] }))).await;
    let visit = visit.expect(201).id();
    let group = json!({ "name": "Frameworks", "member_ids": [kept, twin] });
    let group = head.post("/working-groups", &group).await.expect(201).id();
    let (path, form) = (format!("/people/{twin}/merge"), json!({ "into_id": kept, "reason": "Entered twice" }));
    let rehearsal = head.post(&format!("{path}?dry_run=true"), &form).await.expect(200).json();
    head.get(&format!("/people/{twin}")).await.expect(200);
    let done = head.post(&path, &form).await.expect(200).json();
    assert_eq!(rehearsal["turned"], done["turned"]);
    let turned = json!([
        { "resource": "working_group", "items": 1 },
        { "resource": "contact", "items": 1 },
        { "resource": "visit", "items": 1 },
    ]);
    assert_eq!(done["turned"], turned, "{done}");
    assert_eq!(done["person"]["telephone"], "01509 000001");
    let keys: HashSet<&str> =
        done["person"]["external_ids"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect();
    assert_eq!(keys, ["7", "CON-2"].into());
    let field = async |path: String, field: &str| head.get(&path).await.expect(200).json()[field].clone();
    assert_eq!(field(format!("/contacts/{contact}"), "person_id").await, json!(kept));
    assert_eq!(field(format!("/visits/{visit}"), "co_visitor_ids").await, json!([kept]));
    assert_eq!(field(format!("/working-groups/{group}"), "member_ids").await, json!([kept]), "once");
    let history = head.get(&format!("/visits/{visit}/history")).await.expect(200).json();
    assert_eq!(history["items"][0]["operation"], "merge");
    let by_key = head.get("/people/by-key/paritor/CON-2").await.expect(200).json();
    assert_eq!(by_key["id"], json!(kept));
    head.get(&format!("/people/{twin}")).await.problem(404, "not-found");
    head.act(&format!("/people/{twin}/restore"), Some("*")).await.problem(409, "conflict");
}

#[actix_web::test]
async fn two_people_who_have_one_thing_twice_are_parted_from_it_first() {
    let hub = Hub::new().await;
    let head = &hub.head;
    let [one, other] =
        [hub.specialist.person(), head.post("/people", &json!({ "name": "P. Nair" })).await.expect(201).id()];
    let contact = |person: Uuid| {
        let form = json!({ "person_id": person, "school_id": hub.school });
        visits::with(form, json!({ "job_role": "Music lead", "from_on": "2014-04-01" }))
    };
    let first = head.post("/contacts", &contact(one)).await.expect(201).id();
    head.post("/contacts", &contact(other)).await.expect(201);
    let merge = async || head.post(&format!("/people/{one}/merge"), &json!({ "into_id": other })).await;
    let refused = merge().await.refusal(409, "conflict");
    assert!(refused.contains("both are contacts of one school in one job"), "{refused}");
    assert_eq!(head.get(&format!("/contacts/{first}")).await.expect(200).json()["person_id"], json!(one));
    hub.specialist.get("/visits").await.expect(200);
    head.delete(&format!("/contacts/{first}"), "*").await.expect(204);
    merge().await.expect(200);
    // The token names somebody whom the user no longer is.
    hub.specialist.get("/visits").await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn people_are_not_merged_into_themselves_or_with_two_sign_ins() {
    let hub = Hub::new().await;
    let merge =
        async |one: Uuid, into: Uuid| hub.head.post(&format!("/people/{one}/merge"), &json!({ "into_id": into })).await;
    let (one, other) = (hub.specialist.person(), hub.school_head.person());
    let refused = merge(one, one).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.faults(), [("/into_id".to_owned(), "same".to_owned())]);
    merge(one, other).await.problem(409, "conflict");
    assert_eq!(merge(one, Uuid::now_v7()).await.faults()[0].0, "/into_id");
    merge(Uuid::now_v7(), one).await.problem(404, "not-found");
    hub.specialist.post(&format!("/people/{one}/merge"), &json!({ "into_id": other })).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_file_tells_all_that_is_kept_about_a_person() {
    let (hub, person) = world().await;
    let reply = hub.head.get(&format!("/people/{person}/file")).await.expect(200);
    let file = reply.json();
    assert!(reply.header("content-disposition").contains("person-"), "{}", reply.header("content-disposition"));
    assert_eq!(file["person"]["name"], "Zenobia Quillfeather");
    let of = |file: &Value, resource: &str| {
        let items = file["items"].as_array().unwrap().iter().find(|items| items["resource"] == resource);
        items.map_or(0, |items| items["items"].as_array().unwrap().len())
    };
    assert_eq!(of(&file, "action"), 1, "{file}");
    let head = hub.head.person();
    let own = hub.head.get(&format!("/people/{head}/file")).await.expect(200).json();
    assert_eq!(of(&own, "user"), 1);
    let steps: Vec<&str> = own["steps"].as_array().unwrap().iter().map(one_text_of).collect();
    assert!(steps.contains(&"visit") && steps.contains(&"action"), "{steps:?}");
    // Who does not see a kind in the whole hub learns which.
    let officer = hub.app.as_role(Role::BusinessManager).await;
    let told = officer.get(&format!("/people/{head}/file")).await.expect(200).json();
    assert_eq!(told["withheld"], json!(["observation"]));
    hub.school_head.get(&format!("/people/{head}/file")).await.problem(403, "forbidden");
}

fn one_text_of(step: &Value) -> &str {
    step["resource"].as_str().unwrap()
}

#[actix_web::test]
async fn what_is_older_than_the_hub_keeps_goes_and_the_rest_stays() {
    let (hub, person) = world().await;
    let head = &hub.head;
    let rule = |kind: &str, months: i32| json!({ "kind": kind, "months": months });
    let people = head.post("/retention-rules", &rule("archived_people", 12)).await.expect(201);
    head.post("/retention-rules", &rule("archived_people", 6)).await.problem(409, "duplicate");
    head.post("/retention-rules", &rule("sign_ins", 12)).await.expect(201);
    let apply = async |query: &str| {
        let report = head.post(&format!("/retention-rules/apply{query}"), &json!({})).await.expect(200).json();
        let rules = report["rules"].as_array().unwrap().clone();
        rules
            .iter()
            .map(|rule| (rule["kind"].as_str().unwrap().to_owned(), rule["records"].as_u64().unwrap()))
            .collect()
    };
    let counted: Vec<(String, u64)> = apply("").await;
    assert_eq!(counted, [("archived_people".to_owned(), 0), ("sign_ins".to_owned(), 0)]);
    hub.app.state.clock.advance(std::time::Duration::from_hours(24 * 400));
    let head = hub.app.again(head);
    let apply = async |query: &str| {
        let report = head.post(&format!("/retention-rules/apply{query}"), &json!({})).await.expect(200).json();
        report["rules"].as_array().unwrap().iter().map(|rule| rule["records"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(apply("?dry_run=true").await[0], 1);
    assert!(!naming(&hub.app).await.is_empty(), "counting changes nothing");
    assert_eq!(apply("").await[0], 1);
    let begun = one(&head, "/erasures").await;
    assert_eq!(begun["person_id"], json!(person));
    finished(&head, begun["id"].as_str().unwrap().parse().unwrap()).await;
    // "Miss Pem" is no spelling that the hub knows of.
    let known = STRINGS.iter().filter(|text| **text != "Miss Pem");
    let rows = everything(&hub.app).await;
    for text in known {
        assert!(!rows.iter().any(|(_, row)| row.to_lowercase().contains(&text.to_lowercase())), "{text}");
    }
    assert_eq!(apply("").await[0], 0);
    let path = format!("/retention-rules/{}", people.id());
    head.patch(&path, &json!({ "months": 0 }), "*").await.problem(422, "invalid");
    hub.app.again(&hub.school_head).post("/retention-rules", &rule("import_rows", 12)).await.problem(403, "forbidden");
}
