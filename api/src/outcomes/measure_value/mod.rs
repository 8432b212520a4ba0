//! The figures of schools for measures: a total for each school, measure and year, and parts of it.

mod decide;
pub mod filter;

use entity::missing::MissingReason;
use entity::outcomes::measure_definition::{DimensionName, MeasureBasis};
use entity::outcomes::measure_value::{self, ValueSource};
use entity::partners::partner;

use self::filter::MeasureValueFilter;
use super::rules::{self, family};
use crate::kernel::base::academic_year;
use crate::kernel::operations::suppression;
use crate::kernel::prelude::*;
use crate::partners::partner::Partner;
use crate::schools::school::School;

record! {
    /// A figure of a school for a measure in an academic year: the total, or with dimensions a part of it.
    ///
    /// Totals and parts stand apart and are held against each other. A figure is there (`value`) or missing for a
    /// reason, and never 0 in its place. **Small numbers:** where `suppressed` is true, the figure counts 1 to 5
    /// pupils, or would give such a count away. `value` is then null for every caller who sees other schools' data, but
    /// for the people of the hub who write outcomes. A school sees its own figures as they are.
    MeasureValue from NewMeasureValue in measure_value {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The academic year, from September to August.
        #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2012/13")]
        academic_year: String,
        /// The measure.
        #[schema(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "first_access_pupils")]
        definition_code: String,
        /// The edition of the measure by which it was counted; the published one where it is not given.
        #[schema(example = json!(null))]
        definition_id: Option<Uuid>,
        /// The key stage, for a part by key stage; one of the codes of the measure.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        key_stage: Option<String>,
        /// The year group, for a part by year group.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        year_group: Option<String>,
        /// Girls or boys, for a part by sex.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        sex: Option<String>,
        /// Special educational needs, for a part by these.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        send: Option<String>,
        /// Pupil premium, for a part by it.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        pupil_premium: Option<String>,
        /// The number of terms, for a part by terms.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        terms: Option<String>,
        /// The instrument, for a part by instrument.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = json!(null))]
        instrument: Option<String>,
        /// The partner that provides what is counted, for a part by provider. Reports count figures without one.
        #[schema(example = json!(null))]
        provider_id: Option<Uuid>,
        /// The figure, in the unit of the measure; null where it is missing, and where it is withheld from the caller.
        #[schema(minimum = 0, maximum = 1_000_000_000, example = 54)]
        value: Option<i64>,
        /// Why there is no figure. Exactly one of `value` and `missing_reason` is sent.
        #[schema(example = json!(null))]
        missing_reason: Option<MissingReason>,
        /// Where the figure comes from.
        #[schema(example = "reported")]
        source: ValueSource,
        /// True if it is a best estimate, to be replaced by a count.
        #[serde(default)]
        #[schema(example = false)]
        estimated: bool,
        /// Anything worth knowing. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 1000, example = "Two classes of year 4")]
        note: Option<String>,
    }
    initial {
        breakdown: String::new(),
        cell: String::new(),
        row_key: String::new(),
        basis: MeasureBasis::Headcount,
        suppressed: false,
    }
    computed {
        /// The dimensions that it has, separated by semicolons; empty for a total.
        #[schema(max_length = 120, example = "key_stage")]
        breakdown: String,
        /// What the figure counts: what its measure says, or `participations` where a music service's activities add
        /// up to it and may count a child twice.
        #[schema(example = "headcount")]
        basis: MeasureBasis,
        /// True if the figure is withheld from callers who see other schools' data, since it or another one is small.
        #[schema(example = false)]
        suppressed: bool,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The partner, when asked for with `expand=provider`.
        provider: Partner,
    }
}

impl Resource for MeasureValue {
    type Entity = measure_value::Entity;
    type Form = NewMeasureValue;
    type Filter = MeasureValueFilter;

    const PATH: &'static str = "/measure-values";
    const READ: Scope = Scope::ReadOutcomes;
    const SORTS: &'static [(&'static str, measure_value::Column)] = &[
        ("academic_year", measure_value::Column::AcademicYear),
        ("definition_code", measure_value::Column::DefinitionCode),
        ("updated_at", measure_value::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["note"];
    const COUNTS: &'static [&'static str] =
        &["academic_year", "definition_code", "breakdown", "source", "estimated", "missing_reason", "provider_id"];
    const EXPANDS: &'static [&'static str] = &["school", "provider"];
    const IF_MATCH: bool = true;
    const BATCHES_OF_SCHOOLS: bool = true;
    const COMPOSED: Option<ComposedKey<measure_value::Column>> =
        Some(ComposedKey { column: measure_value::Column::RowKey, field: "definition_code", of_form: row_key });

    fn refs(form: &NewMeasureValue) -> Refs {
        Refs::default().to::<partner::Entity>("/provider_id", form.provider_id)
    }

    fn faults(form: &NewMeasureValue) -> Vec<Fault> {
        let mut faults = Vec::new();
        if academic_year::days(&form.academic_year).is_none() {
            let message = "an academic year is a year and the last two digits of the next, such as 2016/17";
            faults.push(Fault::new("/academic_year", "order", message));
        }
        match (form.value, form.missing_reason) {
            (Some(_), Some(_)) => {
                let message = "a figure that is there is missing for no reason: send one of `value` and this";
                faults.push(Fault::new("/missing_reason", "exclusive", message));
            }
            (None, None) => {
                let message = "send the figure, or say in `missing_reason` why there is none";
                faults.push(Fault::new("/value", "missing", message));
            }
            _ => {}
        }
        faults
    }

    fn complete(row: &mut measure_value::Model) {
        family::complete(row);
    }

    fn school(row: &measure_value::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &measure_value::Model) -> Value {
        json!({
            "school_id": row.school_id,
            "academic_year": row.academic_year,
            "definition_code": row.definition_code,
            "cell": row.cell,
        })
    }

    fn withheld(caller: &Caller) -> Withheld {
        suppression::withheld(caller, Scope::WriteOutcomes, &["value"], measure_value::Column::Suppressed)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, measure_value::Model>) -> Result<()> {
        Self::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    /// The figures of the schools concerned are looked up once for all steps, and stay as they are until the end.
    async fn decide_all(
        write: &mut Write,
        steps: &mut [Mutation<'_, measure_value::Model>],
    ) -> Result<Vec<Result<()>>> {
        decide::all(write, steps).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[measure_value::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => expand::one::<Partner>(caller, db, rows.iter().map(|row| row.provider_id)).await,
        }
    }
}

/// The key of a form that is not checked yet.
fn row_key(form: &Value) -> Option<String> {
    let text = |name: &str| form.get(name).and_then(Value::as_str);
    let id = |name: &str| text(name).and_then(|id| id.parse::<Uuid>().ok());
    let codes: Vec<_> = DimensionName::ALL.iter().filter_map(|name| Some((*name, text(name.as_str())?))).collect();
    let cell = rules::cell(&codes, id("provider_id"));
    Some(rules::row_key(id("school_id")?, text("academic_year")?, text("definition_code")?, &cell))
}

routes! {
    ReadOutcomes: list_measure_values, count_measure_values, export_measure_values, get_measure_value;
    WriteOutcomes: create_measure_value, batch_measure_values, update_measure_value, archive_measure_value,
        restore_measure_value;
    ReadOutcomes: list_measure_value_history;
}

/// Lists the figures of schools.
///
/// A school sees its own, and a provider the ones that name it. Small numbers are withheld as `suppressed` says; no
/// filter and no order looks at `value`.
#[utoipa::path(
    get,
    path = "/measure-values",
    params(List<MeasureValue>),
    responses((status = 200, body = Page<MeasureValue>)),
)]
async fn list_measure_values(can: Can<ReadOutcomes>, list: List<MeasureValue>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the figures by one or two of their fields: how many there are, not what they add up to.
#[utoipa::path(
    get,
    path = "/measure-values/counts",
    params(CountBy<MeasureValue>),
    responses((status = 200, body = Counts)),
)]
async fn count_measure_values(can: Can<ReadOutcomes>, by: CountBy<MeasureValue>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the figures of the list as a file, withheld as in the list.
#[utoipa::path(
    get,
    path = "/measure-values/export",
    params(Export<MeasureValue>),
    responses(
        (
            status = 200,
            description = "The file.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_measure_values(can: Can<ReadOutcomes>, export: Export<MeasureValue>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Records a figure.
///
/// 409 where the school has this figure for the year, which the reply names; 422 where a breakdown contradicts its
/// total, which names both. A school cannot change the figures of a return that it has sent (409).
#[utoipa::path(post, path = "/measure-values", responses((status = 201, body = MeasureValue)))]
async fn create_measure_value(can: Can<WriteOutcomes>, form: Json<NewMeasureValue>) -> Result<Reply> {
    crud::create::<MeasureValue>(&can, form).await
}

/// Records and changes many figures, such as a total with its parts.
///
/// An item whose school, year, measure and dimensions have a figure changes that one; any other creates one. Totals and
/// parts are held against each other as they are after the whole batch. At most 1,000 items and 4 MiB.
#[utoipa::path(
    post,
    path = "/measure-values/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_measure_values(
    can: Can<WriteOutcomes>,
    how: Query<BatchQuery>,
    batch: Batch<NewMeasureValue>,
) -> Result<Reply> {
    crud::batch::<MeasureValue>(&can, &batch, &how).await
}

/// Gets a figure.
#[utoipa::path(
    get,
    path = "/measure-values/{id}",
    params(Show<MeasureValue>),
    responses((status = 200, body = MeasureValue)),
)]
async fn get_measure_value(can: Can<ReadOutcomes>, id: Id, show: Show<MeasureValue>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a figure.
#[utoipa::path(patch, path = "/measure-values/{id}", responses((status = 200, body = MeasureValue)))]
async fn update_measure_value(can: Can<WriteOutcomes>, id: Id, patch: Patch<NewMeasureValue>) -> Result<Reply> {
    crud::update::<MeasureValue>(&can, id.0, patch).await
}

/// Archives a figure.
#[utoipa::path(delete, path = "/measure-values/{id}", responses((status = 204)))]
async fn archive_measure_value(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::archive::<MeasureValue>(&can, id.0).await
}

/// Restores an archived figure.
#[utoipa::path(post, path = "/measure-values/{id}/restore", responses((status = 200, body = MeasureValue)))]
async fn restore_measure_value(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    crud::restore::<MeasureValue>(&can, id.0).await
}

/// Shows the history of a figure.
#[utoipa::path(
    get,
    path = "/measure-values/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_measure_value_history(can: Can<ReadOutcomes>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<MeasureValue>(&can, id.0, &part).await
}
