//! Asking the service: with a token of the client, over connections that are kept, and again where it was away.
//!
//! hyper is here already for webhooks. A client of the size of reqwest would bring pools, redirects and cookies, and a
//! follower needs none of them.

use std::cell::{Cell, OnceCell, RefCell};
use std::time::{Duration, Instant};

use api::kernel::base::tls;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderName, IF_NONE_MATCH, RETRY_AFTER, USER_AGENT,
};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rand::RngExt;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Position, Url};

use super::fault::Fault;

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(90);

/// The largest reply that is read, in bytes.
const LARGEST: usize = 256 << 20;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause, also where the service asks for a longer one: its time may be wrong.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// The longest pause without the service asking for it.
const LONGEST_GUESS: Duration = Duration::from_secs(30);

/// How long a service may be away from a follower that is to end.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_secs(30);

/// What asks.
pub struct Http {
    base: Url,
    client_id: String,
    client_secret: String,
    patience: Option<Duration>,
    token: RefCell<Option<Token>>,
    idle: RefCell<Vec<SendRequest<Full<Bytes>>>>,
    tls: OnceCell<Result<TlsConnector, String>>,
    away: Cell<bool>,
}

#[derive(Clone)]
struct Token {
    text: String,
    until: Instant,
}

/// A reply as it came.
struct Reply {
    status: u16,
    pause: Option<Duration>,
    etag: Option<String>,
    body: Bytes,
}

impl Reply {
    fn json(&self) -> Result<Value, Fault> {
        let told = |error| Fault::Fatal(format!("the service's reply is no JSON: {error}"));
        serde_json::from_slice(&self.body).map_err(told)
    }

    /// What a problem says, on one line.
    fn detail(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let detail = problem.get("detail").and_then(Value::as_str);
        detail.map_or_else(|| format!("status {}", self.status), str::to_owned)
    }
}

/// A document that is asked for again only to see whether it is another.
pub struct Document {
    etag: Option<String>,
    /// What it says.
    pub value: Value,
}

impl Http {
    /// A way to a service. A follower that is to end gives up when the service is away for long.
    pub fn new(base: Url, client_id: String, client_secret: String, ends: bool) -> Self {
        Self {
            base,
            client_id,
            client_secret,
            patience: ends.then_some(PATIENCE),
            token: RefCell::default(),
            idle: RefCell::default(),
            tls: OnceCell::new(),
            away: Cell::new(false),
        }
    }

    /// Returns true if the service was away since this was last asked: it may be another version now.
    pub fn was_away(&self) -> bool {
        self.away.take()
    }

    /// What the service answers with 200.
    ///
    /// # Errors
    /// The refusal; an outage only where the follower has no more patience.
    pub async fn get(&self, place: &str) -> Result<Value, Fault> {
        self.reply(place, None).await?.json()
    }

    /// A document; none where it is the one that is known.
    ///
    /// # Errors
    /// As [`Http::get`].
    pub async fn document(&self, place: &str, known: Option<&Document>) -> Result<Option<Document>, Fault> {
        let reply = self.reply(place, known.and_then(|known| known.etag.as_deref())).await?;
        if reply.status == 304 {
            return Ok(None);
        }
        let value = reply.json()?;
        Ok(Some(Document { etag: reply.etag, value }))
    }

    async fn reply(&self, place: &str, etag: Option<&str>) -> Result<Reply, Fault> {
        let mut renewed = false;
        loop {
            let token = self.token().await?;
            let reply = self.insist(|| self.request(Method::GET, place, Some(&token), etag, Bytes::new())).await?;
            match reply.status {
                200 | 304 => return Ok(reply),
                // Revoked before its time, with a new secret say.
                401 if !renewed => {
                    renewed = true;
                    *self.token.borrow_mut() = None;
                }
                403 => return Err(Fault::Forbidden(reply.detail())),
                410 => return Err(restarted(&reply)),
                status => return Err(Fault::Refused(status, reply.detail())),
            }
        }
    }

    /// A token that holds for a while.
    async fn token(&self) -> Result<String, Fault> {
        let known = self.token.borrow().clone();
        if let Some(token) = known.filter(|token| token.until > Instant::now()) {
            return Ok(token.text);
        }
        let form = json!({
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        });
        let body = Bytes::from(form.to_string());
        let place = "/api/v1/auth/token";
        let reply = self.insist(|| self.request(Method::POST, place, None, None, body.clone())).await?;
        if reply.status != 200 {
            return Err(Fault::Fatal(format!("the service does not sign the client in: {}", reply.detail())));
        }
        let value = reply.json()?;
        let text = value.get("access_token").and_then(Value::as_str);
        let text = text.ok_or_else(|| Fault::Fatal("the service's reply has no token".to_owned()))?.to_owned();
        let lives = Duration::from_secs(value.get("expires_in").and_then(Value::as_u64).unwrap_or(60));
        let until = Instant::now() + lives.saturating_sub(MARGIN).max(lives / 2);
        *self.token.borrow_mut() = Some(Token { text: text.clone(), until });
        Ok(text)
    }

    fn request(
        &self,
        method: Method,
        place: &str,
        token: Option<&str>,
        etag: Option<&str>,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{place}", self.base.path().trim_end_matches('/')))
            .header(HOST, &self.base[Position::BeforeHost..Position::AfterPort])
            .header(ACCEPT, "application/json, application/problem+json")
            .header(USER_AGENT, concat!("smep-follow/", env!("CARGO_PKG_VERSION")));
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        request.body(Full::new(body)).map_err(|error| Fault::Fatal(format!("the request cannot be sent: {error}")))
    }

    /// Sends a request until the service takes a decision about it: it waits where it is asked to, and where the
    /// service is away.
    async fn insist(&self, request: impl Fn() -> Result<Request<Full<Bytes>>, Fault>) -> Result<Reply, Fault> {
        let (began, mut failures) = (Instant::now(), 0);
        loop {
            let sent = tokio::time::timeout(LIMIT, self.send(request()?)).await;
            let sent = sent.unwrap_or_else(|_| Err(format!("no reply within {} seconds", LIMIT.as_secs())));
            let (pause, cause) = match sent {
                Ok(reply) if reply.status == 429 || reply.status >= 500 => {
                    let cause = format!("the service answered {}", reply.status);
                    (reply.pause.map_or_else(|| guess(failures), |pause| pause.min(LONGEST_PAUSE)), cause)
                }
                Ok(reply) => {
                    if failures > 2 {
                        eprintln!("smep: the service answers again");
                    }
                    return Ok(reply);
                }
                Err(cause) => {
                    self.away.set(true);
                    (guess(failures), cause)
                }
            };
            if self.patience.is_some_and(|patience| began.elapsed() + pause > patience) {
                return Err(Fault::Fatal(format!("{cause}; it was asked again and again")));
            }
            failures += 1;
            if failures == 3 {
                eprintln!("smep: {cause}; it is asked again until it answers");
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends a request once.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Reply, String> {
        // The service closes connections that are idle: that nothing came over such a one says nothing yet.
        let kept = self.kept();
        if let Some(sender) = kept {
            let again = request.clone();
            if let Ok(reply) = self.over(sender, request).await {
                return Ok(reply);
            }
            return self.over(self.connect().await?, again).await;
        }
        self.over(self.connect().await?, request).await
    }

    fn kept(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.borrow_mut();
        idle.retain(|sender| !sender.is_closed());
        idle.pop()
    }

    async fn over(&self, mut sender: SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<Reply, String> {
        sender.ready().await.map_err(|error| error.to_string())?;
        let reply = sender.send_request(request).await.map_err(|error| format!("no reply: {error}"))?;
        let header =
            |name: HeaderName| reply.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = reply.status().as_u16();
        let pause = header(RETRY_AFTER).and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let etag = header(ETAG);
        let body = Limited::new(reply.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| format!("the reply broke off: {error}"))?.to_bytes();
        self.idle.borrow_mut().push(sender);
        Ok(Reply { status, pause, etag, body })
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let host = self.base.host_str().unwrap_or_default();
        let port = self.base.port_or_known_default().unwrap_or_default();
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let tcp = TcpStream::connect((name, port)).await.map_err(|error| format!("no connection: {error}"))?;
        tcp.set_nodelay(true).map_err(|error| error.to_string())?;
        if self.base.scheme() == "http" {
            return handshake(tcp).await;
        }
        let tls = self.tls.get_or_init(tls::connector).as_ref().map_err(Clone::clone)?;
        let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
        let encrypted = tls.connect(server, tcp).await.map_err(|error| format!("no encrypted connection: {error}"))?;
        handshake(encrypted).await
    }
}

async fn handshake<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
{
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| format!("no connection: {error}"))?;
    actix_web::rt::spawn(async move {
        // How it ended is seen at the next request.
        let _ = connection.await;
    });
    Ok(sender)
}

/// Where the feed of a restored service goes on.
fn restarted(reply: &Reply) -> Fault {
    let problem = reply.json().unwrap_or_default();
    let epoch = problem.get("epoch").and_then(Value::as_str).and_then(|epoch| epoch.parse().ok());
    match (epoch, problem.get("after").and_then(Value::as_i64)) {
        (Some(epoch), Some(after)) => Fault::Restarted { epoch, after },
        _ => Fault::Refused(reply.status, reply.detail()),
    }
}

/// A pause after so many failures, of a random length, so that many followers do not come back at once.
fn guess(failures: u32) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_GUESS);
    longest.mul_f64(rand::rng().random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute_and_differ() {
        for failures in 0..40 {
            let longest = FIRST_PAUSE.mul_f64(2f64.powi(failures.min(16))).min(LONGEST_GUESS);
            let pause = guess(failures.unsigned_abs());
            assert!(pause <= longest && pause >= longest / 2, "{pause:?} after {failures}");
        }
        assert_ne!(guess(20), guess(20));
    }
}
