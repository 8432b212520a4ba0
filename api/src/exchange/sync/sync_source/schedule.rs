//! When a source has its next run, and the job that begins the runs that are due.

use std::time::Duration;

use entity::exchange::sync_run::SyncStart;
use entity::exchange::sync_source::{self, SyncEvery};
use entity::instant::Instant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use time::{Date, OffsetDateTime, Time};

use super::{NewSyncSource, keep};
use crate::exchange::sync::sync_run::record;
use crate::kernel::base::clock;
use crate::kernel::base::problem::{Code, Fault, Result};
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::{self, Kind, Stop, Taken};
use crate::kernel::resource::write::Write;

/// The job that keeps sources in step with the mapping files and begins the runs that are due, for all hubs.
pub const SCHEDULE: Kind = Kind::every("schedule-syncs", Duration::from_mins(1), |job| Box::pin(all_due(job)));

/// What contradicts itself in a schedule.
#[must_use]
pub fn faults(form: &NewSyncSource) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut needed = |pointer, message: &str| faults.push(Fault::new(pointer, "required", message));
    if form.schedule_every.is_some() && form.schedule_at.is_none() {
        needed("/schedule_at", "goes with `schedule_every`");
    }
    if form.schedule_every == Some(SyncEvery::Week) && form.schedule_weekday.is_none() {
        needed("/schedule_weekday", "goes with `schedule_every` `week`");
    }
    if form.schedule_every.is_none() && form.schedule_at.is_some() {
        needed("/schedule_every", "goes with `schedule_at`");
    }
    if form.schedule_every != Some(SyncEvery::Week) && form.schedule_weekday.is_some() {
        faults.push(Fault::new("/schedule_weekday", "not_applicable", "only with `schedule_every` `week`"));
    }
    faults
}

/// When a source has its next run after a moment; none without a schedule, and none while it is not enabled.
#[must_use]
pub fn next(source: &sync_source::Model, after: Instant) -> Option<Instant> {
    let every = source.schedule_every.filter(|_| source.enabled && source.absent_since.is_none())?;
    let at = time_of(source.schedule_at.as_deref()?)?;
    if every == SyncEvery::Hour {
        let now = OffsetDateTime::from(after);
        let hour = now.replace_time(Time::from_hms(now.hour(), at.minute(), 0).ok()?);
        return Some(Instant::from(if hour > now { hour } else { hour + time::Duration::HOUR }));
    }
    let fits = |day: &Date| every == SyncEvery::Day || Some(keep::weekday(day.weekday())) == source.schedule_weekday;
    let mut day = clock::day_of(after);
    // Eight days have every day of the week after the time of today.
    for _ in 0..=8 {
        let moment = clock::at(day, at);
        if fits(&day) && moment > after {
            return Some(moment);
        }
        day = day.next_day()?;
    }
    None
}

fn time_of(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()
}

async fn all_due(taken: &Taken) -> Result<(), Stop> {
    keep::all(&taken.state, keep::Gone::Mark).await?;
    let begun = begin_due(&taken.state).await?;
    taken.count(begun);
    if begun > 0 {
        job::hurry(&taken.state);
    }
    Ok(())
}

/// Begins the runs that are due, of all hubs. Returns how many.
///
/// # Errors
/// When the database is away.
#[expect(clippy::disallowed_methods, reason = "the job looks for sources in all hubs")]
pub async fn begin_due(state: &State) -> Result<u64> {
    let now = state.clock.now();
    let due = sync_source::Entity::find()
        .filter(sync_source::Column::NextRunAt.lte(now))
        .filter(sync_source::Column::ArchivedAt.is_null());
    let mut begun = 0;
    for source in due.all(state.db.read()).await? {
        let caller = Caller::system(state.clone(), source.hub_id);
        let done = Write::value_of(&caller, async |write| {
            let source = write.row::<sync_source::Entity>(source.id).await?;
            put_off(write, &source).await?;
            record::begin(write, &source, false, SyncStart::Schedule).await?;
            Ok(())
        });
        match done.await {
            Ok(()) => begun += 1,
            // A run that somebody began is under way: the schedule looks again in a minute.
            Err(problem) if problem.code() == Code::Conflict => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(begun)
}

/// Moves the next run of a source. It is no change of the source, and has no entry in the log.
#[expect(clippy::disallowed_methods, reason = "the time of the next run follows from the schedule")]
async fn put_off(write: &Write, source: &sync_source::Model) -> Result<()> {
    sync_source::Entity::update_many()
        .col_expr(sync_source::Column::NextRunAt, Expr::value(next(source, write.now())))
        .filter(sync_source::Column::HubId.eq(source.hub_id))
        .filter(sync_source::Column::Id.eq(source.id))
        .exec(write.tx())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::exchange::sync_source::Weekday;
    use entity::row::Meta;
    use time::macros::datetime;

    use super::*;

    fn source(every: SyncEvery, at: &str, on: Option<Weekday>) -> sync_source::Model {
        let row = keep::fresh(Meta::unset(), "music-service");
        sync_source::Model {
            enabled: true,
            schedule_every: Some(every),
            schedule_at: Some(at.to_owned()),
            schedule_weekday: on,
            ..row
        }
    }

    fn after(source: &sync_source::Model, moment: OffsetDateTime) -> OffsetDateTime {
        next(source, Instant::from(moment)).unwrap().into()
    }

    #[test]
    fn a_run_of_each_day_begins_at_the_time_on_the_wall_in_summer_too() {
        let daily = source(SyncEvery::Day, "02:30", None);
        assert_eq!(after(&daily, datetime!(2025-01-27 01:00 UTC)), datetime!(2025-01-27 02:30 UTC));
        assert_eq!(after(&daily, datetime!(2025-01-27 02:30 UTC)), datetime!(2025-01-28 02:30 UTC));
        assert_eq!(after(&daily, datetime!(2025-07-01 12:00 UTC)), datetime!(2025-07-02 01:30 UTC));
    }

    #[test]
    fn a_run_of_each_hour_and_of_each_week_has_its_own_time() {
        let hourly = source(SyncEvery::Hour, "00:15", None);
        assert_eq!(after(&hourly, datetime!(2025-01-27 10:14 UTC)), datetime!(2025-01-27 10:15 UTC));
        assert_eq!(after(&hourly, datetime!(2025-01-27 10:15 UTC)), datetime!(2025-01-27 11:15 UTC));
        // 27 January 2025 is a Monday.
        let weekly = source(SyncEvery::Week, "20:00", Some(Weekday::Monday));
        assert_eq!(after(&weekly, datetime!(2025-01-27 19:00 UTC)), datetime!(2025-01-27 20:00 UTC));
        assert_eq!(after(&weekly, datetime!(2025-01-27 20:00 UTC)), datetime!(2025-02-03 20:00 UTC));
    }

    #[test]
    fn a_source_that_is_off_or_gone_has_no_next_run() {
        let now = Instant::from(datetime!(2025-01-27 01:00 UTC));
        let on = source(SyncEvery::Day, "02:30", None);
        assert!(next(&on, now).is_some());
        assert!(next(&sync_source::Model { enabled: false, ..on.clone() }, now).is_none());
        assert!(next(&sync_source::Model { absent_since: Some(now), ..on.clone() }, now).is_none());
        assert!(next(&sync_source::Model { schedule_every: None, ..on }, now).is_none());
    }
}
