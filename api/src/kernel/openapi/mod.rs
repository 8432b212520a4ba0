//! The API document.

use serde_json::Value;

/// The API document, made from the handlers.
#[derive(Debug)]
pub struct Document {
    /// As it is served.
    pub json: Value,
}

impl Document {
    /// Completes what utoipa made from the handlers.
    #[must_use]
    pub fn new(openapi: utoipa::openapi::OpenApi) -> Self {
        Self { json: serde_json::to_value(openapi).unwrap_or_default() }
    }
}
