//! A group of people with a purpose.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{Ids, List};
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "working_group")]
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
    pub purpose: Option<String>,
    /// What the group has made.
    pub made: Option<String>,
    /// Ids of persons.
    pub member_ids: Ids,
    pub kind: WorkingGroupKind,
    /// What the group has made, piece by piece.
    pub outputs: GroupOutputs,
    pub formed_on: Option<Date>,
    pub ended_on: Option<Date>,
}

choice! {
    /// What kind of group it is.
    pub enum WorkingGroupKind {
        /// People who make something together.
        Working = "working",
        /// The specialist leads of a phase or a field.
        Specialist = "specialist",
    }
}

/// A piece that a group has made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupOutput {
    /// What it is.
    #[schema(min_length = 1, max_length = 200, example = "Draft framework for KS2")]
    pub title: String,
    /// The day on which it was made or published; absent where it is not known.
    #[serde(default, with = "crate::date::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-10-17")]
    pub made_on: Option<Date>,
    /// Where it is on the web; absent where it is not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = r"^https?://[^\s]+$", max_length = 500, example = "https://hub.example/frameworks/ks2")]
    pub link: Option<String>,
}

/// All that a group has made.
pub type GroupOutputs = List<GroupOutput>;

row!(Visibility::HubOnly);
