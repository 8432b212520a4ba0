//! Which cells of a table of counts are withheld.

use super::SMALL;
use super::network::{Edge, GROUND, Network, Wanted};

/// A table of counts of pupils. A line may be a part of another line, as a school is of its area and an area of the
/// hub; the other line is then the sum of its parts. The first column may be the sum of the other columns.
///
/// It withholds each count of 1 to 5, and further cells until no small count can be worked out: with any sums
/// and differences of the cells that are left, each small count could still be any number from 1 to 5. A sum that is
/// more than its parts has a part that nobody sees, and that one is kept from being worked out as well, where it is
/// small. A sum that is less than its parts ties nothing together. The same table always withholds the same cells.
#[derive(Clone, Debug)]
pub struct CountTable {
    columns: usize,
    summed: bool,
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    part_of: Option<usize>,
    counts: Vec<Option<i64>>,
    withheld: Vec<bool>,
}

/// A rest of which no reader knows a limit.
const UNKNOWN: i64 = -1;

/// What a reader loses with a cell: few cells are withheld rather than small ones, and sums last.
mod loss {
    pub const CELL: u64 = 1 << 20;
    pub const ZERO: u64 = 1 << 22;
    pub const TOTAL_COLUMN: u64 = 1 << 24;
    pub const SUM: u64 = 1 << 28;
    pub const WHOLE: u64 = 1 << 34;
    pub const LARGEST: i64 = (1 << 19) - 1;
}

impl CountTable {
    /// A table whose columns have nothing to do with each other, such as years.
    #[must_use]
    pub const fn new(columns: usize) -> Self {
        Self { columns, summed: false, lines: Vec::new() }
    }

    /// A table whose first column is the sum of the other columns.
    #[must_use]
    pub const fn with_total(columns: usize) -> Self {
        Self { columns, summed: true, lines: Vec::new() }
    }

    /// Adds a line, whose counts are none where there is no figure, and returns its place. The line that it is a part
    /// of comes before it.
    pub fn add(&mut self, part_of: Option<usize>, counts: impl IntoIterator<Item = Option<i64>>) -> usize {
        let mut counts: Vec<_> = counts.into_iter().map(|count| count.map(|count| Ord::max(count, 0))).collect();
        counts.resize(self.columns, None);
        let part_of = part_of.filter(|line| *line < self.lines.len());
        self.lines.push(Line { part_of, counts, withheld: vec![false; self.columns] });
        self.lines.len() - 1
    }

    /// Withholds a cell, since it is withheld in another table that has it too.
    pub fn withhold(&mut self, line: usize, column: usize) {
        self.lines[line].withheld[column] = true;
    }

    /// The counts as they were added, by line and column.
    #[cfg(test)]
    pub(super) fn cells(&self) -> Vec<Vec<Option<i64>>> {
        self.lines.iter().map(|line| line.counts.clone()).collect()
    }

    /// Returns for each cell, by line and column, true if it is withheld.
    #[must_use]
    pub fn withheld(&self) -> Vec<Vec<bool>> {
        let is_withheld = |line: &Line, column: usize| {
            line.withheld[column] || line.counts[column].is_some_and(|count| SMALL.contains(&count))
        };
        let none = self.lines.iter().all(|line| !(0..self.columns).any(|column| is_withheld(line, column)));
        if none && !self.has_small_rest() {
            return self.lines.iter().map(|line| line.withheld.clone()).collect();
        }
        let mut drawn = Drawn::of(self, is_withheld);
        drawn.network.protect(&drawn.wanted);
        let cell = |place: &Option<usize>| place.is_some_and(|place| drawn.network.is_withheld(place));
        let lines = drawn.places.iter().zip(&self.lines);
        lines
            .map(|(places, line)| {
                let cells = places.iter().zip(&line.counts);
                cells.map(|(place, count)| count.is_some() && cell(place)).collect()
            })
            .collect()
    }

    /// The parts of each line.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut parts = vec![Vec::new(); self.lines.len()];
        for (at, line) in self.lines.iter().enumerate() {
            if let Some(whole) = line.part_of {
                parts[whole].push(at);
            }
        }
        parts
    }

    /// What a line has more than its parts, in a column; none where that is unknown.
    fn rest(&self, whole: usize, parts: &[usize], column: usize) -> Option<i64> {
        let sum: i64 = parts.iter().filter_map(|part| self.lines[*part].counts[column]).sum();
        self.lines[whole].counts[column].map(|count| count - sum)
    }

    /// What the total of a line is more than its columns; none where that is unknown.
    fn rest_of_line(&self, line: usize) -> Option<i64> {
        let counts = &self.lines[line].counts;
        let sum: i64 = counts.iter().skip(1).flatten().sum();
        counts.first().copied().flatten().filter(|_| self.summed).map(|total| total - sum)
    }

    /// Returns true if a sum is more than its parts by a small number.
    fn has_small_rest(&self) -> bool {
        let small = |rest: Option<i64>| rest.is_some_and(|rest| SMALL.contains(&rest));
        let parts = self.parts();
        (0..self.lines.len()).any(|line| {
            let of_parts = || (0..self.columns).any(|column| small(self.rest(line, &parts[line], column)));
            small(self.rest_of_line(line)) || !parts[line].is_empty() && of_parts()
        })
    }
}

/// The network of a table.
struct Drawn {
    network: Network,
    /// The place of each cell in the network, by line and column.
    places: Vec<Vec<Option<usize>>>,
    wanted: Vec<Wanted>,
}

impl Drawn {
    fn of(table: &CountTable, is_withheld: impl Fn(&Line, usize) -> bool) -> Self {
        let parts = table.parts();
        let mut drawn = Self { network: Network::new(), places: Vec::new(), wanted: Vec::new() };
        let mut nodes: Vec<Vec<usize>> = Vec::new();
        for (at, line) in table.lines.iter().enumerate() {
            let own = drawn.nodes(table, !parts[at].is_empty());
            let mut places = Vec::with_capacity(table.columns);
            for column in 0..table.columns {
                let whole = line.part_of.map_or(GROUND, |whole| nodes[whole][column]);
                let withheld = is_withheld(line, column);
                let has_parts = !parts[at].is_empty();
                places.push(match line.counts[column] {
                    Some(count) => {
                        let loss = loss_of(count, table.summed && column == 0, has_parts, line.part_of.is_none());
                        let place = drawn.cell(table, column, own[column], whole, Some(count), (withheld, loss));
                        drawn.want(place, count, line.withheld[column]);
                        Some(place)
                    }
                    // Nobody is shown a sum here, so it limits nothing.
                    None if has_parts || table.summed && column == 0 => {
                        Some(drawn.cell(table, column, own[column], whole, None, (true, 0)))
                    }
                    None => None,
                });
            }
            drawn.places.push(places);
            nodes.push(own);
        }
        let all = parts;
        for (at, parts) in all.iter().enumerate() {
            if parts.is_empty() {
                drawn.rest(table.rest_of_line(at), nodes[at].first().copied().unwrap_or(GROUND));
            } else {
                drawn.unlisted(table, at, &all, &nodes[at]);
            }
        }
        drawn
    }

    /// The nodes of a line, by column: its sums where it has parts, or else the one sum over its columns.
    fn nodes(&mut self, table: &CountTable, has_parts: bool) -> Vec<usize> {
        if has_parts {
            return (0..table.columns).map(|_| self.network.node()).collect();
        }
        let own = if table.summed { self.network.node() } else { GROUND };
        vec![own; table.columns]
    }

    /// Adds the edge of a cell between the nodes of its line and of the line that it is a part of. The total of the
    /// columns runs the other way.
    fn cell(
        &mut self,
        table: &CountTable,
        column: usize,
        own: usize,
        whole: usize,
        count: Option<i64>,
        (withheld, loss): (bool, u64),
    ) -> usize {
        let (from, to) = if table.summed && column == 0 { (whole, own) } else { (own, whole) };
        self.network.edge(Edge { from, to, count, withheld, loss })
    }

    /// Asks for the protection of a small count, and of a count that is withheld elsewhere.
    fn want(&mut self, place: usize, count: i64, elsewhere: bool) {
        let (least, most) = (*SMALL.start(), *SMALL.end());
        if SMALL.contains(&count) {
            self.wanted.push(Wanted { place, up: most - count, down: count - least });
        } else if elsewhere {
            self.wanted.push(Wanted { place, up: most - least, down: Ord::min(count, most - least) });
        }
    }

    /// Adds the part of a line's total that stands in no column.
    fn rest(&mut self, rest: Option<i64>, own: usize) {
        let Some(rest) = rest.filter(|rest| *rest != 0) else { return };
        let count = Some(rest).filter(|rest| *rest > 0);
        let place = self.network.edge(Edge { from: own, to: GROUND, count, withheld: true, loss: 0 });
        self.want(place, rest, false);
    }

    /// Adds the part of a line that stands in no line of its own.
    fn unlisted(&mut self, table: &CountTable, whole: usize, all: &[Vec<usize>], sums: &[usize]) {
        let parts = &all[whole];
        let rests: Vec<_> = (0..table.columns).map(|column| table.rest(whole, parts, column)).collect();
        let unknown =
            |part: &usize, column: usize| !all[*part].is_empty() && table.lines[*part].counts[column].is_none();
        let own = if table.summed { self.network.node() } else { GROUND };
        for (column, rest) in rests.iter().enumerate() {
            let any = parts.iter().any(|part| unknown(part, column));
            let Some(rest) = rest.filter(|rest| *rest != 0 || any) else { continue };
            let count = Some(rest).filter(|rest| *rest > 0 && !any);
            let place = self.cell(table, column, own, sums[column], count, (true, 0));
            if count.is_some() {
                self.want(place, rest, false);
            }
        }
        if table.summed {
            let known: Option<Vec<i64>> = rests.into_iter().collect();
            let rest = known.map_or(UNKNOWN, |rests| rests[0] - rests[1..].iter().sum::<i64>());
            self.rest(Some(rest), own);
        }
    }
}

fn loss_of(count: i64, is_total: bool, is_sum: bool, is_whole: bool) -> u64 {
    let mut loss = loss::CELL + u64::try_from(Ord::min(count, loss::LARGEST)).unwrap_or(0);
    if count == 0 {
        loss += loss::ZERO;
    }
    if is_total {
        loss += loss::TOTAL_COLUMN;
    }
    if is_sum {
        loss += if is_whole { loss::WHOLE } else { loss::SUM };
    }
    loss
}
