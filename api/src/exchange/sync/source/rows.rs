//! The rows of a logical table: raw rows, joined with lookups, filtered, and read by the mapping.

use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;

use super::away::Away;
use super::cells::{Cells, cell};
use super::logical::Logical;
use super::plan::{At, JoinPlan, Plan};
use super::worker::{Answer, Question, RawRow, Worker};
use crate::exchange::sync::clean;
use crate::exchange::sync::record::{Remark, SourceRow};

/// How many rows a table may have. A music service has a tenth of it.
const MOST_ROWS: usize = 1_000_000;

/// The longest key of a row, characters.
pub const LONGEST_KEY: usize = 400;

/// Between the parts of a key in a lookup: no text has it.
const BETWEEN: &str = "\u{1f}";

/// The rows of a lookup by key.
type Lookup = HashMap<String, Box<[Option<String>]>>;

/// The rows of a logical table, as they come.
pub struct Rows<'a, T> {
    /// None for a table that the mapping does not take.
    reading: Option<Reading<'a>>,
    /// Whether each line so far is a row with a key.
    whole: bool,
    of: PhantomData<fn() -> T>,
}

struct Reading<'a> {
    plan: Plan,
    lookups: Vec<Lookup>,
    /// Remarks on lines of lookups that are no rows.
    pending: Vec<Remark>,
    answer: Answer<'a>,
    seen: HashSet<String>,
    count: usize,
}

impl<'a, T: Logical> Rows<'a, T> {
    pub(super) fn none() -> Self {
        Self { reading: None, whole: true, of: PhantomData }
    }

    pub(super) async fn start(plan: Plan, worker: &'a Worker) -> Result<Self, Away> {
        let (mut lookups, mut pending) = (Vec::new(), Vec::new());
        for join in &plan.joins {
            lookups.push(lookup(join, worker, &mut pending).await?);
        }
        let answer = worker.ask(Question::Rows(plan.select.clone())).await?;
        let whole = pending.is_empty();
        let reading = Reading { plan, lookups, pending, answer, seen: HashSet::new(), count: 0 };
        Ok(Self { reading: Some(reading), whole, of: PhantomData })
    }

    /// The next rows, a few hundred at most; none at the end. Their order says nothing. A row with a key that came
    /// before has a remark and nothing else. A row without a key stands for a line that could not be read.
    ///
    /// # Errors
    /// When the source does not go on, or has more than 1,000,000 rows in the table.
    pub async fn next(&mut self) -> Result<Option<Vec<SourceRow<T>>>, Away> {
        let Some(reading) = &mut self.reading else { return Ok(None) };
        if !reading.pending.is_empty() {
            let remarks = std::mem::take(&mut reading.pending);
            return Ok(Some(vec![SourceRow::rejected(String::new(), remarks)]));
        }
        while let Some(raw) = reading.answer.next().await? {
            reading.count += raw.len();
            if reading.count > MOST_ROWS {
                return Err(too_many(&reading.plan.table));
            }
            self.whole &= raw.iter().all(|row| matches!(row, RawRow::Cells(_)));
            let rows: Vec<SourceRow<T>> = raw.into_iter().filter_map(|row| reading.read(row)).collect();
            self.whole &= rows.iter().all(|row| !row.key.is_empty());
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// Returns true if each line so far is a row with a key. Otherwise nobody knows which rows are gone.
    pub const fn are_whole(&self) -> bool {
        self.whole
    }
}

fn too_many(table: &str) -> Away {
    Away::new("too_many_rows", format!("{table} has more than {MOST_ROWS} rows: take fewer of them by `where`"))
}

/// Reads the rows of a lookup.
async fn lookup(join: &JoinPlan, worker: &Worker, pending: &mut Vec<Remark>) -> Result<Lookup, Away> {
    let mut answer = worker.ask(Question::Rows(join.select.clone())).await?;
    let (mut lookup, mut count) = (Lookup::new(), 0);
    while let Some(rows) = answer.next().await? {
        count += rows.len();
        if count > MOST_ROWS {
            return Err(too_many(&join.table));
        }
        for row in rows {
            let cells = match row {
                RawRow::Cells(cells) => cells,
                RawRow::Unread { line, code, message, .. } => {
                    let message = format!("line {line}: {message}");
                    pending.push(Remark { table: join.table.clone(), key: None, column: None, code, message });
                    continue;
                }
            };
            let at = |place: &usize| cells.get(*place).and_then(Option::as_deref).and_then(clean::key);
            let key: Option<Vec<String>> = join.key.iter().map(at).collect();
            let admitted = join.checks.iter().all(|check| check.admits(cell(check.at(), &cells, &[])));
            let Some(key) = key.filter(|_| admitted) else { continue };
            // Of several rows the same one counts, in any order that a source has them in.
            match lookup.entry(key.join(BETWEEN)) {
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(cells);
                }
                std::collections::hash_map::Entry::Occupied(mut entry) => {
                    if trimmed(&cells).lt(trimmed(entry.get())) {
                        entry.insert(cells);
                    }
                }
            }
        }
    }
    Ok(lookup)
}

/// Cells as they compare.
fn trimmed(cells: &[Option<String>]) -> impl Iterator<Item = &str> {
    cells.iter().map(|cell| cell.as_deref().map(str::trim).unwrap_or_default())
}

impl Reading<'_> {
    /// Reads a row; none if the mapping does not take it.
    fn read<T: Logical>(&mut self, row: RawRow) -> Option<SourceRow<T>> {
        let plan = &self.plan;
        let cells = match row {
            RawRow::Cells(cells) => cells,
            RawRow::Unread { line, cells, code, message } => {
                let key = key(&plan.key, &cells, &[]).unwrap_or_default();
                if !key.is_empty() {
                    self.seen.insert(key.clone());
                }
                let message = format!("line {line}: {message}");
                let named = (!key.is_empty()).then(|| key.clone());
                let remark = Remark { table: plan.table.clone(), key: named, column: None, code, message };
                return Some(SourceRow::rejected(key, vec![remark]));
            }
        };
        let mut joined: Vec<Option<&[Option<String>]>> = Vec::with_capacity(self.lookups.len());
        for (join, lookup) in plan.joins.iter().zip(&self.lookups) {
            let on: Option<Vec<String>> =
                join.on.iter().map(|at| cell(at, &cells, &joined).and_then(clean::key)).collect();
            joined.push(on.and_then(|on| lookup.get(&on.join(BETWEEN))).map(|cells| &**cells));
        }
        if !plan.checks.iter().all(|check| check.admits(cell(check.at(), &cells, &joined))) {
            return None;
        }
        let key = match key(&plan.key, &cells, &joined) {
            Ok(key) => key,
            Err((code, message)) => {
                let column = plan.key.first().map(|at| at.column.clone());
                let remark = Remark { table: plan.table.clone(), key: None, column, code, message };
                return Some(SourceRow::rejected(String::new(), vec![remark]));
            }
        };
        if !self.seen.insert(key.clone()) {
            let column = plan.key.first().map(|at| at.column.clone());
            let message = "another row has this key already: keep one of the two".to_owned();
            let remark =
                Remark { table: plan.table.clone(), key: Some(key.clone()), column, code: "repeated", message };
            return Some(SourceRow::rejected(key, vec![remark]));
        }
        let mut reader = Cells::new(plan, &cells, &joined, &key);
        let row = T::read(&mut reader);
        let (modified_at, unsaid) = (reader.modified_at(), reader.unsaid(T::TABLE));
        let remarks = reader.remarks;
        Some(SourceRow { key, modified_at, remarks, unsaid, row })
    }
}

/// The key of a row, its parts joined by `/`. As an error the code and the message of a remark.
fn key(
    at: &[At],
    own: &[Option<String>],
    joined: &[Option<&[Option<String>]>],
) -> Result<String, (&'static str, String)> {
    let parts: Option<Vec<String>> = at.iter().map(|at| cell(at, own, joined).and_then(clean::key)).collect();
    let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
        return Err(("required", "the row has no key: fill it in".to_owned()));
    };
    let key = parts.join("/");
    if key.chars().count() > LONGEST_KEY || key.contains(char::is_control) {
        let message = format!("the key is longer than {LONGEST_KEY} characters or has signs in it that are none");
        return Err(("format", format!("{message}: correct it")));
    }
    Ok(key)
}
