//! The way to receivers: one request at a time, to a machine that may be reached, within a time limit.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::address;
use super::super::signature::{self, SigningSecret};
use crate::kernel::base::reply::JSON;

/// How many requests an instance has on their way at once.
const AT_ONCE: usize = 16;

/// How long a request may take, from the name of the machine to the end of the reply.
pub const LIMIT: Duration = Duration::from_secs(15);

/// The longest pause that a receiver may ask for by `Retry-After`.
const LONGEST: Duration = Duration::from_hours(24);

/// How much of a reply is kept, in bytes.
const KEPT: usize = 2048;

/// How much of a cause is kept, in characters.
const CAUSE: usize = 500;

/// What sends requests, shared by all webhooks of an instance.
pub struct Post {
    key: [u8; 32],
    networks: Arc<[IpNet]>,
    places: Arc<Semaphore>,
    /// Made when first needed: many services have no webhook.
    encrypted: OnceLock<Result<Client, String>>,
    plain: OnceLock<Result<Client, String>>,
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
        Self { key, networks: networks.into(), places, encrypted: OnceLock::new(), plain: OnceLock::new() }
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
        let plain = url.scheme() == "http";
        // The client looks up names alone. A number was checked with the text.
        let timestamp = message.timestamp.to_string();
        let signature = signature::header(secrets, message.id, &timestamp, &message.body);
        let request = self
            .client(plain)?
            .post(url)
            .header(CONTENT_TYPE, JSON)
            .header(USER_AGENT, "smep")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(message.body);
        let reply = request.send().await.map_err(|error| cause(&error))?;
        let status = reply.status().as_u16();
        let seconds = reply.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        *pause = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST));
        Ok((status, beginning(reply).await))
    }

    fn client(&self, plain: bool) -> Result<&Client, String> {
        let (kept, networks) = (if plain { &self.plain } else { &self.encrypted }, self.networks.clone());
        kept.get_or_init(|| client(Lookup { networks, plain })).as_ref().map_err(Clone::clone)
    }
}

/// A client that connects only to what a lookup gives, follows no redirect, and asks no proxy.
fn client(lookup: Lookup) -> Result<Client, String> {
    let mut roots = RootCertStore::empty();
    // The certificates of this machine: a receiver inside may have one of the organisation's own authority.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() && !lookup.plain {
        let missing = "this machine knows no certificate authorities: install its package `ca-certificates`";
        return Err(missing.to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(config)
        .dns_resolver(Arc::new(lookup))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(LIMIT);
    client.build().map_err(|error| cause(&error))
}

/// Looks up the machines of a name, and leaves out the ones that are not to be reached. The client connects to what is
/// left, so that no other answer can come in between.
struct Lookup {
    networks: Arc<[IpNet]>,
    plain: bool,
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let (networks, plain) = (self.networks.clone(), self.plain);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|error| format!("the name `{}` was not found: {error}", name.as_str()))?;
            let reached = reachable(found.map(|address| address.ip()), plain, &networks);
            let reached = reached.map_err(|why| format!("the name `{}` leads nowhere: {why}", name.as_str()))?;
            let addresses: Addrs = Box::new(reached.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// The addresses that may be reached; why the last one may not, where none is left.
fn reachable(found: impl Iterator<Item = IpAddr>, plain: bool, networks: &[IpNet]) -> Result<Vec<IpAddr>, String> {
    let (mut left, mut refusal) = (Vec::new(), "it has no address".to_owned());
    for ip in found {
        match address::expect_reachable(ip, plain, networks) {
            Ok(()) => left.push(ip),
            Err(why) => refusal = why,
        }
    }
    if left.is_empty() { Err(refusal) } else { Ok(left) }
}

/// The beginning of a reply as text that both databases keep. A reply that breaks off was a reply.
async fn beginning(mut reply: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < KEPT {
        match reply.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk[..chunk.len().min(KEPT - bytes.len())]),
            Ok(None) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}")
}

/// What lies at the bottom of an error, without the address.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("the receiver did not answer within {} seconds", LIMIT.as_secs());
    }
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    format!("no reply: {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_addresses_only_the_public_ones_are_reached() {
        let ips = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let mixed = ips(&["10.0.0.1", "8.8.8.8", "::1"]);
        assert_eq!(reachable(mixed.into_iter(), false, &[]), Ok(ips(&["8.8.8.8"])));
        let inner = ips(&["127.0.0.1", "::ffff:169.254.169.254"]);
        assert!(reachable(inner.into_iter(), false, &[]).unwrap_err().contains("IPv4 address written as IPv6"));
        assert!(reachable(std::iter::empty(), false, &[]).is_err());
    }

    #[actix_web::test]
    async fn a_name_that_leads_inside_is_refused_when_something_is_sent() {
        let post = Post::new([1; 32], &["192.0.2.0/24".parse().unwrap()]);
        // With a network allowed, inner names can be set; each is looked up.
        let message = Message { url: "https://localhost:1/hook", id: "msg_1", timestamp: 0, body: Vec::new() };
        let sent = post.send(message, &[]).await;
        assert!(sent.error().unwrap().contains("SMEP_WEBHOOK_NETWORKS"), "{sent:?}");
    }
}
