//! A plan as people read and print it, in the columns that hubs use: as JSON, as CSV, as a workbook, and as a page for
//! A4 landscape. What stands in it is decided in `build`, the same for all four.

mod build;
mod csv;
mod form;
mod html;
pub mod link;
mod marks;
mod names;
mod sheet;
mod view;
pub mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, VARY};
use time::Date;

use self::build::{Audience, build};
use self::csv::PlanCsv;
pub use self::form::DocumentFormat;

use self::view::PlanDocument;
use super::store;
use crate::kernel::base::sheet::{HtmlPage, file_name};
use crate::kernel::document::accept::Accepted;
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::prelude::*;

/// How the document is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and JSON where it leaves
    /// the choice.
    #[param(inline, example = "json")]
    pub format: Option<DocumentFormat>,
    /// The day for which progress and status are shown. If absent: today, or the plan's nearest day
    /// where today is not one of its own.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-02-01")]
    pub as_at: Option<Date>,
}

routes! { ReadPlans: get_plan_document }

/// Gets a plan as a document to read and print.
///
/// The document has the columns that hubs use: objective; actions and resources; leads; targets and
/// milestones; by when; monitor; budget; next year's targets. Targets of the plan's first year
/// stand in "targets and milestones", targets of later years in the last column. The glossary and
/// the partners with their marks follow.
///
/// As JSON the cells are data. As CSV (RFC 4180, UTF-8 with a byte order mark, formulas made
/// harmless by a leading apostrophe) there is one record for each target, milestone, resource line
/// and budget line. As XLSX it has the same rows, with the figures of targets as numbers: the figure
/// to reach, the latest figure reported or computed, and what a computed share is made of. As HTML it
/// is a page that prints on A4 landscape. A school sees it without budgets and progress.
#[utoipa::path(
    get,
    path = "/plans/{id}/document",
    params(DocumentQuery, ("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The document, in the form asked for, with an `ETag`.",
            content(
                (PlanDocument = "application/json"),
                (PlanCsv = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (HtmlPage = "text/html"),
            ),
        ),
        (status = 304, description = "The document named in `If-None-Match` is still the same."),
    ),
)]
async fn get_plan_document(
    can: Can<ReadPlans>,
    id: Id,
    query: Query<DocumentQuery>,
    accepted: Accepted<DocumentFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let (document, version) = load(&can, id.0, query.as_at).await?;
    Ok(reply(&document, format).await?.version_and_hash(version))
}

/// The document by its name.
pub const NAMED: NamedReport = NamedReport::about(
    "plan-document",
    Scope::ReadPlans,
    "plan",
    &["json", "csv", "xlsx", "html"],
    |caller, wanted| {
        Box::pin(async move {
            let query: DocumentQuery = wanted.parameters(&caller)?;
            let format = wanted.format(DocumentFormat::ALL, DocumentFormat::as_str)?;
            let (document, _) = load(&caller, wanted.item()?, query.as_at).await?;
            reply(&document, format).await
        })
    },
);

/// Shows the document to a caller who did not ask by a token.
///
/// # Errors
/// 404 when the plan is not there for the caller.
pub async fn show(caller: &Caller, id: Uuid, as_at: Option<Date>, format: DocumentFormat) -> Result<Reply> {
    let (document, _) = load(caller, id, as_at).await?;
    Ok(reply(&document, format).await?.with(CACHE_CONTROL, "private, no-store"))
}

/// The document with the plan's version, from one snapshot.
async fn load(caller: &Caller, id: Uuid, as_at: Option<Date>) -> Result<(PlanDocument, i64)> {
    let db = caller.db().snapshot().await?;
    let tree = store::tree(caller, &db, id, as_at).await?;
    let names = names::load(caller, &db, &tree).await?;
    let audience = if caller.sees_hub() { Audience::Hub } else { Audience::School };
    Ok((build(&tree, &names, audience), tree.plan.version))
}

async fn reply(document: &PlanDocument, format: DocumentFormat) -> Result<Reply> {
    let file = file_name(&document.title, "plan", format.as_str());
    let reply = match format {
        DocumentFormat::Json => Reply::ok(document)?.with(CONTENT_LANGUAGE, "en-GB"),
        DocumentFormat::Csv => csv::csv(document)?
            .reply()
            .with(CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\""))
            .with(CONTENT_LANGUAGE, "en-GB"),
        // It is packed already, and this says so to the layer that compresses.
        DocumentFormat::Xlsx => sheet::sheet(document)
            .await?
            .with(CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\""))
            .with(CONTENT_ENCODING, "identity"),
        DocumentFormat::Html => html::html(document)?.reply(&file),
    };
    Ok(reply.with(VARY, "Accept"))
}
