//! The link between the two hubs of the demo, what each shares with the other, and what is compared.

use entity::engagement::hub_link;
use entity::engagement::shared_practice::{self, PracticeStatus};
use entity::row::Meta;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::hub::decode;
use crate::engagement::between::link::HubLink;
use crate::engagement::between::link::transition::ACCEPT;
use crate::engagement::between::share::{HubShare, NewHubShare};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Form;
use crate::kernel::resource::write::Write;
use crate::reports::comparison::metric_comparison::MetricComparison;

/// Links a hub with the hub of a slug, which accepts and shares first.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(state: &State, ours: Uuid, theirs: Uuid, slug: &str) -> Result<()> {
    let [ours, theirs] = [ours, theirs].map(|hub| Caller::system(state.clone(), hub));
    Write::value_of(&ours, async |write| {
        write.give_example_ids(true);
        let form = decode(write, json!({ "partner_slug": slug, "note": "The plan names this hub as a partner." }))?;
        write.create::<HubLink>(form).await?;
        let form = decode(write, json!({ "metric": "schools_visited", "note": "Agreed by the steering group" }))?;
        write.create::<MetricComparison>(form).await?;
        Ok(())
    })
    .await?;
    Write::value_of(&theirs, async |write| {
        let link = link(write).await?;
        lifecycle::transition::<HubLink>(write, link, &ACCEPT, None).await?;
        // The document's examples name it as the other hub reads it.
        share(write, link, example_id("received_share")).await
    })
    .await?;
    Write::value_of(&ours, async |write| {
        let link = link(write).await?;
        share(write, link, example_id("hub_share")).await
    })
    .await
}

/// The only link of the hub.
async fn link(write: &Write) -> Result<Uuid> {
    let link = write.caller().rows::<hub_link::Entity>().one(write.tx()).await?;
    link.map(|link| link.id).ok_or_else(|| Problem::internal("the demo has a link between its hubs"))
}

/// Shares the first piece of practice that can be shared, by a share with an id.
async fn share(write: &mut Write, link: Uuid, id: Uuid) -> Result<()> {
    use shared_practice::Column;

    let practice = write.caller().rows::<shared_practice::Entity>();
    let practice = practice.filter(Column::Status.eq(PracticeStatus::Published)).filter(Column::ConsentUntil.is_null());
    let Some(practice) = practice.order_by_asc(Column::PublishedOn).one(write.tx()).await? else { return Ok(()) };
    let form = json!({ "link_id": link, "item_kind": "shared_practice", "item_id": practice.id });
    let form: NewHubShare = decode(write, form)?;
    let row = form.into_row(Meta::first(write.caller().hub_id, id, write.now()));
    write.store::<HubShare>(None, row, Operation::Create).await.map(drop)
}
