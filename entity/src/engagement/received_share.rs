//! What another hub shares with a hub: the same table as `hub_share`, without most of its columns.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{Condition, ExprTrait};
use uuid::Uuid;

use super::hub_link::{self, LinkStatus};
use super::hub_share::{ShareStatus, SharedKind};
use super::shared_practice::{self, PracticeStatus};
use crate::frameworks::framework::{self, FrameworkStatus};
use crate::instant::Instant;
use crate::owned::{Guest, Visibility};
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hub_share")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub link_id: Uuid,
    pub partner_hub_id: Uuid,
    pub item_kind: SharedKind,
    pub item_id: Uuid,
    pub title: String,
    pub title_key: String,
    pub from_slug: String,
    pub from_name: String,
    pub status: ShareStatus,
    pub shared_at: Instant,
}

row!(Visibility::HubOnly, across: shared_with);

/// The rows of other hubs that a hub may read: shares that neither side has ended, by a link that holds on both sides,
/// of an item that is published and, where it needs a consent, has one.
fn shared_with(guest: &Guest) -> Condition {
    let linked_here = linked()
        .and_where(hub_link::Column::HubId.eq(guest.hub_id))
        .and_where(of(hub_link::Column::PartnerHubId).equals(Column::HubId.as_column_ref()))
        .take();
    let linked_there = linked()
        .and_where(of(hub_link::Column::HubId).equals(Column::HubId.as_column_ref()))
        .and_where(of(hub_link::Column::Id).equals(Column::LinkId.as_column_ref()))
        .and_where(hub_link::Column::PartnerHubId.eq(guest.hub_id))
        .take();
    Condition::all()
        .add(Column::PartnerHubId.eq(guest.hub_id))
        .add(Column::Status.eq(ShareStatus::Active))
        .add(Column::ArchivedAt.is_null())
        .add(Expr::exists(linked_here))
        .add(Expr::exists(linked_there))
        .add(Condition::any().add(practice(guest)).add(framework()))
}

fn linked() -> SelectStatement {
    let mut links = Query::select();
    links
        .expr(Expr::val(1))
        .from(hub_link::Entity)
        .and_where(hub_link::Column::Status.eq(LinkStatus::Active))
        .and_where(hub_link::Column::ArchivedAt.is_null());
    links
}

fn practice(guest: &Guest) -> Condition {
    use shared_practice::Column as Of;

    let mut published = Query::select();
    published
        .expr(Expr::val(1))
        .from(shared_practice::Entity)
        .and_where(of(Of::HubId).equals(Column::HubId.as_column_ref()))
        .and_where(of(Of::Id).equals(Column::ItemId.as_column_ref()))
        .and_where(Of::ArchivedAt.is_null())
        .and_where(Of::Status.eq(PracticeStatus::Published))
        .cond_where(Condition::any().add(Of::ConsentUntil.is_null()).add(Of::ConsentUntil.gte(guest.today)));
    Condition::all().add(Column::ItemKind.eq(SharedKind::SharedPractice)).add(Expr::exists(published))
}

fn framework() -> Condition {
    use framework::Column as Of;

    let mut published = Query::select();
    published
        .expr(Expr::val(1))
        .from(framework::Entity)
        .and_where(of(Of::HubId).equals(Column::HubId.as_column_ref()))
        .and_where(of(Of::Id).equals(Column::ItemId.as_column_ref()))
        .and_where(Of::ArchivedAt.is_null())
        .and_where(Of::Status.eq(FrameworkStatus::Published));
    Condition::all().add(Column::ItemKind.eq(SharedKind::Framework)).add(Expr::exists(published))
}

fn of<C: ColumnTrait>(column: C) -> Expr {
    Expr::col(column.as_column_ref())
}
