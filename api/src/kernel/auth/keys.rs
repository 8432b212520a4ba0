//! The keys that sign access tokens. They live in the database, so that every instance has the
//! same; they take turns, with an overlap as long as the longest token.
#![expect(clippy::disallowed_methods, reason = "the keys belong to the kernel, and to no hub")]

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use entity::instant::Instant;
use entity::kernel::signing_key::{ActiveModel, Column, Entity, Model};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, Set,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::seal::{KeyError, Seal};
use super::secret::{decode, encode};
use super::token::{self, Bearer, Claims, Issuer, Rejected};
use crate::kernel::clock::Clock;
use crate::kernel::db::Db;

/// How long a key signs.
const TERM: Duration = Duration::from_hours(90 * 24);

/// How long a key that signs no more still verifies: a token's life, and the minute in which
/// other instances may not have heard of the new key, with room to spare.
const OVERLAP: Duration = Duration::from_hours(1);

/// A stranger's `kid` makes us ask the database at most this often.
const PATIENCE: Duration = Duration::from_secs(2);

/// Any number that no other lock of ours on PostgreSQL uses.
const LOCK: i64 = 0x736d_6570_6b65_7973;

/// A public key as in RFC 8037.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Jwk {
    /// The type of key.
    #[schema(max_length = 3, example = "OKP")]
    pub kty: &'static str,
    /// The curve.
    #[schema(max_length = 7, example = "Ed25519")]
    pub crv: &'static str,
    /// The algorithm it signs with.
    #[schema(max_length = 5, example = "EdDSA")]
    pub alg: &'static str,
    /// What it is for.
    #[schema(max_length = 3, example = "sig")]
    pub r#use: &'static str,
    /// The key's name, as in a token's header.
    #[schema(max_length = 40, example = "0198c5f27b5e7cc2a3a62f6d1c7f5b10")]
    pub kid: String,
    /// The public key, base64url.
    #[schema(max_length = 43, example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Jwks {
    /// Newest first.
    #[schema(max_items = 20)]
    pub keys: Vec<Jwk>,
}

/// The keys as they were last read.
struct Ring {
    kid: String,
    signing: EncodingKey,
    made_at: Instant,
    verifying: HashMap<String, DecodingKey>,
    jwks: Jwks,
}

impl Ring {
    /// `rows` newest first.
    fn new(rows: &[Model], seal: &Seal) -> Result<Self, KeyError> {
        let damaged = |kid: &str| KeyError::Damaged(kid.to_owned());
        let current = current(rows).ok_or_else(|| damaged("signing"))?;
        let seed = seal.open(&current.kid, &current.private_key, current.sealed)?;
        let der = SigningKey::from_bytes(&seed).to_pkcs8_der();
        let der = der.map_err(|_| damaged(&current.kid))?;
        let mut verifying = HashMap::new();
        let mut keys = Vec::new();
        for row in rows {
            let x = decode(&row.public_key).filter(|x| x.len() == 32);
            let x = x.ok_or_else(|| damaged(&row.kid))?;
            verifying.insert(row.kid.clone(), DecodingKey::from_ed_der(&x));
            keys.push(Jwk {
                kty: "OKP",
                crv: "Ed25519",
                alg: "EdDSA",
                r#use: "sig",
                kid: row.kid.clone(),
                x: row.public_key.clone(),
            });
        }
        Ok(Self {
            kid: current.kid.clone(),
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            made_at: current.created_at,
            verifying,
            jwks: Jwks { keys },
        })
    }
}

/// The newest key that has not retired; `rows` newest first.
fn current(rows: &[Model]) -> Option<&Model> {
    rows.iter().find(|row| row.retires_at.is_none())
}

fn new_key(seal: &Seal, now: Instant) -> Model {
    let mut seed = [0_u8; 32];
    rand::fill(&mut seed);
    let kid = uuid::Uuid::now_v7().simple().to_string();
    let (private_key, sealed) = seal.close(&kid, &seed);
    Model {
        kid,
        private_key: private_key.into(),
        sealed,
        public_key: encode(SigningKey::from_bytes(&seed).verifying_key().as_bytes()),
        created_at: now,
        retires_at: None,
        expires_at: None,
    }
}

/// The keys that sign and verify access tokens, shared by all requests.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    db: Option<Db>,
    clock: Clock,
    seal: Seal,
    issuer: Issuer,
    ring: RwLock<Arc<Ring>>,
    asked_at: AtomicI64,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys").field(&self.ring().kid).finish()
    }
}

impl Keys {
    /// Reads the keys, and makes the first one where there is none.
    ///
    /// # Errors
    /// When a key is sealed with another key than ours, or the database is away.
    pub async fn load(db: Db, clock: Clock, seal: Seal, issuer: Issuer) -> Result<Self, KeyError> {
        let rows = turn(&db, &seal, clock.now(), false).await?;
        let ring = Arc::new(Ring::new(&rows, &seal)?);
        Ok(Self::with(Some(db), clock, seal, issuer, ring))
    }

    /// Keys of one process that are kept nowhere.
    ///
    /// # Errors
    /// Never in practice: the key is made here.
    pub fn in_memory(clock: Clock, issuer: Issuer) -> Result<Self, KeyError> {
        let seal = Seal::new(None);
        let ring = Arc::new(Ring::new(&[new_key(&seal, clock.now())], &seal)?);
        Ok(Self::with(None, clock, seal, issuer, ring))
    }

    fn with(db: Option<Db>, clock: Clock, seal: Seal, issuer: Issuer, ring: Arc<Ring>) -> Self {
        let asked_at = AtomicI64::new(clock.now().as_micros());
        Self(Arc::new(Inner { db, clock, seal, issuer, ring: RwLock::new(ring), asked_at }))
    }

    fn ring(&self) -> Arc<Ring> {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A signed access token for `bearer`, with what it says.
    ///
    /// # Errors
    /// When the key cannot sign, which a key of ours always can.
    pub fn mint(&self, bearer: Bearer) -> Result<(String, Claims), KeyError> {
        let ring = self.ring();
        let claims = self.0.issuer.claims(bearer, self.0.clock.now());
        let token = token::sign(&claims, &ring.kid, &ring.signing);
        Ok((token.map_err(|_| KeyError::Damaged(ring.kid.clone()))?, claims))
    }

    /// What a token says, if it is one of ours and valid now.
    ///
    /// # Errors
    /// When it is not.
    pub async fn verify(&self, token: &str) -> Result<Claims, Rejected> {
        let claims = match self.verify_known(token) {
            Err(Rejected::UnknownKey) if self.ask_again().await => self.verify_known(token),
            other => other,
        }?;
        token::check_times(&claims, self.0.clock.now())?;
        Ok(claims)
    }

    fn verify_known(&self, token: &str) -> Result<Claims, Rejected> {
        let kid = token::kid(token)?;
        let ring = self.ring();
        let key = ring.verifying.get(&kid).ok_or(Rejected::UnknownKey)?;
        token::verify(token, key, &self.0.issuer)
    }

    /// Who signs the tokens: their claim `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer.iss
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.ring().jwks.clone()
    }

    /// Reads the keys again, unless that was done a moment ago: another instance may have made
    /// one. Whoever invents names for keys costs one query in two seconds.
    async fn ask_again(&self) -> bool {
        let now = self.0.clock.now().as_micros();
        let asked_at = self.0.asked_at.load(Ordering::Relaxed);
        let patience = i64::try_from(PATIENCE.as_micros()).unwrap_or(i64::MAX);
        if now.saturating_sub(asked_at) < patience {
            return false;
        }
        let mine = self.0.asked_at.compare_exchange(asked_at, now, Ordering::Relaxed, Ordering::Relaxed);
        mine.is_ok() && self.refresh().await.is_ok()
    }

    /// Reads the keys again, drops those whose tokens have all expired, and makes a new one when
    /// the current one has signed for 90 days. To be called every minute.
    ///
    /// # Errors
    /// When the database is away; the keys stay as they are.
    pub async fn refresh(&self) -> Result<(), KeyError> {
        let Some(db) = &self.0.db else { return Ok(()) };
        let now = self.0.clock.now();
        let rows = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Kid);
        let mut rows = rows.all(db.read()).await?;
        let due =
            self.ring().made_at + TERM <= now || rows.iter().any(|row| row.expires_at.is_some_and(|at| at <= now));
        if due {
            rows = turn(db, &self.0.seal, now, false).await?;
        }
        let ring = Arc::new(Ring::new(&rows, &self.0.seal)?);
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// Makes a new key now; the old ones verify until their last token has expired. Other
    /// instances take it up within a minute, or when they first see it.
    ///
    /// # Errors
    /// When a key is sealed with another key than `seal`, or the database is away.
    pub async fn rotate(db: &Db, seal: &Seal, now: Instant) -> Result<String, KeyError> {
        let rows = turn(db, seal, now, true).await?;
        let ring = Ring::new(&rows, seal)?;
        Ok(ring.kid)
    }
}

/// Under a lock, so that instances starting together agree: drops expired keys, makes a new one
/// where there is none in its term (or always, when told so). The keys, newest first.
async fn turn(db: &Db, seal: &Seal, now: Instant, always: bool) -> Result<Vec<Model>, KeyError> {
    let tx = db.begin_write().await?;
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(&tx).await?;
    let rows = newest_first(&tx).await?;
    // A key that we cannot open must not be retired by one that nobody else can open.
    for row in &rows {
        seal.open(&row.kid, &row.private_key, row.sealed)?;
    }
    let in_term = current(&rows).is_some_and(|row| row.created_at + TERM > now);
    let rows = if in_term && !always {
        rows
    } else {
        Entity::update_many()
            .col_expr(Column::RetiresAt, Expr::value(now))
            .col_expr(Column::ExpiresAt, Expr::value(now + OVERLAP))
            .filter(Condition::all().add(Column::RetiresAt.is_null()))
            .exec(&tx)
            .await?;
        let Model { kid, private_key, sealed, public_key, .. } = new_key(seal, now);
        let row = ActiveModel {
            kid: Set(kid),
            private_key: Set(private_key),
            sealed: Set(sealed),
            public_key: Set(public_key),
            created_at: Set(now),
            retires_at: Set(None),
            expires_at: Set(None),
        };
        row.insert(&tx).await?;
        newest_first(&tx).await?
    };
    tx.commit().await?;
    Ok(rows)
}

async fn newest_first(tx: &DatabaseTransaction) -> Result<Vec<Model>, KeyError> {
    let rows = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Kid);
    Ok(rows.all(tx).await?)
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
