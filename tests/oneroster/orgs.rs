//! Organisations: the hub, its areas and its schools.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ROSTER, Register, address, each, found, get};
use crate::support;
use crate::support::ISSUER;

#[actix_web::test]
async fn a_school_is_an_org_below_its_area_which_is_below_the_hub() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let Register { area, ash } = Register::make(&app, &caller).await;
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    let reference = |id: &str| json!({"href": format!("{ISSUER}{ROSTER}/orgs/{id}"), "sourcedId": id, "type": "org"});
    let school = get(&caller, &format!("/orgs/{}", id(&ash)), &[]).await.expect(200).json();
    assert_eq!(
        school,
        json!({"org": {
            "sourcedId": ash["id"], "status": "active", "dateLastModified": ash["updated_at"],
            "name": "Ash Primary", "type": "school", "identifier": "120001", "parent": reference(&id(&area)),
            "children": [],
            "metadata": {
                "laCode": "855", "dfeNumber": "855/2001", "ukprn": null, "phase": "primary", "schoolStatus": "open",
                "inScope": true,
            },
        }})
    );
    assert_eq!(get(&caller, &format!("/schools/{}", id(&ash)), &[]).await.expect(200).json(), school);
    let district = get(&caller, &format!("/orgs/{}", id(&area)), &[]).await.expect(200).json()["org"].take();
    assert_eq!((&district["type"], &district["identifier"]), (&json!("district"), &json!("CH")));
    assert_eq!(district["children"], json!([reference(&id(&ash))]));
    assert_eq!(district["parent"], reference(&app.hub.to_string()));
    assert!(district.get("metadata").is_none(), "{district}");
    get(&caller, &format!("/schools/{}", id(&area)), &[]).await.problem(404, "not-found");
    let hub = get(&caller, &format!("/orgs/{}", app.hub), &[]).await.expect(200).json()["org"].take();
    assert_eq!((&hub["type"], &hub["identifier"]), (&json!("local"), &json!("leicester")));
    assert!(hub.get("parent").is_none(), "{hub}");
    assert_eq!(hub["children"].as_array().unwrap().len(), 3, "{hub}");
}

#[actix_web::test]
async fn filters_find_what_they_say() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let Register { area, ash } = Register::make(&app, &caller).await;
    let hub = each(&get(&caller, "/orgs", &[("filter", "type='local'")]).await.expect(200), "name");
    let hub = hub[0].as_str();
    let changed = ash["updated_at"].as_str().unwrap();
    let of_area = format!("parent.sourcedId='{}'", area["id"].as_str().unwrap());
    let not_ash = format!("type='school' AND sourcedId!='{}'", ash["id"].as_str().unwrap());
    for (filter, names) in [
        ("type='school'", &["Ash Primary", "École Beech", "St Mary's"][..]),
        ("type!='school' AND type!='local'", &["Charnwood"]),
        ("name='ash primary'", &["Ash Primary"]),
        ("name~'ecole'", &["École Beech"]),
        ("name~'100%'", &[]),
        ("name = 'St Mary''s'", &["St Mary's"]),
        ("type='school' AND name>'b'", &["École Beech", "St Mary's"]),
        ("type='school' AND name<='ash primary'", &["Ash Primary"]),
        ("identifier='120002'", &["École Beech"]),
        ("identifier~'1200' AND identifier>='120002'", &["École Beech"]),
        ("type='school' AND identifier!='120002'", &["Ash Primary", "St Mary's"]),
        ("identifier='CH' OR identifier='120001'", &["Ash Primary", "Charnwood"]),
        (&of_area, &["Ash Primary"]),
        (&not_ash, &["École Beech", "St Mary's"]),
        ("sourcedId='none'", &[]),
        ("status='active' AND type='local'", &[hub]),
        ("status='tobedeleted'", &[]),
        ("dateLastModified<'2014-09-01'", &[]),
    ] {
        assert_eq!(found(&caller, filter).await, names, "{filter}");
    }
    // The clock of the test stands still, so that nothing is later than anything else.
    for (predicate, count) in [(">", 0), (">=", 5), ("=", 5), ("<", 0), ("!=", 0)] {
        let filter = format!("dateLastModified{predicate}'{changed}'");
        assert_eq!(found(&caller, &filter).await.len(), count, "{filter}");
    }
}

#[actix_web::test]
async fn a_list_is_read_part_by_part_in_any_order_with_its_total_and_links() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    Register::make(&app, &caller).await;
    for sort in ["sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parent.sourcedId"] {
        for order in ["asc", "desc"] {
            let whole = [("sort", sort), ("orderBy", order)];
            let whole = each(&get(&caller, "/orgs", &whole).await.expect(200), "sourcedId");
            assert_eq!(whole.len(), 5, "{sort}");
            let mut read = Vec::new();
            let mut next = Some(address("/orgs", &[("sort", sort), ("orderBy", order), ("limit", "2")]));
            while let Some(address) = next {
                let part = caller.get(&address).await.expect(200);
                assert_eq!(part.header("x-total-count"), "5");
                read.extend(each(&part, "sourcedId"));
                next = linked(part.header("link"), "next");
            }
            assert_eq!(read, whole, "{sort} {order}");
        }
    }
    let names = get(&caller, "/schools", &[("sort", "name"), ("orderBy", "desc")]).await.expect(200);
    assert_eq!(each(&names, "name"), ["St Mary's", "École Beech", "Ash Primary"]);
    assert!(names.maybe("link").is_none(), "all on one page: {names:?}");
    let last = get(&caller, "/schools", &[("limit", "2"), ("offset", "2")]).await.expect(200);
    let link = last.header("link");
    assert!(linked(link, "next").is_none() && linked(link, "first").unwrap().ends_with("limit=2&offset=0"), "{link}");
    let beyond = get(&caller, "/schools", &[("offset", "900")]).await.expect(200);
    assert_eq!(beyond.json(), json!({"orgs": []}));
    assert_eq!(beyond.header("x-total-count"), "3");
}

/// The path and the query of a link.
fn linked(links: &str, name: &str) -> Option<String> {
    let link = links.split(", ").find(|link| link.ends_with(&format!("rel=\"{name}\"")))?;
    let address = link.trim_start_matches('<').split('>').next()?;
    assert!(address.starts_with(ISSUER), "{address}");
    Some(address.trim_start_matches(ISSUER).to_owned())
}

#[actix_web::test]
async fn only_the_fields_asked_for_are_given() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let Register { ash, .. } = Register::make(&app, &caller).await;
    let list = get(&caller, "/schools", &[("fields", "name, type"), ("limit", "1")]).await.expect(200);
    assert_eq!(list.json(), json!({"orgs": [{"name": "Ash Primary", "type": "school"}]}));
    let one = format!("/schools/{}", ash["id"].as_str().unwrap());
    let item = get(&caller, &one, &[("fields", "identifier")]).await.expect(200);
    assert_eq!(item.json(), json!({"org": {"identifier": "120001"}}));
    // An item is not sent again while it is the same.
    let again = caller.get(&address(&one, &[("fields", "identifier")])).header("if-none-match", item.etag()).await;
    again.expect(304);
}

#[actix_web::test]
async fn an_archived_org_is_to_be_deleted_for_who_reaches_the_hub() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let Register { ash, .. } = Register::make(&app, &caller).await;
    let id = ash["id"].as_str().unwrap();
    caller.delete(&format!("/schools/{id}"), "*").await.expect(204);
    assert_eq!(found(&caller, "status='tobedeleted'").await, ["Ash Primary"]);
    let status =
        |by| async move { get(by, &format!("/orgs/{id}"), &[]).await.expect(200).json()["org"]["status"].take() };
    assert_eq!(status(&caller).await, "tobedeleted");
    let head = app.at_school(Role::SchoolHead, Uuid::parse_str(id).unwrap()).await;
    get(&head, &format!("/orgs/{id}"), &[]).await.problem(404, "not-found");
    // It is no child of its area any more.
    let area = found(&caller, "type='district'").await;
    let area = get(&caller, "/orgs", &[("filter", &format!("name='{}'", area[0]))]).await.ids()[0];
    let area = get(&caller, &format!("/orgs/{area}"), &[]).await.expect(200).json();
    assert_eq!(area["org"]["children"], json!([]));
}

#[actix_web::test]
async fn everybody_sees_the_orgs_within_their_reach_and_no_other_hubs() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let Register { ash, .. } = Register::make(&app, &caller).await;
    let head = app.at_school(Role::SchoolHead, Uuid::parse_str(ash["id"].as_str().unwrap()).unwrap()).await;
    let own = get(&head, "/schools", &[]).await.expect(200);
    assert_eq!(each(&own, "name"), ["Ash Primary"]);
    assert_eq!(own.header("x-total-count"), "1");
    assert_eq!(found(&head, "type='district'").await, ["Charnwood"]);
    let hub = get(&head, &format!("/orgs/{}", app.hub), &[]).await.expect(200).json();
    assert_eq!(hub["org"]["children"].as_array().unwrap().len(), 1, "{hub}");
    let other = app.another_hub("elsewhere").await;
    let stranger = app.as_client_in(other, "schools:read").await;
    assert_eq!(each(&get(&stranger, "/orgs", &[]).await.expect(200), "sourcedId"), [other.to_string()]);
    get(&stranger, &format!("/orgs/{}", app.hub), &[]).await.problem(404, "not-found");
}

#[actix_web::test]
async fn fifty_thousand_schools_are_read_to_their_end() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let now = app.clock.now();
    for part in 0..10 {
        let schools = (0..5000).map(|n| support::rows::school(app.hub, &format!("School {part} {n}"), now));
        app.insert::<entity::schools::school::Entity>(app.hub, schools.collect()).await;
    }
    let began = std::time::Instant::now();
    let last = get(&caller, "/orgs", &[("sort", "name"), ("limit", "5000"), ("offset", "49000")]).await.expect(200);
    assert_eq!(last.header("x-total-count"), "50001");
    assert_eq!(each(&last, "name").len(), 1001);
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
}
