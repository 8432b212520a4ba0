//! Which figures are withheld, so that no few schools can be recognised. Pure.

use std::collections::BTreeMap;

use super::statement::Levels;

/// So many schools stand behind a figure at least.
const FEWEST: i64 = 5;

/// Says for each group of schools whether its figures are withheld. In each section and year the groups of fewer than
/// five schools are; where these have fewer than five schools together, the next larger groups are too, since the
/// figures of all schools less the ones that are shown would tell of them.
pub fn withheld(levels: &[Levels]) -> Vec<bool> {
    let mut cells: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, one) in levels.iter().enumerate() {
        cells.entry((one.section_id, &one.year)).or_default().push(at);
    }
    let mut hidden = vec![false; levels.len()];
    for mut cell in cells.into_values() {
        cell.sort_by_key(|at| levels.get(*at).map(|one| (one.schools, one.group.clone())));
        let mut together = 0;
        for at in cell {
            let schools = levels.get(at).map_or(0, |one| one.schools);
            if schools >= FEWEST && (together == 0 || together >= FEWEST) {
                break;
            }
            together += schools;
            if let Some(hidden) = hidden.get_mut(at) {
                *hidden = true;
            }
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn hides(schools: &[i64]) -> Vec<bool> {
        let one = |schools: &i64| Levels {
            framework_id: Uuid::nil(),
            section_id: Uuid::nil(),
            position: 1,
            title: String::new(),
            year: "2014/15".to_owned(),
            group: Some(schools.to_string()),
            schools: *schools,
            counts: [0; 6],
        };
        withheld(&schools.iter().map(one).collect::<Vec<_>>())
    }

    #[test]
    fn few_schools_are_withheld_and_what_would_tell_of_them() {
        assert_eq!(hides(&[5, 6, 7]), [false, false, false]);
        assert_eq!(hides(&[4]), [true]);
        // All schools less the larger groups would be the four.
        assert_eq!(hides(&[9, 4, 6]), [false, true, true]);
        assert_eq!(hides(&[1, 1, 8, 9]), [true, true, true, false]);
        // The two together are enough.
        assert_eq!(hides(&[3, 4, 8]), [true, true, false]);
    }
}
