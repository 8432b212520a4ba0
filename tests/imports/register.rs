//! Registers made for the purpose: what a row changes, and what it leaves.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    CLOSED, COLUMNS, feed, file, holds, id, imported, known, many, of_urn, office, patched, row_of, rows_of, school,
    schools, taken, under,
};
use crate::support::Caller;

async fn history(caller: &Caller, urn: u32) -> Vec<Value> {
    let path = format!("/schools/{}/history", id(&of_urn(caller, urn).await));
    caller.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn a_school_is_made_then_changed_and_both_are_in_its_history_and_the_feed() {
    let (app, office) = office().await;
    let made = taken(&office, file(&[school(120_001, &[("NumberOfPupils", "200")]), school(120_002, &[])])).await;
    holds(&made, json!({ "read": 2, "created": 2, "to_write": 2, "written": 2, "warned": 0 }));
    let row = row_of(&office, &made, 120_001).await;
    holds(&row, json!({ "number": 1, "line": 2, "outcome": "created", "resource": "school", "written": true }));
    holds(&row["fields"], json!({ "pupils": { "before": null, "after": 200 } }));
    holds(&row["fields"], json!({ "name": { "before": null, "after": "School 120001" } }));
    assert_eq!(row["id"], of_urn(&office, 120_001).await["id"]);

    app.clock.advance(Duration::from_mins(1));
    let changed = school(120_001, &[("NumberOfPupils", "210"), ("Town", "Oadby")]);
    let second = taken(&office, file(&[changed, school(120_002, &[])])).await;
    holds(&second, json!({ "read": 2, "created": 0, "updated": 1, "unchanged": 1, "written": 1 }));
    let fields = json!({
        "pupils": { "before": 200, "after": 210 },
        "town": { "before": null, "after": "Oadby" },
    });
    assert_eq!(row_of(&office, &second, 120_001).await["fields"], fields);
    holds(
        &row_of(&office, &second, 120_002).await,
        json!({ "outcome": "unchanged", "fields": null, "written": false }),
    );
    let item = of_urn(&office, 120_001).await;
    holds(&item, json!({ "pupils": 210, "town": "Oadby", "version": 2 }));
    holds(&item, json!({ "created_at": made["created_at"], "updated_at": second["created_at"] }));

    let entries = history(&office, 120_001).await;
    assert_eq!(entries.len(), 2);
    holds(&entries[0], json!({ "operation": "update", "version": 2, "fields": fields }));
    holds(&entries[1], json!({ "operation": "create", "version": 1 }));
    for entry in &entries {
        holds(entry, json!({ "actor_kind": "user", "actor_id": office.subject(), "id": item["id"] }));
        holds(&entry["keys"], json!({ "urn": 120_001 }));
        assert_eq!(entry["actor_person_id"], office.person().to_string());
    }
    let changes: Vec<_> = feed(&office).await.into_iter().filter(|it| it["resource"] == "school").collect();
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[2], entries[0]);
}

#[actix_web::test]
async fn a_dry_run_tells_what_the_real_one_does_and_writes_nothing() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(120_001, &[]), school(120_002, &[]), school(120_003, &[])])).await;
    let log = feed(&office).await.len();
    let next = file(&[
        school(120_001, &[("Town", "Oadby")]),
        school(120_002, &[]),
        school(120_004, &[]),
        school(120_005, &[("EstablishmentName", "")]),
        school(120_006, &[("LA (code)", "201")]),
    ]);
    let dry = imported(&office, "dry_run=true", next.clone()).await;
    holds(&dry, json!({ "state": "finished", "dry_run": true, "written": 0, "progress": 100 }));
    assert_eq!(feed(&office).await.len(), log);
    assert_eq!(known(&office, 120_004).await, None);
    assert_eq!(of_urn(&office, 120_003).await["missing_from_source"], false);
    assert!(rows_of(&office, &dry, "").await.iter().all(|row| row["written"] == false));

    let real = imported(&office, "", next).await;
    holds(&real, json!({ "state": "finished", "dry_run": false, "written": 3, "to_write": 3 }));
    let counts = json!({
        "read": 5, "created": 1, "updated": 1, "unchanged": 1, "rejected": 1, "out_of_area": 1,
        "missing_from_source": 1,
    });
    holds(&dry, counts.clone());
    holds(&real, counts);
    let (dry, real) = (rows_of(&office, &dry, "").await, rows_of(&office, &real, "").await);
    for (dry, real) in dry.iter().zip(&real) {
        for field in ["number", "line", "outcome", "urn", "code", "column", "message", "fields"] {
            assert_eq!(dry[field], real[field], "{dry} {real}");
        }
    }
    assert_eq!(dry.len(), real.len());
}

#[actix_web::test]
async fn one_bad_row_keeps_all_from_an_atomic_import_and_itself_from_another() {
    let (_app, office) = office().await;
    let bad = file(&[school(120_001, &[]), school(120_002, &[("EstablishmentName", " ")]), school(120_003, &[])]);
    let log = feed(&office).await.len();
    let atomic = imported(&office, "mode=atomic", bad.clone()).await;
    holds(&atomic, json!({ "state": "failed", "read": 3, "created": 2, "rejected": 1, "written": 0 }));
    assert_eq!(atomic["error"]["code"], "rejected_rows");
    assert_eq!((schools(&office).await, feed(&office).await.len()), (0, log));

    let each = imported(&office, "mode=each", bad).await;
    holds(&each, json!({ "state": "finished", "created": 2, "rejected": 1, "written": 2, "error": null }));
    assert_eq!(schools(&office).await, 2);
    let whole = imported(&office, "mode=atomic", many(120_001, 3)).await;
    holds(&whole, json!({ "state": "finished", "created": 1, "updated": 2, "written": 3 }));
    assert_eq!(schools(&office).await, 3);
    assert_eq!(feed(&office).await.len(), log + 5);
}

#[actix_web::test]
async fn schools_elsewhere_are_no_concern_unless_they_are_the_hubs() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(120_001, &[])])).await;
    let elsewhere = [("LA (code)", "201"), ("Town", "Westminster")];
    let job = taken(&office, file(&[school(120_001, &elsewhere), school(120_002, &elsewhere)])).await;
    holds(
        &job,
        json!({ "read": 2, "updated": 1, "out_of_area": 1,
        "missing_from_source": 0 }),
    );
    holds(&row_of(&office, &job, 120_002).await, json!({ "outcome": "out_of_area", "id": null, "fields": null }));
    holds(&of_urn(&office, 120_001).await, json!({ "la_code": "201", "town": "Westminster" }));
    assert_eq!(known(&office, 120_002).await, None);
}

#[actix_web::test]
async fn a_school_that_closes_lists_what_refers_to_it_and_becomes_read_only() {
    let (_app, office) = office().await;
    taken(&office, many(120_001, 2)).await;
    let school_id = id(&of_urn(&office, 120_001).await);
    let person = office.post("/people", &json!({ "name": "Ada Marlow" })).await.expect(201).id();
    let assignment = json!({ "person_id": person, "school_id": school_id, "role": "lead", "from_on": "2014-09-01" });
    office.post("/assignments", &assignment).await.expect(201);
    for job_role in ["Music co-ordinator", "Bursar"] {
        let contact = json!({ "person_id": person, "school_id": school_id, "job_role": job_role });
        office.post("/contacts", &contact).await.expect(201);
    }
    let closing = file(&[school(120_001, &CLOSED), school(120_002, &CLOSED)]);
    let job = taken(&office, closing).await;
    holds(&job, json!({ "updated": 2 }));
    let row = row_of(&office, &job, 120_001).await;
    assert_eq!(row["affects"], json!({ "assignments": 1, "contacts": 2 }));
    assert_eq!(row_of(&office, &job, 120_002).await["affects"], Value::Null);
    holds(&of_urn(&office, 120_001).await, json!({ "status": "closed", "in_scope": false }));

    // The register goes on correcting what the hub may no longer change.
    let mut corrected = CLOSED.to_vec();
    corrected.push(("Town", "Oadby"));
    let job = taken(&office, file(&[school(120_001, &corrected), school(120_002, &CLOSED)])).await;
    let row = row_of(&office, &job, 120_001).await;
    holds(&row, json!({ "outcome": "unchanged", "code": "closed", "written": false }));
    assert_eq!(of_urn(&office, 120_001).await["town"], Value::Null);
    assert_eq!(row_of(&office, &job, 120_002).await["code"], Value::Null);
    // Open again, it is taken.
    let job = taken(&office, file(&[school(120_001, &[("Town", "Oadby")]), school(120_002, &CLOSED)])).await;
    holds(&job, json!({ "updated": 1, "unchanged": 1 }));
    holds(&of_urn(&office, 120_001).await, json!({ "status": "open", "town": "Oadby", "in_scope": true }));
}

#[actix_web::test]
async fn an_archived_school_stays_so() {
    let (_app, office) = office().await;
    taken(&office, many(120_001, 2)).await;
    let path = format!("/schools/{}", id(&of_urn(&office, 120_001).await));
    office.delete(&path, "\"1\"").await.expect(204);
    let changed = school(120_001, &[("Town", "Oadby")]);
    let job = taken(&office, file(&[changed, school(120_002, &[("NumberOfPupils", "200")])])).await;
    holds(&job, json!({ "unchanged": 2, "written": 0 }));
    holds(&row_of(&office, &job, 120_001).await, json!({ "outcome": "unchanged", "code": "archived" }));
    assert_eq!(schools(&office).await, 1);
    // Nor is it missing.
    let job = taken(&office, file(&[school(120_002, &[("NumberOfPupils", "200")])])).await;
    holds(&job, json!({ "missing_from_source": 0 }));
}

#[actix_web::test]
async fn what_the_hub_itself_knows_of_a_school_stays() {
    let (app, office) = office().await;
    taken(&office, many(120_001, 1)).await;
    let area = app.area(&office, "Charnwood").await.id();
    let own = json!({
        "area_id": area,
        "note": "Shares its hall",
        "in_scope": false,
        "scope_reason": "Has its own service",
        "external_ids": [{ "system": "paritor", "id": "SCH-1" }],
    });
    patched(&office, 120_001, own.clone()).await;
    let job = taken(&office, file(&[school(120_001, &[("Town", "Oadby"), ("NumberOfPupils", "")])])).await;
    holds(&job, json!({ "updated": 1 }));
    let after = of_urn(&office, 120_001).await;
    holds(&after, own);
    holds(&after, json!({ "town": "Oadby", "pupils": null }));
    let by_key = office.put("/schools/by-key/paritor/SCH-1", &json!({ "town": "Oadby" })).await.expect(200);
    assert_eq!(by_key.json()["urn"], 120_001);
}

#[actix_web::test]
async fn the_hubs_kinds_say_which_schools_are_in_scope() {
    let (_app, office) = office().await;
    let referral = [("TypeOfEstablishment (code)", "14"), ("TypeOfEstablishment (name)", "Pupil referral unit")];
    let register = file(&[school(120_001, &[]), school(120_002, &referral), school(120_003, &CLOSED)]);
    taken(&office, register.clone()).await;
    let scopes = async || {
        let mut scopes = Vec::new();
        for urn in 120_001..=120_003 {
            scopes.push(of_urn(&office, urn).await["in_scope"].as_bool().unwrap());
        }
        scopes
    };
    assert_eq!(scopes().await, [true, false, false]);
    assert_eq!(of_urn(&office, 120_002).await["kind"], "alternative_provision");
    let hub = office.get("/hub").await.expect(200);
    let kinds = json!({ "kinds_in_scope": ["alternative_provision"] });
    office.patch("/hub", &kinds, &hub.etag()).await.expect(200);
    taken(&office, register).await;
    assert_eq!(scopes().await, [false, true, false]);
}

#[actix_web::test]
async fn a_file_without_some_columns_leaves_what_they_would_say() {
    let (_app, office) = office().await;
    let full = [("NumberOfPupils", "200"), ("Town", "Oadby"), ("PercentageFSM", "14.4"), ("Street", "1 High Street")];
    taken(&office, file(&[school(120_001, &full)])).await;
    let fewer: Vec<_> =
        COLUMNS.into_iter().filter(|column| !["NumberOfPupils", "PercentageFSM", "Town"].contains(column)).collect();
    let job = taken(&office, under(&fewer, &[school(120_001, &[("Street", "2 High Street")])])).await;
    holds(&job, json!({ "updated": 1, "missing_columns": ["NumberOfPupils", "PercentageFSM", "Town"] }));
    let fields = json!({ "street": { "before": "1 High Street", "after": "2 High Street" } });
    assert_eq!(row_of(&office, &job, 120_001).await["fields"], fields);
    let after = of_urn(&office, 120_001).await;
    holds(&after, json!({ "pupils": 200, "fsm_percentage": 14.4, "town": "Oadby", "street": "2 High Street" }));
    // And where the columns are in another order, with some that mean nothing to us.
    let turned: Vec<_> = ["Another"].into_iter().chain(COLUMNS.into_iter().rev()).collect();
    let same = [("NumberOfPupils", "200"), ("Town", "Oadby"), ("PercentageFSM", "14.40"), ("Street", "2 High Street")];
    let job = taken(&office, under(&turned, &[school(120_001, &same)])).await;
    holds(&job, json!({ "unchanged": 1 }));
}

#[actix_web::test]
async fn a_school_that_comes_back_to_a_group_is_in_it_twice_and_never_at_once() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(120_001, &[])])).await;
    let member = async |closed: &str, joined: &str| {
        let file = format!(
            "URN,Linked UID,Group Name,Group Type,Closed Date,Joined date\r\n\
             120001,2044,Woodgate Trust,Multi-academy trust,{closed},{joined}\r\n"
        );
        imported(&office, "source=gias-group-links", file).await
    };
    let times = async || {
        let members = office.all("/school-group-members?sort=created_at").await;
        members.iter().map(|it| (it["from_on"].clone(), it["to_on"].clone())).collect::<Vec<_>>()
    };
    holds(&member("31-08-2014", "01-09-2010").await, json!({ "created": 1, "implied": 1 }));
    holds(&member("", "01-09-2016").await, json!({ "created": 1, "implied": 0, "rejected": 0 }));
    let both = [(json!("2010-09-01"), json!("2014-08-31")), (json!("2016-09-01"), Value::Null)];
    assert_eq!(times().await, both);
    holds(&member("", "01-09-2016").await, json!({ "unchanged": 1, "written": 0 }));
    holds(&member("31-08-2014", "01-09-2010").await, json!({ "unchanged": 1, "written": 0 }));
    // From then on it would be there twice at once.
    let job = member("", "01-09-2012").await;
    holds(&job, json!({ "rejected": 1, "written": 0 }));
    let row = row_of(&office, &job, 120_001).await;
    holds(&row, json!({ "code": "at_odds", "column": "Joined date" }));
    assert_eq!(times().await, both);
    holds(&member("31-08-2019", "01-09-2016").await, json!({ "updated": 1 }));
    assert_eq!(times().await[1], (json!("2016-09-01"), json!("2019-08-31")));
}
