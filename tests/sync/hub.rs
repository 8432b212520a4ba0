//! What a hub of the sample has of its own: measures in use, orders, and what it says about schools.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::kernel::caller::tenancy::Caller as Inside;
use entity::exchange::sync_link;
use entity::exchange::sync_row::SyncSection;
use entity::instant::Instant;
use entity::list::List;
use entity::schools::school::{self, SchoolStatus};
use entity::schools::school_link::{self, SchoolRelation};
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::{Value, json};
use time::macros::date;
use time::{Date, Duration};
use uuid::Uuid;

use super::fixture::World;
use super::naive::{Known, Told};
use crate::{awards, evaluations, frameworks, packages};

/// The measures that the documented mapping names.
pub const MEASURES: [&str; 4] =
    ["first_access_pupils", "singing_pupils", "instrumental_lessons_pupils", "ensemble_pupils"];

/// Publishes measures that come with the service.
pub async fn publish(world: &World, codes: &[&str]) {
    let shipped = world.office.get("/shipped-measure-definitions").await.expect(200).json();
    for form in shipped["definitions"].as_array().unwrap() {
        if codes.iter().any(|code| form["code"] == *code) {
            let made = world.office.post("/measure-definitions", form).await.expect(201).id();
            world.office.act(&format!("/measure-definitions/{made}/publish"), Some("*")).await.expect(200);
        }
    }
}

/// Where the contacts of the source lead, as the last run found it out.
pub async fn places(world: &World) -> HashMap<String, Uuid> {
    let service = Inside::system(world.app.state.clone(), world.app.hub);
    let links = service.rows::<sync_link::Entity>().filter(sync_link::Column::Section.eq(SyncSection::Schools));
    let links = links.filter(sync_link::Column::MissingSince.is_null());
    let links = links.all(world.app.state.db.read()).await.unwrap();
    links.into_iter().filter_map(|link| Some((link.source_key, link.item_id?))).collect()
}

/// The register as the service has it, with the lines of predecessors and successors.
pub async fn register(world: &World) -> HashMap<Uuid, Known> {
    let service = Inside::system(world.app.state.clone(), world.app.hub);
    let db = world.app.state.db.read();
    let schools = service.rows::<school::Entity>().all(db).await.unwrap();
    let links = service.rows::<school_link::Entity>().all(db).await.unwrap();
    let of_urn: HashMap<i32, Uuid> = schools.iter().filter_map(|it| Some((it.urn?, it.id))).collect();
    let pairs: Vec<(Uuid, Uuid)> = links
        .iter()
        .filter(|link| matches!(link.relation, SchoolRelation::Predecessor | SchoolRelation::Successor))
        .filter_map(|link| Some((link.school_id, *of_urn.get(&link.link_urn)?)))
        .collect();
    let line = |id: Uuid| {
        let mut line = BTreeSet::from([id]);
        while let Some((one, other)) = pairs.iter().find(|(one, other)| line.contains(one) != line.contains(other)) {
            line.extend([*one, *other]);
        }
        line
    };
    let known = |it: &school::Model| Known {
        opened_on: it.opened_on,
        closed_on: it.closed_on,
        closed: it.status == SchoolStatus::Closed,
        line: line(it.id),
    };
    schools.iter().map(|it| (it.id, known(it))).collect()
}

/// The figures of a measure as the API lists them.
pub async fn listed(world: &World, code: &str) -> BTreeMap<(Uuid, String), Told> {
    let items = world.office.all(&format!("/measure-values?definition_code={code}&breakdown=")).await;
    let told = |item: &Value| {
        let key = (item["school_id"].as_str().unwrap().parse().unwrap(), text(&item["academic_year"]));
        let estimated = item["estimated"].as_bool().unwrap();
        (key, Told { value: item["value"].as_i64(), basis: text(&item["basis"]), estimated })
    };
    items.iter().map(told).collect()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A package on sale.
pub async fn package(world: &World) -> Uuid {
    packages::on_sale(&world.office, "SYNC", json!({})).await
}

/// An order of a school of the sample with a number.
pub async fn order(world: &World, package: Uuid, school: &Value, number: &str) -> Uuid {
    let form = json!({
        "school_id": school["id"], "academic_year": "2024/25", "term": "spring",
        "lines": [{ "package_id": package, "quantity": 1 }], "purchase_order_number": number,
    });
    world.office.post("/orders", &form).await.expect(201).id()
}

/// Gives a school a rating by hand.
pub async fn rate(world: &World, school: &Value, colour: &str) -> Uuid {
    let form = json!({
        "school_id": school["id"], "colour": colour, "on_date": "2025-01-20", "valid_until": "2025-12-31",
        "source": "by_hand", "reason": "As seen at the network meeting",
    });
    world.office.post("/rag-ratings", &form).await.expect(201).id()
}

/// Gives a school a specialist who leads there.
pub async fn assign(world: &World, school: &Value, name: &str) {
    let person = world.office.post("/people", &json!({ "name": name })).await.expect(201).id();
    let form = json!({ "person_id": person, "school_id": school["id"], "role": "lead", "from_on": "2025-01-06" });
    world.office.post("/assignments", &form).await.expect(201);
}

/// A visit to a school that was made on a day.
pub async fn visited(world: &World, school: &Value, on: Date) {
    let now = world.app.clock.now();
    let begins = Instant::from(on.midnight().assume_utc() + Duration::hours(9));
    let row = visit::Model {
        hub_id: world.app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id: text(&school["id"]).parse().unwrap(),
        visitor_id: world.office.person(),
        co_visitor_ids: List::default(),
        kind: VisitKind::Initial,
        mode: VisitMode::InPerson,
        provider_id: None,
        starts_at: begins,
        ends_at: begins,
        purpose: None,
        note: None,
        people_met: List::default(),
        status: VisitStatus::Completed,
        status_reason: None,
        completed_on: Some(on),
        external_ids: List::default(),
        search_key: String::new(),
    };
    world.app.insert::<visit::Entity>(world.app.hub, vec![row]).await;
}

/// A visit to a school that is planned for an instant.
pub async fn plans_to_visit(world: &World, school: &Value, at: &str, until: &str) {
    let form = json!({
        "school_id": school["id"], "visitor_id": world.office.person(), "kind": "follow_up", "mode": "in_person",
        "starts_at": at, "ends_at": until,
    });
    world.office.post("/visits", &form).await.expect(201);
}

/// Awards a school these levels by one scheme, each for an evaluation of its own year.
pub async fn award(world: &World, school: &Value, levels: [(&str, &str); 2]) {
    let framework = evaluations::publish(&world.office, &frameworks::singing()).await;
    let scheme = world.office.post("/award-schemes", &awards::scheme(framework)).await.expect(201).id();
    world.office.act(&format!("/award-schemes/{scheme}/use"), Some("*")).await.expect(200);
    let school: Uuid = text(&school["id"]).parse().unwrap();
    for (year, level) in levels {
        let evidence = ["recording", "timetable"].map(|code| json!({ "code": code, "text": "Seen at the school" }));
        let evaluation = evaluations::open_in(&world.office, school, framework, year).await;
        evaluations::answer_all(&world.office, evaluation, 3).await;
        for verb in ["submit", "moderate", "agree"] {
            world.office.act(&format!("/evaluations/{evaluation}/{verb}"), Some("*")).await.expect(200);
        }
        let form = json!({
            "school_id": school, "scheme_id": scheme, "level": level, "evaluation_id": evaluation,
            "evidence": evidence,
        });
        let application = world.office.post("/award-applications", &form).await.expect(201).id();
        for verb in ["assess", "award"] {
            world.office.act(&format!("/award-applications/{application}/{verb}"), Some("*")).await.expect(200);
        }
    }
}

/// Says something of some schools of the sample, in the order of their URNs.
pub async fn says(world: &World, schools: &[Value]) {
    for (school, colour) in schools.iter().zip(["red", "amber", "green"].into_iter().cycle()) {
        rate(world, school, colour).await;
    }
    assign(world, &schools[0], "Ada Example").await;
    visited(world, &schools[0], date!(2025 - 01 - 14)).await;
    visited(world, &schools[1], date!(2024 - 11 - 05)).await;
}
