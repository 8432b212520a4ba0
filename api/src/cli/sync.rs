//! `smep sync`.

use std::path::{Path, PathBuf};

use api::exchange::sync::mapping::Mapping;
use api::exchange::sync::registry::Mappings;
use api::exchange::sync::source::Source;
use api::exchange::sync::sync_run::record::{self, KIND};
use api::exchange::sync::sync_run::{self, SyncRun};
use api::exchange::sync::sync_source::keep;
use api::kernel::base::settings::DatabaseSettings;
use api::kernel::caller::permission::Scope;
use api::kernel::resource::job::work_here;
use api::kernel::resource::write::Write;
use clap::{ArgGroup, Args};
use entity::exchange::sync_run::SyncState;
use entity::exchange::sync_source;
use sea_orm::{ColumnTrait, Condition};

use super::{Outcome, state_with, system, told};

/// Checks a mapping of a music service's database, or runs the sync with it.
#[derive(Args)]
#[command(group = ArgGroup::new("what").args(["check", "source"]).required(true))]
pub struct SyncCommand {
    #[command(flatten)]
    database: DatabaseSettings,

    /// Check this mapping file and the database behind it, and print what would be asked of it
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,

    /// Run the sync with the source of this name
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// The hub's slug, where sources of several hubs have the name
    #[arg(long)]
    hub: Option<String>,

    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,

    /// The folder with the mapping files (*.toml), or one such file
    #[arg(long, env = "SMEP_SYNC", value_name = "PATH")]
    sync: Option<PathBuf>,
}

impl SyncCommand {
    /// Checks or runs.
    pub async fn run(self) -> Outcome {
        match (&self.check, &self.source) {
            (Some(file), _) => check(file).await,
            (None, Some(name)) => Box::pin(self.run_source(name)).await,
            (None, None) => Err("name a file by --check, or a source by --source".to_owned()),
        }
    }

    async fn run_source(&self, name: &str) -> Outcome {
        let Some(path) = &self.sync else {
            return Err("no mapping files: set SMEP_SYNC or --sync to their folder".to_owned());
        };
        let state = state_with(self.database.clone(), |settings| settings.sync = Some(path.clone())).await?;
        keep::all(&state, keep::Gone::Leave).await.map_err(told)?;
        let slug = self.slug(name, state.registered::<Mappings>())?;
        let caller = system(&state, &slug).await?.under(Scope::RunSync).ok_or("the scope is missing")?;
        let begun = Write::value_of(&caller, async |write| {
            let named = Condition::all().add(sync_source::Column::Name.eq(name));
            let source = write.rows_archived::<sync_source::Entity>(named).await?.into_iter().next();
            let source = source.ok_or_else(api::kernel::base::problem::Problem::not_found)?;
            record::begin_here(write, &source, self.dry_run, write.meta()).await
        });
        let (run, job) = begun.await.map_err(told)?;
        tokio::select! {
            () = work_here(&state, &KIND, &job) => {}
            _ = tokio::signal::ctrl_c() => {
                let cancelled = Write::value_of(&caller, async |write| record::cancel(write, run.id, |_| Ok(())).await);
                cancelled.await.map_err(told)?;
                return Err("cancelled: what is counted as written stands".to_owned());
            }
        }
        let run = sync_run::find(&caller, run.id).await.map_err(told)?;
        summary(&run);
        match run.error {
            None if run.state == SyncState::Succeeded => Ok(()),
            None => Err(format!("the run is {}", run.state)),
            Some(error) => Err(error.message),
        }
    }

    /// The hub of a source: the one named, or the only one with a source of the name.
    fn slug(&self, name: &str, mappings: &Mappings) -> Result<String, String> {
        let all = mappings.all();
        let hubs: Vec<&str> = all.iter().filter(|it| it.name() == name).map(|it| it.hub()).collect();
        match (&self.hub, hubs.as_slice()) {
            (Some(hub), hubs) if hubs.contains(&hub.as_str()) => Ok(hub.clone()),
            (Some(hub), _) => Err(format!("no mapping file names a source {name} of the hub {hub}")),
            (None, [hub]) => Ok((*hub).to_owned()),
            (None, []) => Err(format!("no mapping file names a source {name}")),
            (None, hubs) => Err(format!("sources of {} have the name: say which by --hub", hubs.join(", "))),
        }
    }
}

/// Checks a mapping file, and the database behind it.
async fn check(file: &Path) -> Outcome {
    let mapping = Mapping::read(file).map_err(|faults| faults.to_string())?;
    let mut source = Source::open(&mapping).await.map_err(|away| away.to_string())?;
    let faults = source.check().await.map_err(|away| away.to_string())?;
    for statement in source.statements() {
        println!("{statement}");
    }
    if faults.is_empty() {
        println!("the mapping fits the source");
        return Ok(());
    }
    Err(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

fn summary(run: &SyncRun) {
    let dry = if run.dry_run { " (dry run: nothing was written)" } else { "" };
    println!("run {} {}{dry}", run.id, run.state);
    for count in &run.counts {
        println!("{:>9}  {} {} {}", count.rows, count.section, count.outcome, count.direction);
    }
    println!("{:>9}  rows written", run.written);
}
