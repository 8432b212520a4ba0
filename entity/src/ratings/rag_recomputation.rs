//! A computation of ratings for all schools of a hub. It has the id of its job.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rag_recomputation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub scheme_id: Uuid,
    pub on_date: Date,
    /// How many schools there are to compute.
    pub schools: i32,
    /// How many of them are computed.
    pub computed: i32,
    pub suggested: i32,
    pub replaced: i32,
    pub unchanged: i32,
    pub without_data: i32,
    /// The last school that is computed: a run that begins again goes on after it.
    pub after_school_id: Option<Uuid>,
}

row!(Visibility::HubOnly);
