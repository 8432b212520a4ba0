//! An address that shows a plan's document without a header, so that a browser can open it.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use entity::instant::Instant;
use entity::plans::plan;
use sea_orm::QueryFilter;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::csv::PlanCsv;
use super::form::DocumentFormat;
use super::view::PlanDocument;
use crate::endpoints;
use crate::kernel::base::request::RequestMeta;
use crate::kernel::base::sheet::HtmlPage;
use crate::kernel::caller::state::State;
use crate::kernel::edge::auth::SignedIn;
use crate::kernel::edge::endpoint::{Endpoint, Public};
use crate::kernel::prelude::*;

/// What links of this file are for.
const PURPOSE: &str = "plan-document";

/// What the address is to show.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocumentLink {
    /// The form; a page to read and print if absent.
    #[schema(example = "html")]
    pub format: Option<DocumentFormat>,
    /// The day for which progress and status are shown; if absent, as for the document itself.
    #[serde(default, with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2015-03-31")]
    pub as_at: Option<Date>,
}

/// An address that works without a token.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentLink {
    /// The address. It shows this one document as the caller sees it, to anybody who has it.
    #[schema(max_length = 4000, example = "https://smep.example/plan-documents/Zm9yIHRlbiBtaW51dGVz")]
    pub url: String,
    /// When the address stops working: after ten minutes. It stops at once when the caller signs
    /// out, is disabled or loses the grant.
    #[schema(example = "2014-09-01T08:40:00Z")]
    pub expires_at: Instant,
}

/// What a link shows.
#[derive(Debug, Deserialize, Serialize)]
struct Shown {
    plan_id: Uuid,
    format: DocumentFormat,
    #[serde(default, with = "entity::date::option")]
    as_at: Option<Date>,
}

routes! { ReadPlans: create_plan_document_link }

/// What the address leads to, outside of the API.
pub const LINKED: &[Endpoint] = endpoints! { Public: open_plan_document };

/// Makes an address that shows a plan's document for ten minutes.
///
/// A browser opens the address without a token, so that a front end can show the page or offer the
/// file. The address opens nothing else.
#[utoipa::path(
    post,
    path = "/plans/{id}/document-link",
    request_body = Option<NewDocumentLink>,
    responses((status = 200, body = DocumentLink)),
)]
async fn create_plan_document_link(
    can: Can<ReadPlans>,
    me: SignedIn,
    id: Id,
    body: OptionalJson<NewDocumentLink>,
) -> Result<Reply> {
    let shown = Shown { plan_id: id.0, format: body.format.unwrap_or(DocumentFormat::Html), as_at: body.as_at };
    Write::run(&can, async |write| {
        let plan = write.caller().rows::<plan::Entity>().filter(plan::Column::Id.eq(shown.plan_id));
        plan.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
        let state = write.caller().state();
        let (link, expires_at) = state.auth().link(&me.0, Scope::ReadPlans, PURPOSE, &shown, write.now())?;
        let url = format!("{}/plan-documents/{link}", state.settings.public_url().trim_end_matches('/'));
        Ok(Reply::ok(&DocumentLink { url, expires_at })?.secret())
    })
    .await
}

/// Shows the plan's document that a link was made for.
///
/// The link is the last part of the address that `POST /api/v1/plans/{id}/document-link` gives.
#[utoipa::path(
    get,
    path = "/plan-documents/{link}",
    params(
        (
            "link" = String,
            Path,
            max_length = 4000,
            description = "The link, as it was given.",
            example = "Zm9yIHRlbiBtaW51dGVz",
        ),
    ),
    responses(
        (
            status = 200,
            description = "The document, in the form that the link was made for.",
            content(
                (PlanDocument = "application/json"),
                (PlanCsv = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (HtmlPage = "text/html"),
            ),
        ),
    ),
)]
async fn open_plan_document(request: HttpRequest, state: Data<State>, link: Path<String>) -> Result<Reply> {
    let (maker, shown) = state.auth().open_link::<Shown>(&link, PURPOSE, state.clock.now()).await?;
    let state = State::clone(&state);
    let caller = Caller::new(maker.identity, Scope::ReadPlans, RequestMeta::of(&request)?, state)?;
    super::show(&caller, shown.plan_id, shown.as_at, shown.format).await
}
