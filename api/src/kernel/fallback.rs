//! The answer where no handler fits: 404, or 405 with the methods that would.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde_json::Value;

use crate::kernel::openapi::Document;
use crate::kernel::pages;
use crate::kernel::problem::{Code, Problem, Result};
use crate::kernel::state::State;

impl Document {
    /// The methods that a path takes, by the path templates of the document; `None` if it is
    /// unknown. Where several templates fit, the most literal one counts.
    #[must_use]
    pub fn methods_for(&self, path: &str) -> Option<Vec<Method>> {
        let paths = self.json.get("paths").and_then(Value::as_object)?;
        let (_, item) = paths
            .iter()
            .filter_map(|(template, item)| Some((fit(template, path)?, item)))
            .min_by(|(one, _), (other, _)| one.cmp(other))?;
        let mut methods: Vec<Method> = item
            .as_object()?
            .keys()
            .filter(|name| METHODS.contains(&name.as_str()))
            .filter_map(|name| name.to_ascii_uppercase().parse().ok())
            .collect();
        also(&mut methods);
        Some(methods)
    }
}

/// The members of a path item that are methods.
const METHODS: &[&str] = &["get", "put", "post", "delete", "patch", "head", "options", "trace"];

/// Whoever takes GET takes HEAD, and every address says what it takes.
fn also(methods: &mut Vec<Method>) {
    if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
        methods.push(Method::HEAD);
    }
    if !methods.contains(&Method::OPTIONS) {
        methods.push(Method::OPTIONS);
    }
}

/// Which segments of `path` a parameter of `template` took, if the two fit: the smallest of
/// these is the most literal template.
fn fit(template: &str, path: &str) -> Option<Vec<bool>> {
    let mut taken = Vec::new();
    let mut segments = path.split('/');
    for part in template.split('/') {
        let segment = segments.next()?;
        let parameter = part.starts_with('{') && part.ends_with('}');
        if !(part == segment || parameter && !segment.is_empty()) {
            return None;
        }
        taken.push(parameter);
    }
    segments.next().is_none().then_some(taken)
}

/// What is wrong with a request that no handler took, or whose path did not parse.
#[must_use]
pub fn unmatched(request: &HttpRequest) -> Problem {
    match methods(request) {
        Some(methods) if !methods.contains(request.method()) => {
            let allow = list(&methods);
            let detail = format!("{} is not taken here; {allow} are", request.method());
            Problem::new(Code::MethodNotAllowed, detail).header(ALLOW, allow)
        }
        _ => Problem::not_found(),
    }
}

/// The service where no other fits.
pub async fn answer(request: HttpRequest) -> Result<impl Responder> {
    match methods(&request) {
        Some(methods) if request.method() == Method::OPTIONS => {
            Ok(HttpResponse::NoContent().insert_header((ALLOW, list(&methods))).finish())
        }
        _ => Err(unmatched(&request)),
    }
}

fn methods(request: &HttpRequest) -> Option<Vec<Method>> {
    let state = request.app_data::<actix_web::web::Data<State>>()?;
    state.document.methods_for(request.path()).or_else(|| {
        pages::PATHS.iter().any(|template| fit(template, request.path()).is_some()).then(|| {
            let mut methods = vec![Method::GET];
            also(&mut methods);
            methods
        })
    })
}

fn list(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_most_literal_path_counts() {
        let json = json!({"paths": {
            "/visits/{id}": {"get": {}, "delete": {}, "parameters": []},
            "/visits/export": {"post": {}},
            "/visits/{id}/complete": {"post": {}},
        }});
        let document = Document { json };
        let methods = |path| document.methods_for(path).map(|methods| list(&methods));
        assert_eq!(methods("/visits/7").as_deref(), Some("GET, DELETE, HEAD, OPTIONS"));
        assert_eq!(methods("/visits/export").as_deref(), Some("POST, OPTIONS"));
        assert_eq!(methods("/visits/7/complete").as_deref(), Some("POST, OPTIONS"));
        assert_eq!(methods("/visits/"), None);
        assert_eq!(methods("/visits/7/other"), None);
    }
}
