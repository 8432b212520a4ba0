//! History and feed page like every list; items are read by their keys; the document links them.

use std::collections::BTreeSet;

use entity::identity::grant::Role;
use serde_json::json;

use crate::support::document::{Operation, operations};
use crate::support::{self, Caller};

/// The numbers of all changes behind an address, page by page, by cursors or by the links.
async fn numbers(caller: &Caller, path: &str, by_link: bool) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut address = path.to_owned();
    loop {
        let page = caller.get(&address).await.expect(200);
        let body = page.json();
        let items = body["items"].as_array().unwrap();
        assert!(!items.is_empty(), "a page that was linked to: {page:?}");
        numbers.extend(items.iter().map(|item| item["number"].as_i64().unwrap()));
        let Some(cursor) = body["next_cursor"].as_str() else {
            assert!(page.maybe("link").is_none());
            return numbers;
        };
        let link = page.header("link");
        let next = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
        assert!(link.ends_with("; rel=\"next\"") && next.contains(cursor), "{link}");
        address = if by_link { next } else { format!("{path}&cursor={cursor}") };
    }
}

#[actix_web::test]
async fn history_and_feed_page_by_cursor_like_every_list() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await;
    let path = format!("/areas/{}", area.id());
    for n in 0..6 {
        caller.patch(&path, &json!({ "code": format!("C{n}") }), "*").await.expect(200);
    }
    for by_link in [false, true] {
        assert_eq!(numbers(&caller, &format!("{path}/history?limit=3"), by_link).await, [7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(numbers(&caller, "/changes?limit=3", by_link).await, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(numbers(&caller, "/changes?limit=2&after=2&resource=area", by_link).await, [3, 4, 5, 6, 7]);
        assert_eq!(numbers(&caller, &format!("{path}/history?limit=2&before=4"), by_link).await, [3, 2, 1]);
    }
    // A cursor fits what it was made for, and nothing else.
    let page = caller.get("/changes?limit=3").await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    for other in ["/changes?resource=area", "/changes?after=1", &format!("{path}/history?limit=3")] {
        let joint = if other.contains('?') { '&' } else { '?' };
        caller.get(&format!("{other}{joint}cursor={cursor}")).await.problem(400, "bad-cursor");
    }
}

#[actix_web::test]
async fn an_item_is_read_by_its_key_as_by_its_id() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Vale of Belvoir").await.id();
    let keys = json!([{ "system": "paritor", "id": "855/40" }]);
    let school = app.school(&caller, "Ash", json!({ "urn": 120_001, "area_id": area, "external_ids": keys })).await;
    let by_id = caller.get(&format!("/schools/{}?expand=area", school.id())).await.expect(200);
    for key in ["/schools/by-key/urn/120001", "/schools/by-key/paritor/855%2F40"] {
        let plain = caller.get(key).await.expect(200);
        assert_eq!((plain.json(), plain.etag()), (school.json(), school.etag()));
        caller.get(key).header("if-none-match", school.etag()).await.expect(304);
        let wide = caller.get(&format!("{key}?expand=area")).await.expect(200);
        assert_eq!((wide.json(), wide.etag()), (by_id.json(), by_id.etag()));
    }
    assert_eq!(caller.get("/areas/by-key/name/vale%20of%20belvoir").await.expect(200).id(), area);
    for key in ["/schools/by-key/urn/120002", "/schools/by-key/mis/855%2F40", "/areas/by-key/paritor/1"] {
        caller.get(key).await.problem(404, "not-found");
    }
    // As by its id: another school's people do not see it, and an archived one is gone.
    let other = app.school(&caller, "Beech", json!({})).await;
    let head = app.at_school(Role::SchoolHead, other.id()).await;
    head.get("/schools/by-key/urn/120001").await.problem(404, "not-found");
    caller.delete(&format!("/schools/{}", school.id()), "*").await.expect(204);
    caller.get("/schools/by-key/urn/120001").await.problem(404, "not-found");
}

#[test]
fn what_is_put_by_a_key_is_read_by_it_with_the_parameters_of_the_item() {
    let of = |method: &str, path: &str| operations().iter().find(|it| it.method == method && it.path == path);
    let mut tried = 0;
    for put in operations().iter().filter(|it| it.method == "PUT" && it.path.contains("/by-key/")) {
        let get = of("GET", &put.path).unwrap_or_else(|| panic!("{} is not read by its key", put.id));
        let collection = put.path.split("/by-key/").next().unwrap();
        let item = of("GET", &format!("{collection}/{{id}}")).unwrap();
        let names = |operation: &Operation| -> BTreeSet<String> {
            operation.parameters().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
        };
        let mut expected = names(item);
        expected.insert("system".to_owned());
        assert_eq!(names(get), expected, "{}", get.id);
        assert_eq!(get.reply("200")["content"], item.reply("200")["content"]);
        tried += 1;
    }
    assert!(tried >= 5, "{tried}");
}

#[test]
fn what_makes_an_item_links_to_what_is_done_with_it() {
    let document = crate::support::document::document().json();
    for create in operations().iter().filter(|it| it.method == "POST" && it.value["responses"].get("201").is_some()) {
        let item = format!("{}/{{id}}", create.path);
        let wanted = [("GET", item.clone()), ("PATCH", item.clone()), ("POST", format!("{item}/restore"))];
        let wanted: BTreeSet<&str> = wanted
            .iter()
            .filter_map(|(method, path)| operations().iter().find(|it| it.method == *method && it.path == *path))
            .map(|it| it.id.as_str())
            .collect();
        let links = create.reply("201")["links"].as_object().cloned().unwrap_or_default();
        let linked: BTreeSet<&str> = links
            .values()
            .map(|link| document.pointer(link["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap())
            .inspect(|link| assert_eq!(link["parameters"]["id"], "$response.body#/id"))
            .map(|link| link["operationId"].as_str().unwrap())
            .collect();
        assert!(linked.is_superset(&wanted), "{}: {linked:?} {wanted:?}", create.id);
    }
}
