//! Which addresses a webhook may have, and which machines it may reach.
//!
//! An address is checked twice: as a text when it is set, and by the network addresses of its name each time that
//! something is sent, since a name may lead elsewhere by then. Only what is public is reached, or what lies in the
//! networks of `SMEP_WEBHOOK_NETWORKS`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

/// Names that never lead to a public machine.
const INNER_NAMES: [&str; 7] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain"];

/// What an address is by which machines in a cloud learn about themselves.
const METADATA: &str = "the address of a cloud's metadata";

/// The machine at which Azure answers its own virtual machines: the one address with metadata that looks public.
const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Why an address cannot be one of a webhook, as the end of a sentence about it.
///
/// # Errors
/// What is wrong with the address, and how to fix it.
pub fn check(text: &str, networks: &[IpNet]) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("this is no address: {error}"))?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err("the address begins with `https://`".to_owned()),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("leave out the user and the password: requests are signed".to_owned());
    }
    if url.fragment().is_some() {
        return Err("leave out what follows `#`: it is never sent".to_owned());
    }
    let named = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(name)) => {
            expect_outer(name, networks)?;
            None
        }
        None => return Err("the address names no machine".to_owned()),
    };
    match named {
        Some(address) => expect_reachable(address, plain, networks)?,
        // Which machine a name leads to is known when something is sent.
        None if plain && networks.is_empty() => return Err(NEEDS_TLS.to_owned()),
        None => {}
    }
    Ok(url)
}

const NEEDS_TLS: &str = "use `https`: plain `http` goes only to the networks of `SMEP_WEBHOOK_NETWORKS`";

fn expect_outer(name: &str, networks: &[IpNet]) -> Result<(), String> {
    let name = name.trim_end_matches('.');
    let inner = INNER_NAMES.iter().any(|inner| name == *inner || name.ends_with(&format!(".{inner}")));
    // A name inside may lead to a network that is allowed.
    if networks.is_empty() && (inner || !name.contains('.')) {
        return Err(format!("`{name}` is a name of an inner network: {ALLOW}"));
    }
    Ok(())
}

const ALLOW: &str = "use a public address, or let the operator of the service add the network to \
                     `SMEP_WEBHOOK_NETWORKS`";

/// Refuses a machine that is not to be reached. `plain` says that the request is not encrypted.
///
/// # Errors
/// Why, and how to fix it.
pub fn expect_reachable(address: IpAddr, plain: bool, networks: &[IpNet]) -> Result<(), String> {
    if networks.iter().any(|network| network.contains(&address)) {
        return Ok(());
    }
    match kind(address) {
        Some(kind) => Err(format!("{address} is {kind}: {ALLOW}")),
        None if plain => Err(NEEDS_TLS.to_owned()),
        None => Ok(()),
    }
}

/// What an address is, unless it is that of a public machine.
fn kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    let kind = match address.octets() {
        [127, ..] => "a loopback address",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "a private address",
        [169, 254, 169, 254] | [100, 100, 100, 200] => METADATA,
        _ if address == AZURE => METADATA,
        [169, 254, ..] => "a link-local address",
        [100, 64..=127, ..] => "an address that carriers share",
        [0, ..] => "an address of this network",
        [224..=239, ..] => "a multicast address",
        [192, 0, 0 | 2, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [240..=255, ..] => "a reserved address",
        _ => return None,
    };
    Some(kind)
}

/// Returns true if public addresses that begin so are reserved for examples and protocols.
const fn reserved(first: u16, second: u16) -> bool {
    matches!((first, second), (0x2001, 0xdb8 | 0x0001..=0x01ff) | (0x3fff, 0..=0xfff))
}

fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    let kind = match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "an address of this network",
        [0, 0, 0, 0, 0, 0, 0, 1] => "a loopback address",
        [0, 0, 0, 0, 0, 0xffff, ..] => "an IPv4 address written as IPv6",
        [0, 0, 0, 0, 0, 0, ..] | [0x64, 0xff9b, ..] | [0x2002, ..] | [0x2001, 0, ..] => {
            "an address with an IPv4 address in it"
        }
        [0xfd00, 0xec2, ..] => METADATA,
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => "a private address",
        [0xfe80..=0xfebf, ..] => "a link-local address",
        [0xff00..=0xffff, ..] => "a multicast address",
        [first @ 0x2000..=0x3fff, second, ..] if !reserved(first, second) => return None,
        _ => "a reserved address",
    };
    Some(kind)
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
