//! Files with results of exams.

use reqwest::Method;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use super::files::{real, rows};
use super::{ended, feed, holds, imported, office, row_of, rows_of};
use crate::support::{App, Caller};

/// The first line of the file of key stage 4.
const KS4: &str = "time_period,time_identifier,geographic_level,country_code,country_name,school_laestab,school_urn,\
                   school_name,old_la_code,new_la_code,la_name,version,establishment_type_group,pupil_count,\
                   qualification_type,qualification_detailed,grade_structure,subject,discount_code,\
                   subject_discount_group,grade,number_achieving";

/// A row of GCSE music of 2022/23.
fn ks4(urn: u32, subject: &str, grade: &str, number: &str) -> String {
    format!(
        "202223,Academic year,School,E92000001,England,8554003,{urn},School {urn},855,E10000018,Leicestershire,Revised,\
         Academies,180,GCSE,GCSE (9-1) Full Course,9 / 8 / 7 / 6 / 5 / 4 / 3 / 2 / 1 / U / X,{subject},XX,{subject},\
         {grade},{number}"
    )
}

fn lines(header: &str, rows: &[String]) -> String {
    let lines: Vec<&str> = [header].into_iter().chain(rows.iter().map(String::as_str)).collect();
    lines.join("\r\n") + "\r\n"
}

/// An office with schools of these URNs.
async fn with_schools(urns: &[u32]) -> (App, Caller) {
    let (app, office) = office().await;
    for urn in urns {
        let more = json!({ "urn": urn, "la_code": "855", "phase": "secondary" });
        app.school(&office, &format!("School {urn}"), more).await;
    }
    (app, office)
}

async fn results(office: &Caller) -> Vec<Value> {
    office.all("/exam-results?sort=created_at").await
}

#[actix_web::test]
async fn entries_and_grades_are_taken_once_with_their_markers() {
    let (_app, office) = with_schools(&[137_161, 137_317]).await;
    let rows = [
        ks4(137_161, "Music", "Total exam entries", "14"),
        ks4(137_161, "Music", "9", "8"),
        ks4(137_161, "Music", "8", "c"),
        ks4(137_161, "Music", "7", "z"),
        ks4(137_161, "Music", "U", "x"),
        ks4(137_161, "Mathematics", "9", "30"),
        ks4(137_161, "Music", "9-4", "12"),
        ks4(100_001, "Music", "9", "8"),
        ks4(137_317, "Music", "Total exam entries", "7"),
        ks4(137_317, "Music", "9", "8"),
        ks4(137_317, "Music", "10", "8"),
        ks4(137_317, "Music", "6", "many"),
        ks4(137_317, "Music", "Total exam entries", "7"),
    ];
    let file = lines(KS4, &rows);
    let dry = imported(&office, "source=exam-entries&dry_run=true", file.clone()).await;
    holds(&dry, json!({ "state": "finished", "created": 6, "written": 0, "out_of_scope": 2, "out_of_area": 1 }));
    assert!(results(&office).await.is_empty());
    let job = imported(&office, "source=exam-entries", file.clone()).await;
    holds(&job, json!({ "read": 13, "created": 6, "written": 6, "out_of_scope": 2, "out_of_area": 1, "rejected": 4 }));
    let told = |row: &Value| (row["line"].clone(), row["code"].clone(), row["column"].clone());
    let rejected: Vec<_> = rows_of(&office, &job, "outcome=rejected").await.iter().map(told).collect();
    assert_eq!(
        rejected,
        [
            (json!(11), json!("contradiction"), json!("number_achieving")),
            (json!(12), json!("unknown_grade"), json!("grade")),
            (json!(13), json!("format"), json!("number_achieving")),
            (json!(14), json!("repeated"), json!("grade")),
        ]
    );
    let of = |row: &Value| (row["grade"].clone(), row["pupils"].clone(), row["missing_reason"].clone());
    let made: Vec<_> = results(&office).await.iter().take(5).map(of).collect();
    assert_eq!(
        made,
        [
            (Value::Null, json!(14), Value::Null),
            (json!("9"), json!(8), Value::Null),
            (json!("8"), Value::Null, json!("suppressed")),
            (json!("7"), Value::Null, json!("not_applicable")),
            (json!("U"), Value::Null, json!("not_collected")),
        ]
    );
    let first = &results(&office).await[0];
    holds(first, json!({ "academic_year": "2022/23", "source": "imported", "basis": "entries", "title": null }));
    let before = feed(&office).await.len();
    let again = imported(&office, "source=exam-entries", file.clone()).await;
    holds(&again, json!({ "read": 13, "created": 0, "updated": 0, "unchanged": 6, "written": 0, "rejected": 4 }));
    assert_eq!(feed(&office).await.len(), before, "nothing new in the log");
    let changed = imported(&office, "source=exam-entries", file.replace(",9,8\r\n", ",9,9\r\n")).await;
    holds(&changed, json!({ "updated": 1, "written": 1 }));
    let row = rows_of(&office, &changed, "outcome=updated").await.remove(0);
    assert_eq!(row["fields"]["pupils"], json!({ "before": 8, "after": 9 }));
}

#[actix_web::test]
async fn columns_are_found_by_name_and_years_differ() {
    let (_app, office) = with_schools(&[137_161]).await;
    let ks5 = "subject,school_urn,grade,entries_count,exam_cohort,qualification_detailed,time_period\r\n\
               Music,137161,*,9,A level,GCE A level,2022/23\r\n\
               Music Technology,137161,Total exam entries,8,A level,GCE A level,202324\r\n\
               Music,137161,D*,7,Applied general,BTEC Extended Certificate,202324\r\n";
    let job = imported(&office, "source=exam-entries", ks5).await;
    holds(&job, json!({ "created": 3, "rejected": 0 }));
    let of = |row: &Value| {
        [&row["qualification"], &row["subject"], &row["grade"], &row["academic_year"], &row["title"]].map(Clone::clone)
    };
    let made: Vec<_> = results(&office).await.iter().map(of).collect();
    assert_eq!(
        json!(made),
        json!([
            ["a_level", "music", "A*", "2022/23", null],
            ["a_level", "music_technology", null, "2023/24", null],
            ["btec", "music", "D*", "2023/24", "BTEC Extended Certificate"],
        ])
    );
    let undated = "urn,qualification,subject,grade,number\r\n137161,GCSE,Music,A,7\r\n";
    let job = imported(&office, "source=exam-entries", undated).await;
    holds(&job, json!({ "rejected": 1 }));
    assert_eq!(row_of(&office, &job, 137_161).await["code"], "no_year");
    let job = imported(&office, "source=exam-entries&academic_year=2014/15", undated).await;
    holds(&job, json!({ "created": 1, "academic_year": "2014/15" }));
    for (query, code) in [("academic_year=2014/16", 400), ("academic_year=2014", 400)] {
        let reply = super::sent(&office, &format!("source=exam-entries&{query}"), undated).await;
        reply.problem(code, "bad-parameter");
    }
    let reply = super::sent(&office, "source=exam-entries", "URN,LinkURN,LinkType\r\n1,2,Successor\r\n").await;
    assert_eq!(reply.faults(), [(String::new(), "other_file".to_owned())]);
}

#[actix_web::test]
async fn results_of_schools_that_closed_go_to_their_successors() {
    let (_app, office) = with_schools(&[148_417, 131_945, 120_291]).await;
    let id = async |urn: u32| super::id(&super::of_urn(&office, urn).await);
    let link = |school: uuid::Uuid, urn: u32, relation: &str| {
        let mut link = json!({ "school_id": school, "link_urn": urn, "relation": relation });
        link["link_type"] = json!(relation);
        link
    };
    office.post("/school-links", &link(id(148_417).await, 141_682, "predecessor")).await.expect(201);
    office.post("/school-links", &link(id(120_291).await, 131_945, "successor")).await.expect(201);
    super::patched(&office, 120_291, json!({ "status": "closed", "closed_on": "2014-08-31" })).await;
    for urn in [148_417, 131_945] {
        office.post("/school-links", &link(id(urn).await, 999_999, "predecessor")).await.expect(201);
    }
    let rows = [
        ks4(141_682, "Music", "9", "8"),
        ks4(148_417, "Music", "9", "7"),
        ks4(120_291, "Music", "9", "6"),
        ks4(999_999, "Music", "9", "6"),
    ];
    let job = imported(&office, "source=exam-entries", lines(KS4, &rows)).await;
    holds(&job, json!({ "created": 3, "rejected": 1, "warned": 2 }));
    let row = row_of(&office, &job, 141_682).await;
    assert_eq!(row["warnings"][0]["code"], "successor");
    assert_eq!(row["warnings"][0]["message"], "published under 141682: taken for its successor, 148417");
    assert_eq!(row_of(&office, &job, 999_999).await["code"], "several_successors");
    let of = |row: &Value| (row["school_id"].clone(), row["published_urn"].clone());
    let made: Vec<_> = results(&office).await.iter().map(of).collect();
    let (now, new) = (json!(id(148_417).await), json!(id(131_945).await));
    assert_eq!(made, [(now.clone(), json!(141_682)), (now, Value::Null), (new, json!(120_291))]);
}

#[actix_web::test]
async fn small_figures_of_a_file_are_marked() {
    let (_app, office) = with_schools(&[137_161]).await;
    let rows = [ks4(137_161, "Music", "9", "8"), ks4(137_161, "Music", "8", "2"), ks4(137_161, "Music", "Total", "10")];
    imported(&office, "source=exam-entries", lines(KS4, &rows[..1])).await;
    assert_eq!(results(&office).await[0]["suppressed"], false);
    // What comes later changes what was there.
    imported(&office, "source=exam-entries", lines(KS4, &rows)).await;
    let flags: Vec<_> = results(&office).await.iter().map(|row| row["suppressed"].clone()).collect();
    assert_eq!(flags, [json!(true), json!(true), json!(false)]);
    let again = imported(&office, "source=exam-entries", lines(KS4, &rows)).await;
    holds(&again, json!({ "unchanged": 3, "written": 0 }));
}

#[actix_web::test]
async fn statistics_of_the_hubs_areas_are_taken() {
    let (_app, office) = with_schools(&[]).await;
    let header = "time_period,geographic_level,old_la_code,la_name,region_code,region_name,country_code,country_name,\
                  qualification_type,subject,grade,number_achieving";
    let row = |level: &str, la: &str, grade: &str, number: &str| {
        format!(
            "202223,{level},{la},Leicestershire,E12000004,East Midlands,E92000001,England,GCSE,Music,{grade},{number}"
        )
    };
    let rows = [
        row("Local authority", "855", "Total exam entries", "310"),
        row("Local authority", "201", "Total exam entries", "90"),
        row("Regional", "", "9", "200"),
        row("National", "", "9", "3000"),
        row("School", "855", "9", "3"),
    ];
    let file = lines(header, &rows);
    let job = imported(&office, "source=exam-statistics", file.clone()).await;
    holds(&job, json!({ "read": 5, "created": 3, "out_of_area": 1, "out_of_scope": 1, "rejected": 0 }));
    let of = |row: &Value| (row["area_level"].clone(), row["area_code"].clone(), row["pupils"].clone());
    let made: Vec<_> = office.all("/exam-statistics?sort=created_at").await.iter().map(of).collect();
    let area = |level: &str, code: &str, pupils: i32| (json!(level), json!(code), json!(pupils));
    assert_eq!(
        made,
        [area("local_authority", "855", 310), area("region", "E12000004", 200), area("country", "E92000001", 3000)]
    );
    let again = imported(&office, "source=exam-statistics", file).await;
    holds(&again, json!({ "unchanged": 3, "written": 0 }));
}

/// Sends a workbook in a form.
async fn sheet(office: &Caller, query: &str, file: &[u8]) -> Value {
    let mut body =
        b"--parts\r\nContent-Disposition: form-data; name=\"file\"; filename=\"music.xlsx\"\r\n\r\n".to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--parts--\r\n");
    let request = office.ask(Method::POST, &format!("/imports?source=exam-sheet{query}"));
    let job = request.raw_of("multipart/form-data; boundary=parts", body).await.expect(202);
    ended(office, job.id()).await
}

/// A sheet with a title, a line of columns, and rows.
fn workbook(title: &str, columns: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap().write_string(0, 0, "How to read this file").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("Results").unwrap().write_string(0, 0, title).unwrap();
    for (at, column) in (0..).zip(columns) {
        sheet.write_string(2, at, *column).unwrap();
    }
    for (number, row) in (3..).zip(rows) {
        for (at, cell) in (0..).zip(*row) {
            match cell.parse::<f64>() {
                Ok(figure) => sheet.write_number(number, at, figure).unwrap(),
                Err(_) => sheet.write_string(number, at, *cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

#[actix_web::test]
async fn an_older_workbook_is_read_row_by_row_and_column_by_column() {
    let (_app, office) = with_schools(&[137_161, 137_317]).await;
    let columns = ["URN", "School Name", "Total entries", "A*", "A", "B", "A*-C", "U"];
    let rows: [&[&str]; 4] = [
        &["137161", "School", "9", "6", "SUPP", "0", "6", "0"],
        &["137317", "School", "8", "9", "0", "0", "9", "0"],
        &["100001", "Elsewhere", "7", "7", "0", "0", "7", "0"],
        &["", "All schools", "24", "22", "0", "0", "22", "0"],
    ];
    let file = workbook("GCSE Music: results by institution, 2014/15", &columns, &rows);
    let job = sheet(&office, "", &file).await;
    // Each figure counts: five of a school are taken. A column of several grades follows from them, and is not read.
    holds(&job, json!({ "state": "finished", "read": 16, "created": 9, "rejected": 1, "out_of_area": 5 }));
    holds(&job, json!({ "out_of_scope": 1, "bytes_read": file.len(), "progress": 100 }));
    let rejected = rows_of(&office, &job, "outcome=rejected").await.remove(0);
    assert_eq!((&rejected["line"], &rejected["code"]), (&json!(5), &json!("contradiction")));
    let first = results(&office).await.remove(0);
    holds(&first, json!({ "qualification": "gcse", "subject": "music", "academic_year": "2014/15", "pupils": 9 }));
    let again = sheet(&office, "", &file).await;
    holds(&again, json!({ "unchanged": 9, "written": 0 }));

    let undated = workbook("GCSE Music", &columns, &rows[..1]);
    holds(&sheet(&office, "", &undated).await, json!({ "rejected": 5, "created": 0 }));
    holds(&sheet(&office, "&academic_year=2015/16", &undated).await, json!({ "rejected": 0, "created": 5 }));
}

#[actix_web::test]
async fn what_is_no_workbook_with_results_is_refused() {
    let (_app, office) = with_schools(&[]).await;
    let notes = workbook("Nothing", &["Name", "Text"], &[&["a", "b"]]);
    for (file, code) in [(&b"URN,A\r\n1,2\r\n"[..], "no_workbook"), (&notes, "missing_columns")] {
        let request = office.ask(Method::POST, "/imports?source=exam-sheet").raw_of("text/csv", file);
        let reply = request.await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(String::new(), code.to_owned())]);
    }
}

/// The real table of the plan's own area.
const KS5_TABLE: &str = "dfe/england_ks5final_2022-23_la855_856_857.csv";

#[actix_web::test]
async fn the_16_to_18_table_gives_totals_of_all_subjects() {
    let Some(file) = real(KS5_TABLE) else { return };
    assert_eq!(rows(&file), 44);
    let (_app, office) = with_schools(&[137_161, 137_317]).await;
    let job = imported(&office, "source=exam-ks5", file.clone()).await;
    // 44 rows: of 41 institutions four figures each, of three authorities none.
    holds(&job, json!({ "state": "finished", "read": 167, "created": 8, "out_of_area": 156, "out_of_scope": 3 }));
    let of = |row: &Value| [&row["qualification"], &row["pupils"], &row["missing_reason"]].map(Clone::clone);
    let made: Vec<_> = results(&office).await.iter().take(4).map(of).collect();
    assert_eq!(
        json!(made),
        json!([
            ["all_level_3", 165, null],
            ["a_level", 159, null],
            ["applied_general", null, "not_applicable"],
            ["tech_level", null, "not_applicable"],
        ])
    );
    let first = results(&office).await.remove(0);
    holds(&first, json!({ "academic_year": "2022/23", "subject": "all_subjects", "basis": "pupils", "kind": "total" }));
    let again = imported(&office, "source=exam-ks5", file).await;
    holds(&again, json!({ "unchanged": 8, "written": 0 }));
}

#[actix_web::test]
async fn a_file_of_many_chunks_is_taken_whole() {
    let urns: Vec<u32> = (140_001..=140_003).collect();
    let (_app, office) = with_schools(&urns).await;
    // Sorted by grade, so that each series is spread over the whole file.
    let subjects: Vec<String> = (0..120).map(|number| format!("Music {number}")).collect();
    let mut rows = Vec::new();
    for grade in ["9", "8", "Total exam entries"] {
        for urn in &urns {
            rows.extend(subjects.iter().map(|subject| {
                let number = match grade {
                    "9" => "20",
                    "8" => "2",
                    _ => "22",
                };
                ks4(*urn, subject, grade, number)
            }));
        }
    }
    let job = imported(&office, "source=exam-entries", lines(KS4, &rows)).await;
    holds(&job, json!({ "read": 1080, "created": 1080, "written": 1080, "rejected": 0 }));
    let counts = office.get("/exam-results/counts?by=kind").await.expect(200).json();
    assert_eq!(counts["total"], 1080);
    let shown = results(&office).await;
    let wrong = shown.iter().filter(|row| (row["kind"] == "grade") != (row["suppressed"] == true));
    assert_eq!(wrong.count(), 0);
    let again = imported(&office, "source=exam-entries", lines(KS4, &rows)).await;
    holds(&again, json!({ "unchanged": 1080, "written": 0 }));
}
