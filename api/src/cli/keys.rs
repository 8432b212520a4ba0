//! `smep keys`.

use api::kernel::auth::{Keys as SigningKeys, Seal};
use api::kernel::clock::Clock;
use api::kernel::reply::Reply;
use api::kernel::settings::{DatabaseSettings, SealKey};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Outcome, open, print, told};

/// The keys that sign tokens.
#[derive(Subcommand)]
pub enum Keys {
    /// Make a new key; the old ones verify until their last token has expired
    Rotate(Rotate),
}

/// Makes a new key, and prints its name as a line of JSON. Running servers sign with it within a
/// minute, and accept it at once.
#[derive(Args)]
pub struct Rotate {
    #[command(flatten)]
    database: DatabaseSettings,
    /// 32 bytes in base64url that seal keys in the database
    #[arg(long, env = "SMEP_SEAL_KEY", value_name = "KEY", hide_env_values = true)]
    seal_key: Option<SealKey>,
}

impl Keys {
    /// Does what was asked for.
    pub async fn run(self) -> Outcome {
        let Self::Rotate(Rotate { database, seal_key }) = self;
        let db = open(&database).await?;
        let seal = Seal::new(seal_key.as_ref().map(SealKey::bytes));
        let kid = SigningKeys::rotate(&db, &seal, Clock::system().now()).await;
        let kid = kid.map_err(|error| error.to_string())?;
        print(Reply::ok(&json!({ "kid": kid })).map_err(told)?)
    }
}
