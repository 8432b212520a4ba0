//! The log of every change: audit trail and feed in one. Its rows are only ever added.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::{choice, table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The table that changed.
    pub resource: String,
    pub row_id: Uuid,
    pub row_version: i64,
    /// The row's natural keys and the keys of partners, so that a follower finds it.
    pub keys: Json,
    /// The school whose people may see the change.
    pub school_id: Option<Uuid>,
    /// `create`, `update`, `archive`, `restore`, or the name of a transition.
    pub operation: String,
    pub at: Instant,
    pub actor_kind: ActorKind,
    /// The user or the client, by `actor_kind`.
    pub actor_id: Option<Uuid>,
    pub actor_person_id: Option<Uuid>,
    pub reason: Option<String>,
    /// `{"name": {"before": .., "after": ..}}`
    pub fields: Json,
    pub request_id: Option<String>,
}

choice! {
    /// Who did it.
    pub enum ActorKind {
        /// A person who signed in.
        User = "user",
        /// A partner's system.
        Client = "client",
        /// The service itself, or its command line.
        System = "system",
    }
}

table!();
