//! Whether the database takes writes: after one that failed, the service is not ready until a probe
//! has been written.
#![expect(clippy::disallowed_methods, reason = "the probe belongs to the kernel")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use entity::kernel::write_probe;
use sea_orm::{ActiveValue, DbErr, EntityTrait};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Db, Transaction};
use crate::kernel::base::encoding::base64url;
use crate::kernel::base::problem::{Code, Problem};

/// Random bytes in a probe: more than a page or a file's last block has left, so that a full disk
/// does not pass for one with space.
const PROBE: usize = 48 << 10;

/// What is known of writes. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    failed: AtomicU64,
    /// How many failures there were when the last probe began that was written. The lock lets one
    /// probe run at a time.
    answered: Mutex<u64>,
}

impl Writes {
    /// Notes that a write failed, and not because of what was written.
    pub(super) fn failed(&self) {
        self.0.failed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Db {
    /// Commits a transaction. After a failure the service is not ready until a probe is written.
    pub async fn commit(&self, tx: Transaction) -> Result<(), DbErr> {
        let committed = tx.commit().await;
        if committed.is_err() {
            self.writes.failed();
        }
        committed
    }

    /// Notes what a write under way was refused for: without space, the service is not ready.
    pub(in crate::kernel) fn note(&self, problem: &Problem) {
        if problem.code() == Code::StorageFull {
            self.writes.failed();
        }
    }

    /// Writes a probe if a write has failed since the last one.
    ///
    /// Nothing is written while all is well: a readiness check comes every few seconds from each load
    /// balancer, and any failure is noted where it happens.
    pub(super) async fn prove_writes(&self) -> Result<(), DbErr> {
        let mut answered = self.writes.0.answered.lock().await;
        let failed = self.writes.0.failed.load(Ordering::SeqCst);
        if failed != *answered {
            self.probe().await?;
            *answered = failed;
            tracing::info!("the database takes writes again");
        }
        Ok(())
    }

    async fn probe(&self) -> Result<(), DbErr> {
        let mut bytes = vec![0; PROBE];
        rand::fill(bytes.as_mut_slice());
        let probe = write_probe::ActiveModel {
            id: ActiveValue::Set(Uuid::now_v7()),
            filling: ActiveValue::Set(base64url(&bytes)),
        };
        let tx = self.begin_write().await?;
        // A program that was killed may have left one behind.
        write_probe::Entity::delete_many().exec(&tx).await?;
        write_probe::Entity::insert(probe).exec_without_returning(&tx).await?;
        self.commit(tx).await?;
        write_probe::Entity::delete_many().exec(&self.write).await?;
        Ok(())
    }
}
