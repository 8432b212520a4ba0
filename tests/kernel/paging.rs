//! Lists page by page.

use std::collections::{HashMap, HashSet};

use api::kernel::base::fold::fold_postcode;
use entity::identity::grant::Role;
use entity::instant::Instant;
use entity::schools::school;
use serde_json::{Value, json};
use std::time::Duration;
use time::macros::date;
use uuid::Uuid;

use crate::support::{self, App, Caller, new_school, rows};

const ROWS: usize = 10_000;
const SORTS: [&str; 8] = ["name", "urn", "pupils", "postcode", "la_code", "opened_on", "updated_at", "created_at"];

/// Schools with equal keys and none in every column that a list can be sorted by.
fn schools(hub: Uuid, now: Instant) -> Vec<school::Model> {
    let some = |n: usize, every: usize| !n.is_multiple_of(every);
    (0..ROWS)
        .map(|n| {
            let number = i32::try_from(n).unwrap();
            let mut row = rows::school(hub, &format!("school {:03}", n % 700), now);
            row.urn = some(n, 3).then_some(100_000 + number);
            row.pupils = some(n, 5).then_some(number % 50);
            row.postcode = some(n, 4).then(|| format!("LE{} {}AB", n % 90 + 1, n % 10));
            row.postcode_key = row.postcode.as_deref().map(fold_postcode);
            row.la_code = some(n, 7).then(|| format!("{:03}", n % 9 + 850));
            row.opened_on = some(n, 6).then(|| date!(1990 - 01 - 01) + time::Duration::days(i64::from(number) % 300));
            row.created_at = now + Duration::from_micros(n as u64 % 1000);
            row.updated_at = now + Duration::from_micros(n as u64 % 500);
            row
        })
        .collect()
}

async fn filled() -> (App, Caller, Vec<school::Model>) {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let rows = schools(app.hub, app.clock.now());
    app.insert::<school::Entity>(app.hub, rows.clone()).await;
    (app, caller, rows)
}

/// What the list is sorted by, as text that compares like the key; none sorts last both ways.
fn key(item: &Value, sort: &str) -> Option<String> {
    match &item[sort] {
        Value::Null => None,
        Value::Number(number) => Some(format!("{:012}", number.as_i64().unwrap())),
        Value::String(text) if sort == "postcode" => Some(fold_postcode(text)),
        Value::String(text) => Some(text.clone()),
        other => panic!("{sort} is {other}"),
    }
}

/// Returns true if `next` may follow `item`: by key, none last, ties by id in the same direction.
fn follows(item: &Value, next: &Value, sort: &str, down: bool) -> bool {
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    match (key(item, sort), key(next, sort)) {
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (here, there) => {
            let (here, there) = ((here, id(item)), (there, id(next)));
            if down { here > there } else { here < there }
        }
    }
}

#[actix_web::test]
async fn pages_lose_and_repeat_nothing_while_rows_come_and_go() {
    let (app, caller, rows) = filled().await;
    // Every tenth row may be archived by the meddler; the rest has to be on some page, once.
    let (meddled, kept): (Vec<_>, Vec<_>) = rows.iter().enumerate().partition(|(n, _)| n % 10 == 0);
    let kept: HashSet<String> = kept.iter().map(|(_, row)| row.id.to_string()).collect();
    let mut meddled = meddled.into_iter().map(|(_, row)| row.id);

    let mut count = 0;
    for sort in SORTS {
        for down in [false, true] {
            let sign = if down { "-" } else { "" };
            let address = format!("/schools?sort={sign}{sort}&limit=200");
            let mut next = address.clone();
            let mut seen: HashMap<String, usize> = HashMap::new();
            let mut last: Option<Value> = None;
            loop {
                // While a page is read one row goes and one comes, before or after where we are.
                count += 1;
                let gone = meddled.next().filter(|_| count % 2 == 0);
                let name = format!("school {:03}", count * 37 % 700);
                let made = new_school(&name, json!({ "pupils": count % 50 }));
                let (page, _, ()) = tokio::join!(
                    async { caller.get(&next).await.expect(200).json() },
                    async { caller.post("/schools", &made).await.expect(201) },
                    async {
                        if let Some(id) = gone {
                            caller.delete(&format!("/schools/{id}"), "*").await.expect(204);
                        }
                    }
                );
                for item in page["items"].as_array().unwrap() {
                    if let Some(last) = &last {
                        assert!(follows(last, item, sort, down), "{address}: {last} then {item}");
                    }
                    *seen.entry(item["id"].as_str().unwrap().to_owned()).or_default() += 1;
                    last = Some(item.clone());
                }
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                next = format!("{address}&cursor={cursor}");
            }
            let repeated: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
            assert!(repeated.is_empty(), "{address} repeats {repeated:?}");
            let lost = kept.iter().filter(|id| !seen.contains_key(*id)).count();
            assert_eq!(lost, 0, "{address} loses {lost} rows");
        }
    }
    drop(app);
}

#[actix_web::test]
async fn page_1000_works_and_total_counts_all_of_them() {
    let (_app, caller, rows) = filled().await;
    let first = caller.get("/schools?sort=urn&limit=10&total=true").await.expect(200).json();
    assert_eq!(first["total"], rows.len());
    let mut cursor = first["next_cursor"].as_str().unwrap().to_owned();
    for number in 2..=1000 {
        let page = caller.get(&format!("/schools?sort=urn&limit=10&cursor={cursor}")).await;
        let page = page.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 10, "page {number}");
        assert!(page.get("total").is_none(), "nothing is counted unasked");
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => {
                assert_eq!(number, 1000);
                return;
            }
        }
    }
    panic!("10,000 rows have 1,000 pages of 10, and no next one");
}

#[actix_web::test]
async fn a_cursor_fits_only_its_list_filter_sort_and_hub() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for name in ["Ash", "Beech", "Cedar"] {
        app.school(&caller, name, json!({})).await;
        app.area(&caller, name).await;
    }
    let first = caller.get("/schools?sort=name&phase=primary&limit=1").await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let good = format!("/schools?sort=name&phase=primary&limit=2&cursor={cursor}");
    let page = caller.get(&good).await.expect(200).json();
    assert_eq!(page["items"][0]["name"], "Beech", "another limit is no other list");

    for other in [
        "/schools?sort=-name&phase=primary",
        "/schools?sort=urn&phase=primary",
        "/schools?phase=primary",
        "/schools?sort=name",
        "/schools?sort=name&phase=secondary",
        "/schools?sort=name&phase=primary&archived=true",
        "/areas?sort=name",
    ] {
        let address = format!("{other}&cursor={cursor}");
        caller.get(&address).await.problem(400, "bad-cursor");
    }
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    stranger.get(&good).await.problem(400, "bad-cursor");
    for cursor in ["", "x", "AAAA", &cursor[1..], &format!("{cursor}A"), &cursor.to_uppercase()] {
        let address = format!("/schools?sort=name&phase=primary&cursor={cursor}");
        caller.get(&address).await.problem(400, "bad-cursor");
    }
}

#[actix_web::test]
async fn link_leads_to_the_next_page_with_all_parameters() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for name in ["Ash & Elm", "Beech", "Cedar"] {
        app.area(&caller, name).await;
    }
    let first = caller.get("/areas?sort=-name&limit=2").await.expect(200);
    let link = first.header("link");
    let address = link.strip_prefix('<').and_then(|it| it.strip_suffix(">; rel=\"next\"")).unwrap();
    let second = caller.get(address).await.expect(200);
    assert_eq!(second.json()["items"][0]["name"], "Ash & Elm");
    assert!(second.maybe("link").is_none(), "the last page has no next one");
    assert!(second.json().get("next_cursor").is_none());
}

#[actix_web::test]
async fn limit_is_between_1_and_200_and_50_if_absent() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let now = app.clock.now();
    let rows = (0..201).map(|n| rows::school(app.hub, &format!("s{n}"), now)).collect();
    app.insert::<school::Entity>(app.hub, rows).await;
    for (query, expected) in [("", 50), ("?limit=1", 1), ("?limit=200", 200)] {
        let page = caller.get(&format!("/schools{query}")).await.expect(200);
        assert_eq!(page.ids().len(), expected, "{query}");
    }
    for limit in ["0", "201", "-1", "1.5", "ten", "", "99999999999999999999", "1e2"] {
        let problem = caller.get(&format!("/schools?limit={limit}")).await;
        problem.problem(400, "bad-parameter");
        assert_eq!(problem.faults()[0].0, "?limit", "{problem:?}");
    }
}
