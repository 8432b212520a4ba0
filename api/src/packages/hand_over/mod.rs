//! Batches of delivered orders that are handed over to finance.

pub mod file;

use std::collections::HashMap;

use actix_web::http::header::LOCATION;
use entity::identity::hub;
use entity::packages::hand_over;
use entity::packages::package_order::{self, OrderStatus};
use entity::row::Row;
use entity::schools::school;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use time::Date;
use time::macros::date;
use utoipa::ToSchema;

use super::order::Order;
use super::order::transition::HAND_OVER;
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Decided;
use crate::people::person::Person;

/// How many orders a batch has at most.
const MOST: u64 = 1000;

record! {
    /// A batch of delivered orders that was handed over to finance. Its orders and its file never change.
    HandOver from NewHandOver in hand_over {
        /// The reference that finance gave the batch.
        #[schema(min_length = 1, max_length = 100, example = "INV-2015-0042")]
        finance_reference: Option<String>,
        /// Anything worth knowing. No pupil names.
        #[schema(min_length = 1, max_length = 2000, example = "Autumn term, second half")]
        note: Option<String>,
    }
    initial { number: 0, made_on: date!(1970 - 01 - 01), made_by_id: None, orders: 0, total_pence: 0 }
    computed {
        /// Counts the batches of the hub from 1.
        #[schema(minimum = 1, example = 7)]
        number: i32,
        /// The day on which it was handed over.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2015-01-12")]
        made_on: Date,
        /// The person who handed it over.
        #[schema(example = json!(null))]
        made_by_id: Option<Uuid>,
        /// How many orders it has: `GET /orders?hand_over_id=` lists them.
        #[schema(minimum = 1, maximum = 1000, example = 12)]
        orders: i32,
        /// What the schools pay together in pence, net.
        #[schema(minimum = 0, example = 540_000)]
        total_pence: i64,
    }
    embedded {
        /// The person who handed it over, when asked for with `expand=made_by`.
        made_by: Person,
    }
}

/// Which orders are handed over.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverOrders {
    /// The orders, each once; all delivered orders that were not handed over yet if absent.
    #[schema(min_items = 1, max_items = 1000, example = json!(null))]
    pub order_ids: Option<Vec<Uuid>>,
    /// Anything worth knowing. No pupil names.
    #[schema(min_length = 1, max_length = 2000, example = "Autumn term, second half")]
    pub note: Option<String>,
}

impl Resource for HandOver {
    type Entity = hand_over::Entity;
    type Form = NewHandOver;
    type Filter = HandOverFilter;

    const PATH: &'static str = "/hand-overs";
    const READ: Scope = Scope::ReadPackages;
    const SORTS: &'static [(&'static str, hand_over::Column)] = &[
        ("number", hand_over::Column::Number),
        ("made_on", hand_over::Column::MadeOn),
        ("updated_at", hand_over::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["made_on", "made_by_id"];
    const EXPANDS: &'static [&'static str] = &["made_by"];
    const NAMES_PEOPLE: &'static [&'static str] = &["finance_reference", "note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["made_by_id"];

    fn keys(row: &hand_over::Model) -> Value {
        json!({ "number": row.number })
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[hand_over::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<Person>(caller, db, rows.iter().map(|row| row.made_by_id)).await
    }
}

/// Narrows the list of batches.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HandOverFilter {
    /// Any of these numbers.
    #[serde(default)]
    #[param(max_items = 50, minimum = 1)]
    pub number: Vec<i32>,
    /// Only batches made on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub made_from: Option<Date>,
    /// Only batches made on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub made_to: Option<Date>,
    /// Any of these people, as the one who handed over.
    #[serde(default)]
    #[param(max_items = 50)]
    pub made_by_id: Vec<Uuid>,
    /// True for batches to which finance gave a reference, false for the others.
    pub referenced: Option<bool>,
    /// Text that the reference of finance contains, regardless of the case of A to Z.
    #[param(min_length = 1, max_length = 100, example = "2015")]
    pub q: Option<String>,
}

impl Filter<hand_over::Entity> for HandOverFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use hand_over::Column;

        let referenced = self
            .referenced
            .map(|is| if is { Column::FinanceReference.is_not_null() } else { Column::FinanceReference.is_null() });
        Condition::all()
            .add_option(any_of(Column::Number, &self.number))
            .add(between(Column::MadeOn, self.made_from, self.made_to))
            .add_option(any_of(Column::MadeById, &self.made_by_id))
            .add_option(referenced)
            .add_option(contains_as_written(Column::FinanceReference, self.q.as_deref()))
    }
}

routes! {
    ReadPackages: list_hand_overs, count_hand_overs, export_hand_overs, get_hand_over;
    WritePackages: create_hand_over, update_hand_over;
    ReadPackages: list_hand_over_history;
}

/// Lists the batches for finance.
#[utoipa::path(get, path = "/hand-overs", params(List<HandOver>), responses((status = 200, body = Page<HandOver>)))]
async fn list_hand_overs(can: Can<ReadPackages>, list: List<HandOver>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the batches by one or two of their fields.
#[utoipa::path(get, path = "/hand-overs/counts", params(CountBy<HandOver>), responses((status = 200, body = Counts)))]
async fn count_hand_overs(can: Can<ReadPackages>, by: CountBy<HandOver>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the list of batches as a file.
///
/// The file holds the whole list, with the same filters and in the same order. What finance gets of a batch is
/// `/hand-overs/{id}/file`.
#[utoipa::path(
    get,
    path = "/hand-overs/export",
    params(Export<HandOver>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_hand_overs(can: Can<ReadPackages>, export: Export<HandOver>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Gets a batch.
#[utoipa::path(get, path = "/hand-overs/{id}", params(Show<HandOver>), responses((status = 200, body = HandOver)))]
async fn get_hand_over(can: Can<ReadPackages>, id: Id, show: Show<HandOver>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes the reference of finance and the note of a batch.
#[utoipa::path(
    patch,
    path = "/hand-overs/{id}",
    request_body = NewHandOver,
    responses((status = 200, body = HandOver)),
)]
async fn update_hand_over(can: Can<WritePackages>, id: Id, patch: Patch<NewHandOver>) -> Result<Reply> {
    crud::update::<HandOver>(&can, id.0, patch).await
}

/// Shows the history of a batch.
#[utoipa::path(
    get,
    path = "/hand-overs/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_hand_over_history(can: Can<ReadPackages>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<HandOver>(&can, id.0, &part).await
}

/// Hands delivered orders over to finance, each once.
///
/// The file is made with the batch. 409 where an order is in another batch, which the reply names, is not delivered, or
/// where there is nothing to hand over.
#[utoipa::path(post, path = "/hand-overs", responses((status = 201, body = HandOver)))]
async fn create_hand_over(can: Can<WritePackages>, form: Json<HandOverOrders>) -> Result<Reply> {
    can.expect_writes_hub("the hub's batches for finance")?;
    let form = form.into_inner();
    Write::run(&can, async |write| {
        let batch = make(write, &form).await?;
        crud::answer::<HandOver>(&can, &batch, true)
    })
    .await
}

/// Makes a batch with its file. The hub is locked first, so that batches are numbered one after the other.
///
/// # Errors
/// 409 where an order cannot be handed over, or there is none; 422 for orders that do not exist for the caller.
pub async fn make(write: &mut Write, form: &HandOverOrders) -> Result<hand_over::Model> {
    write.hold::<hub::Entity>(write.caller().hub_id).await?;
    let orders = match &form.order_ids {
        Some(ids) => named(write, ids).await?,
        None => delivered(write).await?,
    };
    let last = write.caller().rows_archived::<hand_over::Entity>().select_only();
    let last = last.column_as(hand_over::Column::Number.max(), "last").into_tuple::<Option<i32>>();
    let number = last.one(write.tx()).await?.flatten().unwrap_or_default() + 1;
    let today = write.caller().today();
    let meta = write.meta_of::<hand_over::Entity>();
    let batch = hand_over::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        number,
        made_on: today,
        made_by_id: write.caller().actor.person_id(),
        orders: i32::try_from(orders.len()).map_err(Problem::internal)?,
        total_pence: orders.iter().map(|order| order.total_pence).sum(),
        finance_reference: None,
        note: form.note.clone(),
    };
    let batch = write.store::<HandOver>(None, batch, Operation::Create).await?;
    let handed_over = |order: &package_order::Model| {
        let mut after = package_order::Model {
            status: OrderStatus::HandedOver,
            handed_over_on: Some(today),
            hand_over_id: Some(batch.id),
            ..order.clone()
        };
        after.set_meta(write.meta_after(order));
        after
    };
    let after: Vec<package_order::Model> = orders.iter().map(handed_over).collect();
    let steps = orders.iter().zip(&after);
    let steps =
        steps.map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Verb(HAND_OVER) });
    write.store_many::<Order>(&steps.collect::<Vec<_>>()).await?;
    let table = file::table(&batch, &after, &schools(write, &after).await?);
    file::keep(write, &batch, table).await?;
    Ok(batch)
}

/// The orders that were delivered and not handed over, the oldest first.
async fn delivered(write: &Write) -> Result<Vec<package_order::Model>> {
    let delivered = Condition::all()
        .add(package_order::Column::Status.eq(OrderStatus::Delivered))
        .add(package_order::Column::ArchivedAt.is_null());
    let orders = write.rows_archived::<package_order::Entity>(delivered).await?;
    if orders.is_empty() {
        return Err(Problem::conflict("cannot hand over: no order is delivered and not handed over yet"));
    }
    if orders.len() as u64 > MOST {
        let detail = format!("limit reached: a batch has at most {MOST} orders: name them in `order_ids`");
        return Err(Problem::conflict(detail));
    }
    Ok(orders)
}

/// The orders that are named, each of which can be handed over.
async fn named(write: &Write, ids: &[Uuid]) -> Result<Vec<package_order::Model>> {
    let which = Condition::all()
        .add(package_order::Column::Id.is_in(ids.iter().copied()))
        .add(package_order::Column::ArchivedAt.is_null());
    let orders = write.rows_archived::<package_order::Entity>(which).await?;
    let found: HashMap<Uuid, &package_order::Model> = orders.iter().map(|order| (order.id, order)).collect();
    let mut faults = super::rules::each_once("/order_ids", ids);
    let unknown = ids.iter().enumerate().filter(|(_, id)| !found.contains_key(id));
    faults.extend(unknown.map(|(at, id)| {
        let message = format!("there is no order {id} that you can refer to");
        Fault::new(format!("/order_ids/{at}"), "unknown_reference", message)
    }));
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let batches: Vec<Uuid> = orders.iter().filter_map(|order| order.hand_over_id).collect();
    let batches = write.caller().rows::<hand_over::Entity>().filter(hand_over::Column::Id.is_in(batches));
    let batches = batches.order_by_asc(hand_over::Column::Number).all(write.tx()).await?;
    let mut refused = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let Some(order) = found.get(id).filter(|order| order.status != OrderStatus::Delivered) else { continue };
        let message = match batches.iter().find(|batch| Some(batch.id) == order.hand_over_id) {
            Some(batch) => format!("order {id} was handed over with batch {} ({})", batch.number, batch.id),
            None => format!("order {id} is {}: it must be delivered first", order.status),
        };
        refused.push(Fault::new(format!("/order_ids/{at}"), "state", message));
    }
    let Some(first) = refused.first() else { return Ok(orders) };
    let problem = Problem::conflict(format!("cannot hand over: {}", first.message));
    let problem = match batches.first() {
        Some(batch) => problem.header(LOCATION, HandOver::location(batch.id)),
        None => problem,
    };
    Err(refused.into_iter().fold(problem, Problem::with))
}

async fn schools(write: &Write, orders: &[package_order::Model]) -> Result<HashMap<Uuid, school::Model>> {
    let ids = orders.iter().map(|order| order.school_id);
    let rows = write.caller().rows_archived::<school::Entity>().filter(school::Column::Id.is_in(ids));
    Ok(rows.all(write.tx()).await?.into_iter().map(|school| (school.id, school)).collect())
}
