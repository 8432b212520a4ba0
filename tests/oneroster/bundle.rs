//! The CSV files of OneRoster.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use entity::identity::grant::Role;
use uuid::Uuid;

use super::{Register, each, get};
use crate::support::{self, Caller};

type Lines = Vec<BTreeMap<String, String>>;

/// The files of the bundle, each with its lines by the names of the columns.
async fn files(caller: &Caller) -> BTreeMap<String, Lines> {
    let reply = caller.get("/oneroster-bundle").await.expect(200);
    assert_eq!(reply.header("content-type"), "application/zip");
    assert!(reply.header("content-disposition").contains("oneroster-2014-09-01.zip"), "{reply:?}");
    let mut zip = zip::ZipArchive::new(Cursor::new(reply.body)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let files = names.into_iter().map(|name| {
        let mut text = String::new();
        zip.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        assert!(text.ends_with("\r\n") && !text.starts_with('\u{feff}'), "{name}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let lines = reader.deserialize().collect::<Result<Lines, _>>();
        (name.clone(), lines.unwrap_or_else(|error| panic!("{name}: {error}")))
    });
    files.collect()
}

fn column<'f>(lines: &'f Lines, name: &str) -> Vec<&'f str> {
    lines.iter().map(|line| line[name].as_str()).collect()
}

#[actix_web::test]
async fn the_bundle_has_the_files_of_its_manifest_with_what_the_service_shows() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    Register::make(&app, &caller).await;
    let gone = app.school(&caller, "Gone", serde_json::json!({})).await.id();
    caller.delete(&format!("/schools/{gone}"), "*").await.expect(204);
    let files = files(&caller).await;
    let manifest: BTreeMap<_, _> =
        files["manifest.csv"].iter().map(|line| (line["propertyName"].as_str(), line["value"].as_str())).collect();
    assert_eq!((manifest["manifest.version"], manifest["oneroster.version"]), ("1.0", "1.2"));
    assert_eq!(manifest["source.systemCode"], "leicester");
    let bulk = manifest.iter().filter(|(_, value)| **value == "bulk").map(|(name, _)| *name);
    assert_eq!(bulk.collect::<Vec<_>>(), ["file.academicSessions", "file.orgs"]);
    let given: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(given, ["academicSessions.csv", "manifest.csv", "orgs.csv"]);
    assert_eq!(manifest.values().filter(|value| **value == "absent").count(), 19);
    let orgs = &files["orgs.csv"];
    assert_eq!(column(orgs, "type"), ["local", "district", "school", "school", "school"]);
    assert_eq!(column(orgs, "name")[1..], ["Charnwood", "Ash Primary", "École Beech", "St Mary's"]);
    assert_eq!(column(orgs, "identifier"), ["leicester", "CH", "120001", "120002", ""]);
    let (hub, area) = (&orgs[0]["sourcedId"], &orgs[1]["sourcedId"]);
    assert_eq!(column(orgs, "parentSourcedId"), ["", hub, area, hub, hub]);
    for lines in [orgs, &files["academicSessions.csv"]] {
        for line in lines {
            assert_eq!((&*line["status"], &*line["dateLastModified"]), ("", ""), "as in every bulk file");
        }
    }
    let shown = get(&caller, "/academicSessions", &[("sort", "startDate")]).await.expect(200);
    let mut ids = each(&shown, "sourcedId");
    let sessions = &files["academicSessions.csv"];
    let mut listed = column(sessions, "sourcedId");
    ids.sort();
    listed.sort_unstable();
    assert_eq!(listed, ids);
    assert_eq!(column(sessions, "schoolYear")[0], "2015");
}

#[actix_web::test]
async fn the_bundle_of_a_head_has_the_own_school_alone() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let Register { ash, .. } = Register::make(&app, &caller).await;
    let head = app.at_school(Role::SchoolHead, Uuid::parse_str(ash["id"].as_str().unwrap()).unwrap()).await;
    assert_eq!(column(&files(&head).await["orgs.csv"], "type"), ["local", "district", "school"]);
}
