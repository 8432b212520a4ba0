//! What callers send and read of files.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use entity::instant::Instant;
use entity::kernel::attachment::{self, MediaType};
use entity::kernel::change::ActorKind;
use sea_orm::Condition;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::fields;
use crate::kernel::base::filter::any_of;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::API;
use crate::kernel::resource::field::{Field, Fields};
use crate::kernel::resource::traits::{Filter, Listed, ListedColumn};

/// A file attached to an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Attachment {
    /// The file's id: a UUIDv7, given by the service.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The name under which it is saved. It is the name that was sent, without folders and without characters that
    /// some system refuses, and with an ending that fits the type.
    #[schema(max_length = 200, example = "music-development-plan.pdf")]
    pub file_name: String,
    /// The type, as the content shows it.
    #[schema(example = "application/pdf")]
    pub media_type: MediaType,
    /// The length of the content, in bytes.
    #[schema(minimum = 1, example = 48_213)]
    pub size_bytes: i64,
    /// The SHA-256 digest of the content, in hexadecimal digits.
    #[schema(
        min_length = 64,
        max_length = 64,
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    pub sha256: String,
    /// What kind of caller added it.
    #[schema(example = "user")]
    pub actor_kind: ActorKind,
    /// The person who added it; absent where a partner system did.
    #[schema(example = json!(null))]
    pub added_by_id: Option<Uuid>,
    /// 1 when added, 2 once removed; the number in its `ETag`.
    #[schema(minimum = 1, example = 1)]
    pub version: i64,
    /// When it was added.
    pub created_at: Instant,
    /// When it was added or removed.
    pub updated_at: Instant,
    /// When it was removed, if it is. The content is gone from then on.
    pub archived_at: Option<Instant>,
}

impl Fields for Attachment {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        file_name: String,
        media_type: MediaType,
        size_bytes: i64,
        sha256: String,
        actor_kind: ActorKind,
        added_by_id: Option<Uuid>,
        version: i64,
        created_at: Instant,
        updated_at: Instant,
        archived_at: Option<Instant>,
    };
}

impl From<&attachment::Model> for Attachment {
    fn from(row: &attachment::Model) -> Self {
        Self {
            id: row.id,
            file_name: row.file_name.clone(),
            media_type: row.media_type,
            size_bytes: row.size_bytes,
            sha256: row.sha256.clone(),
            actor_kind: row.actor_kind,
            added_by_id: row.added_by_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            archived_at: row.archived_at,
        }
    }
}

impl Attachment {
    /// The address of a file of an item.
    pub(super) fn location(collection: &str, item: Uuid, id: Uuid) -> String {
        format!("{API}{collection}/{item}/attachments/{id}")
    }
}

impl Listed for Attachment {
    type Entity = attachment::Entity;
    type Filter = AttachmentFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("created_at", attachment::Column::CreatedAt), ("file_name", attachment::Column::FileName)];
}

/// Narrows the list of an item's files.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AttachmentFilter {
    /// Any of these types.
    #[serde(default)]
    #[param(max_items = 12)]
    pub media_type: Vec<MediaType>,
}

impl Filter<attachment::Entity> for AttachmentFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all().add_option(any_of(attachment::Column::MediaType, &self.media_type))
    }
}

/// A file in a form. No pupil names; safeguarding concerns go to the school's designated lead, not here.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the schema of a form")]
pub struct AttachmentForm {
    /// The file: PDF, JPEG, PNG, WebP, plain text or CSV, or a document of Office or OpenDocument without macros. At
    /// most 10 MiB, unless the service is set otherwise.
    #[schema(
        format = Binary,
        min_length = 1,
        max_length = 268_435_456,
        example = "Term,Ensemble\r\nAutumn,Choir\r\nSpring,Samba band\r\n",
    )]
    file: String,
}

/// The `{attachment_id}` of a file's address.
#[derive(Clone, Copy, Debug)]
pub struct AttachmentId(pub Uuid);

impl FromRequest for AttachmentId {
    type Error = Problem;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("attachment_id").and_then(|id| Uuid::try_parse(id).ok());
        ready(id.map(Self).ok_or_else(Problem::not_found))
    }
}
