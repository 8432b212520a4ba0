//! Which path of the document an address fits.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::walk::{Object, text_of};
use crate::kernel::base::prescribed::ROSTERING;

/// What the addresses of the API begin with.
pub const API: &str = "/api/v1";

/// The first segment of an address after [`API`] or [`ROSTERING`], or of any other address.
#[must_use]
pub fn stem(path: &str) -> &str {
    let rest = path.strip_prefix(API).or_else(|| path.strip_prefix(ROSTERING)).unwrap_or(path);
    rest.strip_prefix('/').unwrap_or(rest).split('/').next().unwrap_or_default()
}

/// The paths of the document, found by the segments of an address.
pub struct Paths(HashMap<String, Vec<Template>>);

/// A path of the document with its operations.
pub struct Template {
    pub path: Arc<str>,
    /// A parameter has no text of its own.
    segments: Vec<Option<String>>,
    operations: Vec<Operation>,
}

/// What a server needs to know of an operation.
struct Operation {
    /// In capitals.
    method: String,
    /// True if it answers in other forms than JSON too.
    gives_more: bool,
}

impl Paths {
    /// Those that a document lists.
    pub fn of(document: &Object) -> Self {
        let mut by_stem: HashMap<String, Vec<Template>> = HashMap::new();
        let paths = document.get("paths").and_then(Value::as_object);
        for (path, item) in paths.into_iter().flatten() {
            let segment = |text: &str| (!text.starts_with('{')).then(|| text.to_owned());
            let operations = item.as_object().into_iter().flatten();
            let operations = operations.map(|(method, operation)| Operation {
                method: method.to_uppercase(),
                gives_more: gives_more(document, operation),
            });
            let template = Template {
                path: path.as_str().into(),
                segments: path.split('/').map(segment).collect(),
                operations: operations.collect(),
            };
            by_stem.entry(stem(path).to_owned()).or_default().push(template);
        }
        for templates in by_stem.values_mut() {
            // Fixed segments come before parameters, as the router has it.
            templates.sort_by_key(|template| template.segments.iter().map(Option::is_none).collect::<Vec<_>>());
        }
        Self(by_stem)
    }

    /// The path that an address fits.
    pub fn find(&self, address: &str) -> Option<&Template> {
        self.0.get(stem(address))?.iter().find(|template| template.fits(address))
    }
}

/// Whether an operation that succeeds may answer in another form than JSON.
fn gives_more(document: &Object, operation: &Value) -> bool {
    let replies = operation["responses"].as_object().into_iter().flatten();
    let replies = replies.filter(|(status, _)| status.starts_with('2')).map(|(_, reply)| reply);
    let mut contents = replies.filter_map(|reply| resolved(document, reply)["content"].as_object());
    contents.any(|content| content.keys().any(|kind| kind != "application/json"))
}

/// A reply behind its reference.
fn resolved<'v>(document: &'v Object, reply: &'v Value) -> &'v Value {
    let name = text_of(reply, "$ref").and_then(|reference| reference.strip_prefix("#/components/responses/"));
    let shared = || document.get("components")?.get("responses")?.get(name?);
    shared().unwrap_or(reply)
}

impl Template {
    /// The methods of its operations, in capitals.
    pub fn methods(&self) -> Vec<String> {
        let mut methods: Vec<String> = self.operations.iter().map(|it| it.method.clone()).collect();
        if let Some(at) = methods.iter().position(|it| it == "GET") {
            methods.insert(at + 1, "HEAD".to_owned());
        }
        methods
    }

    /// Whether the operation that `method` does may answer in another form than JSON.
    pub fn gives_more(&self, method: &str) -> bool {
        let method = if method == "HEAD" { "GET" } else { method };
        self.operations.iter().any(|it| it.method == method && it.gives_more)
    }

    fn fits(&self, address: &str) -> bool {
        let mut given = address.split('/');
        let fits = self.segments.iter().all(|segment| match (segment, given.next()) {
            (Some(fixed), Some(given)) => fixed == given,
            (None, Some(given)) => !given.is_empty(),
            (_, None) => false,
        });
        fits && given.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_fits_the_path_with_the_most_fixed_segments() {
        let document = json!({ "paths": {
            "/api/v1/schools": {}, "/api/v1/schools/{id}": {}, "/api/v1/schools/counts": {},
            "/api/v1/schools/{id}/restore": {}, "/health/live": {}, "/ims/oneroster/rostering/v1p2/schools/{id}": {},
        } });
        let paths = Paths::of(document.as_object().unwrap());
        for (address, path) in [
            ("/api/v1/schools", Some("/api/v1/schools")),
            ("/api/v1/schools/7", Some("/api/v1/schools/{id}")),
            ("/api/v1/schools/counts", Some("/api/v1/schools/counts")),
            ("/api/v1/schools/7/restore", Some("/api/v1/schools/{id}/restore")),
            ("/health/live", Some("/health/live")),
            ("/ims/oneroster/rostering/v1p2/schools/7", Some("/ims/oneroster/rostering/v1p2/schools/{id}")),
            ("/api/v1/schools/", None),
            ("/api/v1/schools/7/8", None),
            ("/api/v1/pupils", None),
            ("", None),
        ] {
            assert_eq!(paths.find(address).map(|found| &*found.path), path, "{address}");
        }
    }
}
