use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn at(hour: u32) -> Instant {
    Instant::from_micros(1_409_560_200_000_000) + HOUR * hour
}

/// A visit of these people from one hour to another.
fn visit(people: &[Uuid], from: u32, to: u32) -> visit::Model {
    let now = at(0);
    visit::Model {
        hub_id: Uuid::nil(),
        id: Uuid::nil(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id: Uuid::nil(),
        visitor_id: people[0],
        co_visitor_ids: people[1..].to_vec().into(),
        kind: visit::VisitKind::Initial,
        mode: visit::VisitMode::InPerson,
        provider_id: None,
        starts_at: at(from),
        ends_at: at(to),
        purpose: None,
        note: None,
        people_met: Vec::new().into(),
        status: VisitStatus::Planned,
        status_reason: None,
        completed_on: None,
        external_ids: Vec::new().into(),
        search_key: String::new(),
    }
}

#[test]
fn a_visit_ends_after_it_begins_and_within_a_day() {
    assert_eq!(times(at(1), at(2)), None);
    assert_eq!(times(at(1), at(25)), None);
    for (from, to) in [(1, 1), (2, 1), (1, 26)] {
        let fault = times(at(from), at(to)).unwrap();
        assert_eq!((&*fault.pointer, &*fault.code), ("/ends_at", "order"), "{from} to {to}");
    }
}

#[test]
fn visits_clash_where_they_share_a_person_and_some_time() {
    let [ada, ben, cyd] = [1, 2, 3].map(Uuid::from_u128);
    let one = visit(&[ada, ben], 9, 11);
    assert!(clash(&one, &visit(&[ben], 10, 12)));
    assert!(clash(&one, &visit(&[cyd, ada], 8, 10)));
    assert!(clash(&one, &visit(&[ada], 9, 11)));
    assert!(!clash(&one, &visit(&[ada], 11, 12)), "one begins when the other ends");
    assert!(!clash(&one, &visit(&[ada], 8, 9)));
    assert!(!clash(&one, &visit(&[cyd], 9, 11)));
}

#[test]
fn each_person_stands_once_among_the_visitors() {
    let [ada, ben] = [1, 2].map(Uuid::from_u128);
    assert_eq!(visitors(ada, &[ben]), []);
    let places: Vec<_> = visitors(ada, &[ben, ada, ben]).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(places, ["/co_visitor_ids/1", "/co_visitor_ids/2"]);
}

#[test]
fn a_visit_under_way_is_reported_and_no_other() {
    let open = |status: &&VisitStatus| reportable(**status).is_ok();
    let found: Vec<_> = VisitStatus::ALL.iter().filter(open).copied().collect();
    assert_eq!(found, [VisitStatus::Completed, VisitStatus::Reported, VisitStatus::Shared]);
}

#[test]
fn only_a_draft_is_edited() {
    let open = |status: &&ReportStatus| editable(**status).is_ok();
    let found: Vec<_> = ReportStatus::ALL.iter().filter(open).copied().collect();
    assert_eq!(found, [ReportStatus::Draft]);
}
