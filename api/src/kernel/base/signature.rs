//! Signatures of texts that come back from callers unaltered: cursors and links.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Signs `body` for one purpose (HMAC-SHA-256): it does not fit another one.
#[must_use]
pub fn sign(secret: &[u8; 32], purpose: &str, body: &[u8]) -> [u8; 32] {
    let length = (purpose.len() as u64).to_be_bytes();
    keyed(secret, &[&length, purpose.as_bytes(), body])
}

/// Hashes `parts`, one after the other, with a key (HMAC-SHA-256).
#[must_use]
pub fn keyed(secret: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC fills a short key with zeros to the length of a block.
    let mut key = hmac::digest::Key::<Hmac<Sha256>>::default();
    key[..secret.len()].copy_from_slice(secret);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether two secrets or signatures are equal, in a time that tells nothing about where they differ.
#[must_use]
pub fn same(left: impl AsRef<[u8]>, right: impl AsRef<[u8]>) -> bool {
    left.as_ref().ct_eq(right.as_ref()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_texts_are_the_same() {
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab"));
    }
}
