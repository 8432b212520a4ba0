//! What finance gets: each order once, and the same bytes for ever.

use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::{Shop, quote, read, step};

#[actix_web::test]
async fn a_second_hand_over_of_an_order_names_the_first() {
    let shop = Shop::new().await;
    let first = shop.delivered(1).await;
    let second = shop.delivered(2).await;
    let batch = shop.officer.post("/hand-overs", &json!({ "order_ids": [first] })).await.expect(201);
    let again = shop.officer.post("/hand-overs", &json!({ "order_ids": [second, first] })).await;
    let problem = again.problem(409, "conflict");
    assert_eq!(again.faults(), [("/order_ids/1".to_owned(), "state".to_owned())]);
    assert!(problem["detail"].as_str().unwrap().contains(&batch.id().to_string()), "{problem}");
    assert_eq!(again.header("location"), format!("/api/v1/hand-overs/{}", batch.id()));
    assert_eq!(read(&shop.officer, second).await["status"], "delivered", "nothing was written");
    let quoted = shop.quoted(1).await;
    let refused = shop.officer.post("/hand-overs", &json!({ "order_ids": [quoted] })).await;
    assert!(refused.problem(409, "conflict")["detail"].as_str().unwrap().contains("is quote"), "{refused:?}");
    let unknown = shop.officer.post("/hand-overs", &json!({ "order_ids": [Uuid::now_v7()] })).await;
    assert_eq!(unknown.faults(), [("/order_ids/0".to_owned(), "unknown_reference".to_owned())]);
    // The rest goes with the next batch, and then there is nothing left.
    let rest = shop.officer.post("/hand-overs", &json!({})).await.expect(201).json();
    assert_eq!((&rest["number"], &rest["orders"], &rest["total_pence"]), (&json!(2), &json!(1), &json!(48_000)));
    shop.officer.post("/hand-overs", &json!({})).await.problem(409, "conflict");
    let listed = shop.officer.get(&format!("/orders?hand_over_id={}", batch.id())).await.expect(200).ids();
    assert_eq!(listed, [first]);
}

#[actix_web::test]
async fn batches_made_at_once_have_each_order_once() {
    let shop = Shop::new().await;
    for _ in 0..4 {
        shop.delivered(1).await;
    }
    let replies = join_all((0..6).map(|_| async { shop.officer.post("/hand-overs", &json!({})).await })).await;
    let made: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!((made.len(), made[0].json()["orders"].clone()), (1, json!(4)), "{replies:?}");
    assert!(replies.iter().all(|reply| [201, 409].contains(&reply.status)), "{replies:?}");
}

#[actix_web::test]
async fn the_file_of_a_batch_is_the_same_bytes_for_ever() {
    let shop = Shop::new().await;
    let order = shop.delivered(2).await;
    let batch = shop.officer.post("/hand-overs", &json!({ "note": "Autumn" })).await.expect(201).id();
    let path = format!("/hand-overs/{batch}");
    let fetch = async |format: &str| shop.officer.get(&format!("{path}/file?format={format}")).await.expect(200);
    let before = [fetch("csv").await, fetch("xlsx").await];
    assert!(before[1].body.starts_with(b"PK"), "{:?}", before[1]);
    // Everything that the file speaks about changes.
    shop.officer.patch(&path, &json!({ "finance_reference": "INV-1" }), "*").await.expect(200);
    shop.head.patch(&format!("/schools/{}", shop.school), &json!({ "name": "Aspen" }), "*").await.expect(200);
    let package = format!("/packages/{}", shop.package);
    shop.officer.patch(&package, &json!({ "title": "Other", "price_pence": 1 }), "*").await.expect(200);
    shop.app.clock.advance(std::time::Duration::from_mins(5));
    let after = [fetch("csv").await, fetch("xlsx").await];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.body, after.body);
    }
    assert_eq!(before[0].header("content-disposition"), "attachment; filename=\"hand-over-1.csv\"");
    assert!(before[0].text().contains(&order.to_string()), "{:?}", before[0]);
    shop.officer.get(&format!("{path}/file?format=pdf")).await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn a_school_that_has_closed_asks_for_no_quote_and_keeps_its_orders() {
    let shop = Shop::new().await;
    let order = shop.quoted(1).await;
    let path = format!("/schools/{}", shop.school);
    shop.head.patch(&path, &json!({ "status": "closed", "closed_on": "2014-08-31" }), "*").await.expect(200);
    let refused = shop.officer.post("/orders", &quote(shop.school, shop.package, 1)).await;
    assert_eq!(refused.faults(), [("/school_id".to_owned(), "closed".to_owned())]);
    step(&shop.officer, order, "order").await.expect(200);
}
