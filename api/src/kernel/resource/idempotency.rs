//! `Idempotency-Key`: the first reply to a POST is recorded with the change it made, and given
//! again when the request is repeated.
#![expect(clippy::disallowed_methods, reason = "the records belong to the kernel")]

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use entity::instant::Instant;
use entity::kernel::idempotency;
use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::job::Kind;
use crate::kernel::base::encoding::base64url;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::reply::{JSON, Reply};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::{Db, Transaction};

/// How long a reply is kept.
const KEPT: Duration = Duration::from_hours(24);
/// The header that marks a reply given again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Marks the digest of a body that came with `If-Match`.
const CONDITIONAL: &str = "*";
/// In place of a body that held a secret.
const SECRET: &str = "secret";

/// A request that may go on, with the key under which its reply is to be kept.
pub(super) enum Admission {
    /// The work is to be done.
    Go(Option<Key>),
    /// It was done before.
    Replay(Reply),
}

/// A key bound to its caller and route, and what it came with.
pub(super) struct Key {
    hub_id: uuid::Uuid,
    digest: String,
    /// The digest of the body, marked where `If-Match` was sent.
    body: String,
}

/// Decides whether a request with an `Idempotency-Key` is new.
pub(super) async fn admit(caller: &Caller, tx: &Transaction, now: Instant) -> Result<Admission> {
    let request = caller.request();
    let Some(sent) = &request.idempotency_key else { return Ok(Admission::Go(None)) };
    let mut digest = Sha256::new();
    for part in [&format!("{:?}", caller.actor), &request.route, sent] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut body = request.body_digest.get().map(|body| base64url(body)).unwrap_or_default();
    // A repetition without a header that was needed is not the same request. Another ETag is: the first request may
    // have changed it.
    if request.if_match.is_some() {
        body.push_str(CONDITIONAL);
    }
    let key = Key { hub_id: request.key_hub_id.unwrap_or(caller.hub_id), digest: base64url(&digest), body };
    let mut free = true;
    if tx.get_database_backend() == DbBackend::Postgres {
        let lock = i64::from_be_bytes([
            digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
        ]);
        let row = tx
            .query_one_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_try_advisory_xact_lock($1)",
                [lock.into()],
            ))
            .await?;
        free = row.map(|row| row.try_get_by_index::<bool>(0)).transpose()? == Some(true);
    }
    // A request that has finished is given again even while others repeat it.
    let record = idempotency::Entity::find_by_id((key.hub_id, key.digest.clone())).one(tx).await?;
    match record.filter(|record| free || record.created_at >= now - KEPT) {
        None if free => Ok(Admission::Go(Some(key))),
        None => Err(Problem::new(
            Code::KeyInFlight,
            "the first request with this key is still running: wait, then send it again",
        )
        .retry_after(1)),
        Some(record) if record.created_at < now - KEPT => {
            idempotency::Entity::delete_by_id((key.hub_id, key.digest.clone())).exec(tx).await?;
            Ok(Admission::Go(Some(key)))
        }
        Some(record) if record.body_digest != key.body => {
            let told = "this key was used with another body, or `If-Match` was sent one time only: \
                        create a new key";
            Err(Problem::new(Code::KeyReused, told))
        }
        Some(record) if record.body == SECRET => Err(Problem::conflict(
            "the first request succeeded, and its reply held a secret that is shown only once: create a new secret",
        )),
        Some(record) => Ok(Admission::Replay(replay(record)?)),
    }
}

/// Keeps the reply for a repetition; only successes are kept.
pub(super) async fn record(key: Key, tx: &Transaction, reply: &Reply, now: Instant) -> Result<()> {
    let headers: Map<String, Value> =
        reply.headers.iter().map(|(name, value)| (name.to_string(), Value::from(value.as_str()))).collect();
    let body = match &reply.body {
        _ if reply.secret => SECRET.to_owned(),
        Some((_, body)) => String::from_utf8(body.clone()).map_err(Problem::internal)?,
        None => String::new(),
    };
    let row = idempotency::ActiveModel {
        hub_id: ActiveValue::Set(key.hub_id),
        digest: ActiveValue::Set(key.digest),
        body_digest: ActiveValue::Set(key.body),
        status: ActiveValue::Set(i32::from(reply.status.as_u16())),
        headers: ActiveValue::Set(Value::Object(headers)),
        body: ActiveValue::Set(body),
        created_at: ActiveValue::Set(now),
    };
    idempotency::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

fn replay(record: idempotency::Model) -> Result<Reply> {
    let status = u16::try_from(record.status).map_err(Problem::internal)?;
    let status = StatusCode::from_u16(status).map_err(Problem::internal)?;
    let mut reply = Reply::empty(status).with(REPLAYED, "true");
    for (name, value) in record.headers.as_object().into_iter().flatten() {
        // Only names that a reply of ours had are recorded.
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value.as_str())
            && name != header::CONTENT_TYPE
        {
            reply = reply.with(name, value);
        }
    }
    if !record.body.is_empty() {
        reply.body = Some((JSON, record.body.into_bytes()));
    }
    Ok(reply)
}

/// Forgets what is out of date. Returns how many records that was.
pub async fn prune(db: &Db, now: Instant) -> Result<u64> {
    let tx = db.begin_write().await?;
    let old = idempotency::Entity::delete_many().filter(idempotency::Column::CreatedAt.lt(now - KEPT));
    let forgotten = old.exec(&tx).await?.rows_affected;
    db.commit(tx).await?;
    Ok(forgotten)
}

/// The job that forgets what is out of date.
pub const FORGET: Kind = Kind::every("forget-replies", Duration::from_hours(1), |job| {
    Box::pin(async {
        job.count(prune(&job.state.db, job.state.clock.now()).await?);
        Ok(())
    })
});
