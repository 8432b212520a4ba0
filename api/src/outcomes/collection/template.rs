//! The form of a collection as a file that schools or the hub fill in, with the figures that are there.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, VARY};
use entity::choice;
use entity::outcomes::collection;
use entity::outcomes::measure_value::{self, Column};
use entity::outcomes::school_return;
use entity::schools::school;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::kernel::base::problem::Code;
use crate::kernel::document::accept::{Accepted, Form};
use crate::kernel::operations::export::{Column as SheetColumn, Table};
use crate::kernel::prelude::*;
use crate::outcomes::{rules, store};

choice! {
    /// A form of a template.
    pub enum TemplateFormat {
        /// For spreadsheets and most programs (`text/csv`).
        Csv = "csv",
        /// A workbook for Excel and LibreOffice.
        Xlsx = "xlsx",
    }
}

impl Form for TemplateFormat {
    const FORMS: &'static [Self] = Self::ALL;

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text", "csv"),
            Self::Xlsx => ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        }
    }
}

/// Which template.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and CSV where it leaves the choice.
    #[param(inline, example = "csv")]
    pub format: Option<TemplateFormat>,
    /// Only the rows of this school; of all schools that have a return if absent.
    pub school_id: Option<Uuid>,
}

/// The columns of a template, in order. An import finds them by these names.
pub const COLUMNS: [&str; 12] = [
    "urn",
    "school_id",
    "school",
    "academic_year",
    "line",
    "label",
    "measure",
    "breakdown",
    "value",
    "missing_reason",
    "estimated",
    "note",
];

/// The schools and years of a template are bounded, so that it is made in memory.
const MOST_ROWS: usize = 200_000;

routes! { ReadOutcomes: get_collection_template }

/// Gets the form of a collection as a file to fill in: a row for each school and line, with the figures that are
/// there.
///
/// The columns are `urn`, `school_id`, `school`, `academic_year`, `line`, `label`, `measure`, `breakdown`, `value`,
/// `missing_reason`, `estimated` and `note`. A school gets its own rows. Small numbers are withheld as in `GET
/// /measure-values`, so that a caller from whom they are withheld gets empty cells.
#[utoipa::path(
    get,
    path = "/collections/{id}/template",
    params(TemplateQuery),
    responses(
        (
            status = 200,
            description = "The template.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn get_collection_template(
    can: Can<ReadOutcomes>,
    id: Id,
    query: Query<TemplateQuery>,
    accepted: Accepted<TemplateFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let rows = rows(&can, id.0, query.school_id).await?;
    file(&can, format, rows).await
}

/// A school of a template.
struct Asked {
    id: Uuid,
    urn: Option<i32>,
    name: String,
}

async fn rows(caller: &Caller, id: Uuid, school_id: Option<Uuid>) -> Result<Vec<Vec<Value>>> {
    let db = caller.db().report_snapshot().await?;
    let collection = caller.rows::<collection::Entity>().filter(collection::Column::Id.eq(id)).one(&db).await?;
    let collection = collection.ok_or_else(Problem::not_found)?;
    let asked = caller
        .rows::<school_return::Entity>()
        .filter(school_return::Column::CollectionId.eq(id))
        .filter(Condition::all().add_option(is(school_return::Column::SchoolId, school_id)))
        .select_only()
        .column(school_return::Column::SchoolId)
        .into_query();
    let schools = caller
        .rows::<school::Entity>()
        .filter(school::Column::Id.in_subquery(asked.clone()))
        .order_by_asc(school::Column::NameKey)
        .order_by_asc(school::Column::Id)
        .select_only()
        .columns([school::Column::Id, school::Column::Urn, school::Column::Name]);
    let schools: Vec<(Uuid, Option<i32>, String)> = schools.into_tuple().all(&db).await?;
    if schools.len() * collection.lines.len() > MOST_ROWS {
        let message = format!("the template would have more than {MOST_ROWS} rows: ask for one school by `school_id`");
        let fault = Fault::new("?school_id", "too_many", &message);
        return Err(Problem::new(Code::BadParameter, message).with(fault));
    }
    let figures = caller
        .rows::<measure_value::Entity>()
        .filter(Column::AcademicYear.eq(collection.academic_year.as_str()))
        .filter(store::asked_for(&collection.lines))
        .filter(Column::SchoolId.in_subquery(asked))
        .all(&db)
        .await?;
    let exact = caller.sees_small_counts(Scope::WriteOutcomes);
    let figures: BTreeMap<_, _> = figures.into_iter().map(|row| (row.row_key.clone(), row)).collect();
    let mut rows = Vec::with_capacity(schools.len() * collection.lines.len());
    for (id, urn, name) in schools {
        let school = Asked { id, urn, name };
        for line in &*collection.lines {
            let cell = rules::cell(&rules::codes_of(line), None);
            let key = rules::row_key(school.id, &collection.academic_year, &line.definition_code, &cell);
            let figure = figures.get(&key).filter(|figure| exact || !figure.suppressed);
            rows.push(row(&school, &collection.academic_year, line, &cell, figure));
        }
    }
    db.rollback().await?;
    Ok(rows)
}

fn row(
    school: &Asked,
    academic_year: &str,
    line: &collection::FormLine,
    cell: &str,
    figure: Option<&measure_value::Model>,
) -> Vec<Value> {
    vec![
        json!(school.urn),
        json!(school.id),
        json!(school.name),
        json!(academic_year),
        json!(line.number),
        json!(line.label),
        json!(line.definition_code),
        json!(cell),
        json!(figure.and_then(|figure| figure.value)),
        json!(figure.and_then(|figure| figure.missing_reason)),
        json!(figure.map(|figure| figure.estimated)),
        json!(figure.and_then(|figure| figure.note.clone())),
    ]
}

async fn file(caller: &Caller, format: TemplateFormat, rows: Vec<Vec<Value>>) -> Result<Reply> {
    let columns = COLUMNS.map(|name| SheetColumn::of(name, &json!({ "maxLength": 36 }))).to_vec();
    let table = Table { name: "template".to_owned(), columns, rows };
    let (media, bytes) = match format {
        TemplateFormat::Csv => ("text/csv; charset=utf-8; header=present", table.csv()?),
        TemplateFormat::Xlsx => {
            let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            (media, table.sheet(caller.now()).await?)
        }
    };
    let reply = Reply { body: Some((media, bytes)), ..Reply::empty(StatusCode::OK) };
    let reply = reply.with(CONTENT_DISPOSITION, format!("attachment; filename=\"template.{format}\""));
    let reply = reply.with(VARY, "Accept");
    // A workbook is packed already, and this says so to the layer that compresses.
    Ok(if format == TemplateFormat::Xlsx { reply.with(CONTENT_ENCODING, "identity") } else { reply })
}
