//! `fields`: some of an item's fields and no others.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use crate::support::document::operations;
use crate::support::{self, Caller};

async fn school(caller: &Caller) -> Value {
    let body = json!({
        "kind": "school", "name": "Ashby \"Hill\" Primary", "phase": "primary", "status": "open", "urn": 120_305,
        "la_code": "855", "establishment_number": "4003",
    });
    caller.post("/schools", &body).await.expect(201).json()
}

#[actix_web::test]
async fn lists_items_and_exports_show_the_fields_asked_for() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let made = school(&caller).await;
    let id = made["id"].as_str().unwrap();
    // In the order of the item, each once, regardless of the order asked for.
    let asked = "fields=dfe_number,name,id,name";
    let some = json!({ "id": id, "name": made["name"], "dfe_number": "855/4003" });
    let list = caller.get(&format!("/schools?{asked}")).await.expect(200);
    assert_eq!(list.json()["items"], json!([some]));
    for address in [format!("/schools/{id}"), "/schools/by-key/urn/120305".to_owned()] {
        let item = caller.get(&format!("{address}?{asked}")).await.expect(200);
        assert_eq!(item.body, serde_json::to_vec(&some).unwrap());
    }
    let lines = caller.get(&format!("/schools/export?format=ndjson&{asked}")).await.expect(200);
    assert_eq!(serde_json::from_slice::<Value>(&lines.body).unwrap(), some);
    let table = caller.get(&format!("/schools/export?format=csv&{asked}")).await.expect(200);
    let table = String::from_utf8(table.body.clone()).unwrap();
    let cells = format!("id,name,dfe_number\r\n{id},\"Ashby \"\"Hill\"\" Primary\",855/4003\r\n");
    assert_eq!(table.trim_start_matches('\u{feff}'), cells);
    caller.get(&format!("/schools/export?format=xlsx&{asked}")).await.expect(200);
}

#[actix_web::test]
async fn some_fields_have_a_version_of_their_own() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await;
    let path = format!("/areas/{}?fields=name", area.id());
    let some = caller.get(&path).await.expect(200);
    assert!(some.etag().starts_with("\"1-"), "{some:?}");
    caller.get(&path).header("if-none-match", some.etag()).await.expect(304);
    caller.get(&path).header("if-none-match", area.etag()).await.expect(200);
    // A change names the version of the whole.
    let changed = caller.patch(&format!("/areas/{}", area.id()), &json!({ "name": "Soar" }), &some.etag()).await;
    assert_eq!(changed.expect(200).etag(), "\"2\"");
}

#[actix_web::test]
async fn an_unknown_field_is_refused_with_the_nearest() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for path in ["/schools", "/schools/export", "/schools/by-key/urn/120305"] {
        let problem = caller.get(&format!("{path}?fields=id,nam")).await.problem(400, "bad-parameter");
        let fault = &problem["errors"][0];
        assert_eq!(fault["pointer"], "?fields");
        assert!(fault["message"].as_str().unwrap().contains("`name`"), "{problem}");
    }
}

#[actix_web::test]
async fn pages_with_fields_go_on_where_pages_without_began() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for name in ["Ash", "Birch", "Cedar"] {
        app.area(&caller, name).await;
    }
    let first = caller.get("/areas?limit=1").await.expect(200).json();
    let next = format!("/areas?limit=2&fields=name&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = caller.get(&next).await.expect(200).json();
    assert_eq!(rest["items"], json!([{ "name": "Birch" }, { "name": "Cedar" }]));
}

#[actix_web::test]
async fn an_item_is_the_same_read_listed_and_answered() {
    let app = support::demo().await;
    let caller = app.as_anything().await;
    let mut seen = 0;
    for operation in operations().iter().filter(|it| it.method == "PATCH" && it.path.ends_with("/{id}")) {
        let collection = operation.path.trim_end_matches("/{id}");
        let list = caller.get(&format!("{collection}?limit=20")).await.expect(200).json();
        for item in list["items"].as_array().unwrap() {
            let address = format!("{collection}/{}", item["id"].as_str().unwrap());
            let read = caller.get(&address).await.expect(200);
            assert_eq!(&read.json(), item, "{address}");
            let answered = caller.patch(&address, &json!({}), &read.etag()).await;
            if answered.status == 200 {
                assert_eq!(answered.body, read.body, "{address}");
                seen += 1;
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

#[actix_web::test]
async fn what_is_withheld_is_null_however_it_is_asked_for() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let school = app.school(&office, "Ash", json!({})).await.id();
    let group = json!({ "name": "Soar cluster", "kind": "cluster", "note": "for the office" });
    let group = office.post("/school-groups", &group).await.expect(201).id();
    let partner =
        json!({ "name": "Music Trust", "kind": "charity", "note": "for the office", "school_group_id": group });
    let partner = office.post("/partners", &partner).await.expect(201).id();
    let head = app.at_school(Role::SchoolHead, school).await;
    let note = |item: &Value| item.as_object().unwrap()["note"].clone();
    for (path, id) in [("/partners", partner), ("/school-groups", group)] {
        assert_eq!(note(&office.get(&format!("{path}/{id}")).await.expect(200).json()), "for the office");
        for query in ["", "?fields=note", "?fields=id,note"] {
            let item = head.get(&format!("{path}/{id}{query}")).await.expect(200);
            assert_eq!(note(&item.json()), Value::Null, "{path}{query}");
            assert!(item.etag().contains('-'), "{item:?}");
            let list = head.get(&format!("{path}{query}")).await.expect(200).json();
            assert_eq!(note(&list["items"][0]), Value::Null, "{path}{query}");
        }
    }
    let embedded = head.get(&format!("/partners/{partner}?expand=school_group")).await.expect(200).json();
    assert_eq!(note(&embedded["school_group"]), Value::Null, "{embedded}");
}
