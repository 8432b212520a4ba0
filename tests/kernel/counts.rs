//! `/counts`: how many items there are by their fields.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use crate::support::document::operations;
use crate::support::{self, new_school};

#[actix_web::test]
async fn schools_are_counted_by_one_field_or_two_under_the_filters_of_the_list() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id().to_string();
    for (name, phase, area) in [
        ("Ash", "primary", Some(&*area)),
        ("Birch", "primary", None),
        ("Cedar", "secondary", Some(&*area)),
        ("Damson", "primary", Some(&*area)),
    ] {
        app.school(&caller, name, json!({ "phase": phase, "area_id": area })).await;
    }
    let counts = async |query: &str| caller.get(&format!("/schools/counts?{query}")).await.expect(200).json();
    let by_phase = counts("by=phase").await;
    let expected = json!([
        { "by": { "phase": "primary" }, "count": 3 },
        { "by": { "phase": "secondary" }, "count": 1 },
    ]);
    assert_eq!(by_phase, json!({ "total": 4, "groups": expected, "others": 0 }));
    let both = counts("by=phase,area_id&q=a").await;
    assert_eq!(both["total"], 3, "Birch has no a");
    let named = json!({ "area_id": "Charnwood" });
    assert_eq!(both["groups"][0], json!({ "by": { "phase": "primary", "area_id": area }, "names": named, "count": 2 }));
    let towns = ["Soar", "Ash"].map(|town| json!({ "by": { "town": town }, "count": 1 }));
    for town in ["Soar", "Ash"] {
        app.school(&caller, town, json!({ "phase": "nursery", "town": town })).await;
    }
    app.school(&caller, "Elm", json!({ "phase": "nursery" })).await;
    let tied = counts("by=town&phase=nursery").await;
    assert_eq!(tied["groups"], json!([towns[1], towns[0], { "by": { "town": null }, "count": 1 }]));
    let without = counts("by=area_id&phase=primary").await;
    assert_eq!(without["groups"][1], json!({ "by": { "area_id": null }, "count": 1 }));
    assert_eq!(counts("by=phase&status=closed").await, json!({ "total": 0, "groups": [], "others": 0 }));
}

#[actix_web::test]
async fn the_two_hundred_largest_groups_are_listed_and_the_rest_added_up() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let towns = (0..205).chain([7]).enumerate();
    let items: Vec<Value> =
        towns.map(|(n, town)| new_school(&format!("S{n}"), json!({ "town": format!("T{town}") }))).collect();
    caller.post("/schools/batch", &json!({ "items": items })).await.expect(200);
    let counts = caller.get("/schools/counts?by=town").await.expect(200).json();
    assert_eq!(counts["groups"].as_array().unwrap().len(), 200);
    assert_eq!(counts["groups"][0], json!({ "by": { "town": "T7" }, "count": 2 }));
    assert_eq!((&counts["total"], &counts["others"]), (&json!(206), &json!(5)));
}

#[actix_web::test]
async fn more_than_two_fields_and_unknown_ones_are_refused_by_name() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (query, told) in
        [("", "?by"), ("by=phase,kind,status", "?by"), ("by=phse", "?by"), ("by=phase&sort=name", "?sort")]
    {
        let reply = caller.get(&format!("/schools/counts?{query}")).await;
        reply.problem(400, "bad-parameter");
        assert_eq!(reply.faults()[0].0, told, "{reply:?}");
    }
    let near = caller.get("/schools/counts?by=phse").await.problem(400, "bad-parameter");
    assert!(near["errors"][0]["message"].as_str().unwrap().contains("`phase`"), "{near}");
}

#[actix_web::test]
async fn fields_apart_are_each_counted_under_all_filters_but_their_own() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id().to_string();
    for (name, phase, area) in
        [("Ash", "primary", Some(&*area)), ("Birch", "primary", None), ("Cedar", "secondary", Some(&*area))]
    {
        app.school(&caller, name, json!({ "phase": phase, "area_id": area })).await;
    }
    let path = format!("/schools/counts?by=phase,area_id,kind&apart=true&phase=primary&area_id={area}");
    let counts = caller.get(&path).await.expect(200).json();
    assert_eq!((&counts["total"], &counts["groups"]), (&json!(1), &json!([])));
    let group = |field: &str, value: Value, count: i32| json!({ "by": { field: value }, "count": count });
    let named = json!({ "by": { "area_id": area }, "names": { "area_id": "Charnwood" }, "count": 1 });
    // In the order of the resource's own list of fields.
    let told = |field: &str, total: i32, groups: Value| {
        let mut counted = json!({ "field": field, "total": total, "others": 0 });
        counted["groups"] = groups;
        counted
    };
    let phases = json!([group("phase", json!("primary"), 1), group("phase", json!("secondary"), 1)]);
    assert_eq!(
        counts["fields"],
        json!([
            told("phase", 2, phases),
            told("kind", 1, json!([group("kind", json!("school"), 1)])),
            told("area_id", 2, json!([named, group("area_id", Value::Null, 1)])),
        ])
    );
    let many = caller.get("/schools/counts?by=phase,status,kind,area_id,town,trust,gender&apart=true").await;
    many.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn names_stand_beside_ids_where_the_caller_sees_the_items() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    let school = app.school(&caller, "Ash", json!({ "area_id": area })).await.id();
    let person = caller.post("/people", &json!({ "name": "Vivace Rondo" })).await.expect(201).id();
    let lead = json!({ "person_id": person, "school_id": school, "role": "lead", "from_on": "2014-09-01" });
    caller.post("/assignments", &lead).await.expect(201);
    let counts = caller.get("/assignments/counts?by=school_id,person_id").await.expect(200).json();
    assert_eq!(counts["groups"][0]["names"], json!({ "school_id": "Ash", "person_id": "Vivace Rondo" }));
    let narrow = app.as_client("schools:read").await;
    let counts = narrow.get("/assignments/counts?by=school_id,person_id").await.expect(200).json();
    assert_eq!(counts["groups"][0]["names"], json!({ "school_id": "Ash" }), "people:read is another scope");
}

#[actix_web::test]
async fn a_school_counts_what_it_sees() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let own = app.school(&caller, "Ash", json!({})).await.id();
    app.school(&caller, "Birch", json!({})).await;
    let head = app.at_school(Role::SchoolHead, own).await;
    let counts = head.get("/schools/counts?by=status").await.expect(200).json();
    assert_eq!(counts["total"], 1, "{counts}");
}

#[actix_web::test]
async fn counts_add_up_to_the_list_wherever_they_are() {
    let app = support::demo().await;
    let caller = app.as_anything().await;
    let mut tried = 0;
    // The lists of one item are counted as all others.
    let counted = operations().iter().filter(|it| it.path.ends_with("/counts") && !it.has_id());
    for operation in counted.filter(|it| it.scope() != Some("hubs:read")) {
        let by = operation.parameters().find(|it| it["name"] == "by").unwrap();
        let collection = operation.path.trim_end_matches("/counts");
        let total = caller.get(&format!("{collection}?total=true&limit=1")).await.expect(200).json()["total"].clone();
        for field in by["schema"]["items"]["enum"].as_array().unwrap() {
            let field = field.as_str().unwrap();
            let counts = caller.get(&format!("{}?by={field}", operation.path)).await.expect(200).json();
            assert_eq!(counts["total"], total, "{} {field}", operation.path);
            let groups = counts["groups"].as_array().unwrap().iter().map(|group| group["count"].as_i64().unwrap());
            assert_eq!(groups.sum::<i64>() + counts["others"].as_i64().unwrap(), total, "{} {field}", operation.path);
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn every_list_is_counted_but_those_without_a_field_to_count_by() {
    // Observations are in no count.
    const WITHOUT: [&str; 6] = [
        "/api/v1/glossary-terms",
        "/api/v1/imports/{id}/rows",
        "/api/v1/metric-comparisons",
        "/api/v1/observations",
        "/api/v1/rag-recomputations",
        "/api/v1/erasures",
    ];
    let lists =
        operations().iter().filter(|it| it.method == "GET" && it.parameters().any(|one| one["name"] == "total"));
    for list in lists {
        let counts = format!("{}/counts", list.path);
        let counted = operations().iter().any(|it| it.path == counts);
        // An item has few files.
        let without = WITHOUT.contains(&&*list.path) || list.path.ends_with("/attachments");
        assert_ne!(counted, without, "{}", list.path);
    }
}
