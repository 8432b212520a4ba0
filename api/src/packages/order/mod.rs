//! Orders: what a school asks for, what it costs, and how far it has come.

pub mod capacity;
pub mod document;
pub mod evaluation;
pub mod filter;
pub mod lifecycle;
pub mod lines;
pub mod transition;

use entity::external::{ExternalId, ExternalIds};
use entity::packages::package_order::{self, OrderLine, OrderLines, OrderStatus, OrderSubsidy, SchoolTerm, Subsidies};
use entity::packages::{delivery, package};
use entity::partners::partner;
use entity::schools::school;
use time::Date;
use time::macros::date;

use self::filter::OrderFilter;
use super::hand_over::HandOver;
use super::store;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::schools::school::School;

record! {
    /// What a school asks for and orders, from the quote to the hand-over to finance. All amounts are net.
    Order from NewOrder in package_order {
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The academic year in which it is delivered.
        #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2025/26")]
        academic_year: String,
        /// The term in which it is delivered.
        #[schema(example = "summer")]
        term: SchoolTerm,
        /// What is asked for. Lines change only while the order is a quote.
        #[schema(
            value_type = Vec<OrderLine>,
            min_items = 1,
            max_items = 50,
            example = json!([{ "package_id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10", "quantity": 2 }]),
        )]
        lines: OrderLines,
        /// What the hub pays of it, as separate negative lines. They are never more than the lines.
        #[serde(default)]
        #[schema(value_type = Vec<OrderSubsidy>, max_items = 20, example = json!([]))]
        subsidies: Subsidies,
        /// The last day on which the quote can be ordered; the hub sets it, 30 days from today if absent.
        #[serde(default, with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        expires_on: Option<Date>,
        /// The school's own number for the purchase; finance gets it.
        #[schema(min_length = 1, max_length = 60, example = "PO-2014-117")]
        purchase_order_number: Option<String>,
        /// Anything worth knowing, as the school and the hub read it. No pupil names; safeguarding concerns go to the
        /// school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "The second visit is for the new head of music")]
        note: Option<String>,
        /// The keys by which partner systems know it, one for each system.
        #[serde(default)]
        #[schema(
            value_type = Vec<ExternalId>,
            max_items = 20,
            example = json!([{ "system": "paritor", "id": "ORD-00107" }]),
        )]
        external_ids: ExternalIds,
    }
    initial {
        term_number: 0,
        status: OrderStatus::Quote,
        status_reason: None,
        quoted_on: date!(1970 - 01 - 01),
        ordered_on: None,
        confirmed_on: None,
        delivered_on: None,
        handed_over_on: None,
        cancelled_on: None,
        requested_by_id: None,
        ordered_by_id: None,
        lines_pence: 0,
        subsidy_pence: 0,
        total_pence: 0,
        evaluation_score: None,
        evaluation_comment: None,
        evaluated_on: None,
        hand_over_id: None,
        search_key: String::new(),
    }
    computed {
        /// How far it has come; changed by the verbs under its address, and by `POST /hand-overs`.
        #[schema(example = "quote")]
        status: OrderStatus,
        /// Why it was cancelled, or delivered without all of its units.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// The day of the quote.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2014-11-03")]
        quoted_on: Date,
        /// The day on which the school ordered.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        ordered_on: Option<Date>,
        /// The day on which the hub confirmed.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        confirmed_on: Option<Date>,
        /// The day on which everything was delivered.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        delivered_on: Option<Date>,
        /// The day on which finance got it.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        handed_over_on: Option<Date>,
        /// The day on which it was cancelled.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        cancelled_on: Option<Date>,
        /// The person who asked for the quote.
        #[schema(example = json!(null))]
        requested_by_id: Option<Uuid>,
        /// The person who ordered.
        #[schema(example = json!(null))]
        ordered_by_id: Option<Uuid>,
        /// The sum of the lines in pence, net and without subsidies.
        #[schema(minimum = 0, example = 50_000)]
        lines_pence: i64,
        /// The sum of the subsidies in pence: negative or 0.
        #[schema(maximum = 0, example = -5_000)]
        subsidy_pence: i64,
        /// What the school pays in pence, net: the lines less the subsidies.
        #[schema(minimum = 0, example = 45_000)]
        total_pence: i64,
        /// What the school says about it afterwards, from 1, poor, to 5, excellent.
        #[schema(minimum = 1, maximum = 5, example = json!(null))]
        evaluation_score: Option<i32>,
        /// What the school adds to that.
        #[schema(max_length = 4000, example = json!(null))]
        evaluation_comment: Option<String>,
        /// The day on which the school evaluated it.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        evaluated_on: Option<Date>,
        /// The batch with which finance got it.
        #[schema(example = json!(null))]
        hand_over_id: Option<Uuid>,
    }
    embedded {
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The batch with which finance got it, when asked for with `expand=hand_over`; only the hub sees it.
        hand_over: HandOver,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// What a refusal calls prices, subsidies and days that the hub sets.
const QUOTES: &str = "what the hub sets in quotes";

impl Resource for Order {
    type Entity = package_order::Entity;
    type Form = NewOrder;
    type Filter = OrderFilter;

    const PATH: &'static str = "/orders";
    const READ: Scope = Scope::ReadPackages;
    const SORTS: &'static [(&'static str, package_order::Column)] = &[
        ("quoted_on", package_order::Column::QuotedOn),
        ("ordered_on", package_order::Column::OrderedOn),
        ("term", package_order::Column::TermNumber),
        ("total_pence", package_order::Column::TotalPence),
        ("updated_at", package_order::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["status", "academic_year", "term", "school_id", "evaluation_score"];
    const EXPANDS: &'static [&'static str] = &["school", "hand_over", "actions"];
    const IF_MATCH: bool = true;
    const NAMES_PEOPLE: &'static [&'static str] =
        &["purchase_order_number", "lines", "subsidies", "note", "status_reason", "evaluation_comment"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["requested_by_id", "ordered_by_id"];

    fn refs(form: &NewOrder) -> Refs {
        let lines = || form.lines.iter().enumerate();
        let packages = lines().map(|(at, line)| (format!("/lines/{at}/package_id"), line.package_id));
        let providers = lines().filter_map(|(at, line)| Some((format!("/lines/{at}/provider_id"), line.provider_id?)));
        Refs::default()
            .to::<school::Entity>("/school_id", form.school_id)
            .each::<package::Entity>(packages)
            .each::<partner::Entity>(providers)
    }

    fn faults(form: &NewOrder) -> Vec<Fault> {
        one_key_each(&form.external_ids).into_iter().collect()
    }

    fn complete(row: &mut package_order::Model) {
        let titles = row.lines.iter().flat_map(|line| [line.code.as_deref(), line.title.as_deref()]).flatten();
        let words = titles.chain(row.purchase_order_number.as_deref()).collect::<Vec<_>>().join(" ");
        row.search_key = search_key(&words);
    }

    fn school(row: &package_order::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn external_ids(row: &package_order::Model) -> Option<&ExternalIds> {
        Some(&row.external_ids)
    }

    fn referenced_by(row: &package_order::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default().by::<delivery::Entity>(delivery::Column::OrderId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, package_order::Model>) -> Result<()> {
        let Mutation { before, after, operation } = step;
        match (operation, before) {
            (Operation::Create, _) => {
                store::expect_open(write, after.school_id).await?;
                after.quoted_on = write.caller().today();
                after.requested_by_id = write.caller().actor.person_id();
                lines::quote(write, None, after).await?;
            }
            (Operation::Update | Operation::Restore, Some(before)) => {
                expect_same_school(before, after)?;
                change(write, before, after).await?;
                store::keep_lines(write, after).await?;
            }
            (Operation::Archive, _) => {
                if !matches!(after.status, OrderStatus::Quote | OrderStatus::Cancelled) {
                    let detail = format!("cannot archive an order that is {}: cancel it first", after.status);
                    return Err(Problem::conflict(detail));
                }
                store::keep_lines(write, after).await?;
            }
            _ => {}
        }
        // The words that are searched follow from what the service has filled.
        Self::complete(after);
        Ok(())
    }

    async fn created(write: &mut Write, row: &package_order::Model) -> Result<()> {
        store::keep_lines(write, row).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[package_order::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "hand_over" => expand::one::<HandOver>(caller, db, rows.iter().map(|row| row.hand_over_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

fn expect_same_school(before: &package_order::Model, after: &package_order::Model) -> Result<()> {
    if before.school_id == after.school_id {
        return Ok(());
    }
    let message = "an order stays with its school: cancel it, and ask for a quote for the other one";
    Err(Problem::faults(vec![Fault::new("/school_id", "fixed", message)]))
}

async fn change(write: &Write, before: &package_order::Model, after: &mut package_order::Model) -> Result<()> {
    if before.status == OrderStatus::Quote {
        return lines::quote(write, Some(before), after).await;
    }
    let by_hub = write.caller().expect_writes_hub(QUOTES).is_ok();
    lines::expect_kept(before, after, by_hub)?;
    let kept =
        |order: &package_order::Model| (order.purchase_order_number.clone(), order.note.clone(), order.lines.clone());
    let over = matches!(before.status, OrderStatus::HandedOver | OrderStatus::Cancelled);
    if over && kept(before) != kept(after) {
        let detail = format!("cannot change an order that is {}: it stays as it is", before.status);
        return Err(Problem::conflict(detail));
    }
    Ok(())
}

routes! {
    ReadPackages: list_orders, count_orders, export_orders, get_order, get_order_by_key;
    WritePackages: create_order, update_order, archive_order, put_order_by_key, restore_order;
    ReadPackages: list_order_history;
}

/// Lists the quotes and orders.
///
/// A school sees its own.
#[utoipa::path(get, path = "/orders", params(List<Order>), responses((status = 200, body = Page<Order>)))]
async fn list_orders(can: Can<ReadPackages>, list: List<Order>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the quotes and orders by one or two of their fields.
#[utoipa::path(get, path = "/orders/counts", params(CountBy<Order>), responses((status = 200, body = Counts)))]
async fn count_orders(can: Can<ReadPackages>, by: CountBy<Order>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the quotes and orders as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/orders/export",
    params(Export<Order>),
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
async fn export_orders(can: Can<ReadPackages>, export: Export<Order>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Asks for a quote.
///
/// The price of each line is the package's of today, by the school's pupils on roll where it has bands (422 where the
/// number is not known), and stays. A school sends packages and quantities; the hub may also set a price by hand with a
/// reason, grant subsidies, and say who delivers and until when the quote holds. A school asks for terms from today's
/// to the end of the next two academic years; the hub enters terms from ten academic years back to five ahead (422).
#[utoipa::path(post, path = "/orders", responses((status = 201, body = Order)))]
async fn create_order(can: Can<WritePackages>, form: Json<NewOrder>) -> Result<Reply> {
    crud::create::<Order>(&can, form).await
}

/// Gets a quote or an order.
#[utoipa::path(
    get,
    path = "/orders/{id}",
    params(Show<Order>),
    responses((status = 200, body = Order)),
)]
async fn get_order(can: Can<ReadPackages>, id: Id, show: Show<Order>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Gets an order by a partner system's key.
#[utoipa::path(
    get,
    path = "/orders/by-key/{system}/{id}",
    params(
        ("system" = String, Path, example = "paritor"),
        ("id" = String, Path, example = "ORD-00107"),
        Show<Order>,
    ),
    responses((status = 200, body = Order)),
)]
async fn get_order_by_key(can: Can<ReadPackages>, key: ByKey, show: Show<Order>) -> Result<Reply> {
    crud::get_by_key(&can, &key, show).await
}

/// Changes a quote or an order.
///
/// Lines, subsidies, term and expiry change only while it is a quote (409). A line that is sent back with its id keeps
/// its price; every other line gets the price of today. The hub renews a quote by a new `expires_on`, and may change
/// who delivers a line until finance has the order. From then on, only the keys of partner systems change.
#[utoipa::path(patch, path = "/orders/{id}", responses((status = 200, body = Order)))]
async fn update_order(can: Can<WritePackages>, id: Id, patch: Patch<NewOrder>) -> Result<Reply> {
    crud::update::<Order>(&can, id.0, patch).await
}

/// Creates a quote, or changes a quote or an order, by a partner system's key.
///
/// `system` is one of the partner systems in `external_ids`. A missing field keeps its value, `null` clears it, and an
/// archived order is restored.
#[utoipa::path(
    put,
    path = "/orders/by-key/{system}/{id}",
    params(("system" = String, Path, example = "paritor"), ("id" = String, Path, example = "ORD-00107")),
    responses((status = 200, body = Order), (status = 201, body = Order)),
)]
async fn put_order_by_key(can: Can<WritePackages>, key: ByKey, form: Patch<NewOrder>) -> Result<Reply> {
    crud::put_by_key::<Order>(&can, &key, &form).await
}

/// Archives a quote, or an order that was cancelled.
///
/// Only for entries made by mistake: an order that the school does not want is cancelled.
#[utoipa::path(delete, path = "/orders/{id}", responses((status = 204)))]
async fn archive_order(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::archive::<Order>(&can, id.0).await
}

/// Restores an archived quote or order.
#[utoipa::path(post, path = "/orders/{id}/restore", responses((status = 200, body = Order)))]
async fn restore_order(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::restore::<Order>(&can, id.0).await
}

/// Shows the history of an order.
#[utoipa::path(get, path = "/orders/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_order_history(can: Can<ReadPackages>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Order>(&can, id.0, &part).await
}
