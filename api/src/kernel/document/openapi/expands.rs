//! `expand` in the replies to changes.

use serde_json::{Value, json};

use super::API;
use super::walk::{self, Object};

/// What an item can embed.
#[derive(Debug, Clone)]
pub struct Expands {
    /// The collection's address below `/api/v1`.
    pub path: &'static str,
    /// The name of the item's schema.
    pub schema: String,
    /// What can be embedded.
    pub names: &'static [&'static str],
}

/// Adds the parameter to the operations that change an item or take it to another state, and reply with the item.
pub(super) fn add(document: &mut Object, expands: &[Expands], transitions: &[(String, String)]) {
    for operation in walk::operations(document) {
        let of_item = |it: &&Expands| {
            let item = format!("{API}{}/{{id}}", it.path);
            match operation.method {
                "patch" => operation.path == item,
                "post" => {
                    let verb = operation.path.strip_prefix(&item).is_some_and(|verb| verb.starts_with('/'));
                    verb && transitions.iter().any(|(address, _)| address == operation.path)
                }
                _ => false,
            }
        };
        let Some(found) = expands.iter().filter(|it| !it.names.is_empty()).find(of_item) else { continue };
        if replies_with(operation.value, &found.schema)
            && let Value::Array(parameters) = operation.value.entry("parameters").or_insert_with(|| json!([]))
        {
            parameters.push(parameter(found.names));
        }
    }
}

fn replies_with(operation: &Object, schema: &str) -> bool {
    let reply = operation
        .get("responses")
        .and_then(|replies| replies.pointer("/200/content/application~1json/schema/$ref").and_then(Value::as_str));
    reply.is_some_and(|reply| reply.strip_prefix("#/components/schemas/") == Some(schema))
}

fn parameter(names: &[&str]) -> Value {
    json!({
        "name": "expand",
        "in": "query",
        "description": "What to embed, separated by commas. Each appears under the caller's own permission for it, and \
                        is absent where there is none.",
        "required": false,
        "style": "form",
        "explode": false,
        "schema": {"type": "array", "items": {"type": "string", "enum": names}, "maxItems": names.len()},
        "example": [names.first()],
    })
}
