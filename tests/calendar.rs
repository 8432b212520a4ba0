//! A visitor's calendar by its secret address.
#![expect(clippy::disallowed_methods, reason = "rows are looked at and changed behind the service")]

use entity::identity::grant::{self, Role};
use entity::identity::user;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply};

fn planned(app: &App, school_id: Uuid, visitor_id: Uuid, days: u32) -> visit::Model {
    let now = app.clock.now();
    let starts_at = now + std::time::Duration::from_hours(24) * days;
    visit::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id,
        visitor_id,
        co_visitor_ids: Default::default(),
        kind: VisitKind::Initial,
        mode: VisitMode::InPerson,
        provider_id: None,
        starts_at,
        ends_at: starts_at + std::time::Duration::from_mins(90),
        purpose: Some("Bring: music, stands;\nand a keyboard".to_owned()),
        note: Some("Internal: ask about the budget".to_owned()),
        people_met: Default::default(),
        status: VisitStatus::Planned,
        status_reason: None,
        completed_on: None,
        external_ids: Default::default(),
        search_key: String::new(),
    }
}

/// The address of somebody's calendar, as a path.
async fn address(caller: &Caller) -> String {
    let made = caller.act("/me/calendar-address", None).await.expect(200).json();
    let url = made["url"].as_str().unwrap();
    let (_, link) = url.split_once("/visit-calendars/").unwrap();
    format!("//visit-calendars/{link}")
}

/// The lines of a calendar, unfolded.
fn lines(reply: &Reply) -> Vec<String> {
    let text = reply.text();
    assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    text.replace("\r\n ", "").lines().map(str::to_owned).collect()
}

async fn two_visits() -> (App, Caller, Caller, [visit::Model; 2]) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let specialist = app.as_role(Role::SpecialistLeader).await;
    let more = json!({ "street": "1 High Street", "town": "Oadby", "postcode": "LE2 5BB" });
    let school = app.school(&head, "Ash, St Mary's", more).await.id();
    let lead = json!({
        "person_id": specialist.person(), "school_id": school, "role": "lead", "from_on": "2014-09-01",
        "to_on": "2014-12-31"
    });
    head.post("/assignments", &lead).await.expect(201);
    let own = planned(&app, school, specialist.person(), 1);
    let others = planned(&app, school, head.person(), 2);
    app.insert::<visit::Entity>(app.hub, vec![own.clone(), others.clone()]).await;
    (app, head, specialist, [own, others])
}

#[actix_web::test]
async fn a_calendar_holds_the_own_visits_and_changes_with_them() {
    let (app, head, specialist, [own, others]) = two_visits().await;
    let path = address(&specialist).await;
    let nobody = app.nobody();
    let first = nobody.get(&path).await.expect(200);
    assert_eq!(first.header("content-type"), "text/calendar; charset=utf-8");
    let found = lines(&first);
    for line in [
        format!("UID:{}@visits.smep", own.id),
        "SUMMARY:First visit: Ash\\, St Mary's".to_owned(),
        "LOCATION:Ash\\, St Mary's\\, 1 High Street\\, Oadby\\, LE2 5BB".to_owned(),
        "DESCRIPTION:Bring: music\\, stands\\;\\nand a keyboard".to_owned(),
        "DTSTART:20140902T083000Z".to_owned(),
        "DTEND:20140902T100000Z".to_owned(),
        "DTSTAMP:20140901T083000Z".to_owned(),
        "SEQUENCE:0".to_owned(),
        "STATUS:TENTATIVE".to_owned(),
    ] {
        assert!(found.contains(&line), "{line} in {found:#?}");
    }
    assert!(!first.text().contains(&others.id.to_string()), "another visitor's");
    assert!(!first.text().contains("budget"), "internal notes stay inside");
    let known = nobody.get(&path).header("if-none-match", first.etag()).await.expect(304);
    assert!(known.body.is_empty());

    let cancelled = visit::Model { status: VisitStatus::Cancelled, version: 2, ..own.clone() };
    app.write(app.hub, async |write| write.replace_row::<visit::Entity>(&cancelled).await).await;
    let second = nobody.get(&path).header("if-none-match", first.etag()).await.expect(200);
    let found = lines(&second);
    assert!(found.contains(&"STATUS:CANCELLED".to_owned()) && found.contains(&"SEQUENCE:1".to_owned()), "{found:#?}");
    assert_eq!(
        lines(&nobody.get(&address(&head).await).await.expect(200)).iter().filter(|it| *it == "BEGIN:VEVENT").count(),
        1
    );
}

#[actix_web::test]
async fn a_calendar_shows_no_more_than_its_user_sees_now() {
    let (app, _, specialist, [own, _]) = two_visits().await;
    let path = address(&specialist).await;
    let nobody = app.nobody();
    let sees = async || nobody.get(&path).await.expect(200).text().contains(&own.id.to_string());
    assert!(sees().await);
    let given_away = visit::Model { visitor_id: Uuid::nil(), version: 2, ..own.clone() };
    let another = app.as_role(Role::MusicLeader).await;
    let given_away = visit::Model { visitor_id: another.person(), ..given_away };
    app.write(app.hub, async |write| write.replace_row::<visit::Entity>(&given_away).await).await;
    assert!(!sees().await, "somebody else goes");
    let over = visit::Model { status: VisitStatus::Closed, version: 3, ..own.clone() };
    app.write(app.hub, async |write| write.replace_row::<visit::Entity>(&over).await).await;
    assert!(sees().await);
    app.clock.advance(std::time::Duration::from_hours(24 * 130));
    assert!(!sees().await, "the school is lost, and the visit is over");
}

#[actix_web::test]
async fn an_address_works_until_it_is_replaced_or_revoked_or_its_user_is_disabled() {
    let (app, _, specialist, _) = two_visits().await;
    let nobody = app.nobody();
    specialist.get("/me/calendar-address").await.problem(404, "not-found");
    let first = address(&specialist).await;
    assert_eq!(
        specialist.get("/me/calendar-address").await.expect(200).json()["made_at"],
        "2014-09-01T08:30:00.000000Z"
    );
    let second = address(&specialist).await;
    nobody.get(&first).await.problem(404, "not-found");
    nobody.get(&second).await.expect(200);
    for altered in [second.replace(".ics", ""), second.replace(".ics", "x.ics"), "//visit-calendars/x.ics".to_owned()] {
        nobody.get(&altered).await.problem(404, "not-found");
    }
    specialist.delete("/me/calendar-address", "*").await.expect(204);
    nobody.get(&second).await.problem(404, "not-found");
    specialist.delete("/me/calendar-address", "*").await.problem(404, "not-found");
    let third = address(&specialist).await;
    nobody.get(&third).await.expect(200);
    let of_person = user::Entity::find().filter(user::Column::PersonId.eq(specialist.person()));
    let row = of_person.one(app.state.db.read()).await.unwrap().unwrap();
    let disabled = user::Model { disabled_at: Some(app.clock.now()), ..row.clone() };
    app.write(app.hub, async |write| write.replace_row::<user::Entity>(&disabled).await).await;
    nobody.get(&third).await.problem(404, "not-found");
    app.write(app.hub, async |write| write.replace_row::<user::Entity>(&row).await).await;
    nobody.get(&third).await.expect(200);
    let grants = grant::Entity::find().filter(grant::Column::UserId.eq(row.id));
    let held = grants.one(app.state.db.read()).await.unwrap().unwrap();
    let ended = grant::Model { to_on: app.clock.today().previous_day(), ..held };
    app.write(app.hub, async |write| write.replace_row::<grant::Entity>(&ended).await).await;
    nobody.get(&third).await.problem(404, "not-found");
}

#[actix_web::test]
async fn only_the_hash_of_the_secret_is_kept_and_a_partner_system_has_no_calendar() {
    let (app, _, specialist, _) = two_visits().await;
    let path = address(&specialist).await;
    let rows = entity::visits::calendar_link::Entity::find().all(app.state.db.read()).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(!path.contains(&rows[0].secret_hash) && rows[0].secret_hash.len() == 43);
    let client = app.as_client("visits:read").await;
    client.act("/me/calendar-address", None).await.problem(409, "conflict");
    client.get("/me/calendar-address").await.problem(404, "not-found");
    let elsewhere = app.another_hub("elsewhere").await;
    let stranger = app.as_role_in(elsewhere, Role::HeadOfService, |_| {}).await;
    let empty = app.nobody().get(&address(&stranger).await).await.expect(200);
    assert!(!empty.text().contains("VEVENT"));
}
