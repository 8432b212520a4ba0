use entity::instant::Instant;
use time::macros::date;

use super::*;
use crate::kernel::caller::identity::{Actor, KeySystems};

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
        key_systems: KeySystems::All,
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
    let at_platform = |role| Grant { hub_id: PLATFORM_HUB, ..grant(role) };
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
    assert!(!takes_administrator(&before, &same, TODAY) && !takes_away(&before, &same, TODAY));
    let shorter = Grant { to_on: Some(TODAY), ..before.clone() };
    assert!(!takes_administrator(&shorter, &before, TODAY) && !takes_away(&shorter, &before, TODAY));
    let other = Grant { role: Role::Governor, ..before.clone() };
    let later = Grant { from_on: date!(2015 - 04 - 01), ..before.clone() };
    let archived = Grant { archived_at: Some(Instant::default()), ..before.clone() };
    for after in [&shorter, &other, &later, &archived] {
        assert!(takes_administrator(&before, after, TODAY) && takes_away(&before, after, TODAY), "{after:?}");
    }
    assert!(!takes_administrator(&other, &archived, TODAY));
    // Another role of the same rank keeps the hub its administrator, and still is another grant.
    let deputy = Grant { role: Role::HeadOfService, ..before.clone() };
    assert!(!takes_administrator(&before, &deputy, TODAY) && takes_away(&before, &deputy, TODAY));
}

#[test]
fn a_role_is_within_another_only_with_all_its_scopes_and_their_reach() {
    let office = giver(Role::BusinessManager);
    let within = |giver: &Identity, role| expect_within(giver, &[], &[&grant(role)]).is_ok();
    for role in [Role::Administrator, Role::MusicLeader, Role::Monitor, Role::CommunicationsManager] {
        assert!(within(&office, role), "{role}");
    }
    for role in [Role::HeadOfService, Role::Governor, Role::SpecialistLeader] {
        let problem = expect_within(&office, &[], &[&grant(Role::MusicLeader), &grant(role)]).unwrap_err();
        assert_eq!(problem.code(), Code::Forbidden, "{role}");
        assert!(problem.detail().ends_with("head_of_service, deputy_head_of_service"), "{problem}");
        assert!(within(&giver(Role::DeputyHeadOfService), role), "{role}");
    }
    let narrowed = Identity { scopes: ScopeSet::parse("users:write").unwrap(), ..giver(Role::HeadOfService) };
    assert!(!within(&narrowed, Role::Monitor), "a narrowed token has what it was narrowed to");
    assert!(within(&Identity::system(Uuid::nil()), Role::HeadOfService));
}

#[test]
fn a_narrow_reach_is_within_the_same_school_group_or_partner_only() {
    let [school, other, group] = [3, 4, 5].map(Uuid::from_u128);
    let head = Identity { school_id: Some(school), ..giver(Role::SchoolHead) };
    let at = |school_id, school_group_id| Grant { school_id, school_group_id, ..grant(Role::SchoolHead) };
    let within = |giver: &Identity, schools: &[Uuid], grant: &Grant| expect_within(giver, schools, &[grant]).is_ok();
    assert!(within(&head, &[school], &at(Some(school), None)));
    assert!(!within(&head, &[school], &at(Some(other), None)));
    assert!(!within(&head, &[school], &at(None, Some(group))));
    let trust = Identity { school_group_id: Some(group), ..giver(Role::SchoolHead) };
    assert!(within(&trust, &[school, other], &at(Some(other), None)));
    assert!(within(&trust, &[school], &at(None, Some(group))));
    assert!(!within(&trust, &[school], &at(None, Some(other))));
    // Somebody else's schools are assigned to somebody else.
    assert!(!within(&giver(Role::SpecialistLeader), &[], &grant(Role::SpecialistLeader)));
    let provider = Identity { partner_id: Some(other), ..giver(Role::Provider) };
    assert!(within(&provider, &[], &Grant { partner_id: Some(other), ..grant(Role::Provider) }));
    assert!(!within(&provider, &[], &Grant { partner_id: Some(school), ..grant(Role::Provider) }));
}

#[test]
fn a_client_is_within_a_caller_who_has_its_scopes_over_the_hub_and_its_system() {
    let scopes = |text: &str| ScopeSet::parse(text).unwrap();
    let office = giver(Role::BusinessManager);
    assert!(expect_client_within(&office, scopes("schools:write people:read"), Some("mis")).is_ok());
    assert!(expect_client_within(&office, scopes("schools:write plans:approve"), None).is_err());
    assert!(expect_client_within(&giver(Role::SchoolHead), scopes("schools:read"), None).is_err());
    let own = KeySystems::Only(Some("mis".to_owned()));
    let client = Identity { role: None, scopes: scopes("schools:read identity:write"), key_systems: own, ..office };
    assert!(expect_client_within(&client, scopes("schools:read"), Some("mis")).is_ok());
    assert!(expect_client_within(&client, scopes("schools:read"), Some("paritor")).is_err());
}

#[test]
fn a_delegation_ends_within_a_year_and_with_the_delegator_s_role() {
    let head = giver(Role::SchoolHead);
    let staff = |to_on| Grant { to_on, ..grant(Role::SchoolStaff) };
    assert!(expect_delegable(&head, None, &staff(None)).is_err());
    assert!(expect_delegable(&head, None, &staff(Some(date!(2015 - 09 - 02)))).is_ok());
    assert!(expect_delegable(&head, None, &staff(Some(date!(2015 - 09 - 03)))).is_err());
    let own = Grant { to_on: Some(date!(2015 - 07 - 31)), ..grant(Role::SchoolHead) };
    assert!(expect_delegable(&head, Some(&own), &staff(Some(date!(2015 - 08 - 01)))).is_err());
    assert!(expect_delegable(&head, Some(&own), &staff(Some(date!(2015 - 07 - 31)))).is_ok());
}

#[test]
fn a_one_time_password_signs_in_once_and_for_its_time() {
    let at = |second: i64| Instant::from_micros(second * 1_000_000);
    let user = User {
        hub_id: Uuid::nil(),
        id: Uuid::nil(),
        version: 1,
        created_at: at(0),
        updated_at: at(0),
        archived_at: None,
        person_id: Uuid::nil(),
        email: String::new(),
        email_key: String::new(),
        password_hash: Some("hash".into()),
        must_change_password: true,
        disabled_at: None,
        tokens_valid_from: at(0),
        token_generation: 0,
        one_time_expires_at: Some(at(9)),
        one_time_used_at: None,
        invitation_hash: Some("token".into()),
        invitation_expires_at: Some(at(9)),
    };
    assert!(password_signs_in(&user, at(8)) && !password_signs_in(&user, at(9)));
    let used = User { one_time_used_at: Some(at(1)), ..user.clone() };
    assert!(!password_signs_in(&used, at(2)) && !one_time_is_over(&used, at(2)));
    let own = User { must_change_password: false, ..used.clone() };
    assert!(password_signs_in(&own, at(99)));
    assert!(!password_signs_in(&User { password_hash: None, ..own }, at(1)));
    assert!(invites(&user, "token", at(8)) && !invites(&user, "token", at(9)) && !invites(&user, "other", at(8)));
    assert!(!invites(&User { disabled_at: Some(at(1)), ..user.clone() }, "token", at(2)));
    assert!(!invites(&User { archived_at: Some(at(1)), ..user }, "token", at(2)));
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
fn e_mail_addresses_are_compared_without_case() {
    assert_eq!(email_key(" Head@Hub.Example "), "head@hub.example");
}

#[test]
fn a_slug_is_short_and_plain() {
    assert!(is_slug("leicester-shire") && is_slug("hub2"));
    for bad in ["", "a", "-a", "a-", "a--b", "A", "a b", "a_b", "ü"] {
        assert!(!is_slug(bad), "{bad}");
    }
}
