//! Sources that are away, broken, or not what the mapping says.

use std::fs;

use api::exchange::sync::mapping::{Fault, Mapping};
use api::exchange::sync::record::{HeadCount, SchoolContact};
use api::exchange::sync::source::{Away, Source};

use super::rows;
use super::sample::{self, DOCUMENTED, mapping, of_folder};
use super::servers::{Mariadb, Postgresql};

async fn away(mapping: &Mapping) -> Away {
    Source::open(mapping).await.unwrap_err()
}

/// What a source says that ends while it is read.
async fn broken(mapping: &Mapping) -> Away {
    let mut source = Source::open(mapping).await.unwrap();
    let mut rows = match source.read::<HeadCount>().await {
        Ok(rows) => rows,
        Err(away) => return away,
    };
    loop {
        match rows.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it was read to its end"),
            Err(away) => return away,
        }
    }
}

#[actix_web::test]
async fn a_server_that_does_not_listen_is_away_and_its_password_is_not_shown() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (kind, scheme) in [("postgresql", "postgresql"), ("mysql", "mysql")] {
        let address = format!("{scheme}://smep:geheim@127.0.0.1:{port}/music");
        let away = away(&mapping(DOCUMENTED, kind, &address)).await;
        assert_eq!(away.code, "connection", "{away}");
        assert!(!away.reason.contains("geheim"), "{away}");
    }
}

#[actix_web::test]
async fn a_server_that_says_nothing_is_away_after_the_time_that_the_mapping_gives() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = DOCUMENTED.replace("timeout = 60", "timeout = 1");
    for kind in ["postgresql", "mysql"] {
        let away = away(&mapping(&text, kind, &format!("{kind}://smep@127.0.0.1:{port}/music"))).await;
        assert_eq!(away.code, "timeout", "{away}");
    }
}

#[actix_web::test]
async fn a_wrong_password_and_a_missing_database_are_named() {
    if let Some(server) = Mariadb::empty().await {
        server.run("CREATE TABLE pupil (id INTEGER); CREATE TABLE user_field_value (id INTEGER)").await;
        let url = server.account(&["user_field_value"]).await;
        let wrong =
            away(&mapping(DOCUMENTED, "mysql", &url.replace("wo:rd", "wrong").replace("wo%3Ard", "wrong"))).await;
        assert_eq!(wrong.code, "credentials", "{wrong}");
        assert!(!wrong.reason.contains("wrong") && !wrong.reason.contains("127.0.0.1"), "{wrong}");
        let none = away(&mapping(DOCUMENTED, "mysql", &server.url().replace("smep_test_sync_", "smep_none_"))).await;
        assert_eq!(none.code, "missing", "{none}");
        assert!(!none.reason.contains("smep_none_"), "{none}");
    }
    if let Some(server) = Postgresql::empty().await {
        let none = server.url().replace("smep_test_sync_", "smep_none_");
        let away = away(&mapping(DOCUMENTED, "postgresql", &none)).await;
        assert_eq!(away.code, "missing", "{away}");
        assert!(!away.reason.contains("smep_none_"), "{away}");
    }
}

/// Faults without the name of the file.
fn lines(faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| format!("{}: {}\n", fault.line, fault.message));
    lines.collect()
}

/// The documented mapping with names that the sample does not have.
fn misspelt() -> String {
    DOCUMENTED
        .replace("urn = \"urn\"", "urn = \"unr\"")
        .replace("table = \"activity\"", "table = \"activty\"")
        .replace("value = \"value\"\nstatus", "value = \"amount_in_euros\"\nstatus")
}

#[actix_web::test]
async fn a_check_finds_what_a_folder_does_not_have() {
    let Some(folder) = sample::exported(1) else { return };
    let mut source = Source::open(&mapping(&misspelt(), "csv", &folder.display().to_string())).await.unwrap();
    let faults = lines(&source.check().await.unwrap());
    insta::assert_snapshot!(faults, @r#"
50: the source's table school has no column `unr`: did you mean `urn`?
115: activty cannot be read: there is no file activty.csv in the folder of the source: did you mean activity.csv?
216: the source's table school_contract has no column `amount_in_euros`: correct the name
"#);
}

#[actix_web::test]
async fn a_check_finds_what_postgresql_does_not_have() {
    let (Some(server), Some([schema, _])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    let mut source = Source::open(&mapping(&misspelt(), "postgresql", server.url())).await.unwrap();
    insta::assert_snapshot!(lines(&source.check().await.unwrap()), @r#"
50: the source's table school has no column `unr`: did you mean `urn`?
115: activty cannot be read: the source says: relation "activty" does not exist: correct the name in the mapping
216: the source's table school_contract has no column `amount_in_euros`: correct the name
"#);
    assert_eq!(rows::<HeadCount>(&mut source).await.len(), 0, "the source still answers");
}

#[actix_web::test]
async fn a_check_finds_what_mariadb_does_not_have() {
    let (Some(server), Some([schema, _])) = (Mariadb::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    let mut source = Source::open(&mapping(&misspelt(), "mysql", server.url())).await.unwrap();
    insta::assert_snapshot!(lines(&source.check().await.unwrap()).replace(server.name(), "…"), @r#"
50: the source's table school has no column `unr`: did you mean `urn`?
115: activty cannot be read: the source says: Table '….activty' doesn't exist: correct the name in the mapping
216: the source's table school_contract has no column `amount_in_euros`: correct the name
"#);
}

#[actix_web::test]
async fn a_table_without_the_right_to_it_is_named() {
    let (Some(server), Some([schema, _])) = (Postgresql::empty().await, sample::statements(1)) else { return };
    server.run(&schema).await;
    let url = server.account().await;
    server.run(&format!("REVOKE ALL ON activity_headcount FROM {}", server.name())).await;
    let mapping = mapping(DOCUMENTED, "postgresql", &url);
    let away = broken(&mapping).await;
    assert_eq!(away.code, "permission", "{away}");
    let told = "the source says: permission denied for table activity_headcount: grant the account SELECT on this \
                table, or take it out of the mapping";
    assert_eq!(away.reason, told);
    let mut source = Source::open(&mapping).await.unwrap();
    let faults = source.check().await.unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[actix_web::test]
async fn a_folder_that_lacks_a_file_or_a_column_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = of_folder(folder.path());
    fs::write(folder.path().join("term.csv"), "term_id,year_id\r\n1,1\r\n").unwrap();
    fs::write(folder.path().join("academic_year.csv"), "year_id,labl\r\n1,2024/25\r\n").unwrap();
    let column = broken(&mapping).await;
    assert_eq!(column.code, "missing");
    assert!(column.reason.ends_with("academic_year.csv has no column `label`: did you mean `labl`?"), "{column}");
    fs::write(folder.path().join("academic_year.csv"), "year_id,label\r\n1,2024/25\r\n").unwrap();
    let file = broken(&mapping).await;
    assert_eq!(file.code, "missing");
    assert!(file.reason.starts_with("there is no file activity_headcount.csv in"), "{file}");
    let none = away(&of_folder(&folder.path().join("none"))).await;
    assert_eq!(none.code, "missing");
    let place = folder.path().display().to_string();
    assert!([column, file, none].iter().all(|away| !away.reason.contains(&place)), "no folder is shown");
}

const COUNTS: &str = "headcount_id,activity_id,term_id,pupils,girls,boys,is_estimate,counted_on,modified_at\r\n";

fn with_counts(rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("term.csv"), "term_id,year_id\r\n1,1\r\n").unwrap();
    fs::write(folder.path().join("academic_year.csv"), "year_id,label\r\n1,2024/25\r\n").unwrap();
    fs::write(folder.path().join("activity_headcount.csv"), format!("{COUNTS}{rows}")).unwrap();
    folder
}

#[actix_web::test]
async fn a_file_with_fewer_rows_than_it_says_ends_the_reading() {
    let folder = with_counts("1,1,1,28,14,14,No,,\r\nTotal rows,2\r\n");
    let away = broken(&of_folder(folder.path())).await;
    assert!(away.reason.ends_with("says that it has 2 rows, but has 1: export it again, whole"), "{away}");
}

#[actix_web::test]
async fn rows_that_cannot_be_understood_are_remarked_on_by_table_key_and_column() {
    let folder = with_counts(
        "1,1,1,28,14,14,No,,\r\n\
         1,1,1,29,,,No,,\r\n\
         2,,1,28,,,No,,\r\n\
         3,1,7,28,,,No,,\r\n\
         4,1,1,-5,20,9,maybe,31/02/2025,\r\n\
         5,1,1,about 30,,,No,,soon\r\n\
         6,1\r\n\
         ,1,1,28,,,No,,\r\n\
         8,1,1,28,20,9,No,,\r\n\
         9,1,1,n/k,,,,,31/12/2037 00:00:00\r\n",
    );
    let mut source = Source::open(&of_folder(folder.path())).await.unwrap();
    let mut lines = String::new();
    let mut rows = source.read::<HeadCount>().await.unwrap();
    while let Some(some) = rows.next().await.unwrap() {
        for row in some {
            let pupils = row.row.as_ref().map(|row| row.pupils);
            lines += &format!("{:?} {pupils:?}\n", row.key);
            for it in row.remarks {
                lines += &format!("  {} {:?} {:?} {}:\n    {}\n", it.table, it.key, it.column, it.code, it.message);
            }
        }
    }
    insta::assert_snapshot!(lines, @r#"
"1" Some(Some(28))
"1" None
  activity_headcount Some("1") Some("headcount_id") repeated:
    another row has this key already: keep one of the two
"2" None
  activity_headcount Some("2") Some("activity_id") required:
    fill in the value: the row is of no use without it
"3" None
  activity_headcount Some("3") Some("term_id") no_such_row:
    no row of term has the key that stands here: add it there, or correct it
"4" Some(None)
  activity_headcount Some("4") Some("pupils") negative:
    -5 is below 0: it counts as not collected, correct it
  activity_headcount Some("4") Some("is_estimate") unknown_code:
    "maybe" is neither yes nor no: correct it, or add it to the mapping
  activity_headcount Some("4") Some("counted_on") format:
    "31/02/2025" is no date that there is: write one such as 2025-01-27
"5" Some(None)
  activity_headcount Some("5") Some("pupils") format:
    "about 30" is no whole number: it counts as not collected, correct it
  activity_headcount Some("5") Some("modified_at") format:
    this is no instant that there is: write one such as 2025-01-27 09:01:37
"6" None
  activity_headcount Some("6") None short_row:
    line 8: the row has 2 fields under 9 columns: put a comma for every field left empty
"" None
  activity_headcount None Some("headcount_id") required:
    the row has no key: fill it in
"8" Some(Some(28))
  activity_headcount Some("8") Some("girls") breakdown:
    20 girls and 9 boys are not 28 pupils: the total is taken, correct them
"9" Some(None)
"#);
}

#[actix_web::test]
async fn a_key_that_no_database_takes_is_remarked_on_and_a_cell_loses_what_is_no_sign() {
    let long = "9".repeat(401);
    let folder = with_counts(&format!("1\0,1,1,28,,,No,,\r\n{long},1,1,28,,,No,,\r\n2,a\0b ,1\0,28,,,No,,\r\n"));
    fs::write(folder.path().join("term.csv"), "term_id,year_id\r\n1\0,1\r\n").unwrap();
    let mut source = Source::open(&of_folder(folder.path())).await.unwrap();
    let mut rows = source.read::<HeadCount>().await.unwrap();
    let mut all = Vec::new();
    while let Some(some) = rows.next().await.unwrap() {
        all.extend(some);
    }
    assert!(!rows.are_whole());
    let codes: Vec<_> = all.iter().flat_map(|row| &row.remarks).map(|it| (it.key.clone(), it.code)).collect();
    assert_eq!(codes, [(None, "format"), (None, "format")]);
    let count = all[2].row.as_ref().unwrap();
    assert_eq!((all[2].key.as_str(), count.activity.as_str(), count.term.as_str()), ("2", "a b", "1"));
}

#[actix_web::test]
async fn a_cell_with_a_name_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = "contact_id,kind,title,forename,surname,email,telephone,is_active,modified_at\r\n\
                7,I,Ms,Ada,Example,ada at school,,yes,Ada says no\r\n";
    fs::write(folder.path().join("contact.csv"), file).unwrap();
    let mut source = Source::open(&of_folder(folder.path())).await.unwrap();
    let person = rows::<api::exchange::sync::record::Person>(&mut source).await.remove("7").unwrap();
    assert_eq!(person.row.unwrap().name, "Ms Ada Example");
    assert_eq!(person.remarks.len(), 2);
    assert!(person.remarks.iter().all(|it| !it.message.to_lowercase().contains("ada")), "{:?}", person.remarks);
}

#[actix_web::test]
async fn a_table_that_is_not_taken_has_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let text = "hub = \"a\"\nname = \"b\"\n[source]\nkind = \"csv\"\naddress = \"${ADDRESS}\"\n\
                [schools]\ntable = \"school\"\nkey = \"id\"\nname = \"name\"\nurn = \"urn\"\n";
    fs::write(folder.path().join("School.CSV"), "ID,Name,URN\n1,A,100001\n").unwrap();
    let mapping = mapping(text, "csv", &folder.path().display().to_string());
    let mut source = Source::open(&mapping).await.unwrap();
    assert_eq!(rows::<HeadCount>(&mut source).await.len(), 0);
    assert_eq!(rows::<SchoolContact>(&mut source).await.len(), 1);
}
