//! A definition's way from draft to retired, and its editions.

use entity::outcomes::measure_definition::{self, DefinitionStatus};
use entity::row::Row;
use sea_orm::ActiveEnum;

use super::transition::{PUBLISH, RETIRE};
use super::{DEFINITIONS, MeasureDefinition};
use crate::kernel::prelude::*;
use crate::kernel::resource::edition::{self, Editions};
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};

routes! { WriteOutcomes: publish_measure_definition, retire_measure_definition, next_measure_definition_edition }

/// Brings a definition into use. From then on it is frozen.
#[utoipa::path(
    post,
    path = "/measure-definitions/{id}/publish",
    request_body = Option<Reason>,
    responses((status = 200, body = MeasureDefinition)),
)]
async fn publish_measure_definition(can: Can<WriteOutcomes>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<MeasureDefinition>(&can, id.0, &PUBLISH, body.value.reason).await
}

/// Retires a definition. Figures that were counted by it stay.
#[utoipa::path(
    post,
    path = "/measure-definitions/{id}/retire",
    request_body = Option<Reason>,
    responses((status = 200, body = MeasureDefinition)),
)]
async fn retire_measure_definition(can: Can<WriteOutcomes>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<MeasureDefinition>(&can, id.0, &RETIRE, body.value.reason).await
}

/// Makes the next edition of a definition, as a draft.
///
/// It has the same code, by which figures are compared across editions. Refused (409) for a draft, and while there is a
/// draft of any edition.
#[utoipa::path(
    post,
    path = "/measure-definitions/{id}/next-edition",
    responses((status = 201, body = MeasureDefinition)),
)]
async fn next_measure_definition_edition(can: Can<WriteOutcomes>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        write.lock_above::<MeasureDefinition>(Some(id.0)).await?;
        let definition = write.row::<measure_definition::Entity>(id.0).await?;
        can.expect_writes_hub(DEFINITIONS)?;
        if definition.status == DefinitionStatus::Draft {
            return Err(Problem::conflict("cannot make the next edition of a draft: change the draft"));
        }
        edition::expect_no_draft::<MeasureDefinition>(write, &definition).await?;
        let mut next = measure_definition::Model {
            status: DefinitionStatus::Draft,
            edition: edition::last_edition::<MeasureDefinition>(write, &definition).await? + 1,
            previous_id: Some(definition.id),
            published_at: None,
            retired_at: None,
            ..definition
        };
        next.set_meta(write.meta_of::<measure_definition::Entity>());
        let next = write.store::<MeasureDefinition>(None, next, Operation::Create).await?;
        crud::answer::<MeasureDefinition>(&can, &next, true)
    })
    .await
}

impl Lifecycle for MeasureDefinition {
    async fn admit(write: &Write, _: &measure_definition::Model, _: &Verb) -> Result<()> {
        write.caller().expect_writes_hub(DEFINITIONS)
    }

    async fn enter(write: &mut Write, row: &mut measure_definition::Model, verb: &Verb) -> Result<()> {
        row.status = DefinitionStatus::try_from_value(&verb.to.to_owned())?;
        let now = Some(write.now());
        if row.status == DefinitionStatus::Published {
            edition::retire_before::<Self>(write, row, verb, &RETIRE).await?;
            row.published_at = now;
        } else {
            row.retired_at = now;
        }
        Ok(())
    }
}

impl Editions for MeasureDefinition {
    const LINEAGE: measure_definition::Column = measure_definition::Column::LineageId;
    const EDITION: measure_definition::Column = measure_definition::Column::Edition;
    const STATUS: measure_definition::Column = measure_definition::Column::Status;
    const DRAFT: &'static str = DefinitionStatus::Draft.as_str();

    fn edition(row: &measure_definition::Model) -> (Uuid, i32) {
        (row.lineage_id, row.edition)
    }
}
