//! Digests of what a source says: enough to see that something changed, and nothing to read it from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How many bytes of a digest are kept.
const KEPT: usize = 12;

/// Makes digests that are comparable within one source only.
#[derive(Clone, Copy, Debug)]
pub struct Salt(Uuid);

impl Salt {
    /// The salt of a source.
    #[must_use]
    pub const fn of(source: Uuid) -> Self {
        Self(source)
    }

    /// The digest of a value: of its JSON.
    #[must_use]
    pub fn digest(&self, value: &(impl Serialize + ?Sized)) -> String {
        // Plain data of ours, none of which can fail to become JSON.
        let text = serde_json::to_vec(value).unwrap_or_default();
        let digest = Sha256::new().chain_update(self.0.as_bytes()).chain_update(&text).finalize();
        URL_SAFE_NO_PAD.encode(&digest[..KEPT])
    }
}
