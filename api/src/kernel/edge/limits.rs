//! How much each caller may ask of this instance, and who a caller is on the network.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use super::auth::Identified;
use crate::kernel::base::prescribed::is_counted;
use crate::kernel::base::problem::{Code, Problem};
use crate::kernel::base::request::route_path;
use crate::kernel::base::settings::Settings;
use crate::kernel::caller::identity::Actor;
use crate::kernel::caller::state::State;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// After how many requests callers who have been quiet are forgotten, if not earlier.
const FORGET_EVERY: u32 = 4096;

/// Counters kept, some 100 bytes each. Beyond it new addresses share one, so that nobody fills the
/// memory by using many. Callers with a valid token always have their own.
const CALLERS: usize = 100_000;

type Limiter = RateLimiter<Caller, DashMapStateStore<Caller>, DefaultClock, StateInformationMiddleware>;

/// Whose allowance a request takes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Caller {
    /// The grant of a user, or the client of a partner system, whichever token it sends.
    Token(Uuid),
    /// Everybody at an address who has no valid token, or wants one.
    Address(IpAddr),
    /// All addresses beyond those that are counted one by one.
    Crowd,
}

/// The counters of this instance.
#[derive(Debug)]
pub struct Limits {
    limiter: Option<Limiter>,
    policy: Policy,
    asked: AtomicU32,
}

#[derive(Clone, Copy, Debug)]
struct Policy {
    quota: u32,
    window: Duration,
}

/// How a caller stands.
#[derive(Clone, Copy, Debug)]
enum RateState {
    Within { left: u32 },
    Over { wait: Duration },
}

impl Limits {
    /// The limits that `settings` say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let rate = NonZeroU32::new(settings.rate_limit);
        let burst = settings.rate_burst.and_then(NonZeroU32::new).or(rate);
        let limiter = rate.zip(burst).map(|(rate, burst)| {
            let quota = Quota::per_minute(rate).allow_burst(burst);
            RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
        });
        let rate = f64::from(settings.rate_limit.max(1));
        let quota = burst.map_or(0, NonZeroU32::get);
        let window = Duration::from_secs_f64(f64::from(quota) * 60.0 / rate);
        Self { limiter, policy: Policy { quota, window }, asked: AtomicU32::new(0) }
    }

    /// Forgets the callers whose whole allowance is back. To be called every minute.
    pub fn forget_quiet(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    /// How many callers are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.limiter.as_ref().map_or(0, Limiter::len)
    }

    /// Whose allowance a request takes from; none when it is not known who asks.
    fn caller(&self, request: &ServiceRequest, settings: &Settings) -> Option<Caller> {
        match request.extensions().get::<Identified>() {
            Some(Identified(Ok(caller))) => match caller.identity.actor {
                Actor::User { grant_id, .. } => return Some(Caller::Token(grant_id)),
                Actor::Client { client_id } => return Some(Caller::Token(client_id)),
                Actor::System => {}
            },
            // The token may be a valid one: the database cannot say.
            Some(Identified(Err(problem))) if problem.code() != Code::Unauthenticated => return None,
            _ => {}
        }
        let crowded = self.remembered() >= CALLERS;
        let address = client_address(request.request(), settings);
        Some(if crowded { Caller::Crowd } else { Caller::Address(address) })
    }
}

impl State {
    /// The counters of this instance.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.registered()
    }
}

fn count(limiter: &Limiter, caller: Caller) -> RateState {
    match limiter.check_key(&caller) {
        Ok(state) => RateState::Within { left: state.remaining_burst_capacity() },
        Err(until) => RateState::Over { wait: until.wait_time_from(DefaultClock::default().now()) },
    }
}

impl Policy {
    fn headers(self, standing: RateState) -> [(HeaderName, HeaderValue); 2] {
        let (left, reset) = match standing {
            RateState::Within { left } => {
                let used = self.quota.saturating_sub(left);
                (left, self.window.mul_f64(f64::from(used) / f64::from(self.quota.max(1))))
            }
            RateState::Over { wait } => (0, wait),
        };
        let policy = format!("\"default\";q={};w={}", self.quota, whole(self.window));
        let state = format!("\"default\";r={left};t={}", whole(reset));
        [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)]
            .map(|(name, value)| (name, HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(""))))
    }

    fn refusal(self, standing: RateState) -> Problem {
        let wait = match standing {
            RateState::Within { .. } => Duration::ZERO,
            RateState::Over { wait } => wait,
        };
        let mut problem = Problem::new(
            Code::TooManyRequests,
            format!("more than {} requests in {} s", self.quota, whole(self.window)),
        )
        .retry_after(whole(wait));
        for (name, value) in self.headers(standing) {
            problem = problem.header(name, value.to_str().unwrap_or_default());
        }
        problem
    }
}

/// Seconds, rounded up, so that a caller who waits that long is let in.
fn whole(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Counts the requests to the API, and refuses a caller over its allowance.
///
/// A grant or a client has an allowance of its own, over all its tokens and addresses,
/// since many people share the address of a school. What comes without a valid token counts for
/// its address, whether or not it is refused afterwards, and so does everything at `/auth/`.
///
/// # Errors
/// When a layer within fails.
pub async fn limit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let counted = count_request(&request);
    if let Some((policy, standing @ RateState::Over { .. })) = counted {
        return Ok(request.error_response(policy.refusal(standing)).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    if let Some((policy, standing)) = counted {
        for (name, value) in policy.headers(standing) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response.map_into_left_body())
}

/// Counts a request, and tells how its caller stands then; none where requests are not counted.
fn count_request(request: &ServiceRequest) -> Option<(Policy, RateState)> {
    if !is_counted(route_path(request)) {
        return None;
    }
    let state = request.app_data::<web::Data<State>>()?;
    let limits = state.limits();
    let limiter = limits.limiter.as_ref()?;
    if limits.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
        limits.forget_quiet();
    }
    let caller = limits.caller(request, &state.settings)?;
    Some((limits.policy, count(limiter, caller)))
}

/// The address a request comes from; of an IPv6 address its /64, since a home has as many.
///
/// It is the peer's, unless the peer is a trusted proxy: then `X-Forwarded-For` is read from the
/// right, past the proxies that are trusted, to the first address that is not.
#[must_use]
pub fn client_address(request: &HttpRequest, settings: &Settings) -> IpAddr {
    let trusted = |address: &IpAddr| settings.trusted_proxies.iter().any(|network| network.contains(address));
    let Some(peer) = request.peer_addr() else {
        return IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    };
    let mut address = peer.ip().to_canonical();
    if trusted(&address) {
        let lines: Vec<_> = request.headers().get_all("x-forwarded-for").collect();
        let hops = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(',').map(str::trim));
        for hop in hops {
            // What the last trusted proxy wrote cannot be read: it is the best that is known.
            let Some(hop) = hop_address(hop) else { break };
            address = hop;
            if !trusted(&address) {
                break;
            }
        }
    }
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Some proxies add a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let flag = format!("--trusted-proxies={trusted}");
        let flags = if trusted.is_empty() { vec![] } else { vec![flag.as_str()] };
        let settings = Settings::from_flags(flags).unwrap();
        let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
        for line in forwarded {
            request = request.append_header(("X-Forwarded-For", *line));
        }
        client_address(&request.to_http_request(), &settings).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_only_through_trusted_proxies() {
        assert_eq!(address("192.0.2.1:1", &["198.51.100.7"], ""), "192.0.2.1");
        assert_eq!(address("192.0.2.1:1", &["198.51.100.7"], "10.0.0.0/8"), "192.0.2.1");
        assert_eq!(address("10.0.0.1:1", &["198.51.100.7"], "10.0.0.0/8"), "198.51.100.7");
        // What the client put in itself stands to the left.
        let forged = ["203.0.113.9, 198.51.100.7, 10.0.0.2"];
        assert_eq!(address("10.0.0.1:1", &forged, "10.0.0.0/8"), "198.51.100.7");
        let lines = ["203.0.113.9", "198.51.100.7"];
        assert_eq!(address("10.0.0.1:1", &lines, "10.0.0.0/8"), "198.51.100.7");
        assert_eq!(address("10.0.0.1:1", &["nonsense"], "10.0.0.0/8"), "10.0.0.1");
        assert_eq!(address("10.0.0.1:1", &["198.51.100.7:4000"], "10.0.0.0/8"), "198.51.100.7");
    }

    #[test]
    fn an_ipv6_address_counts_by_its_network() {
        assert_eq!(address("[2001:db8:1:2:3:4:5:6]:1", &[], ""), "2001:db8:1:2::");
        assert_eq!(address("[::ffff:192.0.2.1]:1", &[], ""), "192.0.2.1");
    }

    #[test]
    fn addresses_beyond_those_remembered_share_one_allowance() {
        let settings = Settings::from_flags(["--rate-limit=1", "--rate-burst=2"]).unwrap();
        let limits = Limits::new(&settings);
        let limiter = limits.limiter.as_ref().unwrap();
        let caller = |last: u16| {
            let peer = format!("[2001:db8:0:{last:x}::1]:1").parse().unwrap();
            limits.caller(&TestRequest::default().peer_addr(peer).to_srv_request(), &settings).unwrap()
        };
        assert!(matches!(caller(1), Caller::Address(_)));
        for n in 0..CALLERS {
            count(limiter, Caller::Token(Uuid::from_u128(n as u128)));
        }
        assert_eq!(caller(1), Caller::Crowd);
        for last in 0..3 {
            let standing = count(limiter, caller(last));
            assert_eq!(matches!(standing, RateState::Over { .. }), last == 2, "{last}");
        }
        assert_eq!(limits.remembered(), CALLERS + 1);
    }

    #[test]
    fn the_headers_say_what_is_left() {
        let limits = Limits::new(&Settings::from_flags(["--rate-limit=60"]).unwrap());
        let limiter = limits.limiter.as_ref().unwrap();
        let caller = Caller::Address(IpAddr::V6(Ipv6Addr::LOCALHOST));
        let [policy, state] = limits.policy.headers(count(limiter, caller));
        assert_eq!(policy.1, "\"default\";q=60;w=60");
        assert_eq!(state.1, "\"default\";r=59;t=1");
        for _ in 0..59 {
            assert!(matches!(count(limiter, caller), RateState::Within { .. }));
        }
        let over = count(limiter, caller);
        assert!(matches!(over, RateState::Over { .. }));
        let problem = limits.policy.refusal(over).response("", "");
        assert_eq!(problem.headers().get("retry-after").unwrap(), "1");
    }
}
