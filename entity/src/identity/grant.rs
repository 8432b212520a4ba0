//! A role that a user holds, what it reaches, and when.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub user_id: Uuid,
    pub role: Role,
    pub school_id: Option<Uuid>,
    pub school_group_id: Option<Uuid>,
    pub partner_id: Option<Uuid>,
    pub from_on: Date,
    pub to_on: Option<Date>,
    /// The user who passed the role on.
    pub delegated_by: Option<Uuid>,
    pub reason: Option<String>,
}

choice! {
    /// What a person does for a hub, a school or a partner.
    pub enum Role {
        /// Leads the music service: owns the plan, reviews, people and judgements. In plans: `HoS`.
        HeadOfService = "head_of_service",
        /// Stands in for the head of service. In plans: `DHoS`.
        DeputyHeadOfService = "deputy_head_of_service",
        /// Runs register, imports, packages, orders, users and partner clients. In plans: `BM`.
        BusinessManager = "business_manager",
        /// Does the same work as the business manager, and records approvals. In plans: `Admin`.
        Administrator = "administrator",
        /// Leads music in one area of the hub. In plans: `AML`.
        AreaMusicLeader = "area_music_leader",
        /// Leads music with schools; visits where named as the visitor. In plans: `ML`.
        MusicLeader = "music_leader",
        /// Manages the hub's strategy and its development. In plans: `SDM`.
        StrategyDevelopmentManager = "strategy_development_manager",
        /// Leads the singing strategy. In plans: `SDL`.
        SingingDevelopmentLeader = "singing_development_leader",
        /// Manages what is sent to schools and shared between them. In plans: `C&MM`.
        CommunicationsManager = "communications_manager",
        /// A specialist leader of education: visits, reports, observes, moderates. In plans: `SLE`.
        SpecialistLeader = "specialist_leader",
        /// Sits on the governing group; follows progress, approves plans. In plans: `Gov`.
        Governor = "governor",
        /// Sits on the executive group; follows progress, approves plans. In plans: `Exec`.
        Executive = "executive",
        /// An officer of the local authority who accepts or sends back progress. In plans: `CYPS`, `SM`, `LA`, `SI`.
        Monitor = "monitor",
        /// The head teacher: submits, answers and orders for the school. In plans: `HT`.
        SchoolHead = "school_head",
        /// Other school staff: drafts audits and self-evaluations. In plans: `HoM`.
        SchoolStaff = "school_staff",
        /// A delivery partner, with the rows that carry its id.
        Provider = "provider",
        /// Creates hubs and their first users; sees no hub's data.
        PlatformAdministrator = "platform_administrator",
    }
}

row!(Visibility::SchoolUntil { school: Column::SchoolId, to_on: Column::ToOn }, written_by_schools: true);
