//! The keys that sign access tokens. They live in the database, so that every instance has the
//! same; they take turns, with an overlap as long as the longest token.
#![expect(clippy::disallowed_methods, reason = "the keys belong to the kernel, and to no hub")]

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use entity::instant::Instant;
use entity::kernel::signing_key::{Column, Entity, Model};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::eddsa;
use super::seal::{KeyError, Seal};
use super::secret::encode;
use super::token::{self, Bearer, Claims, Issuer, Rejected};
use crate::kernel::base::clock::Clock;
use crate::kernel::database::db::{Db, Transaction};

/// How long a key signs.
const TERM: Duration = Duration::from_hours(90 * 24);

/// How long a key that signs no more still verifies: a token's life with [`token::SKEW`], the life of
/// a link made with it, and the seconds in which other instances may not have heard of the new key,
/// with room to spare.
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

/// A key that is what it was when it was made.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: String,
    made_at: Instant,
    retired: bool,
}

impl Key {
    /// The public half is the one that the private half has. What the row says about it only tells
    /// whether somebody altered it: with a seal the private half and its name cannot be exchanged.
    pub(super) fn open(row: &Model, seal: &Seal) -> Result<Self, KeyError> {
        let seed = seal.open(&row.kid, &row.private_key, row.sealed)?;
        let pair = SigningKey::from_bytes(&seed);
        let public = encode(pair.verifying_key().as_bytes());
        if public != row.public_key {
            return Err(KeyError::Altered(row.kid.clone()));
        }
        eddsa::install();
        let der = pair.to_pkcs8_der().map_err(|_| KeyError::Damaged(row.kid.clone()))?;
        Ok(Self {
            kid: row.kid.clone(),
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            verifying: DecodingKey::from_ed_der(pair.verifying_key().as_bytes()),
            public,
            made_at: row.created_at,
            retired: row.retires_at.is_some(),
        })
    }
}

/// The keys as they were last read, newest first.
struct Ring(Vec<Key>);

impl Ring {
    /// `rows` newest first.
    fn new(rows: &[Model], seal: &Seal) -> Result<Self, KeyError> {
        rows.iter().map(|row| Key::open(row, seal)).collect::<Result<_, _>>().map(Self)
    }

    /// The ring by later rows. A row that cannot be trusted is logged and left out, so that it keeps
    /// nobody from hearing that a key was revoked; a key that was good at the last reading stays.
    fn after(&self, rows: &[Model], seal: &Seal) -> Self {
        let key = |row: &Model| match Key::open(row, seal) {
            Ok(key) => Some(key),
            Err(error) => {
                tracing::error!(%error, "a signing key is not taken up");
                let retired = row.retires_at.is_some();
                self.named(&row.kid).map(|known| Key { retired, ..known.clone() })
            }
        };
        Self(rows.iter().filter_map(key).collect())
    }

    fn named(&self, kid: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid)
    }

    /// The key that signs.
    fn current(&self) -> Result<&Key, KeyError> {
        self.0.iter().find(|key| !key.retired).ok_or_else(|| KeyError::Damaged("signing".to_owned()))
    }

    fn jwks(&self) -> Jwks {
        let jwk = |key: &Key| Jwk {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            r#use: "sig",
            kid: key.kid.clone(),
            x: key.public.clone(),
        };
        Jwks { keys: self.0.iter().map(jwk).collect() }
    }
}

/// The newest key that has not retired; `rows` newest first.
fn current(rows: &[Model]) -> Option<&Model> {
    rows.iter().find(|row| row.retires_at.is_none())
}

pub(super) fn new_key(seal: &Seal, now: Instant) -> Model {
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
    /// Held while the keys are read again, so that no older reading replaces a newer one.
    reading: Mutex<()>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.ring().0.iter().map(|key| key.kid.clone()).collect();
        f.debug_tuple("Keys").field(&kids).finish()
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
        Self(Arc::new(Inner { db, clock, seal, issuer, ring: RwLock::new(ring), asked_at, reading: Mutex::default() }))
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
        let key = ring.current()?;
        let claims = self.0.issuer.claims(bearer, self.0.clock.now());
        let token = token::sign(&claims, &key.kid, &key.signing);
        Ok((token.map_err(|_| KeyError::Damaged(key.kid.clone()))?, claims))
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
        let key = ring.named(&kid).ok_or(Rejected::UnknownKey)?;
        token::verify(token, &key.verifying, &self.0.issuer)
    }

    /// Returns true if a key is still one of ours: a token that was verified before is refused when its
    /// key was revoked since.
    #[must_use]
    pub fn knows(&self, kid: &str) -> bool {
        self.ring().named(kid).is_some()
    }

    /// Returns whether a key is still one of ours. It reads the keys again where the name is strange,
    /// since another instance may have made the key.
    ///
    /// # Errors
    /// When the database cannot say.
    pub async fn accepts(&self, kid: &str) -> Result<bool, KeyError> {
        if self.knows(kid) {
            return Ok(true);
        }
        if self.may_ask() {
            self.refresh().await?;
        } else {
            // Somebody has just asked, and may not have the answer yet.
            drop(self.0.reading.lock().await);
        }
        Ok(self.knows(kid))
    }

    /// Who signs the tokens: their claim `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer.iss
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.ring().jwks()
    }

    /// Reads the keys again, unless that was done a moment ago: another instance may have made one.
    async fn ask_again(&self) -> bool {
        self.may_ask() && self.refresh().await.is_ok()
    }

    /// Returns whether the keys may be read again for a strange name: names that somebody invents
    /// cost one query in two seconds.
    fn may_ask(&self) -> bool {
        let now = self.0.clock.now().as_micros();
        let asked_at = self.0.asked_at.load(Ordering::Relaxed);
        let patience = i64::try_from(PATIENCE.as_micros()).unwrap_or(i64::MAX);
        if now.saturating_sub(asked_at) < patience {
            return false;
        }
        let mine = self.0.asked_at.compare_exchange(asked_at, now, Ordering::Relaxed, Ordering::Relaxed);
        mine.is_ok()
    }

    /// Reads the keys again, drops those whose tokens have all expired, and makes a new one when
    /// the current one has signed for 90 days. To be called every few seconds: it is how an
    /// instance hears that a key was revoked.
    ///
    /// # Errors
    /// When the database is away; the keys stay as they are.
    pub async fn refresh(&self) -> Result<(), KeyError> {
        let Some(db) = &self.0.db else { return Ok(()) };
        let _reading = self.0.reading.lock().await;
        let now = self.0.clock.now();
        let rows = read(db.read()).await?;
        let expired = rows.iter().any(|row| row.expires_at.is_some_and(|at| at <= now));
        let ring = self.take_up(&rows);
        if expired || ring.current().map_or(true, |key| key.made_at + TERM <= now) {
            self.take_up(&turn(db, &self.0.seal, now, false).await?);
        }
        Ok(())
    }

    fn take_up(&self, rows: &[Model]) -> Arc<Ring> {
        let ring = Arc::new(self.ring().after(rows, &self.0.seal));
        *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring.clone();
        ring
    }

    /// Makes a new key now; the old ones verify until their last token has expired. Other
    /// instances take it up within five seconds, or when they first see it.
    ///
    /// # Errors
    /// When a key is sealed with another key than `seal`, or the database is away.
    pub async fn rotate(db: &Db, seal: &Seal, now: Instant) -> Result<String, KeyError> {
        let rows = turn(db, seal, now, true).await?;
        Ok(Ring::new(&rows, seal)?.current()?.kid.clone())
    }
}

/// Under a lock, so that instances starting together agree: drops expired keys, makes a new one
/// where there is none in its term (or always, when told so). The keys, newest first.
async fn turn(db: &Db, seal: &Seal, now: Instant, always: bool) -> Result<Vec<Model>, KeyError> {
    let tx = db.begin_write().await?;
    lock(&tx).await?;
    Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(&tx).await?;
    let rows = read(&tx).await?;
    // A key that we cannot open must not be retired by one that nobody else can open.
    Ring::new(&rows, seal)?;
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
        add(&tx, new_key(seal, now)).await?;
        read(&tx).await?
    };
    db.commit(tx).await?;
    Ok(rows)
}

/// Makes others who change the keys wait until the end of the transaction.
pub(super) async fn lock(tx: &Transaction) -> Result<(), KeyError> {
    if tx.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Ok(())
}

/// The keys, newest first.
pub(super) async fn read(db: &impl ConnectionTrait) -> Result<Vec<Model>, KeyError> {
    let rows = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Kid);
    Ok(rows.all(db).await?)
}

pub(super) async fn add(tx: &Transaction, key: Model) -> Result<(), KeyError> {
    let row = key.into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
