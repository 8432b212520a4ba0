//! The files of an application: evidence.

use entity::frameworks::award_application::{self, ApplicationStatus};

use super::application::AwardApplication;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for AwardApplication {
    async fn admit_files(_write: &Write, item: &award_application::Model) -> Result<()> {
        if item.status == ApplicationStatus::Applied {
            return Ok(());
        }
        let detail = format!("cannot change the files of an application that is {}", item.status);
        Err(Problem::conflict(detail))
    }
}

routes! {
    ReadFrameworks: list_award_application_attachments;
    WriteFrameworks: create_award_application_attachment;
    ReadFrameworks: get_award_application_attachment, get_award_application_attachment_content;
    WriteFrameworks: remove_award_application_attachment;
}

/// Lists the files of an application.
#[utoipa::path(
    get,
    path = "/award-applications/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_award_application_attachments(can: Can<ReadFrameworks>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<AwardApplication>(&can, id.0, list).await
}

/// Attaches a file to an application, as evidence.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the application has as many
/// files as it may have.
#[utoipa::path(
    post,
    path = "/award-applications/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_award_application_attachment(can: Can<WriteFrameworks>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<AwardApplication>(&can, id.0, file).await
}

/// Gets what is known of a file of an application.
#[utoipa::path(
    get,
    path = "/award-applications/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_award_application_attachment(
    can: Can<ReadFrameworks>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<AwardApplication>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of an application.
#[utoipa::path(
    get,
    path = "/award-applications/{id}/attachments/{attachment_id}/content",
    responses(AttachmentContent)
)]
async fn get_award_application_attachment_content(
    can: Can<ReadFrameworks>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<AwardApplication>(&can, id.0, file.0, how).await
}

/// Removes a file from an application, its content for good.
#[utoipa::path(
    delete,
    path = "/award-applications/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_award_application_attachment(can: Can<WriteFrameworks>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<AwardApplication>(&can, id.0, file.0).await
}
