//! From the quote to the file of finance, by the people who do each step.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Shop, deliver_all, quote, read, step, with};

#[actix_web::test]
async fn an_order_goes_from_the_quote_of_staff_to_the_file_of_finance() {
    let shop = Shop::new().await;
    // A member of staff asks, and does not commit the school's money.
    let asked = shop.staff.post("/orders", &quote(shop.school, shop.package, 2)).await.expect(201).json();
    assert_eq!((&asked["status"], &asked["total_pence"]), (&json!("quote"), &json!(48_000)));
    assert_eq!(asked["expires_on"], "2014-10-01", "a month");
    let order = asked["id"].as_str().unwrap().parse().unwrap();
    let refused = step(&shop.staff, order, "order").await;
    assert_snapshot!(
        refused.refusal(403, "forbidden"),
        @"this needs the scope `orders:commit`, which you do not have: ask an administrator of your hub for it"
    );
    // The office grants a subsidy and says who delivers.
    let path = format!("/orders/{order}");
    let mut lines = asked["lines"].clone();
    lines[0]["provider_id"] = json!(shop.partner);
    let subsidies =
        json!([{ "text": "Subsidy for small schools", "subsidy_pence": -5_000, "package_id": shop.package }]);
    let offer = json!({ "lines": lines, "subsidies": subsidies });
    let offered = shop.officer.patch(&path, &offer, "*").await.expect(200).json();
    assert_eq!((&offered["lines_pence"], &offered["subsidy_pence"]), (&json!(48_000), &json!(-5_000)));
    assert_eq!(offered["total_pence"], 43_000);
    // The head orders with the school's own number, and the office confirms.
    let said = json!({ "purchase_order_number": "PO-117", "reason": "Agreed by the governors" });
    let ordered =
        shop.school_head.post(&format!("{path}/order"), &said).header("if-match", "*").await.expect(200).json();
    assert_eq!((&ordered["status"], &ordered["purchase_order_number"]), (&json!("ordered"), &json!("PO-117")));
    assert_eq!(ordered["ordered_by_id"], json!(shop.school_head.person()));
    step(&shop.school_head, order, "confirm").await.problem(403, "forbidden");
    step(&shop.officer, order, "confirm").await.expect(200);
    // The partner finds its line, and records the first of two visits.
    let found = shop.provider.get("/order-lines?status=confirmed").await.expect(200).json();
    let line = &found["items"][0];
    assert_eq!((&line["order_id"], &line["quantity"]), (&json!(order), &json!(2)));
    assert_eq!(line["title"], "Leadership support LDR");
    let delivery = json!({ "order_line_id": line["id"], "delivered_on": "2014-09-01", "hours": 2.5, "units": 1 });
    let first = shop.provider.post("/deliveries", &delivery).await.expect(201).json();
    assert_eq!((&first["provider_id"], &first["school_id"]), (&json!(shop.partner), &json!(shop.school)));
    // One visit is missing: the order is not delivered yet.
    let early = step(&shop.officer, order, "deliver").await;
    assert_snapshot!(early.refusal(409, "conflict"), @r"
    cannot deliver an order of which 1 of 2 units of Leadership support LDR are not delivered: record
      the deliveries, or give a reason
    ");
    let too_many = shop.provider.post("/deliveries", &with(delivery.clone(), json!({ "units": 2 }))).await;
    assert_eq!(too_many.faults(), [("/units".to_owned(), "too_large".to_owned())]);
    let early = json!({ "score": 5 });
    shop.school_head.post(&format!("{path}/evaluate"), &early).header("if-match", "*").await.problem(409, "conflict");
    shop.provider.post("/deliveries", &delivery).await.expect(201);
    step(&shop.officer, order, "deliver").await.expect(200);
    shop.provider.post("/deliveries", &delivery).await.problem(409, "conflict");
    // The school says how it was, and nobody in its place; finance gets it.
    let evaluation = json!({ "score": 5, "comment": "Well prepared" });
    for by in [&shop.officer, &shop.head] {
        let refused = by.post(&format!("{path}/evaluate"), &evaluation).header("if-match", "*").await;
        let refused = refused.refusal(403, "forbidden");
        assert!(refused.starts_with("cannot evaluate an order in place of the school"), "{refused}");
    }
    assert_eq!(read(&shop.officer, order).await["evaluation_score"], Value::Null);
    let evaluated = shop.staff.post(&format!("{path}/evaluate"), &evaluation).header("if-match", "*").await;
    assert_eq!(evaluated.expect(200).json()["evaluation_score"], 5);
    let batch = shop.officer.post("/hand-overs", &json!({})).await.expect(201).json();
    assert_eq!((&batch["number"], &batch["orders"], &batch["total_pence"]), (&json!(1), &json!(1), &json!(43_000)));
    let done = read(&shop.school_head, order).await;
    assert_eq!((&done["status"], &done["hand_over_id"]), (&json!("handed_over"), &batch["id"]));
    let file = format!("/hand-overs/{}/file", batch["id"].as_str().unwrap());
    let text = shop.officer.get(&file).await.expect(200).text();
    let rows: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows[1].ends_with(",LDR,Leadership support LDR,visit,2,24000,48000,S"), "{text}");
    assert!(rows[2].ends_with(",2,LDR,Subsidy for small schools,,,,-5000,S"), "{text}");
    assert!(rows[1].contains(",Ash,2014/15,spring,PO-117,2014-09-01,2014-09-01,1,"), "{text}");
}

#[actix_web::test]
async fn an_order_that_is_delivered_in_part_says_why() {
    let shop = Shop::new().await;
    let order = shop.confirmed(3).await;
    let line = read(&shop.officer, order).await["lines"][0]["id"].clone();
    let form = json!({
        "order_line_id": line, "delivered_on": "2014-09-01", "person_id": shop.officer.person(), "units": 2,
    });
    shop.officer.post("/deliveries", &form).await.expect(201);
    let reason = json!({ "reason": "The third visit was not needed" });
    let done = shop.officer.post(&format!("/orders/{order}/deliver"), &reason).header("if-match", "*").await;
    assert_eq!(done.expect(200).json()["status_reason"], "The third visit was not needed");
}

#[actix_web::test]
async fn a_delivery_names_who_delivered_on_a_day_that_has_come() {
    let shop = Shop::new().await;
    let order = shop.confirmed(1).await;
    let line = read(&shop.officer, order).await["lines"][0]["id"].clone();
    let form = json!({ "order_line_id": line, "delivered_on": "2014-09-02", "units": 1 });
    let refused = shop.officer.post("/deliveries", &form).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    2 faults in the body
    /delivered_on order: not after today: record it once it is delivered
    /person_id missing: name the person or the partner who delivered
    ");
    assert!(shop.officer.get("/deliveries").await.expect(200).ids().is_empty());
    // Nothing is delivered before the hub has confirmed the order.
    for day in ["0001-01-01", "2014-08-31"] {
        let refused = shop.officer.post("/deliveries", &with(form.clone(), json!({ "delivered_on": day }))).await;
        assert_eq!(
            refused.faults(),
            [("/delivered_on".to_owned(), "order".to_owned()), ("/person_id".to_owned(), "missing".to_owned())]
        );
    }
    let person = json!({ "delivered_on": "2014-09-01", "person_id": shop.officer.person() });
    let made = shop.officer.post("/deliveries", &with(form, person)).await.expect(201).id();
    let path = format!("/deliveries/{made}");
    let refused = shop.officer.patch(&path, &json!({ "delivered_on": "2014-08-31" }), "*").await;
    assert_eq!(refused.faults(), [("/delivered_on".to_owned(), "order".to_owned())]);
    assert_eq!(shop.officer.get(&path).await.expect(200).json()["delivered_on"], "2014-09-01");
    let quoted = shop.quoted(1).await;
    let line = read(&shop.officer, quoted).await["lines"][0]["id"].clone();
    let early = json!({
        "order_line_id": line, "delivered_on": "2014-09-01", "person_id": shop.officer.person(), "units": 1,
    });
    shop.officer.post("/deliveries", &early).await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_quote_is_a_page_that_says_what_it_costs_and_whom_to_write_to() {
    let shop = Shop::new().await;
    let lead = json!({ "name": "Ada Marlow", "email": "ada.marlow@hub.example" });
    let lead = shop.officer.post("/people", &lead).await.expect(201).id();
    let path = format!("/packages/{}", shop.package);
    shop.officer.patch(&path, &json!({ "lead_ids": [lead] }), "*").await.expect(200);
    let subsidies = json!([{ "text": "Subsidy <b>small</b> schools", "subsidy_pence": -5_000 }]);
    let form = with(quote(shop.school, shop.package, 2), json!({ "subsidies": subsidies }));
    let order = shop.officer.post("/orders", &form).await.expect(201).id();
    let page = shop.staff.get(&format!("/orders/{order}/document")).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{page:?}");
    let text = page.text();
    for shown in [
        "Quote",
        "Ash",
        "Leadership support LDR",
        "2 visits",
        "£240.00",
        "£480.00",
        "−£50.00",
        "£430.00",
        "1 Oct 2014",
        "Ada Marlow, ada.marlow@hub.example",
        "spring term 2014/15",
        "<td>S</td>",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("<b>"), "{text}");
    shop.app
        .at_school(entity::identity::grant::Role::SchoolHead, other(&shop).await)
        .await
        .get(&format!("/orders/{order}/document"))
        .await
        .problem(404, "not-found");
    // One person leads the package, and stays while it names her.
    shop.officer.delete(&format!("/people/{lead}"), "*").await.problem(409, "conflict");
}

async fn other(shop: &Shop) -> uuid::Uuid {
    shop.app.school(&shop.head, "Beech", json!({})).await.id()
}

#[actix_web::test]
async fn an_expired_quote_is_renewed_by_the_hub_and_then_ordered() {
    let shop = Shop::new().await;
    let order = shop.quoted(1).await;
    let path = format!("/orders/{order}");
    shop.app.clock.advance(std::time::Duration::from_hours(24 * 31));
    let [head, officer] = [&shop.school_head, &shop.officer].map(|caller| shop.app.again(caller));
    let late = step(&head, order, "order").await;
    assert_snapshot!(late.refusal(409, "conflict"), @r"
    cannot order by a quote that expired on 2014-10-01: ask the hub to renew it, by PATCH of
      `expires_on`
    ");
    let renewed = json!({ "expires_on": "2014-11-30" });
    let refused = head.patch(&path, &renewed, "*").await;
    assert_eq!(refused.faults(), [("/expires_on".to_owned(), "fixed".to_owned())]);
    let past = officer.patch(&path, &json!({ "expires_on": "2014-10-01" }), "*").await.expect(200);
    assert_eq!(past.json()["version"], 1, "the same day is no change");
    let past = officer.patch(&path, &json!({ "expires_on": "2014-09-30" }), "*").await;
    assert_eq!(past.faults(), [("/expires_on".to_owned(), "order".to_owned())]);
    officer.patch(&path, &renewed, "*").await.expect(200);
    step(&head, order, "order").await.expect(200);
}

#[actix_web::test]
async fn what_was_ordered_stays_but_who_delivers_may_change() {
    let shop = Shop::new().await;
    let order = shop.confirmed(2).await;
    let path = format!("/orders/{order}");
    let before = read(&shop.officer, order).await;
    let mut lines = before["lines"].clone();
    lines[0]["quantity"] = json!(1);
    for change in [
        json!({ "lines": lines }),
        json!({ "subsidies": [{ "text": "Late", "subsidy_pence": -1 }] }),
        json!({ "term": "summer" }),
        json!({ "expires_on": "2015-01-01" }),
    ] {
        shop.officer.patch(&path, &change, "*").await.problem(409, "conflict");
    }
    shop.officer.patch(&path, &json!({ "school_id": uuid::Uuid::now_v7() }), "*").await.problem(422, "invalid");
    assert_eq!(read(&shop.officer, order).await, before);
    let mut lines = before["lines"].clone();
    lines[0]["provider_id"] = json!(shop.partner);
    shop.school_head.patch(&path, &json!({ "lines": lines }), "*").await.problem(403, "forbidden");
    shop.officer.patch(&path, &json!({ "lines": lines }), "*").await.expect(200);
    assert_eq!(shop.provider.get("/order-lines").await.expect(200).ids().len(), 1);
    shop.officer.delete(&format!("/partners/{}", shop.partner), "*").await.problem(409, "conflict");
    shop.officer.delete(&path, "*").await.problem(409, "conflict");
    deliver_all(&shop.officer, order).await;
    step(&shop.officer, order, "deliver").await.expect(200);
    shop.officer.post("/hand-overs", &json!({ "order_ids": [order] })).await.expect(201);
    let number: Value = json!({ "purchase_order_number": "PO-2" });
    shop.school_head.patch(&path, &number, "*").await.problem(409, "conflict");
    // Finance has the order: who delivered stays too, and a key is still added.
    let handed = read(&shop.officer, order).await;
    let mut lines = handed["lines"].clone();
    lines[0]["provider_id"] = Value::Null;
    shop.officer.patch(&path, &json!({ "lines": lines }), "*").await.problem(409, "conflict");
    assert_eq!(read(&shop.officer, order).await, handed);
    let key = json!({ "external_ids": [{ "system": "paritor", "id": "ORD-1" }], "lines": handed["lines"] });
    shop.officer.patch(&path, &key, "*").await.expect(200);
}
