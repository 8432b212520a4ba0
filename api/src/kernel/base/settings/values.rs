//! The kinds of value that settings take. Each parser's error says what to write instead.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use actix_web::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;

/// Which database, and where. Shows itself without a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, with the parameters of sqlx after a `?` (`mode=rwc` creates it).
    Sqlite {
        /// The file.
        path: PathBuf,
        /// True if the address itself says to create a missing file or not to.
        create: bool,
    },
    /// A connection string.
    Postgres(String),
}

impl DatabaseUrl {
    /// The file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite { path, .. } => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let file = match text.strip_prefix("sqlite:") {
            Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
            None if text.contains("://") => {
                return Err("expected a SQLite file (smep.db, sqlite://smep.db) or \
                            postgres://USER:PASSWORD@HOST/NAME"
                    .to_owned());
            }
            None => text,
        };
        let (path, query) = file.split_once('?').unwrap_or((file, ""));
        if path.is_empty() || path.starts_with(':') {
            return Err("expected the path of a file, since several connections share the \
                        database (smep.db)"
                .to_owned());
        }
        let mut create = true;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter {
                "mode=rwc" => create = true,
                "mode=rw" => create = false,
                other => {
                    return Err(format!(
                        "unknown parameter {other} (mode=rwc creates a missing file, mode=rw \
                         does not)"
                    ));
                }
            }
        }
        Ok(Self::Sqlite { path: PathBuf::from(path), create })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path, .. } => write!(f, "SQLite {}", path.display()),
            Self::Postgres(url) => {
                let place = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = place.split('?').next().unwrap_or_default();
                let place = place.rsplit('@').next().unwrap_or_default();
                write!(f, "PostgreSQL {place}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address and port, or a name and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen(String);

impl Listen {
    /// As `bind` takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let valid = text.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty()
                && port.parse::<u16>().is_ok()
                && (!host.contains(':') || (host.starts_with('[') && host.ends_with(']')))
        });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected an address and a port such as 127.0.0.1:8080 or [::]:8080".to_owned())
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An `http` or `https` address without a query, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if it begins with `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri = text.parse::<Uri>().ok().filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
                && !text.contains(['#', '@'])
        });
        match uri {
            Some(_) => Ok(Self(text.trim_end_matches('/').to_owned())),
            None => Err("expected an address such as https://smep.example.org".to_owned()),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An `http` or `https` address at whose end a token is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationUrl(String);

impl FromStr for InvitationUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let page = text.split(['#', '?']).next().unwrap_or_default();
        let plain = text.len() <= 1000 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if plain && page.parse::<PublicUrl>().is_ok() {
            Ok(Self(text.to_owned()))
        } else {
            Err("expected an address such as https://music.example/invite#token=".to_owned())
        }
    }
}

impl fmt::Display for InvitationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A web origin, or `*` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Returns true if it stands for every origin.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// As a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self(text.to_owned()));
        }
        let url = text
            .parse::<PublicUrl>()
            .ok()
            .filter(|url| url.0.split_once("://").is_some_and(|(_, host)| !host.contains('/')));
        match url {
            Some(url) => Ok(Self(url.0.to_ascii_lowercase())),
            None => Err("expected origins such as https://app.example,http://localhost:5173, or *".to_owned()),
        }
    }
}

/// The key that seals secrets at rest. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// The key itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for SealKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| {
                "expected 32 bytes in base64url, as `openssl rand -base64 32 | tr '+/' '-_'` \
                 prints them"
                    .to_owned()
            })
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// A length of time in seconds, fractions allowed.
pub fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (0.1..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "expected seconds, from 0.1 to 3600".to_owned())
}

/// A size in bytes, KiB or MiB.
pub fn body_size(text: &str) -> Result<usize, String> {
    bytes(text)
        .filter(|size| (1024..=256 << 20).contains(size))
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| "expected a size from 1KiB to 256MiB, such as 1MiB".to_owned())
}

/// A size on disk.
pub fn disk_size(text: &str) -> Result<u64, String> {
    bytes(text)
        .filter(|size| (16 << 20..=1 << 40).contains(size))
        .ok_or_else(|| "expected a size from 16MiB to 1024GiB, such as 2GiB".to_owned())
}

fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.find(|c: char| !c.is_ascii_digit()).map_or((text, ""), |at| text.split_at(at));
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// A network, or one address as a network of its own.
pub fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .ok()
        .or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
        .ok_or_else(|| "expected networks such as 10.0.0.0/8,192.0.2.7".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_path_or_an_address() {
        for text in ["a/smep.db", "sqlite:a/smep.db", "sqlite://a/smep.db?mode=rwc"] {
            let url = text.parse::<DatabaseUrl>().unwrap();
            assert_eq!(url.path(), Some(Path::new("a/smep.db")), "{text}");
        }
        let url = "sqlite:///var/smep.db?mode=rw".parse::<DatabaseUrl>().unwrap();
        assert_eq!(url, DatabaseUrl::Sqlite { path: "/var/smep.db".into(), create: false });
    }

    #[test]
    fn no_secret_is_shown() {
        let url = "postgres://me:hush@db/smep?password=hush".parse::<DatabaseUrl>().unwrap();
        assert_eq!(format!("{url} {url:?}"), "PostgreSQL db/smep PostgreSQL db/smep");
        let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse::<SealKey>().unwrap();
        assert_eq!(format!("{key:?}"), "SealKey(..)");
    }

    #[test]
    fn sizes_take_units() {
        assert_eq!(body_size("2048"), Ok(2048));
        assert_eq!(body_size("2MiB"), Ok(2 << 20));
        assert!(body_size("12").is_err());
        assert_eq!(disk_size("2GiB"), Ok(2 << 30));
        assert!(disk_size("1MiB").is_err() && disk_size("99999999999GiB").is_err());
    }
}
