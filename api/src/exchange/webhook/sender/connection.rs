//! Connections to receivers: to addresses that may be reached, encrypted unless the address is in a named network.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use super::super::address::expect_reachable;
use crate::kernel::base::tls;

/// How long one of several addresses of a name may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What can be read and written.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// Makes connections.
#[derive(Default)]
pub struct Connections {
    /// Made when first needed: many services have no webhook.
    tls: OnceLock<Result<TlsConnector, String>>,
}

impl Connections {
    /// A connection to the machine of an address.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn to(&self, url: &Url, networks: &[IpNet]) -> Result<Box<dyn Stream>, String> {
        let plain = url.scheme() == "http";
        let port = url.port_or_known_default().unwrap_or_default();
        let (ips, name) = match url.host() {
            Some(Host::Ipv4(ip)) => (vec![ip.into()], ServerName::from(IpAddr::from(ip))),
            Some(Host::Ipv6(ip)) => (vec![ip.into()], ServerName::from(IpAddr::from(ip))),
            Some(Host::Domain(name)) => {
                let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
                (found(name).await?, server)
            }
            None => return Err("the address names no machine".to_owned()),
        };
        let tcp = connect(&reachable(ips, plain, networks)?, port).await?;
        if plain {
            return Ok(Box::new(tcp));
        }
        let tls = self.tls.get_or_init(tls::connector).as_ref().map_err(Clone::clone)?;
        let encrypted = tls.connect(name, tcp).await.map_err(|error| format!("no encrypted connection: {error}"))?;
        Ok(Box::new(encrypted))
    }
}

/// The addresses of a name.
async fn found(name: &str) -> Result<Vec<IpAddr>, String> {
    let found = lookup_host((name, 0)).await.map_err(|error| format!("the name `{name}` was not found: {error}"))?;
    Ok(found.map(|address| address.ip()).collect())
}

/// The addresses that may be reached; why the last one may not, where none is left.
fn reachable(found: Vec<IpAddr>, plain: bool, networks: &[IpNet]) -> Result<Vec<IpAddr>, String> {
    let (mut left, mut refusal) = (Vec::new(), "the name has no address".to_owned());
    for ip in found {
        match expect_reachable(ip, plain, networks) {
            Ok(()) => left.push(ip),
            Err(why) => refusal = why,
        }
    }
    if left.is_empty() { Err(refusal) } else { Ok(left) }
}

/// A connection to the first of some addresses that answers.
async fn connect(ips: &[IpAddr], port: u16) -> Result<TcpStream, String> {
    let mut refusal = String::new();
    for ip in ips {
        match tokio::time::timeout(PATIENCE, TcpStream::connect(SocketAddr::new(*ip, port))).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => refusal = error.to_string(),
            Err(_) => refusal = format!("none within {} seconds", PATIENCE.as_secs()),
        }
    }
    Err(format!("no connection: {refusal}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_addresses_only_the_public_ones_are_reached() {
        let ips = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        assert_eq!(reachable(ips(&["10.0.0.1", "8.8.8.8", "::1"]), false, &[]), Ok(ips(&["8.8.8.8"])));
        let inner = ips(&["127.0.0.1", "::ffff:169.254.169.254"]);
        assert!(reachable(inner, false, &[]).unwrap_err().contains("IPv4 address written as IPv6"));
        assert!(reachable(Vec::new(), false, &[]).is_err());
    }
}
