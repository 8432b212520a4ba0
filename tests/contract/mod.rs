//! The document tells the truth: what it promises is what the service does.

mod limits;
mod malformed;
mod pages;
mod preconditions;
mod shapes;
mod sign_in;

use serde_json::Value;

use crate::support::document::document;

/// A component schema.
fn schema(name: &str) -> &'static Value {
    let schema = &document().json()["components"]["schemas"][name];
    assert!(schema.is_object(), "there is no schema {name}");
    schema
}
