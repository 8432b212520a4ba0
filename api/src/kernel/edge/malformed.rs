//! Requests that are no HTTP.
//!
//! The HTTP library answers them itself, before any layer of the App: 400 for what it cannot parse,
//! 431 for a head that is too large, 408 for one that does not arrive, each without a body. It has
//! no way to change these replies, so that they are recognised on their way out, and sent as
//! problems like all other errors.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::wire;
use crate::kernel::base::problem::{Code, Problem};
use crate::kernel::base::task;

/// The end of the head of a reply, and of the whole of a bare one.
const END: &[u8] = b"\r\n\r\n";
/// How a reply begins.
const BEGIN: &[u8] = b"HTTP/1.";
/// A bare reply has a status line and three short headers.
const LONGEST: usize = 256;
/// How long the rest of a refused request is read: well over the time that sending the problem takes.
const LINGER: Duration = Duration::from_secs(2);

/// A connection whose bare error replies become problems.
pub struct Stream {
    tcp: TcpStream,
    https: bool,
    /// The public address, below which kinds of problem have their pages.
    base: Rc<str>,
    /// What is on its way instead of a bare reply.
    instead: Option<Instead>,
}

struct Instead {
    bytes: Vec<u8>,
    sent: usize,
    /// How long the bare reply is.
    of: usize,
}

impl Stream {
    /// Wraps a connection of a service that is reached over HTTPS or not. What is written is sent at
    /// once: a reply goes out in pieces, and the last one, which is short, must not wait some 40 ms
    /// until the client has acknowledged the one before.
    #[must_use]
    pub fn new(tcp: TcpStream, https: bool, base: Rc<str>) -> Self {
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(%error, "the last pieces of replies may wait");
        }
        Self { tcp, https, base, instead: None }
    }

    /// The connection itself.
    #[must_use]
    pub const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.tcp.peer_addr().ok()
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_read(cx, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            match bare(bytes) {
                Some((0, status)) => {
                    let problem = wire::bytes_of(&problem(status), &this.base, this.https);
                    this.instead = Some(Instead { bytes: problem, sent: 0, of: bytes.len() });
                }
                // A reply that is sent before it.
                Some((begin, _)) => return Pin::new(&mut this.tcp).poll_write(cx, &bytes[..begin]),
                None => return Pin::new(&mut this.tcp).poll_write(cx, bytes),
            }
        }
        while let Some(instead) = this.instead.as_mut().filter(|it| it.sent < it.bytes.len()) {
            match ready!(Pin::new(&mut this.tcp).poll_write(cx, &instead.bytes[instead.sent..]))? {
                0 => return Poll::Ready(Err(Error::from(ErrorKind::WriteZero))),
                sent => instead.sent += sent,
            }
        }
        linger(&this.tcp);
        Poll::Ready(Ok(this.instead.take().map_or(0, |instead| instead.of)))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

/// Drops what the client still sends, for a while: a connection that is closed over bytes which
/// nobody read is reset, and the problem is lost with it.
fn linger(tcp: &TcpStream) {
    let Ok(socket) = SockRef::from(tcp).try_clone() else { return };
    let Ok(mut rest) = TcpStream::from_std(socket.into()) else { return };
    task::spawn(async move {
        let lingering = async {
            rest.shutdown().await?;
            tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
        };
        // However it ends, the connection is closed.
        let _ = tokio::time::timeout(LINGER, lingering).await;
    });
}

/// Where a bare error reply begins with which `bytes` end, and its status. Every reply of the App
/// has headers that this one has not.
fn bare(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    if !bytes.ends_with(END) {
        return None;
    }
    let from = bytes.len().saturating_sub(LONGEST);
    let begin = from + bytes[from..].windows(BEGIN.len()).rposition(|window| window == BEGIN)?;
    let head = std::str::from_utf8(&bytes[begin..bytes.len() - END.len()]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse::<StatusCode>().ok()?;
    let plain = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => value == "0",
            "connection" | "date" => true,
            _ => false,
        }
    };
    let error = status.is_client_error() || status.is_server_error();
    (error && lines.all(plain)).then_some((begin, status))
}

fn problem(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (Code::HeadersTooLarge, Code::HeadersTooLarge.fix()),
        StatusCode::REQUEST_TIMEOUT => (Code::Timeout, "the head of the request did not arrive in time: send it again"),
        status if status.is_client_error() => {
            (Code::BadRequest, "this is no HTTP/1.1 request: check the request line, the headers and the chunks")
        }
        _ => return Problem::internal("the HTTP library gave up on a request"),
    };
    Problem::new(code, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
                          date: Tue, 24 Nov 2026 23:57:09 GMT\r\n\r\n";

    #[actix_web::test]
    async fn the_last_piece_of_a_reply_waits_for_nothing() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (tcp, _) = listener.accept().await.unwrap();
        assert!(!tcp.nodelay().unwrap(), "it is not so by itself");
        assert!(Stream::new(tcp, false, "".into()).tcp().nodelay().unwrap());
    }

    #[test]
    fn a_bare_error_is_found_at_the_end_of_what_is_sent() {
        assert_eq!(bare(BARE), Some((0, StatusCode::BAD_REQUEST)));
        let before = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(bare(&[before, BARE].concat()), Some((before.len(), StatusCode::BAD_REQUEST)));
    }

    #[test]
    fn any_other_reply_goes_out_as_it_is() {
        for reply in [
            &b"HTTP/1.1 204 No Content\r\ndate: Tue, 24 Nov 2026 23:57:09 GMT\r\n\r\n"[..],
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 7\r\nx-request-id: 1\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: 1\r\n\r\n",
            b"0\r\n\r\n",
            b"\r\n\r\n",
            b"",
        ] {
            assert_eq!(bare(reply), None, "{}", String::from_utf8_lossy(reply));
        }
        assert_eq!(bare(&BARE[..BARE.len() - 1]), None);
        assert_eq!(bare(&[BARE, b"0\r\n\r\n"].concat()), None);
    }
}
