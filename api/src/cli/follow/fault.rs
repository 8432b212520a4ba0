//! What keeps a follower from going on.

use sqlx::Error;
use uuid::Uuid;

/// Why a step was not done.
#[derive(Debug)]
pub enum Fault {
    /// 410: the numbers that the follower knows mean something else now.
    Restarted { epoch: Uuid, after: i64 },
    /// 403: the client's scopes do not give this, or no longer.
    Forbidden(String),
    /// Another refusal, with its status.
    Refused(u16, String),
    /// It cannot go on, for this reason.
    Fatal(String),
}

impl Fault {
    /// As a line for the person who started it.
    pub fn told(self) -> String {
        match self {
            Self::Restarted { .. } => "the service was restored to an earlier state again and again".to_owned(),
            Self::Forbidden(detail) => format!("the client may not do this: {detail}"),
            Self::Refused(status, detail) => format!("the service answered {status}: {detail}"),
            Self::Fatal(reason) => reason,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Fatal(format!("the copy cannot be written: {error}"))
    }
}
