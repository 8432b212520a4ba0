//! What others change between the plan of a row and its writing.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Row, accounted, ended, feed, file, holds, id, imported, job, known, of_urn, office, patched, row_of, rows_of,
    school, schools, sent, taken,
};
use crate::support::{Caller, new_school, until};

const FIRST: u32 = 120_001;

/// The row first, so that much is read after it is planned.
fn register(first: Row) -> String {
    let rest = (200_000..206_000).map(|urn| school(urn, &[("LA (code)", "201")]));
    file(&[first].into_iter().chain(rest).collect::<Vec<_>>())
}

/// Begins an import and waits until the first row is planned.
async fn planned(office: &Caller, query: &str, first: Row) -> Uuid {
    let begun = sent(office, query, register(first)).await.expect(202).id();
    until("the plan of the first row", async || {
        let rows = office.get(&format!("/imports/{begun}/rows?urn={FIRST}")).await.expect(200).json();
        rows["items"].get(0).cloned()
    })
    .await;
    begun
}

/// The job at its end, which was still reading when the others had changed what they would.
async fn after(office: &Caller, begun: Uuid) -> Value {
    assert_eq!(job(office, begun).await["state"], "reading", "it was quicker than the others");
    let job = ended(office, begun).await;
    accounted(&job);
    holds(&job, json!({ "read": 6001, "out_of_area": 6000 }));
    job
}

/// The entries of a school, the latest first.
async fn history(office: &Caller, item: &Value) -> Vec<Value> {
    let path = format!("/schools/{}/history", id(item));
    office.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[actix_web::test]
async fn fields_that_the_file_does_not_change_keep_what_others_wrote() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[])])).await;
    let begun = planned(&office, "", school(FIRST, &[("Town", "Oadby"), ("NumberOfPupils", "210")])).await;
    patched(&office, FIRST, json!({ "note": "Mine", "town": "Wigston" })).await;
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "finished", "updated": 1, "unchanged": 0, "to_write": 1, "written": 1 }));
    let item = of_urn(&office, FIRST).await;
    holds(&item, json!({ "note": "Mine", "town": "Oadby", "pupils": 210, "version": 3 }));
    let history = history(&office, &item).await;
    assert_eq!(history.len(), 3);
    let fields = json!({
        "town": { "before": "Wigston", "after": "Oadby" },
        "pupils": { "before": null, "after": 210 },
    });
    assert_eq!(history[0]["fields"], fields);
    feed(&office).await;
}

#[actix_web::test]
async fn who_wrote_the_same_before_leaves_nothing_to_write() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[])])).await;
    let begun = planned(&office, "", school(FIRST, &[("Town", "Oadby")])).await;
    patched(&office, FIRST, json!({ "town": "Oadby" })).await;
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "finished", "updated": 0, "unchanged": 1, "written": 0 }));
    holds(&row_of(&office, &job, FIRST).await, json!({ "outcome": "unchanged", "written": false, "fields": null }));
    let item = of_urn(&office, FIRST).await;
    holds(&item, json!({ "town": "Oadby", "version": 2 }));
    assert_eq!(history(&office, &item).await.len(), 2);
}

#[actix_web::test]
async fn a_school_that_others_made_is_changed_rather_than_made_again() {
    let (_app, office) = office().await;
    let begun = planned(&office, "", school(FIRST, &[("Town", "Oadby")])).await;
    let own = json!({
        "note": "Mine", "in_scope": false, "scope_reason": "It has a service of its own", "status": "proposed_to_close",
        "external_ids": [{ "system": "ensemble", "id": "S-1" }],
    });
    let mut form = new_school("Ash", json!({ "urn": FIRST, "street": "1 High Street" }));
    form.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let made = office.post("/schools", &form).await.expect(201);
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "finished", "created": 0, "updated": 1, "written": 1 }));
    assert_eq!(schools(&office).await, 1);
    let item = of_urn(&office, FIRST).await;
    assert_eq!(id(&item), made.id());
    holds(&row_of(&office, &job, FIRST).await, json!({ "outcome": "updated", "written": true, "id": made.id() }));
    holds(&item, json!({ "name": format!("School {FIRST}"), "town": "Oadby", "version": 2 }));
    holds(&item, own);
}

#[actix_web::test]
async fn a_school_that_others_archived_stays_archived() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[])])).await;
    let path = format!("/schools/{}", id(&of_urn(&office, FIRST).await));
    let begun = planned(&office, "", school(FIRST, &[("Town", "Oadby")])).await;
    office.delete(&path, "\"1\"").await.expect(204);
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "finished", "updated": 0, "unchanged": 1, "written": 0 }));
    holds(&row_of(&office, &job, FIRST).await, json!({ "outcome": "unchanged", "code": "archived", "written": false }));
    assert_eq!(known(&office, FIRST).await, None);
}

#[actix_web::test]
async fn a_school_that_others_closed_is_read_only() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[])])).await;
    let begun = planned(&office, "", school(FIRST, &[("Town", "Oadby")])).await;
    patched(&office, FIRST, json!({ "status": "closed" })).await;
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "finished", "updated": 0, "unchanged": 1, "written": 0 }));
    holds(&of_urn(&office, FIRST).await, json!({ "status": "closed", "town": null, "version": 2 }));
    let row = row_of(&office, &job, FIRST).await;
    holds(&row, json!({ "outcome": "unchanged", "code": "closed", "written": false, "fields": null }));
    assert!(row["message"].as_str().unwrap().contains("read-only"), "{row}");
}

#[actix_web::test]
async fn a_school_that_is_back_is_no_longer_marked_despite_other_writes() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[]), school(120_002, &[])])).await;
    taken(&office, file(&[school(120_002, &[])])).await;
    assert_eq!(of_urn(&office, FIRST).await["missing_from_source"], true);
    let begun = planned(&office, "", school(FIRST, &[("Town", "Oadby")])).await;
    patched(&office, FIRST, json!({ "note": "Mine" })).await;
    after(&office, begun).await;
    holds(&of_urn(&office, FIRST).await, json!({ "note": "Mine", "town": "Oadby", "missing_from_source": false }));
}

#[actix_web::test]
async fn an_atomic_import_is_not_laid_over_what_others_wrote() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[])])).await;
    let begun = planned(&office, "mode=atomic", school(FIRST, &[("Town", "Oadby")])).await;
    patched(&office, FIRST, json!({ "note": "Mine" })).await;
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "failed", "written": 0 }));
    assert_eq!(job["error"]["code"], "changed_meanwhile");
    holds(&of_urn(&office, FIRST).await, json!({ "note": "Mine", "town": null, "version": 2 }));

    let begun = planned(&office, "mode=atomic", school(FIRST, &[("Town", "Oadby")])).await;
    let job = after(&office, begun).await;
    holds(&job, json!({ "state": "finished", "updated": 1, "written": 1 }));
}

/// Begins an import of two links of a school, and of many of none of ours; the first is planned.
async fn links_planned(office: &Caller) -> Uuid {
    let mut links = format!("URN,LinkURN,LinkType,LinkEstablishedDate\r\n{FIRST},150001,Successor,01-09-2014\r\n");
    links.push_str(&format!("{FIRST},150002,Predecessor,\r\n"));
    for urn in 200_000..225_000 {
        links.push_str(&format!("{urn},150003,Successor,\r\n"));
    }
    let begun = sent(office, "source=gias-links", links).await.expect(202).id();
    until("the plan of the first link", async || {
        let rows = office.get(&format!("/imports/{begun}/rows?urn={FIRST}")).await.expect(200).json();
        rows["items"].get(0).cloned()
    })
    .await;
    begun
}

#[actix_web::test]
async fn a_link_that_others_made_or_changed_is_left_out_alone() {
    let (_app, office) = office().await;
    taken(&office, file(&[school(FIRST, &[])])).await;
    let of = id(&of_urn(&office, FIRST).await);
    let link = json!({ "school_id": of, "link_urn": 150_001, "relation": "successor", "link_type": "Successor" });
    let begun = links_planned(&office).await;
    let made = office.post("/school-links", &link).await.expect(201);
    assert_eq!(job(&office, begun).await["state"], "reading", "it was quicker than the others");
    let first = ended(&office, begun).await;
    holds(&first, json!({ "state": "finished", "created": 1, "rejected": 1, "out_of_area": 25_000, "written": 1 }));
    let left_out = rows_of(&office, &first, "outcome=rejected").await;
    holds(&left_out[0], json!({ "line": 2, "code": "changed_meanwhile", "written": false }));
    let links = format!("/school-links?school_id={of}");
    assert_eq!(office.all(&links).await.len(), 2);

    // The file would set its date now; somebody else did so before.
    let begun = links_planned(&office).await;
    let path = format!("/school-links/{}", made.id());
    office.patch(&path, &json!({ "established_on": "2013-09-01" }), &made.etag()).await.expect(200);
    assert_eq!(job(&office, begun).await["state"], "reading", "it was quicker than the others");
    let second = ended(&office, begun).await;
    holds(&second, json!({ "state": "finished", "updated": 0, "unchanged": 1, "rejected": 1, "written": 0 }));
    assert_eq!(office.get(&path).await.expect(200).json()["established_on"], "2013-09-01");
    let third = imported(
        &office,
        "source=gias-links",
        format!("URN,LinkURN,LinkType,LinkEstablishedDate\r\n{FIRST},150001,Successor,01-09-2014\r\n"),
    )
    .await;
    holds(&third, json!({ "state": "finished", "updated": 1 }));
}
