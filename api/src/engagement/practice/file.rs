//! The files of a piece of practice.

use entity::engagement::shared_practice::{self, PracticeStatus};

use super::SharedPractice;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for SharedPractice {
    async fn admit_files(_write: &Write, item: &shared_practice::Model) -> Result<()> {
        if item.status == PracticeStatus::Draft {
            return Ok(());
        }
        let detail = format!("cannot change the files of practice that is {}: schools have read it so", item.status);
        Err(Problem::conflict(detail))
    }
}

routes! {
    ReadEngagement: list_shared_practice_attachments;
    WriteEngagement: create_shared_practice_attachment;
    ReadEngagement: get_shared_practice_attachment, get_shared_practice_attachment_content;
    WriteEngagement: remove_shared_practice_attachment;
}

/// Lists the files of a piece of practice.
#[utoipa::path(
    get,
    path = "/shared-practice/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_shared_practice_attachments(can: Can<ReadEngagement>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<SharedPractice>(&can, id.0, list).await
}

/// Attaches a file to a piece of practice.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the practice is no draft, or
/// has as many files as it may have.
#[utoipa::path(
    post,
    path = "/shared-practice/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_shared_practice_attachment(can: Can<WriteEngagement>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<SharedPractice>(&can, id.0, file).await
}

/// Gets what is known of a file of a piece of practice.
#[utoipa::path(
    get,
    path = "/shared-practice/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_shared_practice_attachment(
    can: Can<ReadEngagement>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<SharedPractice>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a piece of practice.
#[utoipa::path(get, path = "/shared-practice/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_shared_practice_attachment_content(
    can: Can<ReadEngagement>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<SharedPractice>(&can, id.0, file.0, how).await
}

/// Removes a file from a piece of practice, its content for good.
#[utoipa::path(
    delete,
    path = "/shared-practice/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_shared_practice_attachment(can: Can<WriteEngagement>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<SharedPractice>(&can, id.0, file.0).await
}
