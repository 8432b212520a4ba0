//! A music education hub. Its id is its own `hub_id`.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{List, Strings};
use crate::owned::Visibility;
use crate::schools::school::SchoolKind;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hub")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub slug: String,
    pub name: String,
    pub name_key: String,
    /// Local authorities, by their three digits.
    pub la_codes: Strings,
    pub lead_organisation: Option<String>,
    /// Kinds of school that count towards a share.
    pub kinds_in_scope: List<SchoolKind>,
    pub settings: Json,
    /// What a visit must have before it is confirmed.
    pub audit_gate: AuditGate,
    /// For how many days a school may answer a report.
    pub report_answer_days: i32,
    pub demo: bool,
}

choice! {
    /// Whether a school must have an audit before its first visit is confirmed.
    #[example = "warn"]
    pub enum AuditGate {
        /// Nothing is checked.
        Off = "off",
        /// The reply to `confirm` warns of a missing audit.
        Warn = "warn",
        /// A visit without an audit is not confirmed.
        Required = "required",
    }
}

row!(Visibility::HubWide);
