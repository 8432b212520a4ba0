//! Results of schools, figure by figure against the hub's own.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;

use entity::kernel::import_row::{self, ImportOutcome};
use entity::outcomes::exam_parts::ExamSource;
use entity::outcomes::exam_result;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::super::known::fresh;
use super::super::plan::{Planned, StagingWriter, take_turns};
use super::super::reading::{Opened, Rows};
use super::super::source::Source;
use super::stated::{Stated, Wrong};
use super::{ExamFile, NO_YEAR, Of, REPEATED};
use crate::exchange::exams::ExamFigure;
use crate::exchange::extract::{Refused, Row, Understood, remark};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{Form, Resource};
use crate::kernel::resource::write::{StagedPart, Write};
use crate::outcomes::exams::exam_result::ExamResult;
use crate::outcomes::exams::exam_result::NewExamResult;
use crate::outcomes::exams::rules::{Figured, suppressed};
use crate::outcomes::exams::store::{self, SeriesKey, series_of};
use crate::schools::store::successors::{Led, Successors};

/// The results of schools in a kind of file.
pub struct Results<F> {
    successors: Successors,
    stated: Stated<(Uuid, u32)>,
    /// The years that the file has had.
    years: HashMap<String, u32>,
    /// The series of the chunks so far, by their hashes.
    seen: HashSet<u64>,
    /// The series of which the file has parts in several chunks.
    split: HashSet<SeriesKey>,
    hashes: RandomState,
    file: Of<F>,
}

/// A figure with the row that it would become.
struct Wanted {
    urn: Option<i32>,
    /// The school's own URN, where it is the successor of the one in the file.
    leads_to: Option<i32>,
    row: Planned,
    /// None where it is decided already.
    after: Option<exam_result::Model>,
    column: &'static str,
}

impl<F> Results<F> {
    /// For the schools of the hub.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn new(caller: &Caller) -> Result<Self> {
        Ok(Self {
            successors: Successors::of(caller, caller.db().reports(), caller.today()).await?,
            stated: Stated::default(),
            years: HashMap::new(),
            seen: HashSet::new(),
            split: HashSet::new(),
            hashes: RandomState::new(),
            file: PhantomData,
        })
    }

    /// What a row of the file wants, before anything is looked up.
    fn wanted(&self, caller: &Caller, row: Row<ExamFigure>) -> Wanted {
        let line = row.line;
        let decided = |row: Planned, urn| Wanted { urn, leads_to: None, row, after: None, column: "" };
        let Understood { record, warnings, .. } = match row.outcome {
            Ok(understood) => understood,
            Err(rejected) => {
                let urn = rejected.urn;
                // What is wrong with results of schools elsewhere is no concern of the hub's.
                let elsewhere = urn.is_some_and(|urn| self.successors.lead(urn) == Led::Nowhere);
                let row = Planned::rejected(line, rejected);
                return decided(if elsewhere { row.becomes(ImportOutcome::OutOfArea) } else { row }, urn);
            }
        };
        let urn = record.urn();
        let row = Planned { warnings, ..Planned::new(Some(line), urn) };
        let rejected = |row: Planned, code, column, message: String| {
            decided(row.becomes(ImportOutcome::Rejected).because(code, column, message), urn)
        };
        let Some(of) = urn else { return decided(row.becomes(ImportOutcome::OutOfArea), urn) };
        let (school_id, leads_to) = match self.successors.lead(of) {
            Led::Here(id) => (id, None),
            Led::On(id, urn) => (id, Some(urn)),
            Led::Archived => return decided(row.archived(), urn),
            Led::Nowhere => return decided(row.becomes(ImportOutcome::OutOfArea), urn),
            Led::Several(urns) => {
                let message = format!("the school became several ({urns:?}): record its results for one of them");
                return rejected(row, "several_successors", Some("URN"), message);
            }
        };
        let Some(academic_year) = record.academic_year.clone() else {
            return rejected(row, "no_year", None, NO_YEAR.to_owned());
        };
        let kind = record.kind();
        let form = NewExamResult {
            school_id,
            academic_year,
            qualification: record.qualification,
            subject: record.subject,
            title: record.title,
            basis: record.basis,
            kind,
            grade: record.grade,
            pupils: record.stated.ok(),
            missing_reason: record.stated.err(),
            source: ExamSource::Imported,
            published_urn: leads_to.and(urn),
        };
        if let Some(fault) = ExamResult::faults(&form).into_iter().next() {
            return rejected(row, "at_odds", Some(record.column), fault.message);
        }
        let mut after = form.into_row(fresh(caller));
        ExamResult::complete(&mut after);
        Wanted { urn, leads_to, row, after: Some(after), column: record.column }
    }

    /// Decides about a figure beside the one that the hub has in its place.
    fn decide(&mut self, wanted: Wanted, known: Option<&exam_result::Model>) -> Result<Planned> {
        let Wanted { mut row, after, column, urn, leads_to } = wanted;
        let Some(after) = after else { return Ok(row) };
        let years = self.years.len();
        let year = match self.years.get(&after.academic_year) {
            Some(year) => *year,
            None => *self.years.entry(after.academic_year.clone()).or_insert(u32::try_from(years).unwrap_or(u32::MAX)),
        };
        let figure = after.figure();
        let whose = (after.school_id, year);
        match self.stated.add(whose, &after.series, after.qualification, figure.grade, figure.pupils) {
            Ok(()) => {}
            Err(Wrong::Repeated) => {
                return Ok(row.becomes(ImportOutcome::Rejected).because("repeated", Some("grade"), REPEATED));
            }
            Err(Wrong::Contradicts(found)) => {
                let message = found.told(&figure, None);
                return Ok(row.becomes(ImportOutcome::Rejected).because("contradiction", Some(column), message));
            }
        }
        if let (Some(leads_to), Some(urn)) = (leads_to, urn) {
            let message = format!("published under {urn}: taken for its successor, {leads_to}");
            row.warnings.push(remark("successor", Some("URN"), message));
        }
        match known {
            Some(before) if before.archived_at.is_some() => Ok(row.archived()),
            Some(before) => {
                let after = exam_result::Model {
                    pupils: after.pupils,
                    missing_reason: after.missing_reason,
                    source: after.source,
                    suppressed: after.suppressed,
                    ..before.clone()
                };
                row.settle::<ExamResult>(Some(before), &after)
            }
            None => row.settle::<ExamResult>(None, &after),
        }
    }
}

/// The place of a row that no other has.
type Place = (SeriesKey, String);

fn place(row: &exam_result::Model) -> Place {
    (series_of(row), row.cell.clone())
}

/// A figure of a series: its place in the chunk, or the row that the hub has.
type Beside<'a> = (Option<usize>, Option<&'a exam_result::Model>);

/// Says in the rows that a chunk wants whether they are suppressed, by what the chunk and the hub have of their series.
/// A series of which another part is elsewhere in the file is settled with the last part.
fn flag(all: &mut [Wanted], known: &HashMap<Place, exam_result::Model>) {
    let mut series: HashMap<SeriesKey, Vec<Beside<'_>>> = HashMap::new();
    let mut wanted: HashSet<Place> = HashSet::new();
    for (at, after) in all.iter().enumerate().filter_map(|(at, wanted)| Some((at, wanted.after.as_ref()?))) {
        series.entry(series_of(after)).or_default().push((Some(at), None));
        wanted.insert(place(after));
    }
    for row in known.values().filter(|row| row.archived_at.is_none() && !wanted.contains(&place(row))) {
        series.entry(series_of(row)).or_default().push((None, Some(row)));
    }
    for members in series.into_values() {
        let row = |(at, row): &(Option<usize>, _)| at.map_or(*row, |at| all[at].after.as_ref());
        let rows: Vec<&exam_result::Model> = members.iter().filter_map(row).collect();
        let flags = suppressed(rows.iter().map(|row| (row.figure().grade, row.figure().pupils)));
        for ((at, _), flag) in members.into_iter().zip(flags) {
            if let Some(after) = at.and_then(|at| all[at].after.as_mut()) {
                after.suppressed = flag;
            }
        }
    }
}

impl<F: ExamFile> Source for Results<F> {
    type Record = ExamFigure;

    fn read(file: Opened, rows: &mut Rows<ExamFigure>) -> std::result::Result<(), Refused> {
        F::read(file, rows)
    }

    async fn plan(&mut self, rows: Vec<Row<ExamFigure>>, plan: &mut StagingWriter<'_>) -> Result<()> {
        let caller = plan.caller().clone();
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            take_turns(all.len()).await;
            all.push(self.wanted(&caller, row));
        }
        let mut keys: Vec<_> = all.iter().filter_map(|wanted| wanted.after.as_ref()).map(series_of).collect();
        keys.sort_unstable();
        keys.dedup();
        let known = store::of_series(&caller, caller.db().reports(), &keys).await?;
        let known: HashMap<Place, exam_result::Model> = known.into_iter().map(|row| (place(&row), row)).collect();
        flag(&mut all, &known);
        let again = keys.into_iter().filter(|key| !self.seen.insert(self.hashes.hash_one(key)));
        self.split.extend(again);
        for wanted in all {
            let before = wanted.after.as_ref().and_then(|after| known.get(&place(after)));
            let planned = self.decide(wanted, before)?;
            plan.push(planned).await?;
        }
        Ok(())
    }

    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        write.changed::<ExamResult>(part).await
    }

    /// A figure has no key of one column by which the kernel would find it.
    #[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
    async fn made(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        let new = part.planned().add(import_row::Column::BaseVersion.is_null());
        let new = import_row::Entity::find().filter(new).all(write.tx()).await?;
        let place_of = |row: &import_row::Model| {
            let keys = row.keys.as_ref()?;
            let text = |name: &str| keys[name].as_str().map(str::to_owned);
            Some(((row.school_id?, text("academic_year")?, text("series")?), text("cell")?))
        };
        let new: Vec<_> = new.iter().filter_map(|row| Some((row.number, place_of(row)?))).collect();
        let keys: Vec<_> = new.iter().map(|(_, (series, _))| series.clone()).collect();
        let known = store::of_series(write.caller(), write.tx(), &keys).await?;
        let known: HashSet<Place> = known.iter().map(place).collect();
        Ok(new.into_iter().filter(|(_, place)| known.contains(place)).map(|(number, _)| number).collect())
    }

    async fn store(write: &mut Write, part: &StagedPart) -> Result<()> {
        write.store_staged::<ExamResult>(part).await
    }

    async fn settle(&self, write: &mut Write) -> Result<()> {
        store::settle(write, self.split.iter().cloned().collect()).await
    }
}
