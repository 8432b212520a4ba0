//! Where plans name people, groups and partners.

use entity::plans::plan::{self, PlanStatus};
use entity::plans::{milestone, objective, strand, target};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use crate::kernel::base::filter::json_names;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::caller::uses::ReferencedBy;

/// Adds the places where a plan of the hub that is not closed names a party as one who leads or monitors;
/// `field` is the party's, such as `person_id`.
#[must_use]
pub fn in_plans(uses: ReferencedBy, caller: &Caller, field: &'static str, id: Uuid) -> ReferencedBy {
    let backend = caller.db().backend();
    let live = || {
        let mut plans = Query::select();
        plans
            .column(plan::Column::Id)
            .from(plan::Entity)
            .and_where(plan::Column::HubId.eq(caller.hub_id))
            .and_where(plan::Column::ArchivedAt.is_null())
            .and_where(plan::Column::Status.ne(PlanStatus::Closed));
        plans
    };
    macro_rules! named_in {
        ($($table:ident)+) => {
            uses$(.by::<$table::Entity>(
                Condition::all().add($table::Column::PlanId.in_subquery(live())).add(
                    Condition::any()
                        .add(json_names(backend, $table::Column::Leads, field, id))
                        .add(json_names(backend, $table::Column::Monitors, field, id)),
                ),
            ))+
        };
    }
    named_in!(objective strand target milestone)
}
