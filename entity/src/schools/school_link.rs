//! Which school came from which.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school_link")]
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
    /// The other school, which need not be in the hub's register.
    pub link_urn: i32,
    pub relation: SchoolRelation,
    /// The relation in the words of the GIAS register.
    pub link_type: Option<String>,
    pub established_on: Option<Date>,
}

choice! {
    /// What another school is to a school. The register gives each link from either side.
    pub enum SchoolRelation {
        /// The other school came before it.
        Predecessor = "predecessor",
        /// The other school came after it.
        Successor = "successor",
        /// One of the two was merged into the other: the one that is closed came first.
        Merged = "merged",
        /// Neither came from the other: a sixth form's centre, an expansion.
        Other = "other",
    }
}

row!(Visibility::School(Column::SchoolId));
