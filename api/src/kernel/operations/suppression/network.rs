//! Counts that are tied together by sums, as a network: each sum is a node, and each count an edge between the two sums
//! that it belongs to. What a reader cannot tell apart are the circulations of the network over withheld edges.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The node at which no sum is known.
pub const GROUND: usize = 0;

/// A count.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The sum of which it is a part.
    pub from: usize,
    /// The sum to which it adds.
    pub to: usize,
    /// The count; none where it may be anything, also below 0, since no reader knows a limit.
    pub count: Option<i64>,
    /// True if it is not shown.
    pub withheld: bool,
    /// What a reader loses if it is not shown.
    pub loss: u64,
}

/// Whether counts that are shown may be withheld as well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Withheld,
    All,
}

/// Counts and the sums between them.
#[derive(Debug)]
pub struct Network {
    edges: Vec<Edge>,
    /// The edges at each node.
    at: Vec<Vec<usize>>,
}

impl Network {
    /// A network of the ground alone.
    pub fn new() -> Self {
        Self { edges: Vec::new(), at: vec![Vec::new()] }
    }

    /// Adds a sum.
    pub fn node(&mut self) -> usize {
        self.at.push(Vec::new());
        self.at.len() - 1
    }

    /// Adds a count, and returns its place.
    pub fn edge(&mut self, edge: Edge) -> usize {
        let place = self.edges.len();
        self.at[edge.from].push(place);
        if edge.to != edge.from {
            self.at[edge.to].push(place);
        }
        self.edges.push(edge);
        place
    }

    /// Returns true if the count at a place is not shown.
    pub fn is_withheld(&self, place: usize) -> bool {
        self.edges[place].withheld
    }

    /// Withholds further counts, as few as it finds, until each of these counts could be as much higher and as much
    /// lower as is asked for. Then shows again what turns out not to be needed.
    pub fn protect(&mut self, wanted: &[Wanted]) {
        let before: Vec<bool> = self.edges.iter().map(|edge| edge.withheld).collect();
        for one in wanted {
            for by in one.steps() {
                for place in self.shift(one.place, by, Over::All).unwrap_or_default() {
                    self.edges[place].withheld = true;
                }
            }
        }
        self.prune(wanted, &before);
    }

    /// Shows again the counts that were withheld since, the dearest first, as long as every count stays protected.
    fn prune(&mut self, wanted: &[Wanted], before: &[bool]) {
        let mut added: Vec<usize> =
            (0..self.edges.len()).filter(|at| self.edges[*at].withheld && !before[*at]).collect();
        if added.len() * wanted.len() > PRUNED {
            return;
        }
        added.sort_by_key(|place| (Reverse(self.edges[*place].loss), *place));
        for place in added {
            self.edges[place].withheld = false;
            self.edges[place].withheld = !wanted.iter().all(|one| self.protects(*one));
        }
    }

    fn protects(&self, one: Wanted) -> bool {
        one.steps().iter().all(|by| self.shift(one.place, *by, Over::Withheld).is_some())
    }

    /// The counts that change with a count that is higher or lower by so many, with no sum changed; none where there is
    /// no way.
    fn shift(&self, place: usize, by: i64, over: Over) -> Option<Vec<usize>> {
        let Edge { from, to, .. } = self.edges[place];
        let (start, goal) = if by > 0 { (to, from) } else { (from, to) };
        let mut change = vec![0; self.edges.len()];
        for _ in 0..by.abs() {
            for (place, step) in self.path(start, goal, place, &change, over)? {
                change[place] += step;
            }
        }
        Some((0..change.len()).filter(|place| change[*place] != 0).collect())
    }

    /// The cheapest way from a sum to another, each step of which makes a count higher or lower by one.
    fn path(&self, start: usize, goal: usize, without: usize, change: &[i64], over: Over) -> Option<Vec<(usize, i64)>> {
        let mut reached: Vec<Option<(u64, usize, i64)>> = vec![None; self.at.len()];
        let mut next = BinaryHeap::from([Reverse((0, start))]);
        reached[start] = Some((0, usize::MAX, 0));
        while let Some(Reverse((loss, node))) = next.pop() {
            if node == goal {
                break;
            }
            if reached[node].is_some_and(|(least, ..)| least < loss) {
                continue;
            }
            for place in self.at[node].iter().copied().filter(|place| *place != without) {
                let edge = &self.edges[place];
                let free = edge.withheld || change[place] != 0;
                if !free && over == Over::Withheld {
                    continue;
                }
                let (step, there) = if edge.from == node { (1, edge.to) } else { (-1, edge.from) };
                if step < 0 && edge.count.is_some_and(|count| count + change[place] < 1) {
                    continue;
                }
                let loss = loss + if free { 0 } else { edge.loss };
                if reached[there].is_none_or(|(least, ..)| loss < least) {
                    reached[there] = Some((loss, place, step));
                    next.push(Reverse((loss, there)));
                }
            }
        }
        let (mut path, mut node) = (Vec::new(), goal);
        while node != start {
            let (_, place, step) = reached[node]?;
            path.push((place, step));
            node = if step > 0 { self.edges[place].from } else { self.edges[place].to };
        }
        Some(path)
    }
}

/// How many checks are made to show counts again.
const PRUNED: usize = 4000;

/// A count that is not to be worked out.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Its place.
    pub place: usize,
    /// By how much it could be higher.
    pub up: i64,
    /// By how much it could be lower.
    pub down: i64,
}

impl Wanted {
    fn steps(self) -> [i64; 2] {
        [self.up, -self.down]
    }
}
