//! The files of an action.

use entity::visits::action;

use super::ActionItem;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;
use crate::visits::rules;

impl Attached for ActionItem {
    /// The files of a dropped action stay as they are.
    async fn admit_files(_write: &Write, item: &action::Model) -> Result<()> {
        rules::changeable(item.status)
    }
}

routes! {
    ReadVisits: list_action_attachments;
    WriteVisits: create_action_attachment;
    ReadVisits: get_action_attachment, get_action_attachment_content;
    WriteVisits: remove_action_attachment;
}

/// Lists the files of an action.
#[utoipa::path(
    get,
    path = "/actions/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_action_attachments(can: Can<ReadVisits>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<ActionItem>(&can, id.0, list).await
}

/// Attaches a file to an action, such as evidence that the action is done.
///
/// 415 where the type of the content is not accepted, regardless of the name of the file. 409 where the action was
/// dropped, or has as many files as it may have.
#[utoipa::path(
    post,
    path = "/actions/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_action_attachment(can: Can<WriteVisits>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<ActionItem>(&can, id.0, file).await
}

/// Gets the name, type and size of a file of an action.
#[utoipa::path(
    get,
    path = "/actions/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_action_attachment(
    can: Can<ReadVisits>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<ActionItem>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of an action.
#[utoipa::path(get, path = "/actions/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_action_attachment_content(
    can: Can<ReadVisits>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<ActionItem>(&can, id.0, file.0, how).await
}

/// Removes a file from an action, and its content for good.
#[utoipa::path(
    delete,
    path = "/actions/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_action_attachment(can: Can<WriteVisits>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<ActionItem>(&can, id.0, file.0).await
}
