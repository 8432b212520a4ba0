//! A file attached to an item of any table. Its content stands in `attachment_part` or in a folder.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::kernel::change::ActorKind;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    /// The table of the item.
    pub collection: String,
    pub item_id: Uuid,
    pub file_name: String,
    pub media_type: MediaType,
    pub size_bytes: i64,
    /// In hexadecimal digits.
    pub sha256: String,
    pub stored_in: AttachmentStore,
    pub actor_kind: ActorKind,
    /// The user or the client, by `actor_kind`.
    pub actor_id: Option<Uuid>,
    /// The person behind the user.
    pub added_by_id: Option<Uuid>,
}

choice! {
    /// The type of a file, as its content shows it.
    pub enum MediaType {
        /// PDF.
        Pdf = "application/pdf",
        /// A picture as JPEG.
        Jpeg = "image/jpeg",
        /// A picture as PNG.
        Png = "image/png",
        /// A picture as WebP.
        Webp = "image/webp",
        /// Plain text.
        Text = "text/plain",
        /// A table as text.
        Csv = "text/csv",
        /// A text document of Word (.docx).
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// A workbook of Excel (.xlsx).
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        /// A presentation of PowerPoint (.pptx).
        Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        /// An OpenDocument text (.odt).
        Odt = "application/vnd.oasis.opendocument.text",
        /// An OpenDocument spreadsheet (.ods).
        Ods = "application/vnd.oasis.opendocument.spreadsheet",
        /// An OpenDocument presentation (.odp).
        Odp = "application/vnd.oasis.opendocument.presentation",
    }
}

choice! {
    /// Where the content of a file is.
    pub enum AttachmentStore {
        /// In the database.
        Database = "database",
        /// In the folder that the service was started with.
        Folder = "folder",
    }
}

// A file is reached through its item, whose table its row names: only with the item's own rule.
row!(Visibility::HubOnly);
