//! How long a request may wait for the database: one allowance that all its statements share,
//! with the waits for a place, a connection and a lock.

use std::cell::Cell;
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DbErr};

tokio::task_local! {
    /// How long the request at hand has waited so far.
    static WAITED: Cell<Duration>;
}

/// How much longer the program waits than the server's own limit: a server that still answers
/// ends a statement by itself, and its connection stays whole.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// How long a statement may take that belongs to no request, such as one of an import.
pub(super) const JOB: Duration = Duration::from_mins(10);

/// Runs a request, all of whose statements share one allowance.
pub async fn request<F: Future>(work: F) -> F::Output {
    WAITED.scope(Cell::default(), work).await
}

/// The time that a request may wait for the database in all, as the setting has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance(pub Duration);

impl Allowance {
    /// What is left for a place, a connection or the lock of the whole file. Work that belongs to
    /// no request has the whole allowance each time.
    pub fn left(self) -> Duration {
        self.left_of_request().unwrap_or(self.0)
    }

    /// What is left for a statement.
    pub fn left_for_statement(self) -> Duration {
        self.left_of_request().unwrap_or(JOB)
    }

    fn left_of_request(self) -> Option<Duration> {
        WAITED.try_with(|waited| self.0.saturating_sub(waited.get())).ok()
    }
}

/// Waits for `work` at most so long, and counts the time against the allowance of the request;
/// none when it was not done by then.
pub(super) async fn spend<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let began = Instant::now();
    let done = tokio::time::timeout(limit, work).await.ok();
    // Work that belongs to no request has nothing to count.
    let _ = WAITED.try_with(|waited| waited.set(waited.get() + began.elapsed()));
    done
}

/// Waits for the next row of a report, which may take as long as a statement of a job. A server that
/// has fallen silent would keep the connection for ever.
///
/// # Errors
/// When the database fails, or gave no row in time.
pub async fn report<T>(next: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let row = tokio::time::timeout(JOB + GRACE, next).await;
    row.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[actix_web::test]
    async fn the_statements_of_a_request_share_one_allowance() {
        let allowance = Allowance(SECOND);
        request(async {
            assert_eq!(allowance.left(), SECOND);
            assert!(spend(SECOND / 50, std::future::pending::<()>()).await.is_none());
            assert!(allowance.left() + SECOND / 50 <= SECOND);
            assert_eq!(allowance.left(), allowance.left_for_statement());
        })
        .await;
        assert_eq!(allowance.left(), SECOND);
        assert_eq!(allowance.left_for_statement(), JOB);
    }
}
