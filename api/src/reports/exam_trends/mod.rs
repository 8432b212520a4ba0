//! Entries and good grades in music over the years, beside the statistics of local authorities and of England.

mod figures;
pub mod picture;
mod statement;

use entity::outcomes::exam_parts::{ExamAreaLevel, ExamBasis, ExamQualification, ExamSubject};
use serde::Serialize;
use utoipa::ToSchema;

use self::figures::{Counted, Trend};
use crate::kernel::base::academic_year;
use crate::kernel::base::problem::Code;
use crate::kernel::operations::report::MOST_YEARS;
use crate::kernel::operations::suppression::{CountTable, ReportedCounts, SMALL};
use crate::kernel::prelude::*;
use crate::outcomes::exams::rules::{self, SeriesBreak};
use crate::schools::store::reported::{ReportGroup, ReportedSchools, SchoolGrouping};

/// The report.
pub struct ExamTrends;

/// How many years a report goes back unless it is asked otherwise.
const YEARS: i32 = 10;

/// Of what the trend is.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExamTrendQuery {
    /// The qualification; GCSE if absent.
    #[param(inline, example = "gcse")]
    pub qualification: Option<ExamQualification>,
    /// The subject; music if absent.
    #[param(inline, example = "music")]
    pub subject: Option<ExamSubject>,
    /// What the figures count; entries if absent.
    #[param(inline, example = "entries")]
    pub basis: Option<ExamBasis>,
    /// The lowest grade that counts as good: 4 of a GCSE, C of an A or AS level, P of any other if absent. A GCSE
    /// before 2017/18 counts by the letter that stands for the number.
    #[param(min_length = 1, max_length = 2, example = "4")]
    pub grade: Option<String>,
    /// One school; all that the report counts if absent.
    pub school_id: Option<Uuid>,
    /// By what the schools are grouped; together if absent.
    #[param(inline, example = "la")]
    pub by: Option<SchoolGrouping>,
    /// The first academic year; ten years before the last one if absent.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = json!(null))]
    pub academic_year_from: Option<String>,
    /// The last academic year; the last one that has ended by the day if absent.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = json!(null))]
    pub academic_year_to: Option<String>,
}

entity::choice! {
    /// Whose figures a line of a trend has.
    #[example = "schools"]
    pub enum ExamTrendOf {
        /// Schools of the hub, by their results.
        Schools = "schools",
        /// A local authority, by its published statistics.
        LocalAuthority = "local_authority",
        /// A region, by its published statistics.
        Region = "region",
        /// England, by its published statistics.
        Country = "country",
    }
}

/// The figures of one year.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExamTrendLine {
    /// Whose figures these are.
    pub of: ExamTrendOf,
    /// What the schools have in common, or the area.
    pub group: ReportGroup,
    /// The academic year.
    #[schema(max_length = 7, example = "2022/23")]
    pub academic_year: String,
    /// Schools with any figure; null for an area.
    #[schema(minimum = 0, example = 12)]
    pub schools: Option<i64>,
    /// Entries that are known: by totals, and where a school has none by its grades. Null where none is known.
    #[schema(minimum = 0, example = 148)]
    pub entries: Option<i64>,
    /// Schools of which the entries are not known, or are withheld; null for an area.
    #[schema(minimum = 0, example = 2)]
    pub without_entries: Option<i64>,
    /// Entries with the grade or a better one, of the entries of schools whose grades are all known. Null where there
    /// are none, and where the share is withheld.
    pub good: Option<Share>,
    /// True if entries or the share are withheld, since they count 1 to 5 pupils, or would give such a count away.
    #[schema(example = false)]
    pub suppressed: bool,
    /// Schools that the share leaves out, since a grade of theirs is not known or is withheld; null for an area.
    #[schema(minimum = 0, example = 3)]
    pub left_out: Option<i64>,
    /// How many points the percentage is above that of the year before; null where one of the two is missing, or where
    /// the series breaks.
    #[schema(example = -2.5)]
    pub change: Option<f64>,
    /// Why the year is not compared with the year before.
    pub series_break: Option<SeriesBreak>,
}

/// What the figures count.
const SCOPE: &str = "results of schools that the hub counts on the day; of areas, published statistics";

/// What a share counts of.
const GRADED: &str = "entries with known grades";

/// A report as it is asked for, with what is absent filled in.
struct Wanted {
    qualification: ExamQualification,
    subject: ExamSubject,
    basis: ExamBasis,
    good: Vec<String>,
    years: Vec<String>,
    /// How the report adds up counts for the caller.
    counts: ReportedCounts,
}

impl Wanted {
    /// # Errors
    /// 400 for a grade that the qualification does not have, and for years that are none, or too many.
    fn of(reading: &ReportReading<'_>, query: &ExamTrendQuery) -> Result<Self> {
        let qualification = query.qualification.unwrap_or(ExamQualification::Gcse);
        let grade = query.grade.as_deref().unwrap_or_else(|| rules::usual(qualification));
        let good = rules::at_least(qualification, grade).ok_or_else(|| {
            let known = rules::thresholds(qualification).join(", ");
            refused("?grade", "unknown", format!("{qualification} has no grade {grade}: ask for one of {known}"))
        })?;
        let years = years(reading, query)?;
        let subject = query.subject.unwrap_or(ExamSubject::Music);
        let basis = query.basis.unwrap_or(ExamBasis::Entries);
        let counts = reading.caller.reported_counts(Scope::WriteOutcomes);
        Ok(Self { qualification, subject, basis, good, years, counts })
    }
}

fn refused(pointer: &str, code: &str, message: String) -> Problem {
    Problem::new(Code::BadParameter, format!("{pointer}: {message}")).with(Fault::new(pointer, code, message))
}

/// The academic years from the first to the last.
fn years(reading: &ReportReading<'_>, query: &ExamTrendQuery) -> Result<Vec<String>> {
    let first_day = |name: &str, text: &Option<String>| match text.as_deref().map(academic_year::days) {
        None => Ok(None),
        Some(Some((day, _))) => Ok(Some(day.year())),
        Some(None) => Err(refused(name, "order", "an academic year such as 2022/23".to_owned())),
    };
    // A year has results once it has ended.
    let running = academic_year::days(&academic_year::academic_year(reading.as_at));
    let last_ended = running.map_or(0, |(day, _)| day.year()) - 1;
    let to = first_day("?academic_year_to", &query.academic_year_to)?.map_or(last_ended, |to| to.min(last_ended));
    let from = first_day("?academic_year_from", &query.academic_year_from)?.unwrap_or(to - YEARS + 1);
    if from > to || to - from >= MOST_YEARS {
        let message = format!("from a year to the same or a later one, {MOST_YEARS} years at most");
        return Err(refused("?academic_year_from", "too_long", message));
    }
    Ok((from..=to).map(|year| format!("{year:04}/{:02}", (year + 1).rem_euclid(100))).collect())
}

impl ReportSource for ExamTrends {
    const NAME: &'static str = "exam-trends";
    type Query = And<ExamTrendQuery, ReportedSchools>;
    type Line = ExamTrendLine;

    async fn read(reading: &ReportReading<'_>, And(query, schools): &Self::Query) -> Result<Figures<Self::Line>> {
        let wanted = Wanted::of(reading, query)?;
        let mut trends = statement::of_schools(reading, &wanted, query, schools).await?;
        trends.extend(statement::of_areas(reading, &wanted, &schools.la_code).await?);
        let lines: Vec<_> = trends.into_iter().flat_map(|trend| lines(&wanted, trend)).collect();
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: SCOPE, lines, total: None, found })
    }
}

/// The lines of a trend: one for each year from its first figure on, years without results among them.
fn lines(wanted: &Wanted, trend: Trend) -> Vec<ExamTrendLine> {
    let Trend { of, group, mut years } = trend;
    let mut before: Option<f64> = None;
    let mut lines = Vec::new();
    for year in &wanted.years {
        let counted = years.remove(year);
        if counted.is_none() && lines.is_empty() {
            continue;
        }
        let counted = counted.unwrap_or_default();
        let of_schools = of == ExamTrendOf::Schools;
        let hidden = Hidden::of(&counted, of_schools && wanted.counts != ReportedCounts::Raw);
        let Counted { schools, entries, without_entries, graded, good, left_out } = counted;
        let good = (graded > 0 && !hidden.share).then(|| Share::of(good, graded, GRADED));
        let percentage = good.and_then(|good| good.percentage);
        let series_break = rules::series_break(wanted.qualification, year);
        let compared = before.filter(|_| series_break.is_none()).zip(percentage);
        lines.push(ExamTrendLine {
            of,
            group: group.clone(),
            academic_year: year.clone(),
            schools: of_schools.then_some(schools),
            entries: entries.filter(|_| !hidden.entries),
            without_entries: of_schools.then_some(without_entries),
            good,
            suppressed: hidden.entries || hidden.share,
            left_out: of_schools.then_some(left_out),
            change: compared.map(|(before, now)| ((now - before) * 10.0).round() / 10.0),
            series_break,
        });
        before = percentage;
    }
    lines
}

/// What a line withholds.
struct Hidden {
    entries: bool,
    share: bool,
}

impl Hidden {
    /// `tabled` is false where nothing is withheld: of published statistics, and of the caller's own schools.
    fn of(counted: &Counted, tabled: bool) -> Self {
        let Counted { entries, graded, good, .. } = *counted;
        if !tabled {
            return Self { entries: false, share: false };
        }
        let mut table = CountTable::with_total(3);
        table.add(None, [Some(graded), Some(good), Some(graded - good)]);
        let share = table.withheld().into_iter().flatten().any(|hidden| hidden);
        Self { entries: entries.is_some_and(|entries| SMALL.contains(&entries)), share }
    }
}

impl From<ExamAreaLevel> for ExamTrendOf {
    fn from(level: ExamAreaLevel) -> Self {
        match level {
            ExamAreaLevel::LocalAuthority => Self::LocalAuthority,
            ExamAreaLevel::Region => Self::Region,
            ExamAreaLevel::Country => Self::Country,
        }
    }
}

routes! { ReadOutcomes: report_exam_trends }

/// Reports entries and good grades over the years, beside the statistics of local authorities, regions and England.
///
/// A trend is of a school, a group, areas, local authorities or the hub. Results of a school that had closed by the day
/// count under the school that came from it, once where both have what was published once.
/// A year without results, and one that is not comparable with the year before, has a reason in `series_break`. A
/// figure that is not known counts nowhere: how many schools lack one stands beside it. A school sees its own trend.
/// **Small numbers:** figures that are withheld from the caller count as not known, and a year in which 1 to 5 entries
/// have, or lack, good grades shows no share. `GET /reports/exam-trends/picture` draws the shares.
#[utoipa::path(
    get,
    path = "/reports/exam-trends",
    params(Asked<ExamTrends>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<ExamTrendLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_exam_trends(can: Can<ReadOutcomes>, asked: Asked<ExamTrends>) -> Result<Reply> {
    report::run(&can, asked).await
}
