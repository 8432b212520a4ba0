//! `smep client`.

use api::identity::client::{self, NewClient};
use api::kernel::base::reply::Reply;
use api::kernel::base::settings::DatabaseSettings;
use api::kernel::resource::write::Write;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Outcome, print, state, system, told};

/// The partner systems of a hub.
#[derive(Subcommand)]
pub enum Client {
    /// Make a client
    Add(Add),
}

/// Makes a client, and prints its id and secret as a line of JSON. The secret is shown this once.
#[derive(Args)]
pub struct Add {
    /// The hub's slug
    #[arg(long)]
    hub: String,
    /// What people call it
    #[arg(long)]
    name: String,
    /// What it may do, such as schools:read; may be given several times, or several at once
    #[arg(long = "scope", value_name = "SCOPE", required = true, num_args = 1..)]
    scopes: Vec<String>,
    /// The system whose external ids it may write
    #[arg(long)]
    system: Option<String>,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Client {
    /// Does what was asked for.
    pub async fn run(self) -> Outcome {
        let Self::Add(Add { hub, name, scopes, system: key_system, database }) = self;
        let state = state(database).await?;
        let caller = system(&state, &hub).await?;
        let scopes = scopes.iter().flat_map(|scope| scope.split([' ', ','])).map(str::to_owned);
        let form = NewClient { name, scopes: scopes.collect(), system: key_system };
        let done = Write::run(&caller, async |write| {
            let made = client::make(write, form.clone()).await?;
            Reply::ok(&json!({
                "id": made.id,
                "client_id": made.id,
                "client_secret": made.client_secret,
            }))
        });
        print(done.await.map_err(told)?)
    }
}
