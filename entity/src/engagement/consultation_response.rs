//! What a stakeholder group or a school says in a consultation.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

/// The consultation is a message or a meeting; the answer is a group's or a school's.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consultation_response")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub communication_id: Option<Uuid>,
    pub meeting_id: Option<Uuid>,
    pub stakeholder_group_id: Option<Uuid>,
    pub school_id: Option<Uuid>,
    pub answered_by_id: Option<Uuid>,
    /// Who answered, in words.
    pub answered_by: Option<String>,
    /// The service fills it where nobody gives one.
    pub answered_on: Option<Date>,
    /// None while they are undecided.
    pub buy_in: Option<bool>,
    pub comments: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
