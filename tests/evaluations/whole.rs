//! An evaluation with its answers and its framework in one call.

use serde_json::{Value, json};

use super::{Fixture, open_in, responses};

#[actix_web::test]
async fn an_evaluation_embeds_its_responses_and_the_tree_of_its_framework() {
    let fixture = Fixture::new().await;
    let path = format!("/evaluations/{}?expand=responses,tree", fixture.evaluation);
    let whole = fixture.head.get(&path).await.expect(200).json();
    assert_eq!(whole["responses"], json!(responses(&fixture.head, fixture.evaluation).await));
    let framework =
        fixture.head.get(&format!("/frameworks/{}?expand=tree", fixture.framework)).await.expect(200).json();
    assert_eq!(whole["tree"], framework["sections"]);
    // What a submission lacks is at the pointers of the embedded responses.
    let submit = format!("/evaluations/{}/submit", fixture.evaluation);
    let refused = fixture.head.act(&submit, Some("*")).await;
    refused.problem(409, "conflict");
    let places: Vec<String> = refused.faults().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(places, ["/responses/0/level", "/responses/1/level"]);
    for place in places {
        assert_eq!(whole.pointer(&place), Some(&Value::Null), "{place}");
    }
}

#[actix_web::test]
async fn wholes_are_embedded_in_short_pages_only() {
    let fixture = Fixture::new().await;
    for year in 0..21 {
        open_in(&fixture.hub, fixture.school, fixture.framework, &format!("{}/{:02}", 2020 + year, 21 + year)).await;
    }
    for name in ["responses", "tree"] {
        let refused = fixture.hub.get(&format!("/evaluations?expand={name}")).await;
        refused.problem(400, "bad-parameter");
        assert_eq!(refused.faults()[0].0, "?limit");
        fixture.hub.get(&format!("/evaluations?expand={name}&limit=20")).await.expect(200);
    }
}
