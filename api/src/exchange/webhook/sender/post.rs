//! The way to receivers: one request at a time, to a machine that may be reached, within a time limit.
//!
//! Each request has a connection of its own, to an address that was looked up and checked for it. A client that keeps
//! connections, or looks up names by itself, would give others the time to change where a name leads.

use std::error::Error;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Position;

use super::super::address;
use super::super::signature::{self, SigningSecret};
use super::connection::Connections;
use crate::kernel::base::reply::JSON;

/// How many requests an instance has on their way at once.
const AT_ONCE: usize = 16;

/// How long a request may take, from the name of the machine to the end of the reply.
pub const LIMIT: Duration = Duration::from_secs(15);

/// The longest pause that a receiver may ask for by `Retry-After`.
const LONGEST: Duration = Duration::from_hours(24);

/// How long a reply is read, once it has begun.
const READING: Duration = Duration::from_secs(3);

/// How much of a reply is kept, in bytes.
const KEPT: usize = 2048;

/// How much of a cause is kept, in characters.
const CAUSE: usize = 500;

/// What sends requests, shared by all webhooks of an instance.
pub struct Post {
    key: [u8; 32],
    networks: Arc<[IpNet]>,
    places: Arc<Semaphore>,
    connections: Connections,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("networks", &self.networks).finish_non_exhaustive()
    }
}

/// A message, ready to be signed.
pub struct Message<'a> {
    /// Where it goes.
    pub url: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// What it says.
    pub body: Vec<u8>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The size of the request's body.
    pub bytes: usize,
    /// How long it took.
    pub took: Duration,
    /// How long the receiver asks to be left alone.
    pub pause: Option<Duration>,
    /// The status of the reply and its beginning, or why there was none.
    pub reply: Result<(u16, String), String>,
}

impl Sent {
    /// Returns true if the receiver has taken the message.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self.reply, Ok((200..=299, _)))
    }

    /// Returns true if the receiver wants no more messages.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.reply, Ok((410, _)))
    }

    /// Why the receiver has not taken the message.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        match &self.reply {
            Ok((200..=299, _)) => None,
            Ok((status @ 300..=399, _)) => {
                Some(format!("the receiver answered {status}: redirects are not followed; set the address itself"))
            }
            Ok((status, _)) => Some(format!("the receiver answered {status}")),
            Err(cause) => Some(cause.chars().take(CAUSE).collect()),
        }
    }
}

impl Post {
    /// A way to machines that are public or in these networks. Secrets follow from the key.
    #[must_use]
    pub fn new(key: [u8; 32], networks: &[IpNet]) -> Self {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Self { key, networks: networks.into(), places, connections: Connections::default() }
    }

    /// The key from which the secrets of webhooks follow.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// How many webhooks may begin to send.
    #[must_use]
    pub fn free(&self) -> usize {
        self.places.available_permits()
    }

    /// A place, if one is free.
    #[must_use]
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Sends a message, signed with each secret.
    pub async fn send(&self, message: Message<'_>, secrets: &[SigningSecret]) -> Sent {
        let (began, bytes, mut pause) = (Instant::now(), message.body.len(), None);
        let reply = tokio::time::timeout(LIMIT, self.reply(message, secrets, &mut pause)).await;
        let late = || Err(format!("the receiver did not answer within {} seconds", LIMIT.as_secs()));
        Sent { bytes, reply: reply.unwrap_or_else(|_| late()), took: began.elapsed(), pause }
    }

    async fn reply(
        &self,
        message: Message<'_>,
        secrets: &[SigningSecret],
        pause: &mut Option<Duration>,
    ) -> Result<(u16, String), String> {
        let url = address::check(message.url, &self.networks)?;
        let timestamp = message.timestamp.to_string();
        let signature = signature::header(secrets, message.id, &timestamp, &message.body);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&url[Position::BeforePath..Position::AfterQuery])
            .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
            .header(CONTENT_TYPE, JSON)
            .header(USER_AGENT, "smep")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature);
        let body = Full::new(Bytes::from(message.body));
        let request = request.body(body).map_err(|error| error.to_string())?;
        let stream = self.connections.to(&url, &self.networks).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| cause(&error))?;
        let exchange = async {
            let reply = sender.send_request(request).await.map_err(|error| cause(&error))?;
            let status = reply.status().as_u16();
            let seconds = reply.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            *pause = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST));
            Ok((status, beginning(reply).await))
        };
        let mut exchange = pin!(exchange);
        tokio::select! {
            reply = &mut exchange => reply,
            // What came before the connection ended can still be read.
            _ = connection => exchange.await,
        }
    }
}

/// The beginning of a reply as text that both databases keep. A reply that breaks off, or does not end soon, was one.
async fn beginning(reply: Response<Incoming>) -> String {
    let (mut body, mut bytes) = (reply.into_body(), Vec::new());
    let read = async {
        while bytes.len() < KEPT {
            let Some(Ok(frame)) = body.frame().await else { break };
            let Ok(chunk) = frame.into_data() else { continue };
            bytes.extend_from_slice(&chunk[..chunk.len().min(KEPT - bytes.len())]);
        }
    };
    // What has come by then is kept.
    let _ = tokio::time::timeout(READING, read).await;
    String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}")
}

/// What lies at the bottom of an error.
fn cause(error: &hyper::Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    format!("no reply: {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_name_that_leads_inside_is_refused_when_something_is_sent() {
        let post = Post::new([1; 32], &["192.0.2.0/24".parse().unwrap()]);
        // With a network allowed, inner names can be set; each is looked up.
        let message = Message { url: "https://localhost:1/hook", id: "msg_1", timestamp: 0, body: Vec::new() };
        let sent = post.send(message, &[]).await;
        assert!(sent.error().unwrap().contains("SMEP_WEBHOOK_NETWORKS"), "{sent:?}");
    }
}
