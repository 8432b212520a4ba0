//! A framework's way from draft to retired. Each step is logged with its reason.

use entity::frameworks::framework::{self, FrameworkStatus};
use sea_orm::ActiveEnum;

use super::transition::{PUBLISH, RETIRE, START_PILOT, WITHDRAW};
use super::{FRAMEWORKS, Framework};
use crate::frameworks::rules;
use crate::frameworks::tree::{Rows, copy};
use crate::kernel::prelude::*;
use crate::kernel::resource::edition::{self, Editions};
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

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
    crud::transition::<Framework>(&can, id.0, &START_PILOT, body.value.reason).await
}

/// Takes a framework in pilot back to draft.
#[utoipa::path(
    post,
    path = "/frameworks/{id}/withdraw",
    request_body = Option<Reason>,
    responses((status = 200, body = Framework)),
)]
async fn withdraw_framework(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Framework>(&can, id.0, &WITHDRAW, body.value.reason).await
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
    crud::transition::<Framework>(&can, id.0, &PUBLISH, body.value.reason).await
}

/// Retires a published framework. Work that was begun with it continues.
#[utoipa::path(
    post,
    path = "/frameworks/{id}/retire",
    request_body = Option<Reason>,
    responses((status = 200, body = Framework)),
)]
async fn retire_framework(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Framework>(&can, id.0, &RETIRE, body.value.reason).await
}

/// Makes the next edition of a framework, as a draft.
///
/// It has the same sections and criteria, which keep their `lineage_id`: by it results are compared across editions.
/// Refused (409) for a draft, and while there is a draft of any edition.
#[utoipa::path(post, path = "/frameworks/{id}/next-edition", responses((status = 201, body = Framework)))]
async fn next_framework_edition(can: Can<WriteFrameworks>, id: Id) -> Result<Reply> {
    copy::next_edition(&can, id.0).await
}

impl Lifecycle for Framework {
    async fn admit(write: &Write, _row: &framework::Model, _verb: &Verb) -> Result<()> {
        write.caller().expect_writes_hub(FRAMEWORKS)
    }

    async fn enter(write: &mut Write, row: &mut framework::Model, verb: &Verb) -> Result<()> {
        row.status = FrameworkStatus::try_from_value(&verb.to.to_owned())?;
        let now = Some(write.now());
        match row.status {
            FrameworkStatus::Draft => {
                edition::expect_no_draft::<Self>(write, row).await?;
                row.piloted_at = None;
            }
            FrameworkStatus::Pilot => {
                expect_complete(write, row).await?;
                row.piloted_at = now;
            }
            FrameworkStatus::Published => {
                expect_complete(write, row).await?;
                edition::retire_before::<Self>(write, row, verb, &RETIRE).await?;
                row.published_at = now;
            }
            FrameworkStatus::Retired => row.retired_at = now,
        }
        Ok(())
    }
}

async fn expect_complete(write: &Write, framework: &framework::Model) -> Result<()> {
    let rows = Rows::load(write.caller(), write.tx(), framework.id).await?;
    rules::complete(&rows.sections, &rows.criteria)
}

impl Editions for Framework {
    const LINEAGE: framework::Column = framework::Column::LineageId;
    const EDITION: framework::Column = framework::Column::Edition;
    const STATUS: framework::Column = framework::Column::Status;
    const DRAFT: &'static str = FrameworkStatus::Draft.as_str();

    fn edition(row: &framework::Model) -> (Uuid, i32) {
        (row.lineage_id, row.edition)
    }
}
