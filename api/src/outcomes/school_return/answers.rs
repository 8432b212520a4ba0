//! The form of a collection with the figures of one school.

use entity::missing::MissingReason;
use entity::outcomes::collection::{self, FormLine};
use entity::outcomes::school_return::{self, ReturnStatus};
use sea_orm::QueryFilter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::prelude::*;
use crate::outcomes::{rules, store};

/// The form of a collection with the figures of a school.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnForm {
    /// The return.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub return_id: Uuid,
    /// The collection.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub collection_id: Uuid,
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The academic year of the figures.
    #[schema(max_length = 7, example = "2014/15")]
    pub academic_year: String,
    /// How far the return has come.
    #[schema(example = "draft")]
    pub status: ReturnStatus,
    /// How many lines are answered, by a figure or by the reason why there is none.
    #[schema(minimum = 0, maximum = 200, example = 5)]
    pub answered: usize,
    /// How many lines are best estimates.
    #[schema(minimum = 0, maximum = 200, example = 1)]
    pub estimated: usize,
    /// The numbers of the required lines that are not answered yet.
    #[schema(value_type = Vec<LineNumber>, max_items = 200, example = json!(["2b"]))]
    pub missing: Vec<String>,
    /// The lines, in the order of the form.
    #[schema(max_items = 200)]
    pub lines: Vec<ReturnLine>,
}

/// The number of a line of a form.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 20, example = "2b")]
pub struct LineNumber(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// A line of a form with a school's figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnLine {
    /// Its number on the form.
    #[schema(max_length = 20, example = "1a")]
    pub number: String,
    /// What the form says beside it.
    #[schema(max_length = 500, example = "Pupils who had whole-class teaching in key stage 2")]
    pub label: String,
    /// The measure.
    #[schema(max_length = 60, example = "first_access_pupils")]
    pub definition_code: String,
    /// The dimensions with their codes, separated by semicolons; empty for a total.
    #[schema(max_length = 400, example = "key_stage=ks2")]
    pub cell: String,
    /// True if a return cannot be sent without it.
    #[schema(example = true)]
    pub required: bool,
    /// The measure value with the figure; null where the line is not answered.
    #[schema(example = json!(null))]
    pub value_id: Option<Uuid>,
    /// The figure; null where it is missing or withheld.
    #[schema(minimum = 0, example = 54)]
    pub value: Option<i64>,
    /// Why there is no figure.
    #[schema(example = json!(null))]
    pub missing_reason: Option<MissingReason>,
    /// True if it is a best estimate.
    #[schema(example = false)]
    pub estimated: bool,
    /// True if the figure is withheld from callers who see other schools' data.
    #[schema(example = false)]
    pub suppressed: bool,
}

routes! { ReadOutcomes: get_school_return_form }

/// Gets the form of a return with the figures of the school, and which required lines are still missing.
///
/// Figures are written by `POST /measure-values/batch`. Small numbers are withheld as in `GET /measure-values`.
#[utoipa::path(get, path = "/returns/{id}/form", responses((status = 200, body = ReturnForm)))]
async fn get_school_return_form(can: Can<ReadOutcomes>, id: Id) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let row = can.rows::<school_return::Entity>().filter(school_return::Column::Id.eq(id.0)).one(&db).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let collection = can.rows::<collection::Entity>().filter(collection::Column::Id.eq(row.collection_id));
    let collection = collection.one(&db).await?.ok_or_else(Problem::not_found)?;
    let exact = can.sees_small_counts(Scope::WriteOutcomes);
    let year = collection.academic_year.as_str();
    let figures = store::figures(&can, &db, (row.school_id, year), &collection.lines).await?;
    let line = |line: &FormLine| {
        let cell = rules::cell(&rules::codes_of(line), None);
        let figure = figures.get(&(line.definition_code.clone(), cell.clone()));
        let shown = figure.filter(|figure| exact || !figure.suppressed);
        ReturnLine {
            number: line.number.clone(),
            label: line.label.clone(),
            definition_code: line.definition_code.clone(),
            cell,
            required: line.required,
            value_id: figure.map(|figure| figure.id),
            value: shown.and_then(|figure| figure.value),
            missing_reason: figure.and_then(|figure| figure.missing_reason),
            estimated: figure.is_some_and(|figure| figure.estimated),
            suppressed: figure.is_some_and(|figure| figure.suppressed),
        }
    };
    let lines: Vec<_> = collection.lines.iter().map(line).collect();
    let missing = lines.iter().filter(|line| line.required && line.value_id.is_none());
    Reply::ok(&ReturnForm {
        return_id: row.id,
        collection_id: row.collection_id,
        school_id: row.school_id,
        academic_year: collection.academic_year.clone(),
        status: row.status,
        answered: lines.iter().filter(|line| line.value_id.is_some()).count(),
        estimated: lines.iter().filter(|line| line.estimated).count(),
        missing: missing.map(|line| line.number.clone()).collect(),
        lines,
    })
}
