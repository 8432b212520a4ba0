use proptest::prelude::*;

use super::*;

/// A table of one column: the hub, its areas, and the schools of each area.
fn tree(areas: &[&[i64]]) -> CountTable {
    let mut table = CountTable::new(1);
    let hub = table.add(None, [Some(areas.iter().copied().flatten().sum())]);
    for schools in areas {
        let area = table.add(Some(hub), [Some(schools.iter().sum())]);
        for count in *schools {
            table.add(Some(area), [Some(*count)]);
        }
    }
    table
}

/// The cells of a table of one column, with dots for the withheld ones.
fn shown(table: &CountTable) -> String {
    let withheld = table.withheld();
    let cells = table.cells().into_iter().zip(withheld);
    let texts = cells.map(|(counts, withheld)| match (counts[0], withheld[0]) {
        (_, true) => "..".to_owned(),
        (Some(count), false) => count.to_string(),
        (None, false) => "-".to_owned(),
    });
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_second_cell_is_withheld_where_a_total_would_give_the_first_away() {
    for (schools, expected) in [
        (&[10, 20][..], "30 30 10 20"),
        (&[3, 20, 30], "53 53 .. .. 30"),
        (&[3, 0, 0, 9], "12 12 .. 0 0 .."),
        (&[3, 0], ".. .. .. 0"),
        (&[0, 0], "0 0 0 0"),
        (&[1, 5], "6 6 .. .."),
        (&[2, 2], ".. .. .. .."),
        (&[1, 1, 1, 1, 1, 1], "6 6 .. .. .. .. .. .."),
        (&[2, 6, 7], "15 15 .. .. 7"),
    ] {
        assert_eq!(shown(&tree(&[schools])), expected, "{schools:?}");
    }
}

#[test]
fn an_area_with_one_school_is_kept_from_being_worked_out_from_the_hub() {
    assert_eq!(shown(&tree(&[&[3], &[10, 20]])), "33 .. .. .. .. 20");
    assert_eq!(shown(&tree(&[&[3, 7], &[10, 20]])), "40 10 .. .. 30 10 20");
}

#[test]
fn what_a_total_has_more_than_its_parts_is_kept_from_being_worked_out() {
    let mut table = CountTable::with_total(3);
    table.add(None, [Some(23), Some(20), None]);
    assert_eq!(table.withheld(), [[false, true, false]]);
    let mut table = CountTable::with_total(3);
    table.add(None, [Some(40), Some(20), None]);
    assert_eq!(table.withheld(), [[false, false, false]]);
    let mut contradictory = CountTable::with_total(3);
    contradictory.add(None, [Some(20), Some(3), Some(30)]);
    assert_eq!(contradictory.withheld(), [[false, true, false]]);
}

#[test]
fn missing_figures_limit_nothing_and_are_not_withheld() {
    let mut table = CountTable::new(1);
    let hub = table.add(None, [None]);
    table.add(Some(hub), [Some(3)]);
    table.add(Some(hub), [Some(30)]);
    table.add(Some(hub), [None]);
    assert_eq!(shown(&table), "- .. 30 -");
}

#[test]
fn what_another_table_withholds_is_kept_here() {
    let mut table = tree(&[&[10, 20, 30]]);
    table.withhold(2, 0);
    assert_eq!(shown(&table), "60 60 .. .. 30");
}

/// A table as it is drawn at random: the schools of each area, each with its counts by column.
type Drawn = Vec<Vec<Vec<i64>>>;

fn drawn(areas: usize, schools: usize, columns: usize, most: i64) -> impl Strategy<Value = Drawn> {
    (1..=columns).prop_flat_map(move |columns| {
        let count = prop_oneof![3 => 0..=most, 1 => Just(0), 1 => 1..=5_i64];
        let school = prop::collection::vec(count, columns);
        prop::collection::vec(prop::collection::vec(school, 1..=schools), 1..=areas)
    })
}

/// The table of what was drawn, and the sums that hold in it: the place of the whole, and the places of its parts.
fn built(drawn: &Drawn, total: bool) -> (CountTable, Vec<(usize, Vec<usize>)>) {
    let width = drawn[0][0].len() + usize::from(total);
    let mut table = if total { CountTable::with_total(width) } else { CountTable::new(width) };
    let line = |counts: &[i64]| {
        let sum = total.then(|| counts.iter().sum());
        sum.into_iter().chain(counts.iter().copied()).map(Some).collect::<Vec<_>>()
    };
    let add_up = |lines: &[Vec<i64>]| -> Vec<i64> {
        (0..lines[0].len()).map(|column| lines.iter().map(|line| line[column]).sum()).collect()
    };
    let mut sums = Vec::new();
    let sums_of_areas: Vec<_> = drawn.iter().map(|schools| add_up(schools)).collect();
    let hub = table.add(None, line(&add_up(&sums_of_areas)));
    let mut areas = Vec::new();
    for (schools, sum) in drawn.iter().zip(&sums_of_areas) {
        let area = table.add(Some(hub), line(sum));
        let parts: Vec<_> = schools.iter().map(|school| table.add(Some(area), line(school))).collect();
        sums.extend(
            (0..width).map(|column| (area * width + column, parts.iter().map(|part| part * width + column).collect())),
        );
        areas.push(area);
    }
    sums.extend(
        (0..width).map(|column| (hub * width + column, areas.iter().map(|area| area * width + column).collect())),
    );
    if total {
        let lines = table.cells().len();
        sums.extend((0..lines).map(|line| (line * width, (1..width).map(|column| line * width + column).collect())));
    }
    (table, sums)
}

const PRIME: i128 = 1_000_000_007;

fn inverse(of: i128) -> i128 {
    let (mut power, mut base, mut result) = (PRIME - 2, of, 1);
    while power > 0 {
        if power % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        power /= 2;
    }
    result
}

/// The withheld cells that some sum of sums leaves alone, by elimination.
fn worked_out(sums: &[(usize, Vec<usize>)], withheld: &[bool]) -> Vec<usize> {
    let unknown: Vec<_> = (0..withheld.len()).filter(|cell| withheld[*cell]).collect();
    let mut rows: Vec<Vec<i128>> = Vec::new();
    for (whole, parts) in sums {
        let of = |cell: &usize| if cell == whole { PRIME - 1 } else { i128::from(parts.contains(cell)) };
        rows.push(unknown.iter().map(of).collect());
    }
    let mut done = 0;
    for column in 0..unknown.len() {
        let Some(pivot) = (done..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
        rows.swap(done, pivot);
        let factor = inverse(rows[done][column]);
        rows[done].iter_mut().for_each(|value| *value = *value * factor % PRIME);
        let taken = rows[done].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != done) {
            let factor = row[column];
            for (value, other) in row.iter_mut().zip(&taken) {
                *value = (*value + (PRIME - factor) * other) % PRIME;
            }
        }
        done += 1;
    }
    let single = rows.iter().filter_map(|row| {
        let mut places = (0..row.len()).filter(|at| row[*at] != 0);
        places.next().filter(|_| places.next().is_none())
    });
    single.map(|at| unknown[at]).collect()
}

/// Each way to fill the withheld schools with counts up to `most` that agrees with every cell shown: the least and the
/// greatest count in each cell.
fn limits(table: &CountTable, sums: &[(usize, Vec<usize>)], withheld: &[bool], most: i64) -> Vec<(i64, i64)> {
    let actual: Vec<i64> = table.cells().concat().into_iter().flatten().collect();
    let wholes: Vec<usize> = sums.iter().map(|(whole, _)| *whole).collect();
    let open: Vec<usize> = (0..actual.len()).filter(|cell| withheld[*cell] && !wholes.contains(cell)).collect();
    let mut found = vec![(i64::MAX, i64::MIN); actual.len()];
    let mut tried = vec![0; open.len()];
    loop {
        let mut cells = actual.clone();
        for (cell, count) in open.iter().zip(&tried) {
            cells[*cell] = *count;
        }
        // Areas come before the hub, and lines of schools before their totals are needed.
        for (whole, parts) in sums.iter().rev().chain(sums).chain(sums) {
            cells[*whole] = parts.iter().map(|part| cells[*part]).sum();
        }
        if (0..cells.len()).all(|cell| withheld[cell] || cells[cell] == actual[cell]) {
            for (limit, count) in found.iter_mut().zip(&cells) {
                *limit = (Ord::min(limit.0, *count), Ord::max(limit.1, *count));
            }
        }
        let Some(at) = tried.iter().position(|count| *count < most) else { return found };
        tried[at] += 1;
        tried[..at].fill(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_combination_of_shown_cells_gives_a_withheld_one(drawn in drawn(3, 4, 4, 40), total: bool) {
        let (table, sums) = built(&drawn, total);
        let withheld = table.withheld().concat();
        for (count, withheld) in table.cells().concat().into_iter().flatten().zip(&withheld) {
            prop_assert!(*withheld || !SMALL.contains(&count));
        }
        prop_assert_eq!(worked_out(&sums, &withheld), Vec::<usize>::new());
        prop_assert_eq!(table.withheld().concat(), withheld);
    }

    #[test]
    fn nothing_is_withheld_where_no_count_is_small(drawn in drawn(3, 4, 4, 40), total: bool) {
        let drawn: Drawn = drawn.into_iter().map(|area| {
            area.into_iter().map(|school| school.into_iter().map(|count| count * 6).collect()).collect()
        }).collect();
        let (table, _) = built(&drawn, total);
        prop_assert!(!table.withheld().concat().contains(&true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_small_count_could_be_any_from_1_to_5(
        drawn in prop_oneof![drawn(2, 1, 2, 9), drawn(1, 2, 2, 9), drawn(2, 2, 1, 9)],
        total: bool,
    ) {
        let (table, sums) = built(&drawn, total);
        let withheld = table.withheld().concat();
        let found = limits(&table, &sums, &withheld, 13);
        for (count, (least, most)) in table.cells().concat().into_iter().flatten().zip(found) {
            if SMALL.contains(&count) {
                prop_assert!(least <= 1 && most >= 5, "{} is from {} to {}", count, least, most);
            }
        }
    }
}
