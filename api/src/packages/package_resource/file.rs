//! The files of a resource.

use super::PackageResource;
use crate::kernel::caller::input::FormFile;
use crate::kernel::operations::attachment::{
    self, Attached, Attachment, AttachmentContent, AttachmentForm, AttachmentId, Download,
};
use crate::kernel::prelude::*;

impl Attached for PackageResource {}

routes! {
    ReadPackages: list_package_resource_attachments;
    WritePackages: create_package_resource_attachment;
    ReadPackages: get_package_resource_attachment, get_package_resource_attachment_content;
    WritePackages: remove_package_resource_attachment;
}

/// Lists the files of a resource.
#[utoipa::path(
    get,
    path = "/resources/{id}/attachments",
    params(List<Attachment>),
    responses((status = 200, body = Page<Attachment>)),
)]
async fn list_package_resource_attachments(can: Can<ReadPackages>, id: Id, list: List<Attachment>) -> Result<Reply> {
    attachment::list::<PackageResource>(&can, id.0, list).await
}

/// Attaches a file to a resource, such as a handbook.
///
/// Schools that see the resource see its files. 415 where the content is of a type that is not taken, regardless of the
/// name; 409 where the resource has as many files as it may have.
#[utoipa::path(
    post,
    path = "/resources/{id}/attachments",
    request_body(content((AttachmentForm = "multipart/form-data"))),
    responses((status = 201, body = Attachment)),
)]
async fn create_package_resource_attachment(can: Can<WritePackages>, id: Id, file: FormFile) -> Result<Reply> {
    attachment::attach::<PackageResource>(&can, id.0, file).await
}

/// Gets what is known of a file of a resource.
#[utoipa::path(
    get,
    path = "/resources/{id}/attachments/{attachment_id}",
    params(Show<Attachment>),
    responses((status = 200, body = Attachment)),
)]
async fn get_package_resource_attachment(
    can: Can<ReadPackages>,
    id: Id,
    file: AttachmentId,
    show: Show<Attachment>,
) -> Result<Reply> {
    attachment::get::<PackageResource>(&can, id.0, file.0, show).await
}

/// Fetches the content of a file of a resource.
#[utoipa::path(get, path = "/resources/{id}/attachments/{attachment_id}/content", responses(AttachmentContent))]
async fn get_package_resource_attachment_content(
    can: Can<ReadPackages>,
    id: Id,
    file: AttachmentId,
    how: Download,
) -> Result<HttpResponse> {
    attachment::content::<PackageResource>(&can, id.0, file.0, how).await
}

/// Removes a file from a resource, its content for good.
#[utoipa::path(delete, path = "/resources/{id}/attachments/{attachment_id}", responses((status = 204)))]
async fn remove_package_resource_attachment(can: Can<WritePackages>, id: Id, file: AttachmentId) -> Result<Reply> {
    attachment::detach::<PackageResource>(&can, id.0, file.0).await
}
