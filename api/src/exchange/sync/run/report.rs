//! The report of a run: its rows, and how many of them had which outcome.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::exchange::sync_row::{self, SyncDirection, SyncOutcome, SyncSection};
use entity::exchange::sync_run::{SyncCount, SyncCounts};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use uuid::Uuid;

use crate::exchange::sync::record::Remark;
use crate::exchange::sync::source::LONGEST_KEY;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// The longest message that is kept, characters.
const LONGEST: usize = 1000;

/// A row of the report as a step states it. It names no person: keys only.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    direction: SyncDirection,
    section: SyncSection,
    source_table: Option<String>,
    key: Option<String>,
    outcome: SyncOutcome,
    school_id: Option<Uuid>,
    code: Option<String>,
    column: Option<String>,
    message: Option<String>,
    fields: Vec<String>,
    item: Option<(&'static str, Uuid)>,
}

impl Reported {
    /// A row of the source with its outcome.
    pub fn new(section: SyncSection, key: impl Into<String>, outcome: SyncOutcome) -> Self {
        Self {
            direction: SyncDirection::In,
            section,
            source_table: None,
            key: Some(key.into()).filter(|key| !key.is_empty()),
            outcome,
            school_id: None,
            code: None,
            column: None,
            message: None,
            fields: Vec::new(),
            item: None,
        }
    }

    /// A cell or a row that could not be understood.
    #[must_use]
    pub fn remark(section: SyncSection, remark: &Remark, outcome: SyncOutcome) -> Self {
        Self {
            source_table: Some(remark.table.clone()),
            column: remark.column.clone(),
            ..Self::new(section, remark.key.clone().unwrap_or_default(), outcome)
        }
        .because(remark.code, &remark.message)
    }

    /// The same with the reason: a code for programs, and for people what is wrong and how to fix it.
    #[must_use]
    pub fn because(mut self, code: impl Into<String>, message: impl AsRef<str>) -> Self {
        self.code = Some(code.into());
        self.message = Some(message.as_ref().chars().take(LONGEST).collect());
        self
    }

    /// The same about a column.
    #[must_use]
    pub fn at(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// The same about a school.
    #[must_use]
    pub fn school(mut self, school_id: impl Into<Option<Uuid>>) -> Self {
        self.school_id = school_id.into();
        self
    }

    /// The same about a row of ours.
    #[must_use]
    pub fn item(mut self, table: &'static str, id: Uuid) -> Self {
        self.item = Some((table, id));
        self
    }

    /// The same with the fields of ours that change, or about which the two sides differ.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// The same with a further field that changes.
    #[must_use]
    pub fn changing(mut self, field: &str) -> Self {
        if self.outcome == SyncOutcome::Unchanged {
            self.outcome = SyncOutcome::Updated;
        }
        self.fields.push(field.to_owned());
        self
    }

    /// The same with a reason, where it has none so far.
    #[must_use]
    pub fn also(self, code: &str, message: impl AsRef<str>) -> Self {
        if self.code.is_some() { self } else { self.because(code, message) }
    }

    /// The same as a row that goes to the source.
    #[must_use]
    pub fn out(mut self) -> Self {
        self.direction = SyncDirection::Out;
        self
    }

    /// The same as rejected, because what it was to change could not be written.
    #[must_use]
    pub fn rejected(self, code: &str, message: &str) -> Self {
        Self { outcome: SyncOutcome::Rejected, item: None, ..self }.because(code, message)
    }

    /// The same as a conflict, because a side changed while the run was under way.
    #[must_use]
    pub fn conflict(self) -> Self {
        Self { outcome: SyncOutcome::Conflict, ..self }
    }

    /// What came of the row.
    #[must_use]
    pub const fn outcome(&self) -> SyncOutcome {
        self.outcome
    }

    /// Whether the report has a row for it. What changed nothing, and of which there is nothing to say, is counted.
    fn is_kept(&self) -> bool {
        let counted = [SyncOutcome::Unchanged, SyncOutcome::OutOfArea, SyncOutcome::Ignored];
        self.code.is_some() || !counted.contains(&self.outcome)
    }

    /// Whether a row with such an outcome stands for something that is written.
    const fn writes(&self) -> bool {
        match self.outcome {
            SyncOutcome::Created
            | SyncOutcome::Updated
            | SyncOutcome::Ended
            | SyncOutcome::Erased
            | SyncOutcome::Written
            | SyncOutcome::Missing
            | SyncOutcome::Conflict
            | SyncOutcome::Review => true,
            SyncOutcome::Unchanged
            | SyncOutcome::Rejected
            | SyncOutcome::Waiting
            | SyncOutcome::OutOfArea
            | SyncOutcome::Ignored => false,
        }
    }

    fn counted(&self) -> Counted {
        (self.direction, self.section, self.outcome)
    }

    fn into_row(self, caller: &Caller, run_id: Uuid, written: bool) -> sync_row::Model {
        let now = caller.now();
        let (resource, item_id) = self.item.map(|(table, id)| (table.to_owned(), id)).unzip();
        sync_row::Model {
            hub_id: caller.hub_id,
            id: Uuid::now_v7(),
            version: 1,
            created_at: now,
            updated_at: now,
            archived_at: None,
            run_id,
            direction: self.direction,
            section: self.section,
            source_table: self.source_table,
            source_key: self.key.map(|key| key.replace(char::is_control, " ").chars().take(LONGEST_KEY).collect()),
            outcome: self.outcome,
            school_id: self.school_id,
            code: self.code,
            source_column: self.column,
            message: self.message,
            fields: self.fields.into(),
            resource,
            item_id,
            written,
        }
    }
}

/// What is counted together.
type Counted = (SyncDirection, SyncSection, SyncOutcome);

/// The report of a run so far.
#[derive(Clone, Debug, Default)]
pub struct Report {
    counts: HashMap<Counted, i64>,
    written: i64,
    /// The keys of the rows that an earlier attempt wrote, each with no code and with the row's own code.
    told: HashSet<(SyncSection, String, Option<String>)>,
}

impl Report {
    /// Takes up the report of a run. What an earlier attempt reported and did not write is reported again by this one,
    /// and forgotten here.
    ///
    /// # Errors
    /// 503 when the database is away.
    pub async fn take_up(write: &Write, run_id: Uuid) -> Result<Self> {
        use sync_row::Column;

        let of = Condition::all().add(Column::RunId.eq(run_id));
        write.delete_rows::<sync_row::Entity>(of.clone().add(Column::Written.eq(false))).await?;
        let mut report = Self::default();
        let kept = write.caller().rows::<sync_row::Entity>().filter(of).all(write.tx()).await?;
        for row in kept {
            *report.counts.entry((row.direction, row.section, row.outcome)).or_default() += 1;
            report.written += 1;
            if let Some(key) = row.source_key {
                report.told.insert((row.section, key.clone(), None));
                report.told.insert((row.section, key, row.code));
            }
        }
        Ok(report)
    }

    /// The counts, for the record of the run.
    #[must_use]
    pub fn counts(&self) -> SyncCounts {
        let place = |(direction, section, outcome): &Counted| {
            let section = SyncSection::ALL.iter().position(|it| it == section);
            let outcome = SyncOutcome::ALL.iter().position(|it| it == outcome);
            (*direction == SyncDirection::Out, section, outcome)
        };
        let sorted: BTreeMap<_, _> = self.counts.iter().map(|(key, rows)| (place(key), (*key, *rows))).collect();
        let count = |((direction, section, outcome), rows)| SyncCount { direction, section, outcome, rows };
        sorted.into_values().map(count).collect::<Vec<_>>().into()
    }

    /// How many rows stand for something that was written.
    #[must_use]
    pub const fn written(&self) -> i64 {
        self.written
    }

    /// Counts rows, and returns those that the report keeps. A row that an earlier attempt has written is neither
    /// counted nor kept a second time, unless something else is stated of it now.
    pub fn take(
        &mut self,
        caller: &Caller,
        run_id: Uuid,
        rows: impl IntoIterator<Item = Reported>,
        written: bool,
    ) -> Vec<sync_row::Model> {
        let mut kept = Vec::new();
        for row in rows {
            let wrote = written && row.writes();
            if !wrote && self.was_reported(&row) {
                continue;
            }
            *self.counts.entry(row.counted()).or_default() += 1;
            self.written += i64::from(wrote);
            if row.is_kept() {
                kept.push(row.into_row(caller, run_id, wrote));
            }
        }
        kept
    }

    /// Whether an earlier attempt has written and reported a row. A remark about a cell is never written.
    fn was_reported(&self, row: &Reported) -> bool {
        let key = row.key.clone().filter(|_| row.source_table.is_none());
        key.is_some_and(|key| self.told.contains(&(row.section, key, row.code.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_attempt_wrote_is_known_by_its_code_and_remarks_are_reported_again() {
        let key = |code: Option<&str>| (SyncSection::Persons, "41".to_owned(), code.map(str::to_owned));
        let report = Report { told: HashSet::from([key(None), key(Some("format"))]), ..Report::default() };
        let row = |key: &str| Reported::new(SyncSection::Persons, key, SyncOutcome::Unchanged);
        assert!(report.was_reported(&row("41")));
        assert!(report.was_reported(&row("41").because("format", "too long")));
        assert!(!report.was_reported(&row("41").because("second_primary", "another one is")));
        assert!(!report.was_reported(&row("42")));
        let cell = Remark {
            table: "person".to_owned(),
            column: Some("email".to_owned()),
            key: Some("41".to_owned()),
            code: "format",
            message: "no e-mail address".to_owned(),
        };
        assert!(!report.was_reported(&Reported::remark(SyncSection::Persons, &cell, SyncOutcome::Unchanged)));
    }
}
