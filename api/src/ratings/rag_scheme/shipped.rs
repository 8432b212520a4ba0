//! The scheme to begin with, as a file in the form of `POST /rag-schemes`.

use serde::Serialize;
use utoipa::ToSchema;

use super::NewRagScheme;
use crate::kernel::prelude::*;

const FILE: &str = include_str!("shipped/need-of-support.json");

/// The form that creates the scheme that comes with the service.
///
/// # Errors
/// 500 when the file is no such form, which a test rules out.
pub fn form() -> Result<NewRagScheme> {
    serde_json::from_str(FILE).map_err(Problem::internal)
}

/// The schemes that come with the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShippedRagSchemes {
    /// Each as the body that creates it by `POST /rag-schemes`.
    #[schema(max_items = 20)]
    pub schemes: Vec<NewRagScheme>,
}

routes! { ReadRatings: list_shipped_rag_schemes }

/// Lists the schemes for ratings that come with the service.
///
/// To use one, send it to `POST /rag-schemes`, change the draft where the hub sees it otherwise, and activate it.
#[utoipa::path(get, path = "/shipped-rag-schemes", responses((status = 200, body = ShippedRagSchemes)))]
async fn list_shipped_rag_schemes(_can: Can<ReadRatings>) -> Result<Reply> {
    Reply::ok(&ShippedRagSchemes { schemes: vec![form()?] })
}

#[cfg(test)]
mod tests {
    use entity::ratings::parts::RatingData;

    use super::*;
    use crate::app;
    use crate::ratings::rag_scheme::RagScheme;

    #[test]
    fn the_file_is_a_scheme_that_looks_at_all_data() {
        let value: Value = serde_json::from_str(FILE).unwrap();
        let form: NewRagScheme = app::document().decode(value).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(RagScheme::faults(&form), []);
        for data in RatingData::ALL {
            assert!(form.criteria.iter().any(|criterion| criterion.data == *data), "{data}");
        }
    }
}
