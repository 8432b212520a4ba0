//! The work of the job of a run: reading, then step by step.

use std::sync::Arc;

use entity::exchange::sync_link;
use entity::exchange::sync_run::{self, SyncState, SyncStep};
use entity::exchange::sync_source;
use entity::identity::hub;
use entity::row::Row;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use super::report::Report;
use super::tables::Tables;
use super::{Resolution, Run};
use crate::exchange::sync::mapping::Mapping;
use crate::exchange::sync::registry::Mappings;
use crate::exchange::sync::source::Away;
use crate::exchange::sync::step::STEPS;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::{Stop, Taken};

/// Of so many rows that the source had, none is left: that is a fault of the source, and no deletion.
const EMPTIED: u64 = 20;

/// Does a run from its beginning, or goes on where an earlier attempt was interrupted.
///
/// # Errors
/// Why it ends early; the chunks before stand.
pub async fn all(taken: &Taken) -> Result<(), Stop> {
    let caller = Caller::system(taken.state.clone(), taken.job.hub_id);
    let record = caller.rows::<sync_run::Entity>().filter(sync_run::Column::Id.eq(taken.job.id));
    let record = record.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    let source = caller.rows_archived::<sync_source::Entity>().filter(sync_source::Column::Id.eq(record.source_id));
    let source = source.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    let hub = caller.rows::<hub::Entity>().filter(hub::Column::Id.eq(caller.hub_id));
    let hub = hub.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    let mapping = mapping(&caller, &hub, &source)?;
    let report = begin(taken, &caller, &record).await?;
    let now = caller.now().into();
    let tables = Tables::read(&mapping, now, |rows| taken.done.set(i64::try_from(rows).unwrap_or(i64::MAX))).await?;
    expect_filled(&caller, &source, &tables).await?;
    let mut run = Run {
        today: caller.today(),
        schools: Resolution::default(),
        step: SyncStep::Reading,
        waiting: Vec::new(),
        caller,
        hub,
        source,
        record,
        mapping,
        tables,
        taken,
        report,
    };
    for step in STEPS {
        run.enter(step.name).await?;
        (step.run)(&mut run).await?;
    }
    run.flush().await
}

/// The mapping of a source, which is that of the hub's slug.
fn mapping(caller: &Caller, hub: &hub::Model, source: &sync_source::Model) -> Result<Arc<Mapping>, Stop> {
    let found = caller.state().registered::<Mappings>().of(&hub.slug, &source.name);
    found.ok_or_else(|| Stop::Refused {
        code: "no_mapping",
        message: format!(
            "no mapping file of this instance names the source {}: see SMEP_SYNC, on every instance",
            source.name
        ),
    })
}

/// Takes up the record of the run, and its report.
async fn begin(taken: &Taken, caller: &Caller, record: &sync_run::Model) -> Result<Report, Stop> {
    taken
        .step(caller, async |write| {
            let before = write.row::<sync_run::Entity>(record.id).await?;
            let report = Report::take_up(write, record.id).await?;
            let mut after = sync_run::Model {
                state: SyncState::Running,
                step: Some(SyncStep::Reading),
                started_at: before.started_at.or(Some(write.now())),
                ..before.clone()
            };
            after.set_meta(write.meta_after(&before));
            write.replace_row::<sync_run::Entity>(&after).await?;
            Ok(report)
        })
        .await
}

/// Refuses a source of which a whole table is gone: what is missing would be marked so, row by row.
async fn expect_filled(caller: &Caller, source: &sync_source::Model, tables: &Tables) -> Result<(), Stop> {
    use sync_link::Column;

    for (section, taken, rows) in tables.sizes() {
        if !taken || rows > 0 {
            continue;
        }
        let known = caller
            .rows::<sync_link::Entity>()
            .filter(Column::SourceId.eq(source.id))
            .filter(Column::Section.eq(section))
            .filter(Column::MissingSince.is_null());
        let known = known.count(caller.db().reports()).await?;
        if known >= EMPTIED {
            let message = format!(
                "the source has no row of `{section}`, and had {known} before: nothing was taken over. Look at the \
                 table or the file, and at its filter in the mapping"
            );
            return Err(Stop::Refused { code: "empty_table", message });
        }
    }
    Ok(())
}

impl From<Away> for Stop {
    fn from(away: Away) -> Self {
        Self::Refused { code: away.code, message: away.reason }
    }
}
