//! An order's way from the quote to what was delivered. Each step is logged with its reason.

use entity::packages::package_order::{self, OrderStatus};
use sea_orm::ActiveEnum;
use utoipa::ToSchema;

use super::transition::{CANCEL, CONFIRM, DELIVER, ORDER, ORDERS, may};
use super::{Order, capacity};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, States, Verb};
use crate::kernel::resource::write::Sought;
use crate::packages::store;

/// What the school says when it orders.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    /// The school's own number for the purchase; finance gets it.
    #[schema(min_length = 1, max_length = 60, example = "PO-2014-117")]
    pub purchase_order_number: Option<String>,
    /// Why, for the order's history.
    #[schema(min_length = 1, max_length = 2000, example = "Agreed by the governors")]
    pub reason: Option<String>,
}

routes! {
    CommitOrders: place_order;
    WritePackages: confirm_order, deliver_order, cancel_order;
}

/// Orders what a quote offers, and commits the school's money.
///
/// The head teacher orders, people to whom the head has delegated this, or the hub for the school.
#[utoipa::path(
    post,
    path = "/orders/{id}/order",
    request_body = Option<PlaceOrder>,
    responses((status = 200, body = Order)),
)]
async fn place_order(can: Can<CommitOrders>, id: Id, body: OptionalJson<PlaceOrder>) -> Result<Reply> {
    crud::changing::<Order>(&can, async |write| place(write, id.0, body.value.clone()).await).await
}

/// Orders what a quote offers. The packages are locked before the order, so that what is left of them is decided one by
/// one.
///
/// # Errors
/// 404, 409, 412, 428.
pub async fn place(write: &mut Write, id: Uuid, said: PlaceOrder) -> Result<package_order::Model> {
    let packages = store::packages_of(write, id).await?;
    store::hold_packages(write, packages).await?;
    let before = write.row_to_change::<Order>(id, Sought::Current).await?;
    write.because(said.reason);
    Order::TABLE.next(&ORDER, Order::state(&before))?;
    let mut after = before.clone();
    after.purchase_order_number = said.purchase_order_number.or(after.purchase_order_number);
    Order::enter(write, &mut after, &ORDER).await?;
    write.store::<Order>(Some(before), after, Operation::Verb(ORDER.name)).await
}

/// Confirms an order: the hub will deliver it.
#[utoipa::path(
    post,
    path = "/orders/{id}/confirm",
    request_body = Option<Reason>,
    responses((status = 200, body = Order)),
)]
async fn confirm_order(can: Can<WritePackages>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Order>(&can, id.0, &CONFIRM, body.value.reason).await
}

/// Says that an order was delivered.
///
/// The deliveries themselves are recorded by `POST /deliveries`.
#[utoipa::path(
    post,
    path = "/orders/{id}/deliver",
    request_body = Option<Reason>,
    responses((status = 200, body = Order)),
)]
async fn deliver_order(can: Can<WritePackages>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Order>(&can, id.0, &DELIVER, body.value.reason).await
}

/// Cancels a quote or an order.
#[utoipa::path(post, path = "/orders/{id}/cancel", responses((status = 200, body = Order)))]
async fn cancel_order(can: Can<WritePackages>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Order>(&can, id.0, &CANCEL, Some(body.into_inner().reason)).await
}

impl Lifecycle for Order {
    async fn admit(write: &Write, row: &package_order::Model, verb: &Verb) -> Result<()> {
        if may(write.caller(), verb, row) { Ok(()) } else { write.caller().expect_writes_hub(ORDERS) }
    }

    async fn enter(write: &mut Write, row: &mut package_order::Model, verb: &Verb) -> Result<()> {
        row.status = OrderStatus::try_from_value(&verb.to.to_owned())?;
        let today = write.caller().today();
        match row.status {
            OrderStatus::Ordered => {
                if let Some(expired_on) = row.expires_on.filter(|last| *last < today) {
                    return Err(Problem::conflict(format!(
                        "cannot order by a quote that expired on {expired_on}: ask the hub to renew it, by PATCH of \
                         `expires_on`"
                    )));
                }
                capacity::take(write, row).await?;
                (row.ordered_on, row.ordered_by_id) = (Some(today), write.caller().actor.person_id());
            }
            OrderStatus::Confirmed => row.confirmed_on = Some(today),
            OrderStatus::Delivered => {
                if let Some(left) = undelivered(write, row).await? {
                    let Some(reason) = write.reason() else {
                        return Err(Problem::conflict(format!(
                            "cannot deliver an order of which {left}: record the deliveries, or give a reason"
                        )));
                    };
                    row.status_reason = Some(reason.to_owned());
                }
                row.delivered_on = Some(today);
            }
            OrderStatus::Cancelled => {
                (row.cancelled_on, row.status_reason) = (Some(today), write.reason().map(str::to_owned));
            }
            OrderStatus::Quote | OrderStatus::HandedOver => {}
        }
        Ok(())
    }
}

/// The units that were not delivered yet, in words; none where all were.
async fn undelivered(write: &Write, order: &package_order::Model) -> Result<Option<String>> {
    let delivered = store::delivered(write, order.id, None).await?;
    let left = order.lines.iter().filter_map(|line| {
        let done = line.id.and_then(|id| delivered.get(&id)).copied().unwrap_or_default();
        let left = i64::from(line.quantity) - done;
        let title = line.title.as_deref().unwrap_or_default();
        (left > 0).then(|| format!("{left} of {} units of {title}", line.quantity))
    });
    let left: Vec<String> = left.collect();
    Ok((!left.is_empty()).then(|| format!("{} are not delivered", left.join(", "))))
}
