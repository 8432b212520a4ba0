//! Values for a folder of files: a new file, for people to import.

use std::fs;
use std::path::Path;

use api::exchange::sync::Writer;
use time::macros::datetime;

use super::sample::{DOCUMENTED, mapping, of_folder};
use super::{value, wanted};

/// A folder with the one table that writing looks at.
fn folder(rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("entity,entity_id,code,value,modified_by,modified_at\r\n{rows}");
    fs::write(folder.path().join("user_field_value.csv"), file).unwrap();
    folder
}

fn written(folder: &Path) -> String {
    fs::read_to_string(folder.join("smep_user_fields.csv")).unwrap()
}

#[actix_web::test]
async fn a_folder_gets_a_file_with_what_differs() {
    let folder = folder(
        "school,10001,SMEP_RAG,AMBER ,jsample,27/01/2025 09:01:37\r\n\
         school,10002,SMEP_RAG,Red,x,\r\nperson,10003,SMEP_RAG,Red,x,\r\n",
    );
    let mut writer = Writer::open(&of_folder(folder.path())).await.unwrap();
    let values = [
        wanted(&value("10001", "SMEP_RAG", Some("Green")), Some("AMBER")),
        wanted(&value("10002", "SMEP_RAG", Some("Red")), Some("Amber")),
        wanted(&value("10003", "SMEP_RAG", Some("Red")), None),
        wanted(&value("10004", "SMEP_SLE", Some("A \"B\", C")), None),
        wanted(&value("10005", "SMEP_SLE", None), None),
        wanted(&value("10006", "SMEP_SLE", Some("Ada")), Some("Bea")),
    ];
    let now = datetime!(2025-02-10 09:30 UTC);
    let done = writer.write(&values, now).await.unwrap();
    assert_eq!((done.rows, done.changed), (3, vec![("10006".to_owned(), "SMEP_SLE".to_owned())]));
    insta::assert_snapshot!(written(folder.path()).replace(['\r', '\u{feff}'], ""), @r#"
entity,entity_id,code,value,modified_by,modified_at
school,10001,SMEP_RAG,Green,smep,2025-02-10 09:30:00
school,10003,SMEP_RAG,Red,smep,2025-02-10 09:30:00
school,10004,SMEP_SLE,"A ""B"", C",smep,2025-02-10 09:30:00
"#);
    assert!(written(folder.path()).starts_with('\u{feff}') && written(folder.path()).contains("\r\n"));
    assert_eq!(writer.write(&values[1..2], now).await.unwrap().rows, 0);
    assert!(!folder.path().join("smep_user_fields.csv").exists(), "nothing to import, no file");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no other file is left behind");
}

#[actix_web::test]
async fn another_folder_can_be_named_and_seconds_be_written() {
    let (folder, other) = (folder(""), tempfile::tempdir().unwrap());
    let text = DOCUMENTED.replace("modified_at = \"instant\"", "modified_at = \"seconds\"").replace(
        "# address = \"postgresql://smep_write:${MUSIC_WRITE_PASSWORD}@db.example/music\"",
        &format!("address = \"{}\"", other.path().display()),
    );
    let mapping = mapping(&text, "csv", &folder.path().display().to_string());
    let mut writer = Writer::open(&mapping).await.unwrap();
    let now = datetime!(2025-02-10 09:30 UTC);
    let values = [wanted(&value("10001", "SMEP_RAG", Some("Green")), None)];
    assert_eq!(writer.write(&values, now).await.unwrap().rows, 1);
    assert!(written(other.path()).contains("school,10001,SMEP_RAG,Green,smep,1739179800\r\n"));
}

#[actix_web::test]
async fn a_mapping_without_write_has_no_writer() {
    let folder = folder("");
    let text = DOCUMENTED.split("# What is written, and by which account").next().unwrap();
    let mapping = mapping(text, "csv", &folder.path().display().to_string());
    let away = Writer::open(&mapping).await.unwrap_err();
    assert_eq!(
        (away.code, away.to_string().as_str()),
        ("failed", "the mapping writes nothing: add [write] and [user_values]")
    );
}
