//! The report of a run, row by row.

use std::time::Duration;

use entity::exchange::sync_row::{self, SyncDirection, SyncOutcome, SyncSection};
use entity::exchange::sync_run;
use entity::instant::Instant;
use entity::list::Strings;
use sea_orm::sea_query::{Expr, Query as Select};
use sea_orm::{EntityTrait, ExprTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::caller::state::State;
use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job::Kind;

/// How long the report of a run is kept after the run's end.
const KEPT: Duration = Duration::from_hours(24 * 90);

/// A field of an item, by its name.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 60, example = "email")]
pub struct ItemField(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// What came of a row of the source, in a run.
///
/// Rows that changed nothing, and of which there is nothing to say, are counted by the run and not listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncRow {
    /// The item's id: a UUIDv7, given by the service.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// Whether the row came from the source or went to it.
    #[schema(example = "in")]
    pub direction: SyncDirection,
    /// The table, as the mapping file has a section about it.
    #[schema(example = "associations")]
    pub section: SyncSection,
    /// The table as the source calls it, where the row is about a cell of it.
    #[schema(max_length = 200, example = json!(null))]
    pub source_table: Option<String>,
    /// The row's key at the source.
    #[schema(max_length = 400, example = "1002")]
    pub source_key: Option<String>,
    /// The outcome, or what it would be in a dry run.
    #[schema(example = "created")]
    pub outcome: SyncOutcome,
    /// The school that it belongs to.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Option<Uuid>,
    /// Why, for programs.
    #[schema(max_length = 60, example = json!(null))]
    pub code: Option<String>,
    /// The column that it is about.
    #[schema(max_length = 200, example = json!(null))]
    pub source_column: Option<String>,
    /// Why, for people, and how it is put right. It names no person.
    #[schema(max_length = 1000, example = json!(null))]
    pub message: Option<String>,
    /// The fields of the item that change, or about which the two sides differ.
    #[schema(value_type = Vec<ItemField>, max_items = 50, example = json!([]))]
    pub fields: Strings,
    /// The kind of item.
    #[schema(max_length = 60, example = "contact")]
    pub resource: Option<String>,
    /// The item.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub item_id: Option<Uuid>,
    /// True if it is written.
    #[schema(example = true)]
    pub written: bool,
    /// When it was told.
    pub created_at: Instant,
}

impl Fields for SyncRow {
    const FIELDS: &'static [Field] = &[
        column::<Uuid>(&["id"]),
        column::<SyncDirection>(&["direction"]),
        column::<SyncSection>(&["section"]),
        column::<Option<String>>(&["source_table"]),
        column::<Option<String>>(&["source_key"]),
        column::<SyncOutcome>(&["outcome"]),
        column::<Option<Uuid>>(&["school_id"]),
        column::<Option<String>>(&["code"]),
        column::<Option<String>>(&["source_column"]),
        column::<Option<String>>(&["message"]),
        column::<Strings>(&["fields"]),
        column::<Option<String>>(&["resource"]),
        column::<Option<Uuid>>(&["item_id"]),
        column::<bool>(&["written"]),
        column::<Instant>(&["created_at"]),
    ];
}

impl Listed for SyncRow {
    type Entity = sync_row::Entity;
    type Filter = SyncRowFilter;

    const SORTS: &'static [(&'static str, sync_row::Column)] = &[("created_at", sync_row::Column::CreatedAt)];
    const COUNTS: &'static [&'static str] = &["outcome", "section", "direction", "code", "school_id"];
}

/// Narrows the report of a run.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SyncRowFilter {
    /// Any of these outcomes.
    #[serde(default)]
    #[param(inline, max_items = 13)]
    pub outcome: Vec<SyncOutcome>,
    /// Any of these tables.
    #[serde(default)]
    #[param(inline, max_items = 9)]
    pub section: Vec<SyncSection>,
    /// Whether the rows came from the source or went to it.
    #[param(inline)]
    pub direction: Option<SyncDirection>,
    /// The code of the reason.
    #[param(min_length = 1, max_length = 60, example = "unknown_urn")]
    pub code: Option<String>,
    /// Any of these keys at the source.
    #[serde(default)]
    #[param(max_items = 200, min_length = 1, max_length = 400)]
    pub source_key: Vec<String>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Only rows that are written, or only others.
    pub written: Option<bool>,
}

impl Filter<sync_row::Entity> for SyncRowFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use sync_row::Column;

        Condition::all()
            .add_option(any_of(Column::Outcome, &self.outcome))
            .add_option(any_of(Column::Section, &self.section))
            .add_option(is(Column::Direction, self.direction))
            .add_option(is(Column::Code, self.code.clone()))
            .add_option(any_of(Column::SourceKey, &self.source_key))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(is(Column::Written, self.written))
    }
}

/// Lists the report of a run.
///
/// It is kept for 90 days after the run's end.
#[utoipa::path(
    get,
    path = "/sync-runs/{id}/rows",
    params(List<SyncRow>),
    responses((status = 200, body = Page<SyncRow>)),
)]
pub async fn list_sync_rows(can: Can<ReadSync>, id: Id, list: List<SyncRow>) -> Result<Reply> {
    let of = of_run(&can, id.0).await?;
    crud::list(&can, list.narrowed(of)).await
}

/// Counts the rows of a report by one or two of their fields.
#[utoipa::path(
    get,
    path = "/sync-runs/{id}/rows/counts",
    params(CountBy<SyncRow>),
    responses((status = 200, body = Counts)),
)]
pub async fn count_sync_rows(can: Can<ReadSync>, id: Id, by: CountBy<SyncRow>) -> Result<Reply> {
    let of = of_run(&can, id.0).await?;
    crud::counts(&can, by.narrowed(of)).await
}

/// The rows of a run that is there for the caller.
async fn of_run(caller: &Caller, id: Uuid) -> Result<Condition> {
    super::find(caller, id).await?;
    Ok(Condition::all().add(sync_row::Column::RunId.eq(id)))
}

/// So many rows are forgotten at once, that nobody who writes waits long.
const AT_ONCE: u64 = 5000;

/// Forgets the reports of runs that ended long ago. Their counts stay.
///
/// # Errors
/// When the database is away.
#[expect(clippy::disallowed_methods, reason = "the reports of all hubs")]
pub async fn forget_old(state: &State) -> Result<u64> {
    use sync_row::Column;

    let of = |columns: &[Column]| Expr::tuple(columns.iter().map(|column| Expr::col(*column)));
    let mut ended = Select::select();
    ended
        .columns([sync_run::Column::HubId, sync_run::Column::Id])
        .from(sync_run::Entity)
        .and_where(sync_run::Column::FinishedAt.lt(state.clock.now() - KEPT));
    let mut some = Select::select();
    some.columns([Column::HubId, Column::Id])
        .from(sync_row::Entity)
        .and_where(of(&[Column::HubId, Column::RunId]).in_subquery(ended))
        .limit(AT_ONCE);
    let mut forgotten = 0;
    loop {
        let key = of(&[Column::HubId, Column::Id]);
        let forget = sync_row::Entity::delete_many().filter(key.in_subquery(some.clone()));
        let rows = forget.exec(state.db.write_pool()).await?.rows_affected;
        forgotten += rows;
        if rows < AT_ONCE {
            return Ok(forgotten);
        }
    }
}

/// The job that forgets them.
pub const FORGET: Kind = Kind::every("forget-sync-rows", Duration::from_hours(1), |job| {
    Box::pin(async {
        job.count(forget_old(&job.state).await?);
        Ok(())
    })
});
