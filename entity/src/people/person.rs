//! Someone the hub works with. Personal data stands here and nowhere else.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::external::ExternalIds;
use crate::instant::Instant;
use crate::owned::{Invitee, Visibility};
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
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
    pub email: Option<String>,
    pub telephone: Option<String>,
    pub organisation: Option<String>,
    pub dbs_checked_on: Option<Date>,
    pub safeguarding_training_until: Option<Date>,
    pub external_ids: ExternalIds,
    /// When everything personal was erased, if it was.
    pub erased_at: Option<Instant>,
    /// The person that this one turned out to be, if it did.
    pub merged_into_id: Option<Uuid>,
}

row!(Visibility::Contacts, invited: oneself);

/// A person may be named where it works on something.
fn oneself(person: &Invitee) -> Condition {
    Condition::all().add(Column::Id.eq(person.person_id))
}
