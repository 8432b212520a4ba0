//! Who may be given which role, and what must not be taken away.

use entity::identity::grant::{Model as Grant, Role};
use time::{Date, Duration};
use uuid::Uuid;

use crate::kernel::permission::{Reach, Scope, ScopeSet};
use crate::kernel::problem::{Fault, Problem, Result};
use crate::kernel::tenancy::Identity;

/// The slug of the built-in hub, which holds nothing but the platform's own users.
pub const PLATFORM: &str = "platform";

/// The id of that hub, the same everywhere, so that instances that start together agree on it.
pub const PLATFORM_ID: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

/// The roles of which a hub, or the platform, needs one person who can sign in.
pub const ADMINISTRATORS: [Role; 4] =
    [Role::HeadOfService, Role::BusinessManager, Role::Administrator, Role::PlatformAdministrator];

/// A delegation lasts at most so long.
const DELEGATION: Duration = Duration::days(366);

/// An e-mail address as it is compared. Accents and dots stay: they make another address.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether a text can be an e-mail address. Only a message that arrives proves one.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let labels = domain.split('.');
    !local.is_empty()
        && text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ','))
        && domain.contains('.')
        && labels.into_iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// Whether a text can be a hub's slug.
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
    if (grant.role == Role::PlatformAdministrator) != (grant.hub_id == PLATFORM_ID) {
        let message = if grant.hub_id == PLATFORM_ID {
            "users of the platform are platform_administrator"
        } else {
            "only users of the platform are platform_administrator"
        };
        fault("/role", "not_applicable", message);
    }
    faults
}

/// Whether a grant counts on a day.
#[must_use]
pub fn in_force(grant: &Grant, on: Date) -> bool {
    grant.archived_at.is_none() && grant.from_on <= on && grant.to_on.is_none_or(|to_on| on <= to_on)
}

/// Whether a change of a grant takes away, today or earlier than before, an administrator.
#[must_use]
pub fn takes_administrator(before: &Grant, after: Option<&Grant>, today: Date) -> bool {
    let administers = |grant: &Grant| ADMINISTRATORS.contains(&grant.role) && in_force(grant, today);
    let after = after.filter(|after| administers(after) && after.user_id == before.user_id);
    administers(before)
        && after.is_none_or(|after| match (before.to_on, after.to_on) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(then), Some(now)) => now < then,
        })
}

/// The refusal that goes with it.
#[must_use]
pub fn last_administrator() -> Problem {
    Problem::conflict(
        "nobody else could administer the users then: give another active user such a role \
         (head_of_service, business_manager or administrator) first",
    )
}

/// Decides whether `giver` may make, change or end a grant that is as given.
///
/// Nobody gives a role that reaches further than their own, and nobody gives themselves what they
/// cannot do already. A school head passes the own school on, for at most a year and no longer
/// than the own role lasts (`own`, the giver's grant).
///
/// # Errors
/// 403 when the role is not theirs to give, 422 when the delegation's dates are wrong.
pub fn may_give(giver: &Identity, own: Option<&Grant>, grant: &Grant) -> Result<()> {
    let Some(role) = giver.role else { return Ok(()) };
    if giver.actor.id() == Some(grant.user_id) && !ScopeSet::of(role).covers(ScopeSet::of(grant.role)) {
        return Err(Problem::forbidden(
            "nobody gives themselves a role that does more than their own: ask somebody else",
        ));
    }
    if Scope::WriteUsers.reach(role).has(Reach::HUB) {
        return Ok(());
    }
    if !matches!(grant.role, Role::SchoolHead | Role::SchoolStaff) {
        return Err(Problem::forbidden(
            "your role reaches a school: school_head and school_staff are all it can pass on",
        ));
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
    let Some(role) = giver.role else { return Ok(()) };
    if Scope::WriteUsers.reach(role).has(Reach::HUB)
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
