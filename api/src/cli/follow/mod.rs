//! `smep follow`: a copy of what a partner system may see, kept up by the change feed, over HTTP alone.
//!
//! - `http` asks the service: signs in, waits where the service asks to be left alone, tries again where it is away.
//! - `catalogue` reads from the API document which kinds of item there are, and which columns their tables have.
//! - `follower` decides what is done next: a new copy, or the next part of the feed.
//! - `target` is what a copy is written to: `tables` in a database, or `lines` on standard output.

mod catalogue;
mod fault;
mod follower;
mod http;
mod lines;
mod tables;
mod target;
mod window;

use std::time::Duration;

use clap::Args;
use url::{Host, Url};

use self::fault::Fault;
use self::follower::Follower;
use self::http::Http;
use self::lines::Lines;
use self::tables::Tables;
use super::Outcome;

/// Copies what a partner system may see, and goes on with what changes, until it is stopped.
///
/// It signs in with SMEP_CLIENT_ID and SMEP_CLIENT_SECRET from the environment. The client needs `exchange:read`, and
/// the scope of each list that is to be copied. Stop it whenever you like: it goes on where it was.
#[derive(Args)]
pub struct Follow {
    /// The address of the service, such as https://smep.example
    #[arg(long, value_name = "URL")]
    from: Url,
    /// A SQLite file, a postgres:// address, or - for lines of JSON on standard output. A password belongs into
    /// PGPASSWORD or ~/.pgpass
    #[arg(long, value_name = "TARGET", env = "SMEP_FOLLOW_TO", default_value = "-", hide_env_values = true)]
    to: String,
    /// Only these kinds of item, such as school,area; all that the client may see if absent
    #[arg(long = "resource", value_name = "KIND", value_delimiter = ',')]
    resources: Vec<String>,
    /// End when the copy is up to date
    #[arg(long)]
    once: bool,
    /// How many seconds to wait before asking for changes again, 0.1 to 86400
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    every: Duration,
    /// The schema of the tables, on PostgreSQL; it is made where it is missing
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// What the names of the tables begin with
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Go on after the last position that was printed, on standard output
    #[arg(long, value_name = "POSITION")]
    after: Option<String>,
    /// Send the secret without encryption to another machine, inside a network that is trusted
    #[arg(long)]
    allow_http: bool,
}

/// So many seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if (0.1..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("0.1 to 86400 seconds".to_owned())
    }
}

impl Follow {
    /// Follows until it is stopped, or with `--once` until the copy is up to date.
    pub async fn run(self) -> Outcome {
        encrypted(&self.from, self.allow_http)?;
        let secret = |name: &str| {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("set {name} to the client's, as `smep client add` printed it"))
        };
        let http = Http::new(self.from, secret("SMEP_CLIENT_ID")?, secret("SMEP_CLIENT_SECRET")?, self.once);
        let pace = (!self.once).then_some(self.every);
        let done = if self.to == "-" {
            if self.schema.is_some() || !self.prefix.is_empty() {
                return Err("--schema and --prefix are for databases: leave them out, or give one by --to".to_owned());
            }
            let lines = Lines::new(self.after.as_deref())?;
            Follower::new(&http, lines, self.resources, pace).run().await
        } else {
            if self.after.is_some() {
                return Err("a database knows its position: leave --after out".to_owned());
            }
            let tables = Tables::open(&self.to, self.schema, self.prefix).await.map_err(Fault::told)?;
            Follower::new(&http, tables, self.resources, pace).run().await
        };
        done.map_err(Fault::told)
    }
}

/// Refuses an address at which others could read the secret on its way.
fn encrypted(from: &Url, allowed: bool) -> Outcome {
    let here = match from.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(format!("{from} is no address of a service: give one such as https://smep.example")),
    };
    match from.scheme() {
        "https" => Ok(()),
        "http" if here || allowed => Ok(()),
        "http" => Err("the secret would be sent without encryption: use https, or --allow-http".to_owned()),
        _ => Err(format!("{from} is no address of a service: give one such as https://smep.example")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_leaves_the_machine_encrypted_unless_that_is_said() {
        let refused = |from: &str, allowed| encrypted(&from.parse().unwrap(), allowed).is_err();
        assert!(refused("http://smep.example", false));
        assert!(refused("ftp://smep.example", true));
        for (from, allowed) in [
            ("https://smep.example", false),
            ("http://127.0.0.1:8080", false),
            ("http://[::1]:8080", false),
            ("http://localhost:8080", false),
            ("http://smep:8080", true),
        ] {
            assert!(!refused(from, allowed), "{from}");
        }
    }
}
