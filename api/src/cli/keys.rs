//! `smep keys`.

use api::kernel::base::clock::Clock;
use api::kernel::base::reply::Reply;
use api::kernel::base::settings::{DatabaseSettings, SealKey};
use api::kernel::database::db::Db;
use api::kernel::edge::auth::keeping;
use api::kernel::edge::auth::{KeyError, Keys as SigningKeys, Seal};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::{Outcome, open, print, told};

/// The keys that sign tokens.
#[derive(Subcommand)]
pub enum Keys {
    /// List the keys, newest first, each as a line of JSON
    List(Place),
    /// Make a new key; the old ones verify until their last token has expired
    Rotate(Place),
    /// Seal every key and secret in the database that is not sealed yet
    ///
    /// For a database that was used without SMEP_SEAL_KEY before. Stop the service, seal, and start
    /// it with the key. Keys that lay open may have been copied: `smep keys rotate` replaces the
    /// one that signs, `smep keys revoke` ends it.
    Seal(Place),
    /// End a key at once: its tokens are refused everywhere within five seconds
    ///
    /// When it is the key that signs, a new one takes its place. Sign-ins go on: clients refresh
    /// their tokens.
    Revoke(Revoke),
}

/// Where the keys are, and what seals them.
#[derive(Args)]
pub struct Place {
    #[command(flatten)]
    database: DatabaseSettings,
    /// 32 bytes in base64url that seal keys in the database
    #[arg(long, env = "SMEP_SEAL_KEY", value_name = "KEY", hide_env_values = true)]
    seal_key: Option<SealKey>,
}

#[derive(Args)]
pub struct Revoke {
    /// The key's name, as `smep keys list` and the header of a token show it
    kid: String,
    #[command(flatten)]
    place: Place,
}

impl Keys {
    /// Does what was asked for.
    pub async fn run(self) -> Outcome {
        let clock = Clock::system();
        match self {
            Self::List(place) => {
                let (db, _) = place.open().await?;
                keeping::list(&db).await.map_err(line)?.iter().try_for_each(show)
            }
            Self::Rotate(place) => {
                let (db, seal) = place.open().await?;
                let kid = SigningKeys::rotate(&db, &seal, clock.now()).await.map_err(line)?;
                show(&json!({ "kid": kid }))
            }
            Self::Seal(place) => {
                let (db, seal) = place.open().await?;
                if !seal.seals() {
                    return Err("there is nothing to seal with: set SMEP_SEAL_KEY".to_owned());
                }
                let sealed = keeping::seal_all(&db, &seal).await.map_err(line)?;
                show(&json!({ "sealed": sealed }))
            }
            Self::Revoke(Revoke { kid, place }) => {
                let (db, seal) = place.open().await?;
                let revoked = keeping::revoke(&db, &seal, &kid, clock.now()).await.map_err(line)?;
                show(&revoked.ok_or_else(|| format!("there is no key {kid}: `smep keys list` shows them"))?)
            }
        }
    }
}

impl Place {
    async fn open(&self) -> Result<(Db, Seal), String> {
        let db = open(&self.database).await?;
        Ok((db, Seal::new(self.seal_key.as_ref().map(SealKey::bytes))))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn line(error: KeyError) -> String {
    error.to_string()
}

fn show(value: &impl Serialize) -> Outcome {
    print(Reply::ok(value).map_err(told)?)
}
