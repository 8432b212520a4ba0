//! The report of a run of the sync, row by row. A row that changed nothing, and of which there is nothing to say, is
//! counted and not kept.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::Strings;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_row")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub run_id: Uuid,
    pub direction: SyncDirection,
    pub section: SyncSection,
    /// The table as the source calls it, for a row about a cell.
    pub source_table: Option<String>,
    pub source_key: Option<String>,
    pub outcome: SyncOutcome,
    pub school_id: Option<Uuid>,
    pub code: Option<String>,
    pub source_column: Option<String>,
    pub message: Option<String>,
    /// The fields of our item that change, or about which the two sides differ.
    pub fields: Strings,
    pub resource: Option<String>,
    pub item_id: Option<Uuid>,
    /// True if what it says was written, in the transaction that wrote the row.
    pub written: bool,
}

choice! {
    /// Whether a row came from the source or went to it.
    pub enum SyncDirection {
        /// It came from the source.
        In = "in",
        /// It went to the source.
        Out = "out",
    }
}

choice! {
    /// A table of a source, as the mapping file has a section about it.
    pub enum SyncSection {
        /// Contacts that are schools.
        Schools = "schools",
        /// People.
        Persons = "persons",
        /// Who is who at a school.
        Associations = "associations",
        /// What the music service does at a school or a centre.
        Activities = "activities",
        /// Pupils of an activity, counted by term.
        HeadCounts = "head_counts",
        /// Figures of a school, which are made of counts.
        Figures = "figures",
        /// Members of an ensemble, by term and school.
        EnsembleMembers = "ensemble_members",
        /// Contracts with schools.
        Contracts = "contracts",
        /// Values of user-defined fields.
        UserValues = "user_values",
    }
}

choice! {
    /// What came of a row of the source.
    pub enum SyncOutcome {
        /// A new item was made of it.
        Created = "created",
        /// The item that it leads to was changed.
        Updated = "updated",
        /// Nothing was to be changed.
        Unchanged = "unchanged",
        /// The item that it leads to got its last day.
        Ended = "ended",
        /// The person was erased at the source, and so is being erased here.
        Erased = "erased",
        /// The value was written to the source.
        Written = "written",
        /// The source no longer has it. The item stays as it is.
        Missing = "missing",
        /// It was not understood, or refers to what is not there.
        Rejected = "rejected",
        /// Both sides differ, and what the hub has stays.
        Conflict = "conflict",
        /// Somebody has to decide which school is meant: see `/sync-matches`.
        Review = "review",
        /// It belongs to a contact about which somebody has to decide first.
        Waiting = "waiting",
        /// It belongs to a school outside the hub's area.
        OutOfArea = "out_of_area",
        /// Somebody decided that its contact is none of the hub's schools.
        Ignored = "ignored",
    }
}

row!(Visibility::HubOnly);
