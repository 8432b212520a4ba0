//! A scheme's way from draft to retired, and its editions.

use entity::ratings::rag_scheme::{self, SchemeStatus};
use entity::row::Row;
use sea_orm::ActiveEnum;

use super::transition::{ACTIVATE, RETIRE};
use super::{RagScheme, SCHEMES};
use crate::kernel::prelude::*;
use crate::kernel::resource::edition::{self, Editions};
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

routes! { WriteRatings: activate_rag_scheme, retire_rag_scheme, next_rag_scheme_edition }

/// Brings a scheme into use. From then on it is frozen.
#[utoipa::path(
    post,
    path = "/rag-schemes/{id}/activate",
    request_body = Option<Reason>,
    responses((status = 200, body = RagScheme)),
)]
async fn activate_rag_scheme(can: Can<WriteRatings>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<RagScheme>(&can, id.0, &ACTIVATE, body.value.reason).await
}

/// Retires a scheme. Ratings that were computed by it stay.
#[utoipa::path(
    post,
    path = "/rag-schemes/{id}/retire",
    request_body = Option<Reason>,
    responses((status = 200, body = RagScheme)),
)]
async fn retire_rag_scheme(can: Can<WriteRatings>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<RagScheme>(&can, id.0, &RETIRE, body.value.reason).await
}

/// Makes the next edition of a scheme, as a draft.
///
/// Refused (409) for a draft, and while there is a draft of any edition.
#[utoipa::path(post, path = "/rag-schemes/{id}/next-edition", responses((status = 201, body = RagScheme)))]
async fn next_rag_scheme_edition(can: Can<WriteRatings>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        write.lock_above::<RagScheme>(Some(id.0)).await?;
        let scheme = write.row::<rag_scheme::Entity>(id.0).await?;
        can.expect_writes_hub(SCHEMES)?;
        if scheme.status == SchemeStatus::Draft {
            return Err(Problem::conflict("cannot make the next edition of a draft: change the draft"));
        }
        edition::expect_no_draft::<RagScheme>(write, &scheme).await?;
        let mut next = rag_scheme::Model {
            status: SchemeStatus::Draft,
            edition: edition::last_edition::<RagScheme>(write, &scheme).await? + 1,
            previous_id: Some(scheme.id),
            activated_at: None,
            retired_at: None,
            ..scheme
        };
        next.set_meta(write.meta_of::<rag_scheme::Entity>());
        let next = write.store::<RagScheme>(None, next, Operation::Create).await?;
        crud::answer::<RagScheme>(&can, &next, true)
    })
    .await
}

impl Lifecycle for RagScheme {
    async fn admit(write: &Write, _: &rag_scheme::Model, _: &Verb) -> Result<()> {
        write.caller().expect_writes_hub(SCHEMES)
    }

    async fn enter(write: &mut Write, row: &mut rag_scheme::Model, verb: &Verb) -> Result<()> {
        row.status = SchemeStatus::try_from_value(&verb.to.to_owned())?;
        let now = Some(write.now());
        if row.status == SchemeStatus::Active {
            edition::retire_before::<Self>(write, row, verb, &RETIRE).await?;
            row.activated_at = now;
        } else {
            row.retired_at = now;
        }
        Ok(())
    }
}

impl Editions for RagScheme {
    const LINEAGE: rag_scheme::Column = rag_scheme::Column::LineageId;
    const EDITION: rag_scheme::Column = rag_scheme::Column::Edition;
    const STATUS: rag_scheme::Column = rag_scheme::Column::Status;
    const DRAFT: &'static str = SchemeStatus::Draft.as_str();

    fn edition(row: &rag_scheme::Model) -> (Uuid, i32) {
        (row.lineage_id, row.edition)
    }
}
