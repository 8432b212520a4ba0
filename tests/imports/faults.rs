//! Rows and files in which something is not as it should be.

use serde_json::{Value, json};

use super::{COLUMNS, file, holds, imported, many, of_urn, office, row_of, rows_of, school, schools, taken};

/// A file whose rows are taken as they are, under the usual columns.
fn with_lines(lines: &[&[u8]]) -> Vec<u8> {
    let mut bytes = file(&[]).into_bytes();
    for line in lines {
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// A row as a line, without its first columns' names.
fn line(urn: u32, more: &[(&'static str, &str)]) -> String {
    file(&[school(urn, more)]).lines().nth(1).unwrap().to_owned()
}

#[actix_web::test]
async fn each_bad_row_is_rejected_by_its_line_column_and_code() {
    let (_app, office) = office().await;
    let short = line(120_003, &[]).rsplit_once(',').unwrap().0.to_owned();
    let long = format!("{},,", line(120_004, &[]));
    let bad = |urn, column, value| line(urn, &[(column, value)]);
    let open = line(120_012, &[]) + "\"";
    let lines = [
        line(120_001, &[]),
        line(120_001, &[("Town", "Oadby")]),
        short,
        long,
        bad(120_005, "EstablishmentName", ""),
        bad(120_006, "EstablishmentStatus (name)", "Closed"),
        bad(120_007, "LA (code)", ""),
        bad(99_999, "Town", ""),
        String::new(),
        "\"12x\",\"855\"".to_owned() + &",".repeat(COLUMNS.len() - 2),
        bad(120_011, "LA (code)", "8555"),
        open,
        line(120_013, &[]),
    ];
    let bytes: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    let job = imported(&office, "", with_lines(&bytes)).await;
    let rejected = rows_of(&office, &job, "outcome=rejected").await;
    let told: Vec<_> = rejected
        .iter()
        .map(|row| {
            (row["line"].as_i64().unwrap(), row["code"].as_str().unwrap(), row["column"].as_str(), row["urn"].as_i64())
        })
        .collect();
    let expected = [
        (3, "repeated", Some("URN"), Some(120_001)),
        (4, "short_row", None, Some(120_003)),
        (5, "long_row", None, Some(120_004)),
        (6, "required", Some("EstablishmentName"), Some(120_005)),
        (7, "unknown_status", Some("EstablishmentStatus (name)"), Some(120_006)),
        (8, "required", Some("LA (code)"), Some(120_007)),
        (9, "format", Some("URN"), None),
        (11, "format", Some("URN"), None),
        (12, "format", Some("LA (code)"), Some(120_011)),
        (13, "open_quote", None, Some(120_012)),
    ];
    assert_eq!(told, expected);
    assert!(rejected.iter().all(|row| row["message"].as_str().is_some_and(|text| !text.is_empty())));
    holds(&job, json!({ "state": "finished", "read": 12, "created": 2, "rejected": 10, "written": 2 }));
    assert_eq!(of_urn(&office, 120_001).await["town"], Value::Null, "the first of the two");
    of_urn(&office, 120_013).await;
}

#[actix_web::test]
async fn what_can_be_understood_is_taken_with_a_warning() {
    let (_app, office) = office().await;
    let rows = [
        school(120_001, &[("EstablishmentName", "St Thomas а Becket")]),
        school(120_002, &[("TypeOfEstablishment (code)", "77"), ("TypeOfEstablishment (name)", "Moon base")]),
        school(120_003, &[("OpenDate", "31-02-2014")]),
        school(120_004, &[("OpenDate", "01-09-2914")]),
        school(120_005, &[("PercentageFSM", "144")]),
        school(120_006, &[("LA (code)", "7"), ("EstablishmentNumber", "13")]),
        school(120_007, &[("Postcode", "LE1")]),
        school(120_008, &[("EstablishmentNumber", "13")]),
    ];
    let job = taken(&office, file(&rows)).await;
    holds(&job, json!({ "read": 8, "created": 7, "out_of_area": 1, "warned": 8, "encoding": "utf-8" }));
    for (urn, code, column) in [
        (120_001, "suspicious_characters", "EstablishmentName"),
        (120_002, "unknown_type", "TypeOfEstablishment (name)"),
        (120_003, "format", "OpenDate"),
        (120_004, "out_of_range", "OpenDate"),
        (120_005, "out_of_range", "PercentageFSM"),
        (120_006, "leading_zeros", "LA (code)"),
        (120_007, "format", "Postcode"),
        (120_008, "leading_zeros", "EstablishmentNumber"),
    ] {
        let row = row_of(&office, &job, urn).await;
        holds(&row["warnings"][0], json!({ "code": code, "column": column }));
    }
    assert_eq!(of_urn(&office, 120_001).await["name"], "St Thomas а Becket");
    holds(&of_urn(&office, 120_002).await, json!({ "kind": "other", "establishment_type": "Moon base" }));
    assert_eq!(of_urn(&office, 120_003).await["opened_on"], Value::Null);
    holds(&of_urn(&office, 120_008).await, json!({ "establishment_number": "0013", "dfe_number": "855/0013" }));
    let warned = rows_of(&office, &job, "warned=true").await;
    assert_eq!((warned.len(), rows_of(&office, &job, "warned=false").await.len()), (8, 0));
}

#[actix_web::test]
async fn a_file_of_windows_is_read_as_it_was_meant() {
    let (_app, office) = office().await;
    let quoted = line(120_001, &[("EstablishmentName", "King~s School"), ("Town", "Ashby-de-la-Zouch")]);
    let bytes: Vec<u8> = quoted.bytes().map(|byte| if byte == b'~' { 0x92 } else { byte }).collect();
    let job = taken(&office, with_lines(&[&bytes])).await;
    holds(&job, json!({ "created": 1, "warned": 0, "encoding": "windows-1252" }));
    assert_eq!(of_urn(&office, 120_001).await["name"], "King’s School");
    // Beside UTF-8, with its mark before it.
    let mut both = b"\xEF\xBB\xBF".to_vec();
    both.extend(with_lines(&[line(120_002, &[("EstablishmentName", "Môr")]).as_bytes(), &bytes]));
    let job = taken(&office, both).await;
    holds(&job, json!({ "created": 1, "unchanged": 1, "encoding": "mixed" }));
    assert_eq!(row_of(&office, &job, 120_001).await["warnings"][0]["code"], "mixed_encoding");
    assert_eq!(of_urn(&office, 120_002).await["name"], "Môr");
}

#[actix_web::test]
async fn nonsense_leaves_what_is_known_of_a_school() {
    let (_app, office) = office().await;
    let full =
        [("OpenDate", "01-09-1912"), ("NumberOfPupils", "200"), ("Postcode", "LE1 6RN"), ("Gender (name)", "Girls")];
    taken(&office, file(&[school(120_001, &full)])).await;
    let odd = [("OpenDate", "1912"), ("NumberOfPupils", "many"), ("Postcode", "?"), ("Gender (name)", "Some")];
    let job = taken(&office, file(&[school(120_001, &odd)])).await;
    holds(&job, json!({ "unchanged": 1, "warned": 1 }));
    let known = json!({ "opened_on": "1912-09-01", "pupils": 200, "postcode": "LE1 6RN", "gender": "girls" });
    holds(&of_urn(&office, 120_001).await, known);
}

#[actix_web::test]
async fn a_school_that_the_file_should_have_is_marked_until_it_is_back() {
    let (_app, office) = office().await;
    let elsewhere = school(120_004, &[("LA (code)", "856")]);
    let all = [school(120_001, &[]), school(120_002, &[]), school(120_003, &super::CLOSED), elsewhere];
    taken(&office, file(&all)).await;
    // The closed one is not looked for, nor that of an authority that the file does not cover.
    let job = taken(&office, file(&all[..1])).await;
    holds(
        &job,
        json!({ "read": 1, "unchanged": 1, "missing_from_source": 1, "to_write": 1, "written": 1, "note": null }),
    );
    let missing = rows_of(&office, &job, "outcome=missing_from_source").await;
    assert_eq!(missing.len(), 1);
    holds(&missing[0], json!({ "urn": 120_002, "line": null, "written": true }));
    let fields = json!({ "missing_from_source": { "before": false, "after": true } });
    assert_eq!(missing[0]["fields"], fields);
    let marked = async || {
        let marked = office.all("/schools?missing_from_source=true").await;
        marked.iter().map(|school| school["urn"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(marked().await, [120_002]);
    assert_eq!(of_urn(&office, 120_002).await["version"], 2);
    // Told again, not marked again.
    let job = taken(&office, file(&all[..1])).await;
    holds(&job, json!({ "missing_from_source": 1, "to_write": 0, "written": 0 }));
    assert_eq!(of_urn(&office, 120_002).await["version"], 2);

    let job = taken(&office, file(&all)).await;
    holds(&job, json!({ "read": 4, "updated": 1, "unchanged": 3, "missing_from_source": 0 }));
    assert_eq!(marked().await, [0; 0]);
}

#[actix_web::test]
async fn a_file_that_broke_off_marks_no_school_as_missing() {
    let (_app, office) = office().await;
    taken(&office, many(120_001, 5)).await;
    let whole = many(120_001, 5);
    let cut = &whole[..whole.find("120003").unwrap() + 30];
    let job = imported(&office, "", cut).await;
    holds(&job, json!({ "state": "finished", "read": 3, "unchanged": 2, "rejected": 1, "missing_from_source": 0 }));
    assert_eq!(rows_of(&office, &job, "outcome=rejected").await[0]["line"], 4);
    assert!(job["note"].as_str().is_some_and(|note| note.contains("missing")), "{job:#}");
    // A row that names nobody might be of any of them.
    let nameless = whole.replace("\"120004\"", "\"\"");
    let job = imported(&office, "", nameless).await;
    holds(&job, json!({ "state": "finished", "unchanged": 4, "rejected": 1, "missing_from_source": 0 }));
    assert!(!job["note"].is_null());
    // One that is rejected but names its school is there.
    let odd = whole.replace("\"School 120004\"", "\"\"");
    let job = imported(&office, "", odd).await;
    holds(&job, json!({ "rejected": 1, "missing_from_source": 0, "note": null }));
    assert_eq!(schools(&office).await, 5);
}

#[actix_web::test]
async fn a_file_of_its_first_line_alone_has_no_rows_and_marks_nothing() {
    let (_app, office) = office().await;
    taken(&office, many(120_001, 2)).await;
    let job = taken(&office, file(&[])).await;
    holds(&job, json!({ "read": 0, "missing_from_source": 0, "written": 0, "progress": 100 }));
}
