//! The import by which the demo's links came in, and the dry run before it, as their records tell them.

use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::kernel::import_row::{self, ImportOutcome};
use entity::kernel::job;
use entity::list::List;
use entity::row::Meta;
use sea_orm::EntityTrait;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::exchange::import::record::{self, Wanted};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::write::Write;

/// Records of a finished dry run and of a finished import, each with a row for each link, and one of
/// another area. The job of the dry run is the job of the examples.
pub async fn tell(write: &mut Write, links: &[Map<String, Value>], ids: &[Uuid], example: bool) -> Result<()> {
    if links.is_empty() {
        return Ok(());
    }
    write.give_example_ids(example);
    let (tried, taken) = (write.meta_of::<job::Entity>(), write.meta_of::<import::Entity>());
    write.give_example_ids(false);
    record_of(write, tried, true, ids).await?;
    record_of(write, taken, false, ids).await
}

#[expect(clippy::disallowed_methods, reason = "what was staged is no record of a hub's")]
async fn record_of(write: &Write, meta: Meta, dry_run: bool, ids: &[Uuid]) -> Result<()> {
    let wanted = Wanted {
        source: ImportSource::GiasLinks,
        mode: ImportMode::Each,
        dry_run,
        file_name: Some("links_edubasealldata.csv".to_owned()),
        academic_year: None,
        bytes: 4096,
    };
    let fresh = record::fresh(meta, write.caller().actor, wanted);
    let made = i64::try_from(ids.len()).unwrap_or(0);
    let written = if dry_run { 0 } else { made };
    let now = Some(write.now());
    let import = import::Model {
        state: ImportState::Finished,
        bytes_read: fresh.bytes,
        encoding: Some("windows-1252".to_owned()),
        missing_columns: List::default(),
        read: made + 1,
        created: made,
        out_of_area: 1,
        to_write: made,
        written,
        written_to: if dry_run { 0 } else { made + 1 },
        started_at: now,
        read_at: now,
        finished_at: now,
        ..fresh
    };
    let row = |number: i64, outcome| import_row::Model {
        hub_id: import.hub_id,
        import_id: import.id,
        number,
        line: Some(number + 1),
        outcome,
        urn: None,
        code: None,
        source_column: None,
        message: None,
        warnings: None,
        affects: None,
        resource: None,
        operation: None,
        row_id: None,
        school_id: None,
        base_version: None,
        keys: None,
        fields: None,
        planned: None,
    };
    let links = ids.iter().zip(1..).map(|(id, number)| import_row::Model {
        resource: Some("school_link".to_owned()),
        operation: Some("create".to_owned()),
        row_id: Some(*id),
        ..row(number, ImportOutcome::Created)
    });
    let rows: Vec<_> = links.chain([row(made + 1, ImportOutcome::OutOfArea)]).collect();
    write.insert_rows::<job::Entity>(&[record::job_of(&import)]).await?;
    write.insert_rows::<import::Entity>(&[&import]).await?;
    let rows = rows.into_iter().map(import_row::ActiveModel::from);
    import_row::Entity::insert_many(rows).exec_without_returning(write.tx()).await?;
    Ok(())
}
