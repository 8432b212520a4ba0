//! Files of the folder that no item has: left by a program that was killed, or by a removal that failed.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use entity::kernel::attachment::{self, Column};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::folder::PARTIAL;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::resource::job::Kind;

/// How old a file is at least. A younger one may belong to a request under way.
const AGE: Duration = Duration::from_hours(1);

/// How many files are looked up at once.
const AT_ONCE: usize = 500;

/// The job that removes them.
pub const REMOVE_ORPHANS: Kind = Kind::every("remove-orphaned-files", Duration::from_hours(1), |job| {
    Box::pin(async {
        job.count(remove_orphans(&job.state).await?);
        Ok(())
    })
});

/// A file of the folder.
struct Found {
    path: PathBuf,
    /// The attachment whose content it is; none for one that is not whole.
    id: Option<Uuid>,
}

/// Removes the files of the folder that no item has. Returns how many that was.
///
/// # Errors
/// When the folder or the database cannot be read.
pub async fn remove_orphans(state: &State) -> Result<u64> {
    let Some(folder) = state.files().folder().map(Path::to_owned) else { return Ok(0) };
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(state.clock.now().as_micros().unsigned_abs());
    let hubs = blocking(move || hubs(&folder)).await?;
    let mut removed = 0;
    for (hub, place) in hubs {
        let mut found = blocking(move || old(&place, now)).await?;
        while !found.is_empty() {
            let some: Vec<Found> = found.split_off(found.len().saturating_sub(AT_ONCE));
            let kept = kept(state, hub, some.iter().filter_map(|file| file.id)).await?;
            let gone = some.into_iter().filter(|file| file.id.is_none_or(|id| !kept.contains(&id)));
            let gone: Vec<PathBuf> = gone.map(|file| file.path).collect();
            removed += gone.len() as u64;
            blocking(move || gone.iter().try_for_each(fs::remove_file)).await?;
        }
    }
    Ok(removed)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    Ok(spawn_blocking(work).await.map_err(Problem::internal)??)
}

/// The hubs that have files, each with its folder.
fn hubs(folder: &Path) -> io::Result<Vec<(Uuid, PathBuf)>> {
    let mut hubs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hub = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
        hubs.extend(hub.map(|hub| (hub, entry.path())));
    }
    Ok(hubs)
}

/// The files of a hub that are old enough. A name that no file of ours has is left alone.
fn old(place: &Path, now: SystemTime) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let stem = name.strip_suffix(PARTIAL);
        let Ok(id) = Uuid::try_parse(stem.unwrap_or(name)) else { continue };
        let age = now.duration_since(entry.metadata()?.modified()?).unwrap_or_default();
        if age >= AGE {
            found.push(Found { path: entry.path(), id: stem.is_none().then_some(id) });
        }
    }
    Ok(found)
}

/// Which of these attachments an item has.
#[expect(clippy::disallowed_methods, reason = "files are looked for in all hubs, and nobody is shown any")]
async fn kept(state: &State, hub: Uuid, ids: impl Iterator<Item = Uuid>) -> Result<HashSet<Uuid>> {
    let kept = attachment::Entity::find()
        .filter(Column::HubId.eq(hub))
        .filter(Column::Id.is_in(ids))
        .filter(Column::ArchivedAt.is_null())
        .select_only()
        .column(Column::Id)
        .into_tuple();
    Ok(kept.all(state.db.read()).await?.into_iter().collect())
}
