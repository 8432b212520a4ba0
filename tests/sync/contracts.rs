//! Contracts of the sample as references of orders.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::days::LATER;
use super::fixture::{World, counts};
use super::hub::{self, order, package};
use super::naive;
use crate::sync_sources::sample;

/// Schools with the number of a signed contract of 2024/25 that stands once, in the order of the numbers.
pub async fn with_numbers(world: &World) -> Vec<(Value, String)> {
    with_contracts(world).await.into_iter().map(|(school, line)| (school, line["contract_no"].clone())).collect()
}

/// The same with the contracts.
async fn with_contracts(world: &World) -> Vec<(Value, naive::Line)> {
    let folder = sample::exported(1).unwrap();
    let urns: HashMap<String, u32> = naive::lines(&folder, "school")
        .into_iter()
        .filter_map(|line| Some((line["contact_id"].clone(), line["urn"].parse().ok()?)))
        .filter(|(_, urn)| (100_000..1_000_000).contains(urn))
        .collect();
    let lines = naive::lines(&folder, "school_contract");
    let mut times: HashMap<String, usize> = HashMap::new();
    for line in &lines {
        *times.entry(line["contract_no"].clone()).or_default() += 1;
    }
    let mut found = Vec::new();
    for line in lines {
        let fits = line["status"] == "Signed" && line["year_id"] == "15" && times[&line["contract_no"]] == 1;
        let Some(urn) = urns.get(&line["school_id"]).filter(|_| fits && line["value"].starts_with('£')) else {
            continue;
        };
        let school = world.school(*urn).await;
        if school["status"] == "open" && found.len() < 8 {
            found.push((school, line));
        }
    }
    found
}

/// The keys of the source that an order has.
async fn keys(world: &World, order: uuid::Uuid) -> Value {
    world.office.get(&format!("/orders/{order}")).await.expect(200).json()["external_ids"].clone()
}

fn key(line: &naive::Line) -> Value {
    json!([{ "system": "music-service", "id": line["contract_id"] }])
}

#[actix_web::test]
async fn an_order_that_carries_a_contract_s_number_gets_its_key_once() {
    let Some(world) = World::new().await else { return };
    let (contracts, package) = (with_contracts(&world).await, package(&world).await);
    let ours = order(&world, package, &contracts[0].0, &contracts[0].1["contract_no"].to_lowercase()).await;
    let other_school = order(&world, package, &contracts[2].0, &contracts[1].1["contract_no"]).await;
    let run = world.synced().await;
    assert_eq!(keys(&world, ours).await, key(&contracts[0].1));
    assert_eq!(keys(&world, other_school).await, json!([]));
    let rows = world.rows(&run, "section=contracts&outcome=conflict").await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(rows[0]["code"], "other_school");
    let found = world.office.get(&format!("/orders/by-key/music-service/{}", contracts[0].1["contract_id"])).await;
    assert_eq!(found.expect(200).id(), ours);
    let second = world.synced().await;
    assert_eq!((counts(&second, "contracts").get("conflict"), &second["written"]), (None, &json!(0)));
}

#[actix_web::test]
async fn contracts_without_an_order_are_reported_with_what_is_wrong_with_them() {
    let Some(world) = World::new().await else { return };
    let run = world.synced().await;
    let mut codes: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for row in world.rows(&run, "section=contracts").await {
        *codes.entry(format!("{} {}", hub::text(&row["outcome"]), hub::text(&row["code"]))).or_default() += 1;
    }
    insta::assert_debug_snapshot!(codes, @r#"
    {
        "rejected unknown_reference": 1,
        "unchanged credit": 2,
        "unchanged no_order": 314,
        "waiting ": 24,
    }
    "#);
}

#[actix_web::test]
async fn a_contract_that_is_called_off_or_gone_leaves_the_order_and_is_reported() {
    let Some(mut world) = World::new().await else { return };
    let package = package(&world).await;
    let mut ours = Vec::new();
    // Day 3 calls off the first contracts that are signed and have a value; day 4 deletes the first draft.
    let contracts = with_contracts(&world).await;
    for (school, line) in contracts.iter().take(2) {
        ours.push(order(&world, package, school, &line["contract_no"]).await);
    }
    world.synced().await;
    let mut codes = Vec::new();
    for (day, later) in LATER {
        world.days_later(later);
        if day == 3 {
            world.register(3).await;
        }
        world.files_of(day);
        let run = world.synced().await;
        let rows = world.rows(&run, "section=contracts").await;
        let told = rows.iter().filter(|row| row["outcome"] == "conflict" || row["outcome"] == "missing");
        codes.extend(told.map(|row| format!("{day}: {} {}", hub::text(&row["outcome"]), hub::text(&row["code"]))));
    }
    insta::assert_debug_snapshot!(codes, @r#"
    [
        "3: conflict called_off",
        "4: missing ",
    ]
    "#);
    for id in ours {
        let order = world.office.get(&format!("/orders/{id}")).await.expect(200).json();
        assert_eq!((order["status"].clone(), order["external_ids"].as_array().unwrap().len()), (json!("quote"), 1));
    }
}
