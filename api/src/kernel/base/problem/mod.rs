//! The one error type: every 4xx and 5xx leaves as `application/problem+json` (RFC 9457).

mod code;
mod database;
mod disk;

pub use code::Code;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use entity::instant::Instant;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// What every fallible function of the API returns.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901) into the body (`/pupils`), `""` for the whole of it; for a
    /// query parameter its name after a `?` (`?limit`); for a part of the path its name in braces
    /// (`{system}`).
    #[serde(serialize_with = "clipped::<500, _>")]
    #[schema(max_length = 500, example = "/objectives/0/targets/2/value")]
    pub pointer: String,
    /// Which rule, in one stable word.
    #[schema(max_length = 60, example = "too_long")]
    pub code: String,
    /// What to do about it.
    #[serde(serialize_with = "clipped::<1000, _>")]
    #[schema(max_length = 1000, example = "at most 200 characters")]
    pub message: String,
}

/// How long the texts of a problem are at most, and how many faults it lists. The document has the
/// same numbers.
const LONGEST_DETAIL: usize = 2000;
const MOST_FAULTS: usize = 1000;

/// A text cut to what the document promises: parts of it may be what the caller sent.
fn clip(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        None => text.into(),
        Some(_) => text.chars().take(longest - 1).chain(['…']).collect::<String>().into(),
    }
}

fn clipped<const LONGEST: usize, S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&clip(text, LONGEST))
}

impl Fault {
    /// A fault at `pointer` that breaks the rule `code`; `message` says how to fix it.
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into() }
    }
}

/// An error on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<Fault>,
    headers: Vec<(HeaderName, HeaderValue)>,
    members: Map<String, Value>,
}

/// The form of every error reply (RFC 9457).
#[derive(Debug, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// The address of the page that explains this kind of error: whole where the service knows its
    /// public address (`SMEP_PUBLIC_URL`), else from its root.
    #[schema(max_length = 500, example = "/problems/invalid")]
    pub r#type: String,
    /// The kind of error in one sentence.
    #[schema(max_length = 200, example = "The body breaks a rule")]
    pub title: String,
    /// The HTTP status again.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    pub status: u16,
    /// What to do about this one.
    #[schema(max_length = 2000, example = "2 faults in the body")]
    pub detail: String,
    /// The kind of error, stable: branch on it.
    #[schema(example = "invalid")]
    pub code: Code,
    /// The number of the request, also in `X-Request-Id` and in the service's log.
    #[schema(max_length = 64, example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub request_id: String,
    /// Every fault of the request at once, where there are any.
    #[schema(max_items = 1000)]
    pub errors: Vec<Fault>,
    /// With `feed-restarted`: the epoch to follow from now on.
    pub epoch: Option<Uuid>,
    /// With `feed-restarted`: the number of the hub's last change, to go on from once everything is
    /// copied.
    #[schema(minimum = 0, example = 36905)]
    pub after: Option<i64>,
    /// With `stale-version`, for texts that several people write: the item as it is now.
    #[schema(value_type = Option<Object>, example = json!({ "level": 2, "evidence": "A repertoire list" }))]
    pub current: Option<Value>,
    /// With `stale-version`: the change that the request did not know of.
    #[schema(value_type = LastChange, required = false)]
    pub last_change: Option<LastChange>,
}

/// The last change of an item that somebody else has changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastChange {
    /// The version since then: the number in the item's `ETag`.
    #[schema(minimum = 1, example = 4)]
    pub version: i64,
    /// When it was.
    pub at: Instant,
    /// The name of the person who made it; null where a partner system or the service did, or the caller does not see
    /// the person.
    #[schema(required = true, max_length = 200, example = "Vivace Rondo")]
    pub by: Option<String>,
}

impl Problem {
    /// An error of kind `code`; `detail` tells the caller what to do about it.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            members: Map::new(),
        }))
    }

    /// 404: unknown or not visible, told apart by nobody.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "nothing with this address is visible to you")
    }

    /// What is wrong with a request that no handler takes: 405 with the methods that its address takes, 404 for an
    /// address that takes none.
    #[must_use]
    pub fn unmatched(method: &Method, taken: Option<&[String]>) -> Self {
        match taken {
            Some(taken) if !taken.iter().any(|it| it == method.as_str()) => {
                let allow = taken.join(", ");
                Self::new(Code::MethodNotAllowed, format!("{method} is not taken here, but {allow}"))
                    .header(ALLOW, allow)
            }
            _ => Self::not_found(),
        }
    }

    /// 409: the state does not allow it; `detail` says which states do.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Code::Conflict, detail)
    }

    /// 403: visible, but not the caller's to do; `detail` names the scope or reach that is missing.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, detail)
    }

    /// 422 with one fault.
    pub fn invalid(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::faults(vec![Fault::new(pointer, code, message)])
    }

    /// 422 with all faults of a body at once.
    #[must_use]
    pub fn faults(errors: Vec<Fault>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.message.clone(),
            many => format!("{} faults in the body", many.len()),
        };
        let mut problem = Self::new(Code::Invalid, detail);
        problem.0.errors = errors;
        problem
    }

    /// 500. The cause goes to the log under the request's number, never to the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "internal error");
        Self::new(Code::Internal, "a fault of the service; it has been logged")
    }

    /// 503 with a `Retry-After` in seconds.
    pub fn unavailable(detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(Code::Unavailable, detail).retry_after(seconds)
    }

    /// 507: the disk is full.
    #[must_use]
    pub fn storage_full() -> Self {
        let detail = "the disk is full, and nothing was written: free some space, then send the request again";
        Self::new(Code::StorageFull, detail).retry_after(30)
    }

    /// Adds one fault.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.0.errors.push(fault);
        self
    }

    /// Adds a header to the reply.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl AsRef<str>) -> Self {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.0.headers.push((name, value));
        }
        self
    }

    /// Says after how many seconds another try makes sense.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(actix_web::http::header::RETRY_AFTER, seconds.to_string())
    }

    /// Adds a member beside the members of RFC 9457 (`error` and `error_description` of RFC 6749, say).
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// The kind of error.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What the caller should do.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The faults found.
    #[must_use]
    pub fn errors(&self) -> &[Fault] {
        &self.0.errors
    }

    /// The reply, with the number of the request where there is one. `base` is the service's public
    /// address, before the path of the page that explains the problem; it may be empty.
    #[must_use]
    pub fn response(&self, request_id: &str, base: &str) -> HttpResponse {
        let inner = &self.0;
        let mut body = json!({
            "type": format!("{base}/problems/{}", inner.code.slug()),
            "title": inner.code.title(),
            "status": inner.code.status().as_u16(),
            "detail": clip(&inner.detail, LONGEST_DETAIL),
            "code": inner.code.slug(),
            "request_id": request_id,
            "errors": &inner.errors[..inner.errors.len().min(MOST_FAULTS)],
        });
        if let Value::Object(map) = &mut body {
            map.extend(inner.members.clone());
        }
        let mut reply = HttpResponse::build(inner.code.status());
        for (name, value) in &inner.headers {
            reply.append_header((name.clone(), value.clone()));
        }
        reply.insert_header((CONTENT_TYPE, "application/problem+json")).body(body.to_string())
    }

    /// The error behind an actix error: ours as it is, the framework's own by its status.
    #[must_use]
    pub fn from_actix(error: &actix_web::Error) -> Self {
        if let Some(problem) = error.as_error::<Self>() {
            return problem.clone();
        }
        let status = error.as_response_error().status_code();
        let code = Code::ALL.iter().copied().find(|code| code.status() == status);
        match code {
            Some(Code::Internal) => Self::internal(error),
            Some(code) => Self::new(code, code.fix()),
            None if status.is_client_error() => Self::new(Code::BadRequest, Code::BadRequest.fix()),
            None => Self::internal(error),
        }
    }
}

/// The number of the request, put into its extensions by the outermost middleware.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The number of a request, empty before one was given.
pub fn request_id(request: &HttpRequest) -> String {
    use actix_web::HttpMessage;
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.slug(), self.0.detail)?;
        for fault in &self.0.errors {
            write!(f, "\n  {} {}: {}", fault.pointer, fault.code, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// The outermost middleware builds the reply again with the request's number.
    fn error_response(&self) -> HttpResponse {
        self.response("", "")
    }
}
