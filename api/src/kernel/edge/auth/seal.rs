//! Keys at rest: sealed by a key from the environment where one is given.
#![expect(clippy::disallowed_methods, reason = "the secrets belong to the kernel, and to no hub")]

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use entity::kernel::secret as row;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait};

use super::secret::{decode, encode};
use crate::kernel::database::db::Pool;

/// The nonce of XChaCha20 is long enough to be drawn at random for each sealing.
const NONCE: usize = 24;

/// Why keys cannot be loaded. Each is one line that says what to set.
#[derive(Debug)]
pub enum KeyError {
    /// A row is sealed, and there is no key in the environment.
    Unsealable(String),
    /// The key from the environment does not open a row.
    WrongSealKey(String),
    /// A row is not sealed, though there is a key in the environment.
    Plain(String),
    /// The public half of a signing key is not that of its private half.
    Altered(String),
    /// A row holds something else than a key.
    Damaged(String),
    /// The database did not answer.
    Database(DbErr),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsealable(name) => {
                write!(f, "the key '{name}' in the database is sealed: set SMEP_SEAL_KEY to the key it was sealed with")
            }
            Self::WrongSealKey(name) => write!(
                f,
                "SMEP_SEAL_KEY does not open the key '{name}' in the database: set it to the key it was sealed with"
            ),
            Self::Plain(name) => write!(
                f,
                "the key '{name}' in the database is not sealed, though SMEP_SEAL_KEY is set: \
                 run `smep keys seal` if the database is yours alone"
            ),
            Self::Altered(name) => write!(
                f,
                "the public half of the key '{name}' in the database was altered: run `smep keys revoke {name}`"
            ),
            Self::Damaged(name) => {
                write!(f, "the key '{name}' in the database is damaged: restore it from a backup")
            }
            Self::Database(error) => {
                write!(f, "the keys cannot be read from the database: {error}")
            }
        }
    }
}

impl std::error::Error for KeyError {}

impl From<DbErr> for KeyError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<KeyError> for crate::kernel::base::problem::Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// Seals and opens what the database keeps of keys.
#[derive(Clone)]
pub struct Seal(Option<XChaCha20Poly1305>);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seal").field(&self.seals()).finish()
    }
}

impl Seal {
    /// With the key of `SMEP_SEAL_KEY`; without one keys are kept as they are.
    #[must_use]
    pub fn new(key: Option<&[u8; 32]>) -> Self {
        Self(key.map(|key| XChaCha20Poly1305::new(key.into())))
    }

    /// What to keep of `bytes`, and whether it is sealed. The name is bound into it, so that
    /// rows cannot be exchanged.
    #[must_use]
    pub fn close(&self, name: &str, bytes: &[u8]) -> (String, bool) {
        let mut nonce = [0_u8; NONCE];
        rand::fill(&mut nonce);
        let payload = Payload { msg: bytes, aad: name.as_bytes() };
        let sealed = self.0.as_ref().and_then(|cipher| cipher.encrypt(&XNonce::from(nonce), payload).ok());
        match sealed {
            Some(text) => (encode([nonce.as_slice(), &text].concat()), true),
            None => (encode(bytes), false),
        }
    }

    /// Returns true if there is a key to seal with.
    #[must_use]
    pub fn seals(&self) -> bool {
        self.0.is_some()
    }

    /// The 32 bytes kept under `name`. With a key nothing is accepted that it did not seal, since
    /// anybody who writes to the database could have put it there.
    ///
    /// # Errors
    /// When they are not sealed, sealed with another key, or damaged.
    pub fn open(&self, name: &str, text: &str, sealed: bool) -> Result<[u8; 32], KeyError> {
        let damaged = || KeyError::Damaged(name.to_owned());
        let kept = decode(text).ok_or_else(damaged)?;
        let bytes = if sealed {
            let cipher = self.0.as_ref().ok_or_else(|| KeyError::Unsealable(name.to_owned()))?;
            let (nonce, msg) = kept.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
            cipher
                .decrypt(&XNonce::from(*nonce), Payload { msg, aad: name.as_bytes() })
                .map_err(|_| KeyError::WrongSealKey(name.to_owned()))?
        } else if self.seals() {
            return Err(KeyError::Plain(name.to_owned()));
        } else {
            kept
        };
        bytes.try_into().map_err(|_| damaged())
    }

    /// The secret `name` of this installation, made when it is first asked for. Instances that
    /// ask at the same time get the same one.
    ///
    /// # Errors
    /// When it is sealed with another key, or the database is away.
    pub async fn secret(&self, db: &Pool, name: &str) -> Result<[u8; 32], KeyError> {
        if let Some(row) = row::Entity::find_by_id(name).one(db).await? {
            return self.open(name, &row.value, row.sealed);
        }
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        let (value, sealed) = self.close(name, &bytes);
        row::Entity::insert(row::ActiveModel {
            name: Set(name.to_owned()),
            value: Set(value.into()),
            sealed: Set(sealed),
        })
        .on_conflict(OnConflict::column(row::Column::Name).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
        let row = row::Entity::find_by_id(name).one(db).await?;
        let row = row.ok_or_else(|| KeyError::Damaged(name.to_owned()))?;
        self.open(name, &row.value, row.sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_name_only() {
        let seal = Seal::new(Some(&[1; 32]));
        let (text, sealed) = seal.close("cursor", &[7; 32]);
        assert!(sealed);
        assert_eq!(seal.open("cursor", &text, true).unwrap(), [7; 32]);
        assert!(matches!(seal.open("other", &text, true), Err(KeyError::WrongSealKey(_))));
        let other = Seal::new(Some(&[2; 32]));
        assert!(matches!(other.open("cursor", &text, true), Err(KeyError::WrongSealKey(_))));
        let none = Seal::new(None);
        assert!(matches!(none.open("cursor", &text, true), Err(KeyError::Unsealable(_))));
    }

    #[test]
    fn without_a_key_it_is_kept_plain_and_with_one_nothing_plain_is_accepted() {
        let (text, sealed) = Seal::new(None).close("cursor", &[7; 32]);
        assert!(!sealed);
        assert_eq!(Seal::new(None).open("cursor", &text, false).unwrap(), [7; 32]);
        let refused = Seal::new(Some(&[1; 32])).open("cursor", &text, false).unwrap_err();
        assert!(refused.to_string().contains("smep keys seal"), "{refused}");
    }
}
