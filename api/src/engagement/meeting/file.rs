//! The files of a meeting.

use entity::engagement::meeting;

use super::Meeting;
use crate::engagement::rules;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for Meeting {
    async fn admit_files(_write: &Write, item: &meeting::Model) -> Result<()> {
        rules::meeting_editable(item.status)
    }
}

routes! {
    ReadEngagement: list_meeting_attachments;
    WriteEngagement: create_meeting_attachment;
    ReadEngagement: get_meeting_attachment, get_meeting_attachment_content;
    WriteEngagement: remove_meeting_attachment;
}

/// Lists the files of a meeting.
#[utoipa::path(
    get,
    path = "/meetings/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_meeting_attachments(can: Can<ReadEngagement>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<Meeting>(&can, id.0, list).await
}

/// Attaches a file to a meeting.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the state of the meeting
/// fixes its files, or it has as many as it may have.
#[utoipa::path(
    post,
    path = "/meetings/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_meeting_attachment(can: Can<WriteEngagement>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<Meeting>(&can, id.0, file).await
}

/// Gets what is known of a file of a meeting.
#[utoipa::path(
    get,
    path = "/meetings/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_meeting_attachment(
    can: Can<ReadEngagement>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<Meeting>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a meeting.
#[utoipa::path(get, path = "/meetings/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_meeting_attachment_content(
    can: Can<ReadEngagement>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<Meeting>(&can, id.0, file.0, how).await
}

/// Removes a file from a meeting, its content for good.
#[utoipa::path(
    delete,
    path = "/meetings/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_meeting_attachment(can: Can<WriteEngagement>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<Meeting>(&can, id.0, file.0).await
}
