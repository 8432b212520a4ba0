//! Who is calling: keys, tokens, passwords, and the gate in front of the API.

pub mod authenticator;
mod eddsa;
pub mod keeping;
pub mod keys;
pub mod link;
pub mod middleware;
pub mod password;
pub mod seal;
pub mod secret;
mod standing;
pub mod token;

pub use authenticator::{Authenticated, Authenticator};
pub use keys::Keys;
pub use middleware::{Identified, SignedIn, identify, require_token};
pub use password::Passwords;
pub use seal::{KeyError, Seal};
pub use secret::Secret;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use token::Issuer;
use tokio::sync::Semaphore;

use crate::kernel::base::clock::Clock;
use crate::kernel::caller::state::State;
use crate::kernel::database::db::Db;

/// How often an instance looks whether a key was made, dropped or revoked: within five seconds it
/// acts on it, the time of a query included.
const UPKEEP: Duration = Duration::from_secs(3);

/// The claim `aud` of our tokens.
const AUDIENCE: &str = "smep";

/// All that telling callers apart takes, shared by all requests.
#[derive(Clone)]
pub struct Auth {
    /// The keys that sign access tokens.
    pub keys: Keys,
    /// Hashes and compares passwords.
    pub passwords: Passwords,
    /// Verifies bearer tokens.
    pub authenticator: Authenticator,
    /// Sign-ins by password under way at once. Who looks at the failures so far, compares, and
    /// counts a new one does so within a slot: so that many tries at the same moment do not all
    /// see the same count.
    pub sign_ins: Arc<Semaphore>,
    account_key: [u8; 32],
    link_key: [u8; 32],
}

impl State {
    /// All that telling callers apart takes.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        self.registered()
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Auth").field(&self.keys).finish()
    }
}

impl Auth {
    /// Reads the keys from the database, making those that are missing. `issuer` is the address
    /// by which clients know the service.
    ///
    /// # Errors
    /// When a key is sealed with another key than `seal`'s, or the database is away.
    pub async fn load(db: &Db, clock: &Clock, seal: &Seal, issuer: String) -> Result<Self, KeyError> {
        let account_key = seal.secret(db.write_pool(), "account").await?;
        let link_key = seal.secret(db.write_pool(), "link").await?;
        let issuer = Issuer { iss: issuer, aud: AUDIENCE.to_owned() };
        let keys = Keys::load(db.clone(), clock.clone(), seal.clone(), issuer).await?;
        let authenticator = Authenticator::new(db.clone(), clock.clone(), keys.clone());
        Ok(Self {
            keys,
            passwords: Passwords::default(),
            authenticator,
            sign_ins: Arc::new(Semaphore::new(password::AT_ONCE)),
            account_key,
            link_key,
        })
    }

    /// What is kept of an e-mail or network address whose sign-ins failed.
    #[must_use]
    pub fn account_key(&self, text: &str) -> String {
        secret::keyed_hash(&self.account_key, text)
    }

    /// Keeps the keys up to date for as long as the service runs.
    pub async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            if let Err(error) = self.keys.refresh().await {
                tracing::warn!(%error, "the signing keys could not be read again");
            }
        }
    }
}
