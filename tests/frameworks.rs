//! Frameworks: whole trees, their parts one by one, editions, and what comes with the service.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, Caller, process};

/// A complete framework of one section with two criteria.
pub fn singing() -> Value {
    json!({
        "kind": "self_evaluation",
        "title": "Singing in our school",
        "phases": ["ks1", "ks2"],
        "sections": [{
            "title": "Singing",
            "guidance": "Look at assemblies and lessons",
            "criteria": [criterion("Every pupil sings every week"), criterion("There is a choir")],
        }],
    })
}

fn criterion(statement: &str) -> Value {
    json!({
        "statement": statement,
        "evidence": "A timetable",
        "levels": [level("Emerging"), level("Developing"), level("Secure")],
    })
}

fn level(name: &str) -> Value {
    json!({ "name": name, "descriptor": format!("What {name} looks like") })
}

async fn make(by: &Caller, form: &Value) -> Uuid {
    by.post("/frameworks", form).await.expect(201).id()
}

async fn tree(by: &Caller, framework: Uuid) -> Value {
    by.get(&format!("/frameworks/{framework}?expand=tree")).await.expect(200).json()
}

async fn act(by: &Caller, framework: Uuid, verb: &str) -> support::Reply {
    by.act(&format!("/frameworks/{framework}/{verb}"), Some("*")).await
}

/// The text fields of all parts of a tree with these names, in order.
fn all<'a>(tree: &'a Value, part: &str, field: &str) -> Vec<&'a str> {
    let sections = tree["sections"].as_array().unwrap();
    let criteria = || sections.iter().flat_map(|section| section["criteria"].as_array().unwrap());
    let text = |node: &'a Value| node[field].as_str().unwrap();
    if part == "sections" { sections.iter().map(text).collect() } else { criteria().map(text).collect() }
}

#[actix_web::test]
async fn a_framework_is_made_and_read_as_a_whole() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let made = head.post("/frameworks", &singing()).await.expect(201);
    assert_eq!(made.header("location"), format!("/api/v1/frameworks/{}", made.id()));
    assert_eq!((&made.json()["status"], &made.json()["edition"]), (&json!("draft"), &json!(1)));
    let tree = tree(&head, made.id()).await;
    assert_eq!(tree["lineage_id"], tree["id"]);
    assert_eq!(tree["sections"][0]["position"], 1);
    assert_eq!(all(&tree, "criteria", "statement"), ["Every pupil sings every week", "There is a choir"]);
    assert_eq!(tree["sections"][0]["criteria"][1]["levels"][2]["name"], "Secure");
    let plain = head.get(&format!("/frameworks/{}", made.id())).await.expect(200).json();
    assert!(plain.get("sections").is_none(), "{plain}");
}

#[actix_web::test]
async fn every_fault_of_a_tree_is_reported_and_nothing_is_made() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut form = singing();
    form["phases"] = json!(["ks1", "ks1"]);
    form["sections"][0]["criteria"][1]["levels"][2]["name"] = json!("emerging");
    assert_snapshot!(head.post("/frameworks", &form).await.refusal(422, "invalid"), @r"
    2 faults in the body
    /phases/1 duplicate: each phase stands once in the list
    /sections/0/criteria/1/levels/2/name duplicate: another level of the criterion has this name
    ");
    form["sections"][0]["criteria"][0]["weight"] = json!(0);
    form["sections"][0]["criteria"][0]["colour"] = json!("red");
    let faults = head.post("/frameworks", &form).await.expect(422).faults();
    let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/sections/0/criteria/0/colour", "/sections/0/criteria/0/weight"]);
    assert_eq!(head.get("/frameworks?total=true").await.expect(200).json()["total"], 0);
}

#[actix_web::test]
async fn each_part_is_changed_by_itself_and_gives_the_framework_its_next_version() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let framework = make(&head, &singing()).await;
    let section = head.post("/framework-sections", &json!({ "framework_id": framework, "title": "Playing" })).await;
    let section = section.expect(201).id();
    let mut form = criterion("Every pupil plays");
    form["section_id"] = json!(section);
    let added = head.post("/framework-criteria", &form).await.expect(201);
    assert_eq!((&added.json()["framework_id"], &added.json()["position"]), (&json!(framework), &json!(1)));
    let path = format!("/framework-criteria/{}", added.id());
    head.patch(&path, &json!({ "weight": 2 }), "\"7\"").await.problem(412, "stale-version");
    head.patch(&path, &json!({ "weight": 2 }), "\"1\"").await.expect(200);
    let choir = tree(&head, framework).await["sections"][0]["criteria"][1]["id"].as_str().unwrap().to_owned();
    let go = json!({ "position": 1, "section_id": section });
    let moved = head.post(&format!("/framework-criteria/{choir}/move"), &go).header("if-match", "*");
    assert_eq!(moved.await.expect(200).json()["section_id"], json!(section));
    head.post(&format!("/framework-sections/{section}/move"), &json!({ "position": 1 }))
        .header("if-match", "*")
        .await
        .expect(200);
    let tree = tree(&head, framework).await;
    assert_eq!(all(&tree, "sections", "title"), ["Playing", "Singing"]);
    let statements = ["There is a choir", "Every pupil plays", "Every pupil sings every week"];
    assert_eq!(all(&tree, "criteria", "statement"), statements);
    assert_eq!(tree["version"], 6);
    let refused = head.delete(&format!("/framework-sections/{section}"), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot archive the section: 2 framework criteria still belong to it; archive or move them first
    ");
}

#[actix_web::test]
async fn a_criterion_stays_in_its_framework() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [one, other] = [make(&head, &singing()).await, make(&head, &singing()).await];
    let here = tree(&head, one).await["sections"][0]["criteria"][0]["id"].as_str().unwrap().to_owned();
    let there = tree(&head, other).await["sections"][0]["id"].clone();
    let go = json!({ "position": 1, "section_id": there });
    let refused = head.post(&format!("/framework-criteria/{here}/move"), &go).header("if-match", "*").await;
    assert_eq!(refused.expect(422).faults(), [("/section_id".to_owned(), "unknown_reference".to_owned())]);
    let patched = head.patch(&format!("/framework-criteria/{here}"), &json!({ "section_id": there }), "*").await;
    patched.problem(422, "invalid");
    assert_eq!(tree(&head, one).await["version"], 1);
}

#[actix_web::test]
async fn an_incomplete_framework_is_not_brought_into_use() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut form = singing();
    form["sections"][0]["criteria"][0]["levels"] = json!([level("Only")]);
    form["sections"].as_array_mut().unwrap().push(json!({ "title": "Playing" }));
    let framework = make(&head, &form).await;
    let refused = act(&head, framework, "publish").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r#"
    cannot bring an incomplete framework into use: add what is missing first
    /sections/0/criteria/0/levels incomplete: "Every pupil sings every week" has fewer than two levels
    /sections/1 incomplete: "Playing" has no criterion: add one by POST /framework-criteria
    "#);
    act(&head, framework, "pilot").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_published_framework_is_frozen_for_good() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let framework = make(&head, &singing()).await;
    act(&head, framework, "publish").await.expect(200);
    let before = tree(&head, framework).await;
    let section = before["sections"][0]["id"].as_str().unwrap();
    let criterion = before["sections"][0]["criteria"][0]["id"].as_str().unwrap();
    let text = json!({ "title": "Another title" });
    let refused = [
        head.patch(&format!("/frameworks/{framework}"), &text, "*").await,
        head.patch(&format!("/framework-sections/{section}"), &text, "*").await,
        head.patch(&format!("/framework-criteria/{criterion}"), &json!({ "statement": "Another" }), "*").await,
        head.delete(&format!("/framework-criteria/{criterion}"), "*").await,
        head.post("/framework-sections", &json!({ "framework_id": framework, "title": "More" })).await,
        head.post(&format!("/framework-criteria/{criterion}/move"), &json!({ "position": 2 }))
            .header("if-match", "*")
            .await,
    ];
    let texts = refused.map(|reply| reply.refusal(409, "conflict"));
    assert_snapshot!(support::one_text(&texts), @r"
    cannot change a published framework, which is frozen for good: make the next edition by POST
      /frameworks/{id}/next-edition and change that draft
    ");
    assert_snapshot!(head.delete(&format!("/frameworks/{framework}"), "*").await.refusal(409, "conflict"), @r"
    cannot archive a published framework: retire it by POST /frameworks/{id}/retire
    ");
    assert_eq!(tree(&head, framework).await, before);
}

#[actix_web::test]
async fn the_next_edition_keeps_the_lineage_of_what_stays_the_same() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let first = make(&head, &singing()).await;
    let refused = act(&head, first, "next-edition").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @"cannot make the next edition of a draft: change the draft");
    act(&head, first, "publish").await.expect(200);
    let second = act(&head, first, "next-edition").await.expect(201);
    assert_eq!((&second.json()["edition"], &second.json()["previous_id"]), (&json!(2), &json!(first)));
    let again = act(&head, first, "next-edition").await;
    again.problem(409, "conflict");
    assert!(again.header("location").ends_with(&second.id().to_string()));

    let [before, draft] = [tree(&head, first).await, tree(&head, second.id()).await];
    for part in ["sections", "criteria"] {
        assert_eq!(all(&before, part, "lineage_id"), all(&draft, part, "lineage_id"));
        assert!(all(&before, part, "id").iter().all(|id| !all(&draft, part, "id").contains(id)));
    }
    let [sings, choir] = [0, 1].map(|at| format!("/framework-criteria/{}", all(&draft, "criteria", "id")[at]));
    head.patch(&sings, &json!({ "statement": "All pupils sing every week" }), "*").await.expect(200);
    head.patch(&choir, &json!({ "levels": [level("No"), level("Yes")] }), "*").await.expect(200);
    let changed = tree(&head, second.id()).await;
    let lineages = all(&changed, "criteria", "lineage_id");
    assert_eq!(lineages[0], all(&before, "criteria", "lineage_id")[0]);
    assert_eq!(lineages[1], all(&changed, "criteria", "id")[1]);

    act(&head, second.id(), "publish").await.expect(200);
    assert_eq!(tree(&head, first).await["status"], "retired");
    let in_use = head.get("/frameworks?status=published").await.expect(200).ids();
    assert_eq!(in_use, [second.id()]);
    let editions = head.get(&format!("/frameworks?lineage_id={first}&sort=-updated_at")).await.expect(200).ids();
    assert_eq!(editions.len(), 2);
}

/// A framework in pilot with a draft of its next edition.
async fn pilot_and_draft(head: &Caller) -> [Uuid; 2] {
    let pilot = make(head, &singing()).await;
    act(head, pilot, "pilot").await.expect(200);
    [pilot, act(head, pilot, "next-edition").await.expect(201).id()]
}

#[actix_web::test]
async fn of_editions_published_at_once_the_newest_stays_in_use() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut editions = pilot_and_draft(&head).await.to_vec();
    for _ in 0..2 {
        let last = editions[editions.len() - 1];
        act(&head, last, "pilot").await.expect(200);
        editions.push(act(&head, last, "next-edition").await.expect(201).id());
    }
    let published = editions.iter().map(|edition| act(&head, *edition, "publish"));
    for reply in join_all(published).await {
        assert!([200, 409].contains(&reply.status), "{reply:?}");
    }
    assert_eq!(head.get("/frameworks?status=published").await.expect(200).ids(), editions[3..]);
    for older in &editions[..3] {
        let status = tree(&head, *older).await["status"].clone();
        assert!(status == "retired" || status == "pilot", "{status}");
    }
}

#[actix_web::test]
async fn an_older_edition_is_not_published_after_a_newer_one() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [older, newer] = pilot_and_draft(&head).await;
    act(&head, newer, "publish").await.expect(200);
    let refused = act(&head, older, "publish").await.refusal(409, "conflict").replace(&newer.to_string(), "[newer]");
    assert_snapshot!(refused, @r"
    cannot publish edition 1: edition 2 came into use after it ([newer])
    ");
    assert_eq!(tree(&head, newer).await["status"], "published");
}

#[actix_web::test]
async fn a_framework_has_one_draft_at_a_time() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [pilot, draft] = pilot_and_draft(&head).await;
    let refused = act(&head, pilot, "withdraw").await.refusal(409, "conflict").replace(&draft.to_string(), "[draft]");
    assert_snapshot!(refused, @r"
    cannot have another draft: edition 2 is being written, change that one
      ([draft])
    ");
    head.delete(&format!("/frameworks/{draft}"), "*").await.expect(204);
    let third = act(&head, pilot, "next-edition").await.expect(201);
    assert_eq!(third.json()["edition"], 3);
    act(&head, draft, "restore").await.problem(409, "conflict");
    head.delete(&format!("/frameworks/{}", third.id()), "*").await.expect(204);
    act(&head, draft, "restore").await.expect(200);
}

#[actix_web::test]
async fn of_next_editions_asked_for_at_once_one_is_made() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let first = make(&head, &singing()).await;
    act(&head, first, "publish").await.expect(200);
    let second = act(&head, first, "next-edition").await.expect(201).id();
    act(&head, second, "publish").await.expect(200);
    let asked = (0..8).map(|n| act(&head, if n % 2 == 0 { first } else { second }, "next-edition"));
    let made = join_all(asked).await.into_iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    assert_eq!(head.get("/frameworks?total=true").await.expect(200).json()["total"], 3);
}

#[actix_web::test]
async fn a_criterion_with_as_many_levels_again_is_the_same_again() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let [first, second] = pilot_and_draft(&head).await;
    let lineage = all(&tree(&head, first).await, "criteria", "lineage_id")[0].to_owned();
    let criterion = all(&tree(&head, second).await, "criteria", "id")[0].to_owned();
    let path = format!("/framework-criteria/{criterion}");
    let levels = |names: &[&str]| json!({ "levels": names.iter().map(|name| level(name)).collect::<Vec<_>>() });
    let other = head.patch(&path, &levels(&["A", "B", "C", "D"]), "*").await.expect(200).json();
    assert_eq!(other["lineage_id"], json!(criterion));
    let same = head.patch(&path, &levels(&["A", "B", "C"]), "*").await.expect(200).json();
    assert_eq!(same["lineage_id"], json!(lineage));
    let kind = head.patch(&format!("/frameworks/{second}"), &json!({ "kind": "award" }), "*").await;
    assert_eq!(kind.expect(422).faults(), [("/kind".to_owned(), "fixed".to_owned())]);
}

#[actix_web::test]
async fn a_framework_has_thirty_sections_at_most() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut form = singing();
    let section = form["sections"][0].clone();
    form["sections"] = json!(vec![section; 30]);
    let framework = make(&head, &form).await;
    let refused = head.post("/framework-sections", &json!({ "framework_id": framework, "title": "More" })).await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    limit reached: there may be at most 30 framework sections
    ");
}

#[actix_web::test]
async fn drafts_edited_at_once_lose_no_criterion() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let framework = make(&head, &singing()).await;
    let section = tree(&head, framework).await["sections"][0]["id"].clone();
    let added = (0..20).map(|n| {
        let mut form = criterion(&format!("Criterion {n}"));
        form["section_id"] = section.clone();
        let head = head.clone();
        async move { head.post("/framework-criteria", &form).await.expect(201) }
    });
    join_all(added).await;
    let tree = tree(&head, framework).await;
    let criteria = tree["sections"][0]["criteria"].as_array().unwrap();
    let positions: Vec<_> = criteria.iter().map(|criterion| criterion["position"].as_i64().unwrap()).collect();
    assert_eq!(positions, (1..=22).collect::<Vec<_>>());
    assert_eq!(tree["version"], 21);
}

#[actix_web::test]
async fn an_exported_framework_is_taken_in_by_another_hub() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut form = singing();
    form["description"] = json!("For a head and a music lead");
    form["source"] = json!("The development group");
    form["sections"][0]["criteria"][0]["weight"] = json!(3);
    form["sections"][0]["criteria"][0]["guidance"] = json!("Ask pupils");
    let framework = make(&head, &form).await;
    let file = head.get(&format!("/frameworks/{framework}/export")).await.expect(200);
    assert_eq!(file.json(), form);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"framework-self_evaluation-edition-1.json\"");
    let other = app.another_hub("other").await;
    let stranger = app.as_role_in(other, Role::HeadOfService, |_| {}).await;
    stranger.get(&format!("/frameworks/{framework}/export")).await.problem(404, "not-found");
    let copy = make(&stranger, &file.json()).await;
    let again = stranger.get(&format!("/frameworks/{copy}/export")).await.expect(200);
    assert_eq!(again.json(), file.json());
}

#[actix_web::test]
async fn what_comes_with_the_service_can_be_published_as_it_stands() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let shipped = head.get("/shipped-frameworks").await.expect(200).json();
    let shipped = shipped["frameworks"].as_array().unwrap();
    assert_eq!(shipped.len(), 5);
    for known in shipped {
        assert!(known.get("form").is_none(), "{known}");
        let one = head.get(&format!("/shipped-frameworks?code={}", known["code"].as_str().unwrap())).await;
        let framework = make(&head, &one.expect(200).json()["frameworks"][0]["form"]).await;
        act(&head, framework, "publish").await.expect(200);
        let tree = tree(&head, framework).await;
        assert_eq!(json!(all(&tree, "criteria", "id").len()), known["criteria"]);
        assert_eq!(json!(all(&tree, "sections", "id").len()), known["sections"]);
    }
    head.get("/shipped-frameworks?code=none").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn a_school_sees_what_is_and_was_in_use_and_changes_nothing() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let staff = app.at_school(Role::SchoolStaff, school).await;
    let [draft, pilot, published, retired] = [
        make(&head, &singing()).await,
        make(&head, &singing()).await,
        make(&head, &singing()).await,
        make(&head, &singing()).await,
    ];
    act(&head, pilot, "pilot").await.expect(200);
    for framework in [published, retired] {
        act(&head, framework, "publish").await.expect(200);
    }
    act(&head, retired, "retire").await.expect(200);
    let mut seen = staff.get("/frameworks").await.expect(200).ids();
    seen.sort();
    assert_eq!(seen, [published, retired]);
    for hidden in [draft, pilot] {
        staff.get(&format!("/frameworks/{hidden}?expand=tree")).await.problem(404, "not-found");
        staff.get(&format!("/frameworks/{hidden}/export")).await.problem(404, "not-found");
        let parts = staff.get(&format!("/framework-criteria?framework_id={hidden}")).await.expect(200);
        assert_eq!(parts.ids(), Vec::<Uuid>::new());
    }
    assert_eq!(all(&tree(&staff, published).await, "criteria", "id").len(), 2);
    assert_snapshot!(staff.post("/frameworks", &singing()).await.refusal(403, "forbidden"), @r"
    cannot change the hub's frameworks: with `frameworks:write` your role reaches only own
    ");
    act(&staff, published, "next-edition").await.problem(403, "forbidden");
    act(&staff, published, "retire").await.problem(403, "forbidden");
    act(&staff, published, "withdraw").await.problem(403, "forbidden");
    let section = json!({ "framework_id": published, "title": "More" });
    staff.post("/framework-sections", &section).await.problem(403, "forbidden");
    staff.get(&format!("/frameworks/{published}/history")).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn frameworks_are_found_by_kind_phase_and_words() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let singing = make(&head, &singing()).await;
    let form = json!({ "kind": "award", "title": "Étude award", "phases": ["ks4"] });
    let award = make(&head, &form).await;
    let general = make(&head, &json!({ "kind": "peer_review", "title": "For all phases" })).await;
    for (query, found) in [
        ("kind=award", vec![award]),
        ("phase=ks1&sort=title", vec![general, singing]),
        ("phase=dsen", vec![general]),
        ("q=etude", vec![award]),
        ("status=draft&kind=award&kind=self_evaluation&sort=title", vec![award, singing]),
    ] {
        assert_eq!(head.get(&format!("/frameworks?{query}")).await.expect(200).ids(), found, "{query}");
    }
    head.get("/frameworks?kind=prize").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn the_command_line_hands_a_framework_from_hub_to_hub() {
    let app = support::program(&[]).await;
    let url = format!("--database-url={}", app.database.url());
    let head = app.as_role(Role::HeadOfService).await;
    let framework = make(&head, &singing()).await.to_string();
    let said = |arguments: &[&str]| {
        let output = process::run(&[&["framework"], arguments, &[&url]].concat());
        assert!(output.status.success(), "{}", process::said(&output));
        output.stdout
    };
    let own = head.get("/hub").await.expect(200).json()["slug"].as_str().unwrap().to_owned();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), said(&["export", "--hub", &own, &framework])).unwrap();
    app.another_hub("vale").await;
    let path = file.path().to_str().unwrap();
    let made: Value = serde_json::from_slice(&said(&["import", "--hub", "vale", "--publish", path])).unwrap();
    assert_eq!((&made["title"], &made["status"]), (&json!("Singing in our school"), &json!("published")));
    let listed = String::from_utf8(said(&["list", "--hub", "vale"])).unwrap();
    assert_eq!(listed.lines().count(), 1);
    assert!(listed.contains(made["id"].as_str().unwrap()), "{listed}");

    std::fs::write(file.path(), r#"{ "kind": "award", "kind": "award", "title": "Twice" }"#).unwrap();
    let refused = process::run(&["framework", "import", "--hub", "vale", path, &url]);
    assert!(!refused.status.success() && process::said(&refused).contains("kind"), "{}", process::said(&refused));
}
