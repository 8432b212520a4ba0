//! A framework's way from draft to retired. Each step is logged with its reason.

use actix_web::http::header::LOCATION;
use entity::frameworks::framework::{self, FrameworkStatus};
use sea_orm::{ActiveEnum, QueryFilter, QueryOrder};

use super::transition::{PUBLISH, RETIRE, START_PILOT, WITHDRAW};
use super::{FRAMEWORKS, Framework};
use crate::frameworks::rules;
use crate::frameworks::tree::{Rows, copy};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Reason, States, Verb};
use crate::kernel::resource::write::Sought;

routes! {
    WriteFrameworks: pilot_framework, withdraw_framework, publish_framework, retire_framework, next_framework_edition
}

/// Puts a draft framework to pilot schools.
///
/// It cannot change until it is withdrawn.
#[utoipa::path(
    post,
    path = "/frameworks/{id}/pilot",
    request_body = Option<Reason>,
    responses((status = 200, body = Framework)),
)]
async fn pilot_framework(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, &START_PILOT, body.reason.clone()).await
}

/// Takes a framework in pilot back to draft.
#[utoipa::path(
    post,
    path = "/frameworks/{id}/withdraw",
    request_body = Option<Reason>,
    responses((status = 200, body = Framework)),
)]
async fn withdraw_framework(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, &WITHDRAW, body.reason.clone()).await
}

/// Publishes a framework, for schools to use.
///
/// A framework needs a section, each section a criterion, and each criterion two levels.
#[utoipa::path(
    post,
    path = "/frameworks/{id}/publish",
    request_body = Option<Reason>,
    responses((status = 200, body = Framework)),
)]
async fn publish_framework(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, &PUBLISH, body.reason.clone()).await
}

/// Retires a published framework. Work that was begun with it continues.
#[utoipa::path(
    post,
    path = "/frameworks/{id}/retire",
    request_body = Option<Reason>,
    responses((status = 200, body = Framework)),
)]
async fn retire_framework(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, &RETIRE, body.reason.clone()).await
}

/// Makes the next edition of a framework, as a draft.
///
/// It has the same sections and criteria, which keep their `lineage_id`: by it results are compared across editions.
/// Refused (409) for a draft, and while there is a draft of any edition.
#[utoipa::path(post, path = "/frameworks/{id}/next-edition", responses((status = 201, body = Framework)))]
async fn next_framework_edition(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    copy::next_edition(&can, id.0).await
}

async fn step(caller: &Caller, id: Uuid, verb: &Verb, reason: Option<String>) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = write.row_to_change::<Framework>(id, Sought::Current).await?;
        caller.expect_writes_hub(FRAMEWORKS)?;
        write.because(reason.clone());
        let row = apply_transition(write, before, verb).await?;
        crud::answer::<Framework>(caller, &row, false)
    })
    .await
}

/// Takes a framework to its next state.
///
/// # Errors
/// 409 from another state, with what is missing, or where another edition stands in the way.
pub async fn apply_transition(write: &mut Write, before: framework::Model, verb: &Verb) -> Result<framework::Model> {
    let status = FrameworkStatus::try_from_value(&Framework::TABLE.next(verb, before.status.as_str())?.to_owned())?;
    let mut after = framework::Model { status, ..before.clone() };
    let now = Some(write.now());
    match status {
        FrameworkStatus::Draft => {
            expect_no_draft(write, &before).await?;
            after.piloted_at = None;
        }
        FrameworkStatus::Pilot => {
            expect_complete(write, &before).await?;
            after.piloted_at = now;
        }
        FrameworkStatus::Published => {
            expect_complete(write, &before).await?;
            retire_edition_before(write, &before).await?;
            after.published_at = now;
        }
        FrameworkStatus::Retired => after.retired_at = now,
    }
    write.store::<Framework>(Some(before), after, Operation::Verb(verb.name)).await
}

async fn expect_complete(write: &Write, framework: &framework::Model) -> Result<()> {
    let rows = Rows::load(write.caller(), write.tx(), framework.id).await?;
    rules::complete(&rows.sections, &rows.criteria)
}

/// Retires the edition in use, of which there is one at most.
async fn retire_edition_before(write: &mut Write, framework: &framework::Model) -> Result<()> {
    use framework::Column;

    let others = write.caller().rows::<framework::Entity>().filter(Column::LineageId.eq(framework.lineage_id));
    let others = others.filter(Column::Status.is_in([FrameworkStatus::Published, FrameworkStatus::Retired]));
    let others = others.order_by_desc(Column::Edition).all(write.tx()).await?;
    let Some(newest) = others.first() else { return Ok(()) };
    if newest.edition > framework.edition {
        return Err(Problem::conflict(format!(
            "cannot publish edition {}: edition {} was published after it ({})",
            framework.edition, newest.edition, newest.id
        )));
    }
    for other in others.into_iter().filter(|other| other.status == FrameworkStatus::Published) {
        let other = write.row::<framework::Entity>(other.id).await?;
        let (status, retired_at) = (FrameworkStatus::Retired, Some(write.now()));
        let retired = framework::Model { status, retired_at, ..other.clone() };
        write.store::<Framework>(Some(other), retired, Operation::Verb(RETIRE.name)).await?;
    }
    Ok(())
}

/// Refuses a second draft of one framework: two would become editions of which neither has what the other changed.
///
/// # Errors
/// 409, which names the draft.
pub async fn expect_no_draft(write: &Write, of: &framework::Model) -> Result<()> {
    use framework::Column;

    let drafts = write.caller().rows::<framework::Entity>().filter(Column::LineageId.eq(of.lineage_id));
    let drafts = drafts.filter(Column::Status.eq(FrameworkStatus::Draft)).filter(Column::Id.ne(of.id));
    let Some(draft) = drafts.one(write.tx()).await? else { return Ok(()) };
    let detail = format!(
        "cannot have another draft: edition {} is being written, change that one ({})",
        draft.edition, draft.id
    );
    Err(Problem::conflict(detail).header(LOCATION, Framework::location(draft.id)))
}
