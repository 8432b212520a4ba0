//! The files of an evaluation: evidence.

use entity::frameworks::evaluation::{self, EvaluationStatus};

use super::Evaluation;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for Evaluation {
    /// What was sent stays as it was sent.
    async fn admit_files(_write: &Write, item: &evaluation::Model) -> Result<()> {
        if matches!(item.status, EvaluationStatus::Draft | EvaluationStatus::Returned) {
            return Ok(());
        }
        let detail = "cannot change the files of an evaluation that is sent: they change while it is draft or returned";
        Err(Problem::conflict(detail))
    }
}

routes! {
    ReadFrameworks: list_evaluation_attachments;
    WriteFrameworks: create_evaluation_attachment;
    ReadFrameworks: get_evaluation_attachment, get_evaluation_attachment_content;
    WriteFrameworks: remove_evaluation_attachment;
}

/// Lists the files of an evaluation.
#[utoipa::path(
    get,
    path = "/evaluations/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_evaluation_attachments(can: Can<ReadFrameworks>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<Evaluation>(&can, id.0, list).await
}

/// Attaches a file to an evaluation, as evidence.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the evaluation has as many
/// files as it may have.
#[utoipa::path(
    post,
    path = "/evaluations/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_evaluation_attachment(can: Can<WriteFrameworks>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<Evaluation>(&can, id.0, file).await
}

/// Gets what is known of a file of an evaluation.
#[utoipa::path(
    get,
    path = "/evaluations/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_evaluation_attachment(
    can: Can<ReadFrameworks>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<Evaluation>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of an evaluation.
#[utoipa::path(get, path = "/evaluations/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_evaluation_attachment_content(
    can: Can<ReadFrameworks>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<Evaluation>(&can, id.0, file.0, how).await
}

/// Removes a file from an evaluation, its content for good.
#[utoipa::path(
    delete,
    path = "/evaluations/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_evaluation_attachment(can: Can<WriteFrameworks>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<Evaluation>(&can, id.0, file.0).await
}
