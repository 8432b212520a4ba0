//! Secrets and signatures as Standard Webhooks 1.0 has them (<https://www.standardwebhooks.com>).
//!
//! The crate `standardwebhooks` is not built in: it had its last release in March 2024 and brings versions of `base64`
//! and HMAC of its own, for what are ten lines here. The tests verify with it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use entity::exchange::webhook;
use entity::instant::Instant;

use crate::kernel::base::encoding::base64url;
use crate::kernel::base::signature::keyed;

/// The name of the key, among the secrets of the installation, from which the secrets of webhooks follow. It is sealed
/// as they are.
pub const KEY: &str = "webhook";

/// A secret that signs what a webhook sends.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret([u8; 32]);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"...\"")
    }
}

impl SigningSecret {
    /// The secret that follows from a salt of a webhook.
    #[must_use]
    pub fn of(key: &[u8; 32], webhook: &webhook::Model, salt: &str) -> Self {
        Self(keyed(key, &[webhook.hub_id.as_bytes(), webhook.id.as_bytes(), salt.as_bytes()]))
    }

    /// The secrets that sign at a moment: the current one, and for a time the one before.
    #[must_use]
    pub fn valid(key: &[u8; 32], webhook: &webhook::Model, now: Instant) -> Vec<Self> {
        let previous = webhook.previous_salt.as_deref().filter(|_| webhook.previous_secret_until > Some(now));
        let salts = [Some(&*webhook.secret_salt), previous].into_iter().flatten();
        salts.map(|salt| Self::of(key, webhook, salt)).collect()
    }

    /// The secret as receivers take it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    fn sign(&self, message_id: &str, timestamp: &str, body: &[u8]) -> String {
        let parts = [message_id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        format!("v1,{}", STANDARD.encode(keyed(&self.0, &parts)))
    }
}

/// A salt for a new secret.
#[must_use]
pub fn salt() -> String {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes);
    base64url(&bytes)
}

/// The header `webhook-signature`: one signature for each secret, with spaces between.
#[must_use]
pub fn header(secrets: &[SigningSecret], message_id: &str, timestamp: &str, body: &[u8]) -> String {
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(message_id, timestamp, body)).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HMAC fills a shorter key with zeros, so that a longer one with zeros at its end is the same.
    fn secret(text: &str) -> SigningSecret {
        let mut bytes = STANDARD.decode(text).unwrap();
        bytes.resize(32, 0);
        SigningSecret(bytes.try_into().unwrap())
    }

    #[test]
    fn the_test_vectors_of_the_specification_hold() {
        let first = secret("C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let signed = first.sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553", body);
        assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
        let second = secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let signed = header(&[second, first], id, "1614265330", body);
        assert_eq!(signed.split(' ').next(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(signed.split(' ').count(), 2);
    }

    #[test]
    fn debug_shows_no_secret() {
        let known = secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert_eq!(format!("{known:?}"), "\"...\"");
    }
}
