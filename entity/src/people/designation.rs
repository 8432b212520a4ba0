//! A role that a person has for the hub, wherever the person is employed.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "designation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub person_id: Uuid,
    /// The role by its code in the glossary, or else in words.
    pub role_code: Option<String>,
    pub role_text: Option<String>,
    /// The role as it is compared.
    pub role_key: String,
    pub organisation: Option<String>,
    pub territory: Option<Territory>,
    pub basis: DesignationBasis,
    pub from_on: Date,
    pub to_on: Option<Date>,
    /// Why it ended.
    pub end_reason: Option<String>,
    pub strengths: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// How a person came to a role.
    pub enum DesignationBasis {
        /// Appointed by the hub.
        Appointed = "appointed",
        /// Lent by another employer.
        Seconded = "seconded",
        /// Named by a body of its own, such as a teaching school or a governing group.
        Designated = "designated",
    }
}

choice! {
    /// The part of the hub's area that a person or a post is for.
    pub enum Territory {
        /// The city.
        City = "city",
        /// The county.
        County = "county",
    }
}

row!(Visibility::HubOnly);
