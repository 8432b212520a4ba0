//! The files of a visit.

use entity::visits::visit;

use super::Visit;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;
use crate::visits::rules;

impl Attached for Visit {
    /// The files of a visit that is over stay as they are.
    async fn admit_files(_write: &Write, item: &visit::Model) -> Result<()> {
        rules::visit_files(item.status)
    }
}

routes! {
    ReadVisits: list_visit_attachments;
    WriteVisits: create_visit_attachment;
    ReadVisits: get_visit_attachment, get_visit_attachment_content;
    WriteVisits: remove_visit_attachment;
}

/// Lists the files of a visit.
#[utoipa::path(
    get,
    path = "/visits/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_visit_attachments(can: Can<ReadVisits>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<Visit>(&can, id.0, list).await
}

/// Attaches a file to a visit, such as its agenda.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the visit is over, or has as
/// many files as it may have.
#[utoipa::path(
    post,
    path = "/visits/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_visit_attachment(can: Can<WriteVisits>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<Visit>(&can, id.0, file).await
}

/// Gets what is known of a file of a visit.
#[utoipa::path(
    get,
    path = "/visits/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_visit_attachment(
    can: Can<ReadVisits>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<Visit>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a visit.
#[utoipa::path(get, path = "/visits/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_visit_attachment_content(
    can: Can<ReadVisits>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<Visit>(&can, id.0, file.0, how).await
}

/// Removes a file from a visit, its content for good.
#[utoipa::path(
    delete,
    path = "/visits/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_visit_attachment(can: Can<WriteVisits>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<Visit>(&can, id.0, file.0).await
}
