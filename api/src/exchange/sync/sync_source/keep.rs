//! Sources kept in step with the mapping files: made when a file is new, marked when it is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use entity::exchange::sync_source::{self, SyncEvery, SyncKind, Weekday};
use entity::identity::hub;
use entity::row::Meta;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{SyncSource, schedule};
use crate::exchange::sync::mapping::{Every, Mapping, SourceKind};
use crate::exchange::sync::registry::Mappings;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::Write;

/// What is done about sources that no mapping file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// They are marked as absent: the files are all that the service has.
    Mark,
    /// They stay as they are: the service may have further files.
    Leave,
}

/// Brings the sources of all hubs in step with the mapping files of this instance. An instance without a setting leaves
/// them as they are.
///
/// # Errors
/// When the database is away.
#[expect(clippy::disallowed_methods, reason = "hubs are looked up by the slugs of mapping files")]
pub async fn all(state: &State, gone: Gone) -> Result<()> {
    let mappings = state.registered::<Mappings>().all();
    if mappings.is_empty() {
        return Ok(());
    }
    let mut of_hubs: BTreeMap<&str, Vec<&Arc<Mapping>>> = BTreeMap::new();
    for mapping in &mappings {
        of_hubs.entry(mapping.hub()).or_default().push(mapping);
    }
    let db = state.db.read();
    let hubs = hub::Entity::find().filter(hub::Column::Slug.is_in(of_hubs.keys().copied()));
    let hubs = hubs.filter(hub::Column::ArchivedAt.is_null()).all(db).await?;
    let known = sync_source::Entity::find().filter(sync_source::Column::ArchivedAt.is_null()).all(db).await?;
    let mut ids: Vec<Uuid> = hubs.iter().map(|hub| hub.id).chain(known.iter().map(|it| it.hub_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let slug = hubs.iter().find(|hub| hub.id == id).map(|hub| hub.slug.as_str());
        let named = slug.and_then(|slug| of_hubs.get(slug)).map_or(&[][..], Vec::as_slice);
        let own: Vec<_> = known.iter().filter(|it| it.hub_id == id).collect();
        if is_in_step(&own, named, gone) {
            continue;
        }
        let caller = Caller::system(state.clone(), id);
        Write::value_of(&caller, async |write| of_hub(write, named, gone).await).await?;
    }
    Ok(())
}

fn is_in_step(known: &[&sync_source::Model], named: &[&Arc<Mapping>], gone: Gone) -> bool {
    let of = |name: &str| known.iter().find(|it| it.name == name);
    let there = |mapping: &&Arc<Mapping>| {
        of(mapping.name()).is_some_and(|it| it.absent_since.is_none() && it.kind == kind(mapping.kind()))
    };
    let unnamed = |source: &&&sync_source::Model| named.iter().all(|mapping| mapping.name() != source.name);
    let mut unnamed = known.iter().filter(unnamed);
    named.iter().all(there) && (gone == Gone::Leave || unnamed.all(|source| source.absent_since.is_some()))
}

async fn of_hub(write: &mut Write, named: &[&Arc<Mapping>], gone: Gone) -> Result<()> {
    // Another instance waits here, and then finds what this one has made.
    write.hold::<hub::Entity>(write.caller().hub_id).await?;
    let known = write.rows_archived::<sync_source::Entity>(Condition::all()).await?;
    for mapping in named {
        let kind = kind(mapping.kind());
        match known.iter().find(|it| it.name == mapping.name()) {
            None => {
                let row = made(write, mapping);
                write.store::<SyncSource>(None, row, Operation::Create).await?;
            }
            Some(before) if before.absent_since.is_some() || before.kind != kind => {
                let after = sync_source::Model { kind, absent_since: None, ..before.clone() };
                write.store::<SyncSource>(Some(before.clone()), after, Operation::Update).await?;
            }
            Some(_) => {}
        }
    }
    if gone == Gone::Leave {
        return Ok(());
    }
    let unnamed = known.iter().filter(|it| named.iter().all(|mapping| mapping.name() != it.name));
    for before in unnamed.filter(|it| it.absent_since.is_none() && it.archived_at.is_none()) {
        let after = sync_source::Model { absent_since: Some(write.now()), ..before.clone() };
        write.store::<SyncSource>(Some(before.clone()), after, Operation::Update).await?;
    }
    Ok(())
}

/// The source of a mapping that is new. Its schedule is that of the file, until the hub sets another.
fn made(write: &Write, mapping: &Mapping) -> sync_source::Model {
    let fresh = fresh(write.meta_of::<sync_source::Entity>(), mapping.name());
    let row = sync_source::Model { kind: kind(mapping.kind()), enabled: true, ..fresh };
    let Some(wanted) = mapping.schedule() else { return row };
    let (every, weekday) = match wanted.every {
        Every::Hour => (SyncEvery::Hour, None),
        Every::Day => (SyncEvery::Day, None),
        Every::Week(day) => (SyncEvery::Week, Some(weekday(day))),
    };
    let at = format!("{:02}:{:02}", wanted.at.hour(), wanted.at.minute());
    let row =
        sync_source::Model { schedule_every: Some(every), schedule_at: Some(at), schedule_weekday: weekday, ..row };
    sync_source::Model { next_run_at: schedule::next(&row, write.now()), ..row }
}

/// A source without a schedule.
#[must_use]
pub fn fresh(meta: Meta, name: &str) -> sync_source::Model {
    sync_source::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        name: name.to_owned(),
        kind: SyncKind::Csv,
        enabled: true,
        schedule_every: None,
        schedule_at: None,
        schedule_weekday: None,
        next_run_at: None,
        absent_since: None,
    }
}

const fn kind(kind: SourceKind) -> SyncKind {
    match kind {
        SourceKind::Csv => SyncKind::Csv,
        SourceKind::Postgresql => SyncKind::Postgresql,
        SourceKind::Mysql => SyncKind::Mysql,
        SourceKind::Odbc => SyncKind::Odbc,
    }
}

/// The day of the week as the API names it.
pub(super) const fn weekday(day: time::Weekday) -> Weekday {
    match day {
        time::Weekday::Monday => Weekday::Monday,
        time::Weekday::Tuesday => Weekday::Tuesday,
        time::Weekday::Wednesday => Weekday::Wednesday,
        time::Weekday::Thursday => Weekday::Thursday,
        time::Weekday::Friday => Weekday::Friday,
        time::Weekday::Saturday => Weekday::Saturday,
        time::Weekday::Sunday => Weekday::Sunday,
    }
}
