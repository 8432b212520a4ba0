//! Who compares which metric: the same table as `metric_comparison`, across hubs, without what a hub notes.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use uuid::Uuid;

use super::metric_comparison;
use crate::identity::hub;
use crate::instant::Instant;
use crate::owned::{Guest, Visibility};
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "metric_comparison")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub metric: String,
}

row!(Visibility::HubOnly, across: compared_with);

/// The slug of the platform's own hub.
const PLATFORM: &str = "platform";

/// The rows that a hub may count: for a metric that it compares itself, the rows of all hubs that compare it. The
/// platform's own hub counts all.
fn compared_with(guest: &Guest) -> Condition {
    let mut own = Query::select();
    own.column(metric_comparison::Column::Metric)
        .from(metric_comparison::Entity)
        .and_where(metric_comparison::Column::HubId.eq(guest.hub_id))
        .and_where(metric_comparison::Column::ArchivedAt.is_null());
    let mut platform = Query::select();
    platform
        .expr(Expr::val(1))
        .from(hub::Entity)
        .and_where(hub::Column::Id.eq(guest.hub_id))
        .and_where(hub::Column::Slug.eq(PLATFORM));
    let compared = Condition::any().add(Column::Metric.in_subquery(own)).add(Expr::exists(platform));
    Condition::all().add(Column::ArchivedAt.is_null()).add(compared)
}
