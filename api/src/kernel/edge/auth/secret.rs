//! Secrets: made, hashed and compared, never printed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::kernel::base::signature::keyed;

/// Text that opens something: a password, a client's secret, a refresh token.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// 256 random bits as 43 letters, digits, `-` and `_`.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        Self(encode(bytes))
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. A plain hash is enough for 256 random bits; passwords go through
    /// [`super::password`].
    #[must_use]
    pub fn hash(&self) -> String {
        encode(digest(&self.0))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"...\"")
    }
}

/// SHA-256.
#[must_use]
pub fn digest(text: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// HMAC-SHA-256 in base64url: what is kept of an e-mail address, say, so that the table tells
/// nothing without the key.
#[must_use]
pub fn keyed_hash(key: &[u8; 32], text: &str) -> String {
    encode(keyed(key, &[text.as_bytes()]))
}

/// base64url without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url without padding.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_differ_and_are_256_bits() {
        let (one, two) = (Secret::random(), Secret::random());
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(decode(one.reveal()).unwrap().len(), 32);
        assert_ne!(one.hash(), one.reveal());
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::from("correct horse");
        assert_eq!(format!("{secret:?}"), "\"...\"");
    }

    #[test]
    fn keyed_hash_depends_on_the_key() {
        assert_ne!(keyed_hash(&[1; 32], "a@b.example"), keyed_hash(&[2; 32], "a@b.example"));
    }
}
