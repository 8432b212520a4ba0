//! The databases of music services with which the hub is kept in step. How each is read stands in a mapping file of the
//! operator's (`SMEP_SYNC`); no address is set or shown by the API.

pub mod keep;
pub mod schedule;

use entity::exchange::sync_source::{self, SyncEvery, SyncKind, Weekday};
use entity::instant::Instant;

use super::sync_run::{self, SyncRun};
use crate::kernel::prelude::*;

record! {
    /// A music service's database with which the hub is kept in step.
    ///
    /// The operator of the service names it by a mapping file, which says where it is and how its tables are read. Here
    /// the hub says when it is synchronised.
    SyncSource from NewSyncSource in sync_source {
        /// True if runs can begin, by the schedule or by somebody.
        #[schema(example = true)]
        enabled: bool,
        /// How often a run begins by itself; never if absent.
        #[serde(default)]
        #[schema(example = "day")]
        schedule_every: Option<SyncEvery>,
        /// The time at which it begins, by the clocks of English schools; of each hour the minutes count.
        #[serde(default)]
        #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length = 5, example = "02:30")]
        schedule_at: Option<String>,
        /// The day on which it begins, where `schedule_every` is `week`.
        #[serde(default)]
        #[schema(example = json!(null))]
        schedule_weekday: Option<Weekday>,
    }
    initial { name: String::new(), kind: SyncKind::Csv, next_run_at: None, absent_since: None }
    computed {
        /// The source's name in its mapping file. It is also the `system` of the keys in `external_ids` that its rows
        /// have.
        #[schema(max_length = 60, pattern = "^[a-z0-9][a-z0-9_-]*$", example = "music-service")]
        name: String,
        /// What kind of database it is.
        #[schema(example = "postgresql")]
        kind: SyncKind,
        /// Since when no mapping file names it. It has no runs then.
        #[schema(example = json!(null))]
        absent_since: Option<Instant>,
    }
    embedded {
        /// The run that was asked for last, when asked for with `expand=last_run`.
        last_run: SyncRun,
    }
}

impl Resource for SyncSource {
    type Entity = sync_source::Entity;
    type Form = NewSyncSource;
    type Filter = SyncSourceFilter;

    const PATH: &'static str = "/sync-sources";
    const READ: Scope = Scope::ReadSync;
    const SORTS: &'static [(&'static str, sync_source::Column)] =
        &[("name", sync_source::Column::Name), ("updated_at", sync_source::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["kind", "enabled"];
    const IF_MATCH: bool = true;
    const EXPANDS: &'static [&'static str] = &["last_run"];

    fn faults(form: &NewSyncSource) -> Vec<Fault> {
        schedule::faults(form)
    }

    fn keys(row: &sync_source::Model) -> Value {
        json!({ "name": row.name })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, sync_source::Model>) -> Result<()> {
        step.after.next_run_at = schedule::next(step.after, write.now());
        Ok(())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[sync_source::Model],
    ) -> Result<Vec<Value>> {
        sync_run::last_of(caller, db, rows).await
    }
}

/// Narrows the list of sources.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SyncSourceFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(inline, max_items = 4)]
    pub kind: Vec<SyncKind>,
    /// Only sources with runs, or only others.
    pub enabled: Option<bool>,
    /// Only sources that no mapping file names any more, or only others.
    pub absent: Option<bool>,
    /// Text that the name contains.
    #[param(min_length = 1, max_length = 100, example = "music")]
    pub name: Option<String>,
}

impl Filter<sync_source::Entity> for SyncSourceFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use sync_source::Column;

        let absent = self.absent.map(|absent| match absent {
            true => Column::AbsentSince.is_not_null(),
            false => Column::AbsentSince.is_null(),
        });
        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(is(Column::Enabled, self.enabled))
            .add_option(absent)
            .add_option(contains_as_written(Column::Name, self.name.as_deref()))
    }
}

routes! {
    ReadSync: list_sync_sources, count_sync_sources, get_sync_source, list_sync_source_history;
    RunSync: update_sync_source;
}

/// Lists the databases with which the hub is kept in step.
#[utoipa::path(
    get,
    path = "/sync-sources",
    params(List<SyncSource>),
    responses((status = 200, body = Page<SyncSource>)),
)]
async fn list_sync_sources(can: Can<ReadSync>, list: List<SyncSource>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the sources by one or two of their fields.
#[utoipa::path(
    get,
    path = "/sync-sources/counts",
    params(CountBy<SyncSource>),
    responses((status = 200, body = Counts)),
)]
async fn count_sync_sources(can: Can<ReadSync>, by: CountBy<SyncSource>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a source.
#[utoipa::path(
    get,
    path = "/sync-sources/{id}",
    params(Show<SyncSource>),
    responses((status = 200, body = SyncSource)),
)]
async fn get_sync_source(can: Can<ReadSync>, id: Id, show: Show<SyncSource>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes when a source is synchronised.
#[utoipa::path(
    patch,
    path = "/sync-sources/{id}",
    request_body = NewSyncSource,
    responses((status = 200, body = SyncSource)),
)]
async fn update_sync_source(can: Can<RunSync>, id: Id, patch: Patch<NewSyncSource>) -> Result<Reply> {
    crud::update::<SyncSource>(&can, id.0, patch).await
}

/// Shows a source's history.
#[utoipa::path(
    get,
    path = "/sync-sources/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_sync_source_history(can: Can<ReadSync>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<SyncSource>(&can, id.0, &part).await
}
