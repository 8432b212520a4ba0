//! A school's contact at a source that leads to no school by itself: people decide, and the decision is kept.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::kernel::change::ActorKind;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_match")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub source_id: Uuid,
    /// The contact's key at the source.
    pub contact_key: String,
    pub name: Option<String>,
    pub name_key: String,
    /// The URN as the source has it.
    pub urn: Option<String>,
    /// The DfE number as the source has it.
    pub dfe_number: Option<String>,
    pub postcode: Option<String>,
    pub town: Option<String>,
    pub closed_on: Option<Date>,
    pub reason: SyncReason,
    pub proposals: SyncProposals,
    pub state: SyncMatchState,
    pub school_id: Option<Uuid>,
    pub note: Option<String>,
    pub decided_by_kind: Option<ActorKind>,
    pub decided_by_id: Option<Uuid>,
    pub decided_at: Option<Instant>,
    pub reopened_at: Option<Instant>,
    /// The digest of what the source says and a decision rests on.
    pub fingerprint: String,
}

/// A school that the contact may mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct SyncProposal {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The school's name at the time of the last run.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub name: String,
    /// The school's URN.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// The school's postcode.
    #[schema(max_length = 8, example = "LE11 2TX")]
    pub postcode: Option<String>,
    /// True if the school is closed.
    #[schema(example = false)]
    pub closed: bool,
    /// What the contact and the school have in common.
    #[schema(max_items = 4)]
    pub by: Vec<SyncLikeness>,
}

/// The schools that a contact may mean.
pub type SyncProposals = List<SyncProposal>;

choice! {
    /// What a contact and a school have in common.
    pub enum SyncLikeness {
        /// The URN.
        Urn = "urn",
        /// The DfE number.
        DfeNumber = "dfe_number",
        /// The name, with usual abbreviations written out.
        Name = "name",
        /// The postcode.
        Postcode = "postcode",
    }
}

choice! {
    /// Why a contact leads to no school by itself.
    pub enum SyncReason {
        /// It has neither a URN nor a DfE number.
        NoKey = "no_key",
        /// The register knows neither its URN nor its DfE number.
        UnknownKey = "unknown_key",
        /// Its URN and its DfE number belong to two schools, neither of which came from the other.
        KeysDisagree = "keys_disagree",
        /// Its URN is that of a school of the hub, its DfE number is of another authority.
        OtherAuthority = "other_authority",
        /// Its name and its postcode belong to another school than its keys.
        NameElsewhere = "name_elsewhere",
        /// The register does not know its URN, and the school with its DfE number is closed: its successor may not be
        /// in the register yet.
        NumberOfClosedSchool = "number_of_closed_school",
    }
}

choice! {
    /// Whether somebody has decided about a contact.
    pub enum SyncMatchState {
        /// Nobody has.
        Open = "open",
        /// Somebody has named its school.
        Matched = "matched",
        /// Somebody has said that it is none of the hub's schools.
        Ignored = "ignored",
        /// Nothing is left to decide: its keys lead to a school by now, or the source no longer has it.
        Settled = "settled",
    }
}

row!(Visibility::HubOnly);
