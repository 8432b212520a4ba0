//! Where the hub's schools stand by their self-evaluations, section by section and year by year.

mod hidden;
mod statement;

use serde::Serialize;
use utoipa::ToSchema;

use self::statement::Levels;
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::period::months_later;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{ReportGroup, ReportedSchools, SchoolGrouping};

/// What the report counts.
const SCOPE: &str = "criteria of self-evaluations that were sent by the day, of schools in scope";

/// What the shares count of.
const CRITERIA: &str = "criteria with a level";

/// The report.
pub struct Profile;

/// Which evaluations count, and by what the schools are grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProfileQuery {
    /// Any of these frameworks; all by which schools evaluate themselves if absent.
    #[serde(default)]
    #[param(max_items = 20)]
    pub framework_id: Vec<Uuid>,
    /// Any of these academic years; the one in which the day lies, and the one before, if absent.
    #[serde(default)]
    #[param(
        max_items = 10, min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = json!(["2014/15"]),
    )]
    pub academic_year: Vec<String>,
    /// By what the schools of a section are grouped; one group of all schools if absent.
    #[param(inline)]
    pub by: Option<SchoolGrouping>,
}

impl ProfileQuery {
    fn years(&self, reading: &ReportReading<'_>) -> Vec<String> {
        if !self.academic_year.is_empty() {
            return self.academic_year.clone();
        }
        [reading.as_at, months_later(reading.as_at, -12)].map(academic_year).into()
    }
}

/// How the schools of a group judge themselves in a section in a year.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvaluationProfileLine {
    /// The framework.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub framework_id: Uuid,
    /// The section.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub section_id: Uuid,
    /// The place of the section in its framework.
    #[schema(minimum = 1, example = 3)]
    pub section_position: i32,
    /// The title of the section.
    #[schema(max_length = 200, example = "Singing")]
    pub section_title: String,
    /// The academic year.
    #[schema(max_length = 7, example = "2014/15")]
    pub academic_year: String,
    /// The schools.
    pub group: ReportGroup,
    /// True if fewer than five schools stand behind the figures, or could be recognised from other lines: they are
    /// withheld.
    #[schema(example = false)]
    pub withheld: bool,
    /// How many schools there are; null where figures are withheld.
    #[schema(minimum = 5, example = 24)]
    pub schools: Option<i64>,
    /// The mean of the levels, in hundredths; null where figures are withheld.
    #[schema(minimum = 1, maximum = 6, example = 2.45)]
    pub average_level: Option<f64>,
    /// The share of criteria on the first level; null where figures are withheld.
    pub level_1: Option<Share>,
    /// On the second level.
    pub level_2: Option<Share>,
    /// On the third level.
    pub level_3: Option<Share>,
    /// On the fourth level.
    pub level_4: Option<Share>,
    /// On the fifth level.
    pub level_5: Option<Share>,
    /// On the sixth level.
    pub level_6: Option<Share>,
}

impl EvaluationProfileLine {
    fn of(levels: Levels, group: ReportGroup, withheld: bool) -> Self {
        let all: i64 = levels.counts.iter().sum();
        let weighted: i64 = levels.counts.iter().zip(1..).map(|(count, level)| count * level).sum();
        #[expect(clippy::cast_precision_loss, reason = "no hub has 2^53 answers")]
        let average = (all > 0).then(|| ((100 * weighted) as f64 / all as f64).round() / 100.0);
        let share = |at: usize| (!withheld).then(|| Share::of(levels.counts[at], all, CRITERIA));
        Self {
            framework_id: levels.framework_id,
            section_id: levels.section_id,
            section_position: levels.position,
            group,
            withheld,
            schools: (!withheld).then_some(levels.schools),
            average_level: average.filter(|_| !withheld),
            level_1: share(0),
            level_2: share(1),
            level_3: share(2),
            level_4: share(3),
            level_5: share(4),
            level_6: share(5),
            section_title: levels.title,
            academic_year: levels.year,
        }
    }
}

impl ReportSource for Profile {
    const NAME: &'static str = "evaluation-profile";
    type Query = And<ProfileQuery, ReportedSchools>;
    type Line = EvaluationProfileLine;

    async fn read(reading: &ReportReading<'_>, And(query, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let found = statement::levels(reading, query, schools, &query.years(reading)).await?;
        let withheld = hidden::withheld(&found);
        let values = found.iter().map(|levels| levels.group.clone()).collect();
        let groups = match query.by {
            Some(by) => by.groups(reading, values).await?,
            None => found.iter().map(|_| ReportGroup::all()).collect(),
        };
        let lines = found.into_iter().zip(groups).zip(withheld);
        let mut lines: Vec<_> =
            lines.map(|((levels, group), withheld)| EvaluationProfileLine::of(levels, group, withheld)).collect();
        lines.sort_by_cached_key(|line| {
            let group = &line.group;
            let place = (line.framework_id, line.section_position, line.academic_year.clone());
            (place, group.value.is_none(), group.label.clone(), group.value.clone())
        });
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: SCOPE, lines, total: None, found })
    }
}

routes! { ReadReports: report_evaluation_profile }

/// Reports how the schools judge themselves: the levels of each section of a framework, year by year.
///
/// The agreed level of a criterion counts, or the school's own until there is one. Figures of fewer than five schools
/// are withheld, and figures of more where these could be recognised from the other lines. A specialist leader sees the
/// schools assigned to the person.
#[utoipa::path(
    get,
    path = "/reports/evaluation-profile",
    params(Asked<Profile>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<EvaluationProfileLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_evaluation_profile(can: Can<ReadReports>, asked: Asked<Profile>) -> Result<Reply> {
    report::run(&can, asked).await
}
