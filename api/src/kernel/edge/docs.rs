//! Swagger UI, and the API document as it is sent: whole for generators, and part by part for people.

use std::io::Read;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::{Bytes, Data, Path, Redirect, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use utoipa_swagger_ui::Config;

use crate::kernel::base::packed::Packed;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;

/// The whole document.
const DOCUMENT: &str = "/api-docs/openapi.json";
/// The same as OpenAPI 3.0.3.
const OLDER: &str = "/api-docs/openapi-3.0.json";
const PARTS: &str = "/api-docs/parts/";

/// How long a browser keeps what changes with the program alone.
const FRESH: Duration = Duration::from_hours(1);

/// The routes. They are not operations of the API, and not in its document.
pub fn routes(config: &mut ServiceConfig) {
    config.service(document).service(older).service(part).service(bare).service(swagger).service(loaded);
}

/// Returns true if there is something at `path`, or may be.
#[must_use]
pub fn takes(path: &str) -> bool {
    [DOCUMENT, OLDER, "/docs"].contains(&path) || path.starts_with("/docs/") || path.starts_with(PARTS)
}

/// What Swagger UI consists of, beside its page.
static FILES: LazyLock<Vec<(&str, Packed)>> = LazyLock::new(|| {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    const STYLE: &str = "text/css; charset=utf-8";
    vec![
        ("docs.js", Packed::new(SCRIPT, include_str!("../../../templates/docs.js"))),
        ("docs.css", Packed::new(STYLE, include_str!("../../../templates/docs.css"))),
        ("swagger-ui-bundle.js", Packed::new(SCRIPT, vendored("swagger-ui-bundle.js"))),
        ("swagger-ui.css", Packed::new(STYLE, vendored("swagger-ui.css"))),
    ]
});

/// A file of Swagger UI as its makers publish it.
fn vendored(name: &str) -> Bytes {
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).ok().flatten();
    let packed = file.map(|file| file.bytes).unwrap_or_default();
    let mut plain = Vec::new();
    // What is built in is whole.
    let _ = GzDecoder::new(&*packed).read_to_end(&mut plain);
    plain.into()
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    /// The documents, as JSON for the script.
    documents: String,
}

/// Swagger UI needs the slash.
#[get("/docs")]
async fn bare() -> Redirect {
    Redirect::to("/docs/").permanent()
}

/// The page that loads Swagger UI.
#[get("/docs/{page:(index.html)?}")]
async fn swagger(state: Data<State>) -> Result<HttpResponse> {
    let mut documents: Vec<Value> = state
        .document
        .parts()
        .map(|(name, about)| json!({"name": name, "url": format!("{PARTS}{name}.json"), "about": about}))
        .collect();
    documents.push(json!({"name": "all", "url": DOCUMENT, "about": "Every part in one page, which takes longer."}));
    let page = Page { documents: Value::from(documents).to_string() };
    let page = page.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type(ContentType::html()).insert_header((CACHE_CONTROL, "no-cache")).body(page))
}

/// What the page loads.
#[get("/docs/{file}")]
async fn loaded(name: Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let found = FILES.iter().find(|(known, _)| *known == *name);
    let (_, file) = found.ok_or_else(Problem::not_found)?;
    // Ours change while they are worked on.
    Ok(file.reply(&request, (!name.starts_with("docs.")).then_some(FRESH)))
}

/// The API document.
#[get("/api-docs/openapi.json")]
async fn document(state: Data<State>, request: HttpRequest) -> HttpResponse {
    state.document.files().whole.reply(&request, None)
}

/// The API document, for generators that do not read OpenAPI 3.1.
#[get("/api-docs/openapi-3.0.json")]
async fn older(state: Data<State>, request: HttpRequest) -> HttpResponse {
    state.document.older_file().reply(&request, None)
}

/// The operations of one tag, with all that they refer to.
#[get("/api-docs/parts/{tag}.json")]
async fn part(tag: Path<String>, state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let found = state.document.files().parts.iter().find(|(name, _)| *name == *tag);
    let (_, file) = found.ok_or_else(Problem::not_found)?;
    Ok(file.reply(&request, None))
}
