//! The plan's page, opened by a browser that has no token.

use std::io::Cursor;
use std::time::Duration;

use api::kernel::edge::auth::{Keys, Seal, keeping};
use calamine::{Data, Reader, Xlsx};
use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;

use super::{activate, hub, id, make, small, tree};
use crate::support::{App, Caller};

/// The part of a link's address that the service itself answers.
fn path(link: &serde_json::Value) -> String {
    let url = link["url"].as_str().unwrap();
    let (_, path) = url.split_once("/plan-documents/").unwrap();
    format!("//plan-documents/{path}")
}

async fn link(app: &App, head: &Caller) -> serde_json::Value {
    let plan = make(head, small()).await;
    let link = head.post(&format!("/plans/{plan}/document-link"), &json!({ "as_at": "2014-09-01" })).await;
    let link = link.expect(200).json();
    assert!(link["url"].as_str().unwrap().starts_with(crate::support::ISSUER), "{link}");
    assert_eq!(link["expires_at"], "2014-09-01T08:40:00.000000Z");
    app.nobody().get(&path(&link)).await.expect(200);
    link
}

#[actix_web::test]
async fn a_browser_opens_the_document_without_a_token_for_ten_minutes() {
    let (app, head) = hub().await;
    let link = link(&app, &head).await;
    let page = app.nobody().get(&path(&link)).await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert!(page.text().contains("As at 1 Sep 2014"), "{}", page.text());
    app.clock.advance(Duration::from_secs(601));
    let refused = app.nobody().get(&path(&link)).await;
    assert_snapshot!(refused.refusal(404, "not-found"), @r"
    this link has ended or is incomplete: a link works for ten minutes; make a new one
    ");
}

#[actix_web::test]
async fn a_link_opens_its_own_document_and_nothing_else() {
    let (app, head) = hub().await;
    let link = link(&app, &head).await;
    let path = path(&link);
    let mut altered = path.clone();
    let last = altered.pop().unwrap();
    altered.push(if last == 'A' { 'B' } else { 'A' });
    app.nobody().get(&altered).await.problem(404, "not-found");
    let (_, token) = path.rsplit_once('/').unwrap();
    let other = app.nobody().get("/plans").header("authorization", format!("Bearer {token}")).await;
    other.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_link_ends_on_every_instance_when_the_key_of_its_token_is_revoked() {
    let (app, head) = hub().await;
    let (other, base) = app.beside(app.clock.clone()).await;
    let plan = make(&head, small()).await;
    let link = async |by: &Caller| {
        let link = by.post(&format!("/plans/{plan}/document-link"), &json!({})).await.expect(200);
        path(&link.json())
    };
    let old = link(&head).await;
    let kid = other.auth().keys.jwks().keys[0].kid.clone();
    for address in [app.base(), &base] {
        app.nobody().at(address).get(&old).await.expect(200);
    }
    app.clock.advance(Duration::from_secs(3));
    let seal = Seal::new(None);
    keeping::revoke(&app.state.db, &seal, &kid, app.clock.now()).await.unwrap().unwrap();
    for (state, address) in [(&other, base.as_str()), (&app.state, app.base())] {
        state.auth().keys.refresh().await.unwrap();
        app.nobody().at(address).get(&old).await.problem(404, "not-found");
    }

    // A link of a key that only the other instance has heard of opens here too.
    app.clock.advance(Duration::from_secs(3));
    Keys::rotate(&app.state.db, &seal, app.clock.now()).await.unwrap();
    other.auth().keys.refresh().await.unwrap();
    let (token, _) = other.auth().keys.mint(head.bearer()).unwrap();
    let new = link(&head.with_token(token).at(&base)).await;
    app.nobody().get(&new).await.expect(200);
}

#[actix_web::test]
async fn a_link_ends_with_the_rights_of_its_maker() {
    let (app, head) = hub().await;
    let officer = app.as_role(Role::MusicLeader).await;
    let plan = make(&head, small()).await;
    let link = officer.post(&format!("/plans/{plan}/document-link"), &json!({})).await.expect(200).json();
    app.nobody().get(&path(&link)).await.expect(200);
    let user = head.get(&format!("/users/{}", officer.subject())).await.expect(200);
    let disabled = head.act(&format!("/users/{}/disable", officer.subject()), Some(user.header("etag"))).await;
    disabled.expect(200);
    app.nobody().get(&path(&link)).await.problem(404, "not-found");
}

#[actix_web::test]
async fn nobody_makes_a_link_to_a_plan_that_they_do_not_see() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let stranger = app.as_client_in(app.another_hub("elsewhere").await, "plans:read").await;
    stranger.post(&format!("/plans/{plan}/document-link"), &json!({})).await.problem(404, "not-found");
}

#[actix_web::test]
async fn the_plan_is_a_workbook_in_its_own_columns_with_figures_as_numbers() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    activate(&app, &head, plan).await;
    let target = id(&tree(&head, plan).await, "/objectives/0/targets/0");
    let leader = app.as_role(Role::MusicLeader).await;
    let form = json!({ "target_id": target, "on_date": "2014-08-30", "value": 20, "narrative": "As counted." });
    let update = leader.post("/progress-updates", &form).await.expect(201).id();
    head.act(&format!("/progress-updates/{update}/accept"), Some("*")).await.expect(200);
    app.school(&head, "Ash", json!({})).await.expect(201);
    let sheet = async |by: &Caller| {
        let reply = by.get(&format!("/plans/{plan}/document?format=xlsx&as_at=2014-09-01")).await.expect(200);
        assert!(reply.header("content-disposition").ends_with("\"plan-2014-2016.xlsx\""), "{reply:?}");
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(reply.body)).unwrap();
        book.worksheet_range("plan").unwrap()
    };
    let rows = sheet(&head).await;
    let text = |row: usize, name: &str| {
        let headings: Vec<String> = rows.rows().next().unwrap().iter().map(ToString::to_string).collect();
        let at =
            headings.iter().position(|heading| heading == name).unwrap_or_else(|| panic!("{name} in {headings:?}"));
        rows.rows().nth(row).unwrap()[at].clone()
    };
    let row = |words: &str| {
        let stands = |row: &[Data]| row.iter().any(|cell| *cell == words);
        rows.rows().position(stands).unwrap_or_else(|| panic!("{words}"))
    };
    let reported = row("Half of the first cohort share practice");
    assert_eq!(text(reported, "2014/15 targets and milestones").to_string(), "Half of the first cohort share practice");
    assert_eq!(text(reported, "By when").to_string(), "Dec 2014");
    assert_eq!((text(reported, "Target"), text(reported, "Reached")), (Data::Float(50.0), Data::Float(20.0)));
    assert_eq!(text(reported, "Numerator"), Data::Empty);
    let live = row("First Access reaches 90 %");
    assert_eq!((text(live, "Reached"), text(live, "Numerator")), (Data::Float(0.0), Data::Float(0.0)));
    assert_eq!(
        (text(live, "Denominator"), text(live, "Status")),
        (Data::Float(1.0), Data::String("At risk".to_owned()))
    );
    // A school sees neither the budget nor how far it is.
    let school = app.school(&head, "Beech", json!({})).await.id();
    let seen = sheet(&app.at_school(Role::SchoolHead, school).await).await;
    let headings: Vec<String> = seen.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(headings.last().map(String::as_str), Some("Kind"));
    assert!(!headings.iter().any(|heading| heading == "Budget" || heading == "Status"), "{headings:?}");
}
