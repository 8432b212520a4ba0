//! Something that goes with packages, such as lessons online or a handbook.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::package_audience;
use crate::frameworks::framework::FrameworkPhase;
use crate::instant::Instant;
use crate::list::Ids;
use crate::owned::{Recipients, Visibility};
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "package_resource")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub title: String,
    pub title_key: String,
    pub phase: Option<FrameworkPhase>,
    /// Which version of its content it is, as its makers count.
    pub release: Option<String>,
    pub description: Option<String>,
    pub link: Option<String>,
    pub published_to: PublishedTo,
    /// The schools to which it is published, where they are chosen.
    pub school_ids: Option<Ids>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// Which schools see a resource.
    pub enum PublishedTo {
        /// No school but the ones that try it out.
        Nobody = "nobody",
        /// Every school of the hub.
        AllSchools = "all_schools",
        /// The schools that are named, and the ones that try it out.
        ChosenSchools = "chosen_schools",
    }
}

row!(Visibility::Given(shown));

/// The resources that some schools see: published to all, or named for them.
fn shown(to: &Recipients<'_>) -> Condition {
    Condition::any()
        .add(Column::PublishedTo.eq(PublishedTo::AllSchools))
        .add(Column::Id.in_subquery(package_audience::items(to)))
}
