//! What a step of a link brings about on both sides. Each is logged in both hubs.

use entity::engagement::hub_link::{self, LinkSide, LinkStatus};
use sea_orm::ActiveEnum;

use super::transition::{ACCEPT, END, PROPOSE};
use super::{HubLink, offer};
use crate::engagement::between::door;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};

routes! { WriteEngagement: accept_hub_link, end_hub_link, propose_hub_link }

/// Accepts a link that another hub proposed.
#[utoipa::path(
    post,
    path = "/hub-links/{id}/accept",
    request_body = Option<Reason>,
    responses((status = 200, body = HubLink)),
)]
async fn accept_hub_link(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<HubLink>(&can, id.0, &ACCEPT, body.value.reason).await
}

/// Ends a link, declines it, or takes back a proposal.
///
/// The other hub reads the reason.
#[utoipa::path(post, path = "/hub-links/{id}/end", responses((status = 200, body = HubLink)))]
async fn end_hub_link(can: Can<WriteEngagement>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<HubLink>(&can, id.0, &END, Some(body.into_inner().reason)).await
}

/// Proposes a link again that was ended.
#[utoipa::path(
    post,
    path = "/hub-links/{id}/propose",
    request_body = Option<Reason>,
    responses((status = 200, body = HubLink)),
)]
async fn propose_hub_link(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<HubLink>(&can, id.0, &PROPOSE, body.value.reason).await
}

impl Lifecycle for HubLink {
    async fn enter(write: &mut Write, row: &mut hub_link::Model, verb: &Verb) -> Result<()> {
        row.status = LinkStatus::try_from_value(&verb.to.to_owned())?;
        let now = write.now();
        match row.status {
            LinkStatus::Offered => Ok(()),
            LinkStatus::Proposed => {
                // A hub may have come to be since the last proposal.
                let partner = door::hub_of(write, &row.partner_slug).await?;
                row.partner_hub_id = partner.map(|partner| partner.id);
                row.proposed_at = now;
                (row.accepted_at, row.ended_at, row.ended_by, row.end_reason) = (None, None, None, None);
                offer(write, row).await
            }
            LinkStatus::Active => {
                row.accepted_at = Some(now);
                accept_there(write, row).await
            }
            LinkStatus::Ended => {
                row.ended_at = Some(now);
                row.ended_by = Some(LinkSide::ThisHub);
                row.end_reason = write.reason().map(str::to_owned);
                door::end_shares(write, row, LinkSide::ThisHub).await?;
                end_there(write, row).await
            }
        }
    }
}

/// The link as the other hub has it.
async fn there(write: &Write, row: &hub_link::Model) -> Result<Option<hub_link::Model>> {
    let Some(partner) = row.partner_hub_id else { return Ok(None) };
    let own = door::own_hub(write).await?;
    door::other_side(write, partner, &own.slug).await
}

/// Makes the other side active too, which then knows the name of this hub.
async fn accept_there(write: &mut Write, row: &hub_link::Model) -> Result<()> {
    let Some(before) = there(write, row).await?.filter(|link| link.status == LinkStatus::Proposed) else {
        return Err(Problem::conflict("cannot accept a link that the other hub does not propose any more"));
    };
    let own = door::own_hub(write).await?;
    let after = hub_link::Model {
        status: LinkStatus::Active,
        accepted_at: row.accepted_at,
        partner_hub_id: Some(own.id),
        partner_name: Some(own.name),
        ..before.clone()
    };
    door::store::<HubLink>(write, Some(&before), after, (Operation::Verb(ACCEPT.name), None)).await
}

/// Ends the other side too, with what it shares.
async fn end_there(write: &mut Write, row: &hub_link::Model) -> Result<()> {
    let Some(before) = there(write, row).await?.filter(|link| link.status != LinkStatus::Ended) else {
        return Ok(());
    };
    door::end_shares(write, &before, LinkSide::OtherHub).await?;
    let after = hub_link::Model {
        status: LinkStatus::Ended,
        ended_at: row.ended_at,
        ended_by: Some(LinkSide::OtherHub),
        end_reason: row.end_reason.clone(),
        ..before.clone()
    };
    let step = (Operation::Verb(END.name), row.end_reason.clone());
    door::store::<HubLink>(write, Some(&before), after, step).await
}
