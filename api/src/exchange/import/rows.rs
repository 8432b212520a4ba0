//! The outcome of an import's rows, one by one.

use std::time::Duration;

use entity::exchange::import;
use entity::kernel::import_row::{self, ImportOutcome};
use sea_orm::sea_query::{Expr, Query as Select};
use sea_orm::{EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::cursor::Cursor;
use crate::kernel::caller::state::State;
use crate::kernel::operations::list::Address;
use crate::kernel::prelude::*;
use crate::kernel::resource::job::Kind;

/// How long the rows of an import are kept after its end.
const KEPT: Duration = Duration::from_hours(24 * 90);

/// The outcome of a row of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportRow {
    /// Its place among the rows of the import, from 1.
    #[schema(minimum = 1, example = 12)]
    pub number: i64,
    /// The line of the file on which it begins; the file's first line is 1. A school that is
    /// missing from the source has none.
    #[schema(minimum = 1, example = 13)]
    pub line: Option<i64>,
    /// The outcome, or what it would be in a dry run.
    pub outcome: ImportOutcome,
    /// The school that it refers to.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Why, for programs: of a rejected row what is wrong with it.
    #[schema(max_length = 60, example = "required")]
    pub code: Option<String>,
    /// The column of the file that it is about.
    #[schema(max_length = 100, example = "EstablishmentName")]
    pub column: Option<String>,
    /// Why, for people, and how it is repaired.
    #[schema(max_length = 1000, example = "needed, and empty")]
    pub message: Option<String>,
    /// What in it was not as it should be; it was taken all the same.
    #[schema(max_items = 20)]
    pub warnings: Vec<ImportWarning>,
    /// What refers to a school that closes or is missing: the number of `assignments`, `contacts`,
    /// `cohort_members`, `school_group_members` and `grants`.
    #[schema(value_type = Option<Object>, example = json!({ "assignments": 1, "contacts": 2 }))]
    pub affects: Option<Value>,
    /// The kind of item that is made or changed.
    #[schema(max_length = 60, example = "school")]
    pub resource: Option<String>,
    /// The item.
    pub id: Option<Uuid>,
    /// Each field that changes, with its value `before` and `after`.
    #[schema(value_type = Option<Object>, example = json!({ "pupils": { "before": 210, "after": 214 } }))]
    pub fields: Option<Value>,
    /// True if it is written.
    #[schema(example = true)]
    pub written: bool,
}

/// Something in a row that was not as it should be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportWarning {
    /// What it is about, for programs.
    #[schema(max_length = 60, example = "out_of_range")]
    pub code: String,
    /// The column.
    #[schema(max_length = 100, example = "PercentageFSM")]
    pub column: Option<String>,
    /// What is wrong, and what was made of it.
    #[schema(max_length = 1000, example = "a number from 0 to 100, not \"144\"")]
    pub message: String,
}

impl ImportRow {
    /// `open` is whether the caller may read what the hub knows of its schools.
    fn of(row: import_row::Model, import: &import::Model, open: bool) -> Self {
        let warnings = row.warnings.and_then(|warnings| serde_json::from_value(warnings).ok());
        Self {
            number: row.number,
            line: row.line,
            outcome: row.outcome,
            urn: row.urn,
            code: row.code,
            column: row.source_column,
            message: row.message,
            warnings: warnings.unwrap_or_default(),
            affects: row.affects.filter(|_| open),
            written: row.row_id.is_some() && row.number <= import.written_to,
            resource: row.resource,
            id: row.row_id,
            fields: row.fields.filter(|_| open),
        }
    }
}

/// Narrows the rows of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportRowQuery {
    /// Any of these outcomes.
    #[serde(default)]
    #[param(inline, max_items = 7)]
    pub outcome: Vec<ImportOutcome>,
    /// The school that they refer to.
    #[param(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Only rows in which something was not as it should be, or only others.
    pub warned: Option<bool>,
    /// The order: by `number`, which is that of the file, or backwards.
    #[param(inline)]
    pub sort: Option<RowSort>,
    /// How many rows a page holds at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before. It fits only the same filter and sort.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub cursor: Option<String>,
    /// True to count the whole list.
    pub total: Option<bool>,
}

/// The order of an import's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum RowSort {
    /// As they stand in the file.
    #[serde(rename = "number")]
    Number,
    /// The last ones first.
    #[serde(rename = "-number")]
    Backwards,
}

impl ImportRowQuery {
    fn bound(&self, import: &import::Model) -> String {
        let sort = self.sort.unwrap_or(RowSort::Number);
        format!(
            "import_row|{}|{}|{:?}|{:?}|{:?}|{sort:?}",
            import.hub_id, import.id, self.outcome, self.urn, self.warned
        )
    }

    fn condition(&self, import: &import::Model) -> Condition {
        let warned = self.warned.map(|warned| {
            if warned { import_row::Column::Warnings.is_not_null() } else { import_row::Column::Warnings.is_null() }
        });
        Condition::all()
            .add(import_row::Column::HubId.eq(import.hub_id))
            .add(import_row::Column::ImportId.eq(import.id))
            .add_option(any_of(import_row::Column::Outcome, &self.outcome))
            .add_option(is(import_row::Column::Urn, self.urn))
            .add_option(warned)
    }
}

/// Lists the outcome of each row of an import.
///
/// In a dry run, and while the file is read, it is the outcome that a row would have. The changes
/// of an item (`fields`) and what refers to it (`affects`) are shown to callers with
/// `schools:read`. The rows of an import are kept for 90 days after its end.
#[utoipa::path(
    get,
    path = "/imports/{id}/rows",
    params(ImportRowQuery),
    responses((status = 200, body = Page<ImportRow>)),
)]
pub async fn list_import_rows(
    can: Can<ReadExchange>,
    id: Id,
    query: Query<ImportRowQuery>,
    address: Address,
) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let import = can.rows_archived::<import::Entity>().filter(import::Column::Id.eq(id.0)).one(&db).await?;
    let import = import.ok_or_else(Problem::not_found)?;
    address.reply(&page(&can, &db, &import, &query).await?)
}

#[expect(clippy::disallowed_methods, reason = "the import was looked up as the caller's")]
async fn page(
    caller: &Caller,
    db: &impl ConnectionTrait,
    import: &import::Model,
    query: &ImportRowQuery,
) -> Result<Page<ImportRow>> {
    let secret = &caller.state().cursor_secret;
    let bound = query.bound(import);
    let cursor = query.cursor.as_deref().map(|text| Cursor::open(text, secret, &bound)).transpose()?;
    let all = import_row::Entity::find().filter(query.condition(import));
    let total = if query.total == Some(true) { Some(all.clone().count(db).await?) } else { None };
    let from = cursor.and_then(|cursor| cursor.key.as_i64());
    let (rows, beyond) = match query.sort {
        Some(RowSort::Backwards) => {
            let beyond = from.map(|from| import_row::Column::Number.lt(from));
            (all.order_by_desc(import_row::Column::Number), beyond)
        }
        _ => (all.order_by_asc(import_row::Column::Number), from.map(|from| import_row::Column::Number.gt(from))),
    };
    let limit = query.limit.unwrap_or(50);
    let mut rows = rows.filter(Condition::all().add_option(beyond)).limit(limit + 1).all(db).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|last| Cursor { key: last.number.into(), id: import.id }.seal(secret, &bound));
    let open = caller.under(Scope::ReadSchools).is_some();
    let items = rows.into_iter().map(|row| ImportRow::of(row, import, open)).collect();
    Ok(Page { items, next_cursor, total })
}

/// So many rows are forgotten at once, that nobody who writes waits long.
const AT_ONCE: u64 = 5000;

/// Forgets the rows of imports that ended long ago. Their counts stay.
#[expect(clippy::disallowed_methods, reason = "what was staged is no record of a hub's")]
pub async fn forget_old(state: &State) -> Result<u64> {
    let of = |columns: &[import_row::Column]| Expr::tuple(columns.iter().map(|column| Expr::col(*column)));
    let key = [import_row::Column::HubId, import_row::Column::ImportId, import_row::Column::Number];
    let mut ended = Select::select();
    ended
        .columns([import::Column::HubId, import::Column::Id])
        .from(import::Entity)
        .and_where(import::Column::FinishedAt.lt(state.clock.now() - KEPT));
    let mut some = Select::select();
    some.columns(key).from(import_row::Entity).and_where(of(&key[..2]).in_subquery(ended)).limit(AT_ONCE);
    let mut forgotten = 0;
    loop {
        let forget = import_row::Entity::delete_many().filter(of(&key).in_subquery(some.clone()));
        let rows = forget.exec(state.db.write_pool()).await?.rows_affected;
        forgotten += rows;
        if rows < AT_ONCE {
            return Ok(forgotten);
        }
    }
}

/// The job that forgets them.
pub const FORGET: Kind = Kind::every("forget-import-rows", Duration::from_hours(1), |job| {
    Box::pin(async {
        job.count(forget_old(&job.state).await?);
        Ok(())
    })
});
