//! Schools that belong together.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school_group")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub name: String,
    pub name_key: String,
    pub kind: SchoolGroupKind,
    /// The group's UID in the GIAS register.
    pub uid: Option<String>,
    pub lead_school_id: Option<Uuid>,
    pub note: Option<String>,
}

choice! {
    /// What holds the group together.
    pub enum SchoolGroupKind {
        /// Schools near one another that work together.
        Cluster = "cluster",
        /// An academy trust.
        Trust = "trust",
        /// A teaching school alliance.
        TeachingSchoolAlliance = "teaching_school_alliance",
        /// Schools under one governing body.
        Federation = "federation",
        /// A network with a common interest.
        Network = "network",
    }
}

row!(Visibility::HubWide, shows_past: true);
