//! What the lists of imports and of their rows show.

use std::time::Duration;

use entity::exchange::import;
use entity::identity::grant::Role;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{file, holds, id, imported, many, office, row_of, rows_of, school, taken};
use crate::support::{Caller, Reply};

fn numbers(page: &Reply) -> Vec<i64> {
    page.json()["items"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect()
}

async fn page(caller: &Caller, path: &str, query: &str) -> Reply {
    caller.get(&format!("{path}?{query}")).await.expect(200)
}

#[actix_web::test]
async fn rows_are_paged_filtered_counted_and_turned_round() {
    let (app, office) = office().await;
    let rows: Vec<_> = (120_001..=120_025)
        .map(|urn| match urn % 5 {
            0 => school(urn, &[("EstablishmentName", "")]),
            1 => school(urn, &[("LA (code)", "201")]),
            _ => school(urn, &[]),
        })
        .collect();
    let job = imported(&office, "", file(&rows)).await;
    let path = format!("/imports/{}/rows", id(&job));
    let all: Vec<i64> = (1..=25).collect();
    let first = page(&office, &path, "limit=10&total=true").await;
    assert_eq!(first.json()["total"], 25);
    let (mut seen, mut turned) = (Vec::new(), Vec::new());
    for (sort, seen) in [("number", &mut seen), ("-number", &mut turned)] {
        let mut query = format!("sort={sort}&limit=10");
        loop {
            let part = page(&office, &path, &query).await;
            seen.extend(numbers(&part));
            assert_eq!(part.json()["total"], Value::Null);
            let Some(cursor) = part.json()["next_cursor"].as_str().map(str::to_owned) else { break };
            query = format!("sort={sort}&limit=10&cursor={cursor}");
            assert_eq!(part.header("link"), format!("</api/v1{path}?{query}>; rel=\"next\""));
        }
    }
    assert_eq!(seen, all);
    turned.reverse();
    assert_eq!(turned, all);
    let rejected = page(&office, &path, "outcome=rejected&total=true").await;
    assert_eq!((numbers(&rejected), &rejected.json()["total"]), (vec![5, 10, 15, 20, 25], &json!(5)));
    let two = page(&office, &path, "outcome=rejected&outcome=out_of_area&sort=-number&limit=3").await;
    assert_eq!(numbers(&two), [25, 21, 20]);
    assert_eq!(numbers(&page(&office, &path, "urn=120007").await), [7]);
    assert_eq!(numbers(&page(&office, &path, "urn=120007&outcome=rejected").await), [0; 0]);
    for row in rows_of(&office, &job, "outcome=created").await {
        holds(&row, json!({ "line": row["number"].as_i64().unwrap() + 1, "written": true, "resource": "school" }));
    }

    // A cursor fits its own list, order and filter.
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let second = taken(&office, many(130_001, 1)).await;
    let second = format!("/imports/{}/rows", id(&second));
    for (path, query) in
        [(&path, "sort=-number"), (&path, "outcome=created"), (&path, "urn=120001"), (&second, "total=true")]
    {
        let reply = office.get(&format!("{path}?{query}&cursor={cursor}")).await;
        reply.problem(400, "bad-cursor");
    }
    office.get(&format!("{path}?cursor=abc")).await.problem(400, "bad-cursor");
    for query in ["outcome=lost", "limit=0", "limit=201", "sort=urn", "colour=red", "urn=1"] {
        office.get(&format!("{path}?{query}")).await.problem(400, "bad-parameter");
    }

    // What is known of a school is shown to callers who may read schools.
    let created = format!("{path}?outcome=created&limit=1");
    let told = app.as_client("exchange:read").await.get(&created).await.expect(200).json();
    holds(&told["items"][0], json!({ "urn": 120_002, "fields": null, "affects": null, "written": true }));
    let told = app.as_client("exchange:read schools:read").await.get(&created).await.expect(200).json();
    assert_eq!(told["items"][0]["fields"]["name"]["after"], "School 120002");

    let other = app.another_hub("rutland").await;
    let theirs = app.as_role_in(other, Role::Administrator, |_| {}).await;
    for path in [path, format!("/imports/{}", id(&job))] {
        theirs.get(&path).await.problem(404, "not-found");
        app.as_client("schools:read").await.get(&path).await.problem(403, "forbidden");
    }
    assert_eq!(theirs.get("/imports").await.expect(200).json()["items"], json!([]));
}

#[actix_web::test]
async fn imports_are_listed_by_kind_state_and_age() {
    let (app, office) = office().await;
    let mut ids = Vec::new();
    let links = "URN,LinkURN,LinkType\r\n120001,120002,Successor\r\n";
    for (query, body) in [
        ("", many(120_001, 2)),
        ("dry_run=true", many(120_001, 2)),
        ("mode=atomic", file(&[school(120_001, &[("EstablishmentName", "")])])),
        ("source=gias-links", links.to_owned()),
    ] {
        app.clock.advance(Duration::from_mins(1));
        ids.push(id(&imported(&office, query, body).await));
    }
    let listed = async |query: &str| office.get(&format!("/imports?{query}")).await.expect(200).ids();
    assert_eq!(listed("sort=created_at").await, ids);
    let mut latest = ids.clone();
    latest.reverse();
    assert_eq!(listed("sort=-created_at").await, latest);
    assert_eq!(listed("state=failed").await, [ids[2]]);
    assert_eq!(listed("state=failed&state=cancelled").await, [ids[2]]);
    assert_eq!(listed("state=finished&sort=created_at").await, [ids[0], ids[1], ids[3]]);
    assert_eq!(listed("source=gias-links").await, [ids[3]]);
    assert_eq!(listed("dry_run=true").await, [ids[1]]);
    assert_eq!(listed("dry_run=false&source=gias-register&sort=created_at").await, [ids[0], ids[2]]);
    let first = page(&office, "/imports", "sort=created_at&limit=3&total=true").await;
    assert_eq!((first.ids(), &first.json()["total"]), (ids[..3].to_vec(), &json!(4)));
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(listed(&format!("sort=created_at&limit=3&cursor={cursor}")).await, [ids[3]]);
    office.get("/imports?state=lost").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn an_import_that_has_not_changed_is_not_told_again() {
    let (_app, office) = office().await;
    let job = taken(&office, many(120_001, 1)).await;
    let path = format!("/imports/{}", id(&job));
    let read = office.get(&path).await.expect(200);
    assert_eq!(read.etag(), format!("\"{}\"", job["version"]));
    let same = office.get(&path).header("if-none-match", read.etag()).await.expect(304);
    assert_eq!((same.body.len(), same.etag()), (0, read.etag()));
    office.get(&path).header("if-none-match", "\"1\"").await.expect(200);
    holds(&row_of(&office, &job, 120_001).await, json!({ "warnings": [], "affects": null, "code": null }));
}

#[actix_web::test]
#[expect(clippy::disallowed_methods, reason = "time is moved on behind the API")]
async fn rows_are_forgotten_90_days_after_the_end_and_counts_stay() {
    let (app, office) = office().await;
    let old = taken(&office, many(120_001, 3)).await;
    let late = taken(&office, many(120_001, 4)).await;
    let days = |days: u64| app.clock.now() - Duration::from_hours(24 * days);
    for (job, at) in [(&old, days(91)), (&late, days(89))] {
        let ended = import::Entity::update_many().col_expr(import::Column::FinishedAt, Expr::value(at));
        ended.filter(import::Column::Id.eq(id(job))).exec(app.state.db.write_pool()).await.unwrap();
    }
    api::exchange::import::rows::forget_old(&app.state).await.unwrap();
    assert_eq!(rows_of(&office, &old, "").await.len(), 0);
    assert_eq!(rows_of(&office, &late, "").await.len(), 4);
    let kept = office.get(&format!("/imports/{}", id(&old))).await.expect(200).json();
    holds(&kept, json!({ "read": 3, "created": 3, "written": 3 }));
}
