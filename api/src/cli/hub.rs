//! `smep hub`.

use api::identity::hub;
use api::kernel::base::reply::Reply;
use api::kernel::base::settings::DatabaseSettings;
use api::kernel::caller::tenancy::Caller;
use api::kernel::resource::write::Write;
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{Outcome, print, state, told};

/// The hubs of the platform.
#[derive(Subcommand)]
pub enum Hub {
    /// Make a hub
    Add(Add),
}

/// Makes a hub without users, and prints its id as a line of JSON.
#[derive(Args)]
pub struct Add {
    /// Its short name in addresses and at sign-in: lower-case letters, digits, hyphens
    #[arg(long)]
    slug: String,
    /// Its name
    #[arg(long)]
    name: String,
    /// The code of a local authority it serves, three digits; may be given several times
    #[arg(long = "la", value_name = "CODE")]
    la_codes: Vec<String>,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Hub {
    /// Does what was asked for.
    pub async fn run(self) -> Outcome {
        let Self::Add(Add { slug, name, la_codes, database }) = self;
        let state = state(database).await?;
        let hub_id = Uuid::now_v7();
        let caller = Caller::system(state, hub_id);
        let done = Write::run(&caller, async |write| {
            let hub = hub::make(write, slug.clone(), name.clone(), la_codes.clone(), None).await?;
            Reply::ok(&json!({ "id": hub.id, "slug": hub.slug }))
        });
        print(done.await.map_err(told)?)
    }
}
