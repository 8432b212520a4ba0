//! The files of a record of music in a school's plans: the plan itself, for instance.

use super::school_plan_record::SchoolPlanRecord;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for SchoolPlanRecord {}

routes! {
    ReadOutcomes: list_school_plan_record_attachments;
    WriteOutcomes: create_school_plan_record_attachment;
    ReadOutcomes: get_school_plan_record_attachment, get_school_plan_record_attachment_content;
    WriteOutcomes: remove_school_plan_record_attachment;
}

/// Lists the files of a record.
#[utoipa::path(
    get,
    path = "/school-plan-records/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_school_plan_record_attachments(can: Can<ReadOutcomes>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<SchoolPlanRecord>(&can, id.0, list).await
}

/// Attaches a file to a record, such as the plan itself.
///
/// 415 where the content is of a type that is not taken, regardless of the name; 409 where the record has as many files
/// as it may have.
#[utoipa::path(
    post,
    path = "/school-plan-records/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_school_plan_record_attachment(can: Can<WriteOutcomes>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<SchoolPlanRecord>(&can, id.0, file).await
}

/// Gets what is known of a file of a record.
#[utoipa::path(
    get,
    path = "/school-plan-records/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_school_plan_record_attachment(
    can: Can<ReadOutcomes>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<SchoolPlanRecord>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a record.
#[utoipa::path(
    get,
    path = "/school-plan-records/{id}/attachments/{attachment_id}/content",
    responses(AttachmentContent)
)]
async fn get_school_plan_record_attachment_content(
    can: Can<ReadOutcomes>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<SchoolPlanRecord>(&can, id.0, file.0, how).await
}

/// Removes a file from a record, its content for good.
#[utoipa::path(
    delete,
    path = "/school-plan-records/{id}/attachments/{attachment_id}",
    responses((status = 204)),
)]
async fn remove_school_plan_record_attachment(can: Can<WriteOutcomes>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<SchoolPlanRecord>(&can, id.0, file.0).await
}
