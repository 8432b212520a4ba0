//! A message's way from its draft to its end. Each step is logged with its reason.

use entity::engagement::communication::{self, CommunicationStatus};
use entity::engagement::communication_recipient::{self, Outcome};
use sea_orm::ActiveEnum;

use super::recipient::CommunicationRecipient;
use super::transition::{CLOSE, SEND, WITHDRAW};
use super::{Communication, selection};
use crate::engagement::rules;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

/// To how many schools a message goes at most.
const MOST: usize = 5000;

routes! { WriteEngagement: send_communication, close_communication, withdraw_communication }

/// Sends a message: its recipients are fixed.
#[utoipa::path(
    post,
    path = "/communications/{id}/send",
    request_body = Option<Reason>,
    responses((status = 200, body = Communication)),
)]
async fn send_communication(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Communication>(&can, id.0, &SEND, body.value.reason).await
}

/// Closes a message when it is recorded what happened at each school.
#[utoipa::path(
    post,
    path = "/communications/{id}/close",
    request_body = Option<Reason>,
    responses((status = 200, body = Communication)),
)]
async fn close_communication(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Communication>(&can, id.0, &CLOSE, body.value.reason).await
}

/// Withdraws a draft that is not sent.
#[utoipa::path(
    post,
    path = "/communications/{id}/withdraw",
    request_body = Option<Reason>,
    responses((status = 200, body = Communication)),
)]
async fn withdraw_communication(can: Can<WriteEngagement>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Communication>(&can, id.0, &WITHDRAW, body.value.reason).await
}

impl Lifecycle for Communication {
    async fn enter(write: &mut Write, row: &mut communication::Model, verb: &Verb) -> Result<()> {
        row.status = CommunicationStatus::try_from_value(&verb.to.to_owned())?;
        row.status_reason = write.reason().map(str::to_owned);
        match row.status {
            CommunicationStatus::Draft | CommunicationStatus::Withdrawn => Ok(()),
            CommunicationStatus::Closed => {
                row.closed_at = Some(write.now());
                Ok(())
            }
            CommunicationStatus::Sent => send(write, row).await,
        }
    }
}

/// Makes the list of recipients, which nobody can change later.
async fn send(write: &mut Write, row: &mut communication::Model) -> Result<()> {
    rules::sendable(row)?;
    let today = write.caller().today();
    let schools = selection::schools(write, row, MOST).await?;
    let fix = match schools.len() {
        0 => "it chooses no school: widen it",
        1..=MOST => "",
        _ => "it chooses more than 5,000 schools: narrow it",
    };
    if !fix.is_empty() {
        return Err(Problem::conflict(format!("cannot send a message by this filter: {fix}")));
    }
    row.sent_at = Some(write.now());
    row.sent_on = Some(today);
    row.sent_by_id = write.caller().actor.person_id();
    row.recipient_count = i32::try_from(schools.len()).ok();
    let people = selection::people(write, row).await?;
    let recipients = schools.into_iter().enumerate().map(|(at, school_id)| {
        // One row has the id that examples name, where such ids are given.
        let meta = if at == 0 { write.meta_of::<communication_recipient::Entity>() } else { write.meta() };
        communication_recipient::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: meta.archived_at,
            communication_id: row.id,
            school_id,
            person_id: people.get(&school_id).copied(),
            kind: row.kind,
            sent_on: today,
            outcome: Outcome::Unknown,
            reached_on: None,
            reason: None,
            note: None,
        }
    });
    let recipients: Vec<_> = recipients.collect();
    write.create_many::<CommunicationRecipient>(recipients).await
}
