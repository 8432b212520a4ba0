//! The Department's register, row by row against the hub's own.

use std::collections::HashSet;

use entity::identity::hub;
use entity::kernel::import_row::ImportOutcome;
use entity::list::List;
use entity::row::{Meta, Row as _};
use entity::schools::school::{self, SchoolKind, SchoolStatus};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::affects::Affected;
use super::known::{self, fresh, schools_of};
use super::plan::{AT_ONCE, CLOSED, Planned, StagingWriter, take_turns};
use super::reading::{Opened, Rows};
use super::source::Source;
use crate::exchange::extract::{Refused, Row, Understood};
use crate::exchange::gias::RegisterSchool;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Form, Resource};
use crate::kernel::resource::write::{Staged, StagedPart, Write};
use crate::schools::rules;
use crate::schools::school::NewSchool;
use crate::schools::school::School;

/// The register of schools on its way in.
pub struct Schools {
    la_codes: HashSet<String>,
    counted: List<SchoolKind>,
    /// A school of which nothing is known.
    blank: school::Model,
    /// The schools that stand in the file.
    seen: HashSet<i32>,
    /// The local authorities of which the file has schools.
    covered: HashSet<String>,
    /// Rows of which nobody knows whose they are.
    nameless: bool,
}

/// What a school is of which nothing is known.
pub const BLANK: [(&str, &str); 4] =
    [("kind", "other"), ("name", "-"), ("phase", "not_applicable"), ("status", "open")];

impl Schools {
    /// For the local authorities and kinds of the hub.
    ///
    /// # Errors
    /// 500 when a blank form is none.
    pub fn new(caller: &Caller, hub: hub::Model) -> Result<Self> {
        let form = BLANK.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let form: NewSchool = caller.state().document.decode(Value::Object(form))?;
        Ok(Self {
            la_codes: hub.la_codes.into_iter().collect(),
            counted: hub.kinds_in_scope,
            blank: form.into_row(Meta::unset()),
            seen: HashSet::new(),
            covered: HashSet::new(),
            nameless: false,
        })
    }

    fn decide(
        &self,
        caller: &Caller,
        line: u64,
        understood: Understood<RegisterSchool>,
        known: Option<&school::Model>,
    ) -> Result<Planned> {
        let Understood { record, unsaid, warnings } = understood;
        let row = Planned { warnings, ..Planned::new(Some(line), Some(record.urn)) };
        if known.is_none() && !self.la_codes.contains(&record.la_code) {
            return Ok(row.becomes(ImportOutcome::OutOfArea));
        }
        if known.is_some_and(|school| school.archived_at.is_some()) {
            return Ok(row.archived());
        }
        let mut after = known.unwrap_or(&self.blank).clone();
        if known.is_none() {
            after.set_meta(fresh(caller));
        }
        record.lay_over(&unsaid, &mut after);
        after.missing_from_source = false;
        School::complete(&mut after);
        if after.scope_reason.is_none() {
            after.in_scope = rules::in_scope(&after, &self.counted);
        }
        if let Some(fault) = rules::faults(&NewSchool::from(&after)).into_iter().next() {
            let column = RegisterSchool::column_of(fault.pointer.trim_start_matches('/'));
            return Ok(row.becomes(ImportOutcome::Rejected).because("at_odds", column, fault.message));
        }
        let row = row.settle::<School>(known, &after)?;
        match rules::editable(known, &after, Operation::Update) {
            Err(problem) if row.staged.is_some() => {
                let row = Planned { staged: None, ..row.becomes(ImportOutcome::Unchanged) };
                Ok(row.because(CLOSED, None, problem.detail()))
            }
            _ => Ok(row),
        }
    }
}

impl Source for Schools {
    type Record = RegisterSchool;

    fn read(file: Opened, rows: &mut Rows<RegisterSchool>) -> std::result::Result<(), Refused> {
        rows.extract(file, Rows::push)
    }

    async fn plan(&mut self, rows: Vec<Row<RegisterSchool>>, plan: &mut StagingWriter<'_>) -> Result<()> {
        let caller = plan.caller().clone();
        let known = schools_of(&caller, &rows, |record| record.urn).await?;
        let mut planned = Vec::with_capacity(rows.len());
        for row in rows {
            take_turns(planned.len()).await;
            planned.push(match row.outcome {
                Ok(understood) => {
                    self.seen.insert(understood.record.urn);
                    if !self.covered.contains(&understood.record.la_code) {
                        self.covered.insert(understood.record.la_code.clone());
                    }
                    let known = known.get(&understood.record.urn);
                    self.decide(&caller, row.line, understood, known)?
                }
                Err(rejected) => {
                    self.nameless |= rejected.urn.is_none();
                    self.seen.extend(rejected.urn);
                    known::rejected(row.line, rejected, &self.la_codes, &known)
                }
            });
        }
        let closed: Vec<_> = planned.iter().filter_map(closes).collect();
        let mut affected = Affected::of(&caller, &closed).await?;
        for mut row in planned {
            row.affects = closes(&row).and_then(|id| affected.take(id));
            plan.push(row).await?;
        }
        Ok(())
    }

    /// Marks the schools that the file should have and has not: of the hub's own local authorities,
    /// and of those only the ones that the file covers.
    async fn end(&mut self, whole: bool, plan: &mut StagingWriter<'_>) -> Result<()> {
        if !whole || self.nameless {
            let note = "schools missing from the source were not looked for: the file broke off, or a row of it does \
                        not say whose it is";
            plan.tally().note.replace(Some(note.to_owned()));
            return Ok(());
        }
        let caller = plan.caller().clone();
        let covered: Vec<_> = self.covered.intersection(&self.la_codes).cloned().collect();
        let mut after = Uuid::nil();
        loop {
            let rows = caller
                .rows::<school::Entity>()
                .filter(school::Column::Urn.is_not_null())
                .filter(school::Column::LaCode.is_in(covered.iter().cloned()))
                .filter(school::Column::Status.ne(SchoolStatus::Closed))
                .filter(school::Column::Id.gt(after))
                .order_by_asc(school::Column::Id)
                .limit(AT_ONCE as u64)
                .all(caller.db().reports())
                .await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            let missing = rows.iter().filter(|row| row.urn.is_some_and(|urn| !self.seen.contains(&urn)));
            let missing: Vec<_> = missing.collect();
            let ids: Vec<_> = missing.iter().map(|row| row.id).collect();
            let mut affected = Affected::of(&caller, &ids).await?;
            for before in missing {
                let now = school::Model { missing_from_source: true, ..before.clone() };
                // A school that was marked before stays as it is, and is reported again.
                let staged = Staged::of::<School>(Some(before), &now)?;
                let row = Planned::new(None, before.urn).becomes(ImportOutcome::MissingFromSource);
                plan.push(Planned { affects: affected.take(before.id), staged, ..row }).await?;
            }
        }
    }

    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        write.lock_above::<School>(None).await?;
        write.changed::<School>(part).await
    }

    async fn made(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        write.made::<School>(part).await
    }

    async fn store(write: &mut Write, part: &StagedPart) -> Result<()> {
        write.store_staged::<School>(part).await
    }
}

/// The school that a planned row closes.
fn closes(row: &Planned) -> Option<Uuid> {
    let staged = row.staged.as_ref().filter(|staged| staged.base_version.is_some())?;
    let status = staged.fields.get("status")?;
    (status.after == SchoolStatus::Closed.as_str()).then_some(staged.row_id)
}

/// The hub whose file it is.
///
/// # Errors
/// 422 for a hub without local authorities, of which no school would be taken.
pub async fn hub(caller: &Caller, db: &impl ConnectionTrait) -> Result<hub::Model> {
    let hub = caller.rows::<hub::Entity>().filter(hub::Column::Id.eq(caller.hub_id)).one(db).await?;
    let hub = hub.ok_or_else(Problem::not_found)?;
    if hub.la_codes.is_empty() {
        let fix = "the hub has no local authorities, so that every school would be out of its area: name them first, \
                    by PATCH /api/v1/hub with `la_codes`";
        return Err(Problem::invalid("", "no_la_codes", fix));
    }
    Ok(hub)
}
