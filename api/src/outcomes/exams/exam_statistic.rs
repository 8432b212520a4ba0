//! The results of whole areas in exams, to compare schools with: one figure in each.

use entity::missing::MissingReason;
use entity::outcomes::exam_parts::{
    ExamAreaLevel, ExamBasis, ExamFigureKind, ExamQualification, ExamSource, ExamSubject,
};
use entity::outcomes::exam_statistic;

use super::figure::Figured;
use super::{rules, store};
use crate::kernel::prelude::*;

record! {
    /// A figure of the results of a local authority, a region or England: how many entries or pupils got a grade, or
    /// all grades together, in a subject of a qualification and an academic year.
    ///
    /// A total and its grades are held against each other, as the figures of schools are.
    ExamStatistic from NewExamStatistic in exam_statistic {
        /// How large the area is.
        area_level: ExamAreaLevel,
        /// The code of the area: three digits for a local authority, as schools have it, the nine characters of the
        /// Office for National Statistics for a region or a country.
        #[schema(min_length = 3, max_length = 9, pattern = "^([0-9]{3}|E[0-9]{8})$", example = "870")]
        area_code: String,
        /// The name of the area.
        #[schema(min_length = 1, max_length = 100, example = "Reading")]
        area_name: Option<String>,
        /// The academic year in which the exams were sat, from September to August.
        #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2022/23")]
        academic_year: String,
        /// The kind of qualification.
        qualification: ExamQualification,
        /// The subject.
        subject: ExamSubject,
        /// The exact qualification or subject as it is published, where `qualification` and `subject` say less.
        #[schema(min_length = 1, max_length = 200, example = json!(null))]
        title: Option<String>,
        /// What the figure counts.
        basis: ExamBasis,
        /// Whether it is of one grade or the total of all.
        kind: ExamFigureKind,
        /// The grade; absent for a total. GCSE: 9 to 1, A* to G, U, X. AS and A level: A* to E, U, X. Others: such as
        /// `D*`, `DM` or `P`.
        #[schema(min_length = 1, max_length = 20, pattern = r"^[0-9A-Z][0-9A-Za-z*+ ./-]*$", example = "7")]
        grade: Option<String>,
        /// The figure; absent where it is not known.
        #[schema(minimum = 0, maximum = 100_000, example = 6)]
        pupils: Option<i32>,
        /// Why the figure is not known; absent where it is.
        #[schema(example = json!(null))]
        missing_reason: Option<MissingReason>,
        /// Where the figure comes from.
        source: ExamSource,
    }
    initial { series: String::new(), cell: String::new() }
}

impl Resource for ExamStatistic {
    type Entity = exam_statistic::Entity;
    type Form = NewExamStatistic;
    type Filter = ExamStatisticFilter;

    const PATH: &'static str = "/exam-statistics";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, exam_statistic::Column)] = &[
        ("academic_year", exam_statistic::Column::AcademicYear),
        ("created_at", exam_statistic::Column::CreatedAt),
        ("updated_at", exam_statistic::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] =
        &["area_level", "area_code", "academic_year", "qualification", "subject", "kind"];

    fn faults(form: &NewExamStatistic) -> Vec<Fault> {
        rules::faults(&form.figure())
    }

    fn complete(row: &mut exam_statistic::Model) {
        (row.series, row.cell) = (rules::series(&row.figure(), None), rules::cell(&row.figure()));
    }

    fn keys(row: &exam_statistic::Model) -> Value {
        json!({
            "area_level": row.area_level,
            "area_code": row.area_code,
            "academic_year": row.academic_year,
            "series": row.series,
            "cell": row.cell,
        })
    }

    fn same_key(row: &exam_statistic::Model) -> Option<Condition> {
        use exam_statistic::Column;

        let same = Condition::all().add(Column::AreaLevel.eq(row.area_level)).add(Column::AreaCode.eq(&row.area_code));
        let same = same.add(Column::AcademicYear.eq(&row.academic_year));
        Some(same.add(Column::Series.eq(&row.series)).add(Column::Cell.eq(&row.cell)))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, exam_statistic::Model>) -> Result<()> {
        let mut steps = [step];
        Self::decide_all(write, &mut steps).await?.remove(0)
    }

    /// A figure is decided together with the others of its series.
    async fn decide_all(
        write: &mut Write,
        steps: &mut [Mutation<'_, exam_statistic::Model>],
    ) -> Result<Vec<Result<()>>> {
        let stored = store::statistics(write, steps).await?;
        let taken = store::taken(&stored, steps);
        let agreed = store::agree::<exam_statistic::Entity, _>(&stored, steps, store::area_series_of);
        Ok(taken.into_iter().zip(agreed).map(|(taken, agreed)| taken.and(agreed)).collect())
    }
}

/// Narrows the list of statistics.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExamStatisticFilter {
    /// Areas of this size.
    #[param(inline)]
    pub area_level: Option<ExamAreaLevel>,
    /// Any of these areas, by code.
    #[serde(default)]
    #[param(
        max_items = 50,
        min_length = 3,
        max_length = 9,
        pattern = "^([0-9]{3}|E[0-9]{8})$",
        example = json!(["855"]),
    )]
    pub area_code: Vec<String>,
    /// Any of these academic years.
    #[serde(default)]
    #[param(
        max_items = 20,
        min_length = 7,
        max_length = 7,
        pattern = "^[0-9]{4}/[0-9]{2}$",
        example = json!(["2022/23"]),
    )]
    pub academic_year: Vec<String>,
    /// This academic year or a later one.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2016/17")]
    pub academic_year_from: Option<String>,
    /// This academic year or an earlier one.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2023/24")]
    pub academic_year_to: Option<String>,
    /// Any of these qualifications.
    #[serde(default)]
    #[param(max_items = 11)]
    pub qualification: Vec<ExamQualification>,
    /// Any of these subjects.
    #[serde(default)]
    #[param(max_items = 5)]
    pub subject: Vec<ExamSubject>,
    /// Only totals, or only grades.
    #[param(inline)]
    pub kind: Option<ExamFigureKind>,
    /// Any of these grades.
    #[serde(default)]
    #[param(max_items = 20, min_length = 1, max_length = 20, example = json!(["7"]))]
    pub grade: Vec<String>,
}

impl Filter<exam_statistic::Entity> for ExamStatisticFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use exam_statistic::Column;

        let years = (self.academic_year_from.as_deref(), self.academic_year_to.as_deref());
        Condition::all()
            .add_option(is(Column::AreaLevel, self.area_level))
            .add_option(any_of(Column::AreaCode, &self.area_code))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add(between(Column::AcademicYear, years.0, years.1))
            .add_option(any_of(Column::Qualification, &self.qualification))
            .add_option(any_of(Column::Subject, &self.subject))
            .add_option(is(Column::Kind, self.kind))
            .add_option(any_of(Column::Grade, &self.grade))
    }
}

routes! {
    ReadOutcomes: list_exam_statistics, count_exam_statistics, export_exam_statistics, get_exam_statistic;
    WriteOutcomes: create_exam_statistic, update_exam_statistic, archive_exam_statistic, batch_exam_statistics,
        restore_exam_statistic;
    ReadOutcomes: list_exam_statistic_history;
}

/// Lists the results of areas.
#[utoipa::path(
    get,
    path = "/exam-statistics",
    params(List<ExamStatistic>),
    responses((status = 200, body = Page<ExamStatistic>)),
)]
async fn list_exam_statistics(can: Can<ReadOutcomes>, list: List<ExamStatistic>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the results of areas by one or two of their fields.
#[utoipa::path(
    get,
    path = "/exam-statistics/counts",
    params(CountBy<ExamStatistic>),
    responses((status = 200, body = Counts)),
)]
async fn count_exam_statistics(can: Can<ReadOutcomes>, by: CountBy<ExamStatistic>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the results of areas.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/exam-statistics/export",
    params(Export<ExamStatistic>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_exam_statistics(can: Can<ReadOutcomes>, export: Export<ExamStatistic>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Records a figure of an area's results.
///
/// 409 where the area has the figure; the reply names it. 422 where a total and its grades contradict each other,
/// which names both.
#[utoipa::path(post, path = "/exam-statistics", responses((status = 201, body = ExamStatistic)))]
async fn create_exam_statistic(can: Can<WriteOutcomes>, form: Json<NewExamStatistic>) -> Result<Reply> {
    crud::create::<ExamStatistic>(&can, form).await
}

/// Gets a result of an area.
#[utoipa::path(
    get,
    path = "/exam-statistics/{id}",
    params(Show<ExamStatistic>),
    responses((status = 200, body = ExamStatistic)),
)]
async fn get_exam_statistic(can: Can<ReadOutcomes>, id: Id, show: Show<ExamStatistic>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a result of an area.
#[utoipa::path(patch, path = "/exam-statistics/{id}", responses((status = 200, body = ExamStatistic)))]
async fn update_exam_statistic(can: Can<WriteOutcomes>, id: Id, patch: Patch<NewExamStatistic>) -> Result<Reply> {
    crud::update::<ExamStatistic>(&can, id.0, patch).await
}

/// Takes many results of areas, such as all grades of a local authority with their total.
///
/// Each item creates a figure; one that the area has is refused by itself. A total and its grades are compared as
/// they are once the batch is taken, and all figures of a series that contradicts itself are refused. At most 1,000
/// items and 4 MiB.
#[utoipa::path(
    post,
    path = "/exam-statistics/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_exam_statistics(
    can: Can<WriteOutcomes>,
    how: Query<BatchQuery>,
    batch: Batch<NewExamStatistic>,
) -> Result<Reply> {
    crud::batch::<ExamStatistic>(&can, &batch, &how).await
}

/// Archives a result of an area.
///
/// Only for figures that were recorded by mistake.
#[utoipa::path(delete, path = "/exam-statistics/{id}", responses((status = 204)))]
async fn archive_exam_statistic(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<ExamStatistic>(&can, id.0).await
}

/// Restores an archived result of an area.
#[utoipa::path(post, path = "/exam-statistics/{id}/restore", responses((status = 200, body = ExamStatistic)))]
async fn restore_exam_statistic(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<ExamStatistic>(&can, id.0).await
}

/// Shows the history of a result of an area.
#[utoipa::path(
    get,
    path = "/exam-statistics/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_exam_statistic_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<ExamStatistic>(&can, id.0, &part).await
}
