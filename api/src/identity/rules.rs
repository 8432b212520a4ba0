//! Who may be given which role, and what must not be taken away.

use entity::identity::client::Model as Client;
use entity::identity::grant::{Model as Grant, Role};
use entity::identity::user::Model as User;
use entity::instant::Instant;
use time::{Date, Duration};
use uuid::Uuid;

use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::signature::same;
use crate::kernel::caller::identity::Identity;
use crate::kernel::caller::permission::{PLATFORM_HUB, Reach, Scope, ScopeSet};

/// The slug of the built-in hub, which holds nothing but the platform's own users.
pub const PLATFORM: &str = "platform";

/// The roles of which a hub, or the platform, needs one person who can sign in.
pub const ADMINISTRATORS: [Role; 4] =
    [Role::HeadOfService, Role::BusinessManager, Role::Administrator, Role::PlatformAdministrator];

/// How long a one-time password or an invitation works.
pub const ONE_TIME: std::time::Duration = std::time::Duration::from_hours(72);

/// A delegation lasts at most so long.
const DELEGATION: Duration = Duration::days(366);

/// An e-mail address as it is compared. Accents and dots stay: they make another address.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Returns true if a text can be a hub's slug.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    (2..=60).contains(&text.len())
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// What is wrong with a grant in itself: whether it names what its role reaches, and its dates.
#[must_use]
pub fn faults(grant: &Grant) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |pointer: &str, code: &str, message: &str| {
        faults.push(Fault::new(pointer, code, message));
    };
    let of_school = matches!(grant.role, Role::SchoolHead | Role::SchoolStaff);
    match (of_school, grant.school_id, grant.school_group_id) {
        (true, None, None) => {
            fault("/school_id", "required", "this role is held at a school or a group of schools");
        }
        (true, Some(_), Some(_)) => {
            fault("/school_group_id", "one_of", "name a school or a group of schools, not both");
        }
        (false, school, group) => {
            for (pointer, id) in [("/school_id", school), ("/school_group_id", group)] {
                if id.is_some() {
                    fault(pointer, "not_applicable", "only school_head and school_staff have one");
                }
            }
        }
        _ => {}
    }
    match (grant.role == Role::Provider, grant.partner_id) {
        (true, None) => fault("/partner_id", "required", "a provider is a partner of the hub"),
        (false, Some(_)) => fault("/partner_id", "not_applicable", "only a provider has one"),
        _ => {}
    }
    if grant.to_on.is_some_and(|to_on| to_on < grant.from_on) {
        fault("/to_on", "too_early", "on or after from_on");
    }
    if (grant.role == Role::PlatformAdministrator) != (grant.hub_id == PLATFORM_HUB) {
        let message = if grant.hub_id == PLATFORM_HUB {
            "users of the platform are platform_administrator"
        } else {
            "only users of the platform are platform_administrator"
        };
        fault("/role", "not_applicable", message);
    }
    faults
}

/// Returns true if a grant counts on a day.
#[must_use]
pub fn in_force(grant: &Grant, on: Date) -> bool {
    grant.archived_at.is_none() && grant.from_on <= on && grant.to_on.is_none_or(|to_on| on <= to_on)
}

/// Returns true if a change of a grant takes away, today or earlier than before, an administrator.
#[must_use]
pub fn takes_administrator(before: &Grant, after: &Grant, today: Date) -> bool {
    let administers = |grant: &Grant| ADMINISTRATORS.contains(&grant.role) && in_force(grant, today);
    administers(before) && (!administers(after) || ends_earlier(before, after))
}

/// Returns true if a change of a grant takes away, today or earlier than before, what it gives.
#[must_use]
pub fn takes_away(before: &Grant, after: &Grant, today: Date) -> bool {
    let gives = |grant: &Grant| (grant.role, grant.school_id, grant.school_group_id, grant.partner_id);
    in_force(before, today) && (!in_force(after, today) || gives(before) != gives(after) || ends_earlier(before, after))
}

fn ends_earlier(before: &Grant, after: &Grant) -> bool {
    after.to_on.is_some_and(|now| before.to_on.is_none_or(|then| now < then))
}

/// Refuses what takes away the caller's own access unless the request says that this is meant.
///
/// # Errors
/// 409 that names the parameter.
pub fn expect_confirmed(oneself: bool, confirmed: bool) -> Result<()> {
    if !oneself || confirmed {
        return Ok(());
    }
    let detail = "this takes away your own access: send the same request with `?confirm=self` if you mean it";
    Err(Problem::new(Code::ConfirmationRequired, detail))
}

/// Returns true if the time of a one-time password is over. It signs nobody in then, and cannot be changed
/// for another one.
#[must_use]
pub fn one_time_is_over(user: &User, now: Instant) -> bool {
    user.must_change_password && user.one_time_expires_at.is_none_or(|expires_at| expires_at <= now)
}

/// Returns true if a user's password signs in: a one-time password does so once, in its time.
#[must_use]
pub fn password_signs_in(user: &User, now: Instant) -> bool {
    let used = user.must_change_password && user.one_time_used_at.is_some();
    user.password_hash.is_some() && !used && !one_time_is_over(user, now)
}

/// Returns true if the token with a hash lets the user set a password.
#[must_use]
pub fn invites(user: &User, hash: &str, now: Instant) -> bool {
    user.disabled_at.is_none()
        && user.archived_at.is_none()
        && user.invitation_hash.as_deref().is_some_and(|kept| same(kept, hash))
        && user.invitation_expires_at.is_some_and(|expires_at| now < expires_at)
}

/// The refusal of what takes the last administrator away.
#[must_use]
pub fn last_administrator() -> Problem {
    Problem::conflict(
        "cannot remove the last administrator who can sign in: first give another user with a password the role \
         head_of_service, business_manager or administrator",
    )
}

/// Returns true if a grant counts on a day or will count later.
#[must_use]
pub fn not_over(grant: &Grant, on: Date) -> bool {
    grant.archived_at.is_none() && grant.to_on.is_none_or(|to_on| on <= to_on)
}

/// Decides whether a caller may act on a user who holds, or would hold, these grants: each of their
/// scopes has to be the caller's own and to reach no further. Ended and archived grants give
/// nothing and are not asked for; future ones count. `own_schools` are the schools that the caller's
/// grant names.
///
/// # Errors
/// 403 that names the scopes beyond the caller's own, and who may act instead.
pub fn expect_within(caller: &Identity, own_schools: &[Uuid], grants: &[&Grant]) -> Result<()> {
    let exceeds = |scope: &Scope| grants.iter().any(|grant| !reaches_as_far(caller, own_schools, *scope, grant));
    let beyond: Vec<Scope> = Scope::ALL.iter().copied().filter(exceeds).collect();
    if beyond.is_empty() {
        return Ok(());
    }
    let can = |role: &Role| {
        let needed = beyond.iter().chain([&Scope::WriteUsers]);
        needed.into_iter().all(|scope| scope.reach(*role).has(Reach::HUB))
    };
    let who: Vec<_> = Role::ALL.iter().filter(|role| can(role)).map(|role| role.as_str()).collect();
    let who = if who.is_empty() { "the command line of the service".to_owned() } else { who.join(", ") };
    Err(Problem::forbidden(format!(
        "the user has, or would get, rights beyond yours: {}; ask a caller with the role: {who}",
        quoted(beyond)
    )))
}

/// Returns true if a caller has what a grant gives of a scope.
fn reaches_as_far(caller: &Identity, own_schools: &[Uuid], scope: Scope, grant: &Grant) -> bool {
    let has = caller.reach(scope);
    if has.has(Reach::HUB) {
        return true;
    }
    let same_school = match (grant.school_id, grant.school_group_id) {
        (Some(school), _) => own_schools.contains(&school),
        (None, group) => group.is_some() && group == caller.school_group_id,
    };
    let same_partner = grant.partner_id.is_some() && grant.partner_id == caller.partner_id;
    let own = |reach: Reach, same: bool| if same && has.has(reach) { reach } else { Reach::NONE };
    // What people are assigned or invited to differs from person to person.
    let beyond = scope.reach(grant.role).without(own(Reach::OWN, same_school));
    beyond.without(own(Reach::PROVIDER, same_partner)) == Reach::NONE
}

/// Decides whether a caller may act on a partner system that has, or would have, these scopes over
/// the whole hub and writes the keys of `system`.
///
/// # Errors
/// 403 that names what is beyond the caller's own.
pub fn expect_client_within(caller: &Identity, scopes: ScopeSet, system: Option<&str>) -> Result<()> {
    let beyond: Vec<Scope> = scopes.iter().filter(|scope| !caller.reach(*scope).has(Reach::HUB)).collect();
    if !beyond.is_empty() {
        return Err(Problem::forbidden(format!(
            "the client has, or would get, rights beyond yours: you do not have {} over the whole hub",
            quoted(beyond)
        )));
    }
    match system {
        Some(system) if !caller.key_systems.allow(system) => Err(Problem::forbidden(format!(
            "the client writes or would write keys of `{system}`, which you may not write yourself"
        ))),
        _ => Ok(()),
    }
}

/// The scopes of a partner system that count in its hub.
#[must_use]
pub fn client_scopes(client: &Client) -> ScopeSet {
    let named: ScopeSet = client.scopes.iter().filter_map(|name| Scope::named(name)).collect();
    named.within_hub(client.hub_id)
}

/// The scopes of a partner system that do not exist in its hub.
#[must_use]
pub fn client_faults(client: &Client) -> Vec<Fault> {
    let scopes = client.scopes.iter().enumerate();
    let foreign =
        scopes.filter(|(_, name)| client.hub_id != PLATFORM_HUB && Scope::named(name).is_some_and(Scope::is_platform));
    let fault = |(index, name): (usize, &String)| {
        let message = format!("`{name}` exists in the hub `{PLATFORM}` only: leave it out");
        Fault::new(format!("/scopes/{index}"), "not_applicable", message)
    };
    foreign.map(fault).collect()
}

fn quoted(scopes: Vec<Scope>) -> String {
    let names: Vec<_> = scopes.into_iter().map(|scope| format!("`{scope}`")).collect();
    names.join(", ")
}

/// Decides about the dates of a grant that a school head passes on: at most a year, and no longer
/// than the head's own grant lasts (`own`). Callers who reach the whole hub are free.
///
/// # Errors
/// 422 when the dates are wrong.
pub fn expect_delegable(giver: &Identity, own: Option<&Grant>, grant: &Grant) -> Result<()> {
    if giver.reach(Scope::WriteUsers).has(Reach::HUB) {
        return Ok(());
    }
    let latest = grant.from_on + DELEGATION;
    let latest = own.and_then(|own| own.to_on).map_or(latest, |to_on| to_on.min(latest));
    match grant.to_on {
        None => Err(Problem::invalid("/to_on", "required", "a delegation has a last day")),
        Some(to_on) if to_on > latest => Err(Problem::invalid(
            "/to_on",
            "too_late",
            format!("at the latest {latest}: within a year, and no longer than your own role"),
        )),
        Some(_) => Ok(()),
    }
}

/// Whether a school head may end a grant: a member of staff's, or one that they passed on.
///
/// # Errors
/// 403 when it is another head's.
pub fn may_end(giver: &Identity, grant: &Grant) -> Result<()> {
    if giver.reach(Scope::WriteUsers).has(Reach::HUB)
        || grant.role == Role::SchoolStaff
        || grant.delegated_by == giver.actor.id()
    {
        return Ok(());
    }
    Err(Problem::forbidden("only the hub ends the role of a head that you did not delegate"))
}

/// The grant that a sign-in uses: the one named by id or role, else the first. `grants` are those
/// in force, the oldest first.
#[must_use]
pub fn choose<'a>(grants: &'a [Grant], named: Option<&str>) -> Option<&'a Grant> {
    match named {
        None => grants.first(),
        Some(named) => {
            let id = Uuid::try_parse(named).ok();
            grants.iter().find(|grant| Some(grant.id) == id || grant.role.as_str() == named)
        }
    }
}

/// What a token may be used for: what the caller can do, narrowed to what was asked for. None
/// when nothing is left. Asking for more than there is gives what there is (RFC 6749, 3.3).
#[must_use]
pub fn narrow(can: ScopeSet, asked: Option<ScopeSet>) -> Option<ScopeSet> {
    match asked {
        None => Some(can),
        Some(asked) => Some(can.intersection(asked)).filter(|left| *left != ScopeSet::EMPTY),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
