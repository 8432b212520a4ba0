//! The measures to begin with, as a file in the form of `POST /measure-definitions`.

use entity::outcomes::measure_definition;
use serde::Serialize;
use utoipa::ToSchema;

use super::transition::PUBLISH;
use super::{MeasureDefinition, NewMeasureDefinition};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;

const FILE: &str = include_str!("shipped/measures.json");

/// The forms that create the measures that come with the service.
///
/// # Errors
/// 500 when the file has another form, which a test rules out.
pub fn forms() -> Result<Vec<NewMeasureDefinition>> {
    serde_json::from_str(FILE).map_err(Problem::internal)
}

/// Publishes them in a hub that has none of their codes.
///
/// # Errors
/// 409 for a code that the hub has.
pub async fn publish(write: &mut Write) -> Result<Vec<measure_definition::Model>> {
    let mut published = Vec::new();
    for form in forms()? {
        let draft = write.create::<MeasureDefinition>(form).await?;
        published.push(lifecycle::enter::<MeasureDefinition>(write, draft, &PUBLISH).await?);
    }
    Ok(published)
}

/// The measures that come with the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShippedMeasureDefinitions {
    /// Each as the body that creates it by `POST /measure-definitions`.
    #[schema(max_items = 40)]
    pub definitions: Vec<NewMeasureDefinition>,
}

routes! { ReadOutcomes: list_shipped_measure_definitions }

/// Lists the measures that come with the service: First Access, continuation, singing, lessons and ensembles.
///
/// To use one, send it to `POST /measure-definitions`, change the draft where the hub counts otherwise, and publish it.
#[utoipa::path(
    get,
    path = "/shipped-measure-definitions",
    responses((status = 200, body = ShippedMeasureDefinitions)),
)]
async fn list_shipped_measure_definitions(_can: Can<ReadOutcomes>) -> Result<Reply> {
    Reply::ok(&ShippedMeasureDefinitions { definitions: forms()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app;

    #[test]
    fn every_shipped_measure_is_a_definition_with_a_code_of_its_own() {
        let document = app::document();
        let values: Vec<Value> = serde_json::from_str(FILE).unwrap();
        let mut codes = Vec::new();
        for value in values {
            let form: NewMeasureDefinition = document.decode(value).unwrap_or_else(|problem| panic!("{problem:?}"));
            assert_eq!(MeasureDefinition::faults(&form), [], "{}", form.code);
            assert!(!codes.contains(&form.code), "{}", form.code);
            codes.push(form.code);
        }
        for code in ["first_access_pupils", "first_access_cohort", "continuation_pupils", "singing_strategy"] {
            assert!(codes.iter().any(|it| it == code), "{code}");
        }
    }
}
