//! A school to which a message was sent, and what happened there.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use super::communication::CommunicationKind;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

/// Rows are made when the message is sent, and none is added later.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "communication_recipient")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub communication_id: Uuid,
    pub school_id: Uuid,
    /// The person to whom it went, where a job was chosen and somebody has it.
    pub person_id: Option<Uuid>,
    /// The kind of the message, as reports count it.
    pub kind: CommunicationKind,
    pub sent_on: Date,
    pub outcome: Outcome,
    /// The day on which the school was reached; none unless it was.
    pub reached_on: Option<Date>,
    /// Why the school was not reached.
    pub reason: Option<String>,
    pub note: Option<String>,
}

choice! {
    /// What happened to a message at a school.
    #[example = "reached"]
    pub enum Outcome {
        /// The school has it.
        Reached = "reached",
        /// It did not arrive.
        NotReached = "not_reached",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

row!(Visibility::School(Column::SchoolId));
