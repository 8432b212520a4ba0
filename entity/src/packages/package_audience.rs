//! The schools and groups of schools to whom a package or a resource is shown by name: an index of what pilots and
//! resources name.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{Condition, ExprTrait};
use uuid::Uuid;

use crate::owned::Recipients;
use crate::table;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "package_audience")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    /// The pilot or the resource that names the school.
    #[sea_orm(primary_key, auto_increment = false)]
    pub named_by_id: Uuid,
    /// Counts the rows of one pilot or resource from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    /// The package or resource that is shown.
    pub item_id: Uuid,
    pub school_id: Option<Uuid>,
    pub school_group_id: Option<Uuid>,
}

table!();

/// The ids of what is shown to some schools.
#[must_use]
pub fn items(to: &Recipients<'_>) -> SelectStatement {
    let named = Column::SchoolId.in_subquery((to.schools)()).or(Column::SchoolGroupId.in_subquery(to.groups()));
    let mut items = Query::select();
    items
        .column((Entity, Column::ItemId))
        .from(Entity)
        .cond_where(Condition::all().add(Column::HubId.eq(to.hub_id)).add(named));
    items
}
