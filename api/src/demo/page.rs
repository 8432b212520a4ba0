//! The demo's plan as a page that needs no token, so that a visitor sees at once what it is about.

use actix_web::web::{Data, ServiceConfig};
use entity::plans::plan::{self, PlanStatus};
use sea_orm::{QueryFilter, QueryOrder};
use time::macros::date;

use super::EXAMPLE;
use crate::kernel::caller::state::State;
use crate::kernel::edge::pages::DEMO_PLAN;
use crate::kernel::prelude::*;
use crate::plans::document::{self, DocumentFormat};

/// Registers the page, which is not an operation of the API.
pub fn routes(config: &mut ServiceConfig) {
    config.route(DEMO_PLAN, actix_web::web::get().to(show_plan));
}

/// Shows the demo's plan as at the end of its first year; 404 where the service is no demo.
async fn show_plan(state: Data<State>) -> Result<Reply> {
    if !state.settings.demo {
        return Err(Problem::not_found());
    }
    let caller = Caller::system(State::clone(&state), EXAMPLE).under(Scope::ReadPlans);
    let caller = caller.ok_or_else(Problem::not_found)?;
    let plan = caller
        .rows::<plan::Entity>()
        .filter(plan::Column::Status.eq(PlanStatus::Active))
        .order_by_asc(plan::Column::Id)
        .one(caller.db().read())
        .await?
        .ok_or_else(Problem::not_found)?;
    document::show(&caller, plan.id, Some(date!(2015 - 03 - 31)), DocumentFormat::Html).await
}
