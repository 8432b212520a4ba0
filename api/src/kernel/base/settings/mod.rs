//! Every setting: a flag and an environment variable each, checked before anything starts.

mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use entity::concealed::Concealed;
use ipnet::IpNet;

pub use values::{DatabaseUrl, InvitationUrl, Listen, Origin, PublicUrl, SealKey};
use values::{body_size, disk_size, network, seconds};

/// Where the data is and how it is reached. Every command takes these.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// The database: a SQLite file (a path or sqlite://FILE) or postgres://USER:PASSWORD@HOST/NAME
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        default_value = "sqlite://smep.db?mode=rwc",
        hide_env_values = true
    )]
    pub database_url: DatabaseUrl,

    /// Connections for requests: SQLite's readers (4 to 8 serve best), or the whole pool on
    /// PostgreSQL
    #[arg(long, env = "SMEP_READ_CONNECTIONS", value_name = "COUNT", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=200))]
    pub read_connections: u32,

    /// Connections set aside for reports and exports
    #[arg(long, env = "SMEP_REPORT_CONNECTIONS", value_name = "COUNT", default_value_t = 2)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=50))]
    pub report_connections: u32,

    /// Seconds that a request waits for the database in all, before the reply is 503 with `Retry-After`
    #[arg(long, env = "SMEP_DATABASE_TIMEOUT", value_name = "SECONDS", default_value = "5")]
    #[arg(value_parser = seconds)]
    pub database_timeout: Duration,

    /// full: a write that was acknowledged survives power loss. normal: faster, and the last
    /// writes may be lost with the power (SQLite only)
    #[arg(long, env = "SMEP_SQLITE_SYNCHRONOUS", value_name = "MODE", default_value = "full")]
    pub sqlite_synchronous: Synchronous,
}

/// How long SQLite waits for the disk at each commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Synchronous {
    /// A commit is on the disk before it is acknowledged.
    Full,
    /// The last commits may be lost with the power.
    Normal,
    /// For throw-away databases of tests.
    #[value(hide = true)]
    Off,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for collectors.
    Json,
}

/// What is logged, and how. Every command takes these.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Log")]
pub struct LogSettings {
    /// What is logged, as levels by part of the program (info, or warn,api=debug)
    #[arg(long, env = "SMEP_LOG", value_name = "FILTER")]
    #[arg(default_value = "info,actix_server=warn,sea_orm_migration=warn,sqlx=warn")]
    pub log: String,

    /// How log lines are written
    #[arg(long, env = "SMEP_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// The settings of the running service.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would take a doc comment here for the command's help")]
    pub database: DatabaseSettings,

    /// Refuse to start when the database's schema is older than this program, instead of
    /// bringing it up to date
    #[arg(long, env = "SMEP_NO_MIGRATE", help_heading = "Database")]
    pub no_migrate: bool,

    /// The folder for files that are attached to items, the same for all instances; without it they are kept in the
    /// database
    #[arg(long, env = "SMEP_ATTACHMENT_FOLDER", value_name = "PATH", help_heading = "Service")]
    pub attachment_folder: Option<PathBuf>,

    /// The folder with the mapping files (*.toml) of the databases that hubs are kept in step with, or one such file
    #[arg(long, env = "SMEP_SYNC", value_name = "PATH", help_heading = "Service")]
    pub sync: Option<PathBuf>,

    /// Address and port to listen on
    #[arg(long, env = "SMEP_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    #[arg(help_heading = "Service")]
    pub listen: Listen,

    /// Another address and port to listen on, which alone shows /metrics, /docs and the API
    /// document; it answers the API too
    #[arg(long, env = "SMEP_OPERATIONS_LISTEN", value_name = "ADDRESS:PORT", help_heading = "Service")]
    pub operations_listen: Option<Listen>,

    /// Show no /metrics
    #[arg(long, env = "SMEP_NO_METRICS", help_heading = "Service")]
    pub no_metrics: bool,

    /// Show neither /docs nor the API document
    #[arg(long, env = "SMEP_NO_DOCS", help_heading = "Service")]
    pub no_docs: bool,

    /// The address by which clients know the service. It is the issuer of tokens, which is `smep`
    /// while this is not set [default: http:// and the address listened on]
    #[arg(long, env = "SMEP_PUBLIC_URL", value_name = "URL", help_heading = "Service")]
    pub public_url: Option<PublicUrl>,

    /// The address of the front end's page where invited users set a password, up to where the
    /// invitation's token follows (https://music.example/invite#token=)
    #[arg(long, env = "SMEP_INVITATION_URL", value_name = "URL", help_heading = "Service")]
    pub invitation_url: Option<InvitationUrl>,

    /// Threads that answer requests [default: one per processor]
    #[arg(long, env = "SMEP_WORKERS", value_name = "COUNT", help_heading = "Service")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=512))]
    pub workers: Option<u16>,

    /// Seconds that running requests have to finish when the service is stopped
    #[arg(long, env = "SMEP_SHUTDOWN_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    #[arg(value_parser = seconds, help_heading = "Service")]
    pub shutdown_timeout: Duration,

    /// Seconds between saying "not ready" and no longer listening, so that a load balancer
    /// notices first
    #[arg(long, env = "SMEP_SHUTDOWN_DELAY", value_name = "SECONDS", default_value = "1")]
    #[arg(value_parser = seconds, help_heading = "Service")]
    pub shutdown_delay: Duration,

    /// The largest request body, in bytes or with KiB or MiB
    #[arg(long, env = "SMEP_BODY_LIMIT", value_name = "SIZE", default_value = "1MiB")]
    #[arg(value_parser = body_size, help_heading = "Limits")]
    pub body_limit: usize,

    /// The largest file that can be sent in, in bytes or with KiB or MiB
    #[arg(long, env = "SMEP_UPLOAD_LIMIT", value_name = "SIZE", default_value = "256MiB")]
    #[arg(value_parser = body_size, help_heading = "Limits")]
    pub upload_limit: usize,

    /// The largest file that can be attached to an item, in bytes or with KiB or MiB
    #[arg(long, env = "SMEP_ATTACHMENT_LIMIT", value_name = "SIZE", default_value = "10MiB")]
    #[arg(value_parser = body_size, help_heading = "Limits")]
    pub attachment_limit: usize,

    /// Files that an item can have
    #[arg(long, env = "SMEP_ATTACHMENTS_PER_ITEM", value_name = "COUNT", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=200), help_heading = "Limits")]
    pub attachments_per_item: u64,

    /// Seconds in which a request's body has to arrive; of a file, each piece
    #[arg(long, env = "SMEP_BODY_TIMEOUT", value_name = "SECONDS", default_value = "15")]
    #[arg(value_parser = seconds, help_heading = "Limits")]
    pub body_timeout: Duration,

    /// Seconds for which a client may take nothing of a reply
    #[arg(long, env = "SMEP_SEND_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    #[arg(value_parser = seconds, help_heading = "Limits")]
    pub send_timeout: Duration,

    /// The bytes a second at which a client has to take a reply, in bytes or with KiB or MiB: one
    /// that is slower for longer than SMEP_SEND_TIMEOUT is cut
    #[arg(long, env = "SMEP_SEND_RATE", value_name = "SIZE", default_value = "8KiB")]
    #[arg(value_parser = body_size, help_heading = "Limits")]
    pub send_rate: usize,

    /// Seconds in which a client has to take a whole reply
    #[arg(long, env = "SMEP_REPLY_TIMEOUT", value_name = "SECONDS", default_value = "900")]
    #[arg(value_parser = seconds, help_heading = "Limits")]
    pub reply_timeout: Duration,

    /// Disk space in TMPDIR for exports and attachments that are being read, with MiB or GiB; each caller may fill
    /// a quarter of it
    #[arg(long, env = "SMEP_EXPORT_SPACE", value_name = "SIZE", default_value = "2GiB")]
    #[arg(value_parser = disk_size, help_heading = "Limits")]
    pub export_space: u64,

    /// Seconds in which a request's headers have to arrive
    #[arg(long, env = "SMEP_HEADER_TIMEOUT", value_name = "SECONDS", default_value = "10")]
    #[arg(value_parser = seconds, help_heading = "Limits")]
    pub header_timeout: Duration,

    /// Seconds that a connection may wait for its next request
    #[arg(long, env = "SMEP_KEEP_ALIVE", value_name = "SECONDS", default_value = "30")]
    #[arg(value_parser = seconds, help_heading = "Limits")]
    pub keep_alive: Duration,

    /// Requests per minute and caller on this instance; 0 switches the limit off
    #[arg(long, env = "SMEP_RATE_LIMIT", value_name = "COUNT", default_value_t = 600)]
    #[arg(help_heading = "Limits")]
    pub rate_limit: u32,

    /// Requests that a caller may make at once before the rate counts [default: SMEP_RATE_LIMIT]
    #[arg(long, env = "SMEP_RATE_BURST", value_name = "COUNT", help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub rate_burst: Option<u32>,

    /// Web origins whose pages may call the API, with commas between (https://app.example), or *
    #[arg(long, env = "SMEP_CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    #[arg(help_heading = "Network")]
    pub cors_origins: Vec<Origin>,

    /// Networks of proxies whose X-Forwarded-For is believed, with commas between (10.0.0.0/8)
    #[arg(long, env = "SMEP_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    #[arg(value_parser = network, help_heading = "Network")]
    pub trusted_proxies: Vec<IpNet>,

    /// Networks that are not public and that webhooks may reach all the same, without encryption too, with commas
    /// between (10.1.0.0/16)
    #[arg(long, env = "SMEP_WEBHOOK_NETWORKS", value_name = "NETWORKS", value_delimiter = ',')]
    #[arg(value_parser = network, help_heading = "Network")]
    pub webhook_networks: Vec<IpNet>,

    /// 32 bytes in base64url that seal signing keys and other secrets in the database
    #[arg(long, env = "SMEP_SEAL_KEY", value_name = "KEY", hide_env_values = true)]
    #[arg(help_heading = "Secrets")]
    pub seal_key: Option<SealKey>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would take a doc comment here for the command's help")]
    pub log: LogSettings,

    /// Fill an empty database with the demonstration hub, and refuse any other database
    #[arg(long, env = "SMEP_DEMO", help_heading = "Demonstration")]
    pub demo: bool,

    /// The password of every demonstration user [default: a random one, printed at the start]
    #[arg(long, env = "SMEP_DEMO_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    #[arg(help_heading = "Demonstration", value_parser = concealed)]
    pub demo_password: Option<Concealed>,
}

/// A setting that no log shows.
#[expect(clippy::unnecessary_wraps, reason = "what reads a setting may fail, for clap")]
fn concealed(text: &str) -> Result<Concealed, String> {
    Ok(text.into())
}

impl Settings {
    /// Reads the settings of a running service from flags, for the rest from the environment.
    pub fn from_flags<'a>(flags: impl IntoIterator<Item = &'a str>) -> Result<Self, clap::Error> {
        let command = clap::Command::new("smep").no_binary_name(true);
        let command = without_empty_variables(Self::augment_args(command));
        clap::FromArgMatches::from_arg_matches(&command.try_get_matches_from(flags)?)
    }

    /// The address by which clients know the service, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.to_string(),
            None => format!("http://{}", self.listen),
        }
    }

    /// What comes before the path of an address that is to be whole; nothing where only the address
    /// listened on is known, which may not be the one that clients use.
    #[must_use]
    pub fn public_base(&self) -> &str {
        self.public_url.as_ref().map_or("", PublicUrl::as_str)
    }

    /// Returns true if clients reach the service by TLS, at least up to a proxy in front of it.
    #[must_use]
    pub fn public_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }
}

/// An empty variable counts as unset, as `${SMEP_SEAL_KEY:-}` in a compose file leaves it.
#[must_use]
pub fn without_empty_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|argument| {
            let empty = argument.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
            if empty { argument.env(None::<&'static str>) } else { argument }
        })
        .mut_subcommands(without_empty_variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_default() {
        let settings = Settings::from_flags([]).unwrap();
        assert_eq!(settings.body_limit, 1 << 20);
        assert_eq!(settings.public_url(), "http://127.0.0.1:8080");
        assert!(settings.cors_origins.is_empty());
    }

    #[test]
    fn every_setting_is_a_flag_and_a_variable_with_a_heading() {
        let command = Settings::augment_args(clap::Command::new("smep"));
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if id == "help" {
                continue;
            }
            assert!(argument.get_env().is_some(), "{id} has no variable");
            assert!(argument.get_long().is_some(), "{id} has no flag");
            assert!(argument.get_help_heading().is_some(), "{id} has no heading");
        }
    }

    #[test]
    fn lists_are_split_at_commas() {
        let settings = Settings::from_flags([
            "--cors-origins=https://a.example,http://localhost:5173",
            "--trusted-proxies=10.0.0.0/8,192.0.2.1",
        ])
        .unwrap();
        assert_eq!(settings.cors_origins.len(), 2);
        assert_eq!(settings.trusted_proxies[1].to_string(), "192.0.2.1/32");
    }

    #[test]
    fn wrong_values_are_refused() {
        for flag in [
            "--listen=8080",
            "--listen=localhost:http",
            "--operations-listen=9090",
            "--database-url=mysql://x/y",
            "--database-url=sqlite::memory:",
            "--public-url=example.org",
            "--public-url=https://example.org/?a=b",
            "--invitation-url=music.example/invite",
            "--invitation-url=https://music.example/a b",
            "--cors-origins=https://a.example/path",
            "--trusted-proxies=10.0.0.0/40",
            "--webhook-networks=localhost",
            "--seal-key=abc",
            "--body-limit=1 apple",
            "--body-timeout=0",
            "--attachment-limit=1GiB",
            "--attachments-per-item=201",
            "--export-space=1MiB",
            "--rate-burst=0",
            "--workers=0",
            "--sqlite-synchronous=maybe",
        ] {
            assert!(Settings::from_flags([flag]).is_err(), "{flag}");
        }
    }
}
