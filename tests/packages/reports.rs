//! Income, purchases and capacity, as on any day.

use std::time::Duration;

use serde_json::json;

use super::{Shop, on_sale, quote, read, step, with};

#[actix_web::test]
async fn income_adds_up_by_package_term_area_and_school_as_on_any_day() {
    let shop = Shop::new().await;
    let area = shop.app.area(&shop.head, "North").await.id();
    shop.head.patch(&format!("/schools/{}", shop.school), &json!({ "area_id": area }), "*").await.expect(200);
    let other = on_sale(&shop.officer, "OBS", json!({ "price_pence": 19_500 })).await;
    let handed = shop.delivered(2).await;
    shop.officer.post("/hand-overs", &json!({ "order_ids": [handed] })).await.expect(201);
    let beech = shop.app.school(&shop.head, "Beech", json!({})).await.id();
    let lines = json!([{ "package_id": shop.package, "quantity": 1 }, { "package_id": other, "quantity": 1 }]);
    let subsidies = json!([{ "text": "Half", "subsidy_pence": -12_000, "package_id": shop.package }]);
    let form = with(quote(beech, other, 1), json!({ "lines": lines, "subsidies": subsidies, "term": "summer" }));
    let mixed = shop.officer.post("/orders", &form).await.expect(201).id();
    step(&shop.officer, mixed, "order").await.expect(200);
    let cancelled = shop.confirmed(1).await;
    shop.quoted(5).await;
    shop.app.clock.advance(Duration::from_hours(24));
    let officer = shop.app.again(&shop.officer);
    step(&officer, cancelled, "cancel").await.expect(200);
    let report = async |query: &str| officer.get(&format!("/reports/income?{query}")).await.expect(200).json();
    let by = report("by=package").await;
    let total = &by["total"];
    assert_eq!((&total["orders"], &total["units"]), (&json!(2), &json!(4)), "{by}");
    assert_eq!((&total["ordered_pence"], &total["subsidy_pence"]), (&json!(91_500), &json!(-12_000)));
    assert_eq!((&total["income_pence"], &total["delivered_pence"]), (&json!(79_500), &json!(48_000)));
    assert_eq!(total["handed_over_pence"], 48_000);
    let line = |report: &serde_json::Value, label: &str| {
        let lines = report["lines"].as_array().unwrap();
        let found = lines.iter().find(|line| line["group"]["label"] == label);
        found.unwrap_or_else(|| panic!("{label}: {report}"))["income_pence"].clone()
    };
    assert_eq!(line(&by, "LDR: Leadership support LDR"), 60_000);
    assert_eq!(line(&by, "OBS: Leadership support OBS"), 19_500);
    let by = report("by=term").await;
    assert_eq!((line(&by, "2014/15 spring"), line(&by, "2014/15 summer")), (json!(48_000), json!(31_500)));
    let by = report("by=area").await;
    assert_eq!(line(&by, "North"), 48_000);
    let by = report("by=school").await;
    assert_eq!((line(&by, "Ash"), line(&by, "Beech")), (json!(48_000), json!(31_500)));
    assert_eq!(report(&format!("by=school&area_id={area}")).await["found"], 1);
    // A day earlier the third order stood.
    let earlier = report("by=package&as_at=2014-09-01").await;
    assert_eq!((&earlier["total"]["orders"], &earlier["total"]["income_pence"]), (&json!(3), &json!(103_500)));
    let before = report("by=package&as_at=2014-08-31&academic_year=2014/15").await;
    assert_eq!(before["total"]["income_pence"], 0);
    let csv = officer.get("/reports/income?by=school&format=csv").await.expect(200).text();
    assert!(csv.contains("group_label,orders,units,ordered_pence") && csv.contains(",Ash,"), "{csv}");
    shop.app.again(&shop.staff).get("/reports/income").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn purchases_say_what_each_school_bought() {
    let shop = Shop::new().await;
    shop.delivered(2).await;
    shop.confirmed(1).await;
    let beech = shop.app.school(&shop.head, "Beech", json!({ "urn": 120_001 })).await.id();
    let subsidies = json!([{ "text": "For all of it", "subsidy_pence": -4_000 }]);
    let form = with(quote(beech, shop.package, 1), json!({ "subsidies": subsidies }));
    let order = shop.officer.post("/orders", &form).await.expect(201).id();
    step(&shop.officer, order, "order").await.expect(200);
    let bought = shop.officer.get("/reports/purchases").await.expect(200).json();
    let lines: Vec<_> = bought["lines"].as_array().unwrap().iter().collect();
    let told = |at: usize| {
        let line = lines[at];
        (line["school_name"].clone(), line["package_code"].clone(), line["units"].clone(), line["amount_pence"].clone())
    };
    assert_eq!(told(0), (json!("Ash"), json!("LDR"), json!(3), json!(72_000)));
    let mut rest = [told(1), told(2)];
    rest.sort_by_key(|line| line.1.is_null());
    assert_eq!(rest[0], (json!("Beech"), json!("LDR"), json!(1), json!(24_000)));
    assert_eq!(rest[1], (json!("Beech"), json!(null), json!(0), json!(-4_000)));
    assert_eq!(bought["total"]["amount_pence"], 92_000);
    assert_eq!(bought["total"]["orders"], 3);
    let one = shop.officer.get(&format!("/reports/purchases?school_id={beech}&limit=1")).await.expect(200).json();
    assert_eq!((&one["found"], one["lines"].as_array().unwrap().len()), (&json!(2), 1));
    shop.officer.get("/reports/purchases?format=xlsx").await.expect(200);
}

#[actix_web::test]
async fn capacity_shows_what_is_taken_and_left_term_by_term() {
    let shop = Shop::new().await;
    shop.confirmed(7).await;
    let order = shop.confirmed(3).await;
    shop.app.clock.advance(Duration::from_hours(24));
    let officer = shop.app.again(&shop.officer);
    step(&officer, order, "cancel").await.expect(200);
    let unlimited = on_sale(&officer, "SEF", json!({})).await;
    let report = async |query: &str| officer.get(&format!("/reports/capacity-used?{query}")).await.expect(200).json();
    let now = report("academic_year=2014/15").await;
    assert_eq!(now["found"], 6);
    let spring = |report: &serde_json::Value, package: uuid::Uuid| {
        let lines = report["lines"].as_array().unwrap().clone();
        lines.into_iter().find(|line| line["package_id"] == json!(package) && line["term"] == "spring").unwrap()
    };
    let line = spring(&now, shop.package);
    assert_eq!((&line["used"], &line["capacity"], &line["left"]), (&json!(7), &json!(10), &json!(3)));
    let line = spring(&now, unlimited);
    assert_eq!((&line["used"], &line["capacity"], &line["left"]), (&json!(0), &json!(null), &json!(null)));
    let line = spring(&report("academic_year=2014/15&as_at=2014-09-01").await, shop.package);
    assert_eq!((&line["used"], &line["left"]), (&json!(10), &json!(0)));
    officer.get("/reports/capacity-used?academic_year=2014/16").await.problem(400, "bad-parameter");
    assert_eq!(read(&officer, order).await["status"], "cancelled");
}
