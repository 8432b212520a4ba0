//! What waits for the caller, from all parts.

use actix_web::{HttpRequest, web};

use crate::kernel::base::request::RequestMeta;
use crate::kernel::caller::state::State;
use crate::kernel::edge::auth::SignedIn;
use crate::kernel::operations::tasks::{self, TaskQuery, Tasks};
use crate::kernel::prelude::*;

routes! { SignedIn: list_my_tasks }

/// Lists what waits for the caller, from all parts, the first due first.
///
/// The caller's own actions; visits to confirm, to complete and to report on; reports to answer as the school;
/// evaluations to fill in and to judge; applications for awards; quotes to decide on, orders to confirm and to hand
/// over; returns to submit and to accept; progress to decide on, plans and reviews to approve. Each kind follows the
/// caller's role, scopes and reach. `counts` says how many of each kind there are.
#[utoipa::path(get, path = "/me/tasks", params(TaskQuery), responses((status = 200, body = Tasks)))]
async fn list_my_tasks(
    me: SignedIn,
    request: HttpRequest,
    state: web::Data<State>,
    query: Query<TaskQuery>,
) -> Result<Reply> {
    let meta = RequestMeta::of(&request)?;
    let under = |scope: &Scope| Caller::new(me.0.identity.clone(), *scope, meta.clone(), State::clone(&state)).ok();
    // Each source takes the scope that it needs; the list itself needs none.
    let caller = Scope::ALL.iter().find_map(under);
    tasks::list(&state, caller.as_ref(), &query).await
}
