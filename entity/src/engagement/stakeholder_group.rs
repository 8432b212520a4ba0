//! A group of people and schools that the hub consults.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stakeholder_group")]
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
    pub kind: StakeholderKind,
    pub place: GroupPlace,
    pub members: GroupMembers,
    pub from_on: Option<Date>,
    pub to_on: Option<Date>,
    /// Internal.
    pub note: Option<String>,
}

choice! {
    /// Whom a stakeholder group stands for.
    #[example = "head_teachers"]
    pub enum StakeholderKind {
        /// Governors of schools or of the hub.
        Governors = "governors",
        /// Head teachers.
        HeadTeachers = "head_teachers",
        /// A chain of academies.
        AcademyChain = "academy_chain",
        /// A teaching school alliance.
        TeachingSchoolAlliance = "teaching_school_alliance",
        /// A network with a common interest.
        Network = "network",
        /// Officers or members of a local authority.
        LocalAuthority = "local_authority",
    }
}

choice! {
    /// Where the members of a group work.
    #[example = "county"]
    pub enum GroupPlace {
        /// In the city.
        City = "city",
        /// In the county.
        County = "county",
        /// In the city and in the county.
        CityAndCounty = "city_and_county",
    }
}

/// A member of a stakeholder group: a person, a school, or somebody in words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupMember {
    /// The person; absent where the member is a school or stands in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub person_id: Option<Uuid>,
    /// The school; absent where the member is a person or stands in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub school_id: Option<Uuid>,
    /// The member in words; absent where it is a person or a school that the hub knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "Chair of the county's head teachers")]
    pub text: Option<String>,
    /// What the member does in the group; absent where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "Chair")]
    pub role: Option<String>,
}

/// The members of a group.
pub type GroupMembers = List<GroupMember>;

row!(Visibility::HubOnly);
