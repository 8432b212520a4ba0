//! Signatures of texts that come back from callers unaltered: cursors and links.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs `body` for one purpose (HMAC-SHA-256): it does not fit another one.
#[must_use]
pub fn sign(secret: &[u8; 32], purpose: &str, body: &[u8]) -> [u8; 32] {
    // HMAC fills a short key with zeros to the length of a block.
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    key[..secret.len()].copy_from_slice(secret);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&key);
    mac.update(&(purpose.len() as u64).to_be_bytes());
    mac.update(purpose.as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// Compares two signatures in constant time.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    bool::from(subtle::ConstantTimeEq::ct_eq(one, other))
}
