//! What somebody must not see or do.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{Shop, act, on_sale, package, quote, read, step, with};
use crate::support::Caller;

/// Everything that a caller reads of packages and orders, as one text.
async fn everything(by: &Caller) -> String {
    let mut read = String::new();
    for list in ["packages", "resources", "pilots", "orders", "order-lines", "deliveries", "hand-overs"] {
        for query in ["", "?total=true", "/counts?by=package_id", "/counts?by=status", "/export?format=csv"] {
            read += &by.get(&format!("/{list}{query}")).await.text();
        }
        for id in by.get(&format!("/{list}")).await.expect(200).ids() {
            read += &by.get(&format!("/{list}/{id}/history")).await.text();
        }
    }
    read += &by.get("/orders?expand=school,hand_over,actions").await.text();
    read += &by.get("/deliveries?expand=order,school,person,provider").await.text();
    read + &by.get("/changes").await.text()
}

#[actix_web::test]
async fn another_schools_orders_are_not_there() {
    let shop = Shop::new().await;
    let order = shop.delivered(1).await;
    let other = shop.app.school(&shop.head, "Beech", json!({ "pupils": 100 })).await.id();
    let stranger = shop.app.at_school(Role::SchoolHead, other).await;
    let text = everything(&stranger).await;
    for hidden in [order, shop.school] {
        assert!(!text.contains(&hidden.to_string()), "{hidden}: {text}");
    }
    for verb in ["order", "confirm", "deliver", "cancel"] {
        step(&stranger, order, verb).await.problem(404, "not-found");
    }
    let score = json!({ "score": 1 });
    let path = format!("/orders/{order}");
    stranger.post(&format!("{path}/evaluate"), &score).header("if-match", "*").await.problem(404, "not-found");
    stranger.patch(&path, &json!({ "note": "Ours" }), "*").await.problem(404, "not-found");
    stranger.delete(&path, "*").await.problem(404, "not-found");
    let theirs = stranger.post("/orders", &quote(shop.school, shop.package, 1)).await;
    assert_eq!(theirs.faults(), [("/school_id".to_owned(), "unknown_reference".to_owned())]);
    // A quote of one's own is not given to another school either.
    let own = stranger.post("/orders", &quote(other, shop.package, 1)).await.expect(201).id();
    stranger.patch(&format!("/orders/{own}"), &json!({ "school_id": shop.school }), "*").await.problem(422, "invalid");
}

#[actix_web::test]
async fn another_hubs_prices_and_orders_are_not_there() {
    let shop = Shop::new().await;
    let order = shop.delivered(1).await;
    let batch = shop.officer.post("/hand-overs", &json!({})).await.expect(201).id();
    let other = shop.app.another_hub("elsewhere").await;
    let stranger = shop.app.as_role_in(other, Role::HeadOfService, |_| {}).await;
    let text = everything(&stranger).await;
    for hidden in [order.to_string(), shop.package.to_string(), batch.to_string(), "24000".to_owned()] {
        assert!(!text.contains(&hidden), "{hidden}: {text}");
    }
    stranger.get(&format!("/hand-overs/{batch}/file")).await.problem(404, "not-found");
    stranger.get(&format!("/orders/{order}/document")).await.problem(404, "not-found");
    let form = json!({ "kind": "school", "name": "Oak", "phase": "primary", "status": "open" });
    let school = stranger.post("/schools", &form).await.expect(201).id();
    let refused = stranger.post("/orders", &quote(school, shop.package, 1)).await;
    assert_eq!(refused.faults(), [("/lines/0/package_id".to_owned(), "unknown_reference".to_owned())]);
    // The same code is free in each hub.
    stranger.post("/packages", &package("LDR")).await.expect(201);
    shop.officer.post("/packages", &package("ldr")).await.problem(409, "duplicate");
}

#[actix_web::test]
async fn a_school_sees_what_is_on_sale_or_tried_out_by_it() {
    let shop = Shop::new().await;
    let secret = shop.officer.post("/packages", &package("NEW")).await.expect(201).id();
    let tried = shop.officer.post("/packages", &package("TRY")).await.expect(201).id();
    act(&shop.officer, &format!("/packages/{tried}/pilot")).await.expect(200);
    let seen = async |by: &Caller| by.get("/packages?sort=code").await.expect(200).ids();
    assert_eq!(seen(&shop.staff).await, [shop.package]);
    let quoted = shop.staff.post("/orders", &quote(shop.school, tried, 1)).await;
    assert_eq!(quoted.faults(), [("/lines/0/package_id".to_owned(), "unknown_reference".to_owned())]);
    // By a group to which the school belongs.
    let group = json!({ "name": "Soar Cluster", "kind": "cluster" });
    let group = shop.head.post("/school-groups", &group).await.expect(201).id();
    let pilot = json!({ "title": "Try", "package_id": tried, "school_group_ids": [group], "from_on": "2014-09-01" });
    let pilot = shop.officer.post("/pilots", &pilot).await.expect(201).id();
    assert_eq!(seen(&shop.staff).await, [shop.package]);
    let member = json!({ "school_group_id": group, "school_id": shop.school });
    shop.head.post("/school-group-members", &member).await.expect(201);
    assert_eq!(seen(&shop.staff).await, [shop.package, tried]);
    shop.staff.post("/orders", &quote(shop.school, tried, 1)).await.expect(201);
    shop.staff.get(&format!("/pilots/{pilot}")).await.problem(404, "not-found");
    act(&shop.officer, &format!("/pilots/{pilot}/cancel")).await.expect(200);
    assert_eq!(seen(&shop.staff).await, [shop.package]);
    // A school writes none of it, and learns nothing from a code that is taken.
    for code in ["NEW", "FREE"] {
        shop.school_head.post("/packages", &package(code)).await.problem(403, "forbidden");
    }
    shop.school_head
        .patch(&format!("/packages/{}", shop.package), &json!({ "price_pence": 1 }), "*")
        .await
        .problem(403, "forbidden");
    shop.school_head.get(&format!("/packages/{secret}")).await.problem(404, "not-found");
    shop.school_head.post("/hand-overs", &json!({})).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_resource_is_seen_by_the_schools_it_is_published_to() {
    let shop = Shop::new().await;
    let form = json!({
        "title": "Songs", "link": "https://hub.example/songs", "published_to": "chosen_schools",
        "school_ids": [shop.school],
    });
    let resource = shop.officer.post("/resources", &form).await.expect(201).id();
    let path = format!("/resources/{resource}");
    let other = shop.app.school(&shop.head, "Beech", json!({})).await.id();
    let stranger = shop.app.at_school(Role::SchoolStaff, other).await;
    let shown = shop.staff.get(&path).await.expect(200).json();
    assert_eq!((&shown["title"], &shown["school_ids"]), (&json!("Songs"), &Value::Null), "who else has it");
    stranger.get(&path).await.problem(404, "not-found");
    shop.officer.patch(&path, &json!({ "published_to": "all_schools" }), "*").await.problem(422, "invalid");
    let all = json!({ "published_to": "all_schools", "school_ids": null });
    shop.officer.patch(&path, &all, "*").await.expect(200);
    stranger.get(&path).await.expect(200);
    shop.officer.patch(&path, &json!({ "published_to": "nobody" }), "*").await.expect(200);
    shop.staff.get(&path).await.problem(404, "not-found");
    let pilot = json!({ "title": "Try", "resource_id": resource, "school_ids": [other], "from_on": "2014-09-01" });
    shop.officer.post("/pilots", &pilot).await.expect(201);
    stranger.get(&path).await.expect(200);
    shop.officer.delete(&path, "*").await.problem(409, "conflict");
    let plain = with(form, json!({ "link": "http://hub.example/songs" }));
    assert_eq!(shop.officer.post("/resources", &plain).await.faults(), [("/link".to_owned(), "pattern".to_owned())]);
}

#[actix_web::test]
async fn a_partner_sees_its_own_lines_and_deliveries_and_no_price() {
    let shop = Shop::new().await;
    let line = json!({ "package_id": shop.package, "quantity": 2, "provider_id": shop.partner });
    let form = with(quote(shop.school, shop.package, 2), json!({ "lines": [line] }));
    let order = shop.officer.post("/orders", &form).await.expect(201).id();
    // A quote that nobody has ordered is not theirs yet.
    let quoted = read(&shop.officer, order).await["lines"][0]["id"].as_str().unwrap().to_owned();
    assert!(shop.provider.get("/order-lines").await.expect(200).ids().is_empty());
    let counts = shop.provider.get("/order-lines/counts?by=package_id").await.expect(200).json();
    assert_eq!(counts["total"], 0, "{counts}");
    shop.provider.get(&format!("/order-lines/{quoted}")).await.problem(404, "not-found");
    shop.staff.get(&format!("/order-lines/{quoted}")).await.expect(200);
    step(&shop.school_head, order, "order").await.expect(200);
    shop.provider.get(&format!("/order-lines/{quoted}")).await.expect(200);
    step(&shop.officer, order, "confirm").await.expect(200);
    let not_theirs = shop.confirmed(1).await;
    let other = read(&shop.officer, not_theirs).await["lines"][0]["id"].clone();
    let [line] = shop.provider.get("/order-lines").await.expect(200).ids()[..] else { panic!("one line is theirs") };
    let delivery = |line: &Value| json!({ "order_line_id": line, "delivered_on": "2014-09-01", "units": 1 });
    let refused = shop.provider.post("/deliveries", &delivery(&other)).await;
    assert_eq!(refused.faults(), [("/order_line_id".to_owned(), "unknown_reference".to_owned())]);
    let own = shop.provider.post("/deliveries", &delivery(&json!(line))).await.expect(201).id();
    // A delivery of the hub's own people on the same line is not theirs.
    let by_hub = with(delivery(&json!(line)), json!({ "person_id": shop.officer.person() }));
    let by_hub = shop.officer.post("/deliveries", &by_hub).await.expect(201).id();
    assert_eq!(shop.provider.get("/deliveries").await.expect(200).ids(), [own]);
    let path = format!("/deliveries/{by_hub}");
    shop.provider.patch(&path, &json!({ "units": 2 }), "*").await.problem(404, "not-found");
    shop.provider.patch(&format!("/deliveries/{own}"), &json!({ "note": "Well" }), "*").await.expect(200);
    let elsewhere = shop.head.post("/partners", &json!({ "name": "Other", "kind": "charity" })).await.expect(201).id();
    let given = with(delivery(&json!(line)), json!({ "provider_id": elsewhere }));
    assert!(shop.provider.post("/deliveries", &given).await.status >= 400);
    let text = everything(&shop.provider).await;
    for hidden in ["24000".to_owned(), "total_pence\":".to_owned(), by_hub.to_string()] {
        assert!(!text.contains(&hidden), "{hidden}: {text}");
    }
    assert!(shop.provider.get("/orders").await.expect(200).ids().is_empty());
    shop.provider.get(&format!("/orders/{order}/document")).await.problem(404, "not-found");
    // The school reads both, and records none.
    assert_eq!(shop.staff.get("/deliveries").await.expect(200).ids().len(), 2);
    let form = with(delivery(&other), json!({ "person_id": shop.officer.person() }));
    assert!([403, 422].contains(&shop.school_head.post("/deliveries", &form).await.status));
}

#[actix_web::test]
async fn whom_the_head_delegates_to_commits_and_staff_do_not() {
    let shop = Shop::new().await;
    let deputy = shop.app.at_school(Role::SchoolHead, shop.school).await;
    let order = shop.quoted(1).await;
    for nobody in [&shop.staff, &shop.provider] {
        step(nobody, order, "order").await.problem(403, "forbidden");
    }
    let leader = shop.app.as_role(Role::MusicLeader).await;
    step(&leader, order, "order").await.problem(403, "forbidden");
    step(&deputy, order, "order").await.expect(200);
    // Staff take their own quote back, and no order.
    let second = shop.quoted(1).await;
    step(&shop.staff, second, "cancel").await.expect(200);
    step(&shop.staff, order, "cancel").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn an_order_is_found_by_its_own_packages_alone() {
    let shop = Shop::new().await;
    let order = shop.confirmed(1).await;
    let other = on_sale(&shop.officer, "SEF", json!({})).await;
    let found = async |query: &str| shop.officer.get(&format!("/orders?{query}")).await.expect(200).ids();
    assert_eq!(found(&format!("package_id={}&status=confirmed", shop.package)).await, [order]);
    assert!(found(&format!("package_id={other}")).await.is_empty());
    assert_eq!(found("q=leadership%20ldr&academic_year=2014/15&term=spring").await, [order]);
    assert!(found("q=sef").await.is_empty());
}
