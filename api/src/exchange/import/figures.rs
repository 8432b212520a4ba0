//! Figures of schools on their way in, by the template of a collection.
//!
//! A total and its parts are held against each other, wherever they stand in the file: rows are gathered first, and
//! planned when the file has been read. They keep their order in the report.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::kernel::import_row::{self, ImportOutcome};
use entity::outcomes::measure_value::{self, Column, ValueSource};
use entity::outcomes::{measure_definition, measure_value::Model};
use entity::schools::school;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::known::fresh;
use super::plan::{Planned, StagingWriter, take_turns};
use super::reading::{Opened, Rows};
use super::source::Source;
use crate::exchange::extract::{Refused, Row, Understood};
use crate::exchange::measures::{self, FigureRow};
use crate::kernel::base::problem::{Fault, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{Form, Resource};
use crate::kernel::resource::write::{StagedPart, Write};
use crate::outcomes::measure_value::MeasureValue;
use crate::outcomes::measure_value::NewMeasureValue;
use crate::outcomes::rules;
use crate::outcomes::rules::family;
use crate::outcomes::rules::family::FamilyKey;
use crate::outcomes::store;

/// How many rows a file may have: more are sent in several files, by school or by year.
const MOST: usize = 200_000;

/// How many schools are looked up at once.
const AT_ONCE: usize = 200;

/// The figures on their way in.
pub struct Figures {
    academic_year: Option<String>,
    rows: Vec<Row<FigureRow>>,
}

/// A row with the figure that it would become.
struct Wanted {
    row: Planned,
    /// None where it is decided already.
    after: Option<Model>,
}

/// What the hub has.
struct Known {
    by_urn: HashMap<i32, Uuid>,
    schools: HashSet<Uuid>,
    definitions: Vec<measure_definition::Model>,
    figures: HashMap<String, Model>,
}

impl Figures {
    /// For figures of a year, where the rows name none.
    pub const fn new(academic_year: Option<String>) -> Self {
        Self { academic_year, rows: Vec::new() }
    }

    /// What a row wants, by itself.
    fn wanted(&self, caller: &Caller, row: Row<FigureRow>, known: &Known, seen: &mut HashMap<String, u64>) -> Wanted {
        let line = row.line;
        let Understood { record, warnings, .. } = match row.outcome {
            Ok(understood) => understood,
            Err(rejected) => return Wanted { row: Planned::rejected(line, rejected), after: None },
        };
        let planned = Planned { warnings, ..Planned::new(Some(line), record.urn) };
        let refused = |planned: Planned, code, column, message: String| {
            let row = planned.becomes(ImportOutcome::Rejected).because(code, Some(column), message);
            Wanted { row, after: None }
        };
        let by_id = record.school_id.filter(|id| known.schools.contains(id));
        let school = by_id.or_else(|| record.urn.and_then(|urn| known.by_urn.get(&urn)).copied());
        let Some(school_id) = school else {
            return Wanted { row: planned.becomes(ImportOutcome::OutOfArea), after: None };
        };
        let Some(academic_year) = record.academic_year.clone().or_else(|| self.academic_year.clone()) else {
            let fix = "name the year in the row, or in the parameter `academic_year`";
            return refused(planned, "required", "academic_year", fix.to_owned());
        };
        if record.value.is_none() && record.missing_reason.is_none() {
            let fix = "neither a figure nor a reason: nothing changes";
            return Wanted { row: planned.because("blank", Some("value"), fix), after: None };
        }
        let form = form(school_id, academic_year, record);
        if let Some(fault) = MeasureValue::faults(&form).into_iter().next() {
            return refused(planned, "at_odds", column_of(&fault), fault.message);
        }
        let mut after = form.into_row(fresh(caller));
        MeasureValue::complete(&mut after);
        if let Some(first) = seen.insert(after.row_key.clone(), line) {
            let message = format!("the same figure stands on line {first}: keep one of the two");
            return refused(planned, "repeated", "measure", message);
        }
        let definition = match rules::edition_of(&after.definition_code, None, &known.definitions) {
            Ok(definition) => definition,
            Err(fault) => return refused(planned, "unknown_measure", "measure", fault.message),
        };
        let faults = rules::codes(definition, &after.codes()).into_iter();
        if let Some(fault) = faults.chain(rules::figure(definition.basis, after.value)).next() {
            return refused(planned, "at_odds", column_of(&fault), fault.message);
        }
        after.definition_id = Some(definition.id);
        after.basis = definition.basis;
        match known.figures.get(&after.row_key) {
            Some(before) if before.archived_at.is_some() => Wanted { row: planned.archived(), after: None },
            Some(before) => Wanted { row: planned, after: Some(over(before, after)) },
            None => Wanted { row: planned, after: Some(after) },
        }
    }
}

/// The column of the file that a fault is about.
fn column_of(fault: &Fault) -> &'static str {
    match fault.pointer.as_str() {
        "/academic_year" => "academic_year",
        "/missing_reason" => "missing_reason",
        "/value" => "value",
        _ => "breakdown",
    }
}

fn form(school_id: Uuid, academic_year: String, record: FigureRow) -> NewMeasureValue {
    use entity::outcomes::measure_definition::DimensionName as Name;

    let mut codes: HashMap<Name, String> = record.codes.into_iter().collect();
    NewMeasureValue {
        school_id,
        academic_year,
        definition_code: record.code,
        definition_id: None,
        key_stage: codes.remove(&Name::KeyStage),
        year_group: codes.remove(&Name::YearGroup),
        sex: codes.remove(&Name::Sex),
        send: codes.remove(&Name::Send),
        pupil_premium: codes.remove(&Name::PupilPremium),
        terms: codes.remove(&Name::Terms),
        instrument: codes.remove(&Name::Instrument),
        provider_id: None,
        value: record.value,
        missing_reason: record.missing_reason,
        source: ValueSource::Imported,
        estimated: record.estimated.unwrap_or(false),
        note: record.note,
    }
}

/// What a row says, laid over the figure that the hub has. A figure that is the same keeps where it came from.
fn over(before: &Model, after: Model) -> Model {
    let same =
        (before.value, before.missing_reason, before.estimated) == (after.value, after.missing_reason, after.estimated);
    Model {
        value: after.value,
        missing_reason: after.missing_reason,
        estimated: after.estimated,
        note: after.note.or_else(|| before.note.clone()),
        source: if same { before.source } else { after.source },
        basis: if same { before.basis } else { after.basis },
        ..before.clone()
    }
}

/// Looks up what the rows refer to.
async fn known(caller: &Caller, rows: &[Row<FigureRow>]) -> Result<Known> {
    let db = caller.db().reports();
    let schools = caller.rows::<school::Entity>().select_only().columns([school::Column::Id, school::Column::Urn]);
    let schools: Vec<(Uuid, Option<i32>)> = schools.into_tuple().all(db).await?;
    let by_urn: HashMap<i32, Uuid> = schools.iter().filter_map(|(id, urn)| Some(((*urn)?, *id))).collect();
    let ids: HashSet<Uuid> = schools.into_iter().map(|(id, _)| id).collect();
    let understood = || rows.iter().filter_map(|row| row.outcome.as_ref().ok());
    let named = understood().filter_map(|row| {
        let by_id = row.record.school_id.filter(|id| ids.contains(id));
        by_id.or_else(|| row.record.urn.and_then(|urn| by_urn.get(&urn)).copied())
    });
    let named: Vec<Uuid> = named.collect::<BTreeSet<_>>().into_iter().collect();
    let codes: BTreeSet<&str> = understood().map(|row| row.record.code.as_str()).collect();
    let mut figures = HashMap::new();
    for some in named.chunks(AT_ONCE) {
        let found = caller
            .rows_archived::<measure_value::Entity>()
            .filter(Column::SchoolId.is_in(some.iter().copied()))
            .filter(Column::DefinitionCode.is_in(codes.iter().copied()));
        figures.extend(found.all(db).await?.into_iter().map(|row| (row.row_key.clone(), row)));
    }
    let definitions = store::definitions(caller, db).await?;
    Ok(Known { by_urn, schools: ids, definitions, figures })
}

/// Holds the figures of each family against each other as they will be. Gives the other figures that are suppressed or
/// shown with them.
fn settle(all: &mut [Wanted], known: &Known) -> Vec<(Model, Model)> {
    let mut families: BTreeMap<FamilyKey, Vec<usize>> = BTreeMap::new();
    for (at, wanted) in all.iter().enumerate() {
        if let Some(after) = &wanted.after {
            families.entry(family::key(after)).or_default().push(at);
        }
    }
    let mut others: HashMap<FamilyKey, Vec<&Model>> = HashMap::new();
    for row in known.figures.values().filter(|row| row.archived_at.is_none()) {
        others.entry(family::key(row)).or_default().push(row);
    }
    let mut flipped = Vec::new();
    for (key, places) in families {
        let own: HashSet<&str> =
            places.iter().filter_map(|at| Some(all[*at].after.as_ref()?.row_key.as_str())).collect();
        let beside: Vec<&Model> = others.remove(&key).unwrap_or_default();
        let beside: Vec<&Model> = beside.into_iter().filter(|row| !own.contains(row.row_key.as_str())).collect();
        let rows: Vec<&Model> =
            beside.iter().copied().chain(places.iter().filter_map(|at| all[*at].after.as_ref())).collect();
        let Some(definition) = family::edition(&rows, &known.definitions) else { continue };
        if let Some(message) = family::contradiction(&key.2, &definition.dimensions, &rows) {
            for at in places {
                let wanted = &mut all[at];
                let row = std::mem::replace(&mut wanted.row, Planned::new(None, None));
                wanted.row =
                    row.becomes(ImportOutcome::Rejected).because("contradiction", Some("value"), message.clone());
                wanted.after = None;
            }
            continue;
        }
        let suppressed = family::suppressed(&family::dimensions(&rows, &known.definitions), &rows);
        let stale = beside.into_iter().filter(|row| row.suppressed != suppressed.contains(&row.id));
        flipped.extend(stale.map(|row| (row.clone(), Model { suppressed: !row.suppressed, ..row.clone() })));
        for at in places {
            if let Some(after) = &mut all[at].after {
                after.suppressed = suppressed.contains(&after.id);
            }
        }
    }
    flipped
}

impl Source for Figures {
    type Record = FigureRow;

    fn read(file: Opened, rows: &mut Rows<FigureRow>) -> std::result::Result<(), Refused> {
        let mut file = file;
        if measures::is_workbook(&mut file.file)? {
            return measures::rows_of_workbook(file.file, |row| rows.push(row));
        }
        rows.extract(file, Rows::push)
    }

    async fn plan(&mut self, rows: Vec<Row<FigureRow>>, plan: &mut StagingWriter<'_>) -> Result<()> {
        for row in rows {
            if self.rows.len() < MOST {
                self.rows.push(row);
                continue;
            }
            let fix = format!("a file has at most {MOST} rows: send the rest in a file of its own");
            let row = Planned::new(Some(row.line), None).becomes(ImportOutcome::Rejected);
            plan.push(row.because("too_many", None, fix)).await?;
        }
        Ok(())
    }

    async fn end(&mut self, _whole: bool, plan: &mut StagingWriter<'_>) -> Result<()> {
        let caller = plan.caller().clone();
        let rows = std::mem::take(&mut self.rows);
        let known = known(&caller, &rows).await?;
        let mut seen = HashMap::new();
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            take_turns(all.len()).await;
            all.push(self.wanted(&caller, row, &known, &mut seen));
        }
        let flipped = settle(&mut all, &known);
        for Wanted { row, after } in all {
            let Some(after) = after else {
                plan.push(row).await?;
                continue;
            };
            let before = known.figures.get(&after.row_key);
            plan.push(row.settle::<MeasureValue>(before, &after)?).await?;
        }
        for (before, after) in flipped {
            let row = Planned::new(None, None).settle::<MeasureValue>(Some(&before), &after)?;
            plan.push(row.becomes(ImportOutcome::Implied)).await?;
        }
        Ok(())
    }

    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        write.changed::<MeasureValue>(part).await
    }

    /// A figure has a key that follows from several fields.
    #[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
    async fn made(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        let new = part.planned().add(import_row::Column::BaseVersion.is_null());
        let new = import_row::Entity::find().filter(new).all(write.tx()).await?;
        let key = |row: &import_row::Model| row.planned.as_ref()?["row_key"].as_str().map(str::to_owned);
        let new: Vec<(i64, String)> = new.iter().filter_map(|row| Some((row.number, key(row)?))).collect();
        let keys = Condition::all().add(Column::RowKey.is_in(new.iter().map(|(_, key)| key.as_str())));
        let known = write.rows_archived::<measure_value::Entity>(keys).await?;
        let known: HashSet<String> = known.into_iter().map(|row| row.row_key).collect();
        Ok(new.into_iter().filter(|(_, key)| known.contains(key)).map(|(number, _)| number).collect())
    }

    async fn store(write: &mut Write, part: &StagedPart) -> Result<()> {
        write.store_staged::<MeasureValue>(part).await
    }
}
