//! Each way in which the contacts of a music service are dirty.

use time::macros::date;

use super::*;

const ASH: i32 = 120_001;
const BEECH: i32 = 120_002;
const OLD_OAK: i32 = 120_003;
const NEW_OAK: i32 = 151_003;
const ELM_INFANT: i32 = 120_004;
const ELM_JUNIOR: i32 = 120_005;

fn id(urn: i32) -> Uuid {
    Uuid::from_u128(urn.unsigned_abs().into())
}

fn school(urn: i32, number: &str, name: &str, postcode: &str) -> KnownSchool {
    KnownSchool {
        id: id(urn),
        urn: Some(urn),
        dfe_number: Some(format!("855/{number}")),
        name: name.to_owned(),
        postcode: Some(postcode.to_owned()),
        open: true,
        opened_on: None,
        closed_on: None,
    }
}

/// Ash and Beech; Old Oak, which Oak Academy succeeded under the same number; two schools on one site.
fn register() -> Register {
    let closed = KnownSchool {
        open: false,
        closed_on: Some(date!(2024 - 08 - 31)),
        ..school(OLD_OAK, "2003", "Old Oak Primary School", "LE3 3AA")
    };
    let schools = vec![
        school(ASH, "2001", "Ash Primary School", "LE1 1AA"),
        school(BEECH, "2002", "St Mary's Church of England Primary School, Beech", "LE2 2AA"),
        closed,
        school(NEW_OAK, "2003", "Oak Academy", "LE3 3AA"),
        school(ELM_INFANT, "2004", "Elm Infant School", "LE4 4AA"),
        school(ELM_JUNIOR, "2005", "Elm Junior School", "LE4 4AA"),
    ];
    Register::new(schools, [(id(OLD_OAK), id(NEW_OAK))], ["855".to_owned(), "856".to_owned()])
}

/// A contact with a URN, a DfE number, a name and a postcode, each left out where it is empty.
fn judged([urn, number, name, postcode]: [&str; 4]) -> Judgement {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let contact = SchoolContact {
        urn: some(urn),
        dfe_number: some(number),
        name: some(name),
        postcode: some(postcode),
        ..SchoolContact::default()
    };
    judge(&Keys::of(&contact), &register())
}

#[track_caller]
fn leads(contact: [&str; 4], urn: i32, codes: &[&str]) {
    let judgement = judged(contact);
    assert_eq!(judgement.verdict, Verdict::Leads(id(urn)), "{contact:?}");
    assert_eq!(judgement.notes.iter().map(|note| note.code).collect::<Vec<_>>(), codes, "{contact:?}");
}

#[track_caller]
fn doubted(contact: [&str; 4], wanted: SyncReason, proposed: &[i32]) {
    let Verdict::Doubt { reason, proposals } = judged(contact).verdict else {
        panic!("{contact:?} is in no doubt");
    };
    assert_eq!(reason, wanted, "{contact:?}");
    assert_eq!(proposals.iter().filter_map(|it| it.urn).collect::<Vec<_>>(), proposed, "{contact:?}");
}

#[test]
fn a_urn_leads_however_it_is_padded() {
    for urn in ["120001", "120001.0", "120 001", "\u{a0}120001", "120001      "] {
        leads([urn, "8552001", "Ash Primary School", "LE1 1AA"], ASH, &[]);
        leads([urn, "", "", ""], ASH, &[]);
    }
}

#[test]
fn a_dfe_number_leads_however_it_is_written_and_the_missing_urn_is_reported() {
    for number in ["8552001", "855/2001", "855 2001", "855-2001", "8552001   "] {
        leads(["", number, "Ash", "LE1 1AA"], ASH, &["no_urn"]);
    }
}

#[test]
fn a_mistyped_urn_beside_a_good_number_is_reported_and_not_guessed() {
    leads(["120010", "8552001", "Ash Primary School", "LE1 1AA"], ASH, &["unknown_urn"]);
    for urn in ["12O001", "12000", "see SIMS", "1200017", "TBC"] {
        leads([urn, "8552001", "Ash Primary School", "LE1 1AA"], ASH, &["bad_urn"]);
    }
}

#[test]
fn a_number_that_nobody_has_leaves_the_urn_to_decide() {
    leads(["120001", "8562001", "Ash Primary School", "LE1 1AA"], ASH, &["unknown_dfe_number"]);
    leads(["120001", "85520", "", ""], ASH, &["bad_dfe_number"]);
}

#[test]
fn keys_of_two_schools_that_no_link_ties_are_not_believed() {
    doubted(["120002", "8552001", "Ash Primary", "LE1 1AA"], SyncReason::KeysDisagree, &[ASH, BEECH]);
    leads(["120003", "8552003", "Old Oak Primary School", "LE3 3AA"], OLD_OAK, &["closed"]);
}

#[test]
fn the_name_and_the_postcode_of_another_school_are_doubted_together_only() {
    doubted(["120002", "", "Ash Primary Sch", "LE11AA"], SyncReason::NameElsewhere, &[ASH, BEECH]);
    doubted(["", "8552002", "ASH PRIM. SCHOOL", "le1 1aa"], SyncReason::NameElsewhere, &[ASH, BEECH]);
    leads(["120002", "8552002", "Ash Primary School", ""], BEECH, &[]);
    leads(["120002", "8552002", "Ash Primary School", "LE2 2AA"], BEECH, &[]);
    leads(["120002", "8552002", "Renamed", "LE1 1AA"], BEECH, &[]);
}

#[test]
fn a_number_of_another_authority_is_out_of_area_and_beside_a_urn_of_ours_a_doubt() {
    assert_eq!(judged(["", "8912001", "Far School", "NG1 1AA"]).verdict, Verdict::OutOfArea);
    assert_eq!(judged(["999999", "8912001", "", ""]).verdict, Verdict::OutOfArea);
    doubted(["120001", "8912001", "Far School", "NG1 1AA"], SyncReason::OtherAuthority, &[ASH]);
}

#[test]
fn an_unknown_urn_beside_the_number_of_a_closed_school_may_be_its_successor() {
    let closed = KnownSchool { open: false, ..school(OLD_OAK, "2003", "Old Oak Primary School", "LE3 3AA") };
    let register = Register::new(vec![closed], [], ["855".to_owned()]);
    let said = |urn: Option<&str>| SchoolContact {
        urn: urn.map(str::to_owned),
        dfe_number: Some("8552003".to_owned()),
        ..SchoolContact::default()
    };
    let doubt = judge(&Keys::of(&said(Some("151003"))), &register).verdict;
    let Verdict::Doubt { reason: SyncReason::NumberOfClosedSchool, proposals } = doubt else { panic!("{doubt:?}") };
    assert!(proposals[0].closed);
    // Without a URN the number decides.
    assert_eq!(judge(&Keys::of(&said(None)), &register).verdict, Verdict::Leads(id(OLD_OAK)));
}

#[test]
fn of_schools_with_one_number_the_open_one_has_it_and_a_closed_one_names_its_successor() {
    leads(["", "8552003", "Oak", ""], NEW_OAK, &["no_urn"]);
    let judgement = judged(["120003", "", "Old Oak", ""]);
    assert_eq!(judgement.verdict, Verdict::Leads(id(OLD_OAK)));
    let note = &judgement.notes[0].message;
    assert!(note.contains("2024-08-31") && note.contains("Oak Academy (URN 151003)"), "{note}");
}

#[test]
fn without_a_key_name_and_postcode_only_propose() {
    doubted(["", "", "Ash Primary School", "LE1 1AA"], SyncReason::NoKey, &[ASH]);
    doubted(["", "", "St. Marys C of E Prim. School Beech", ""], SyncReason::NoKey, &[BEECH]);
    doubted(["", "", "Elm School", "LE4 4AA"], SyncReason::NoKey, &[ELM_INFANT, ELM_JUNIOR]);
    doubted(["", "", "Saint Someone's School", "LE99 9ZZ"], SyncReason::NoKey, &[]);
    doubted(["", "", "Various Schools", ""], SyncReason::NoKey, &[]);
    doubted(["", "8556901", "Fosse Vale", ""], SyncReason::UnknownKey, &[]);
    doubted(["120010", "", "Ash Primary School", ""], SyncReason::UnknownKey, &[ASH]);
}

#[test]
fn a_question_is_another_one_when_what_it_rests_on_changes_and_not_for_blanks_or_capitals() {
    let keys = |urn: &str, name: &str, postcode: &str| {
        let some = |text: &str| Some(text.to_owned());
        let contact =
            SchoolContact { urn: some(urn), name: some(name), postcode: some(postcode), ..SchoolContact::default() };
        Keys::of(&contact).essence()
    };
    let before = keys("120001", "Ash Primary School", "LE1 1AA");
    assert_eq!(keys("120001.0", "ASH Prim. School ", "le11aa"), before);
    assert_ne!(keys("120002", "Ash Primary School", "LE1 1AA"), before);
    assert_ne!(keys("120001", "Ash Academy", "LE1 1AA"), before);
    assert_ne!(keys("120001", "Ash Primary School", "LE1 1AB"), before);
}

#[test]
fn a_line_of_schools_is_found_from_each_of_them_and_a_circle_ends() {
    let register = register();
    let line = |urn: i32| register.line_of(id(urn)).iter().filter_map(|it| it.urn).collect::<Vec<_>>();
    assert_eq!(line(OLD_OAK), [OLD_OAK, NEW_OAK]);
    assert_eq!(line(NEW_OAK), [OLD_OAK, NEW_OAK]);
    assert_eq!(line(ASH), [ASH]);
    let schools = vec![school(ASH, "2001", "Ash", "LE1 1AA"), school(BEECH, "2002", "Beech", "LE2 2AA")];
    let circle = [(id(ASH), id(BEECH)), (id(BEECH), id(ASH))];
    assert_eq!(Register::new(schools, circle, []).line_of(id(ASH)).len(), 2);
}
