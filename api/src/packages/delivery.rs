//! Deliveries: what was done of a line of an order, when and by whom.

use entity::packages::package_order::{self, OrderStatus};
use entity::packages::{delivery, order_line};
use entity::partners::partner;
use entity::people::person;
use sea_orm::sea_query::LockType;
use sea_orm::{QueryFilter, QuerySelect};
use time::Date;

use super::order::Order;
use super::store;
use crate::kernel::document::openapi::example_id;
use crate::kernel::prelude::*;
use crate::partners::partner::Partner;
use crate::people::person::Person;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// What was delivered of a line of an order.
    Delivery from NewDelivery in delivery {
        /// The line of the order.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        order_line_id: Uuid,
        /// The day: from the day on which the order was confirmed until today.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2026-01-12")]
        delivered_on: Date,
        /// The person who delivered. A person or a partner is named.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Option<Uuid>,
        /// The partner that delivered, which then sees the delivery; the own one if a partner records it.
        #[schema(example = json!(null))]
        provider_id: Option<Uuid>,
        /// How many hours it took.
        #[schema(minimum = 0, maximum = 1000, example = 2.5)]
        hours: Option<f64>,
        /// How many units of the line it was.
        #[schema(minimum = 1, maximum = 10_000, example = 1)]
        units: i32,
        /// What was done, as the school reads it. No pupil names; safeguarding concerns go to the school's designated
        /// lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Planned the year with the head of music")]
        note: Option<String>,
    }
    initial { order_id: Uuid::nil(), school_id: Uuid::nil(), package_id: None, search_key: String::new() }
    computed {
        /// The order.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        order_id: Uuid,
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// The package.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        package_id: Option<Uuid>,
    }
    embedded {
        /// The order, when asked for with `expand=order`; a partner does not see it.
        order: Order,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person, when asked for with `expand=person`.
        person: Person,
        /// The partner, when asked for with `expand=provider`.
        provider: Partner,
    }
}

impl Resource for Delivery {
    type Entity = delivery::Entity;
    type Form = NewDelivery;
    type Filter = DeliveryFilter;

    const PATH: &'static str = "/deliveries";
    const READ: Scope = Scope::ReadPackages;
    const SORTS: &'static [(&'static str, delivery::Column)] = &[
        ("delivered_on", delivery::Column::DeliveredOn),
        ("created_at", delivery::Column::CreatedAt),
        ("updated_at", delivery::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["package_id", "school_id", "provider_id", "person_id"];
    const EXPANDS: &'static [&'static str] = &["order", "school", "person", "provider"];
    const NAMES_PEOPLE: &'static [&'static str] = &["note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];
    const LOCK: Option<LockRoot> = Some(store::lock_order);

    fn refs(form: &NewDelivery) -> Refs {
        Refs::default()
            .to::<order_line::Entity>("/order_line_id", form.order_line_id)
            .to::<person::Entity>("/person_id", form.person_id)
            .to::<partner::Entity>("/provider_id", form.provider_id)
    }

    fn complete(row: &mut delivery::Model) {
        row.search_key = search_key(row.note.as_deref().unwrap_or_default());
    }

    fn school(row: &delivery::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, step: Mutation<'_, delivery::Model>) -> Result<()> {
        let Mutation { before, after: row, operation } = step;
        let line = line(write, row.order_line_id).await?;
        (row.order_id, row.school_id, row.package_id) = (line.order_id, line.school_id, line.package_id);
        if let Some(partner) = write.caller().partner_id {
            row.provider_id = row.provider_id.or(Some(partner));
        }
        let order = order(write, line.order_id).await?;
        if order.status != OrderStatus::Confirmed {
            let detail = match order.status {
                OrderStatus::Quote | OrderStatus::Ordered => "it must be confirmed first",
                _ => "what was delivered of it stays as it is",
            };
            return Err(Problem::conflict(format!(
                "cannot change deliveries of an order that is {}: {detail}",
                order.status
            )));
        }
        if operation == Operation::Archive {
            return Ok(());
        }
        let mut faults = Vec::new();
        if before.is_some_and(|before| before.order_line_id != row.order_line_id) {
            let message = "a delivery stays with its line: archive it, and record another one";
            faults.push(Fault::new("/order_line_id", "fixed", message));
        }
        if row.person_id.is_none() && row.provider_id.is_none() {
            faults.push(Fault::new("/person_id", "missing", "name the person or the partner who delivered"));
        }
        if row.delivered_on > write.caller().today() {
            faults.push(Fault::new("/delivered_on", "order", "not after today: record it once it is delivered"));
        }
        if let Some(confirmed_on) = order.confirmed_on.filter(|day| row.delivered_on < *day) {
            let message = format!("not before {confirmed_on}, the day on which the hub confirmed the order");
            faults.push(Fault::new("/delivered_on", "order", message));
        }
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
        let others = store::delivered(write, line.order_id, Some(row.id)).await?;
        let left = i64::from(line.quantity) - others.get(&line.id).copied().unwrap_or_default();
        if i64::from(row.units) > left {
            let message = format!("{left} of {} units of the line are left to deliver", line.quantity);
            let problem = Problem::conflict(format!("cannot deliver more than is ordered: {message}"));
            return Err(problem.with(Fault::new("/units", "too_large", message)));
        }
        Ok(())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[delivery::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "order" => expand::one::<Order>(caller, db, rows.iter().map(|row| row.order_id)).await,
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            "person" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
            _ => expand::one::<Partner>(caller, db, rows.iter().map(|row| row.provider_id)).await,
        }
    }
}

/// The line of a delivery, which the caller may no longer see by its own reach.
async fn line(write: &Write, id: Uuid) -> Result<order_line::Model> {
    let lines = store::whole_hub(write).rows_archived::<order_line::Entity>();
    let line = lines.filter(order_line::Column::Id.eq(id)).one(write.tx()).await?;
    line.ok_or_else(|| Problem::internal("a delivery without a line"))
}

/// The order, locked until the end: the units of its deliveries are added up.
async fn order(write: &Write, id: Uuid) -> Result<package_order::Model> {
    let orders = store::whole_hub(write).rows_archived::<package_order::Entity>();
    let order = orders.filter(package_order::Column::Id.eq(id)).lock(LockType::NoKeyUpdate).one(write.tx()).await?;
    order.ok_or_else(|| Problem::internal("a line without an order"))
}

/// Narrows the list of deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryFilter {
    /// Any of these orders.
    #[serde(default)]
    #[param(max_items = 200)]
    pub order_id: Vec<Uuid>,
    /// Any of these lines of orders.
    #[serde(default)]
    #[param(max_items = 200)]
    pub order_line_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Any of these packages.
    #[serde(default)]
    #[param(max_items = 50)]
    pub package_id: Vec<Uuid>,
    /// Any of these people.
    #[serde(default)]
    #[param(max_items = 50)]
    pub person_id: Vec<Uuid>,
    /// Any of these partners.
    #[serde(default)]
    #[param(max_items = 50)]
    pub provider_id: Vec<Uuid>,
    /// Only deliveries on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub delivered_from: Option<Date>,
    /// Only deliveries on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub delivered_to: Option<Date>,
    /// Words of the note, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "planned")]
    pub q: Option<String>,
}

impl Filter<delivery::Entity> for DeliveryFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use delivery::Column;

        Condition::all()
            .add_option(any_of(Column::OrderId, &self.order_id))
            .add_option(any_of(Column::OrderLineId, &self.order_line_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(any_of(Column::PackageId, &self.package_id))
            .add_option(any_of(Column::PersonId, &self.person_id))
            .add_option(any_of(Column::ProviderId, &self.provider_id))
            .add(between(Column::DeliveredOn, self.delivered_from, self.delivered_to))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPackages: list_deliveries, count_deliveries, export_deliveries, get_delivery;
    WritePackages: create_delivery, update_delivery, archive_delivery, restore_delivery;
    ReadPackages: list_delivery_history;
}

/// Lists the deliveries.
///
/// A school sees its own, a partner the ones that it made.
#[utoipa::path(get, path = "/deliveries", params(List<Delivery>), responses((status = 200, body = Page<Delivery>)))]
async fn list_deliveries(can: Can<ReadPackages>, list: List<Delivery>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the deliveries by one or two of their fields.
#[utoipa::path(get, path = "/deliveries/counts", params(CountBy<Delivery>), responses((status = 200, body = Counts)))]
async fn count_deliveries(can: Can<ReadPackages>, by: CountBy<Delivery>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the deliveries as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/deliveries/export",
    params(Export<Delivery>),
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
async fn export_deliveries(can: Can<ReadPackages>, export: Export<Delivery>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Records a delivery of a confirmed order.
///
/// The hub records any. A partner records deliveries of the lines that name it, see `/order-lines`. 409 where the order
/// is not confirmed, or fewer units of the line are left. 422 where the day is before the confirmation or after today.
#[utoipa::path(
    post,
    path = "/deliveries",
    request_body(
        content = NewDelivery,
        example = json!({
            "order_line_id": example_id("order_line"),
            "delivered_on": "2026-01-12",
            "person_id": example_id("person"),
            "hours": 2.5,
            "units": 1,
            "note": "Planned the year with the head of music",
        }),
    ),
    responses((status = 201, body = Delivery)),
)]
async fn create_delivery(can: Can<WritePackages>, form: Json<NewDelivery>) -> Result<Reply> {
    crud::create::<Delivery>(&can, form).await
}

/// Gets a delivery.
#[utoipa::path(get, path = "/deliveries/{id}", params(Show<Delivery>), responses((status = 200, body = Delivery)))]
async fn get_delivery(can: Can<ReadPackages>, id: Id, show: Show<Delivery>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a delivery of an order that is not delivered yet.
#[utoipa::path(patch, path = "/deliveries/{id}", responses((status = 200, body = Delivery)))]
async fn update_delivery(can: Can<WritePackages>, id: Id, patch: Patch<NewDelivery>) -> Result<Reply> {
    crud::update::<Delivery>(&can, id.0, patch).await
}

/// Archives a delivery of an order that is not delivered yet.
#[utoipa::path(delete, path = "/deliveries/{id}", responses((status = 204)))]
async fn archive_delivery(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::archive::<Delivery>(&can, id.0).await
}

/// Restores an archived delivery.
#[utoipa::path(post, path = "/deliveries/{id}/restore", responses((status = 200, body = Delivery)))]
async fn restore_delivery(can: Can<WritePackages>, id: Id) -> Result<Reply> {
    crud::restore::<Delivery>(&can, id.0).await
}

/// Shows the history of a delivery.
#[utoipa::path(
    get,
    path = "/deliveries/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_delivery_history(can: Can<ReadPackages>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Delivery>(&can, id.0, &part).await
}
