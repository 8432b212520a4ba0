//! A lesson that one or two people observed.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::{Invitee, Visibility};
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "observation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub school_id: Uuid,
    pub framework_id: Uuid,
    pub visit_id: Option<Uuid>,
    pub observed_on: Date,
    pub key_stage: KeyStage,
    /// The class and what it did; never who taught it.
    pub class_name: String,
    pub observer_id: Uuid,
    pub second_observer_id: Option<Uuid>,
    pub observer_levels: ObservedLevels,
    pub second_observer_levels: ObservedLevels,
    pub agreed_levels: ObservedLevels,
    pub note: Option<String>,
}

choice! {
    /// The stage of school to which a class belongs.
    pub enum KeyStage {
        /// The early years foundation stage.
        Eyfs = "eyfs",
        /// Key stage 1.
        Ks1 = "ks1",
        /// Key stage 2.
        Ks2 = "ks2",
        /// Key stage 3.
        Ks3 = "ks3",
        /// Key stage 4.
        Ks4 = "ks4",
        /// Key stage 5.
        Ks5 = "ks5",
    }
}

/// A level that was observed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObservedLevel {
    /// The criterion.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub criterion_id: Uuid,
    /// The level, an integer from 1 for the criterion's lowest.
    #[schema(minimum = 1, maximum = 6, example = 2)]
    pub level: i32,
    /// What was seen. No names of teachers or pupils; safeguarding concerns go to the school's designated lead, not
    /// here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2000, example = "Everyone sang from memory")]
    pub note: Option<String>,
}

/// Levels that were observed, one for each criterion at most.
pub type ObservedLevels = List<ObservedLevel>;

row!(Visibility::School(Column::SchoolId), invited: observed, written_by_invited: true);

/// Its observers see and write it.
fn observed(person: &Invitee) -> Condition {
    Condition::any().add(Column::ObserverId.eq(person.person_id)).add(Column::SecondObserverId.eq(person.person_id))
}
