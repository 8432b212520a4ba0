//! What a row of an imported file is to become: planned here first, then written from here.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::{choice, table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "import_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: Uuid,
    /// Its place among the rows of the import, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The line of the file; a row that is missing from it has none.
    pub line: Option<i64>,
    pub outcome: ImportOutcome,
    pub urn: Option<i32>,
    pub code: Option<String>,
    pub source_column: Option<String>,
    pub message: Option<String>,
    pub warnings: Option<Json>,
    pub affects: Option<Json>,
    /// The table that it is written to.
    pub resource: Option<String>,
    /// As the change log will name it.
    pub operation: Option<String>,
    pub row_id: Option<Uuid>,
    pub school_id: Option<Uuid>,
    /// The version that was read when it was planned; none for a row to be made.
    pub base_version: Option<i64>,
    pub keys: Option<Json>,
    /// The fields that differ, as the change log will have them.
    pub fields: Option<Json>,
    /// The row as it will be, column by column; none where nothing is to be written.
    pub planned: Option<Json>,
}

choice! {
    /// The outcome of a row of the file.
    pub enum ImportOutcome {
        /// A new item is made of it.
        Created = "created",
        /// The item that it refers to is changed.
        Updated = "updated",
        /// The item that it refers to has these values already, or is not to be changed.
        Unchanged = "unchanged",
        /// It was not understood, or breaks a rule.
        Rejected = "rejected",
        /// It refers to a school outside the hub's area.
        OutOfArea = "out_of_area",
        /// No row of the file: a school that the file should have and has not.
        MissingFromSource = "missing_from_source",
        /// No row of its own: what another row needs, such as the group of a membership.
        Implied = "implied",
    }
}

impl ImportOutcome {
    /// Returns true if it is that of a row of the file, as most are.
    #[must_use]
    pub const fn is_of_the_file(self) -> bool {
        !matches!(self, Self::MissingFromSource | Self::Implied)
    }
}

table!();
