//! The document tells the truth: what it promises is what the service does.

mod limits;
mod pages;
mod preconditions;
mod shapes;
mod sign_in;

use serde_json::Value;

use crate::support::document::{document, resolved};

/// A query, header or path parameter behind its reference, and what its schema refers to.
fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten().map(resolved)
}

/// A component schema.
fn schema(name: &str) -> &'static Value {
    let schema = &document().json()["components"]["schemas"][name];
    assert!(schema.is_object(), "there is no schema {name}");
    schema
}
