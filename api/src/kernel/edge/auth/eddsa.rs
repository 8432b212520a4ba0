//! The one algorithm of our tokens, EdDSA with Ed25519, for the crate that reads and writes them. That crate's own
//! set of algorithms has RSA, ECDSA and HMAC beside it, which no token of ours may name.

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Private::of(*algorithm, key)?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Public::of(*algorithm, key)?)),
    // Keys are published by `Keys::jwks`.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes Ed25519 the only algorithm of this process. Only the first call does.
pub(super) fn install() {
    // Another call came before it.
    let _ = PROVIDER.install_default();
}

struct Private(SigningKey);

impl Private {
    fn of(algorithm: Algorithm, key: &EncodingKey) -> Result<Self> {
        expect(algorithm, key.family())?;
        Ok(Self(SigningKey::from_pkcs8_der(key.as_bytes()).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Signer<Vec<u8>> for Private {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).to_vec())
    }
}

impl JwtSigner for Private {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Public(VerifyingKey);

impl Public {
    fn of(algorithm: Algorithm, key: &DecodingKey) -> Result<Self> {
        expect(algorithm, key.family())?;
        let bytes = key.try_get_as_bytes()?.try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Verifier<Vec<u8>> for Public {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let signature = Signature::from_slice(signature).map_err(|_| Error::new())?;
        self.0.verify_strict(message, &signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Public {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

/// Refuses another algorithm, and a key that was made for another one.
fn expect(algorithm: Algorithm, family: AlgorithmFamily) -> Result<()> {
    match (algorithm, family) {
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => Ok(()),
        (Algorithm::EdDSA, _) => Err(ErrorKind::InvalidKeyFormat.into()),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::pkcs8::EncodePrivateKey;

    use super::*;

    #[test]
    fn only_eddsa_with_a_key_of_its_own_signs_and_verifies() {
        let pair = SigningKey::from_bytes(&[7; 32]);
        let private = EncodingKey::from_ed_der(pair.to_pkcs8_der().unwrap().as_bytes());
        let public = DecodingKey::from_ed_der(pair.verifying_key().as_bytes());
        let signature = Private::of(Algorithm::EdDSA, &private).unwrap().try_sign(b"text").unwrap();
        let verifier = Public::of(Algorithm::EdDSA, &public).unwrap();
        assert!(verifier.verify(b"text", &signature).is_ok());
        assert!(verifier.verify(b"next", &signature).is_err());
        assert!(verifier.verify(b"text", &signature[1..].to_vec()).is_err());
        for algorithm in [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256] {
            assert!(Private::of(algorithm, &private).is_err() && Public::of(algorithm, &public).is_err());
        }
        let secret = DecodingKey::from_secret(pair.verifying_key().as_bytes());
        assert!(Public::of(Algorithm::EdDSA, &secret).is_err());
        assert!(Public::of(Algorithm::EdDSA, &DecodingKey::from_ed_der(&[7; 31])).is_err());
    }
}
