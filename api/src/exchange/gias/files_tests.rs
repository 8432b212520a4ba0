//! The real files of the Department, where they are at hand: every row of each is accounted for.
//!
//! They lie beside the repository, in `../shared/data`, or where `TEST_DATA` says.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use entity::schools::school_link::SchoolRelation;
use time::Date;
use time::macros::date;

use super::establishment_type::{TYPES, by_code, by_name};
use super::*;

const TODAY: Date = date!(2025 - 07 - 01);

/// The file's path; none, said aloud, where the files are not at hand.
fn file(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let folder = std::env::var_os("TEST_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if folder.is_dir() {
        return Some(folder.join(name));
    }
    let absent = format!("{name}: skipped, there is no folder {}", folder.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{absent}");
    // Past the harness, which shows nothing of a test that passes.
    let _ = writeln!(io::stderr(), "{absent}");
    None
}

#[derive(Debug, PartialEq, Eq)]
struct Tally {
    columns: usize,
    understood: usize,
    rejected: usize,
    encoding: Encoding,
    repaired: u64,
    /// How many warnings there are of each code and column.
    warnings: BTreeMap<(&'static str, &'static str), usize>,
}

fn tally<R: Read, T: Record>(mut extract: Extract<R, T>) -> (Tally, Vec<Understood<T>>) {
    let (mut understood, mut rejected) = (Vec::new(), 0);
    let mut warnings = BTreeMap::new();
    for row in extract.by_ref() {
        match row.unwrap().outcome {
            Ok(row) => {
                for warning in &row.warnings {
                    let key = (warning.code, warning.column.unwrap_or_default());
                    *warnings.entry(key).or_insert(0) += 1;
                }
                understood.push(row);
            }
            Err(_) => rejected += 1,
        }
    }
    let tally = Tally {
        columns: extract.header().width(),
        understood: understood.len(),
        rejected,
        encoding: extract.encoding(),
        repaired: extract.repaired(),
        warnings,
    };
    (tally, understood)
}

fn expected(columns: usize, understood: usize, encoding: Encoding) -> Tally {
    Tally { columns, understood, rejected: 0, encoding, repaired: 0, warnings: BTreeMap::new() }
}

fn register(name: &str) -> Option<(Tally, Vec<Understood<RegisterSchool>>)> {
    let path = file(name)?;
    Some(tally(Register::open(File::open(path).unwrap(), TODAY).unwrap()))
}

#[test]
fn the_414_schools_of_the_plans_own_area() {
    let Some((tally, schools)) = register("derived/edubase_la855_856_857_reconstructed.csv") else {
        return;
    };
    let warnings = [
        (("assumed", "EstablishmentStatus (name)"), 3),
        (("assumed", "PhaseOfEducation (name)"), 14),
        // Halves, as the source of the figures counts part-time pupils.
        (("format", "NumberOfPupils"), 5),
    ];
    let warnings = BTreeMap::from(warnings);
    assert_eq!(tally, Tally { warnings, ..expected(135, 414, Encoding::Utf8) });
    let count = |of: fn(&RegisterSchool) -> bool| schools.iter().filter(|row| of(&row.record)).count();
    assert_eq!(count(|school| school.la_code == "855"), 281);
    assert_eq!(count(|school| school.la_code == "856"), 111);
    assert_eq!(count(|school| school.la_code == "857"), 22);
    assert_eq!(count(|school| school.status.as_str() == "closed"), 46);
    assert_eq!(count(|school| school.phase.as_str() == "all_through"), 1);
    assert_eq!(count(|school| school.postcode.is_some()), 414);
    assert_eq!(count(|school| school.establishment_type_code.is_none()), 64);
}

#[test]
fn the_register_of_2025_and_that_of_2018() {
    if let Some((tally, schools)) = register("gias/edubasealldata_header_2025_one_row.csv") {
        assert_eq!(tally, Tally { repaired: 1, ..expected(135, 1, Encoding::Utf8) });
        let school = &schools[0].record;
        assert_eq!(school.name, "The Aldgate School");
        assert_eq!(school.fsm_percentage, Some(21.7));
        assert_eq!(schools[0].unsaid, [""; 0]);
    }
    if let Some((tally, schools)) = register("gias/edubasealldata_2018_sample.csv") {
        assert_eq!(tally, expected(133, 4, Encoding::Utf8));
        assert_eq!(schools[0].record.establishment_number.as_deref(), Some("3402"));
    }
}

#[test]
fn the_links_of_all_schools() {
    for (name, rows, encoding) in [
        ("gias/links_edubasealldata20250422.csv", 33_801, Encoding::Windows1252),
        ("gias/links_20250422_local.csv", 634, Encoding::Utf8),
    ] {
        let Some(path) = file(name) else { return };
        let (tally, links) = tally(Links::open(File::open(path).unwrap(), TODAY).unwrap());
        assert_eq!(tally, expected(5, rows, encoding));
        let successors = links.iter().filter(|row| row.record.relation == SchoolRelation::Successor).count();
        assert_eq!(successors, if rows == 634 { 318 } else { 16_793 });
    }
}

#[test]
fn the_groups_of_all_academies() {
    for (name, rows, encoding) in [
        ("gias/grouplinks_edubaseallacademiesandfree20170403.csv", 9853, Encoding::Windows1252),
        ("gias/grouplinks_20170403_la855_856_857.csv", 250, Encoding::Utf8),
    ] {
        let Some(path) = file(name) else { return };
        let (tally, links) = tally(GroupLinks::open(File::open(path).unwrap(), TODAY).unwrap());
        assert_eq!(tally, expected(17, rows, encoding));
        assert!(links.iter().all(|row| row.record.joined_on.is_some()));
    }
}

#[test]
fn what_is_no_extract_is_refused_by_name() {
    for name in ["gias/edubasealldata20250422-establishment-types.csv", "gias/schools_gias_2025-07_reduced.csv"] {
        let Some(path) = file(name) else { return };
        let refused = Register::open(File::open(path).unwrap(), TODAY).err();
        assert!(matches!(refused, Some(Refused::Unfit(Remark { code: "missing_columns", .. }))), "{refused:?}");
    }
}

#[test]
fn the_names_and_places_of_all_state_schools() {
    let Some(path) = file("gias/schools_gias_2025-07_reduced.csv") else { return };
    // The list has five of the register's columns under other names; the rest is put before them.
    let text = fs::read_to_string(path).unwrap();
    let (_, rows) = text.split_once('\n').unwrap();
    let mut bytes = String::from(
        "LA (code),EstablishmentStatus (code),TypeOfEstablishment (code),PhaseOfEducation (code),\
         URN,EstablishmentName,OpenDate,Town,Postcode\n",
    );
    for row in rows.lines() {
        bytes.push_str("201,1,34,2,");
        bytes.push_str(row);
        bytes.push('\n');
    }
    let (tally, schools) = tally(Register::open(bytes.as_bytes(), TODAY).unwrap());
    let warnings = BTreeMap::from([(("suspicious_characters", "EstablishmentName"), 2)]);
    assert_eq!(tally, Tally { warnings, ..expected(9, 22_010, Encoding::Utf8) });
    let becket = schools.iter().find(|row| row.record.urn == 138_950).unwrap();
    assert!(becket.record.name.starts_with("St Thomas а Becket"));
    assert_eq!(schools.iter().filter(|row| row.record.postcode.is_some()).count(), 22_008);
}

#[test]
fn every_type_of_establishment_is_known() {
    let Some(path) = file("gias/edubasealldata20250422-establishment-types.csv") else { return };
    let text = fs::read_to_string(path).unwrap();
    let mut rows = 0;
    for row in text.lines().skip(1) {
        let mut fields = row.split(',').skip(2);
        let (code, name) = (fields.next().unwrap(), fields.next().unwrap());
        assert_eq!(by_code(code).unwrap().name, name);
        assert_eq!(by_name(name), by_code(code));
        rows += 1;
    }
    assert_eq!(rows, 50);
    assert!(TYPES.len() > 41);
}
