//! An organisation or a person the hub works with.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::external::ExternalIds;
use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
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
    pub kind: PartnerKind,
    pub roles: List<PartnerRole>,
    pub note: Option<String>,
    pub school_id: Option<Uuid>,
    pub school_group_id: Option<Uuid>,
    pub website: Option<String>,
    pub external_ids: ExternalIds,
}

choice! {
    /// What the partner is.
    pub enum PartnerKind {
        /// An organisation that no other kind fits.
        Organisation = "organisation",
        /// A school.
        School = "school",
        /// A place where music is performed.
        Venue = "venue",
        /// Another music education hub.
        Hub = "hub",
        /// An academy trust.
        Trust = "trust",
        /// A local authority.
        LocalAuthority = "local_authority",
        /// A broadcaster.
        Broadcaster = "broadcaster",
        /// A business that sells to the hub.
        Supplier = "supplier",
        /// A charity.
        Charity = "charity",
        /// A single person.
        Person = "person",
        /// Anything else.
        Other = "other",
    }
}

choice! {
    /// What the partner does for the plan.
    pub enum PartnerRole {
        /// Houses the hub's teaching of one area.
        AreaCentre = "area_centre",
        /// Is the centre of a network of schools.
        NetworkCentre = "network_centre",
        /// Gives an ensemble its home.
        EnsembleHost = "ensemble_host",
        /// Gives workshops in schools.
        OutreachWorkshops = "outreach_workshops",
        /// Gives a place to perform.
        PerformanceVenue = "performance_venue",
        /// Works with this hub and others.
        CrossHubPartnership = "cross_hub_partnership",
        /// Sells to the hub.
        Supplier = "supplier",
        /// Pays for some of the work.
        Funder = "funder",
        /// Shares in the hub's strategy.
        Strategic = "strategic",
        /// Leads other schools.
        LeadSchool = "lead_school",
    }
}

row!(Visibility::HubWide, partner: Column::Id, shows_past: true);
