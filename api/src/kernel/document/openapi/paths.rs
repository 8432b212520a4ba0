//! Which path of the document an address fits.

use std::collections::HashMap;
use std::sync::Arc;

use super::walk::Object;

/// What the addresses of the API begin with.
pub const API: &str = "/api/v1";

/// The first segment of an address of the API after [`API`], or of any other address.
#[must_use]
pub fn stem(path: &str) -> &str {
    let rest = path.strip_prefix(API).unwrap_or(path);
    rest.strip_prefix('/').unwrap_or(rest).split('/').next().unwrap_or_default()
}

/// The paths of the document, found by the segments of an address.
pub struct Paths(HashMap<String, Vec<Template>>);

struct Template {
    path: Arc<str>,
    /// A parameter has no text of its own.
    segments: Vec<Option<String>>,
}

impl Paths {
    /// Those that a document lists.
    pub fn of(document: &Object) -> Self {
        let mut by_stem: HashMap<String, Vec<Template>> = HashMap::new();
        let paths = document.get("paths").and_then(|paths| paths.as_object());
        for path in paths.into_iter().flat_map(Object::keys) {
            let segment = |text: &str| (!text.starts_with('{')).then(|| text.to_owned());
            let template = Template { path: path.as_str().into(), segments: path.split('/').map(segment).collect() };
            by_stem.entry(stem(path).to_owned()).or_default().push(template);
        }
        for templates in by_stem.values_mut() {
            // Fixed segments come before parameters, as the router has it.
            templates.sort_by_key(|template| template.segments.iter().map(Option::is_none).collect::<Vec<_>>());
        }
        Self(by_stem)
    }

    /// The path that an address fits.
    pub fn find(&self, address: &str) -> Option<&Arc<str>> {
        let templates = self.0.get(stem(address))?;
        templates.iter().find(|template| template.fits(address)).map(|template| &template.path)
    }
}

impl Template {
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
            "/api/v1/schools/{id}/restore": {}, "/health/live": {},
        } });
        let paths = Paths::of(document.as_object().unwrap());
        for (address, path) in [
            ("/api/v1/schools", Some("/api/v1/schools")),
            ("/api/v1/schools/7", Some("/api/v1/schools/{id}")),
            ("/api/v1/schools/counts", Some("/api/v1/schools/counts")),
            ("/api/v1/schools/7/restore", Some("/api/v1/schools/{id}/restore")),
            ("/health/live", Some("/health/live")),
            ("/api/v1/schools/", None),
            ("/api/v1/schools/7/8", None),
            ("/api/v1/pupils", None),
            ("", None),
        ] {
            assert_eq!(paths.find(address).map(|path| &**path), path, "{address}");
        }
    }
}
