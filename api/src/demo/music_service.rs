//! The database of a music service, as a folder of files that the program brings along: a source of the sync with a run
//! that was really made, and contacts about which people have to decide.

use std::fs;
use std::path::Path;

use entity::exchange::{sync_match, sync_run, sync_source};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::exchange::sync::mapping::Mapping;
use crate::exchange::sync::registry::Mappings;
use crate::exchange::sync::sync_match::{SyncMatch, question};
use crate::exchange::sync::sync_run::record::{self, KIND};
use crate::exchange::sync::sync_source::{SyncSource, keep};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::work_here;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::Write;

/// The mapping.
const MAPPING: &str = include_str!("music-service/music-service.toml");

/// The files of the source.
const FILES: [(&str, &str); 3] = [
    ("schools.csv", include_str!("music-service/schools.csv")),
    ("people.csv", include_str!("music-service/people.csv")),
    ("jobs.csv", include_str!("music-service/jobs.csv")),
];

/// The contact of the examples, which has no key.
const CONTACT: &str = "103";

/// Brings the files along, for as long as the program runs.
///
/// # Errors
/// When they cannot be written to the folder for temporary files.
pub fn bring(state: &State) -> Result<()> {
    let folder = tempfile::tempdir().map_err(Problem::internal)?;
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text).map_err(Problem::internal)?;
    }
    let address = |name: &str| (name == "FOLDER").then(|| folder.path().display().to_string());
    let mapping = Mapping::parse(Path::new("music-service.toml"), MAPPING, &address);
    let mapping = mapping.map_err(|faults| Problem::internal(faults.to_string()))?;
    state.registered::<Mappings>().bring(mapping, folder);
    Ok(())
}

/// Makes the source with its first run.
///
/// # Errors
/// When the database fails.
pub async fn make(state: &State, hub_id: Uuid) -> Result<()> {
    let caller = Caller::system(state.clone(), hub_id);
    let begun = Write::value_of(&caller, async |write| {
        write.give_example_ids(true);
        let source = keep::fresh(write.meta_of::<sync_source::Entity>(), "music-service");
        let run = write.meta_of::<sync_run::Entity>();
        // The run completes it.
        let asked = question(write.meta_of::<sync_match::Entity>(), source.id, CONTACT);
        write.give_example_ids(false);
        let source = write.store::<SyncSource>(None, source, Operation::Create).await?;
        write.store::<SyncMatch>(None, asked, Operation::Create).await?;
        record::begin_here(write, &source, false, run).await
    });
    let (run, job) = begun.await?;
    work_here(state, &KIND, &job).await;
    let rows = caller.rows::<sync_run::Entity>().filter(sync_run::Column::Id.eq(run.id));
    let ended = rows.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    ended.error.map_or(Ok(()), |error| Err(Problem::internal(error)))
}
