//! Results of areas, figure by figure against the hub's own.

use std::collections::{HashMap, HashSet};

use entity::kernel::import_row::{self, ImportOutcome};
use entity::outcomes::exam_parts::{ExamAreaLevel, ExamSource};
use entity::outcomes::exam_statistic;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::super::known::fresh;
use super::super::plan::{Planned, StagingWriter, take_turns};
use super::super::reading::{Opened, Rows};
use super::super::source::Source;
use super::stated::{Stated, Wrong};
use super::{NO_YEAR, REPEATED, areas};
use crate::exchange::exams::{ExamFigure, FigureOf};
use crate::exchange::extract::{Refused, Row, Understood};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{Form, Resource};
use crate::kernel::resource::write::{StagedPart, Write};
use crate::outcomes::exams::exam_statistic::ExamStatistic;
use crate::outcomes::exams::exam_statistic::NewExamStatistic;
use crate::outcomes::exams::rules::Figured;
use crate::outcomes::exams::store::{AreaSeriesKey, area_series_of, of_area_series};

/// The results of the hub's local authorities, of regions and of England.
pub struct Statistics {
    la_codes: HashSet<String>,
    stated: Stated<(&'static str, String, String)>,
}

/// The place of a row that no other has.
type Place = (AreaSeriesKey, String);

fn place(row: &exam_statistic::Model) -> Place {
    (area_series_of(row), row.cell.clone())
}

/// A figure with the row that it would become; none where it is decided already.
type Wanted = (Planned, Option<(exam_statistic::Model, &'static str)>);

impl Statistics {
    /// For the local authorities of the hub.
    pub fn new(la_codes: HashSet<String>) -> Self {
        Self { la_codes, stated: Stated::default() }
    }

    fn wanted(&self, caller: &Caller, row: Row<ExamFigure>) -> Wanted {
        let line = row.line;
        let Understood { record, warnings, .. } = match row.outcome {
            Ok(understood) => understood,
            Err(rejected) => {
                let elsewhere = rejected.la_code.as_ref().is_some_and(|code| !self.la_codes.contains(code));
                let row = Planned::rejected(line, rejected);
                return (if elsewhere { row.becomes(ImportOutcome::OutOfArea) } else { row }, None);
            }
        };
        let row = Planned { warnings, ..Planned::new(Some(line), None) };
        let kind = record.kind();
        let FigureOf::Area { level, code, name } = record.of else {
            return (row.becomes(ImportOutcome::OutOfArea), None);
        };
        if level == ExamAreaLevel::LocalAuthority && !self.la_codes.contains(&code) {
            return (row.becomes(ImportOutcome::OutOfArea), None);
        }
        let Some(academic_year) = record.academic_year else {
            return (row.becomes(ImportOutcome::Rejected).because("no_year", None, NO_YEAR), None);
        };
        let form = NewExamStatistic {
            area_level: level,
            area_code: code,
            area_name: name,
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
        };
        if let Some(fault) = ExamStatistic::faults(&form).into_iter().next() {
            let row = row.becomes(ImportOutcome::Rejected).because("at_odds", Some(record.column), fault.message);
            return (row, None);
        }
        let mut after = form.into_row(fresh(caller));
        ExamStatistic::complete(&mut after);
        (row, Some((after, record.column)))
    }

    fn decide(&mut self, (row, after): Wanted, known: Option<&exam_statistic::Model>) -> Result<Planned> {
        let Some((after, column)) = after else { return Ok(row) };
        let figure = after.figure();
        let whose = (after.area_level.as_str(), after.area_code.clone(), after.academic_year.clone());
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
        match known {
            Some(before) if before.archived_at.is_some() => Ok(row.archived()),
            Some(before) => {
                let after = exam_statistic::Model {
                    area_name: after.area_name.or_else(|| before.area_name.clone()),
                    pupils: after.pupils,
                    missing_reason: after.missing_reason,
                    source: after.source,
                    ..before.clone()
                };
                row.settle::<ExamStatistic>(Some(before), &after)
            }
            None => row.settle::<ExamStatistic>(None, &after),
        }
    }
}

impl Source for Statistics {
    type Record = ExamFigure;

    fn read(file: Opened, rows: &mut Rows<ExamFigure>) -> std::result::Result<(), Refused> {
        areas(file, rows)
    }

    async fn plan(&mut self, rows: Vec<Row<ExamFigure>>, plan: &mut StagingWriter<'_>) -> Result<()> {
        let caller = plan.caller().clone();
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            take_turns(all.len()).await;
            all.push(self.wanted(&caller, row));
        }
        let keys: Vec<_> =
            all.iter().filter_map(|(_, after)| after.as_ref()).map(|(row, _)| area_series_of(row)).collect();
        let known = of_area_series(&caller, caller.db().reports(), &keys).await?;
        let known: HashMap<Place, exam_statistic::Model> = known.into_iter().map(|row| (place(&row), row)).collect();
        for wanted in all {
            let before = wanted.1.as_ref().and_then(|(after, _)| known.get(&place(after)));
            let planned = self.decide(wanted, before)?;
            plan.push(planned).await?;
        }
        Ok(())
    }

    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        write.changed::<ExamStatistic>(part).await
    }

    /// A figure has no key of one column by which the kernel would find it.
    #[expect(clippy::disallowed_methods, reason = "the rows of this very import")]
    async fn made(write: &Write, part: &StagedPart) -> Result<Vec<i64>> {
        let new = part.planned().add(import_row::Column::BaseVersion.is_null());
        let new = import_row::Entity::find().filter(new).all(write.tx()).await?;
        let place_of = |row: &import_row::Model| {
            let keys = row.keys.as_ref()?;
            let text = |name: &str| keys[name].as_str().map(str::to_owned);
            let levels = ExamAreaLevel::ALL.iter().map(|level| level.as_str());
            let level = levels.into_iter().find(|level| keys["area_level"] == *level)?;
            Some(((level, text("area_code")?, text("academic_year")?, text("series")?), text("cell")?))
        };
        let new: Vec<_> = new.iter().filter_map(|row| Some((row.number, place_of(row)?))).collect();
        let keys: Vec<_> = new.iter().map(|(_, (series, _))| series.clone()).collect();
        let known = of_area_series(write.caller(), write.tx(), &keys).await?;
        let known: HashSet<Place> = known.iter().map(place).collect();
        Ok(new.into_iter().filter(|(_, place)| known.contains(place)).map(|(number, _)| number).collect())
    }

    async fn store(write: &mut Write, part: &StagedPart) -> Result<()> {
        write.store_staged::<ExamStatistic>(part).await
    }
}
