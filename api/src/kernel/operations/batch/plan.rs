//! The decisions about the items of a batch.

use std::collections::{BTreeMap, HashMap};

use entity::row::Row;
use serde_json::Value;
use uuid::Uuid;

use super::{BatchMode, BatchReport, BatchResult, BatchStatus};
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::caller::refs::Refs;
use crate::kernel::resource::key::{self, Key};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Form, Mutation, Resource, RowOf};
use crate::kernel::resource::write::{Decided, Write, is_same, new_refs};

/// More faults of one item help nobody, and a thousand items have many.
const MOST_FAULTS: usize = 20;

/// A batch on its way: one fate for each item.
pub(super) struct BatchDraft<R: Resource>(Vec<Fate<RowOf<R>>>);

enum Fate<M> {
    /// It is made, or laid over the row that has its key.
    Mutation { before: Option<M>, after: M, operation: Operation },
    /// The row is as it says already.
    Same(M),
    /// It has faults.
    Rejected(Vec<Fault>),
}

impl<R: Resource> BatchDraft<R> {
    /// Reads each item as a form of its own, and looks up what they name: their keys, then their
    /// references.
    pub async fn of(write: &Write, items: &[Value]) -> Result<Self> {
        write.lock_above::<R>(None).await?;
        let keys: Vec<_> = items.iter().map(key::of_form::<R>).collect();
        let named = keys.iter().flatten().map(|(_, key)| key);
        let mut known = Known::<R>::new(key::rows::<R>(write, named).await?);
        let mut refs = Refs::default();
        let mut fates = Vec::with_capacity(items.len());
        for (index, (item, keys)) in items.iter().zip(&keys).enumerate() {
            let drafted = known.row_of(index, keys).and_then(|row| draft::<R>(write, item, row));
            fates.push(match drafted {
                Ok((fate, wanted)) => {
                    refs = refs.and_below(&place(index), wanted);
                    fate
                }
                Err(problem) => rejected(index, problem)?,
            });
        }
        let mut plan = Self(fates);
        for fault in refs.faults(write.caller(), write.tx()).await? {
            plan.add(fault);
        }
        Ok(plan)
    }

    /// Adds a fault to the item that its pointer names.
    fn add(&mut self, fault: Fault) {
        let index = fault.pointer.split('/').nth(2).and_then(|index| index.parse::<usize>().ok());
        match index.and_then(|index| self.0.get_mut(index)) {
            Some(Fate::Rejected(faults)) => faults.push(fault),
            Some(fate) => *fate = Fate::Rejected(vec![fault]),
            None => {}
        }
    }

    /// Has the resource decide about what is to be made or changed.
    pub async fn decide(&mut self, write: &mut Write) -> Result<()> {
        self.expect_reach(write).await?;
        let (mut places, mut steps) = (Vec::new(), Vec::new());
        for (index, fate) in self.0.iter_mut().enumerate() {
            if let Fate::Mutation { before, after, operation } = fate {
                R::complete(after);
                places.push(index);
                steps.push(Mutation { before: before.as_ref(), after, operation: *operation });
            }
        }
        let decisions = R::decide_all(write, &mut steps).await?;
        for (index, decision) in places.into_iter().zip(decisions) {
            let fate = &mut self.0[index];
            if let Err(problem) = decision.and_then(|()| expect_allowed_keys::<R>(write, fate)) {
                *fate = rejected(index, problem)?;
            } else if let Fate::Mutation { before: Some(before), after, operation: Operation::Update } = fate
                && is_same(before, after)
            {
                *fate = Fate::Same(before.clone());
            }
        }
        Ok(())
    }

    /// Rejects changes of rows that the caller sees and does not write.
    async fn expect_reach(&mut self, write: &Write) -> Result<()> {
        let changed = self.0.iter().filter_map(|fate| match fate {
            Fate::Mutation { before: Some(before), .. } => Some(before.id()),
            _ => None,
        });
        let beyond = write.beyond_reach::<R::Entity>(changed.collect()).await?;
        for (index, fate) in self.0.iter_mut().enumerate() {
            if matches!(fate, Fate::Mutation { before: Some(before), .. } if beyond.contains(&before.id())) {
                *fate = rejected(index, write.caller().beyond_reach("this item"))?;
            }
        }
        Ok(())
    }

    pub fn is_rejected(&self) -> bool {
        self.0.iter().any(|fate| matches!(fate, Fate::Rejected(_)))
    }

    /// Writes what is made and changed.
    pub async fn store(&self, write: &mut Write) -> Result<()> {
        let steps = self.0.iter().filter_map(|fate| match fate {
            Fate::Mutation { before, after, operation } => {
                Some(Decided { before: before.as_ref(), after, operation: *operation })
            }
            Fate::Same(_) | Fate::Rejected(_) => None,
        });
        let steps: Vec<_> = steps.collect();
        write.store_many::<R>(&steps).await?;
        let stored = steps.iter().map(|step| step.after.id());
        match write.beyond_reach::<R::Entity>(stored.collect()).await?.is_empty() {
            true => Ok(()),
            false => Err(write.caller().beyond_reach("rows of other schools")),
        }
    }

    pub fn report(self, write: &mut Write, mode: BatchMode, dry_run: bool, applied: bool) -> BatchReport {
        let mut warnings: HashMap<Uuid, Vec<Fault>> = HashMap::new();
        for (row_id, warning) in write.take_warnings() {
            warnings.entry(row_id).or_default().push(warning);
        }
        let fates = self.0.into_iter().enumerate();
        let items: Vec<_> = fates.map(|(index, fate)| fate.result(index, applied, &mut warnings)).collect();
        let count = |status| items.iter().filter(|item| item.status == status).count();
        BatchReport {
            applied,
            dry_run,
            mode,
            created: count(BatchStatus::Created),
            updated: count(BatchStatus::Updated),
            unchanged: count(BatchStatus::Unchanged),
            rejected: count(BatchStatus::Rejected),
            items,
        }
    }
}

impl<M: Row> Fate<M> {
    fn result(self, index: usize, applied: bool, warnings: &mut HashMap<Uuid, Vec<Fault>>) -> BatchResult {
        let mut warnings = match &self {
            Self::Mutation { after, .. } => warnings.remove(&after.id()).unwrap_or_default(),
            Self::Same(_) | Self::Rejected(_) => Vec::new(),
        };
        let (status, id, mut errors) = match self {
            Self::Mutation { before: None, after, .. } => {
                (BatchStatus::Created, Some(after.id()).filter(|_| applied), Vec::new())
            }
            Self::Mutation { after, .. } => (BatchStatus::Updated, Some(after.id()), Vec::new()),
            Self::Same(row) => (BatchStatus::Unchanged, Some(row.id()), Vec::new()),
            Self::Rejected(errors) => (BatchStatus::Rejected, None, errors),
        };
        errors.truncate(MOST_FAULTS);
        warnings.truncate(MOST_FAULTS);
        BatchResult { index, status, id, errors, warnings }
    }
}

fn expect_allowed_keys<R: Resource>(write: &Write, fate: &Fate<RowOf<R>>) -> Result<()> {
    match fate {
        Fate::Mutation { before, after, .. } => key::expect_allowed::<R>(write.caller(), before.as_ref(), after),
        Fate::Same(_) | Fate::Rejected(_) => Ok(()),
    }
}

/// Where an item stands in the body.
fn place(index: usize) -> String {
    format!("/items/{index}")
}

/// An item that is refused; what is wrong with the service is no fault of an item's.
fn rejected<M>(index: usize, problem: Problem) -> Result<Fate<M>> {
    let status = problem.code().status();
    if status.is_server_error() {
        return Err(problem);
    }
    let place = place(index);
    if problem.errors().is_empty() {
        let fault = Fault::new(place, problem.code().slug(), problem.detail());
        return Ok(Fate::Rejected(vec![fault]));
    }
    let below = |fault: &Fault| Fault { pointer: format!("{place}{}", fault.pointer), ..fault.clone() };
    Ok(Fate::Rejected(problem.errors().iter().map(below).collect()))
}

/// An item as it would be stored, with the rows that it refers to.
fn draft<R: Resource>(write: &Write, item: &Value, row: Option<RowOf<R>>) -> Result<(Fate<RowOf<R>>, Refs)> {
    let form = match &row {
        None => write.caller().state().document.decode::<R::Form>(item.clone())?,
        Some(row) => match write.patched::<R>(row, item)? {
            Some(form) => form,
            None if row.archived_at().is_some() => R::Form::from(row),
            None => return Ok((Fate::Same(row.clone()), Refs::default())),
        },
    };
    let faults = R::faults(&form);
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let (refs, (after, operation)) = match &row {
        None => (R::refs(&form), (form.into_row(write.meta()), Operation::Create)),
        Some(row) => (new_refs::<R>(row, &form), write.next(row, form)),
    };
    Ok((Fate::Mutation { before: row, after, operation }, refs))
}

/// The rows that the items' keys name, and which item of the batch had a key or a row first.
struct Known<R: Resource> {
    rows: Vec<RowOf<R>>,
    places: BTreeMap<Key, usize>,
    keys: BTreeMap<Key, usize>,
    taken: BTreeMap<usize, usize>,
}

impl<R: Resource> Known<R> {
    fn new(rows: Vec<RowOf<R>>) -> Self {
        let keys = rows
            .iter()
            .enumerate()
            .flat_map(|(place, row)| key::of_row::<R>(row).into_iter().map(move |key| (key, place)));
        let places = keys.collect();
        Self { rows, places, keys: BTreeMap::new(), taken: BTreeMap::new() }
    }

    /// The row that an item's keys name, if there is one.
    ///
    /// # Errors
    /// 422 for keys that name two rows, or that an earlier item has.
    fn row_of(&mut self, index: usize, keys: &[(String, Key)]) -> Result<Option<RowOf<R>>> {
        let mut found = None;
        for (pointer, key) in keys {
            match self.keys.insert(key.clone(), index) {
                Some(first) if first != index => return Err(twice(pointer, first)),
                _ => {}
            }
            let place = self.places.get(key).copied();
            if found.is_some() && place.is_some() && found != place {
                let message = "this key and the one before name two items";
                return Err(Problem::invalid(pointer, "ambiguous", message));
            }
            found = found.or(place);
        }
        let Some(place) = found else { return Ok(None) };
        match self.taken.insert(place, index) {
            Some(first) => Err(twice("", first)),
            None => Ok(Some(self.rows[place].clone())),
        }
    }
}

fn twice(pointer: &str, first: usize) -> Problem {
    let message = format!("item {first} of this batch has the key already: send it once");
    Problem::invalid(pointer, "duplicate", message)
}
