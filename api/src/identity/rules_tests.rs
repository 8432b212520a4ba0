use entity::instant::Instant;
use time::macros::date;

use super::*;
use crate::kernel::tenancy::Actor;

const TODAY: Date = date!(2015 - 03 - 02);

fn grant(role: Role) -> Grant {
    Grant {
        hub_id: Uuid::from_u128(7),
        id: Uuid::now_v7(),
        version: 1,
        created_at: Instant::default(),
        updated_at: Instant::default(),
        archived_at: None,
        user_id: Uuid::from_u128(1),
        role,
        school_id: None,
        school_group_id: None,
        partner_id: None,
        from_on: date!(2014 - 09 - 01),
        to_on: None,
        delegated_by: None,
        reason: None,
    }
}

fn giver(role: Role) -> Identity {
    let actor =
        Actor::User { user_id: Uuid::from_u128(9), grant_id: Uuid::from_u128(10), person_id: Uuid::from_u128(11) };
    Identity {
        hub_id: Uuid::from_u128(7),
        actor,
        role: Some(role),
        school_id: None,
        school_group_id: None,
        partner_id: None,
        scopes: ScopeSet::of(role),
    }
}

fn pointers(grant: &Grant) -> Vec<String> {
    faults(grant).into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn each_role_names_what_it_reaches_and_nothing_else() {
    let id = Some(Uuid::from_u128(3));
    assert!(pointers(&grant(Role::HeadOfService)).is_empty());
    assert_eq!(pointers(&grant(Role::SchoolHead)), ["/school_id"]);
    assert!(pointers(&Grant { school_id: id, ..grant(Role::SchoolHead) }).is_empty());
    assert!(pointers(&Grant { school_group_id: id, ..grant(Role::SchoolStaff) }).is_empty());
    let both = Grant { school_id: id, school_group_id: id, ..grant(Role::SchoolStaff) };
    assert_eq!(pointers(&both), ["/school_group_id"]);
    assert_eq!(pointers(&Grant { school_id: id, ..grant(Role::Governor) }), ["/school_id"]);
    assert_eq!(pointers(&grant(Role::Provider)), ["/partner_id"]);
    assert!(pointers(&Grant { partner_id: id, ..grant(Role::Provider) }).is_empty());
    assert_eq!(pointers(&Grant { partner_id: id, ..grant(Role::Monitor) }), ["/partner_id"]);
    let backwards = Grant { to_on: Some(date!(2014 - 08 - 31)), ..grant(Role::Monitor) };
    assert_eq!(pointers(&backwards), ["/to_on"]);
}

#[test]
fn the_platform_keeps_to_itself() {
    assert_eq!(pointers(&grant(Role::PlatformAdministrator)), ["/role"]);
    let at_platform = |role| Grant { hub_id: PLATFORM_ID, ..grant(role) };
    assert!(pointers(&at_platform(Role::PlatformAdministrator)).is_empty());
    assert_eq!(pointers(&at_platform(Role::HeadOfService)), ["/role"]);
}

#[test]
fn a_grant_counts_from_its_first_to_its_last_day() {
    let one = Grant { from_on: TODAY, to_on: Some(TODAY), ..grant(Role::Governor) };
    assert!(in_force(&one, TODAY));
    assert!(!in_force(&one, date!(2015 - 03 - 01)));
    assert!(!in_force(&one, date!(2015 - 03 - 03)));
    assert!(!in_force(&Grant { archived_at: Some(Instant::default()), ..one }, TODAY));
}

#[test]
fn shortening_ending_or_changing_an_administrator_s_grant_takes_it() {
    let before = grant(Role::BusinessManager);
    let same = before.clone();
    assert!(!takes_administrator(&before, Some(&same), TODAY));
    assert!(takes_administrator(&before, None, TODAY));
    let shorter = Grant { to_on: Some(TODAY), ..before.clone() };
    assert!(takes_administrator(&before, Some(&shorter), TODAY));
    assert!(!takes_administrator(&shorter, Some(&before), TODAY));
    let other = Grant { role: Role::Governor, ..before.clone() };
    assert!(takes_administrator(&before, Some(&other), TODAY));
    let later = Grant { from_on: date!(2015 - 04 - 01), ..before.clone() };
    assert!(takes_administrator(&before, Some(&later), TODAY));
    let archived = Grant { archived_at: Some(Instant::default()), ..before.clone() };
    assert!(takes_administrator(&before, Some(&archived), TODAY));
    assert!(!takes_administrator(&other, None, TODAY));
}

#[test]
fn nobody_gives_further_than_they_reach() {
    let head = giver(Role::SchoolHead);
    let until = Some(date!(2015 - 07 - 31));
    for role in [Role::HeadOfService, Role::Governor, Role::SpecialistLeader, Role::Provider] {
        assert!(may_give(&head, None, &Grant { to_on: until, ..grant(role) }).is_err(), "{role}");
        assert!(may_give(&giver(Role::Administrator), None, &grant(role)).is_ok(), "{role}");
    }
    let staff = Grant { to_on: until, ..grant(Role::SchoolStaff) };
    assert!(may_give(&head, None, &staff).is_ok());
    assert!(may_give(&Identity::system(Uuid::nil()), None, &grant(Role::HeadOfService)).is_ok());
}

#[test]
fn nobody_raises_themselves() {
    let manager = giver(Role::BusinessManager);
    let own = |role| Grant { user_id: Uuid::from_u128(9), ..grant(role) };
    assert!(may_give(&manager, None, &own(Role::HeadOfService)).is_err());
    assert!(may_give(&manager, None, &own(Role::Governor)).is_err());
    assert!(may_give(&manager, None, &own(Role::Administrator)).is_ok());
}

#[test]
fn a_delegation_ends_within_a_year_and_with_the_delegator_s_role() {
    let head = giver(Role::SchoolHead);
    let staff = |to_on| Grant { to_on, ..grant(Role::SchoolStaff) };
    assert!(may_give(&head, None, &staff(None)).is_err());
    assert!(may_give(&head, None, &staff(Some(date!(2015 - 09 - 02)))).is_ok());
    assert!(may_give(&head, None, &staff(Some(date!(2015 - 09 - 03)))).is_err());
    let own = Grant { to_on: Some(date!(2015 - 07 - 31)), ..grant(Role::SchoolHead) };
    assert!(may_give(&head, Some(&own), &staff(Some(date!(2015 - 08 - 01)))).is_err());
    assert!(may_give(&head, Some(&own), &staff(Some(date!(2015 - 07 - 31)))).is_ok());
}

#[test]
fn a_head_ends_only_what_is_below_or_was_delegated() {
    let head = giver(Role::SchoolHead);
    assert!(may_end(&head, &grant(Role::SchoolStaff)).is_ok());
    assert!(may_end(&head, &grant(Role::SchoolHead)).is_err());
    let passed_on = Grant { delegated_by: Some(Uuid::from_u128(9)), ..grant(Role::SchoolHead) };
    assert!(may_end(&head, &passed_on).is_ok());
    assert!(may_end(&giver(Role::HeadOfService), &grant(Role::SchoolHead)).is_ok());
}

#[test]
fn a_grant_is_chosen_by_id_or_role_else_the_first() {
    let grants = [grant(Role::Governor), grant(Role::MusicLeader)];
    assert_eq!(choose(&grants, None).unwrap().role, Role::Governor);
    assert_eq!(choose(&grants, Some("music_leader")).unwrap().id, grants[1].id);
    let id = grants[1].id.to_string();
    assert_eq!(choose(&grants, Some(&id)).unwrap().id, grants[1].id);
    assert!(choose(&grants, Some("school_head")).is_none());
    assert!(choose(&[], None).is_none());
}

#[test]
fn a_scope_only_narrows() {
    let set = |text: &str| ScopeSet::parse(text).unwrap();
    let can = set("schools:read plans:read");
    assert_eq!(narrow(can, None), Some(can));
    assert_eq!(narrow(can, Some(set("plans:read plans:write"))), Some(set("plans:read")));
    assert_eq!(narrow(can, Some(set("plans:write"))), None);
}

#[test]
fn e_mail_addresses_are_recognised() {
    for good in ["a@b.example", "h.o'neil+x@sub.hub.org.uk", "ü@bücher.example"] {
        assert!(is_email(good), "{good}");
    }
    for bad in ["", "a", "@b.example", "a@b", "a b@c.example", "a@b..example", "a@<b>.example"] {
        assert!(!is_email(bad), "{bad}");
    }
    assert_eq!(email_key(" Head@Hub.Example "), "head@hub.example");
}

#[test]
fn a_slug_is_short_and_plain() {
    assert!(is_slug("leicester-shire") && is_slug("hub2"));
    for bad in ["", "a", "-a", "a-", "a--b", "A", "a b", "a_b", "ü"] {
        assert!(!is_slug(bad), "{bad}");
    }
}
