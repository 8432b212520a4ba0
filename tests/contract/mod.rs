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
    let ids = caller.get(&format!("{collection}?limit=200")).await.expect(200).ids();
    assert!(!ids.is_empty(), "the demo has no row in {collection}");
    let Some((below, rest)) = rest.split_once("/{attachment_id}") else {
        // A place in a list of the item.
        return format!("{collection}/{}{}", ids[0], rest.replace("{n}", "1"));
    };
    for id in ids {
        let files = format!("{collection}/{id}{below}");
        if let Some(file) = caller.get(&files).await.expect(200).ids().first() {
            return format!("{files}/{file}{rest}");
        }
    }
    panic!("no item of {collection} has a file in the demo");
}
