//! `smep health`.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use api::kernel::base::settings::Listen;
use clap::Args;

use super::Outcome;

/// How long the instance may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the instance on this machine whether it is ready, as health checks of containers do.
#[derive(Args)]
pub struct Health {
    /// Where the instance listens
    #[arg(long, env = "SMEP_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: Listen,
}

impl Health {
    /// Succeeds, printing the reply, when the instance is ready.
    pub fn run(self) -> Outcome {
        let told = |error: std::io::Error| format!("{} does not answer: {error}", self.listen);
        let address = address(&self.listen).map_err(told)?;
        let reply = ask(address).map_err(told)?;
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
        if head.split(' ').nth(1) == Some("200") {
            println!("{body}");
            Ok(())
        } else {
            Err(format!("{} is not ready: {}", self.listen, body.trim()))
        }
    }
}

/// Where to ask: one that listens on every address is asked on its own machine.
fn address(listen: &Listen) -> std::io::Result<SocketAddr> {
    let mut address = listen
        .as_str()
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address"))?;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}

/// One question in plain HTTP/1.1, which needs no client of a crate's own.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}
