//! A body that is sent while it is made, no faster than its client takes it.

use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt;
use actix_web::web::Bytes;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::Instrument;

use crate::kernel::connection::Line;
use crate::kernel::problem::{Code, Problem, Result};

/// How much is sent at once, in bytes.
pub const CHUNK: usize = 64 << 10;

/// Chunks that wait for the client.
const AHEAD: usize = 2;

/// A chunk, or none at the end: a body that merely stops is not whole.
type Part = Option<Bytes>;

/// Where the maker of a body leaves its chunks.
#[derive(Debug)]
pub struct Outlet {
    parts: Sender<Result<Part>>,
    line: Option<Line>,
    limit: Duration,
}

impl Outlet {
    /// Waits until the client has room for a chunk. One that makes no room in time has its
    /// connection reset.
    ///
    /// # Errors
    /// When there is nobody to send to any more.
    pub async fn send(&self, chunk: Bytes) -> Result<()> {
        self.leave(Some(chunk)).await
    }

    async fn leave(&self, part: Part) -> Result<()> {
        let why = match self.parts.send_timeout(Ok(part), self.limit).await {
            Ok(()) => return Ok(()),
            Err(SendTimeoutError::Closed(_)) => "the client has left".to_owned(),
            Err(SendTimeoutError::Timeout(_)) => {
                if let Some(line) = &self.line {
                    line.reset();
                }
                format!("the client took nothing for {} s", self.limit.as_secs_f64())
            }
        };
        Err(Problem::new(Code::Unavailable, why))
    }
}

/// The body.
#[derive(Debug)]
pub struct Chunks {
    size: BodySize,
    first: Option<Result<Part>>,
    parts: Receiver<Result<Part>>,
    line: Option<Line>,
}

impl Chunks {
    /// Begins a body that `work` makes, and waits for its first chunk. The work ends when the
    /// client leaves.
    ///
    /// # Errors
    /// What befell the work before its first chunk.
    pub async fn start(
        line: Option<Line>,
        limit: Duration,
        work: impl AsyncFnOnce(&Outlet) -> Result<()> + 'static,
    ) -> Result<Self> {
        let (sender, mut parts) = channel(AHEAD);
        let outlet = Outlet { parts: sender, line: line.clone(), limit };
        let make = async move {
            let done = tokio::select! {
                biased;
                () = outlet.parts.closed() => Ok(()),
                done = async { work(&outlet).await?; outlet.leave(None).await } => done,
            };
            if let Err(problem) = done {
                tracing::warn!(%problem, "broken off");
                // There is room before the first chunk, where it is told. Later the end that does
                // not come tells as much.
                let _ = outlet.parts.try_send(Err(problem));
            }
        };
        rt::spawn(make.in_current_span());
        match parts.recv().await {
            Some(Err(problem)) => Err(problem),
            None => Err(Problem::internal("nothing was made")),
            first => Ok(Self { size: BodySize::Stream, first, parts, line }),
        }
    }

    /// Sends a file from where it stands.
    ///
    /// # Errors
    /// 500 when it cannot be read.
    pub async fn of_file(file: File, line: Option<Line>, limit: Duration) -> Result<Self> {
        let length = file.metadata()?.len();
        let work = async move |outlet: &Outlet| {
            let mut file = tokio::fs::File::from_std(file);
            loop {
                let mut chunk = Vec::with_capacity(CHUNK);
                if file.read_buf(&mut chunk).await? == 0 {
                    return Ok(());
                }
                outlet.send(chunk.into()).await?;
            }
        };
        Ok(Self { size: BodySize::Sized(length), ..Self::start(line, limit, work).await? })
    }
}

impl MessageBody for Chunks {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let part = match self.first.take() {
            Some(first) => Some(first),
            None => ready!(self.parts.poll_recv(cx)),
        };
        if let Some(Ok(part)) = part {
            return Poll::Ready(part.map(Ok));
        }
        if let Some(line) = &self.line {
            line.reset_at_end();
        }
        Poll::Ready(Some(Err(io::Error::other("broken off"))))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use actix_web::body::to_bytes;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    /// What a client gets; none when it is not whole.
    async fn taken(chunks: Chunks) -> Option<Bytes> {
        to_bytes(chunks).await.ok()
    }

    fn fault() -> Problem {
        Problem::new(Code::Internal, "as when a disk is full")
    }

    #[actix_web::test]
    async fn a_body_is_whole_or_an_error() {
        let whole = Chunks::start(None, LIMIT, async |outlet| {
            for chunk in ["a", "b", "c", "d", "e"] {
                outlet.send(chunk.into()).await?;
            }
            Ok(())
        });
        assert_eq!(taken(whole.await.unwrap()).await.unwrap(), "abcde");
        let empty = Chunks::start(None, LIMIT, async |_| Ok(()));
        assert_eq!(taken(empty.await.unwrap()).await.unwrap(), "");
        let failed = Chunks::start(None, LIMIT, async |outlet| {
            outlet.send("a".into()).await?;
            Err(fault())
        });
        assert_eq!(taken(failed.await.unwrap()).await, None);
        let lost = Chunks::start(None, LIMIT, async |outlet| {
            outlet.send("a".into()).await?;
            panic!("as broken work does")
        });
        assert_eq!(taken(lost.await.unwrap()).await, None);
    }

    #[actix_web::test]
    async fn what_fails_before_the_first_chunk_is_no_body() {
        let failed = Chunks::start(None, LIMIT, async |_| Err(fault())).await;
        assert_eq!(failed.err().map(|problem| problem.code()), Some(Code::Internal));
        let lost = Chunks::start(None, LIMIT, async |_| panic!("as broken work does")).await;
        assert_eq!(lost.err().map(|problem| problem.code()), Some(Code::Internal));
    }

    #[actix_web::test]
    async fn work_for_nobody_ends() {
        let (told, heard) = tokio::sync::oneshot::channel::<()>();
        let body = Chunks::start(None, LIMIT, async move |outlet| {
            // Dropped with the work.
            let _told = told;
            outlet.send("a".into()).await?;
            std::future::pending().await
        });
        drop(body.await.unwrap());
        assert!(heard.await.is_err());
    }

    #[actix_web::test]
    async fn a_client_has_so_long_for_each_chunk() {
        let body = Chunks::start(None, Duration::from_millis(100), async |outlet| {
            loop {
                outlet.send("a".into()).await?;
            }
        });
        let body = body.await.unwrap();
        while body.parts.sender_strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(taken(body).await, None);
    }

    #[actix_web::test]
    async fn a_file_is_sent_with_its_length() {
        let mut file = tempfile::tempfile().unwrap();
        let text = "la ".repeat(100_000);
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        let body = Chunks::of_file(file, None, LIMIT).await.unwrap();
        assert_eq!(body.size(), BodySize::Sized(300_000));
        assert_eq!(taken(body).await.unwrap(), text);
    }
}
