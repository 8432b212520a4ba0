//! Files in which replies are made before they are sent, so that a slow client holds nothing but
//! disk space.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncSeekExt, AsyncWriteExt, ReadBuf};
use uuid::Uuid;

use crate::kernel::base::connection::Line;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// The space that one reply holds until it is dropped.
struct Room {
    state: State,
    holder: Uuid,
    bytes: u64,
}

impl Room {
    fn of(caller: &Caller) -> Self {
        Self { state: caller.state().clone(), holder: caller.actor.id().unwrap_or_default(), bytes: 0 }
    }

    fn grow(&mut self, bytes: u64) -> Result<()> {
        self.state.space.take(self.holder, bytes, self.bytes)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.state.space.give_back(self.holder, self.bytes);
    }
}

/// A reply as it is being made in an unnamed file.
pub struct Spool {
    file: tokio::fs::File,
    room: Room,
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// 503 when no file can be made.
    pub fn new(caller: &Caller) -> Result<Self> {
        let file = tempfile::tempfile()?;
        Ok(Self { file: tokio::fs::File::from_std(file), room: Room::of(caller) })
    }

    /// One of a file that is whole already.
    ///
    /// # Errors
    /// As [`Spool::write`].
    pub fn of(caller: &Caller, file: File) -> Result<Self> {
        let mut room = Room::of(caller);
        room.grow(file.metadata()?.len())?;
        Ok(Self { file: tokio::fs::File::from_std(file), room })
    }

    /// Adds to its end.
    ///
    /// # Errors
    /// 400 when it becomes larger than any may be; 429 when the caller's other replies take too
    /// much space; 503 when all space is taken, or the file cannot be written; 507 when the disk is
    /// full.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.room.grow(bytes.len() as u64)?;
        Ok(self.file.write_all(bytes).await?)
    }

    /// The body that sends it.
    ///
    /// # Errors
    /// 503 when the file cannot be written to its end or read again; 507 when the disk is full.
    pub async fn body(mut self, line: Option<Line>) -> Result<FileBody> {
        self.file.flush().await?;
        self.file.rewind().await?;
        let size = self.room.bytes;
        Ok(FileBody { room: Some(self.room), ..FileBody::of(self.file, size, line) })
    }
}

/// The body of a reply that lies in a file.
pub struct FileBody {
    file: tokio::fs::File,
    size: u64,
    left: u64,
    buffer: Box<[u8]>,
    line: Option<Line>,
    /// The space that is held while it is sent; none for a file that stays.
    #[expect(dead_code, reason = "it is held")]
    room: Option<Room>,
}

impl FileBody {
    /// The body of a file of that size, which stands at its beginning.
    #[must_use]
    pub fn of(file: tokio::fs::File, size: u64, line: Option<Line>) -> Self {
        Self { file, size, left: size, buffer: vec![0; CHUNK].into_boxed_slice(), line, room: None }
    }
}

impl MessageBody for FileBody {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let this = &mut *self;
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let mut read = ReadBuf::new(&mut this.buffer);
        let done = ready!(Pin::new(&mut this.file).poll_read(cx, &mut read));
        let chunk = Bytes::copy_from_slice(read.filled());
        this.left = this.left.saturating_sub(chunk.len() as u64);
        let done = match done {
            Ok(()) if chunk.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            other => other,
        };
        if done.is_err()
            && let Some(line) = &this.line
        {
            // A part must not pass for the whole.
            line.reset_at_end();
        }
        Poll::Ready(Some(done.map(|()| chunk)))
    }
}
