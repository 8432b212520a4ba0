//! How many pupils and schools take part: the figures of one measure, by year, by what schools have in common, or by a
//! dimension of the measure.

pub mod picture;
mod statement;

use std::collections::BTreeMap;

use entity::outcomes::measure_definition::{self, DefinitionStatus, DimensionName};
use sea_orm::QueryResult;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::base::nearest::nearest;
use crate::kernel::base::problem::Code;
use crate::kernel::operations::suppression::{CountTable, ReportedCounts};
use crate::kernel::prelude::*;
use crate::outcomes::store;
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools, SchoolGrouping};
use crate::schools::store::successors;

/// The report.
pub struct Participation;

/// The measure of the report where none is named.
const MEASURE: &str = "first_access_pupils";

entity::choice! {
    /// By what the lines of the report are grouped.
    #[example = "area"]
    pub enum ParticipationGrouping {
        /// The area that the school lies in.
        Area = "area",
        /// The phase of education.
        Phase = "phase",
        /// The local authority.
        La = "la",
        /// The specialist leader who leads at the school on the day.
        Specialist = "specialist",
        /// The academic year, up to the one asked for.
        Year = "year",
        /// The key stage.
        KeyStage = "key_stage",
        /// The year group.
        YearGroup = "year_group",
        /// Girls and boys.
        Sex = "sex",
        /// Special educational needs and disabilities.
        Send = "send",
        /// Pupil premium.
        PupilPremium = "pupil_premium",
        /// The number of terms.
        Terms = "terms",
        /// The instrument.
        Instrument = "instrument",
    }
}

/// What a grouping looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Schools(SchoolGrouping),
    Year,
    Dimension(DimensionName),
}

impl ParticipationGrouping {
    const fn by(self) -> By {
        match self {
            Self::Area => By::Schools(SchoolGrouping::Area),
            Self::Phase => By::Schools(SchoolGrouping::Phase),
            Self::La => By::Schools(SchoolGrouping::La),
            Self::Specialist => By::Schools(SchoolGrouping::Specialist),
            Self::Year => By::Year,
            Self::KeyStage => By::Dimension(DimensionName::KeyStage),
            Self::YearGroup => By::Dimension(DimensionName::YearGroup),
            Self::Sex => By::Dimension(DimensionName::Sex),
            Self::Send => By::Dimension(DimensionName::Send),
            Self::PupilPremium => By::Dimension(DimensionName::PupilPremium),
            Self::Terms => By::Dimension(DimensionName::Terms),
            Self::Instrument => By::Dimension(DimensionName::Instrument),
        }
    }
}

/// Which figures count, and how they are grouped.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ParticipationQuery {
    /// The measure; `first_access_pupils` if absent.
    #[param(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "first_access_pupils")]
    pub definition_code: Option<String>,
    /// The academic year; the one of `as_at` if absent.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    pub academic_year: Option<String>,
    /// How many years there are at most, up to the one asked for, where the lines are years; 5 if absent.
    #[param(minimum = 1, maximum = 15, example = 5)]
    pub years: Option<i32>,
    /// By what the lines are grouped; by area if absent.
    #[param(inline)]
    pub by: Option<ParticipationGrouping>,
}

/// The figures of one group.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParticipationLine {
    /// What they have in common.
    pub group: ReportGroup,
    /// Schools in scope.
    #[schema(minimum = 0, example = 60)]
    pub schools: i64,
    /// Schools with a figure.
    pub answered: Share,
    /// Schools whose figure is more than 0, or yes.
    pub reached: Share,
    /// The figures added up, in the unit of the measure; null where there is none, and where it is withheld.
    #[schema(minimum = 0, example = 1_240)]
    pub value: Option<i64>,
    /// True if `value` is withheld, since it counts 1 to 5 pupils, or would give such a count away.
    #[schema(example = false)]
    pub suppressed: bool,
    /// How many figures `value` leaves out, since they are withheld from the caller.
    #[schema(minimum = 0, example = 0)]
    pub withheld_figures: i64,
    /// How many figures are best estimates.
    #[schema(minimum = 0, example = 3)]
    pub estimated: i64,
}

/// What was counted for a group.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    schools: i64,
    answered: i64,
    reached: i64,
    value: Option<i64>,
    withheld: i64,
    estimated: i64,
}

impl Counted {
    fn of(row: &QueryResult) -> Result<Self> {
        // A sum of nothing is null.
        let figure = |at: usize| Ok::<i64, Problem>(row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default());
        Ok(Self {
            schools: figure(1)?,
            answered: figure(2)?,
            reached: figure(3)?,
            value: row.try_get_by_index(4)?,
            withheld: figure(5)?,
            estimated: figure(6)?,
        })
    }

    fn and(self, other: Self) -> Self {
        let value = match (self.value, other.value) {
            (Some(one), Some(two)) => Some(one + two),
            (one, two) => one.or(two),
        };
        Self {
            schools: self.schools + other.schools,
            answered: self.answered + other.answered,
            reached: self.reached + other.reached,
            value,
            withheld: self.withheld + other.withheld,
            estimated: self.estimated + other.estimated,
        }
    }

    fn line(self, group: ReportGroup, hidden: bool) -> ParticipationLine {
        let share = |count| Share::of(count, self.schools, reported::IN_SCOPE);
        // Where every figure is withheld there is no sum of others to show.
        let suppressed = hidden || self.value.unwrap_or(0) == 0 && self.withheld > 0;
        ParticipationLine {
            group,
            schools: self.schools,
            answered: share(self.answered),
            reached: share(self.reached),
            value: self.value.filter(|_| !suppressed),
            suppressed,
            withheld_figures: self.withheld,
            estimated: self.estimated,
        }
    }
}

impl ReportSource for Participation {
    const NAME: &'static str = "participation";
    type Query = And<ParticipationQuery, ReportedSchools>;
    type Line = ParticipationLine;

    async fn read(reading: &ReportReading<'_>, And(query, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let code = query.definition_code.as_deref().unwrap_or(MEASURE);
        let definition = definition(reading, code).await?;
        let year = query.academic_year.clone().unwrap_or_else(|| academic_year(reading.as_at));
        let by = query.by.unwrap_or(ParticipationGrouping::Area).by();
        let counts = reading.caller.reported_counts(Scope::WriteOutcomes);
        let by_schools = if let By::Schools(by) = by { Some(by) } else { None };
        let counted = reported::schools(reading, schools, by_schools).await?;
        let counted = successors::with_former(reading, counted).await?;
        let wanted = statement::Wanted {
            code,
            years: years(&year, if by == By::Year { query.years.unwrap_or(5) } else { 1 })?,
            by,
            only_shown: counts == ReportedCounts::Shown,
        };
        let mut found: Vec<(Option<String>, Counted)> = Vec::new();
        for row in reading.all(&wanted.statement(reading.caller, &counted)).await? {
            found.push((wanted.value(&row)?, Counted::of(&row)?));
        }
        let sum = found.iter().fold(Counted::default(), |all, (_, one)| all.and(*one));
        let all = match by {
            By::Schools(_) => Some(sum),
            By::Year | By::Dimension(_) => {
                let whole = reading.one(&wanted.schools(reading.caller, &counted)).await?;
                let whole = whole.map(|row| Counted::of(&row)).transpose()?.unwrap_or_default();
                let years = wanted.years.iter().filter(|_| by == By::Year);
                of_the_same_schools(&mut found, whole.schools, years);
                let Counted { schools, answered, reached, .. } = whole;
                (by != By::Year).then_some(Counted { schools, answered, reached, ..sum })
            }
        };
        let (values, counted): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let hidden = hidden(counts, &definition, &counted, all.as_ref());
        let groups = groups(reading, by, values).await?;
        let mut lines: Vec<_> = groups
            .into_iter()
            .zip(counted.into_iter().zip(hidden.lines))
            .map(|(group, (counted, hidden))| counted.line(group, hidden))
            .collect();
        order(by, &definition, &mut lines);
        let total = all.map(|all| all.line(ReportGroup::all(), hidden.total));
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: reported::SCOPE, lines, total, found })
    }
}

/// The measure with a code, in its last edition.
async fn definition(reading: &ReportReading<'_>, code: &str) -> Result<measure_definition::Model> {
    let known = store::definitions(reading.caller, reading.db()).await?;
    let in_use = |one: &&measure_definition::Model| one.status != DefinitionStatus::Draft;
    if let Some(found) = known.iter().filter(in_use).rfind(|one| one.code == code) {
        return Ok(found.clone());
    }
    let near = nearest(code, known.iter().filter(in_use).map(|one| one.code.as_str()));
    let fix = near.map_or_else(|| "see GET /measure-definitions".to_owned(), |near| format!("did you mean `{near}`?"));
    Err(refused("definition_code", "unknown_reference", &format!("no measure `{code}` is in use: {fix}")))
}

fn refused(parameter: &str, code: &str, message: &str) -> Problem {
    let fault = Fault::new(format!("?{parameter}"), code, message);
    Problem::new(Code::BadParameter, format!("?{parameter}: {message}")).with(fault)
}

/// So many academic years up to one, in their order.
fn years(last: &str, count: i32) -> Result<Vec<String>> {
    let (first_day, _) = academic_year::days(last).ok_or_else(|| {
        let message = "an academic year is a year and the last two digits of the next, such as 2016/17";
        refused("academic_year", "order", message)
    })?;
    let years = (0..count).rev().filter_map(|back| first_day.replace_year(first_day.year() - back).ok());
    Ok(years.map(academic_year).collect())
}

/// Has each year and each part count of so many schools, whether any of them has a figure or not.
fn of_the_same_schools<'a>(
    found: &mut Vec<(Option<String>, Counted)>,
    schools: i64,
    years: impl Iterator<Item = &'a String>,
) {
    found.retain(|(value, _)| value.is_some());
    for year in years {
        if !found.iter().any(|(value, _)| value.as_ref() == Some(year)) {
            found.push((Some(year.clone()), Counted::default()));
        }
    }
    for (_, one) in found {
        one.schools = schools;
    }
}

/// Which lines are withheld, and whether the total is.
struct Hidden {
    lines: Vec<bool>,
    total: bool,
}

fn hidden(
    counts: ReportedCounts,
    definition: &measure_definition::Model,
    counted: &[Counted],
    all: Option<&Counted>,
) -> Hidden {
    if counts == ReportedCounts::Raw || !definition.basis.counts_pupils() {
        return Hidden { lines: vec![false; counted.len()], total: false };
    }
    let mut table = CountTable::new(1);
    let total = all.map(|all| table.add(None, [all.value]));
    for one in counted {
        table.add(total, [one.value]);
    }
    let mut withheld = table.withheld().into_iter().map(|line| line.first() == Some(&true));
    let total = total.is_some() && withheld.next() == Some(true);
    Hidden { lines: withheld.collect(), total }
}

async fn groups(reading: &ReportReading<'_>, by: By, values: Vec<Option<String>>) -> Result<Vec<ReportGroup>> {
    match by {
        By::Schools(by) => by.groups(reading, values).await,
        By::Year | By::Dimension(_) => {
            Ok(values.into_iter().map(|value| ReportGroup { label: value.clone(), value }).collect())
        }
    }
}

/// Groups of schools stand by name, years in their order, parts in the order of the definition.
fn order(by: By, definition: &measure_definition::Model, lines: &mut [ParticipationLine]) {
    let parts: BTreeMap<&str, usize> = match by {
        By::Dimension(name) => definition
            .dimensions
            .iter()
            .filter(|dimension| dimension.name == name)
            .flat_map(|dimension| dimension.codes.iter().map(String::as_str).zip(0..))
            .collect(),
        _ => BTreeMap::new(),
    };
    lines.sort_by_cached_key(|line| {
        let group = &line.group;
        let place = group.value.as_deref().and_then(|value| parts.get(value)).copied();
        (place.unwrap_or(parts.len()), group.value.is_none(), group.label.clone(), group.value.clone())
    });
}

routes! { ReadOutcomes: report_participation }

/// Reports how many pupils and schools take part by one measure, such as First Access, in an academic year.
///
/// The lines are areas, phases, local authorities or specialist leaders; years; or the parts of a dimension. Totals of
/// schools count, not parts by provider. Figures of a school that had closed by the day count under the school that
/// came from it; where both have a figure of a year, the one of the school that was open on its last day counts.
/// **Small numbers:** a line of 1 to 5 pupils is withheld, and a second one where the total would give it away. For
/// callers from whom single figures of schools are withheld, sums leave these out, and `withheld_figures` says how
/// many.
#[utoipa::path(
    get,
    path = "/reports/participation",
    params(Asked<Participation>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<ParticipationLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_participation(can: Can<ReadOutcomes>, asked: Asked<Participation>) -> Result<Reply> {
    report::run(&can, asked).await
}
