//! A client that costs little: one connection that is kept, one request after another.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::Outcome;

/// A connection to a server that is trusted to speak HTTP/1.1.
pub struct Connection(BufReader<TcpStream>);

/// A reply, whose room is used again for the next one.
#[derive(Default)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    head: Vec<u8>,
}

/// The bytes of a request.
pub fn request(method: &str, path: &str, token: Option<&str>, content: Option<(&str, &[u8])>) -> Vec<u8> {
    request_with(method, path, token, "", content)
}

/// The same with more lines in its head, each with its line end.
pub fn request_with(
    method: &str,
    path: &str,
    token: Option<&str>,
    lines: &str,
    content: Option<(&str, &[u8])>,
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n{lines}");
    if let Some(token) = token {
        head.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if let Some((kind, body)) = content {
        head.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(content.map_or(&[], |(_, body)| body));
    bytes
}

impl Connection {
    /// Connects to `host:port`.
    pub async fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await.map_err(|error| format!("cannot reach {address}: {error}"))?;
        stream.set_nodelay(true).map_err(told)?;
        Ok(Self(BufReader::with_capacity(64 << 10, stream)))
    }

    /// Sends a request and reads the whole reply to it.
    pub async fn exchange(&mut self, request: &[u8], reply: &mut Reply) -> Outcome {
        let mut body = std::mem::take(&mut reply.body);
        body.clear();
        let done = self.stream(request, reply, |piece| body.extend_from_slice(piece)).await;
        reply.body = body;
        done
    }

    /// Sends a request and hands the reply's body on in pieces, as they come.
    pub async fn stream(&mut self, request: &[u8], reply: &mut Reply, take: impl FnMut(&[u8])) -> Outcome {
        let sent = self.0.get_mut().write_all(request).await;
        let read = self.read(reply, take).await;
        // A server that refuses a long body may answer before it has read it.
        match (sent, read) {
            (_, Ok(())) => Ok(()),
            (Err(error), _) | (Ok(()), Err(error)) => Err(told(error)),
        }
    }

    async fn read(&mut self, reply: &mut Reply, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        reply.head.clear();
        loop {
            let before = reply.head.len();
            if self.0.read_until(b'\n', &mut reply.head).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed"));
            }
            if reply.head[before..] == *b"\r\n" {
                break;
            }
        }
        let status = reply.head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        reply.status = status.ok_or_else(|| io::Error::other("not a reply of HTTP/1.1"))?;
        if let Some(length) = reply.header("content-length").and_then(|length| length.parse().ok()) {
            return self.take(length, &mut take).await;
        }
        if reply.header("transfer-encoding").is_none() {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await?;
            let length = u64::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
            self.take(length, &mut take).await?;
            self.0.read_exact(&mut [0; 2]).await?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    async fn take(&mut self, mut length: u64, take: &mut impl FnMut(&[u8])) -> io::Result<()> {
        while length > 0 {
            let here = self.0.fill_buf().await?;
            if here.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the body ended early"));
            }
            let some = here.len().min(usize::try_from(length).unwrap_or(usize::MAX));
            take(&here[..some]);
            self.0.consume(some);
            length -= some as u64;
        }
        Ok(())
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.split(|&byte| byte == b'\n').skip(1);
        lines.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':')).find_map(|(found, value)| {
            let same = found.eq_ignore_ascii_case(name);
            same.then(|| value.trim())
        })
    }

    pub fn json(&self) -> Outcome<Value> {
        serde_json::from_slice(&self.body).map_err(|error| format!("{error}: {}", self.told()))
    }

    /// Refuses a reply with another status.
    pub fn expect(&self, status: u16) -> Outcome {
        if self.status == status { Ok(()) } else { Err(format!("expected {status}, got {}", self.told())) }
    }

    /// How it begins, for a message.
    pub fn told(&self) -> String {
        let body: String = String::from_utf8_lossy(&self.body).chars().take(600).collect();
        format!("{} {body}", self.status)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(error: io::Error) -> String {
    format!("the connection broke: {error}")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[actix_web::test]
    async fn bodies_of_a_length_and_in_chunks_are_read_whole_on_one_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            for said in [
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"3\"\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n again\r\n0\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
            ] {
                assert!(stream.read(&mut asked).await.unwrap() > 0);
                stream.write_all(said.as_bytes()).await.unwrap();
            }
        };
        let client = async {
            let mut connection = Connection::open(&address).await.unwrap();
            let mut reply = Reply::default();
            let mut said = Vec::new();
            for _ in 0..3 {
                connection.exchange(&request("GET", "/", None, None), &mut reply).await.unwrap();
                said.push((reply.status, reply.header("etag").map(str::to_owned), reply.body.clone()));
            }
            said
        };
        let ((), said) = tokio::join!(server, client);
        let expected = [
            (200, Some("\"3\"".to_owned()), b"hello".to_vec()),
            (200, None, b"hello again".to_vec()),
            (204, None, Vec::new()),
        ];
        assert_eq!(said, expected);
    }
}
