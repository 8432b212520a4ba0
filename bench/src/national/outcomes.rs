//! What schools report and reach: figures of measures and results in music of ten years. Written after the years of
//! visits, whose schools they are of.

use std::collections::HashMap;

use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Caller;
use api::kernel::resource::write::Write;
use api::outcomes::measure_definition::shipped;
use entity::instant::Instant;
use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSource, ExamSubject};
use entity::outcomes::exam_result;
use entity::outcomes::measure_definition::MeasureBasis;
use entity::outcomes::measure_value::{self, ValueSource};
use entity::reports::metric_comparison;
use time::macros::datetime;
use uuid::Uuid;

use super::Made;
use crate::Outcome;
use crate::random::Random;

/// The years, the last of which runs.
const YEARS: [i32; 10] = [2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026];

/// The measures with how many parts each has beside its total, by sex and key stage: 22 figures a year, and so of all
/// hubs' schools some 5,000,000.
const MEASURES: [(&str, MeasureBasis, usize); 7] = [
    ("first_access_pupils", MeasureBasis::Headcount, 5),
    ("first_access_cohort", MeasureBasis::Headcount, 2),
    ("continuation_pupils", MeasureBasis::Headcount, 2),
    ("singing_pupils", MeasureBasis::Headcount, 2),
    ("instrumental_lessons_pupils", MeasureBasis::Headcount, 2),
    ("ensemble_pupils", MeasureBasis::Headcount, 2),
    ("singing_strategy", MeasureBasis::YesNo, 0),
];

/// The parts of a total: column and code.
const PARTS: [(&str, &str); 5] =
    [("sex", "girls"), ("sex", "boys"), ("key_stage", "ks1"), ("key_stage", "ks2"), ("key_stage", "ks3")];

/// One school in five has results: each year of ten, five series of ten figures or so, of all hubs' schools some
/// 2,000,000.
const WITH_RESULTS: usize = 5;
const SERIES: [(ExamQualification, ExamSubject); 5] = [
    (ExamQualification::Gcse, ExamSubject::Music),
    (ExamQualification::Gcse, ExamSubject::PerformingArts),
    (ExamQualification::ALevel, ExamSubject::Music),
    (ExamQualification::AsLevel, ExamSubject::Music),
    (ExamQualification::Btec, ExamSubject::Music),
];
const GRADES: [&str; 8] = ["9", "8", "7", "6", "5", "4", "3", "2"];

/// So many rows are written in one transaction.
const AT_ONCE: usize = 40_000;

/// What was written for a hub.
pub struct Figures {
    pub values: usize,
    pub results: usize,
}

fn entered() -> Instant {
    datetime!(2026-11-30 08:00 UTC).into()
}

fn label(year: i32) -> String {
    format!("{year}/{:02}", (year + 1) % 100)
}

/// Writes the figures of a hub, without entries in the change log, and lets it compare two metrics.
pub async fn write(state: &State, hub: &Made) -> Outcome<Figures> {
    let caller = Caller::system(state.clone(), hub.id);
    let published = Write::value_of(&caller, async |write| shipped::publish(write).await);
    let published = published.await.map_err(|problem| problem.to_string())?;
    let definitions: HashMap<_, _> = published.into_iter().map(|definition| (definition.code, definition.id)).collect();
    let mut random = Random::new(super::SEED ^ (hub.open.len() as u64) << 16);
    let (mut values, mut results) = (Vec::new(), Vec::new());
    let mut written = Figures { values: 0, results: 0 };
    // A school that closed has the figures of its last years, which count under the school that came from it.
    let open = hub.open.iter().map(|school| (*school, i32::MAX));
    let schools: Vec<(Uuid, i32)> = open.chain(hub.closed.iter().copied()).collect();
    for (number, (school, end)) in schools.iter().enumerate() {
        for year in YEARS.iter().copied().filter(|year| year < end) {
            let begin = values.len();
            measures(hub.id, *school, &label(year), &mut random, &mut values);
            for value in &mut values[begin..] {
                value.definition_id = definitions.get(&value.definition_code).copied();
            }
            if number % WITH_RESULTS == 0 {
                exams(hub.id, *school, &label(year), &mut random, &mut results);
            }
        }
        if values.len() >= AT_ONCE || number + 1 == schools.len() {
            written.values += values.len();
            written.results += results.len();
            let done = Write::value_of(&caller, async |write| {
                write.insert_rows::<measure_value::Entity>(&values).await?;
                write.insert_rows::<exam_result::Entity>(&results).await?;
                Ok(())
            });
            done.await.map_err(|problem| problem.to_string())?;
            values.clear();
            results.clear();
        }
    }
    let compared: Vec<_> = ["schools_visited", "first_access"].map(|metric| comparison(hub.id, metric)).into();
    let done = Write::value_of(&caller, async |write| {
        write.insert_rows::<metric_comparison::Entity>(&compared).await?;
        Ok(())
    });
    done.await.map_err(|problem| problem.to_string())?;
    Ok(written)
}

fn measures(hub_id: Uuid, school_id: Uuid, year: &str, random: &mut Random, rows: &mut Vec<measure_value::Model>) {
    for (code, basis, parts) in MEASURES {
        let total = if basis == MeasureBasis::YesNo { random.between(0, 1) } else { random.between(0, 90) };
        rows.push(value(hub_id, school_id, year, code, basis, None, i64::from(total)));
        for part in PARTS.iter().take(parts) {
            let value_of_part = i64::from(total) / 3;
            rows.push(value(hub_id, school_id, year, code, basis, Some(*part), value_of_part));
        }
    }
}

fn value(
    hub_id: Uuid,
    school_id: Uuid,
    academic_year: &str,
    code: &str,
    basis: MeasureBasis,
    part: Option<(&str, &str)>,
    figure: i64,
) -> measure_value::Model {
    let of = |column: &str| part.filter(|(name, _)| *name == column).map(|(_, code)| code.to_owned());
    let cell = part.map(|(name, code)| format!("{name}={code}")).unwrap_or_default();
    measure_value::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        school_id,
        academic_year: academic_year.to_owned(),
        definition_code: code.to_owned(),
        definition_id: None,
        key_stage: of("key_stage"),
        year_group: None,
        sex: of("sex"),
        send: None,
        pupil_premium: None,
        terms: None,
        instrument: None,
        provider_id: None,
        value: Some(figure),
        missing_reason: None,
        source: ValueSource::Reported,
        estimated: false,
        note: None,
        breakdown: part.map(|(name, _)| name.to_owned()).unwrap_or_default(),
        row_key: format!("{school_id}/{academic_year}/{code}/{cell}"),
        cell,
        basis,
        suppressed: basis != MeasureBasis::YesNo && (1..=5).contains(&figure),
    }
}

fn exams(hub_id: Uuid, school_id: Uuid, year: &str, random: &mut Random, rows: &mut Vec<exam_result::Model>) {
    for (qualification, subject) in SERIES {
        let mut total = 0;
        for grade in GRADES {
            let pupils = random.between(0, 9);
            total += pupils;
            rows.push(result(hub_id, school_id, year, (qualification, subject), Some(grade), pupils));
        }
        rows.push(result(hub_id, school_id, year, (qualification, subject), None, total));
    }
}

fn result(
    hub_id: Uuid,
    school_id: Uuid,
    academic_year: &str,
    (qualification, subject): (ExamQualification, ExamSubject),
    grade: Option<&str>,
    pupils: i32,
) -> exam_result::Model {
    exam_result::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        school_id,
        academic_year: academic_year.to_owned(),
        qualification,
        subject,
        title: None,
        basis: ExamBasis::Entries,
        kind: if grade.is_some() { ExamFigureKind::Grade } else { ExamFigureKind::Total },
        grade: grade.map(str::to_owned),
        pupils: Some(pupils),
        missing_reason: None,
        source: ExamSource::Imported,
        series: format!("{qualification}/{subject}/entries//"),
        cell: grade.map_or_else(|| "total".to_owned(), |grade| format!("grade/{grade}")),
        published_urn: None,
        suppressed: (1..=5).contains(&pupils),
    }
}

fn comparison(hub_id: Uuid, metric: &str) -> metric_comparison::Model {
    metric_comparison::Model {
        hub_id,
        id: Uuid::now_v7(),
        version: 1,
        created_at: entered(),
        updated_at: entered(),
        archived_at: None,
        metric: metric.to_owned(),
        note: None,
    }
}
