//! What the part looks up: where plans name people, roles in the glossary, and who holds a post.

pub mod named;

use std::collections::HashSet;

use entity::partners::glossary_term;
use entity::people::{person, post, post_holding};
use entity::plans::plan::{self, PlanStatus};
use entity::plans::{milestone, objective, strand, target};
use sea_orm::sea_query::{LockType, Query, SelectStatement};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use time::Date;

use super::erasure::{self, How};
use crate::kernel::base::filter::json_names;
use crate::kernel::base::fold::search_key;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;

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

/// Gives a role code the form that it has in the glossary.
///
/// # Errors
/// 422 where the glossary does not have it.
pub async fn settle_role(write: &Write, code: &mut Option<String>) -> Result<()> {
    let Some(sent) = code.as_deref() else { return Ok(()) };
    let key = search_key(sent);
    let terms = write.caller().rows::<glossary_term::Entity>().filter(glossary_term::Column::CodeKey.eq(key));
    let Some(term) = terms.one(write.tx()).await? else {
        let message = format!(
            "the glossary has no `{sent}`: add it by POST /glossary-terms, or name the role in words by `role_text`"
        );
        return Err(Problem::invalid("/role_code", "unknown_reference", message));
    };
    *code = Some(term.code);
    Ok(())
}

/// The statement that locks the post of a holding, for [`Resource::LOCK`].
pub fn lock_post(caller: &Caller, holding_id: Uuid) -> SelectStatement {
    let holding = caller.rows_archived::<post_holding::Entity>().filter(post_holding::Column::Id.eq(holding_id));
    let post_id = holding.select_only().column(post_holding::Column::PostId).into_query();
    let post = caller.rows_archived::<post::Entity>().filter(post::Column::Id.in_subquery(post_id));
    post.select_only().column(post::Column::Id).lock(LockType::NoKeyUpdate).into_query()
}

/// The holdings on a day, as a statement that names their posts.
pub fn posts_held(caller: &Caller, on: Date, person_ids: &[Uuid]) -> SelectStatement {
    use post_holding::Column;

    let held = caller.rows::<post_holding::Entity>().filter(holds(Column::FromOn, Column::ToOn, on));
    let held = held.filter(Condition::all().add_option(any_of(Column::PersonId, person_ids)));
    held.select_only().column(Column::PostId).into_query()
}

/// The holdings of some posts, the first one first: all of them, or the ones on a day.
///
/// # Errors
/// When the database is away.
pub async fn holdings(
    caller: &Caller,
    db: &impl ConnectionTrait,
    posts: &[post::Model],
    on: Option<Date>,
) -> Result<Vec<post_holding::Model>> {
    use post_holding::Column;

    let rows = caller.rows::<post_holding::Entity>().filter(Column::PostId.is_in(posts.iter().map(|post| post.id)));
    let rows = rows.filter(Condition::all().add_option(on.map(|on| holds(Column::FromOn, Column::ToOn, on))));
    Ok(rows.order_by_asc(Column::FromOn).order_by_asc(Column::Id).all(db).await?)
}

/// Begins to erase people who are archived, each with a job of its own.
///
/// # Errors
/// When the database is away.
pub async fn erase(write: &Write, people: &[person::Model], how: &How) -> Result<()> {
    erasure::begin(write, people, how).await.map(drop)
}

/// The people whose erasure has begun and not ended.
///
/// # Errors
/// When the database is away.
pub async fn erasures_under_way<C: ConnectionTrait>(caller: &Caller, db: &C) -> Result<HashSet<Uuid>> {
    erasure::under_way(caller, db).await
}
