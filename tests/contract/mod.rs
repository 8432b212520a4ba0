//! The document tells the truth: what it promises is what the service does.

mod limits;
mod malformed;
mod pages;
mod preconditions;
mod shapes;
mod sign_in;

use serde_json::Value;

use crate::support::Caller;
use crate::support::document::{Operation, document};

/// A component schema.
fn schema(name: &str) -> &'static Value {
    let schema = &document().json()["components"]["schemas"][name];
    assert!(schema.is_object(), "there is no schema {name}");
    schema
}

/// An address of the operation in the demo, whose collection has rows.
async fn somewhere(caller: &Caller, operation: &Operation) -> String {
    let Some((collection, rest)) = operation.path.split_once("/{id}") else { return operation.path.clone() };
    let list = caller.get(&format!("{collection}?limit=1")).await.expect(200);
    let ids = list.ids();
    assert!(!ids.is_empty(), "the demo has no row in {collection}");
    // A place in a list of the item.
    format!("{collection}/{}{}", ids[0], rest.replace("{n}", "1"))
}
