//! Where a new item leads: to reading, changing and restoring it (OpenAPI links).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::walk::{self, Object};

/// What is done next: the method, what follows the item's address, and why.
const STEPS: [(&str, &str, &str); 3] = [
    ("get", "", "Reads the item."),
    ("patch", "", "Changes the item, from the version of this reply."),
    ("post", "/restore", "Restores the item once it was archived; `If-Match` takes the `ETag` of the reply to that."),
];

/// Links every reply that makes an item to what can be done with it.
pub(super) fn add(document: &mut Object) {
    let known: BTreeMap<(String, String), String> = walk::operations(document)
        .map(|operation| ((operation.method.to_owned(), operation.path.to_owned()), operation.id().to_owned()))
        .collect();
    let mut links = Object::new();
    for operation in walk::operations(document).filter(|operation| operation.method == "post") {
        // What is made below an item (`/plans/{id}/approvals`) has its own collection.
        let collection = operation.path.rsplit('/').next().unwrap_or_default();
        let prefix = operation.path.find("/{").map_or(operation.path, |at| &operation.path[..at]);
        let parent = prefix.rsplit_once('/').map_or("", |(parent, _)| parent);
        let item = format!("{parent}/{collection}/{{id}}");
        let next = STEPS.iter().filter_map(|(method, rest, about)| {
            let id = known.get(&((*method).to_owned(), format!("{item}{rest}")))?;
            Some((walk::pascal(id), link(id, method, about)))
        });
        let next: Object = next.collect();
        let responses = walk::child(operation.value, "responses");
        for (_, reply) in responses.iter_mut().filter(|(status, _)| matches!(status.as_str(), "201" | "202")) {
            let references =
                next.keys().map(|name| (name.clone(), json!({"$ref": format!("#/components/links/{name}")})));
            let references: Object = references.collect();
            if !references.is_empty() {
                reply["links"] = references.into();
            }
        }
        links.extend(next);
    }
    if !links.is_empty() {
        walk::components(document, "links").extend(links);
    }
}

fn link(id: &str, method: &str, about: &str) -> Value {
    let mut parameters = json!({"id": "$response.body#/id"});
    if method == "patch" {
        parameters["If-Match"] = "$response.header.ETag".into();
    }
    json!({"operationId": id, "parameters": parameters, "description": about})
}
