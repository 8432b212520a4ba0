//! The API document.

use serde_json::Value;

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
    /// The collections whose items more than one person edits.
    pub guarded: &'a [&'a str],
}

/// The API document, made from the handlers.
#[derive(Clone, Debug)]
pub struct Document(std::sync::Arc<Value>);

impl Document {
    /// Completes what the handlers declare.
    #[must_use]
    pub fn build(declared: &utoipa::openapi::OpenApi, _about: &About<'_>) -> Self {
        Self(std::sync::Arc::new(serde_json::to_value(declared).unwrap_or_default()))
    }

    /// The document itself.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// The document as it is committed: indented, with a line's end.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", self.0)
    }

    /// The methods of the address `path`, in capitals; `None` if no template fits it. Fixed
    /// segments come before parameters, as the router has it.
    #[must_use]
    pub fn methods(&self, path: &str) -> Option<Vec<String>> {
        let given: Vec<&str> = path.split('/').collect();
        let paths = self.0.get("paths")?.as_object()?;
        let mut fitting: Vec<_> = paths
            .iter()
            .filter_map(|(template, item)| Some((shape(template, &given)?, item.as_object()?)))
            .collect();
        fitting.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (_, item) = fitting.first()?;
        let mut methods: Vec<String> = item.keys().map(|it| it.to_uppercase()).collect();
        if let Some(at) = methods.iter().position(|it| it == "GET") {
            methods.insert(at + 1, "HEAD".to_owned());
        }
        Some(methods)
    }
}

/// Which segments of `template` are parameters, if it fits the `given` ones.
fn shape(template: &str, given: &[&str]) -> Option<Vec<bool>> {
    let segments: Vec<&str> = template.split('/').collect();
    let fits = |(segment, given): (&&str, &&str)| {
        if segment.starts_with('{') { !given.is_empty() } else { segment == given }
    };
    if segments.len() != given.len() || !segments.iter().zip(given).all(fits) {
        return None;
    }
    Some(segments.iter().map(|segment| segment.starts_with('{')).collect())
}
