//! The pages that people read: what this is, and what each error means.

use actix_web::body::BoxBody;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ContentType, HeaderValue, VARY};
use actix_web::web::{Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get};
use askama::Template;
use serde_json::json;

use super::listeners::Apart;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::document::accept::preferred;

/// The addresses of this file.
const PATHS: &[&str] = &["/", "/problems", "/assets/smep.css", DEMO_PLAN];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where a demo shows its plan.
pub const DEMO_PLAN: &str = "/demo/plan";

/// The pages' routes. They are not operations of the API, and not in its document.
pub fn routes(config: &mut ServiceConfig) {
    config.service(index).service(problems).service(problem).service(style);
}

/// Returns true if there is a page at `path`, or may be.
#[must_use]
pub fn takes(path: &str) -> bool {
    PATHS.contains(&path) || path.starts_with("/problems/")
}

/// What stands around the content of every page.
#[derive(Default)]
pub struct Layout {
    version: &'static str,
    /// Where the plan of a demo is.
    plan: Option<&'static str>,
    /// True if Swagger UI and the document are here.
    docs: bool,
}

impl Layout {
    /// The layout of the page that answers a request.
    pub fn of(request: &HttpRequest) -> Self {
        let Some(state) = request.app_data::<Data<State>>() else { return Self::default() };
        let docs = Apart::Docs.is_shown(request, state);
        Self { version: VERSION, plan: state.settings.demo.then_some(DEMO_PLAN), docs }
    }
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    layout: Layout,
    url: &'a str,
    user: &'a str,
    metrics: bool,
}

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems {
    layout: Layout,
    codes: &'static [Code],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Explanation {
    layout: Layout,
    code: Code,
    example: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout,
    code: Code,
    detail: &'a str,
    request_id: &'a str,
}

/// Returns true if a client would rather have a page than JSON, as a browser does that follows a link.
#[must_use]
pub fn prefers_page(request: &HttpRequest) -> bool {
    // The reader of `Accept` takes `+json` for a suffix of the subtype.
    let forms = [(false, ("application", "problem")), (false, ("application", "json")), (true, ("text", "html"))];
    request.method() == Method::GET && preferred(request, forms) == Some(true)
}

/// An error reply turned into a page; its status and headers stay.
pub fn as_page(layout: Layout, told: &Problem, request_id: &str, reply: HttpResponse) -> HttpResponse {
    let page = ErrorPage { layout, code: told.code(), detail: told.detail(), request_id };
    let Ok(page) = page.render() else { return reply };
    let mut reply = reply.set_body(BoxBody::new(page));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    reply.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    reply
}

/// What this is, and how to get a token.
#[get("/")]
async fn index(state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let demo = state.settings.demo;
    let user = if demo { "hos@demo.example" } else { "you@example.org" };
    let metrics = Apart::Metrics.is_shown(&request, &state);
    html(&Index { layout: Layout::of(&request), url: &state.settings.public_url(), user, metrics })
}

/// The kinds of error.
#[get("/problems")]
async fn problems(request: HttpRequest) -> Result<HttpResponse> {
    html(&Problems { layout: Layout::of(&request), codes: Code::ALL })
}

/// What a kind of error means and how to fix it.
#[get("/problems/{code}")]
async fn problem(slug: Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let code = Code::ALL.iter().copied().find(|code| code.slug() == *slug);
    let code = code.ok_or_else(Problem::not_found)?;
    let errors = match code {
        Code::Invalid | Code::BadParameter => json!([{
            "pointer": if code == Code::Invalid { "/name" } else { "?phase" },
            "code": if code == Code::Invalid { "too_long" } else { "unknown_value" },
            "message": if code == Code::Invalid {
                "at most 200 characters"
            } else {
                "one of primary, secondary, all_through"
            },
        }]),
        _ => json!([]),
    };
    let example = serde_json::to_string_pretty(&json!({
        "type": format!("/problems/{}", code.slug()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": "What to do about this one",
        "code": code.slug(),
        "request_id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10",
        "errors": errors,
    }))
    .map_err(Problem::internal)?;
    html(&Explanation { layout: Layout::of(&request), code, example })
}

/// How the pages look.
#[get("/assets/smep.css")]
async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(include_str!("../../../templates/smep.css"))
}

fn html(page: &impl Template) -> Result<HttpResponse> {
    let page = page.render().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type(ContentType::html()).body(page))
}
