//! Units of a term: never more than there are, fifty at once included.

use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::json;

use super::{Shop, act, quote, read, step, with};

#[actix_web::test]
async fn fifty_at_once_never_take_more_than_there_is() {
    let shop = Shop::new().await;
    let mut quotes = Vec::new();
    for _ in 0..50 {
        quotes.push(shop.quoted(1).await);
    }
    let replies = join_all(quotes.iter().map(|order| step(&shop.school_head, *order, "order"))).await;
    let placed = replies.iter().filter(|reply| reply.status == 200).count();
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 409).collect();
    assert_eq!((placed, refused.len()), (10, 40), "{replies:?}");
    assert!(refused.iter().all(|reply| reply.text().contains("0 of 10 units")), "{refused:?}");
    let ordered = shop.officer.get("/orders?status=ordered&total=true&limit=1").await.expect(200).json();
    assert_eq!(ordered["total"], 10);
}

#[actix_web::test]
async fn orders_of_several_packages_at_once_never_wait_for_each_other_in_a_circle() {
    let shop = Shop::new().await;
    let other = super::on_sale(&shop.officer, "OBS", json!({ "capacity_per_term": 10 })).await;
    let mut quotes = Vec::new();
    for at in 0..20 {
        let (first, second) = if at % 2 == 0 { (shop.package, other) } else { (other, shop.package) };
        let lines = json!([{ "package_id": first, "quantity": 1 }, { "package_id": second, "quantity": 1 }]);
        let form = with(quote(shop.school, first, 1), json!({ "lines": lines }));
        quotes.push(shop.staff.post("/orders", &form).await.expect(201).id());
    }
    let replies = join_all(quotes.iter().map(|order| step(&shop.school_head, *order, "order"))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 10, "{replies:?}");
    assert!(replies.iter().all(|reply| [200, 409].contains(&reply.status)), "{replies:?}");
}

#[actix_web::test]
async fn a_refusal_says_what_is_left_and_when_and_cancelling_frees_it() {
    let shop = Shop::new().await;
    let first = shop.confirmed(8).await;
    let later = with(quote(shop.school, shop.package, 10), json!({ "term": "summer" }));
    let later = shop.staff.post("/orders", &later).await.expect(201).id();
    step(&shop.school_head, later, "order").await.expect(200);
    let third = shop.quoted(3).await;
    let refused = step(&shop.school_head, third, "order").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot order more than is left: 2 of 10 units of Leadership support LDR are left in spring 2014/15;
      the next terms with room are autumn 2015/16 (10 left), spring 2015/16 (10 left), summer 2015/16
      (10 left)
    /lines/0/quantity capacity: 2 of 10 units of Leadership support LDR are left in spring 2014/15; the
      next terms with room are autumn 2015/16 (10 left), spring 2015/16 (10 left), summer 2015/16 (10
      left)
    ");
    assert_eq!(read(&shop.staff, third).await["status"], "quote");
    // A school cancels no order that it has placed; the hub does, and the units are free.
    step(&shop.school_head, first, "cancel").await.problem(403, "forbidden");
    step(&shop.officer, first, "cancel").await.expect(200);
    step(&shop.school_head, third, "order").await.expect(200);
    let fourth = shop.quoted(8).await;
    assert!(
        step(&shop.school_head, fourth, "order").await.problem(409, "conflict")["detail"]
            .as_str()
            .unwrap()
            .contains("7 of 10 units")
    );
    shop.officer
        .patch(&format!("/packages/{}", shop.package), &json!({ "capacity_per_term": null }), "*")
        .await
        .expect(200);
    step(&shop.school_head, fourth, "order").await.expect(200);
}

#[actix_web::test]
async fn a_capacity_never_falls_below_what_is_ordered_in_a_term_that_is_not_over() {
    let shop = Shop::new().await;
    shop.confirmed(8).await;
    let summer = with(quote(shop.school, shop.package, 10), json!({ "term": "summer" }));
    let summer = shop.staff.post("/orders", &summer).await.expect(201).id();
    step(&shop.school_head, summer, "order").await.expect(200);
    let path = format!("/packages/{}", shop.package);
    let before = shop.officer.get(&path).await.expect(200).json();
    let refused = shop.officer.patch(&path, &json!({ "capacity_per_term": 3 }), "*").await;
    let detail = refused.problem(409, "conflict")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("8 in spring 2014/15, 10 in summer 2014/15: set at least 10"), "{detail}");
    assert_eq!(refused.faults(), [("/capacity_per_term".to_owned(), "capacity".to_owned())]);
    shop.officer.patch(&path, &json!({ "capacity_per_term": 9 }), "*").await.problem(409, "conflict");
    assert_eq!(shop.officer.get(&path).await.expect(200).json(), before);
    // What is cancelled is free, and no limit at all becomes a limit only where it suffices.
    step(&shop.officer, summer, "cancel").await.expect(200);
    shop.officer.patch(&path, &json!({ "capacity_per_term": 8 }), "*").await.expect(200);
    shop.officer.patch(&path, &json!({ "capacity_per_term": null }), "*").await.expect(200);
    shop.officer.patch(&path, &json!({ "capacity_per_term": 7 }), "*").await.problem(409, "conflict");
    // A term that is over limits nothing.
    shop.app.clock.advance(std::time::Duration::from_hours(24 * 243));
    let officer = shop.app.again(&shop.officer);
    officer.patch(&path, &json!({ "capacity_per_term": 3 }), "*").await.expect(200);
}

#[actix_web::test]
async fn a_package_withdrawn_meanwhile_is_not_ordered_and_may_come_back() {
    let shop = Shop::new().await;
    let order = shop.quoted(1).await;
    let path = format!("/packages/{}", shop.package);
    act(&shop.officer, &format!("{path}/withdraw")).await.expect(200);
    let refused = step(&shop.school_head, order, "order").await;
    assert_snapshot!(
        refused.refusal(409, "conflict"),
        @"cannot order Leadership support LDR, which is withdrawn: ask for a new quote without it"
    );
    shop.staff.get(&path).await.problem(404, "not-found");
    shop.staff.post("/orders", &quote(shop.school, shop.package, 1)).await.problem(422, "invalid");
    // The school still changes the rest of its quote.
    shop.staff.patch(&format!("/orders/{order}"), &json!({ "note": "Wait" }), "*").await.expect(200);
    act(&shop.officer, &format!("{path}/launch")).await.expect(200);
    step(&shop.school_head, order, "order").await.expect(200);
    shop.officer.delete(&path, "*").await.problem(409, "conflict");
}
