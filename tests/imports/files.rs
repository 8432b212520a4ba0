//! The real files of the Department, where they are at hand: they lie beside the repository, in
//! `../shared/data`, or where `TEST_DATA` says.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{feed, holds, imported, office, rows_of, schools, taken};
use crate::support::Caller;

const AREA: &str = "derived/edubase_la855_856_857_reconstructed.csv";

/// The file; none, said aloud, where the files are not at hand.
pub fn real(name: &str) -> Option<Vec<u8>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let folder = std::env::var_os("TEST_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if folder.is_dir() {
        return Some(std::fs::read(folder.join(name)).unwrap());
    }
    let absent = format!("{name}: skipped, there is no folder {}", folder.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{absent}");
    // Past the harness, which shows nothing of a test that passes.
    let _ = writeln!(std::io::stderr(), "{absent}");
    None
}

/// How many rows a file has under its first line: none of these has a text of several lines.
pub fn rows(file: &[u8]) -> usize {
    file.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.trim_ascii().is_empty()).count()
}

/// The field `place` of every row, of files without commas in the fields before it.
fn column(file: &[u8], place: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(file).into_owned();
    let field = |line: &str| line.split(',').nth(place).unwrap_or_default().trim_matches('"').to_owned();
    text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(field).collect()
}

async fn again(caller: &Caller, query: &str, file: Vec<u8>, read: usize, out_of_area: i64) {
    let before = feed(caller).await.len();
    let job = imported(caller, query, file).await;
    holds(&job, json!({ "state": "finished", "read": read, "created": 0, "updated": 0, "written": 0 }));
    holds(&job, json!({ "out_of_area": out_of_area, "implied": 0, "progress": 100 }));
    assert_eq!(feed(caller).await.len(), before, "nothing new in the log");
}

#[actix_web::test]
async fn the_414_schools_of_the_plans_own_area_are_taken_once() {
    let Some(file) = real(AREA) else { return };
    let (_app, office) = office().await;
    let job = taken(&office, file.clone()).await;
    holds(&job, json!({ "read": 414, "created": 414, "written": 414, "out_of_area": 0, "missing_from_source": 0 }));
    holds(&job, json!({ "progress": 100, "error": null, "note": null, "bytes": file.len(), "bytes_read": file.len() }));
    assert_eq!(rows(&file), 414);
    assert_eq!(schools(&office).await, 414);
    let of = async |filter: &str| {
        let page = office.get(&format!("/schools?total=true&limit=1&{filter}")).await.expect(200).json();
        page["total"].as_i64().unwrap()
    };
    assert_eq!(of("la_code=855").await, 281);
    assert_eq!(of("la_code=856").await, 111);
    assert_eq!(of("la_code=857").await, 22);
    assert_eq!(of("status=closed").await, 46);
    let urns: HashSet<_> = column(&file, 0).into_iter().collect();
    let listed: HashSet<_> = office.all("/schools").await.iter().map(|school| school["urn"].to_string()).collect();
    assert_eq!(listed, urns);
    let made: Vec<_> = feed(&office).await.into_iter().filter(|it| it["resource"] == "school").collect();
    assert_eq!(made.len(), 414);

    let before = feed(&office).await.len();
    let second = taken(&office, file).await;
    holds(&second, json!({ "read": 414, "created": 0, "updated": 0, "unchanged": 414, "to_write": 0, "written": 0 }));
    assert_eq!(feed(&office).await.len(), before, "nothing new in the log");
}

#[actix_web::test]
async fn every_row_of_the_registers_of_other_places_is_out_of_area() {
    for (name, columns) in
        [("gias/edubasealldata_2018_sample.csv", 133), ("gias/edubasealldata_header_2025_one_row.csv", 135)]
    {
        let Some(file) = real(name) else { return };
        let header = String::from_utf8_lossy(&file).lines().next().unwrap().split("\",\"").count();
        assert_eq!(header, columns);
        let (_app, office) = office().await;
        let job = taken(&office, file.clone()).await;
        holds(&job, json!({ "read": rows(&file), "out_of_area": rows(&file), "written": 0, "missing_columns": [] }));

        // The same for the hub that it is about.
        let hub = office.get("/hub").await.expect(200);
        let codes: HashSet<_> = column(&file, 1).into_iter().collect();
        office.patch("/hub", &json!({ "la_codes": codes }), &hub.etag()).await.expect(200);
        let job = taken(&office, file.clone()).await;
        holds(&job, json!({ "read": rows(&file), "created": rows(&file), "written": rows(&file) }));
    }
}

#[actix_web::test]
async fn what_is_no_register_is_refused_whole() {
    let (_app, office) = office().await;
    for name in ["gias/edubasealldata20250422-establishment-types.csv", "gias/schools_gias_2025-07_reduced.csv"] {
        let Some(file) = real(name) else { return };
        let reply = super::sent(&office, "", file).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(String::new(), "missing_columns".to_owned())]);
    }
    assert_eq!(office.get("/imports").await.expect(200).json()["items"], json!([]));
}

#[actix_web::test]
async fn the_links_lead_from_closed_schools_to_their_successors() {
    for name in ["gias/links_20250422_local.csv", "gias/links_edubasealldata20250422.csv"] {
        let (Some(register), Some(file)) = (real(AREA), real(name)) else { return };
        let (_app, office) = office().await;
        taken(&office, register.clone()).await;
        let urns: HashSet<_> = column(&register, 0).into_iter().collect();
        let of_ours = column(&file, 0).into_iter().filter(|urn| urns.contains(urn)).count();
        let job = imported(&office, "source=gias-links", file.clone()).await;
        let out_of_area = i64::try_from(rows(&file) - of_ours).unwrap();
        holds(&job, json!({ "state": "finished", "read": rows(&file), "rejected": 0, "out_of_area": out_of_area }));
        holds(&job, json!({ "created": of_ours, "written": of_ours, "source": "gias-links" }));

        let successors = office.all("/school-links?relation=successor&expand=link_school").await;
        let ours: Vec<&Value> = successors.iter().filter(|link| !link["link_school"].is_null()).collect();
        assert!(!ours.is_empty(), "a school of the hub followed another of it");
        for link in ours {
            assert_eq!(link["link_school"]["urn"], link["link_urn"]);
        }
        again(&office, "source=gias-links", file.clone(), rows(&file), out_of_area).await;
    }
}

#[actix_web::test]
async fn the_group_links_make_trusts_and_memberships() {
    for name in ["gias/grouplinks_20170403_la855_856_857.csv", "gias/grouplinks_edubaseallacademiesandfree20170403.csv"]
    {
        let (Some(register), Some(file)) = (real(AREA), real(name)) else { return };
        let (_app, office) = office().await;
        taken(&office, register.clone()).await;
        let job = imported(&office, "source=gias-group-links", file.clone()).await;
        holds(&job, json!({ "state": "finished", "read": rows(&file) }));
        let count = |name: &str| usize::try_from(job[name].as_i64().unwrap()).unwrap();
        assert!(count("created") > 0);
        let members = office.all("/school-group-members?expand=school,school_group").await;
        assert_eq!(members.len(), count("created"));
        let groups = office.all("/school-groups").await;
        assert_eq!(groups.len(), count("implied"));
        assert_eq!(count("written"), groups.len() + members.len());
        let uids: HashSet<_> = column(&file, 1).into_iter().collect();
        for group in &groups {
            assert!(uids.contains(group["uid"].as_str().unwrap()), "{group}");
        }
        assert!(groups.iter().any(|group| group["kind"] == "trust"));
        assert_eq!(groups.iter().map(|group| group["uid"].to_string()).collect::<HashSet<_>>().len(), groups.len());
        let urns: HashSet<_> = column(&register, 0).into_iter().collect();
        let rejected = rows_of(&office, &job, "outcome=rejected").await;
        for row in &rejected {
            // Schools of the area that opened after the register's figures, or stand there twice.
            let unknown = !urns.contains(&row["urn"].to_string());
            assert_eq!(row["code"], if unknown { "unknown_school" } else { "repeated" }, "{row}");
        }
        again(&office, "source=gias-group-links", file.clone(), rows(&file), job["out_of_area"].as_i64().unwrap())
            .await;
    }
}
