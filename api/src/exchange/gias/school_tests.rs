//! Single values of a register's row.

use entity::row::Meta;
use time::macros::date;

use super::super::{Extract, Register, Rejected, Understood};
use super::*;
use crate::kernel::resource::traits::Form;
use crate::schools::school::NewSchool;

const VALUES: [(&str, &str); 11] = [
    ("URN", "100001"),
    ("LA (code)", "855"),
    ("EstablishmentNumber", "2000"),
    ("EstablishmentName", "Ab Kettleby Primary School"),
    ("TypeOfEstablishment (code)", "34"),
    ("TypeOfEstablishment (name)", "Academy converter"),
    ("EstablishmentTypeGroup (code)", "10"),
    ("EstablishmentStatus (code)", "1"),
    ("EstablishmentStatus (name)", "Open"),
    ("PhaseOfEducation (code)", "2"),
    ("PhaseOfEducation (name)", "Primary"),
];

/// Reads a row of the values above, those given put in their place or beside them.
fn read(given: &[(&str, &str)]) -> Result<Understood<RegisterSchool>, Rejected> {
    let mut values = VALUES.to_vec();
    for (column, value) in given {
        values.retain(|(name, _)| name != column);
        values.push((column, value));
    }
    let line = |cells: Vec<&str>| {
        let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        quoted.collect::<Vec<_>>().join(",") + "\r\n"
    };
    let names = line(values.iter().map(|(name, _)| *name).collect());
    let cells = line(values.iter().map(|(_, value)| *value).collect());
    let bytes = format!("{names}{cells}");
    let mut register: Register<_> = Extract::open(bytes.as_bytes(), date!(2025 - 07 - 01)).unwrap();
    let row = register.next().unwrap().unwrap();
    assert!(register.next().is_none());
    row.outcome
}

fn school(given: &[(&str, &str)]) -> RegisterSchool {
    let understood = read(given).unwrap();
    assert_eq!(understood.warnings, [], "{given:?}");
    understood.record
}

/// The record, the code of its only warning, and what is left unsaid beyond absent columns.
fn warned(given: &[(&str, &str)]) -> (RegisterSchool, &'static str, Vec<&'static str>) {
    let mut understood = read(given).unwrap();
    assert_eq!(understood.warnings.len(), 1, "{:?}", understood.warnings);
    let present = |field: &&str| {
        let columns = RegisterSchool::LAYOUT.columns.iter();
        let mut of = columns.filter(|column| column.field() == Some(*field));
        of.any(|column| VALUES.iter().chain(given).any(|(name, _)| *name == column.name()))
    };
    understood.unsaid.retain(present);
    (understood.record, understood.warnings[0].code, understood.unsaid)
}

fn rejected(given: &[(&str, &str)]) -> (&'static str, Option<&'static str>) {
    let remark = read(given).unwrap_err().remark;
    assert!(!remark.message.is_empty());
    (remark.code, remark.column)
}

#[test]
fn a_row_becomes_a_school() {
    let school = school(&[
        ("EstablishmentName", "  St Mary's\u{A0}C of E  School "),
        ("UKPRN", "10034567"),
        ("OpenDate", "01-04-2014"),
        ("Trusts (code)", "2044"),
        ("Trusts (name)", "Learn Academies Trust"),
        ("HeadTitle (name)", "Not recorded"),
        ("HeadLastName", "Marlow"),
        ("Street", ""),
        ("County (name)", "Not recorded"),
        ("Postcode", "le143jj"),
        ("Easting", "453100"),
        ("Northing", "319600"),
        ("TelephoneNum", "1664822000"),
        ("SchoolWebsite", "www.abkettleby.leics.sch.uk/home"),
        ("StatutoryLowAge", "4"),
        ("StatutoryHighAge", "11"),
        ("Gender (name)", "Mixed"),
        ("NumberOfPupils", "64"),
        ("PercentageFSM", "21.70"),
    ]);
    let json = serde_json::to_value(&school).unwrap();
    let expected = serde_json::json!({
        "kind": "school", "urn": 100_001, "ukprn": 10_034_567, "la_code": "855",
        "establishment_number": "2000", "name": "St Mary's C of E School", "phase": "primary",
        "establishment_type_code": "34", "establishment_type": "Academy converter",
        "special": false, "status": "open", "opened_on": "2014-04-01", "closed_on": null,
        "trust": "Learn Academies Trust", "trust_uid": "2044", "head_title": null,
        "head_first_name": null, "head_last_name": "Marlow", "head_job_title": null,
        "street": null, "locality": null, "address3": null, "town": null, "county": null,
        "postcode": "LE14 3JJ", "easting": 453_100, "northing": 319_600,
        "telephone": "1664822000", "website": "http://www.abkettleby.leics.sch.uk/home",
        "lowest_age": 4, "highest_age": 11, "gender": "mixed", "pupils": 64,
        "fsm_percentage": 21.7,
    });
    assert_eq!(json, expected);
}

#[test]
fn both_casings_of_a_phase_are_known_and_its_code_alone_will_do() {
    for (code, name, phase) in [
        ("7", "All Through", SchoolPhase::AllThrough),
        ("7", "All-through", SchoolPhase::AllThrough),
        ("6", "16 Plus", SchoolPhase::SixteenPlus),
        ("6", "16 plus", SchoolPhase::SixteenPlus),
        ("3", "Middle Deemed Primary", SchoolPhase::MiddleDeemedPrimary),
        ("5", "Middle deemed secondary", SchoolPhase::MiddleDeemedSecondary),
        ("0", "Not applicable", SchoolPhase::NotApplicable),
        ("1", "", SchoolPhase::Nursery),
        ("", "Secondary", SchoolPhase::Secondary),
    ] {
        let given = [("PhaseOfEducation (code)", code), ("PhaseOfEducation (name)", name)];
        assert_eq!(school(&given).phase, phase, "{code} {name}");
    }
    for (name, code) in [("", "assumed"), ("Unknown", "assumed"), ("Upper", "unknown_phase")] {
        let given = [("PhaseOfEducation (code)", ""), ("PhaseOfEducation (name)", name)];
        let (record, warning, unsaid) = warned(&given);
        assert_eq!((record.phase, warning, unsaid), (SchoolPhase::NotApplicable, code, vec!["phase"]));
    }
}

#[test]
fn open_but_proposed_to_close_is_a_status_of_its_own() {
    let status = |code, name| [("EstablishmentStatus (code)", code), ("EstablishmentStatus (name)", name)];
    for (code, name, is) in [
        ("1", "Open", SchoolStatus::Open),
        ("2", "Closed", SchoolStatus::Closed),
        ("3", "Open, but proposed to close", SchoolStatus::ProposedToClose),
        ("4", "Proposed to open", SchoolStatus::ProposedToOpen),
        ("", "OPEN", SchoolStatus::Open),
        ("3", "", SchoolStatus::ProposedToClose),
        ("5", "De-registered as EY Setting", SchoolStatus::Closed),
    ] {
        assert_eq!(school(&status(code, name)).status, is, "{code} {name}");
    }
    for (code, name) in [("1", "Closed"), ("9", "Created in error"), ("", "Dormant"), ("9", "Open"), ("1", "Dormant")] {
        let fault = ("unknown_status", Some("EstablishmentStatus (name)"));
        assert_eq!(rejected(&status(code, name)), fault, "{code} {name}");
    }
}

#[test]
fn an_empty_status_follows_from_the_dates_and_does_not_overwrite() {
    for (column, day, is) in [
        ("CloseDate", "31-08-2019", SchoolStatus::Closed),
        ("CloseDate", "31-08-2026", SchoolStatus::ProposedToClose),
        ("OpenDate", "01-09-2025", SchoolStatus::ProposedToOpen),
        ("OpenDate", "01-09-2014", SchoolStatus::Open),
    ] {
        let given = [("EstablishmentStatus (code)", ""), ("EstablishmentStatus (name)", ""), (column, day)];
        let (record, code, unsaid) = warned(&given);
        assert_eq!((record.status, code, unsaid), (is, "assumed", vec!["status"]));
    }
}

#[test]
fn dates_are_day_first_and_nonsense_is_left_unsaid() {
    assert_eq!(school(&[("OpenDate", "01/09/2014")]).opened_on, Some(date!(2014 - 09 - 01)));
    assert_eq!(school(&[("OpenDate", "29-02-2012")]).opened_on, Some(date!(2012 - 02 - 29)));
    for (day, code) in [
        ("31-02-2014", "format"),
        ("2014-09-01", "format"),
        ("1-9-2014", "format"),
        ("00-00-0000", "format"),
        ("01-01-0001", "out_of_range"),
        ("01-09-2099", "out_of_range"),
        ("01-09-2014-", "format"),
        ("०१-०९-२०१४", "format"),
    ] {
        let (record, warning, unsaid) = warned(&[("OpenDate", day)]);
        assert_eq!((record.opened_on, warning, unsaid), (None, code, vec!["opened_on"]), "{day}");
    }
    let (record, code, unsaid) = warned(&[("OpenDate", "01-09-2014"), ("CloseDate", "31-08-2014")]);
    assert_eq!((record.opened_on, record.closed_on), (None, Some(date!(2014 - 08 - 31))));
    assert_eq!((code, unsaid), ("order", vec!["opened_on"]));
}

#[test]
fn codes_keep_their_leading_zeros_or_get_them_back() {
    assert_eq!(school(&[("EstablishmentNumber", "0800")]).establishment_number.as_deref(), Some("0800"));
    assert_eq!(school(&[("EstablishmentNumber", "")]).establishment_number, None);
    let (record, code, unsaid) = warned(&[("EstablishmentNumber", "800")]);
    assert_eq!((record.establishment_number.as_deref(), code, unsaid), (Some("0800"), "leading_zeros", vec![]));
    let (record, code, unsaid) = warned(&[("EstablishmentNumber", "80000")]);
    assert_eq!((record.establishment_number, code, unsaid), (None, "format", vec!["establishment_number"]));
    assert_eq!(warned(&[("LA (code)", "0")]).0.la_code, "000");
    for code in ["", "8550", "85A", "٨٥٥"] {
        let fault = if code.is_empty() { "required" } else { "format" };
        assert_eq!(rejected(&[("LA (code)", code)]), (fault, Some("LA (code)")));
    }
    for urn in ["1", "000001", "1234567", "10000x", "1e5", "+10001"] {
        assert_eq!(rejected(&[("URN", urn)]), ("format", Some("URN")));
    }
}

#[test]
fn a_name_is_needed_and_never_cut() {
    assert_eq!(rejected(&[("EstablishmentName", " ")]), ("required", Some("EstablishmentName")));
    let long = "x".repeat(201);
    assert_eq!(rejected(&[("EstablishmentName", &long)]), ("too_long", Some("EstablishmentName")));
    let (record, code, unsaid) = warned(&[("Street", &"é".repeat(201))]);
    assert_eq!((record.street.unwrap().chars().count(), code, unsaid), (200, "too_long", vec![]));
}

#[test]
fn a_letter_of_another_script_is_kept_and_warned_of() {
    let (record, code, unsaid) = warned(&[("EstablishmentName", "St Thomas а Becket")]);
    assert_eq!((record.name.as_str(), code, unsaid), ("St Thomas а Becket", "suspicious_characters", vec![]));
    let (record, code, _) = warned(&[("Town", "Lei\0cester")]);
    assert_eq!((record.town.as_deref(), code), (Some("Lei cester"), "suspicious_characters"));
}

#[test]
fn the_kind_comes_from_the_type() {
    let of = |code, name| school(&[("TypeOfEstablishment (code)", code), ("TypeOfEstablishment (name)", name)]);
    assert_eq!(of("18", "Further education").kind, SchoolKind::College);
    assert_eq!(of("15", "Local authority nursery school").kind, SchoolKind::EarlyYears);
    assert_eq!(of("14", "Pupil referral unit").kind, SchoolKind::AlternativeProvision);
    assert_eq!(of("49", "Online provider").kind, SchoolKind::Other);
    let special = of("7", "");
    assert_eq!((special.special, special.establishment_type_code.as_deref()), (true, Some("07")));
    assert_eq!(special.establishment_type.as_deref(), Some("Community special school"));
    let academy = of("", "Mainstream Academy");
    assert_eq!((academy.kind, academy.establishment_type_code), (SchoolKind::School, None));
    assert_eq!(of("", "Free Schools - 16-19").establishment_type_code.as_deref(), Some("39"));
}

#[test]
fn a_hospital_school_says_so_in_its_name() {
    let of = |name, code| school(&[("EstablishmentName", name), ("TypeOfEstablishment (code)", code)]).kind;
    assert_eq!(of("Leicester Hospital School", "07"), SchoolKind::Hospital);
    assert_eq!(of("HOSPITAL AND HOME TUITION SERVICE", "14"), SchoolKind::Hospital);
    assert_eq!(of("Christ's Hospital", "11"), SchoolKind::School);
    assert_eq!(of("Hospitality College", "07"), SchoolKind::School);
}

#[test]
fn an_unknown_type_is_understood_by_its_group() {
    let (record, code, unsaid) = warned(&[
        ("TypeOfEstablishment (code)", "77"),
        ("TypeOfEstablishment (name)", "Academy special of the future"),
    ]);
    assert_eq!((record.kind, record.special, code, unsaid), (SchoolKind::School, true, "unknown_type", vec![]));
    assert_eq!(record.establishment_type_code.as_deref(), Some("77"));
    let (record, code, unsaid) = warned(&[
        ("TypeOfEstablishment (code)", ""),
        ("TypeOfEstablishment (name)", ""),
        ("EstablishmentTypeGroup (code)", ""),
    ]);
    assert_eq!((record.kind, code, unsaid.contains(&"kind")), (SchoolKind::Other, "unknown_type", true));
}

#[test]
fn postcodes_have_capitals_and_one_space_or_are_left_unsaid() {
    for (given, kept) in [("LE1 6RN", "LE1 6RN"), (" ec3a5de", "EC3A 5DE"), ("W1A  0 AX", "W1A 0AX")] {
        assert_eq!(school(&[("Postcode", given)]).postcode.as_deref(), Some(kept));
    }
    for wrong in ["LE1", "LE1 6R", "1LE 6RN", "LE1 6RNN", "BFPO 57", "é1 6RN", "ABC1 1AA"] {
        let (record, code, unsaid) = warned(&[("Postcode", wrong)]);
        assert_eq!((record.postcode, code, unsaid), (None, "format", vec!["postcode"]), "{wrong}");
    }
}

#[test]
fn coordinates_and_ages_go_together() {
    let none = school(&[("Easting", "0"), ("Northing", "0")]);
    assert_eq!((none.easting, none.northing), (None, None));
    let (record, code, unsaid) = warned(&[("Easting", "453100"), ("Northing", "")]);
    assert_eq!((record.easting, code, unsaid), (None, "order", vec!["easting", "northing"]));
    let (record, code, unsaid) = warned(&[("StatutoryLowAge", "11"), ("StatutoryHighAge", "4")]);
    assert_eq!((record.highest_age, code, unsaid), (None, "order", vec!["lowest_age", "highest_age"]));
}

#[test]
fn numbers_out_of_bounds_are_left_unsaid() {
    for (column, value, code, field) in [
        ("NumberOfPupils", "-1", "format", "pupils"),
        ("NumberOfPupils", "20001", "out_of_range", "pupils"),
        ("NumberOfPupils", "99999999999999999999", "format", "pupils"),
        ("NumberOfPupils", "1,204", "format", "pupils"),
        ("PercentageFSM", "100.1", "out_of_range", "fsm_percentage"),
        ("PercentageFSM", "NaN", "out_of_range", "fsm_percentage"),
        ("PercentageFSM", "1e1", "out_of_range", "fsm_percentage"),
        ("UKPRN", "123", "out_of_range", "ukprn"),
        ("Trusts (code)", "2044, 2045", "format", "trust_uid"),
        ("Gender (name)", "Either", "format", "gender"),
    ] {
        let (_, warning, unsaid) = warned(&[(column, value)]);
        assert_eq!((warning, unsaid), (code, vec![field]), "{column} {value}");
    }
}

#[test]
fn an_address_of_the_web_gets_its_scheme_or_is_left_unsaid() {
    for (given, kept) in [
        ("www.school.org", "http://www.school.org"),
        ("HTTPS://School.org/A?b#c", "https://School.org/A?b#c"),
        ("http://school.org:8080", "http://school.org:8080"),
        ("N/A", ""),
    ] {
        assert_eq!(school(&[("SchoolWebsite", given)]).website.unwrap_or_default(), kept);
    }
    for wrong in
        ["none", "office@school.sch.uk", "http:/www.school.org", "ftp://a.b", "a b.org", "..", "javascript:alert(1).x"]
    {
        let (record, code, unsaid) = warned(&[("SchoolWebsite", wrong)]);
        assert_eq!((record.website, code, unsaid), (None, "format", vec!["website"]), "{wrong}");
    }
}

/// What a blank school becomes when a record with something in every field is laid over it.
fn laid_over(unsaid: &[&str]) -> (serde_json::Value, serde_json::Value) {
    let record = school(&[
        ("UKPRN", "10034567"),
        ("OpenDate", "01-09-2012"),
        ("EstablishmentStatus (code)", "2"),
        ("EstablishmentStatus (name)", "Closed"),
        ("CloseDate", "31-08-2020"),
        ("Trusts (code)", "2044"),
        ("Trusts (name)", "Woodgate Learning Trust"),
        ("HeadTitle (name)", "Ms"),
        ("HeadFirstName", "Ada"),
        ("HeadLastName", "Marlow"),
        ("HeadPreferredJobTitle", "Headteacher"),
        ("Street", "12 Woodgate Road"),
        ("Locality", "Woodgate"),
        ("Address3", "The Vale"),
        ("Town", "Loughborough"),
        ("County (name)", "Leicestershire"),
        ("Postcode", "LE11 2TX"),
        ("SchoolWebsite", "https://www.woodgatevale.example"),
        ("TelephoneNum", "01509000000"),
        ("Easting", "453100"),
        ("Northing", "319600"),
        ("StatutoryLowAge", "4"),
        ("StatutoryHighAge", "11"),
        ("Gender (name)", "Mixed"),
        ("NumberOfPupils", "236"),
        ("PercentageFSM", "14.4"),
    ]);
    let told = serde_json::to_value(&record).unwrap();
    let form = serde_json::json!({ "kind": "other", "name": "-", "phase": "not_applicable", "status": "open" });
    let blank: NewSchool = serde_json::from_value(form).unwrap();
    let mut row = blank.into_row(Meta::unset());
    record.lay_over(unsaid, &mut row);
    (told, serde_json::to_value(NewSchool::from(&row)).unwrap())
}

#[test]
fn every_field_that_is_said_is_laid_over_a_school() {
    let (told, laid) = laid_over(&[]);
    for (field, value) in told.as_object().unwrap() {
        assert!(!value.is_null(), "{field} has nothing in it to be laid over");
        assert_eq!(&laid[field], value, "{field}");
    }
}

#[test]
fn what_is_left_unsaid_is_left_alone() {
    let (told, _) = laid_over(&[]);
    let fields: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    let (_, laid) = laid_over(&fields);
    assert_eq!(laid["name"], "-");
    assert!(laid["urn"].is_null() && laid["postcode"].is_null());
    let (_, laid) = laid_over(&["pupils"]);
    assert!(laid["pupils"].is_null() && !laid["urn"].is_null());
}
