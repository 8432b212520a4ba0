//! What passes between two hubs, and what does not: told as attacks.

use std::collections::BTreeSet;
use std::time::Duration;

use entity::identity::grant::Role;
use futures_util::future::join;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, accept, because, practice, propose, share};
use crate::frameworks::singing;
use crate::support::Caller;

/// Another hub with its head of service.
async fn another(hub: &Hub, slug: &str) -> Caller {
    let id = hub.app.another_hub(slug).await;
    hub.app.as_role_in(id, Role::HeadOfService, |_| {}).await
}

/// A hub that is linked with ours by its own proposal; our link.
async fn linked(hub: &Hub, slug: &str) -> (Caller, Uuid) {
    let there = another(hub, slug).await;
    propose(&there, "leicester").await;
    accept(&hub.head).await;
    let link = hub.head.get(&format!("/hub-links?partner_slug={slug}")).await.expect(200).ids()[0];
    (there, link)
}

/// Whether a hub can read an item that was shared with it: in lists, counts, exports and by its id alike.
async fn reads(by: &Caller, share: Uuid) -> bool {
    let item = by.get(&format!("/received-shares/{share}")).await;
    let listed = by.get("/received-shares").await.expect(200).ids().contains(&share);
    let exported = by.get("/received-shares/export?format=ndjson").await.expect(200).text();
    let counted = by.get("/received-shares/counts?by=item_kind").await.expect(200).json()["total"].clone();
    assert_eq!(exported.contains(&share.to_string()), listed);
    assert_eq!(counted, exported.lines().count());
    assert_eq!(item.status, if listed { 200 } else { 404 }, "{item:?}");
    listed
}

#[actix_web::test]
async fn a_linked_hub_reads_just_the_item_until_a_side_ends_it() {
    let hub = Hub::new().await;
    let (luton, link) = linked(&hub, "luton").await;
    let third = another(&hub, "derby").await;
    let made = hub.published(&json!({ "school_id": hub.ash, "consent_until": "2014-09-30" })).await;
    let secret = hub.published(&json!({ "title": "Ours alone" })).await;
    let shared = share(&hub.head, link, made).await.expect(201).id();
    share(&hub.head, link, made).await.problem(409, "duplicate");
    assert!(reads(&luton, shared).await && !reads(&third, shared).await && !reads(&hub.head, shared).await);

    // The item's own view: nothing internal, nobody's id.
    let item = luton.get(&format!("/received-shares/{shared}")).await.expect(200).json();
    assert_eq!(item["shared_practice"]["text"], "Every pupil chose an instrument");
    assert_eq!((&item["from_slug"], &item["item_kind"]), (&json!("leicester"), &json!("shared_practice")));
    let text = item.to_string();
    for hidden in [&hub.ash, &made, &hub.app.hub, &link].map(Uuid::to_string).iter().map(String::as_str).chain([
        "Ask again",
        "They asked",
        "Head teacher",
        "consent_by",
        "note",
    ]) {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    // Every other way to it, to what lies beside it and to the rows behind it.
    for path in [
        format!("/shared-practice/{made}"),
        format!("/shared-practice/{made}?expand=school,actions"),
        format!("/shared-practice/{made}/history"),
        format!("/shared-practice/{made}/attachments"),
        format!("/shared-practice/{secret}"),
        format!("/hub-shares/{shared}"),
        format!("/hub-shares/{shared}?expand=link"),
        format!("/hub-shares/{shared}/history"),
        format!("/hub-links/{link}"),
        format!("/received-shares/{made}"),
        format!("/received-shares/{secret}"),
        format!("/received-shares/{link}"),
        format!("/schools/{}", hub.ash),
    ] {
        luton.get(&path).await.problem(404, "not-found");
    }
    luton.get(&format!("/received-shares/{shared}/history")).await.problem(404, "not-found");
    luton.get("/received-shares?expand=link").await.problem(400, "bad-parameter");
    luton.get("/received-shares?fields=item_id").await.problem(400, "bad-parameter");
    let thin = luton.get("/received-shares?fields=title").await.expect(200).json();
    assert_eq!(thin["items"], json!([{ "title": "From ukulele to a band" }]));
    for list in ["/shared-practice", "/hub-shares", "/practice-openings"] {
        assert_eq!(luton.get(list).await.expect(200).ids(), Vec::<Uuid>::new(), "{list}");
    }
    assert_eq!(luton.get("/received-shares?archived=true").await.expect(200).ids(), Vec::<Uuid>::new());
    let changes = luton.get("/changes?limit=200").await.expect(200).json();
    let kinds: BTreeSet<_> = changes["items"].as_array().unwrap().iter().map(|it| it["resource"].to_string()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["\"hub_link\""]);
    assert!(!changes.to_string().contains(&hub.head.person().to_string()), "{changes}");
    // A school of the other hub, and a caller without the scope, come to nothing.
    luton.patch(&format!("/shared-practice/{made}"), &json!({ "note": "x" }), "*").await.problem(404, "not-found");
    luton
        .post(&format!("/shared-practice/{made}/open"), &json!({ "school_id": hub.ash }))
        .await
        .problem(404, "not-found");

    // The consent ends by itself.
    hub.app.clock.advance(Duration::from_hours(30 * 24));
    let (head, luton) = (hub.app.again(&hub.head), hub.app.again(&luton));
    assert!(!reads(&luton, shared).await, "the consent is over");
    head.patch(&format!("/shared-practice/{made}"), &json!({ "consent_until": null }), "*").await.expect(200);
    assert!(reads(&luton, shared).await);
    // The other hub ends it; ours learns by whom and why.
    because(&hub.app.again(&third), &format!("/received-shares/{shared}/end")).await.problem(404, "not-found");
    because(&luton, &format!("/received-shares/{shared}/end")).await.expect(204);
    assert!(!reads(&luton, shared).await);
    because(&luton, &format!("/received-shares/{shared}/end")).await.problem(404, "not-found");
    let ended = head.get(&format!("/hub-shares/{shared}")).await.expect(200).json();
    assert_eq!((&ended["ended_by"], &ended["end_reason"]), (&json!("other_hub"), &json!("As agreed")));
    because(&head, &format!("/hub-shares/{shared}/end")).await.problem(409, "conflict");
    let history = head.get(&format!("/hub-shares/{shared}/history")).await.expect(200).json();
    assert_eq!((&history["items"][0]["operation"], &history["items"][0]["actor_id"]), (&json!("end"), &Value::Null));
    let withdrawn = share(&head, link, made).await.expect(201).id();
    assert!(reads(&luton, withdrawn).await);
    because(&head, &format!("/shared-practice/{made}/withdraw")).await.expect(200);
    assert!(!reads(&luton, withdrawn).await);
}

#[actix_web::test]
async fn the_end_of_a_link_ends_what_both_sides_share_for_good() {
    let hub = Hub::new().await;
    let (luton, link) = linked(&hub, "luton").await;
    let ours = share(&hub.head, link, hub.published(&json!({})).await).await.expect(201).id();
    let made = luton.post("/shared-practice", &practice(&json!({ "title": "Theirs" }))).await.expect(201).id();
    super::act(&luton, &format!("/shared-practice/{made}/publish")).await.expect(200);
    let their_link = luton.get("/hub-links").await.expect(200).ids()[0];
    let theirs = share(&luton, their_link, made).await.expect(201).id();
    assert!(reads(&luton, ours).await && reads(&hub.head, theirs).await);
    because(&luton, &format!("/hub-links/{their_link}/end")).await.expect(200);
    assert!(!reads(&luton, ours).await && !reads(&hub.head, theirs).await);
    let ended = hub.head.get(&format!("/hub-links/{link}")).await.expect(200).json();
    let told = ["status", "ended_by", "end_reason"].map(|field| ended[field].as_str().unwrap());
    assert_eq!(told, ["ended", "other_hub", "As agreed"]);
    let share_of_ours = hub.head.get(&format!("/hub-shares/{ours}")).await.expect(200).json();
    assert_eq!((&share_of_ours["status"], &share_of_ours["ended_by"]), (&json!("ended"), &json!("other_hub")));
    assert_snapshot!(
        share(&hub.head, link, hub.published(&json!({})).await).await.refusal(409, "conflict"),
        @"cannot share by a link that is ended: it must be active"
    );
    // A new link shows nothing of what was shared before.
    hub.head.act(&format!("/hub-links/{link}/propose"), None).await.expect(200);
    accept(&luton).await;
    assert_eq!(hub.head.get(&format!("/hub-links/{link}")).await.expect(200).json()["status"], "active");
    assert!(!reads(&luton, ours).await && !reads(&hub.head, theirs).await);
}

#[actix_web::test]
async fn a_proposal_tells_nothing_about_a_hub_that_does_not_answer() {
    let hub = Hub::new().await;
    let luton = another(&hub, "luton").await;
    let plain = |mut item: Value| {
        for field in ["id", "partner_slug"] {
            item.as_object_mut().unwrap().remove(field);
        }
        item
    };
    let mut replies = Vec::new();
    for slug in ["luton", "nowhere", "platform"] {
        let made = hub.head.post("/hub-links", &json!({ "partner_slug": slug })).await.expect(201);
        let path = format!("/hub-links/{}", made.id());
        assert_eq!(made.json()["partner_name"], Value::Null);
        hub.head.act(&format!("{path}/accept"), None).await.problem(409, "conflict");
        share(&hub.head, made.id(), hub.published(&json!({})).await).await.problem(409, "conflict");
        let ended = because(&hub.head, &format!("{path}/end")).await.expect(200);
        let again = hub.head.act(&format!("{path}/propose"), None).await.expect(200);
        replies.push([plain(made.json()), plain(ended.json()), plain(again.json())]);
    }
    assert_eq!(replies[0], replies[1], "whether there is such a hub");
    assert_eq!(replies[0], replies[2]);
    let itself = hub.head.post("/hub-links", &json!({ "partner_slug": "leicester" })).await;
    assert_eq!(itself.faults(), [("/partner_slug".to_owned(), "unknown_reference".to_owned())]);
    // The hub that is asked sees who asks, and declines.
    let offer = luton.get("/hub-links").await.expect(200).json();
    let told = ["partner_slug", "partner_name", "status"].map(|field| offer["items"][0][field].as_str().unwrap());
    assert_eq!(told, ["leicester", "Hub leicester", "offered"]);
    luton.post("/hub-links", &json!({ "partner_slug": "leicester" })).await.problem(409, "duplicate");
    let path = format!("/hub-links/{}", offer["items"][0]["id"].as_str().unwrap());
    because(&luton, &format!("{path}/end")).await.expect(200);
    let declined = hub.head.get("/hub-links?partner_slug=luton").await.expect(200).json()["items"][0].clone();
    assert_eq!((&declined["status"], &declined["partner_name"]), (&json!("ended"), &Value::Null));
}

#[actix_web::test]
async fn two_hubs_that_act_at_once_end_in_one_state() {
    let hub = Hub::new().await;
    for round in 0..4 {
        let slug = format!("partner-{round}");
        let there = another(&hub, &slug).await;
        let (ours, theirs) = (json!({ "partner_slug": slug }), json!({ "partner_slug": "leicester" }));
        let (one, other) =
            join(async { hub.head.post("/hub-links", &ours).await }, async { there.post("/hub-links", &theirs).await })
                .await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one:?} {other:?}");
        let link = hub.head.get(&format!("/hub-links?partner_slug={slug}")).await.expect(200).ids()[0];
        let their_link = there.get("/hub-links").await.expect(200).ids()[0];
        let (proposer, accepter) =
            if one.status == 201 { (&hub.head, (&there, their_link)) } else { (&there, (&hub.head, link)) };
        let proposed = if one.status == 201 { link } else { their_link };
        let (accept, end) = (format!("/hub-links/{}/accept", accepter.1), format!("/hub-links/{proposed}/end"));
        let (accepted, ended) =
            join(async { accepter.0.act(&accept, None).await }, async { because(proposer, &end).await }).await;
        assert_eq!(ended.status, 200, "{ended:?}");
        assert!([200, 409].contains(&accepted.status), "{accepted:?}");
        let mut states = Vec::new();
        for (by, link) in [(&hub.head, link), (&there, their_link)] {
            states.push(by.get(&format!("/hub-links/{link}")).await.expect(200).json()["status"].clone());
        }
        assert_eq!(states, ["ended", "ended"]);
    }
}

#[actix_web::test]
async fn a_shared_framework_can_be_made_by_the_hub_that_reads_it() {
    let hub = Hub::new().await;
    let (luton, link) = linked(&hub, "luton").await;
    let framework = hub.head.post("/frameworks", &singing()).await.expect(201).id();
    let form = json!({ "link_id": link, "item_kind": "framework", "item_id": framework });
    hub.head.post("/hub-shares", &form).await.problem(409, "conflict");
    super::act(&hub.head, &format!("/frameworks/{framework}/publish")).await.expect(200);
    let shared = hub.head.post("/hub-shares", &form).await.expect(201).id();
    let item = luton.get(&format!("/received-shares/{shared}")).await.expect(200).json();
    assert!(!item.to_string().contains(&framework.to_string()), "{item}");
    luton.post("/frameworks", &item["framework"]).await.expect(201);
    luton.get(&format!("/frameworks/{framework}")).await.problem(404, "not-found");
    super::act(&hub.head, &format!("/frameworks/{framework}/retire")).await.expect(200);
    assert!(!reads(&luton, shared).await, "it is retired");
}

#[test]
fn two_tables_have_a_door_between_hubs() {
    let folder = crate::source::root().join("entity/src");
    let mut doors = Vec::new();
    for part in std::fs::read_dir(folder).unwrap().flatten().filter(|it| it.path().is_dir()) {
        for file in std::fs::read_dir(part.path()).unwrap().flatten() {
            let text = std::fs::read_to_string(file.path()).unwrap();
            if text.contains("across:") {
                doors.push(file.file_name().into_string().unwrap());
            }
        }
    }
    doors.sort();
    assert_eq!(doors, ["compared_metric.rs", "received_share.rs"]);
}
