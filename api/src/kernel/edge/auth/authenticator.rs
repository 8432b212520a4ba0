//! From a bearer token to a caller: in microseconds when it was seen a moment ago.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use quick_cache::sync::Cache;
use uuid::Uuid;

use super::keys::Keys;
use super::secret::digest;
use super::standing::{Holds, SubjectKey, SubjectState};
use super::token::{self, Claims};
use crate::kernel::base::clock::Clock;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::identity::Identity;
use crate::kernel::caller::permission::{Scope, ScopeSet};
use crate::kernel::database::db::Db;

/// A change made by another instance is seen within five seconds: this, and the time of a query.
const FRESH: Duration = Duration::from_secs(4);

/// Verified tokens and standings kept, each about 1 KB: 10 MB of each at most. Beyond it a token is
/// verified again, which costs some 50 microseconds.
const CAPACITY: usize = 10_000;

/// Verifies bearer tokens and says who is behind them.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Clock,
    keys: Keys,
    tokens: Cache<[u8; 32], Arc<Verified>>,
    standings: Cache<SubjectKey, Read>,
    generation: AtomicU64,
}

/// What holds for a subject, or why that could not be read. All callers who wait for one reading share it.
#[derive(Clone)]
struct Read {
    state: Result<Arc<SubjectState>>,
    /// When it was read. None: it is for the callers who wait alone, and the next one reads again.
    at: Option<Instant>,
}

struct Verified {
    kid: Arc<str>,
    claims: Arc<Claims>,
    scopes: ScopeSet,
}

/// A caller with a valid token.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who it is and what it may do.
    pub identity: Arc<Identity>,
    /// What the token says.
    pub claims: Arc<Claims>,
    /// The name of the key that signed the token.
    pub kid: Arc<str>,
    /// The password was set by somebody else, so that the owner has to change it first.
    pub must_change_password: bool,
}

impl Authenticator {
    /// An authenticator for tokens that `keys` sign.
    #[must_use]
    pub fn new(db: Db, clock: Clock, keys: Keys) -> Self {
        Self::remembering(CAPACITY, db, clock, keys)
    }

    fn remembering(capacity: usize, db: Db, clock: Clock, keys: Keys) -> Self {
        let (tokens, standings) = (Cache::new(capacity), Cache::new(capacity));
        let generation = AtomicU64::new(0);
        Self(Arc::new(Inner { db, clock, keys, tokens, standings, generation }))
    }

    /// The caller by its `Authorization` header.
    ///
    /// # Errors
    /// 401 when there is no valid token, 503 when the database cannot say whether it still holds.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Authenticated> {
        let token = bearer(headers)?;
        let verified = self.verified(token).await?;
        let caller = self.behind(&verified.claims, verified.scopes, &verified.kid).await?;
        caller.ok_or_else(|| refused("the token was revoked, or what it was given for has ended"))
    }

    /// Returns the caller behind the claims of a token that the key `kid` signed and that was verified
    /// before, whether or not the token has expired; none where the token would be refused for another
    /// reason, such as that its key was revoked since.
    ///
    /// # Errors
    /// 503 when the database cannot say whether they still hold.
    pub async fn resume(&self, claims: Claims, kid: &str) -> Result<Option<Authenticated>> {
        let accepted = self.0.keys.accepts(kid).await.map_err(|error| {
            tracing::error!(%error, "the signing keys cannot be read");
            Problem::unavailable("the service cannot read its signing keys at the moment", 2)
        })?;
        if !accepted {
            return Ok(None);
        }
        let scopes = scopes(&claims);
        self.behind(&Arc::new(claims), scopes, &kid.into()).await
    }

    /// Returns the person behind a grant as it is now, with the scopes given within it, for what a lasting secret of
    /// the person opens; none where the person can no longer sign in by the grant. It is read afresh each time.
    ///
    /// # Errors When the database is away.
    pub async fn holder(
        &self,
        hub_id: Uuid,
        user_id: Uuid,
        grant_id: Uuid,
        scopes: ScopeSet,
    ) -> Result<Option<Arc<Identity>>> {
        let key = SubjectKey::of_grant(hub_id, user_id, grant_id);
        let state = SubjectState::read(key, self.0.db.read()).await?;
        Ok(state.holder(key, scopes, self.0.clock.today()).map(Arc::new))
    }

    /// Returns a partner system as it is now, for what is done on its behalf without a token of its own; none where it,
    /// or its hub, is disabled or archived. It is read afresh each time.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn partner(&self, hub_id: Uuid, client_id: Uuid) -> Result<Option<Arc<Identity>>> {
        let key = SubjectKey::of_client(hub_id, client_id);
        let state = SubjectState::read(key, self.0.db.read()).await?;
        Ok(state.partner(key).map(Arc::new))
    }

    async fn behind(&self, claims: &Arc<Claims>, scopes: ScopeSet, kid: &Arc<str>) -> Result<Option<Authenticated>> {
        let standing = self.standing(claims).await?;
        let holds = standing.holds(claims, scopes, self.0.clock.today());
        Ok(holds.map(|Holds { identity, must_change_password }| Authenticated {
            identity: Arc::new(identity),
            claims: claims.clone(),
            kid: kid.clone(),
            must_change_password,
        }))
    }

    /// Forgets what was read of users, grants and clients: to be called after every change to
    /// one of them, so that it acts on this instance at once.
    pub fn invalidate(&self) {
        self.0.generation.fetch_add(1, Ordering::SeqCst);
    }

    async fn verified(&self, token: &str) -> Result<Arc<Verified>> {
        let key = digest(token);
        let known = self.0.tokens.get(&key);
        if let Some(verified) = known.filter(|verified| self.0.keys.knows(&verified.kid)) {
            token::check_times(&verified.claims, self.0.clock.now())
                .map_err(|rejected| refused(&rejected.to_string()))?;
            return Ok(verified);
        }
        let claims = self.0.keys.verify(token).await;
        let claims = claims.map_err(|rejected| refused(&rejected.to_string()))?;
        let scopes = scopes(&claims);
        let kid = token::kid(token).map_err(|rejected| refused(&rejected.to_string()))?;
        let verified = Arc::new(Verified { kid: kid.into(), claims: Arc::new(claims), scopes });
        self.0.tokens.insert(key, verified.clone());
        Ok(verified)
    }

    async fn standing(&self, claims: &Claims) -> Result<Arc<SubjectState>> {
        let key = SubjectKey::new(claims, self.0.generation.load(Ordering::SeqCst));
        let fresh = |known: &Read| known.at.is_some_and(|at| at.elapsed() < FRESH);
        if let Some(known) = self.0.standings.get(&key).filter(fresh) {
            return known.state;
        }
        // Of the callers who find it too old one reads it again, and the others wait for that.
        self.0.standings.remove_if(&key, |known| !fresh(known));
        let read = async {
            let at = Instant::now();
            let state = SubjectState::read(key, self.0.db.read()).await;
            let at = state.is_ok().then_some(at);
            Ok::<_, Infallible>(Read { state: state.map(Arc::new).map_err(Problem::from), at })
        };
        let Ok(read) = self.0.standings.get_or_insert_async(&key, read).await;
        read.state
    }
}

/// The scopes of a token. One that this version does not know grants nothing.
fn scopes(claims: &Claims) -> ScopeSet {
    claims.scope.split_ascii_whitespace().filter_map(Scope::named).collect()
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all(AUTHORIZATION);
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else {
        return Err(Problem::new(Code::Unauthenticated, Code::Unauthenticated.fix())
            .header(WWW_AUTHENTICATE, "Bearer realm=\"smep\""));
    };
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && second.is_none() => Ok(token.trim()),
        _ => Err(refused("send one header `Authorization: Bearer <token>`")),
    }
}

fn refused(why: &str) -> Problem {
    Problem::new(Code::Unauthenticated, format!("{why}; get a new token at /api/v1/auth/token")).header(
        WWW_AUTHENTICATE,
        format!(
            "Bearer realm=\"smep\", error=\"invalid_token\", error_description=\"{}\"",
            why.replace(['"', '`'], "'")
        ),
    )
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::kernel::database::db::testing::{opened, settings};
    use crate::kernel::edge::auth::token::{Bearer, Issuer};

    fn with(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    }

    #[actix_web::test]
    async fn no_more_tokens_are_remembered_than_there_is_room_for() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(&settings(&folder, &[])).await;
        let issuer = Issuer { iss: "https://smep.example".to_owned(), aud: "smep".to_owned() };
        let keys = Keys::in_memory(Clock::system(), issuer).unwrap();
        let authenticator = Authenticator::remembering(10, db, Clock::system(), keys.clone());
        for _ in 0..50 {
            let bearer = Bearer {
                hub_id: Uuid::now_v7(),
                subject: Uuid::now_v7(),
                grant_id: None,
                session_id: None,
                scope: String::new(),
                generation: 0,
            };
            let (token, _) = keys.mint(bearer).unwrap();
            authenticator.verified(&token).await.unwrap();
            assert!(authenticator.verified(&format!("{token}x")).await.is_err(), "what is refused is not remembered");
        }
        assert!((1..=10).contains(&authenticator.0.tokens.len()));
    }

    #[test]
    fn one_bearer_header_is_read_in_any_case() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
            assert_eq!(bearer(&with(&[value])).unwrap(), "abc");
        }
        for values in [&[][..], &["Basic abc"], &["Bearer"], &["abc"], &["Bearer a", "Bearer b"]] {
            let problem = bearer(&with(values)).unwrap_err();
            assert_eq!(problem.code(), Code::Unauthenticated);
            let reply = problem.response("", "");
            let challenge = reply.headers().get(WWW_AUTHENTICATE).unwrap().to_str().unwrap();
            assert!(challenge.starts_with("Bearer realm=\"smep\""), "{challenge}");
            assert_eq!(challenge.contains("invalid_token"), !values.is_empty());
        }
    }
}
