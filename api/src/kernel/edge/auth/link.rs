//! Links that show one thing for ten minutes without an `Authorization` header, as a browser opens
//! them.
//!
//! A link carries the claims of the token that it was made with, the name of the token's key, and what
//! it shows, signed. It stores nothing, and it ends at once where the token would: with the session,
//! the grant, the user or the key.

use std::sync::Arc;

use entity::instant::Instant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::token::{self, Claims};
use super::{Auth, Authenticated};
use crate::kernel::base::encoding::{base64url, from_base64url};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::signature::{same, sign};
use crate::kernel::caller::permission::Scope;

/// Seconds for which a link works.
pub const LIFETIME: i64 = 600;

/// Bytes of the signature.
const SIGNATURE: usize = 32;

/// What a link says.
#[derive(Serialize, Deserialize)]
struct Link<T> {
    claims: Claims,
    /// The key that signed the token. A link of a version that did not name it has ended.
    kid: Arc<str>,
    /// Seconds since 1970. The address alone gives access and is easily passed on, so that no time is
    /// added for clocks that differ.
    expires_at: i64,
    shows: T,
}

impl Auth {
    /// Makes the text of a link that shows one thing to its holder as to the caller under
    /// `scope`, and says when it ends. A link of one `purpose` does not open a link of another.
    ///
    /// # Errors
    /// 500 when `shows` is not JSON.
    pub fn link(
        &self,
        caller: &Authenticated,
        scope: Scope,
        purpose: &str,
        shows: impl Serialize,
        now: Instant,
    ) -> Result<(String, Instant)> {
        let expires_at = token::seconds(now) + LIFETIME;
        let claims = Claims { scope: scope.to_string(), ..Claims::clone(&caller.claims) };
        let link = Link { claims, kid: caller.kid.clone(), expires_at, shows };
        let mut bytes = serde_json::to_vec(&link).map_err(Problem::internal)?;
        bytes.splice(0..0, sign(&self.link_key, purpose, &bytes));
        Ok((base64url(&bytes), Instant::from_micros(expires_at * 1_000_000)))
    }

    /// Opens a link: who made it, and what it shows.
    ///
    /// # Errors
    /// 404 when it was altered, has expired, its maker can no longer sign in by the same grant, or the
    /// key of the maker's token was revoked.
    pub async fn open_link<T: DeserializeOwned>(
        &self,
        text: &str,
        purpose: &str,
        now: Instant,
    ) -> Result<(Authenticated, T)> {
        let link: Link<T> = self.read_link(text, purpose).ok_or_else(ended)?;
        if link.expires_at <= token::seconds(now) {
            return Err(ended());
        }
        let maker = self.authenticator.resume(link.claims, &link.kid).await?.ok_or_else(ended)?;
        Ok((maker, link.shows))
    }

    fn read_link<T: DeserializeOwned>(&self, text: &str, purpose: &str) -> Option<Link<T>> {
        let bytes = from_base64url(text)?;
        let (signature, body) = bytes.split_at_checked(SIGNATURE)?;
        if !same(signature, sign(&self.link_key, purpose, body)) {
            return None;
        }
        serde_json::from_slice(body).ok()
    }
}

fn ended() -> Problem {
    Problem::new(Code::NotFound, "this link has ended or is incomplete: a link works for ten minutes; make a new one")
}
