//! Asking the service over HTTP, and saying what is expected of its replies.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use api::kernel::base::prescribed::is_prescribed;
use api::kernel::edge::auth::token::Bearer;
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::ISSUER;
use super::document;

/// A connection that was idle for so long is not used again: a test that works for a while without asking does not see
/// that the server has closed it.
const IDLE: Duration = Duration::from_secs(10);

/// Somebody who asks: a token, or none, and the service's address.
#[derive(Clone, Debug)]
pub struct Caller {
    http: Client,
    base: String,
    token: Option<String>,
    /// Whom the token speaks for.
    bearer: Option<Bearer>,
    /// The person behind a user.
    person_id: Option<Uuid>,
}

impl Caller {
    pub fn nobody(base: impl Into<String>) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).pool_idle_timeout(IDLE);
        let http = http.build().unwrap();
        Self { http, base: base.into(), token: None, bearer: None, person_id: None }
    }

    /// The same with another token.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The same before another instance of the service.
    pub fn at(&self, base: impl Into<String>) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    /// The same speaking for somebody by a token minted for it.
    pub fn speaking_for(&self, bearer: Bearer, person_id: Option<Uuid>, token: String) -> Self {
        Self { bearer: Some(bearer), person_id, ..self.with_token(token) }
    }

    pub fn bearer(&self) -> Bearer {
        self.bearer.clone().expect("somebody to speak for")
    }

    /// The user, or the client of a partner system.
    pub fn subject(&self) -> Uuid {
        self.bearer().subject
    }

    pub fn person(&self) -> Uuid {
        self.person_id.expect("a person")
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a token")
    }

    pub fn get(&self, path: &str) -> Request {
        self.ask(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.ask(Method::POST, path).json(body)
    }

    /// A POST of the verb of a transition, without a body.
    pub fn act(&self, path: &str, etag: Option<&str>) -> Request {
        let request = self.ask(Method::POST, path);
        match etag {
            Some(etag) => request.header("if-match", etag),
            None => request,
        }
    }

    pub fn patch(&self, path: &str, body: &Value, etag: &str) -> Request {
        self.ask(Method::PATCH, path).json(body).header("if-match", etag)
    }

    pub fn put(&self, path: &str, body: &Value) -> Request {
        self.ask(Method::PUT, path).json(body)
    }

    pub fn delete(&self, path: &str, etag: &str) -> Request {
        self.ask(Method::DELETE, path).header("if-match", etag)
    }

    /// Any request. Paths are the document's, below `/api/v1`; one of another place begins
    /// with two slashes (`//health/live`).
    pub fn ask(&self, method: Method, path: &str) -> Request {
        let place = match path.strip_prefix("//") {
            Some(rest) => format!("/{rest}"),
            None if path.starts_with("/api/v1/") || is_prescribed(path) => path.to_owned(),
            None => format!("/api/v1{path}"),
        };
        let what = format!("{method} {place}");
        let mut builder = self.http.request(method, format!("{}{place}", self.base));
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token);
        }
        Request { builder, what }
    }

    /// Every item of a list, page by page, with the ids checked for repetition.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut address = format!("{path}{joint}limit=200");
        loop {
            let page = self.get(&address).await.expect(200).json();
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { return items };
            address = format!("{path}{joint}limit=200&cursor={cursor}");
        }
    }
}

/// A request that is sent when it is awaited.
pub struct Request {
    builder: RequestBuilder,
    what: String,
}

impl Request {
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.builder = self.builder.header(name, value.as_ref());
        self
    }

    /// A POST that may be repeated safely.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    /// A body as it is, of the type `application/json`.
    pub fn raw(self, body: impl Into<Vec<u8>>) -> Self {
        self.raw_of("application/json", body)
    }

    pub fn raw_of(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.builder = self.builder.header("content-type", kind).body(body.into());
        self
    }

    /// The reply, or why there is none: for tests that take the service away.
    pub async fn sent(self) -> Result<Reply, reqwest::Error> {
        let reply = self.builder.send().await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let body = reply.bytes().await?.to_vec();
        let reply = Reply { what: self.what, status, headers, body };
        if let Some((method, path)) = reply.what.clone().split_once(' ') {
            document::hold(method, path, &reply);
        }
        Ok(reply)
    }
}

impl IntoFuture for Request {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let what = self.what.clone();
            self.sent().await.unwrap_or_else(|error| panic!("{what}: {error:?}"))
        })
    }
}

/// A reply, read to its end.
#[derive(Clone)]
pub struct Reply {
    /// What was asked.
    pub what: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// Fails with the whole reply when the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Fails unless it is this kind of problem in the form that every problem has.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        if self.what.split_once(' ').is_some_and(|(_, path)| is_prescribed(path)) {
            return self.status_info();
        }
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{self:?}");
        assert_eq!(problem["status"], status, "{self:?}");
        assert_eq!(problem["type"], format!("{ISSUER}/problems/{code}"), "{self:?}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{self:?}");
        for field in ["title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        }
        assert!(problem["errors"].is_array(), "{self:?}");
        problem
    }

    /// Fails unless it is an error as OneRoster has it. What it says stands in the members that a problem would have.
    #[track_caller]
    fn status_info(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        let error = self.json();
        assert_eq!([&error["imsx_codeMajor"], &error["imsx_severity"]], ["failure", "error"], "{self:?}");
        let codes = error["imsx_CodeMinor"]["imsx_codeMinorField"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        assert!(!codes.is_empty(), "{self:?}");
        let expected = match self.status {
            401 => "unauthorisedrequest",
            403 => "forbidden",
            404 => "unknownobject",
            405 => "unsupported",
            429 | 503 => "server_busy",
            500.. => "internal_server_error",
            _ => "inval",
        };
        for code in codes {
            assert_eq!(code["imsx_codeMinorFieldName"], "TargetEndSystem", "{self:?}");
            let value = code["imsx_codeMinorFieldValue"].as_str().unwrap_or_default();
            assert!(value.starts_with(expected), "{self:?}");
        }
        let detail = error["imsx_description"].as_str().unwrap_or_default();
        assert!(!detail.is_empty(), "{self:?}");
        json!({"status": self.status, "detail": detail, "codes": codes})
    }

    /// The words of a problem of this kind, for a snapshot: what is wrong, then a line for each fault.
    #[track_caller]
    pub fn refusal(&self, status: u16, code: &str) -> String {
        let problem = self.problem(status, code);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let faults = problem["errors"].as_array().into_iter().flatten();
        let mut faults: Vec<_> = faults
            .map(|one| format!("{} {}: {}", text(&one["pointer"]), text(&one["code"]), text(&one["message"])))
            .collect();
        faults.sort();
        faults.insert(0, text(&problem["detail"]));
        faults.iter().map(|line| wrapped(line)).collect::<Vec<_>>().join("\n")
    }

    /// The faults of a problem, as pointers with codes, sorted.
    #[track_caller]
    pub fn faults(&self) -> Vec<(String, String)> {
        let problem = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        let mut faults: Vec<_> = errors.iter().map(|one| (text(&one["pointer"]), text(&one["code"]))).collect();
        faults.sort();
        faults
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.maybe(name).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    pub fn maybe(&self, name: &str) -> Option<&str> {
        let name: HeaderName = name.parse().unwrap();
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    #[track_caller]
    pub fn id(&self) -> Uuid {
        let id = self.json()["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
        id.unwrap_or_else(|| panic!("no id: {self:?}"))
    }

    /// The ids of a page.
    #[track_caller]
    pub fn ids(&self) -> Vec<Uuid> {
        let page = self.json();
        let items = ["items", "orgs", "academicSessions"].iter().find_map(|name| page[*name].as_array());
        let items = items.unwrap_or_else(|| panic!("no items: {self:?}"));
        let id = |item: &Value| item["id"].as_str().or(item["sourcedId"].as_str()).unwrap().to_owned();
        items.iter().map(|item| Uuid::parse_str(&id(item)).unwrap()).collect()
    }
}

/// A line as lines of at most 100 characters; all but the first are indented.
fn wrapped(line: &str) -> String {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.last_mut().expect("a line");
        if last.is_empty() || last.len() + word.len() < 100 {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        } else {
            lines.push(format!("  {word}"));
        }
    }
    lines.join("\n")
}

/// The text that all of these are, for a snapshot.
#[track_caller]
pub fn one_text(texts: &[String]) -> &str {
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "{texts:#?}");
    texts.first().expect("a text")
}

/// A value for a snapshot: what differs from run to run, at these pointers, stands as its pointer.
#[track_caller]
pub fn redacted(value: &Value, pointers: &[&str]) -> Value {
    let mut value = value.clone();
    for pointer in pointers {
        let field = value.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"));
        *field = format!("[{pointer}]").into();
    }
    value
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.text();
        let body: String = body.chars().take(4000).collect();
        write!(f, "{} -> {}\n{:#?}\n{body}", self.what, self.status, self.headers)
    }
}
