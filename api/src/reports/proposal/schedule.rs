//! Who visits whom when: a proposal from the schools in their order and the free times of the visitors. Pure.

use std::collections::BTreeMap;

use entity::instant::Instant;
use time::Date;
use uuid::Uuid;

use crate::reports::rules::{Position, kilometres};

/// A school that is to be visited.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The school.
    pub school_id: Uuid,
    /// The area that it lies in.
    pub area_id: Option<Uuid>,
    /// Where it lies.
    pub position: Option<Position>,
    /// The person who leads there; only this person is to visit it.
    pub lead_id: Option<Uuid>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
}

impl Slot {
    /// Returns true if the two have a moment in common.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// A day of a visitor.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day.
    pub day: Date,
    /// The times that are free, in their order.
    pub slots: Vec<Slot>,
}

/// A person who visits.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The person.
    pub person_id: Uuid,
    /// The days in their order.
    pub days: Vec<Day>,
    /// How many schools the person visits at most.
    pub at_most: usize,
}

/// A visit as it is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The place of the school among the candidates.
    pub candidate: usize,
    /// The visitor.
    pub visitor_id: Uuid,
    /// The day.
    pub day: Date,
    /// The time.
    pub slot: Slot,
}

/// The times of a day at which a visitor can visit: so many of the times offered as the day has visits left, without
/// the ones that meet a visit that is planned already.
#[must_use]
pub fn free(offered: impl IntoIterator<Item = Slot>, planned: &[Slot], a_day: usize) -> Vec<Slot> {
    let offered: Vec<Slot> = offered.into_iter().collect();
    let (Some(first), Some(last)) = (offered.first(), offered.last()) else { return Vec::new() };
    let whole = Slot { starts_at: first.starts_at, ends_at: last.ends_at };
    let taken = planned.iter().filter(|slot| slot.meets(whole)).count();
    let free = offered.into_iter().filter(|slot| !planned.iter().any(|other| other.meets(*slot)));
    free.take(a_day.saturating_sub(taken)).collect()
}

/// A day as it fills.
struct Filling {
    day: Date,
    slots: Vec<Slot>,
    taken: usize,
    areas: Vec<Option<Uuid>>,
    last: Option<Position>,
}

impl Filling {
    fn is_full(&self) -> bool {
        self.taken == self.slots.len()
    }

    fn take(&mut self, candidate: &Candidate) -> Slot {
        let slot = self.slots[self.taken];
        self.taken += 1;
        self.areas.push(candidate.area_id);
        self.last = candidate.position.or(self.last);
        slot
    }

    /// The distance from the school before, in tenths of kilometres; schools whose place is not known come last.
    fn tenths_to(&self, candidate: &Candidate) -> u32 {
        match (self.last, candidate.position) {
            (None, _) => 0,
            (Some(_), None) => u32::MAX,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "England is 1,000 km long")]
            (Some(last), Some(here)) => (kilometres(last, here) * 10.0).round() as u32,
        }
    }
}

/// A visitor with the own schools placed.
struct Filled {
    person_id: Uuid,
    left: usize,
    days: Vec<Filling>,
}

/// Proposes visits: each school at most once, by its lead, or by a visitor who has time near it where nobody leads. A
/// day begins with the first school in the order, and goes on in the same area, the nearest school first. It goes on in
/// another area only where the days that are left are too few for one area each.
#[must_use]
pub fn propose(candidates: &[Candidate], visitors: &[Visitor]) -> Vec<Placed> {
    let mut placed = Vec::new();
    let mut fillings = Vec::with_capacity(visitors.len());
    for visitor in visitors {
        let own = candidates.iter().enumerate().filter(|(_, school)| school.lead_id == Some(visitor.person_id));
        let mut left: Vec<usize> = own.map(|(place, _)| place).take(visitor.at_most).collect();
        let mut days: Vec<Filling> = visitor.days.iter().map(Filling::of).collect();
        let mut count = 0;
        for at in 0..days.len() {
            let (today, later) = days.split_at_mut(at + 1);
            let Some(day) = today.last_mut() else { break };
            while let Some(next) = next_of_day(day, later, candidates, &left) {
                let candidate = left.remove(next);
                let slot = day.take(&candidates[candidate]);
                placed.push(Placed { candidate, visitor_id: visitor.person_id, day: day.day, slot });
                count += 1;
            }
        }
        fillings.push(Filled { person_id: visitor.person_id, left: visitor.at_most - count, days });
    }
    let nobodys = candidates.iter().enumerate().filter(|(_, school)| school.lead_id.is_none());
    for (candidate, school) in nobodys {
        placed.extend(share_out(&mut fillings, candidate, school));
    }
    placed.sort_by_key(|visit| (visit.slot.starts_at, visit.candidate));
    placed
}

impl Filling {
    fn of(day: &Day) -> Self {
        Self { day: day.day, slots: day.slots.clone(), taken: 0, areas: Vec::new(), last: None }
    }
}

/// The place, among the schools that are left, of the one that a day goes on with.
fn next_of_day(day: &Filling, later: &[Filling], candidates: &[Candidate], left: &[usize]) -> Option<usize> {
    if day.is_full() {
        return None;
    }
    let Some(area) = day.areas.first() else { return (!left.is_empty()).then_some(0) };
    let nearest = |same_area: bool| {
        let places = left.iter().enumerate().filter(|(_, school)| !same_area || candidates[**school].area_id == *area);
        places.min_by_key(|(place, school)| (day.tenths_to(&candidates[**school]), *place)).map(|(place, _)| place)
    };
    nearest(true).or_else(|| nearest(false).filter(|_| !has_a_day_for_each_area(later, candidates, left)))
}

/// Returns true if the schools that are left fit into the later days with one area on each day.
fn has_a_day_for_each_area(later: &[Filling], candidates: &[Candidate], left: &[usize]) -> bool {
    let mut of_area: BTreeMap<Option<Uuid>, usize> = BTreeMap::new();
    for school in left {
        *of_area.entry(candidates[*school].area_id).or_default() += 1;
    }
    let open: Vec<usize> = later.iter().map(|day| day.slots.len()).filter(|slots| *slots > 0).collect();
    let Some(least) = open.iter().min() else { return false };
    of_area.values().map(|schools| schools.div_ceil(*least)).sum::<usize>() <= open.len()
}

/// Gives a school that nobody leads to the visitor for whom it is least out of the way: on a day in its area, else on a
/// day without visits, else on any day.
fn share_out(fillings: &mut [Filled], candidate: usize, school: &Candidate) -> Option<Placed> {
    let open = fillings.iter().enumerate().filter(|(_, visitor)| visitor.left > 0);
    let days = open.flat_map(|(visitor, filled)| {
        let open = filled.days.iter().enumerate().filter(|(_, day)| !day.is_full());
        open.map(move |(day, filling)| (rank(filling, school), visitor, day))
    });
    let (_, visitor, day) = days.min()?;
    let filled = &mut fillings[visitor];
    filled.left -= 1;
    let day = &mut filled.days[day];
    let slot = day.take(school);
    Some(Placed { candidate, visitor_id: filled.person_id, day: day.day, slot })
}

/// How far a school is out of the way on a day.
fn rank(day: &Filling, school: &Candidate) -> (u8, u32, Date) {
    let kind = match () {
        () if day.areas.contains(&school.area_id) && school.area_id.is_some() => 0,
        () if day.areas.is_empty() => 1,
        () => 2,
    };
    (kind, day.tenths_to(school), day.day)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};
    use std::time::Duration;

    use time::macros::{date, time};

    use super::*;
    use crate::kernel::base::clock::at;

    const HOUR: Duration = Duration::from_hours(1);

    fn slot(day: Date, number: u32) -> Slot {
        let starts_at = at(day, time!(09:00)) + HOUR * (2 * number);
        Slot { starts_at, ends_at: starts_at + HOUR }
    }

    fn days(count: usize, a_day: u32) -> Vec<Day> {
        let days = std::iter::successors(Some(date!(2014 - 09 - 01)), |day| day.next_day()).take(count);
        days.map(|day| Day { day, slots: (0..a_day).map(|number| slot(day, number)).collect() }).collect()
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn school(number: u128, area: u128, lead: Option<u128>) -> Candidate {
        let position = i32::try_from(number).ok().map(|number| (number * 1000, 0));
        Candidate { school_id: id(number), area_id: Some(id(1000 + area)), position, lead_id: lead.map(id) }
    }

    fn visitor(number: u128, days: Vec<Day>) -> Visitor {
        Visitor { person_id: id(number), days, at_most: 1000 }
    }

    /// The areas of each day, in the order of the visits.
    fn areas(candidates: &[Candidate], placed: &[Placed]) -> Vec<(Date, Vec<u128>)> {
        let mut of_day: BTreeMap<Date, Vec<u128>> = BTreeMap::new();
        for visit in placed {
            let area = candidates[visit.candidate].area_id.unwrap().as_u128() - 1000;
            of_day.entry(visit.day).or_default().push(area);
        }
        of_day.into_iter().collect()
    }

    #[test]
    fn a_day_stays_in_one_area_where_there_are_days_enough() {
        let schools = [school(1, 1, Some(7)), school(2, 2, Some(7)), school(3, 1, Some(7)), school(4, 2, Some(7))];
        let placed = propose(&schools, &[visitor(7, days(3, 2))]);
        let expected = [(date!(2014 - 09 - 01), vec![1, 1]), (date!(2014 - 09 - 02), vec![2, 2])];
        assert_eq!(areas(&schools, &placed), expected);
        let odd = [school(1, 1, Some(7)), school(2, 2, Some(7)), school(3, 3, Some(7))];
        let placed = propose(&odd, &[visitor(7, days(3, 2))]);
        assert_eq!(areas(&odd, &placed).iter().map(|(_, areas)| areas.len()).collect::<Vec<_>>(), [1, 1, 1]);
    }

    #[test]
    fn days_that_are_too_few_go_on_with_the_nearest_school_of_another_area() {
        let schools = [school(1, 1, Some(7)), school(9, 2, Some(7)), school(3, 3, Some(7)), school(4, 3, Some(7))];
        let placed = propose(&schools, &[visitor(7, days(2, 2))]);
        assert_eq!(placed.len(), 4);
        let first: Vec<_> = placed[..2].iter().map(|visit| schools[visit.candidate].school_id).collect();
        assert_eq!(first, [id(1), id(3)], "the nearest one, not the next in the order");
    }

    #[test]
    fn a_school_that_nobody_leads_goes_to_a_visitor_who_is_near() {
        let schools = [school(1, 1, Some(7)), school(2, 2, Some(8)), school(3, 2, None), school(4, 3, Some(9))];
        let placed = propose(&schools, &[visitor(7, days(2, 2)), visitor(8, days(2, 2))]);
        let of = |school: usize| placed.iter().find(|visit| visit.candidate == school);
        assert_eq!(of(2).map(|visit| (visit.visitor_id, visit.day)), of(1).map(|visit| (visit.visitor_id, visit.day)));
        assert_eq!(of(3), None, "its lead is not among the visitors");
    }

    #[test]
    fn planned_visits_take_their_time_and_their_share_of_the_day() {
        let day = date!(2014 - 09 - 01);
        let offered = || (0..3).map(|number| slot(day, number));
        assert_eq!(free(offered(), &[], 2), [slot(day, 0), slot(day, 1)]);
        assert_eq!(free(offered(), &[slot(day, 0)], 2), [slot(day, 1)]);
        let long = Slot { starts_at: slot(day, 0).starts_at, ends_at: slot(day, 2).ends_at };
        assert_eq!(free(offered(), &[long], 3), []);
        assert_eq!(free([], &[], 3), []);
    }

    /// Numbers that look random and are the same in each run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }
    }

    #[test]
    fn nobody_is_in_two_places_no_school_is_visited_twice_and_no_day_holds_more_than_it_can() {
        let mut numbers = Numbers(2014);
        for _ in 0..300 {
            let visitors = (0..=numbers.below(4)).map(|number| {
                let (count, a_day) = (numbers.below(6), numbers.below(4));
                let days = days(usize::try_from(count).unwrap(), u32::try_from(a_day).unwrap());
                let at_most = usize::try_from(numbers.below(12)).unwrap();
                Visitor { at_most, ..visitor(u128::from(number), days) }
            });
            let visitors: Vec<_> = visitors.collect();
            let schools = (0..numbers.below(40)).map(|number| {
                let lead = numbers.below(6);
                let lead = (lead < 5).then_some(u128::from(lead));
                let mut school = school(u128::from(number), u128::from(numbers.below(5)), lead);
                school.position = school.position.filter(|_| numbers.below(5) > 0);
                school
            });
            let schools: Vec<_> = schools.collect();
            let placed = propose(&schools, &visitors);
            let once: BTreeSet<_> = placed.iter().map(|visit| visit.candidate).collect();
            assert_eq!(once.len(), placed.len(), "each school at most once");
            let mut of_visitor: HashMap<Uuid, Vec<Placed>> = HashMap::new();
            for visit in placed {
                let lead = schools[visit.candidate].lead_id;
                assert!(lead.is_none() || lead == Some(visit.visitor_id), "by its lead");
                let own = of_visitor.entry(visit.visitor_id).or_default();
                assert!(own.iter().all(|other| !other.slot.meets(visit.slot)), "one visit at a time");
                own.push(visit);
            }
            for visitor in &visitors {
                let own = of_visitor.remove(&visitor.person_id).unwrap_or_default();
                assert!(own.len() <= visitor.at_most);
                for day in &visitor.days {
                    let that_day: Vec<_> = own.iter().filter(|visit| visit.day == day.day).collect();
                    assert!(that_day.len() <= day.slots.len());
                    assert!(that_day.iter().all(|visit| day.slots.contains(&visit.slot)), "only at free times");
                }
                let waiting = schools.iter().filter(|school| school.lead_id == Some(visitor.person_id)).count();
                let capacity: usize = visitor.days.iter().map(|day| day.slots.len()).sum();
                assert!(own.len() >= waiting.min(capacity).min(visitor.at_most).min(1), "time is not left unused");
            }
        }
    }
}
