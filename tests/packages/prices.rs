//! What a quote costs: bands, prices that stay, and what only the hub sets.

use insta::assert_snapshot;
use serde_json::json;

use super::{Shop, on_sale, package, quote, read, with};

#[actix_web::test]
async fn the_price_goes_by_the_pupils_on_roll_and_says_what_is_missing() {
    let shop = Shop::new().await;
    let bands = json!([
        { "from_pupils": 0, "to_pupils": 210, "price_pence": 9_000 },
        { "from_pupils": 211, "price_pence": 15_000 },
    ]);
    let banded = on_sale(&shop.officer, "SEF", json!({ "price_pence": null, "price_bands": bands })).await;
    let small = shop.staff.post("/orders", &quote(shop.school, banded, 3)).await.expect(201).json();
    assert_eq!((&small["lines"][0]["price_pence"], &small["total_pence"]), (&json!(9_000), &json!(27_000)));
    let large = shop.app.school(&shop.head, "Beech", json!({ "pupils": 211 })).await.id();
    let large = shop.officer.post("/orders", &quote(large, banded, 1)).await.expect(201).json();
    assert_eq!(large["total_pence"], 15_000);
    let unknown = shop.app.school(&shop.head, "Cedar", json!({})).await.id();
    let refused = shop.officer.post("/orders", &quote(unknown, banded, 1)).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    the price depends on the number of pupils on roll, which is not known for the school: enter `pupils`
      by PATCH /schools/{id}, or let the hub set `price_pence` with a reason
    /lines/0/package_id no_price: the price depends on the number of pupils on roll, which is not known
      for the school: enter `pupils` by PATCH /schools/{id}, or let the hub set `price_pence` with a
      reason
    ");
    let by_hand = json!([{ "package_id": banded, "quantity": 1, "price_pence": 12_000, "price_reason": "About 300" }]);
    let form = with(quote(unknown, banded, 1), json!({ "lines": by_hand }));
    assert_eq!(shop.officer.post("/orders", &form).await.expect(201).json()["total_pence"], 12_000);
}

#[actix_web::test]
async fn a_package_tells_what_it_costs_a_school_as_a_quote_would() {
    let shop = Shop::new().await;
    let bands = json!([
        { "from_pupils": 0, "to_pupils": 210, "price_pence": 9_000 },
        { "from_pupils": 211, "price_pence": 15_000 },
    ]);
    let banded = on_sale(&shop.officer, "SEF", json!({ "price_pence": null, "price_bands": bands })).await;
    // A school need not say which one it is.
    let list = shop.staff.get("/packages?expand=price&sort=code").await.expect(200).json();
    let prices: Vec<_> = list["items"].as_array().unwrap().iter().map(|it| &it["price"]["price_pence"]).collect();
    assert_eq!(prices, [24_000, 9_000]);
    let large = shop.app.school(&shop.head, "Beech", json!({ "pupils": 211 })).await.id();
    let unknown = shop.app.school(&shop.head, "Cedar", json!({})).await.id();
    let of = async |school| {
        let path = format!("/packages/{banded}?expand=price&school_id={school}");
        shop.officer.get(&path).await.expect(200).json()["price"].clone()
    };
    assert_eq!(of(large).await, json!({ "school_id": large, "price_pence": 15_000, "unknown": null }));
    let none = of(unknown).await;
    assert_eq!(none["price_pence"], json!(null));
    assert!(none["unknown"].as_str().unwrap().starts_with("the price depends on the number of pupils"), "{none}");
    // Without a school there is no price, and no school learns what another one pays.
    let path = format!("/packages/{banded}?expand=price");
    assert_eq!(shop.officer.get(&path).await.expect(200).json().get("price"), None);
    let other = shop.staff.get(&format!("{path}&school_id={large}")).await.expect(200).json();
    assert_eq!(other.get("price"), None);
}

#[actix_web::test]
async fn bands_that_overlap_and_packages_without_a_price_are_refused() {
    let shop = Shop::new().await;
    let bands = json!([
        { "from_pupils": 0, "to_pupils": 210, "price_pence": 9_000 },
        { "from_pupils": 210, "to_pupils": 100, "price_pence": 15_000 },
        { "from_pupils": 200, "price_pence": 20_000 },
    ]);
    let form = with(package("SEF"), json!({ "price_bands": bands }));
    let refused = shop.officer.post("/packages", &form).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    3 faults in the body
    /price_bands exclusive: the price is the same for all schools, or goes by bands: leave one of the
      two out
    /price_bands/1/to_pupils order: not before `from_pupils`: the band ends before it begins
    /price_bands/2/from_pupils overlap: this band overlaps band 0: give each number of pupils one price
    ");
    let priceless = with(package("SEF"), json!({ "price_pence": null }));
    let priceless = shop.officer.post("/packages", &priceless).await.expect(201).id();
    super::act(&shop.officer, &format!("/packages/{priceless}/launch")).await.problem(409, "conflict");
    super::act(&shop.officer, &format!("/packages/{priceless}/pilot")).await.expect(200);
    let refused = shop.officer.post("/orders", &quote(shop.school, priceless, 1)).await;
    assert_eq!(refused.faults(), [("/lines/0/package_id".to_owned(), "no_price".to_owned())]);
    let clear = json!({ "price_pence": null });
    let refused = shop.officer.patch(&format!("/packages/{}", shop.package), &clear, "*").await;
    assert_eq!(refused.faults(), [("/price_pence".to_owned(), "required".to_owned())]);
}

#[actix_web::test]
async fn a_new_price_of_a_package_touches_no_quote_and_no_order() {
    let shop = Shop::new().await;
    let quoted = shop.quoted(2).await;
    let ordered = shop.confirmed(1).await;
    let path = format!("/packages/{}", shop.package);
    let dearer = json!({ "price_pence": 99_900, "title": "Another title", "vat_code": "Z" });
    shop.officer.patch(&path, &dearer, "*").await.expect(200);
    for (order, total) in [(quoted, 48_000), (ordered, 24_000)] {
        let shown = read(&shop.staff, order).await;
        assert_eq!(shown["total_pence"], total);
        let line = &shown["lines"][0];
        assert_eq!((&line["title"], &line["vat_code"]), (&json!("Leadership support LDR"), &json!("S")));
    }
    // More units of a known line keep its price; a line without its id is a new one.
    let order = format!("/orders/{quoted}");
    let mut lines = read(&shop.staff, quoted).await["lines"].clone();
    lines[0]["quantity"] = json!(3);
    let more = shop.staff.patch(&order, &json!({ "lines": lines }), "*").await.expect(200).json();
    assert_eq!(more["total_pence"], 72_000);
    let fresh = json!([{ "package_id": shop.package, "quantity": 3 }]);
    let dear = shop.staff.patch(&order, &json!({ "lines": fresh }), "*").await.expect(200).json();
    assert_eq!(dear["total_pence"], 299_700);
    assert_eq!(shop.officer.get(&format!("/order-lines?order_id={quoted}")).await.expect(200).ids().len(), 1);
}

#[actix_web::test]
async fn a_school_sets_no_price_no_subsidy_no_expiry_and_no_provider() {
    let shop = Shop::new().await;
    let line = json!({
        "package_id": shop.package, "quantity": 1, "price_pence": 1, "price_reason": "We are small",
    });
    let form = with(
        quote(shop.school, shop.package, 1),
        json!({
            "lines": [line], "subsidies": [{ "text": "For us", "subsidy_pence": -1 }], "expires_on": "2020-01-01",
        }),
    );
    let refused = shop.school_head.post("/orders", &form).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    3 faults in the body
    /expires_on fixed: the hub says how long a quote holds: leave it as it is
    /lines/0/price_pence fixed: the price is the package's: leave it out, and the service fills it
    /subsidies fixed: the hub grants subsidies: leave them as they are
    ");
    assert!(shop.officer.get("/orders").await.expect(200).ids().is_empty());
    // What the hub has priced by hand is no offer for more of the same.
    let line = json!({ "package_id": shop.package, "quantity": 1, "price_pence": 100 });
    let form = with(quote(shop.school, shop.package, 1), json!({ "lines": [line] }));
    let refused = shop.officer.post("/orders", &form).await;
    assert_eq!(refused.faults(), [("/lines/0/price_reason".to_owned(), "missing".to_owned())]);
    let mut form = form;
    form["lines"][0]["price_reason"] = json!("A trial visit");
    let order = shop.officer.post("/orders", &form).await.expect(201).json();
    assert_eq!(order["total_pence"], 100);
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    let mut lines = order["lines"].clone();
    lines[0]["quantity"] = json!(1_000);
    shop.school_head.patch(&path, &json!({ "lines": lines }), "*").await.problem(403, "forbidden");
    let noted = json!({ "purchase_order_number": "PO-9", "note": "For the new head of music" });
    shop.school_head.patch(&path, &noted, "*").await.expect(200);
}

#[actix_web::test]
async fn a_quote_is_for_a_term_that_is_near() {
    let shop = Shop::new().await;
    let in_term = |year: &str, term: &str| {
        with(quote(shop.school, shop.package, 1), json!({ "academic_year": year, "term": term }))
    };
    for (year, term) in [("2013/14", "summer"), ("2004/05", "autumn"), ("2017/18", "autumn"), ("9998/99", "summer")] {
        let refused = shop.staff.post("/orders", &in_term(year, term)).await;
        let detail = refused.problem(422, "invalid")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("autumn 2014/15 to summer 2016/17"), "{detail}");
        assert_eq!(refused.faults(), [("/academic_year".to_owned(), "order".to_owned())], "{year}");
    }
    for (year, term) in [("2003/04", "summer"), ("2020/21", "autumn"), ("9998/99", "spring")] {
        let refused = shop.officer.post("/orders", &in_term(year, term)).await;
        let detail = refused.problem(422, "invalid")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("autumn 2004/05 to summer 2019/20"), "{detail}");
        assert_eq!(refused.faults(), [("/academic_year".to_owned(), "order".to_owned())], "{year}");
    }
    assert!(shop.officer.get("/orders").await.expect(200).ids().is_empty());
    let order = shop.staff.post("/orders", &in_term("2014/15", "autumn")).await.expect(201).id();
    shop.staff.post("/orders", &in_term("2016/17", "summer")).await.expect(201);
    shop.officer.post("/orders", &in_term("2004/05", "autumn")).await.expect(201);
    shop.officer.post("/orders", &in_term("2019/20", "summer")).await.expect(201);
    // A term that is over is not chosen any more, and what was chosen before stays.
    shop.app.clock.advance(std::time::Duration::from_hours(24 * 122));
    let staff = shop.app.again(&shop.staff);
    let path = format!("/orders/{order}");
    staff.patch(&path, &json!({ "note": "Still wanted" }), "*").await.expect(200);
    let refused = staff.post("/orders", &in_term("2014/15", "autumn")).await;
    assert_eq!(refused.faults(), [("/term".to_owned(), "order".to_owned())]);
    staff.patch(&path, &json!({ "term": "spring" }), "*").await.expect(200);
    let refused = staff.patch(&path, &json!({ "term": "autumn" }), "*").await;
    assert_eq!(refused.faults(), [("/term".to_owned(), "order".to_owned())]);
    assert_eq!(read(&staff, order).await["term"], "spring");
}

#[actix_web::test]
async fn subsidies_never_make_a_total_negative() {
    let shop = Shop::new().await;
    let grant = |pence: i64| {
        let subsidies =
            json!([{ "text": "Half", "subsidy_pence": -12_000 }, { "text": "More", "subsidy_pence": pence }]);
        with(quote(shop.school, shop.package, 1), json!({ "subsidies": subsidies }))
    };
    let free = shop.officer.post("/orders", &grant(-12_000)).await.expect(201).json();
    assert_eq!(free["total_pence"], 0);
    let refused = shop.officer.post("/orders", &grant(-12_001)).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    the subsidies are 1 pence more than the lines: at most 24000 pence
    /subsidies too_large: the subsidies are 1 pence more than the lines: at most 24000 pence
    ");
    let path = format!("/orders/{}", free["id"].as_str().unwrap());
    let fewer = json!({ "lines": [] });
    assert_eq!(shop.officer.patch(&path, &fewer, "*").await.faults(), [("/lines".to_owned(), "too_few".to_owned())]);
    let elsewhere = json!([{ "text": "For another", "subsidy_pence": -1, "package_id": shop.school }]);
    let refused = shop.officer.patch(&path, &json!({ "subsidies": elsewhere }), "*").await;
    assert_eq!(refused.faults(), [("/subsidies/0/package_id".to_owned(), "unknown_reference".to_owned())]);
}
