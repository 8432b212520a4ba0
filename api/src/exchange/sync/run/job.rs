//! The work of the job of a run: reading, then step by step.

use std::collections::HashMap;
use std::sync::Arc;

use entity::exchange::sync_link;
use entity::exchange::sync_row::SyncSection;
use entity::exchange::sync_run::{self, SyncState, SyncStep};
use entity::exchange::sync_source;
use entity::identity::hub;
use entity::row::Row;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::report::Report;
use super::tables::Tables;
use super::{Resolution, Run};
use crate::exchange::sync::digest::Salt;
use crate::exchange::sync::mapping::Mapping;
use crate::exchange::sync::registry::Mappings;
use crate::exchange::sync::source::Away;
use crate::exchange::sync::step::STEPS;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::{Stop, Taken};

/// Of so many rows that the source had, less than half is left: that is a fault of the source, and no deletion.
const EMPTIED: i64 = 20;

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

/// Refuses a source of which a table is gone, or most of it: what is missing would be marked so, row by row.
async fn expect_filled(caller: &Caller, source: &sync_source::Model, tables: &Tables) -> Result<(), Stop> {
    use sync_link::Column;

    // A figure that nobody counted needs no count of pupils at the source.
    let uncounted = Salt::of(source.id).digest(&None::<i64>);
    let known = caller
        .rows::<sync_link::Entity>()
        .filter(Column::SourceId.eq(source.id))
        .filter(Column::MissingSince.is_null())
        .filter(Column::Fingerprint.ne(uncounted))
        .select_only()
        .column(Column::Section)
        .column_as(Column::Id.count(), "links")
        .group_by(Column::Section);
    let known: Vec<(SyncSection, i64)> = known.into_tuple().all(caller.db().reports()).await?;
    let known: HashMap<SyncSection, i64> = known.into_iter().collect();
    let Some((section, rows, known)) = emptied(&tables.sizes(), &known) else { return Ok(()) };
    let left = if rows == 0 { "no row".to_owned() } else { format!("{rows} rows") };
    let of = if section == SyncSection::HeadCounts { "figures that are made of them" } else { "of them" };
    let message = format!(
        "the source has {left} of `{section}`, and there were {known} {of} before: nothing was taken over. Look at the \
         table or the file, and at its filter in the mapping; rows that are to go can go in several runs, less than \
         half of them in each"
    );
    Err(Stop::Refused { code: "empty_table", message })
}

/// The first table that is gone, or most of it, with how many rows it has and how many are known. Counts of pupils are
/// known by the figures that are made of them. Values of user-defined fields are known by what the service wrote, which
/// a folder of files has only once somebody has taken it over there.
fn emptied(
    sizes: &[(SyncSection, bool, usize)],
    known: &HashMap<SyncSection, i64>,
) -> Option<(SyncSection, usize, i64)> {
    let of = |section| known.get(&section).copied().filter(|known| *known >= EMPTIED);
    sizes.iter().filter(|(_, taken, _)| *taken).find_map(|(section, _, rows)| {
        let count = i64::try_from(*rows).unwrap_or(i64::MAX);
        let known = match section {
            SyncSection::UserValues => None,
            SyncSection::HeadCounts => of(SyncSection::Figures).filter(|_| count == 0),
            section => of(*section).filter(|known| count.saturating_mul(2) < *known),
        };
        Some((*section, *rows, known?))
    })
}

impl From<Away> for Stop {
    fn from(away: Away) -> Self {
        Self::Refused { code: away.code, message: away.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sizes: &[(SyncSection, usize)], known: &[(SyncSection, i64)]) -> Option<SyncSection> {
        let sizes: Vec<_> = sizes.iter().map(|(section, rows)| (*section, true, *rows)).collect();
        emptied(&sizes, &known.iter().copied().collect()).map(|(section, ..)| section)
    }

    #[test]
    fn a_table_of_which_less_than_half_is_left_is_a_fault_of_the_source() {
        let activities = |rows, known| found(&[(SyncSection::Activities, rows)], &[(SyncSection::Activities, known)]);
        assert_eq!(activities(5, 2572), Some(SyncSection::Activities));
        assert_eq!(activities(9, 20), Some(SyncSection::Activities));
        assert_eq!(activities(10, 20), None);
        assert_eq!(activities(0, 19), None, "so few can go at once");
        assert_eq!(emptied(&[(SyncSection::Activities, false, 0)], &[(SyncSection::Activities, 99)].into()), None);
    }

    #[test]
    fn counts_of_pupils_are_known_by_figures_and_what_the_service_wrote_may_be_gone() {
        let counts = |rows| found(&[(SyncSection::HeadCounts, rows)], &[(SyncSection::Figures, 20)]);
        assert_eq!((counts(0), counts(1)), (Some(SyncSection::HeadCounts), None));
        assert_eq!(found(&[(SyncSection::HeadCounts, 0)], &[(SyncSection::Activities, 99)]), None, "nobody counted");
        assert_eq!(found(&[(SyncSection::UserValues, 0)], &[(SyncSection::UserValues, 99)]), None);
    }
}
