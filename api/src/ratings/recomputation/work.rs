//! The work of the job: schools in the order of their ids, chunk by chunk. A chunk is stored with the counts and with
//! the place from which a run that begins again goes on.

use std::collections::HashMap;

use entity::ratings::rag_rating::{self, RatingSource, RatingStatus};
use entity::ratings::{rag_recomputation, rag_scheme};
use entity::row::Row;
use entity::schools::school;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::{Stop, Taken};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::{Decided, Write};
use crate::ratings::compute::{self, Computed};
use crate::ratings::rag_rating::RagRating;
use crate::ratings::rules;
use crate::schools::rules::OPEN;

/// How many schools are computed and stored at once.
const AT_ONCE: u64 = 200;

/// The schools that are computed.
pub fn schools(caller: &Caller) -> Select<school::Entity> {
    caller.rows::<school::Entity>().filter(school::Column::InScope.eq(true)).filter(school::Column::Status.is_in(OPEN))
}

/// Computes all schools that are not computed yet.
///
/// # Errors
/// Why it ends early; the chunks before stand.
pub async fn all(taken: &Taken) -> Result<(), Stop> {
    let caller = Caller::system(taken.state.clone(), taken.job.hub_id);
    let mut record = record(&caller, taken.job.id).await?;
    let scheme = caller.rows_archived::<rag_scheme::Entity>().filter(rag_scheme::Column::Id.eq(record.scheme_id));
    let scheme = scheme.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    taken.begin(record.computed.into(), record.schools.into());
    loop {
        let db = caller.db().snapshot().await?;
        let rest = record.after_school_id.map(|id| school::Column::Id.gt(id));
        let some = schools(&caller).filter(Condition::all().add_option(rest));
        let some = some.order_by_asc(school::Column::Id).limit(AT_ONCE).select_only().column(school::Column::Id);
        let some: Vec<Uuid> = some.into_tuple().all(&db).await?;
        let Some(last) = some.last().copied() else { return Ok(()) };
        let computed = compute::schools(&caller, &db, &scheme, &some, record.on_date).await?;
        drop(db);
        record = store(&caller, taken, &scheme, &computed, last).await?;
        taken.count(some.len() as u64);
    }
}

async fn record(caller: &Caller, id: Uuid) -> Result<rag_recomputation::Model> {
    let rows = caller.rows::<rag_recomputation::Entity>().filter(rag_recomputation::Column::Id.eq(id));
    rows.one(caller.db().read()).await?.ok_or_else(Problem::not_found)
}

/// Stores a chunk, if the job is still this run's and nobody has cancelled it.
async fn store(
    caller: &Caller,
    taken: &Taken,
    scheme: &rag_scheme::Model,
    computed: &[Computed],
    last: Uuid,
) -> Result<rag_recomputation::Model, Stop> {
    let id = taken.job.id;
    taken.step(caller, async |write| chunk(write, id, scheme, computed, last).await).await
}

/// What a chunk comes to.
async fn chunk(
    write: &mut Write,
    id: Uuid,
    scheme: &rag_scheme::Model,
    computed: &[Computed],
    last: Uuid,
) -> Result<rag_recomputation::Model> {
    let before = write.row::<rag_recomputation::Entity>(id).await?;
    let mut record = before.clone();
    let known = latest(write, computed.iter().map(|one| one.school_id).collect()).await?;
    let mut steps = Vec::new();
    for one in computed {
        record.computed += 1;
        let school = one.school_id;
        let new = compute::suggestion(write.meta(), scheme, one.clone(), record.on_date);
        match (known.get(&school), new) {
            (_, None) => record.without_data += 1,
            (Some(before), Some(new)) if rules::is_unchanged(before, &new) => record.unchanged += 1,
            (Some(before), Some(mut new)) if before.status == RatingStatus::Suggestion => {
                record.replaced += 1;
                new.set_meta(write.meta_after(before));
                steps.push((Some(before), new, Operation::Update));
            }
            (_, Some(new)) => {
                record.suggested += 1;
                steps.push((None, new, Operation::Create));
            }
        }
    }
    write.because(Some(format!("computed by \"{}\", edition {}", scheme.title, scheme.edition)));
    let decided =
        steps.iter().map(|(before, after, operation)| Decided { before: *before, after, operation: *operation });
    write.store_many::<RagRating>(&decided.collect::<Vec<_>>()).await?;
    record.after_school_id = Some(last);
    record.set_meta(write.meta_after(&before));
    write.replace_row::<rag_recomputation::Entity>(&record).await?;
    Ok(record)
}

/// The latest computed rating of each school, locked until the end.
async fn latest(write: &Write, schools: Vec<Uuid>) -> Result<HashMap<Uuid, rag_rating::Model>> {
    use rag_rating::Column;

    let other = |column: Column| Expr::col((Alias::new("other"), column));
    let own = |column: Column| Expr::col((rag_rating::Entity, column));
    let later =
        Expr::tuple([other(Column::OnDate), other(Column::Id)]).gt(Expr::tuple([own(Column::OnDate), own(Column::Id)]));
    let mut others = Query::select();
    others
        .expr(Expr::val(1))
        .from_as(rag_rating::Entity, Alias::new("other"))
        .and_where(other(Column::HubId).eq(write.caller().hub_id))
        .and_where(other(Column::SchoolId).eq(own(Column::SchoolId)))
        .and_where(other(Column::Source).eq(RatingSource::Computed.as_str()))
        .and_where(other(Column::ArchivedAt).is_null())
        .and_where(later);
    let which = Condition::all()
        .add(Column::SchoolId.is_in(schools))
        .add(Column::Source.eq(RatingSource::Computed))
        .add(Column::ArchivedAt.is_null())
        .add(Expr::exists(others).not());
    let rows = write.rows_archived::<rag_rating::Entity>(which).await?;
    Ok(rows.into_iter().map(|row| (row.school_id, row)).collect())
}
