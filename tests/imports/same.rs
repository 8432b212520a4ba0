//! What an import stores is what the same form would store, to the type of each column.

use entity::owned::Owned;
use entity::schools::{school, school_group, school_group_member, school_link};
use sea_orm::{ConnectionTrait, DbBackend, IdenStatic, Iterable, Statement};
use serde_json::{Value, json};

use super::{file, holds, id, imported, of_urn, office, school as row, taken};
use crate::support::App;

const FULL: [(&str, &str); 31] = [
    ("EstablishmentNumber", "4003"),
    ("EstablishmentName", "St \"Zoë’s\" Školà, Woodgate"),
    ("TypeOfEstablishment (code)", "07"),
    ("TypeOfEstablishment (name)", "Community special school"),
    ("EstablishmentStatus (code)", "3"),
    ("EstablishmentStatus (name)", "Open, but proposed to close"),
    ("OpenDate", "01-09-1912"),
    ("CloseDate", "31-08-2015"),
    ("PhaseOfEducation (code)", "7"),
    ("PhaseOfEducation (name)", "All-through"),
    ("StatutoryLowAge", "0"),
    ("StatutoryHighAge", "19"),
    ("Gender (name)", "Mixed"),
    ("NumberOfPupils", "236"),
    ("PercentageFSM", "14.0"),
    ("Trusts (code)", "02044"),
    ("Trusts (name)", "1234"),
    ("UKPRN", "10034567"),
    ("Street", "12 Woodgate Road"),
    ("Locality", "007"),
    ("Address3", "true"),
    ("Town", "Loughborough"),
    ("County (name)", "1e3"),
    ("Postcode", "le112tx"),
    ("SchoolWebsite", "www.woodgatevale.example"),
    ("TelephoneNum", "01509000000"),
    ("HeadTitle (name)", "Ms"),
    ("HeadFirstName", "Ada"),
    ("HeadLastName", "O'Hara"),
    ("HeadPreferredJobTitle", "Null"),
    ("Easting", "453100"),
];

/// The same as a form. Numbers that are texts stay texts: a telephone keeps its zero.
fn form(urn: u32) -> Value {
    json!({
        "kind": "school", "urn": urn, "ukprn": 10_034_567, "la_code": "855", "establishment_number": "4003",
        "name": "St \"Zoë’s\" Školà, Woodgate", "phase": "all_through", "establishment_type_code": "07",
        "establishment_type": "Community special school", "special": true, "status": "proposed_to_close",
        "opened_on": "1912-09-01", "closed_on": "2015-08-31", "trust": "1234", "trust_uid": "02044",
        "head_title": "Ms", "head_first_name": "Ada", "head_last_name": "O'Hara", "head_job_title": "Null",
        "street": "12 Woodgate Road", "locality": "007", "address3": "true", "town": "Loughborough",
        "county": "1e3", "postcode": "LE11 2TX", "easting": 453_100, "northing": 319_600,
        "telephone": "01509000000", "website": "http://www.woodgatevale.example", "lowest_age": 0,
        "highest_age": 19, "gender": "mixed", "pupils": 236, "fsm_percentage": 14.0,
    })
}

fn register(urn: u32) -> super::Row {
    let mut full = FULL.to_vec();
    full.push(("Northing", "319600"));
    row(urn, &full)
}

/// An item but for what makes it another one.
fn but_for(item: &Value, fields: &[&str]) -> Value {
    let mut item = item.clone();
    for field in fields {
        item.as_object_mut().unwrap().remove(*field);
    }
    item
}

/// Each column of a table has one type in all rows; SQLite alone would take any.
async fn one_type_each<E: Owned>(app: &App, rows: usize) {
    let db = &app.state.db;
    if db.backend() != DbBackend::Sqlite {
        return;
    }
    for column in E::Column::iter() {
        let (column, table) = (column.as_str().to_owned(), E::table());
        let text = format!("SELECT typeof(\"{column}\"), COUNT(*) FROM \"{table}\" GROUP BY 1");
        let found = db.read().query_all_raw(Statement::from_string(DbBackend::Sqlite, text)).await.unwrap();
        let types: Vec<(String, i64)> =
            found.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect();
        assert_eq!(types.len(), 1, "{table}.{column}: {types:?}");
        assert_eq!(usize::try_from(types[0].1).unwrap(), rows, "{table}");
    }
}

const OWN: [&str; 2] = ["id", "urn"];

#[actix_web::test]
async fn an_imported_school_is_the_same_as_one_made_by_its_form() {
    let (app, office) = office().await;
    let posted = office.post("/schools", &form(120_002)).await.expect(201).json();
    taken(&office, file(&[register(120_001), register(120_002)])).await;
    let imported = of_urn(&office, 120_001).await;
    assert_eq!(but_for(&imported, &OWN), but_for(&posted, &OWN));
    // And the register finds nothing in the form's that it would say otherwise.
    assert_eq!(of_urn(&office, 120_002).await["version"], 1);
    one_type_each::<school::Entity>(&app, 2).await;
    // In lists they lie together, under every sort and filter.
    for query in ["q=zoe's", "postcode=LE11", "pupils_from=236&pupils_to=236", "in_scope=true&special=true"] {
        assert_eq!(office.all(&format!("/schools?{query}")).await.len(), 2, "{query}");
    }
}

#[actix_web::test]
async fn a_school_changed_by_an_import_is_the_same_as_one_made_by_its_form() {
    let (app, office) = office().await;
    taken(&office, file(&[row(120_001, &[])])).await;
    office.post("/schools", &form(120_002)).await.expect(201);
    let job = taken(&office, file(&[register(120_001), register(120_002)])).await;
    holds(&job, json!({ "updated": 1, "unchanged": 1 }));
    let (changed, posted) = (of_urn(&office, 120_001).await, of_urn(&office, 120_002).await);
    let own = ["id", "urn", "version"];
    assert_eq!(but_for(&changed, &own), but_for(&posted, &own));
    one_type_each::<school::Entity>(&app, 2).await;
    // What the file no longer says is gone, as if it had never been said.
    taken(&office, file(&[row(120_001, &[]), row(120_003, &[])])).await;
    let (emptied, fresh) = (of_urn(&office, 120_001).await, of_urn(&office, 120_003).await);
    let own = ["id", "urn", "version", "name"];
    assert_eq!(but_for(&emptied, &own), but_for(&fresh, &own));
}

#[actix_web::test]
async fn imported_links_groups_and_memberships_are_the_same_as_those_made_by_their_forms() {
    let (app, office) = office().await;
    taken(&office, file(&[row(120_001, &[]), row(120_002, &[])])).await;
    let (one, two) = (of_urn(&office, 120_001).await["id"].clone(), of_urn(&office, 120_002).await["id"].clone());
    let links =
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n120001,120009,A,Successor - merged,01-09-2014\r\n";
    let job = imported(&office, "source=gias-links", links).await;
    holds(&job, json!({ "state": "finished", "created": 1 }));
    let link = json!({
        "school_id": two, "link_urn": 120_009, "relation": "successor", "link_type": "Successor - merged",
        "established_on": "2014-09-01",
    });
    let posted = office.post("/school-links", &link).await.expect(201).json();
    let found = office.get(&format!("/school-links?school_id={}", one.as_str().unwrap())).await.expect(200).json();
    assert_eq!(but_for(&found["items"][0], &["id", "school_id"]), but_for(&posted, &["id", "school_id"]));
    one_type_each::<school_link::Entity>(&app, 2).await;

    let members = "URN,Linked UID,Group Name,Group Type,Closed Date,Joined date,LA (code)\r\n\
                   120001,02044,Woodgate Trust,Multi-academy trust,31-08-2015,01-09-2012,855\r\n";
    let job = imported(&office, "source=gias-group-links", members).await;
    holds(&job, json!({ "state": "finished", "created": 1, "implied": 1, "written": 2 }));
    let group = json!({ "name": "Woodgate Trust", "kind": "trust", "uid": "02045" });
    let posted = office.post("/school-groups", &group).await.expect(201).json();
    let groups = office.all("/school-groups?q=woodgate").await;
    let taken = groups.iter().find(|group| group["uid"] == "02044").unwrap();
    assert_eq!(but_for(taken, &["id", "uid"]), but_for(&posted, &["id", "uid"]));
    one_type_each::<school_group::Entity>(&app, 2).await;
    let member = json!({
        "school_group_id": id(taken), "school_id": two, "from_on": "2012-09-01", "to_on": "2015-08-31",
    });
    let posted = office.post("/school-group-members", &member).await.expect(201).json();
    let found = office.get(&format!("/school-group-members?school_id={}", one.as_str().unwrap())).await.expect(200);
    let found = found.json();
    assert_eq!(but_for(&found["items"][0], &["id", "school_id"]), but_for(&posted, &["id", "school_id"]));
    one_type_each::<school_group_member::Entity>(&app, 2).await;
    holds(taken, json!({ "kind": "trust", "uid": "02044" }));
}
