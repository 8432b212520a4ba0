//! Results of schools in exams: one figure in each.

use entity::missing::MissingReason;
use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSource, ExamSubject};
use entity::outcomes::exam_result;
use entity::schools::school;

use super::figure::Figured;
use super::filter::ExamResultFilter;
use super::{rules, small, store};
use crate::kernel::operations::suppression;
use crate::kernel::prelude::*;
use crate::schools::school::School;

record! {
    /// A figure of a school's results: how many entries or pupils got a grade, or all grades together, in a subject of
    /// a qualification and an academic year.
    ///
    /// A total is stated apart from its grades, and both are held against each other: grades that add up to more than
    /// the total are refused (422), and so are grades that are all known and add up to less. A figure that is not known
    /// has a reason in `missing_reason`, and is never 0. **Small numbers:** where `suppressed` is true, the figure
    /// counts 1 to 5 pupils, or would give such a figure away. `pupils` is then null for callers who see other schools'
    /// data, unless they collect results for the hub. No results of schools were published for 2019/20 and 2020/21;
    /// reports mark these years as a break.
    ExamResult from NewExamResult in exam_result {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
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
        /// Where the figure comes from. Only the hub gives figures that were computed or imported.
        source: ExamSource,
        /// The URN under which the figure was published, where the school came from another one.
        #[schema(minimum = 100_000, maximum = 999_999, example = json!(null))]
        published_urn: Option<i32>,
    }
    initial { series: String::new(), cell: String::new(), suppressed: false }
    computed {
        /// True if the figure counts 1 to 5 pupils, or if such a figure could be worked out from it and others of its
        /// series.
        #[schema(example = false)]
        suppressed: bool,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
    }
}

impl Resource for ExamResult {
    type Entity = exam_result::Entity;
    type Form = NewExamResult;
    type Filter = ExamResultFilter;

    const PATH: &'static str = "/exam-results";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, exam_result::Column)] = &[
        ("academic_year", exam_result::Column::AcademicYear),
        ("created_at", exam_result::Column::CreatedAt),
        ("updated_at", exam_result::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["academic_year", "qualification", "subject", "kind", "grade", "source"];
    const EXPANDS: &'static [&'static str] = &["school"];

    fn refs(form: &NewExamResult) -> Refs {
        Refs::default().to::<school::Entity>("/school_id", form.school_id)
    }

    fn faults(form: &NewExamResult) -> Vec<Fault> {
        rules::faults(&form.figure())
    }

    fn complete(row: &mut exam_result::Model) {
        (row.series, row.cell) = (rules::series(&row.figure(), row.published_urn), rules::cell(&row.figure()));
    }

    fn withheld(caller: &Caller) -> Withheld {
        suppression::withheld(caller, Scope::WriteOutcomes, &["pupils"], exam_result::Column::Suppressed)
    }

    fn school(row: &exam_result::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &exam_result::Model) -> Value {
        json!({
            "school_id": row.school_id,
            "academic_year": row.academic_year,
            "series": row.series,
            "cell": row.cell,
        })
    }

    fn same_key(row: &exam_result::Model) -> Option<Condition> {
        use exam_result::Column;

        let same = Condition::all().add(Column::SchoolId.eq(row.school_id));
        let same = same.add(Column::AcademicYear.eq(&row.academic_year));
        Some(same.add(Column::Series.eq(&row.series)).add(Column::Cell.eq(&row.cell)))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, exam_result::Model>) -> Result<()> {
        let mut steps = [step];
        Self::decide_all(write, &mut steps).await?.remove(0)
    }

    /// A figure is decided together with the others of its series, and once at a time for each school.
    async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, exam_result::Model>]) -> Result<Vec<Result<()>>> {
        write.hold_all::<school::Entity>(steps.iter().map(|step| step.after.school_id).collect()).await?;
        let stored = store::results(write, steps).await?;
        let whole_hub = write.caller().sees_hub();
        let taken = store::taken(&stored, steps);
        let agreed = store::agree::<exam_result::Entity, _>(&stored, steps, store::series_of);
        let decided = steps.iter().zip(taken).zip(agreed).map(|((step, taken), agreed)| {
            if whole_hub || !matches!(step.after.source, ExamSource::Computed | ExamSource::Imported) {
                return taken.and(agreed);
            }
            let message = "only the hub gives and changes figures that were computed or imported: send what the \
                           school reports or estimates";
            Err(Problem::faults(vec![Fault::new("/source", "fixed", message)]))
        });
        let decided: Vec<_> = decided.collect();
        let flipped = small::flag(stored, steps, &decided);
        small::store(write, flipped).await?;
        Ok(decided)
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[exam_result::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await
    }
}

routes! {
    ReadOutcomes: list_exam_results, count_exam_results, export_exam_results, get_exam_result;
    WriteOutcomes: create_exam_result, update_exam_result, archive_exam_result, batch_exam_results,
        restore_exam_result;
    ReadOutcomes: list_exam_result_history;
}

/// Lists the results of schools.
#[utoipa::path(
    get,
    path = "/exam-results",
    params(List<ExamResult>),
    responses((status = 200, body = Page<ExamResult>)),
)]
async fn list_exam_results(can: Can<ReadOutcomes>, list: List<ExamResult>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the results by one or two of their fields.
#[utoipa::path(
    get,
    path = "/exam-results/counts",
    params(CountBy<ExamResult>),
    responses((status = 200, body = Counts)),
)]
async fn count_exam_results(can: Can<ReadOutcomes>, by: CountBy<ExamResult>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the results of schools.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/exam-results/export",
    params(Export<ExamResult>),
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
async fn export_exam_results(can: Can<ReadOutcomes>, export: Export<ExamResult>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Records a figure of a school's results.
///
/// 409 where the school has the figure; the reply names it. 422 where a total and its grades contradict each other,
/// which names both.
#[utoipa::path(post, path = "/exam-results", responses((status = 201, body = ExamResult)))]
async fn create_exam_result(can: Can<WriteOutcomes>, form: Json<NewExamResult>) -> Result<Reply> {
    crud::create::<ExamResult>(&can, form).await
}

/// Gets a result.
#[utoipa::path(
    get,
    path = "/exam-results/{id}",
    params(Show<ExamResult>),
    responses((status = 200, body = ExamResult)),
)]
async fn get_exam_result(can: Can<ReadOutcomes>, id: Id, show: Show<ExamResult>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a result.
#[utoipa::path(patch, path = "/exam-results/{id}", responses((status = 200, body = ExamResult)))]
async fn update_exam_result(can: Can<WriteOutcomes>, id: Id, patch: Patch<NewExamResult>) -> Result<Reply> {
    crud::update::<ExamResult>(&can, id.0, patch).await
}

/// Takes many results, such as all grades of a school with their total.
///
/// Each item creates a figure; one that the school has is refused by itself. A total and its grades are compared as
/// they are once the batch is taken, and all figures of a series that contradicts itself are refused. At most 1,000
/// items and 4 MiB.
#[utoipa::path(
    post,
    path = "/exam-results/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_exam_results(
    can: Can<WriteOutcomes>,
    how: Query<BatchQuery>,
    batch: Batch<NewExamResult>,
) -> Result<Reply> {
    crud::batch::<ExamResult>(&can, &batch, &how).await
}

/// Archives a result.
///
/// Only for figures that were recorded by mistake.
#[utoipa::path(delete, path = "/exam-results/{id}", responses((status = 204)))]
async fn archive_exam_result(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<ExamResult>(&can, id.0).await
}

/// Restores an archived result.
#[utoipa::path(post, path = "/exam-results/{id}/restore", responses((status = 200, body = ExamResult)))]
async fn restore_exam_result(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<ExamResult>(&can, id.0).await
}

/// Shows the history of a result.
#[utoipa::path(
    get,
    path = "/exam-results/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_exam_result_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<ExamResult>(&can, id.0, &part).await
}
