//! Whole files, byte for byte.

use std::io::{self, Cursor, ErrorKind, Read};

use time::Date;
use time::macros::date;

use super::*;

const TODAY: Date = date!(2025 - 07 - 01);

const REGISTER: &str = "URN,LA (code),EstablishmentName,EstablishmentStatus (name),\
                        TypeOfEstablishment (code),PhaseOfEducation (code),Town\n";

fn open<T: Record>(bytes: &[u8]) -> Extract<&[u8], T> {
    Extract::open(bytes, TODAY).unwrap()
}

fn refused<T: Record>(bytes: &[u8]) -> Remark {
    match Extract::<_, T>::open(bytes, TODAY).err() {
        Some(Refused::Unfit(remark)) => remark,
        other => panic!("{other:?}"),
    }
}

fn rows<T: Record>(bytes: &[u8]) -> Vec<Row<T>> {
    open(bytes).collect::<io::Result<_>>().unwrap()
}

/// Each row as its line with the school's URN or the code of its fault.
fn told(bytes: &[u8]) -> Vec<(u64, String)> {
    let told = |row: Row<RegisterSchool>| match row.outcome {
        Ok(understood) => (row.line, understood.record.urn.to_string()),
        Err(rejected) => (row.line, rejected.remark.code.to_owned()),
    };
    rows(bytes).into_iter().map(told).collect()
}

fn with_header(rows: &[u8]) -> Vec<u8> {
    [REGISTER.as_bytes(), rows].concat()
}

#[test]
fn columns_are_found_by_name_wherever_they_stand() {
    let bytes = "Town,Moat,PhaseOfEducation (code),la (CODE),TypeOfEstablishment (code),URN,\
                 EstablishmentName,EstablishmentStatus (name)\n\
                 Loughborough,deep,2,855,34,100001,Ab Kettleby,Open\n";
    let mut register = open::<RegisterSchool>(bytes.as_bytes());
    assert_eq!(register.header().unknown(), ["Moat"]);
    assert!(register.header().missing().contains(&"Postcode"));
    assert!(register.header().unsaid().contains(&"postcode"));
    assert!(!register.header().unsaid().contains(&"phase"));
    let row = register.next().unwrap().unwrap();
    assert_eq!((row.line, row.last_line), (2, 2));
    let understood = row.outcome.unwrap();
    assert_eq!(understood.record.town.as_deref(), Some("Loughborough"));
    assert_eq!(understood.unsaid, register.header().unsaid());
    assert_eq!(understood.warnings, []);
}

#[test]
fn a_file_without_a_needed_column_is_refused_by_its_name() {
    let fault = refused::<RegisterSchool>(b"URN,EstablishmentName,EstablishmentNumber\n1,a,2\n");
    assert_eq!(fault.code, "missing_columns");
    for name in ["LA (code)", "EstablishmentStatus (name)", "TypeOfEstablishment (name)", "PhaseOfEducation (name)"] {
        assert!(fault.message.contains(name), "{}", fault.message);
    }
    assert!(!fault.message.contains("lacks URN"), "{}", fault.message);
    assert_eq!(refused::<RegisterSchool>(b"100001,855,Ab Kettleby\n").code, "missing_columns");
    assert_eq!(refused::<RegisterSchool>(b"URN;LA (code);EstablishmentName\n").code, "separator");
    assert_eq!(refused::<RegisterSchool>(b"URN\tLA (code)\n").code, "separator");
    let twice = REGISTER.replace("Town", "urn");
    assert_eq!(refused::<RegisterSchool>(twice.as_bytes()).code, "repeated_column");
    assert_eq!(refused::<RegisterSchool>(b"\n\n").code, "empty_file");
    assert_eq!(refused::<RegisterSchool>(b"\"URN,LA (code)").code, "cut_short");
    assert_eq!(refused::<RegisterSchool>(&vec![b'a'; 2 << 20]).code, "line_too_long");
}

#[test]
fn a_file_of_another_kind_is_refused_by_what_it_looks_like() {
    let links = b"URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n";
    let groups = b"URN,Linked UID,Group Name,Group Type,Joined date,EstablishmentName\n";
    for (fault, like) in [
        (refused::<RegisterSchool>(links), "links_edubasealldata"),
        (refused::<RegisterSchool>(groups), "grouplinks"),
        (refused::<RegisterLink>(groups), "grouplinks"),
        (refused::<RegisterGroupLink>(links), "links_edubasealldata"),
        (refused::<RegisterLink>(format!("{REGISTER},OpenDate").replace('\n', "").as_bytes()), "edubasealldata"),
    ] {
        assert_eq!(fault.code, "other_file");
        assert!(fault.message.contains(like), "{}", fault.message);
    }
}

#[test]
fn a_zip_or_a_web_page_is_refused_at_once() {
    assert_eq!(refused::<RegisterSchool>(b"PK\x03\x04\x14\0extract.csv").code, "zip");
    assert_eq!(refused::<RegisterSchool>(b"<!doctype html><html>").code, "html");
}

#[test]
fn the_encoding_is_found_without_a_look_at_the_whole() {
    let ascii: &[u8] = b"100001,855,Kings,Open,34,2,Leicester\n";
    let late = with_header(&[ascii, b"100002,855,King\x92s,Open,34,2,Leicester\n"].concat());
    let mut register = open::<RegisterSchool>(&late);
    let names: Vec<_> = register.by_ref().map(|row| row.unwrap().outcome.unwrap().record.name).collect();
    assert_eq!(names, ["Kings", "King’s"]);
    assert_eq!((register.encoding(), register.repaired()), (Encoding::Windows1252, 0));

    let bom =
        [b"\xEF\xBB\xBF", &with_header("100001,855,King\u{92}s à,Open,34,2,Leicester\r\n".as_bytes())[..]].concat();
    let mut register = open::<RegisterSchool>(&bom);
    assert_eq!(
        register.by_ref().map(|row| row.unwrap().outcome.unwrap().record.name).collect::<Vec<_>>(),
        ["King’s à"]
    );
    assert_eq!((register.encoding(), register.repaired()), (Encoding::Utf8Bom, 1));

    let both = with_header(b"100001,855,\xC3\xA9,Open,34,2,a\n100002,855,\xE9,Open,34,2,a\n");
    let mut register = open::<RegisterSchool>(&both);
    let warned: Vec<_> = register.by_ref().map(|row| row.unwrap().outcome.unwrap().warnings.len()).collect();
    assert_eq!((warned, register.encoding()), (vec![0, 1], Encoding::Mixed));
}

#[test]
fn lines_are_counted_through_quoted_line_feeds_and_empty_lines() {
    let bytes = with_header(
        b"100001,855,\"Ab\r\nKettleby\",Open,34,2,Leicester\r\n\r\n\
          100002,855,Two,Open,34,2,\"Lei\ncester\"\n100003,855,Three,Open,34,2,x\n",
    );
    let rows = rows::<RegisterSchool>(&bytes);
    let places: Vec<_> = rows.iter().map(|row| (row.line, row.last_line)).collect();
    assert_eq!(places, [(2, 3), (5, 6), (7, 7)]);
    assert_eq!(rows[0].outcome.as_ref().unwrap().record.name, "Ab Kettleby");
}

#[test]
fn every_row_is_understood_or_rejected_with_its_line() {
    let bytes = with_header(
        b"100001,855,One,Open,34,2,a\n\
          100002,855,Two,Open\n\
          100003,855,Three, and more,Open,34,2,a\n\
          ,855,Four,Open,34,2,a\n\
          100001,855,Five,Open,34,2,a\n\
          100006,,Six,Open,34,2,a\n\
          100007,855,,Open,34,2,a\n\
          100008,855,Eight,Flourishing,34,2,a\n\
          99999,855,Nine,Open,34,2,a\n\
          ,,,,,,\n\
          100011,855,Eleven,Open,34,2",
    );
    let expected = [
        (2, "100001"),
        (3, "short_row"),
        (4, "long_row"),
        (5, "required"),
        (6, "repeated"),
        (7, "required"),
        (8, "required"),
        (9, "unknown_status"),
        (10, "format"),
        (11, "required"),
        (12, "cut_short"),
    ];
    assert_eq!(told(&bytes), expected.map(|(line, told)| (line, told.to_owned())));
}

#[test]
fn a_rejected_row_still_says_whose_it_is() {
    let bytes = with_header(b"100001,908,,Open,34,2,a\nx,908,b,Open,34,2,a\n100003,9x8,b,Open,34,2,a\n");
    let whose: Vec<_> = rows::<RegisterSchool>(&bytes)
        .into_iter()
        .map(|row| row.outcome.unwrap_err())
        .map(|rejected| (rejected.urn, rejected.la_code, rejected.remark.column))
        .collect();
    assert_eq!(
        whose,
        [
            (Some(100_001), Some("908".to_owned()), Some("EstablishmentName")),
            (None, Some("908".to_owned()), Some("URN")),
            (Some(100_003), None, Some("LA (code)")),
        ]
    );
}

#[test]
fn so_does_a_row_that_is_broken_after_the_place_where_it_says_so() {
    let bytes = with_header(
        b"100001,908,a\n100002,908,b, c,Open,34,2,a\n100003,908,\"d,Open,34,2,a\n100004,908,e,Open,34,2,a\n100005,908",
    );
    let whose: Vec<_> = rows::<RegisterSchool>(&bytes)
        .into_iter()
        .filter_map(|row| row.outcome.err())
        .map(|rejected| (rejected.remark.code, rejected.urn, rejected.la_code.is_some()))
        .collect();
    assert_eq!(
        whose,
        [
            ("short_row", Some(100_001), true),
            ("long_row", Some(100_002), true),
            ("open_quote", Some(100_003), true),
            // The code might go on, had the file not ended.
            ("cut_short", Some(100_005), false),
        ]
    );
}

#[test]
fn a_school_may_stand_again_after_a_row_of_it_was_rejected() {
    let bytes = with_header(b"100001,855,,Open,34,2,a\n100001,855,One,Open,34,2,a\n100001,855,Uno,Open,34,2,a\n");
    let expected = [(2, "required"), (3, "100001"), (4, "repeated")];
    assert_eq!(told(&bytes), expected.map(|(line, told)| (line, told.to_owned())));
}

#[test]
fn an_upload_that_breaks_off_ends_the_reading_once() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::ConnectionReset.into())
        }
    }
    // Longer than what is looked at before the first line is read.
    let first = with_header(&b"100001,855,One,Open,34,2,a\n".repeat(400));
    let mut register = Register::open(Cursor::new(first).chain(Broken), TODAY).unwrap();
    let failed = register.find_map(Result::err).unwrap();
    assert_eq!(failed.kind(), ErrorKind::ConnectionReset);
    assert!(register.next().is_none());
    assert!(matches!(Register::open(Broken, TODAY), Err(Refused::Unread(_))));
}

#[test]
fn links_tell_predecessors_from_successors() {
    let header = "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n";
    let body = "119902,140696,Ab Kettleby,Successor,31-03-2014\r\n\
                140696,119902,Ab Kettleby,Predecessor - merged,\r\n\
                101276,101277,Edgware,Result of Amalgamation,31-08-2014\r\n\
                100050,132838,LaSWAP,Sixth Form Centre Link,31-02-2014\r\n\
                100050,132839,LaSWAP,Twin,\r\n\
                100050,100050,LaSWAP,Successor,\r\n\
                100050,,LaSWAP,Successor,\r\n\
                100050,132839,LaSWAP\r\n";
    let told: Vec<_> = rows::<RegisterLink>(format!("{header}{body}").as_bytes())
        .into_iter()
        .map(|row| match row.outcome {
            Ok(Understood { record, warnings, .. }) => {
                let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
                format!("{:?} {:?} {}", record.relation, record.established_on.map(Date::year), codes.join(" "))
            }
            Err(rejected) => rejected.remark.code.to_owned(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "Successor Some(2014) ",
            "Predecessor None ",
            "Merged Some(2014) ",
            "Other None format",
            "Other None unknown_link_type",
            "itself",
            "required",
            "short_row"
        ]
    );
}

#[test]
fn group_links_may_be_a_field_short() {
    let header = "\"URN\",\"Linked UID\",\"Group Name\",\"Group Type\",\
                  \"Closed Date\",\"Joined date\",\"LA (code)\",\"HasSharedHT\"\r\n";
    let body = "136530,2584,\"Rutland\",\"Multi-academy trust\",\"\",\"01-04-2011\",\"857\"\r\n\
                136530,2585,\"Catmose\",\"School sponsor\",\"\",\"\",\"857\"\r\n\
                136530,2586,\"Catmose\",\"Federation\"\r\n\
                136530,,\"Catmose\",\"Federation\",\"\",\"\",\"857\"";
    let rows = rows::<RegisterGroupLink>(format!("{header}{body}").as_bytes());
    let record = |place: usize| &rows[place].outcome.as_ref().unwrap().record;
    assert_eq!(record(0).group_uid, "2584");
    assert_eq!(record(0).group_kind.map(entity::schools::school_group::SchoolGroupKind::as_str), Some("trust"));
    assert_eq!(record(0).joined_on, Some(date!(2011 - 04 - 01)));
    assert_eq!(record(1).group_kind, None);
    assert_eq!(rows[2].outcome.as_ref().unwrap_err().remark.code, "short_row");
    let last = rows[3].outcome.as_ref().unwrap_err();
    assert_eq!((last.remark.code, last.urn, last.la_code.as_deref()), ("required", Some(136_530), Some("857")));
}
