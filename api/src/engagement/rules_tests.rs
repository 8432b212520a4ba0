use time::macros::date;

use super::*;

fn member(person: Option<u128>, text: Option<&str>) -> GroupMember {
    GroupMember { person_id: person.map(Uuid::from_u128), school_id: None, text: text.map(str::to_owned), role: None }
}

#[test]
fn a_member_is_exactly_one_and_stands_once() {
    let all = [
        member(Some(1), None),
        member(None, Some("Chair")),
        member(Some(1), None),
        member(None, None),
        member(Some(2), Some("x")),
    ];
    let found: Vec<_> = members(&all).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(found, ["/members/2/person_id", "/members/3", "/members/4"]);
}

#[test]
fn minutes_have_numbers_of_their_own() {
    let decision =
        |number: &str| MeetingDecision { number: number.to_owned(), text: "Sing".to_owned(), decided_by: None };
    let found: Vec<_> = decisions(&["1", "2", "1"].map(decision)).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(found, ["/decisions/2/number"]);
}

#[test]
fn minutes_are_agreed_after_the_meeting_and_not_tomorrow() {
    let (held, today) = (date!(2015 - 03 - 02), date!(2015 - 03 - 10));
    let code = |status, on| agreed_on(status, Some(on), held, today).map(|fault| fault.code);
    assert_eq!(code(MeetingStatus::Planned, today).unwrap(), "not_applicable");
    assert_eq!(code(MeetingStatus::Held, date!(2015 - 03 - 01)).unwrap(), "order");
    assert_eq!(code(MeetingStatus::Held, date!(2015 - 03 - 11)).unwrap(), "order");
    assert!(code(MeetingStatus::Held, held).is_none());
    assert!(agreed_on(MeetingStatus::Planned, None, held, today).is_none());
}

#[test]
fn an_answer_names_one_consultation_and_one_who_answers() {
    let id = Some(Uuid::from_u128(1));
    assert!(response((id, None), (None, id)).is_empty());
    let found: Vec<_> = response((id, id), (None, None)).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(found, ["/communication_id", "/school_id"]);
}

#[test]
fn an_audience_is_everybody_or_somebody() {
    let id = [Uuid::from_u128(1)];
    assert!(audience(PracticeAudience::All, &[], &[]).is_empty());
    assert!(audience(PracticeAudience::Chosen, &id, &[]).is_empty());
    assert_eq!(audience(PracticeAudience::All, &id, &[]).len(), 1);
    assert_eq!(audience(PracticeAudience::Chosen, &[], &[]).len(), 1);
}
