//! Whether anybody could decide about a target: one of its monitors who does not lead it.

use std::collections::HashMap;

use entity::identity::grant::{self, Role};
use entity::identity::user;
use entity::people::working_group;
use entity::plans::parts::Party;
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use uuid::Uuid;

use crate::kernel::base::period::holds;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::{Reach, Scope};
use crate::kernel::caller::tenancy::Caller;
use crate::plans::rules::Who;
use crate::plans::tree::plan_rows::Rows;

/// What is known of the people and working groups that monitor a plan.
#[derive(Clone, Debug, Default)]
pub struct Deciders {
    /// The roles that people hold today. Who has none may still be given one.
    roles: HashMap<Uuid, Vec<Role>>,
    /// The members of working groups.
    groups: HashMap<Uuid, Vec<Uuid>>,
}

impl Deciders {
    /// Reads the working groups that a plan names, and the roles of the people who monitor it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn load(caller: &Caller, db: &impl ConnectionTrait, rows: &Rows) -> Result<Self> {
        let parties = || {
            let objectives = rows.objectives.iter().flat_map(|row| row.leads.iter().chain(row.monitors.iter()));
            let strands = rows.strands.iter().flat_map(|row| row.leads.iter().chain(row.monitors.iter()));
            let targets = rows.targets.iter().flat_map(|row| row.leads.iter().chain(row.monitors.iter()));
            objectives.chain(strands).chain(targets)
        };
        let mut known = Self::default();
        let groups: Vec<Uuid> = parties().filter_map(|party| party.group_id).collect();
        if !groups.is_empty() {
            let found = caller.rows::<working_group::Entity>().filter(working_group::Column::Id.is_in(groups));
            let found = found.all(db).await?;
            known.groups.extend(found.into_iter().map(|group| (group.id, group.member_ids.into_vec())));
        }
        let people: Vec<Uuid> =
            parties().filter_map(|party| party.person_id).chain(known.groups.values().flatten().copied()).collect();
        if !people.is_empty() {
            known.roles = roles(caller, db, people).await?;
        }
        Ok(known)
    }

    /// Says why nobody could decide about a target with these monitors and leads; none if somebody
    /// could.
    #[must_use]
    pub fn lacking(&self, monitors: &[Party], leads: &[Party]) -> Option<&'static str> {
        let candidates: Vec<Who> = monitors.iter().flat_map(|party| self.candidates(party)).collect();
        if candidates.is_empty() {
            return Some("cannot decide here: name a role that accepts progress, a person or a working group");
        }
        let free = candidates.iter().any(|who| !who.is_among(leads));
        (!free).then_some("also lead it: name a monitor who does not")
    }

    /// Returns the people who could decide as a party.
    fn candidates(&self, party: &Party) -> Vec<Who> {
        if let Some(role) = party.role_code.as_deref().and_then(Role::of_code).filter(|role| decides(*role)) {
            return vec![Who { role: Some(role), ..Who::default() }];
        }
        let members = party.group_id.and_then(|group| self.groups.get(&group));
        let people = party.person_id.into_iter().chain(members.into_iter().flatten().copied());
        people.flat_map(|person| self.of_person(person)).collect()
    }

    /// A person in each role in which they could decide.
    fn of_person(&self, person: Uuid) -> Vec<Who> {
        let groups = self.groups.iter().filter(|(_, members)| members.contains(&person));
        let who =
            Who { person_id: Some(person), group_ids: groups.map(|(group, _)| *group).collect(), ..Who::default() };
        match self.roles.get(&person) {
            None => vec![who],
            Some(roles) => {
                let roles = roles.iter().copied().filter(|role| decides(*role));
                roles.map(|role| Who { role: Some(role), ..who.clone() }).collect()
            }
        }
    }
}

fn decides(role: Role) -> bool {
    Scope::MonitorPlans.reach(role) != Reach::NONE
}

/// The roles that count today, by person.
async fn roles(caller: &Caller, db: &impl ConnectionTrait, people: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<Role>>> {
    let users = caller.rows::<user::Entity>().filter(user::Column::PersonId.is_in(people));
    let users = users.filter(user::Column::DisabledAt.is_null()).all(db).await?;
    let grants = caller.rows::<grant::Entity>().filter(grant::Column::UserId.is_in(users.iter().map(|user| user.id)));
    let grants = grants.filter(holds(grant::Column::FromOn, grant::Column::ToOn, caller.today())).all(db).await?;
    let mut roles: HashMap<Uuid, Vec<Role>> = HashMap::new();
    for grant in grants {
        if let Some(user) = users.iter().find(|user| user.id == grant.user_id) {
            roles.entry(user.person_id).or_default().push(grant.role);
        }
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monitor_who_also_leads_does_not_count_under_any_name() {
        let [person, other, group] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
        let known = Deciders {
            roles: HashMap::from([(person, vec![Role::HeadOfService]), (other, vec![Role::SpecialistLeader])]),
            groups: HashMap::from([(group, vec![person, other])]),
        };
        let head = [Party::role("HoS")];
        for (monitors, leads, decided) in [
            (vec![Party::role("HoS")], &head[..], false),
            (vec![Party::role("HoS"), Party::role("Gov")], &head, true),
            // Two codes of one role.
            (vec![Party::role("SM")], &[Party::role("CYPS")], false),
            // By person, and by a working group of which no other member decides.
            (vec![Party::person(person)], &head, false),
            (vec![Party::person(person)], &[Party::group(group)], false),
            (vec![Party::group(group)], &head, false),
            (vec![Party::group(group)], &[Party::person(other)], true),
            // Nobody who could sign in and decide.
            (vec![Party::text("The chair"), Party::role("SLE"), Party::role("NLE")], &[Party::role("DHoS")], false),
            // Somebody who has no account yet.
            (vec![Party::person(Uuid::now_v7())], &head, true),
        ] {
            assert_eq!(known.lacking(&monitors, leads).is_none(), decided, "{monitors:?} {leads:?}");
        }
    }
}
