//! The files of a message.

use entity::engagement::communication;

use super::Communication;
use crate::engagement::rules;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for Communication {
    async fn admit_files(_write: &Write, item: &communication::Model) -> Result<()> {
        rules::message_editable(item.status)
    }
}

routes! {
    ReadEngagement: list_communication_attachments;
    WriteEngagement: create_communication_attachment;
    ReadEngagement: get_communication_attachment, get_communication_attachment_content;
    WriteEngagement: remove_communication_attachment;
}

/// Lists the files of a message.
#[utoipa::path(
    get,
    path = "/communications/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_communication_attachments(can: Can<ReadEngagement>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<Communication>(&can, id.0, list).await
}

/// Attaches a file to a message.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the state of the message
/// fixes its files, or it has as many as it may have.
#[utoipa::path(
    post,
    path = "/communications/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_communication_attachment(can: Can<WriteEngagement>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<Communication>(&can, id.0, file).await
}

/// Gets what is known of a file of a message.
#[utoipa::path(
    get,
    path = "/communications/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_communication_attachment(
    can: Can<ReadEngagement>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<Communication>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a message.
#[utoipa::path(get, path = "/communications/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_communication_attachment_content(
    can: Can<ReadEngagement>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<Communication>(&can, id.0, file.0, how).await
}

/// Removes a file from a message, its content for good.
#[utoipa::path(
    delete,
    path = "/communications/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_communication_attachment(can: Can<WriteEngagement>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<Communication>(&can, id.0, file.0).await
}
