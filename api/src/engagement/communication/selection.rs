//! The schools that the filter of a message chooses, and the people there to whom it goes.

use std::collections::HashMap;

use entity::engagement::communication;
use entity::engagement::communication_recipient::{self, Outcome};
use entity::schools::{contact, school, school_group_member};
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::ids;
use crate::kernel::base::academic_year;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::schools::rules::OPEN;

/// The schools that a message goes to, as a condition over the register on a day.
#[must_use]
pub fn condition(caller: &Caller, row: &communication::Model) -> Condition {
    use school::Column;

    let phases = row.to_phases.as_ref().map_or(&[][..], |phases| phases);
    let authorities = row.to_la_codes.as_ref().map_or(&[][..], |codes| codes);
    Condition::all()
        .add(Column::Status.is_in(OPEN))
        .add_option((!row.to_out_of_scope).then(|| Column::InScope.eq(true)))
        .add_option(any_of(Column::AreaId, ids(row.to_area_ids.as_ref())))
        .add_option(any_of(Column::Phase, phases))
        .add_option(any_of(Column::LaCode, authorities))
        .add_option(any_of(Column::Id, ids(row.to_school_ids.as_ref())))
        .add_option(members(caller, ids(row.to_school_group_ids.as_ref())))
        .add_option(row.to_unreached_only.then(|| unreached(caller)))
}

fn members(caller: &Caller, groups: &[Uuid]) -> Option<SimpleExpr> {
    use school_group_member::{Column, Entity};

    let in_groups = any_of(Column::SchoolGroupId, groups)?;
    let members = caller.rows::<Entity>().filter(in_groups);
    let members = members.filter(holds(Column::FromOn, Column::ToOn, caller.today()));
    Some(school::Column::Id.in_subquery(members.select_only().column(Column::SchoolId).into_query()))
}

/// The schools that no message has reached in the academic year.
fn unreached(caller: &Caller) -> SimpleExpr {
    use communication_recipient::{Column, Entity};

    let year = academic_year::days(&academic_year::academic_year(caller.today()));
    let reached = caller.rows::<Entity>().filter(Column::Outcome.eq(Outcome::Reached));
    let reached = reached.filter(Condition::all().add_option(year.map(|(first, _)| Column::SentOn.gte(first))));
    school::Column::Id.not_in_subquery(reached.select_only().column(Column::SchoolId).into_query())
}

/// The ids of the schools that a message goes to, and one more where there are more than `most`. Whom it goes to does
/// not depend on who sends it.
///
/// # Errors
/// When the database is away.
pub async fn schools(write: &Write, row: &communication::Model, most: usize) -> Result<Vec<Uuid>> {
    let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let schools = hub.rows::<school::Entity>().filter(condition(&hub, row)).order_by_asc(school::Column::Id);
    let schools = schools.limit(most as u64 + 1).select_only().column(school::Column::Id);
    Ok(schools.into_tuple().all(write.tx()).await?)
}

/// The people who have the job that a message names, by their schools: the primary contact, or else the first one.
///
/// # Errors
/// When the database is away.
pub async fn people(write: &Write, row: &communication::Model) -> Result<HashMap<Uuid, Uuid>> {
    use contact::Column;

    let Some(job) = &row.contact_job_role else { return Ok(HashMap::new()) };
    let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let named = Expr::expr(Func::lower(Expr::col(Column::JobRole.as_column_ref()))).eq(job.to_ascii_lowercase());
    let contacts = hub.rows::<contact::Entity>().filter(named);
    let contacts = contacts.filter(holds(Column::FromOn, Column::ToOn, hub.today()));
    // The last one of a school that is read stays.
    let contacts = contacts.order_by_asc(Column::IsPrimary).order_by_desc(Column::Id);
    let contacts = contacts.select_only().columns([Column::SchoolId, Column::PersonId]);
    Ok(contacts.into_tuple::<(Uuid, Uuid)>().all(write.tx()).await?.into_iter().collect())
}
