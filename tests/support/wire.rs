//! A connection byte by byte, for what no HTTP client would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// Far longer than any limit that the tests set: reaching it means that nothing ended the wait.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// The head and the body of a reply.
#[derive(Debug)]
pub struct Heard {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Wire {
    pub fn to(address: &str) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// One that takes little ahead of being read: what is sent waits at the other side.
    pub fn narrow(address: &str) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(64 << 10).unwrap();
        socket.connect(&address.parse::<SocketAddr>().unwrap().into()).unwrap();
        Self::over(socket.into())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// Reads so many bytes with a pause after each, until all are read or the connection ends; how
    /// many came, and whether it was reset.
    #[track_caller]
    pub fn drip(&mut self, step: usize, pause: Duration, all: usize) -> (usize, bool) {
        let (mut count, mut bytes) = (self.read.len(), vec![0; step]);
        while count < all {
            match self.stream.read(&mut bytes) {
                Ok(0) => return (count, false),
                Ok(more) => count += more,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return (count, true),
                Err(error) => panic!("after {PATIENCE:?} or less: {error}"),
            }
            std::thread::sleep(pause);
        }
        (count, false)
    }

    /// Sends bytes; whether the other side still takes them.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// The head of the next reply; what was read of its body stays to be read.
    #[track_caller]
    pub fn head(&mut self) -> Heard {
        while find(&self.read, b"\r\n\r\n").is_none() {
            assert!(self.more(), "the connection ends before a head");
        }
        let end = find(&self.read, b"\r\n\r\n").unwrap_or_default() + 4;
        let rest = self.read.split_off(end);
        let head = String::from_utf8_lossy(&self.read).into_owned();
        self.read = rest;
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        Heard { status, head, body: String::new() }
    }

    /// The next reply, by its Content-Length; none when the connection ends instead.
    pub fn hear(&mut self) -> Option<Heard> {
        let end = loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                break end + 4;
            }
            if !self.more() {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.read[..end]).into_owned();
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
        while self.read.len() < end + length {
            if !self.more() {
                break;
            }
        }
        let rest = self.read.split_off((end + length).min(self.read.len()));
        let body = String::from_utf8_lossy(&self.read[end..]).into_owned();
        self.read = rest;
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(Heard { status, head, body })
    }

    /// All that still comes, as it comes, and whether the connection is reset after it.
    #[track_caller]
    pub fn rest(&mut self) -> (Vec<u8>, bool) {
        let mut rest = std::mem::take(&mut self.read);
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => (rest, false),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => (rest, true),
            Err(error) => panic!("after {PATIENCE:?} or less: {error}"),
        }
    }

    /// Waits until the other side resets the connection, without reading what it sent.
    #[track_caller]
    pub fn expect_reset(&self) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.stream.take_error().unwrap().is_some_and(|error| error.kind() == ErrorKind::ConnectionReset) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("after {PATIENCE:?} the connection is still there");
    }

    /// Waits for the other side to close; fails if it does not.
    #[track_caller]
    pub fn expect_end(&mut self) {
        while self.more() {}
    }

    /// Reads some; false at the end of the connection.
    #[track_caller]
    fn more(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.read.extend_from_slice(&bytes[..count]);
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("after {PATIENCE:?} the connection was neither answered nor closed")
            }
            Err(_) => false,
        }
    }

    /// A second handle, to go on sending while this one reads.
    pub fn sender(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
