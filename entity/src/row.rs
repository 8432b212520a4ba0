//! What every row that belongs to a hub has.

use sea_orm::{ModelTrait, Value};
use uuid::Uuid;

use crate::instant::Instant;

/// The columns that every owned table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The hub that the row belongs to.
    pub hub_id: Uuid,
    /// A UUIDv7, unique within the hub.
    pub id: Uuid,
    /// 1 when created, one more with each change; the item's `ETag`.
    pub version: i64,
    /// When the row was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// When it was archived, if it is.
    pub archived_at: Option<Instant>,
}

impl Meta {
    /// The meta data of a row made now, in its first version.
    #[must_use]
    pub const fn first(hub_id: Uuid, id: Uuid, now: Instant) -> Self {
        Self { hub_id, id, version: 1, created_at: now, updated_at: now, archived_at: None }
    }

    /// The meta data of a form's row before the kernel stores it.
    #[must_use]
    pub const fn unset() -> Self {
        Self::first(Uuid::nil(), Uuid::nil(), Instant::from_micros(0))
    }
}

/// A row of an owned table; `row!` writes the required methods.
pub trait Row: ModelTrait + Clone + Send + Sync + 'static {
    /// The common columns.
    fn meta(&self) -> Meta;

    /// Replaces the common columns.
    fn set_meta(&mut self, meta: Meta);

    /// The values of all columns, in the order of the table.
    fn values(&self) -> Vec<Value>;

    /// A UUIDv7, unique within the hub.
    fn id(&self) -> Uuid {
        self.meta().id
    }

    /// The hub that the row belongs to.
    fn hub_id(&self) -> Uuid {
        self.meta().hub_id
    }

    /// 1 when created, one more with each change.
    fn version(&self) -> i64 {
        self.meta().version
    }

    /// When the row was made.
    fn created_at(&self) -> Instant {
        self.meta().created_at
    }

    /// When it last changed.
    fn updated_at(&self) -> Instant {
        self.meta().updated_at
    }

    /// When it was archived, if it is.
    fn archived_at(&self) -> Option<Instant> {
        self.meta().archived_at
    }
}

/// Ends the file of an owned table: how its rows are reached, and optionally the column that holds
/// the delivery partner they belong to, the rows that a person is invited to, the rows of other hubs
/// that are shown to a hub, that schools write the rows they reach, that invited people write the rows
/// they are invited to, and that the past of a row is shown with it.
///
/// `row!(Visibility::School(Column::SchoolId));`
#[macro_export]
macro_rules! row {
    (
        $via:expr
        $(, partner: $partner:expr)?
        $(, invited: $invited:expr)?
        $(, across: $across:expr)?
        $(, written_by_schools: $written:literal)?
        $(, written_by_invited: $written_by_invited:literal)?
        $(, shows_past: $past:literal)?
    ) => {
        $crate::table!();

        impl $crate::row::Row for Model {
            fn meta(&self) -> $crate::row::Meta {
                $crate::row::Meta {
                    hub_id: self.hub_id,
                    id: self.id,
                    version: self.version,
                    created_at: self.created_at,
                    updated_at: self.updated_at,
                    archived_at: self.archived_at,
                }
            }

            fn set_meta(&mut self, meta: $crate::row::Meta) {
                self.hub_id = meta.hub_id;
                self.id = meta.id;
                self.version = meta.version;
                self.created_at = meta.created_at;
                self.updated_at = meta.updated_at;
                self.archived_at = meta.archived_at;
            }

            fn values(&self) -> Vec<sea_orm::Value> {
                let columns = <Column as sea_orm::Iterable>::iter();
                columns.map(|column| sea_orm::ModelTrait::get(self, column)).collect()
            }
        }

        impl $crate::owned::Owned for Entity {
            fn hub() -> Column {
                Column::HubId
            }

            fn id() -> Column {
                Column::Id
            }

            fn version() -> Column {
                Column::Version
            }

            fn created_at() -> Column {
                Column::CreatedAt
            }

            fn updated_at() -> Column {
                Column::UpdatedAt
            }

            fn archived() -> Column {
                Column::ArchivedAt
            }

            fn columns() -> Vec<&'static str> {
                <Column as sea_orm::Iterable>::iter().map(|column| sea_orm::IdenStatic::as_str(&column)).collect()
            }

            fn fence() -> $crate::owned::Fence {
                let visibility: $crate::owned::Visibility<Column> = $via;
                #[allow(unused_mut, reason = "most tables have none of the options")]
                let mut fence = $crate::owned::Fence::new(Self::table(), visibility);
                $(fence.partner = Some(sea_orm::IdenStatic::as_str(&$partner));)?
                $(fence.invited = Some($invited);)?
                $(fence.across = Some($across);)?
                $(fence.written_by_schools = $written;)?
                $(fence.written_by_invited = $written_by_invited;)?
                $(fence.shows_past = $past;)?
                fence
            }
        }
    };
}

/// Ends the file of any other table: what sea-orm asks for and we leave empty.
/// Relations are not declared here, since every read goes through the caller's
/// reach; the database holds them as foreign keys.
#[macro_export]
macro_rules! table {
    () => {
        #[derive(Clone, Copy, Debug, sea_orm::EnumIter, sea_orm::DeriveRelation)]
        pub enum Relation {}

        impl sea_orm::ActiveModelBehavior for ActiveModel {}
    };
}
