//! What an administrator does with the keys in the database: look at them, seal them, revoke one.
#![expect(clippy::disallowed_methods, reason = "the keys belong to the kernel, and to no hub")]

use entity::instant::Instant;
use entity::kernel::{secret, signing_key};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, Set};
use serde::Serialize;

use super::keys::{Key, add, lock, new_key, read};
use super::seal::{KeyError, Seal};
use super::secret::decode;
use crate::kernel::database::db::Db;

/// A signing key as it is listed.
#[derive(Debug, Serialize)]
pub struct KeyLine {
    /// The key's name, as in a token's header.
    pub kid: String,
    /// True if it signs new tokens; else it only verifies.
    pub signs: bool,
    /// True if it is sealed by `SMEP_SEAL_KEY`.
    pub sealed: bool,
    /// When it was made.
    pub created_at: Instant,
    /// From when its last token has expired, once it signs no more.
    pub expires_at: Option<Instant>,
}

/// What revoking a key came to.
#[derive(Debug, Serialize)]
pub struct Revoked {
    /// The key whose tokens are refused from now on.
    pub revoked: String,
    /// The key that signs now.
    pub signing: String,
}

/// The signing keys, newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(db: &Db) -> Result<Vec<KeyLine>, KeyError> {
    let rows = read(db.read()).await?;
    let signing = rows.iter().find(|row| row.retires_at.is_none()).map(|row| row.kid.clone());
    let line = |row: signing_key::Model| KeyLine {
        signs: signing.as_ref() == Some(&row.kid),
        kid: row.kid,
        sealed: row.sealed,
        created_at: row.created_at,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Seals every signing key and secret that is not sealed yet, and returns their names.
///
/// # Errors
/// When a row is damaged, altered or sealed with another key: then nothing is changed.
pub async fn seal_all(db: &Db, seal: &Seal) -> Result<Vec<String>, KeyError> {
    let tx = db.begin_write().await?;
    lock(&tx).await?;
    let (open, mut sealed) = (Seal::new(None), Vec::new());
    for row in read(&tx).await? {
        Key::open(&row, if row.sealed { seal } else { &open })?;
        if row.sealed {
            continue;
        }
        let seed = decode(&row.private_key).ok_or_else(|| KeyError::Damaged(row.kid.clone()))?;
        let (private_key, closed) = seal.close(&row.kid, &seed);
        sealed.push(row.kid.clone());
        let mut row = row.into_active_model();
        (row.private_key, row.sealed) = (Set(private_key.into()), Set(closed));
        row.update(&tx).await?;
    }
    for row in secret::Entity::find().order_by_asc(secret::Column::Name).all(&tx).await? {
        let bytes = if row.sealed { seal } else { &open }.open(&row.name, &row.value, row.sealed)?;
        if row.sealed {
            continue;
        }
        let (value, closed) = seal.close(&row.name, &bytes);
        sealed.push(row.name.clone());
        let mut row = row.into_active_model();
        (row.value, row.sealed) = (Set(value.into()), Set(closed));
        row.update(&tx).await?;
    }
    db.commit(tx).await?;
    Ok(sealed)
}

/// Ends a key at once. Running instances refuse its tokens within five seconds; where no other key
/// signs, a new one does. None when there is no such key.
///
/// # Errors
/// When a new key is needed, and `seal` opens nothing of what the database has.
pub async fn revoke(db: &Db, seal: &Seal, kid: &str, now: Instant) -> Result<Option<Revoked>, KeyError> {
    let tx = db.begin_write().await?;
    lock(&tx).await?;
    if signing_key::Entity::delete_by_id(kid).exec(&tx).await?.rows_affected == 0 {
        tx.rollback().await;
        return Ok(None);
    }
    let left = read(&tx).await?;
    let signing = left.iter().filter(|row| row.retires_at.is_none()).find_map(|row| Key::open(row, seal).ok());
    let signing = match signing {
        Some(key) => key.kid,
        None => {
            // What another seal closes, no instance would open.
            for row in secret::Entity::find().all(&tx).await? {
                seal.open(&row.name, &row.value, row.sealed)?;
            }
            let key = new_key(seal, now);
            let kid = key.kid.clone();
            add(&tx, key).await?;
            kid
        }
    };
    db.commit(tx).await?;
    Ok(Some(Revoked { revoked: kid.to_owned(), signing }))
}
