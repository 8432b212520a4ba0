//! The content of tabled reports: text in a table of its own, in which the name of an erased person is replaced; a
//! workbook as a file of the item, which is removed when it names an erased person.

use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, ETAG, HeaderValue, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, Responder};
use entity::reports::tabled_report::{self, TabledFormat};
use entity::reports::tabled_report_text;
use sea_orm::QueryFilter;
use sea_orm::sea_query::{Expr, Query as Sql};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::TabledReport;
use crate::kernel::base::condition::ETags;
use crate::kernel::base::encoding::base64url;
use crate::kernel::base::problem::Code;
use crate::kernel::base::sheet::HtmlPage;
use crate::kernel::operations::attachment::{self, Download};
use crate::kernel::operations::report::keep::KeptReply;
use crate::kernel::prelude::*;

/// SHA-256 in hexadecimal digits.
pub fn digits(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut digits, byte| {
        // Writing into a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// A page with apostrophes as they are, so that a name with one is found when a person is erased. No attribute of a
/// page stands between apostrophes.
pub fn plain_apostrophes(page: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(page) {
        Ok(page) => page.replace("&#39;", "'").into_bytes(),
        Err(page) => page.into_bytes(),
    }
}

/// Refuses a content that is longer than a file may be.
///
/// # Errors
/// 413.
pub fn expect_room(caller: &Caller, kept: &KeptReply) -> Result<()> {
    let most = caller.state().settings.attachment_limit;
    if kept.content.len() <= most {
        return Ok(());
    }
    let detail = format!("the report is longer than {most} bytes: narrow it by its parameters");
    Err(Problem::new(Code::TooLarge, detail))
}

/// Keeps the content of a report.
///
/// # Errors
/// When the database or the folder for files fails.
pub async fn keep(write: &mut Write, row: &tabled_report::Model, content: &[u8]) -> Result<()> {
    use tabled_report_text::{Column, Entity};

    if row.format == TabledFormat::Xlsx {
        return attachment::attach_content::<TabledReport>(write, row.id, &row.file_name, content).await;
    }
    let text = std::str::from_utf8(content).map_err(Problem::internal)?;
    let mut insert = Sql::insert();
    insert
        .into_table(Entity)
        .columns([Column::HubId, Column::Id, Column::Content])
        .values([row.hub_id.into(), row.id.into(), Expr::val(text)])
        .map_err(Problem::internal)?;
    write.tx().execute(&insert).await?;
    Ok(())
}

/// A tabled report as data, in the form that the report had.
#[derive(ToSchema)]
#[schema(value_type = Object, example = json!({ "name": "visit-coverage", "as_at": "2015-03-31" }))]
pub struct TabledData(#[expect(dead_code, reason = "it is the schema of what was kept")] Value);

routes! { ReadReports: get_tabled_report_content }

/// Gets the content of a tabled report, the same bytes each time.
///
/// It needs the scope of the report as well (403), with reach over the hub. A workbook that was removed because it
/// named a person who was erased is 404.
#[utoipa::path(
    get,
    path = "/tabled-reports/{id}/content",
    params(("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The content as it was tabled, with an `ETag`.",
            content(
                (TabledData = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (HtmlPage = "text/html"),
            ),
        ),
        (status = 304, description = "The content named in `If-None-Match` is still the same."),
    ),
)]
async fn get_tabled_report_content(
    can: Can<ReadReports>,
    id: Id,
    request: HttpRequest,
    how: Download,
) -> Result<HttpResponse> {
    let row = can.rows::<tabled_report::Entity>().filter(tabled_report::Column::Id.eq(id.0));
    let row = row.one(can.db().read()).await?.ok_or_else(Problem::not_found)?;
    let scope = Scope::named(&row.scope).and_then(|scope| can.under(scope));
    if !scope.is_some_and(|caller| caller.sees_hub()) {
        let detail = format!("this content needs the scope `{}` over the whole hub", row.scope);
        return Err(Problem::forbidden(detail));
    }
    if row.format == TabledFormat::Xlsx {
        return workbook(&can, &row, &request, how).await;
    }
    Ok(text(&can, &row).await?.respond_to(&request))
}

async fn workbook(
    caller: &Caller,
    row: &tabled_report::Model,
    request: &HttpRequest,
    how: Download,
) -> Result<HttpResponse> {
    let etag = format!("\"{}\"", row.sha256);
    let files = attachment::ids_of::<TabledReport>(caller, caller.db().read(), row.id).await?;
    let file = files
        .into_iter()
        .next()
        .ok_or_else(|| Problem::new(Code::NotFound, "the workbook named a person who was erased, and was removed"))?;
    if ETags::of(request.headers(), &IF_NONE_MATCH).ok().flatten().is_some_and(|known| known.names_reply(&etag)) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, etag)).finish());
    }
    let mut reply = attachment::content::<TabledReport>(caller, row.id, file, how).await?;
    reply.headers_mut().insert(ETAG, HeaderValue::from_str(&etag).map_err(Problem::internal)?);
    Ok(reply)
}

async fn text(caller: &Caller, row: &tabled_report::Model) -> Result<Reply> {
    use tabled_report_text::{Column, Entity};

    let mut content = Sql::select();
    content
        .column(Column::Content)
        .from(Entity)
        .and_where(Column::HubId.eq(caller.hub_id))
        .and_where(Column::Id.eq(row.id));
    let content = caller.db().read().query_one(&content).await?.ok_or_else(Problem::not_found)?;
    let content: String = content.try_get_by_index(0)?;
    let kind = match row.format {
        TabledFormat::Json => "application/json",
        TabledFormat::Html => "text/html; charset=utf-8",
        _ => "text/csv; charset=utf-8; header=present",
    };
    // Of what is there, which differs from what was tabled once a person was erased in it.
    let etag = base64url(&Sha256::digest(content.as_bytes())[..18]);
    let shown = if row.format == TabledFormat::Html { "inline" } else { "attachment" };
    let policy = row.content_policy.clone().unwrap_or_else(|| "sandbox; default-src 'none'".to_owned());
    let reply = Reply { body: Some((kind, content.into_bytes())), ..Reply::empty(StatusCode::OK) };
    Ok(reply
        .with(CONTENT_DISPOSITION, format!("{shown}; filename=\"{}\"", row.file_name))
        .with(CONTENT_SECURITY_POLICY, policy)
        .with(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with(CONTENT_LANGUAGE, "en-GB")
        .with(ETAG, format!("\"{etag}\"")))
}
