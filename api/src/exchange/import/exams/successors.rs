//! To which school of the hub a URN leads: to the school that has it, or to the one that came from it.

use std::collections::{BTreeSet, HashMap};

use entity::schools::school::{self, SchoolStatus};
use entity::schools::school_link::{self, SchoolRelation};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;

/// How many steps a chain of successors has at most.
const STEPS: usize = 10;

/// The schools of a hub by their URNs, with the links between them.
pub struct Successors {
    schools: HashMap<i32, Known>,
    /// Where each URN leads to by the links.
    next: HashMap<i32, BTreeSet<i32>>,
}

#[derive(Clone, Copy)]
struct Known {
    id: Uuid,
    closed: bool,
    archived: bool,
}

/// Where a URN leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Led {
    /// To a school that has it.
    Here(Uuid),
    /// To the school that came from it, with its own URN.
    On(Uuid, i32),
    /// To several schools, none of which is meant more than another.
    Several(Vec<i32>),
    /// To a school that the hub has archived.
    Archived,
    /// To none.
    Nowhere,
}

impl Successors {
    /// Loads the schools and the links of the hub.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn of(caller: &Caller) -> Result<Self> {
        use school::Column as S;
        use school_link::Column as L;

        let db = caller.db().reports();
        let rows = caller.rows_archived::<school::Entity>().filter(S::Urn.is_not_null());
        let rows = rows.select_only().columns([S::Urn, S::Id, S::Status, S::ArchivedAt]);
        let rows: Vec<(i32, Uuid, SchoolStatus, Option<entity::instant::Instant>)> = rows.into_tuple().all(db).await?;
        let known = |(urn, id, status, archived): (i32, Uuid, SchoolStatus, Option<_>)| {
            (urn, Known { id, closed: status == SchoolStatus::Closed, archived: archived.is_some() })
        };
        let schools: HashMap<_, _> = rows.into_iter().map(known).collect();
        let urns: HashMap<Uuid, i32> = schools.iter().map(|(urn, known)| (known.id, *urn)).collect();
        let links = caller.rows::<school_link::Entity>();
        let links = links.filter(L::Relation.is_in([SchoolRelation::Predecessor, SchoolRelation::Successor]));
        let links = links.select_only().columns([L::SchoolId, L::LinkUrn, L::Relation]);
        let links: Vec<(Uuid, i32, SchoolRelation)> = links.into_tuple().all(db).await?;
        let mut next: HashMap<i32, BTreeSet<i32>> = HashMap::new();
        for (school_id, link_urn, relation) in links {
            let Some(urn) = urns.get(&school_id).copied() else { continue };
            let (from, to) = if relation == SchoolRelation::Successor { (urn, link_urn) } else { (link_urn, urn) };
            next.entry(from).or_default().insert(to);
        }
        Ok(Self { schools, next })
    }

    /// Where a URN leads.
    pub fn lead(&self, urn: i32) -> Led {
        let here = self.schools.get(&urn).copied();
        if let Some(known) = here.filter(|known| known.archived || !known.closed) {
            return if known.archived { Led::Archived } else { Led::Here(known.id) };
        }
        let mut at = BTreeSet::from([urn]);
        for _ in 0..STEPS {
            let reached: BTreeSet<i32> = at.iter().filter_map(|urn| self.next.get(urn)).flatten().copied().collect();
            let open = |urn: &i32| self.schools.get(urn).filter(|known| !known.closed && !known.archived);
            let ends: Vec<_> = reached.iter().filter_map(|urn| Some((*urn, open(urn)?.id))).collect();
            match ends.as_slice() {
                [] if reached.is_empty() => break,
                [] => at = reached,
                [(urn, id)] if reached.len() == 1 => return Led::On(*id, *urn),
                // A school that was split has results that are of none of its parts.
                _ => {
                    return match here {
                        Some(known) => Led::Here(known.id),
                        None => Led::Several(reached.into_iter().collect()),
                    };
                }
            }
        }
        here.map_or(Led::Nowhere, |known| Led::Here(known.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn successors(schools: &[(i32, bool)], links: &[(i32, i32)]) -> Successors {
        let known = |(urn, closed): &(i32, bool)| {
            (*urn, Known { id: Uuid::from_u128(urn.unsigned_abs().into()), closed: *closed, archived: false })
        };
        let mut next: HashMap<i32, BTreeSet<i32>> = HashMap::new();
        for (from, to) in links {
            next.entry(*from).or_default().insert(*to);
        }
        Successors { schools: schools.iter().map(known).collect(), next }
    }

    #[test]
    fn a_urn_leads_along_the_links_to_the_open_school() {
        let known = successors(&[(1, true), (2, true), (3, false)], &[(1, 2), (2, 3), (9, 3)]);
        let third = Uuid::from_u128(3);
        assert_eq!(known.lead(3), Led::Here(third));
        assert_eq!(known.lead(1), Led::On(third, 3));
        assert_eq!(known.lead(9), Led::On(third, 3), "a school that the hub never had");
        assert_eq!(known.lead(8), Led::Nowhere);
    }

    #[test]
    fn a_split_and_a_circle_lead_to_nobody_else() {
        let known = successors(&[(1, true), (2, false), (3, false)], &[(1, 2), (1, 3), (7, 2), (7, 3)]);
        assert_eq!(known.lead(1), Led::Here(Uuid::from_u128(1)));
        assert_eq!(known.lead(7), Led::Several(vec![2, 3]));
        let circle = successors(&[(1, true), (2, true)], &[(1, 2), (2, 1)]);
        assert_eq!(circle.lead(1), Led::Here(Uuid::from_u128(1)));
    }
}
