//! What the document says about the service as a whole: given as data, since the kernel names no
//! part.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::API;
use super::expands::Expands;
use super::walk::{self, Object};

/// The data of one service.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The version of the service.
    pub version: &'a str,
    /// The address where tokens are given, below the server's.
    pub token_url: &'a str,
    /// The tags with their descriptions, in the order of a task.
    pub tags: &'a [(&'a str, &'a str)],
    /// The scopes with what each allows.
    pub scopes: &'a [(&'a str, &'a str)],
    /// The collections (the last fixed segment before the id) whose items more than one person
    /// edits, so that `If-Match` is required.
    pub guarded: &'a [&'a str],
    /// The kinds of item that the change log names, with the addresses of their collections below the API.
    pub resources: &'a [(&'a str, &'a str)],
    /// The addresses of transitions with the text about each beside its handler's description.
    pub transitions: &'a [(String, String)],
    /// The kinds of tasks.
    pub tasks: &'a [&'a str],
    /// What items can embed, in the replies to changes too.
    pub expands: &'a [Expands],
}

/// The values of the schemas that stand for the kinds of item in the change log, and for the kinds of tasks.
pub(super) fn name_resources(document: &mut Object, about: &About<'_>) {
    if let Some(kind) = walk::components(document, "schemas").get_mut("ChangedResource") {
        kind["enum"] = about.resources.iter().map(|(name, _)| Value::from(*name)).collect();
        let collections =
            about.resources.iter().map(|(name, path)| ((*name).to_owned(), format!("{API}{path}").into()));
        kind["x-collections"] = Value::Object(collections.collect());
    }
    if let Some(kind) = walk::components(document, "schemas").get_mut("TaskKind") {
        kind["enum"] = json!(about.tasks);
    }
}

/// The head of the document, in the order in which it is read.
pub(super) fn introduce(document: &mut Object, about: &About<'_>) {
    let tags: Vec<Value> =
        about.tags.iter().map(|(name, description)| json!({"name": name, "description": description})).collect();
    let mut whole = Map::new();
    whole.insert("openapi".to_owned(), "3.1.0".into());
    whole.insert(
        "info".to_owned(),
        json!({
            "title": "School Music Education Plan service",
            "version": about.version,
            "summary": "Plans, schools, visits and progress of a music education hub.",
            "description": include_str!("tour.md"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        }),
    );
    whole.insert("servers".to_owned(), json!([{"url": "/", "description": "This server."}]));
    whole.insert("tags".to_owned(), tags.into());
    for key in ["paths", "components"] {
        whole.insert(key.to_owned(), document.shift_remove(key).unwrap_or_else(|| json!({})));
    }
    if let Some(Value::Object(components)) = whole.get_mut("components") {
        components.sort_keys();
    }
    *document = whole;
}

/// The ways to authenticate, and for each operation those that it takes.
pub(super) fn secure(document: &mut Object, about: &About<'_>) {
    let asked = asked(document);
    let scopes = about.scopes.iter().filter(|(scope, _)| asked.contains(*scope));
    let scopes: Object = scopes.map(|(scope, allows)| ((*scope).to_owned(), (*allows).into())).collect();
    let flow = json!({"tokenUrl": about.token_url, "refreshUrl": about.token_url, "scopes": scopes});
    let schemes = walk::components(document, "securitySchemes");
    schemes.insert(
        "token".to_owned(),
        json!({
            "type": "oauth2",
            "description": "People sign in with the password flow, partner systems with client \
                            credentials. Tokens are JWTs as RFC8725 has them: signed by one algorithm, \
                            for one audience, for ten minutes.",
            "flows": {"password": flow, "clientCredentials": flow}
        }),
    );
    schemes.insert(
        "bearer".to_owned(),
        json!({
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token that you have already, a JWT as RFC8725 has it."
        }),
    );
    for operation in walk::operations(document) {
        let guarded = operation.is_guarded();
        let ways = operation.value.entry("security").or_insert_with(|| json!([]));
        match ways {
            Value::Array(ways) if guarded => ways.push(json!({"bearer": []})),
            // Said plainly, since no list at all would mean that nobody thought of it.
            other => *other = json!([]),
        }
    }
}

/// The scopes that operations ask for.
fn asked(document: &mut Object) -> HashSet<String> {
    let mut asked = HashSet::new();
    for operation in walk::operations(document) {
        let ways = operation.value.get("security").and_then(Value::as_array).into_iter().flatten();
        let scopes = ways.filter_map(|way| way["token"].as_array()).flatten().filter_map(Value::as_str);
        asked.extend(scopes.map(str::to_owned));
    }
    asked
}
