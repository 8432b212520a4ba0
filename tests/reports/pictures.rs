//! What schools buy and what they answer, as pictures: how long the bars are.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use crate::engagement::message;
use crate::packages::{Shop, on_sale, quote, step, with};
use crate::support::{self, Caller};

/// The picture of a report.
async fn picture(by: &Caller, report: &str) -> String {
    let picture = by.get(&format!("/reports/{report}/picture")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    picture.text()
}

/// How long the parts of its bars are, from the first bar on; the scale has 560.
fn lengths(picture: &str) -> Vec<i32> {
    let parts = picture.lines().filter(|line| line.contains(" stroke=\"#fff\""));
    let length = |part: &str| part.split(" width=\"").nth(1)?.split('"').next()?.parse::<i32>().ok();
    parts.filter_map(length).collect()
}

#[actix_web::test]
async fn bars_of_what_is_bought_are_as_long_as_the_figures_and_the_longest_fills_the_scale() {
    let shop = Shop::new().await;
    shop.delivered(2).await;
    let other = on_sale(&shop.officer, "OBS", json!({ "price_pence": 12_000 })).await;
    let subsidies = json!([{ "text": "For all of it", "subsidy_pence": -4_000 }]);
    let form = with(quote(shop.school, other, 1), json!({ "subsidies": subsidies }));
    let order = shop.officer.post("/orders", &form).await.expect(201).id();
    step(&shop.officer, order, "order").await.expect(200);

    // £480.00 that are delivered, and £120.00 that are not. A subsidy has no bar.
    let income = picture(&shop.officer, "income").await;
    assert_eq!(lengths(&income), [560, 140]);
    for words in [
        "<title id=\"picture-title\">Income from packages on 1 Sep 2014</title>",
        "LDR: Leadership support LDR: £480.00: £480.00 delivered, £0.00 handed over; orders: 1, units: 2.",
        "Without a group: −£40.00: £0.00 delivered, £0.00 handed over; orders: 1, units: 0.",
    ] {
        assert!(income.contains(words), "{words}: {income}");
    }
    let purchases = picture(&shop.officer, "purchases").await;
    assert_eq!(lengths(&purchases), [560, 140]);
    assert!(purchases.contains("Ash: Leadership support OBS: £120.00; orders: 1, units: 1."), "{purchases}");

    // Ten visits in a term, of which the spring has two; the other package has no limit.
    let capacity = picture(&shop.officer, "capacity-used").await;
    assert_eq!(lengths(&capacity), [560, 112, 448, 560, 56]);
    for words in [
        "Leadership support LDR, 2014/15 spring: units ordered: 2 of 10, left: 8.",
        "Leadership support OBS, 2014/15 spring: units ordered: 1.",
    ] {
        assert!(capacity.contains(words), "{words}: {capacity}");
    }
}

#[actix_web::test]
async fn answers_to_consultations_are_parts_of_all_answers() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut schools = Vec::new();
    for name in ["Ash", "Beech", "Cedar", "Dogwood", "Elm"] {
        schools.push(app.school(&head, name, json!({})).await.id());
    }
    let form = message("consultation", &json!({ "to_school_ids": schools }));
    let asked = head.post("/communications", &form).await.expect(201).id();
    head.act(&format!("/communications/{asked}/send"), Some("*")).await.expect(200);
    for (school, buy_in) in schools.iter().zip([json!(true), json!(true), json!(false), Value::Null]) {
        let form =
            json!({ "communication_id": asked, "school_id": school, "answered_by": "The head", "buy_in": buy_in });
        head.post("/consultation-responses", &form).await.expect(201);
    }
    let picture = picture(&head, "consultations").await;
    assert_eq!(lengths(&picture), [280, 140, 140]);
    let words = "schools: 4 of 5 (80 %) answered; support: 2, undecided: 1, no support: 1.";
    assert!(picture.contains(words), "{picture}");
}

#[actix_web::test]
async fn without_figures_a_picture_has_its_title_and_no_bars() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    for (report, title) in [
        ("income", "Income from packages"),
        ("purchases", "What schools bought"),
        ("capacity-used", "Capacity of packages"),
        ("consultations", "Answers to consultations"),
    ] {
        let picture = picture(&head, report).await;
        assert_eq!(lengths(&picture), Vec::<i32>::new(), "{report}");
        let title = format!("<title id=\"picture-title\">{title} on 1 Sep 2014</title>");
        assert!(picture.starts_with("<svg ") && picture.contains(&title), "{picture}");
    }
}
