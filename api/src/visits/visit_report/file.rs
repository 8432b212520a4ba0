//! The files of a report. The school sees them once it sees the report.

use entity::visits::visit_report;

use super::VisitReport;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;
use crate::visits::rules;

impl Attached for VisitReport {
    /// What the school has stays as it is.
    async fn admit_files(_write: &Write, item: &visit_report::Model) -> Result<()> {
        rules::editable(item.status)
    }
}

routes! {
    ReadVisits: list_visit_report_attachments;
    WriteVisits: create_visit_report_attachment;
    ReadVisits: get_visit_report_attachment, get_visit_report_attachment_content;
    WriteVisits: remove_visit_report_attachment;
}

/// Lists the files of a report.
#[utoipa::path(
    get,
    path = "/visit-reports/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_visit_report_attachments(can: Can<ReadVisits>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<VisitReport>(&can, id.0, list).await
}

/// Attaches a file to a report that is a draft.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the report has as many files
/// as it may have.
#[utoipa::path(
    post,
    path = "/visit-reports/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_visit_report_attachment(can: Can<WriteVisits>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<VisitReport>(&can, id.0, file).await
}

/// Gets what is known of a file of a report.
#[utoipa::path(
    get,
    path = "/visit-reports/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_visit_report_attachment(
    can: Can<ReadVisits>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<VisitReport>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a report.
#[utoipa::path(get, path = "/visit-reports/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_visit_report_attachment_content(
    can: Can<ReadVisits>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<VisitReport>(&can, id.0, file.0, how).await
}

/// Removes a file from a report, its content for good.
#[utoipa::path(
    delete,
    path = "/visit-reports/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_visit_report_attachment(can: Can<WriteVisits>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<VisitReport>(&can, id.0, file.0).await
}
