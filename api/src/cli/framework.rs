//! `smep framework`.

use std::fs;
use std::path::PathBuf;

use api::frameworks::framework::Framework;
use api::frameworks::framework::transition::PUBLISH;
use api::frameworks::store;
use api::frameworks::tree::create;
use api::frameworks::tree::form::NewFrameworkTree;
use api::kernel::base::reply::Reply;
use api::kernel::base::settings::DatabaseSettings;
use api::kernel::base::strict::strict;
use api::kernel::caller::permission::Scope;
use api::kernel::caller::tenancy::Caller;
use api::kernel::operations::crud;
use api::kernel::resource::lifecycle;
use api::kernel::resource::write::Write;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Outcome, print, state, system, told};

/// The frameworks of a hub.
#[derive(Subcommand)]
pub enum FrameworkCommand {
    /// List the frameworks of a hub
    List(List),
    /// Write a framework to standard output, as a file that `import` takes
    Export(Export),
    /// Create a framework from a file
    Import(Import),
}

/// Prints one line of JSON for each framework: id, kind, title, edition and status.
#[derive(Args)]
pub struct List {
    /// The hub's slug
    #[arg(long)]
    hub: String,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Prints a framework as JSON, in the form of `POST /frameworks`.
#[derive(Args)]
pub struct Export {
    /// The framework's id
    id: Uuid,
    /// The hub's slug
    #[arg(long)]
    hub: String,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Creates a draft framework from a file in the format of `export`, and prints the framework as one line of JSON.
#[derive(Args)]
pub struct Import {
    /// The JSON file
    file: PathBuf,
    /// The hub's slug
    #[arg(long)]
    hub: String,
    /// Publish it at once
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl FrameworkCommand {
    /// Does what was asked for.
    pub async fn run(self) -> Outcome {
        match self {
            Self::List(list) => list.run().await,
            Self::Export(export) => export.run().await,
            Self::Import(import) => Box::pin(import.run()).await,
        }
    }
}

impl List {
    async fn run(self) -> Outcome {
        let caller = caller(self.database, &self.hub, Scope::ReadFrameworks).await?;
        for framework in store::all(&caller).await.map_err(told)? {
            print(Reply::ok(&framework).map_err(told)?)?;
        }
        Ok(())
    }
}

impl Export {
    async fn run(self) -> Outcome {
        let caller = caller(self.database, &self.hub, Scope::ReadFrameworks).await?;
        print(store::export(&caller, self.id).await.map_err(told)?)
    }
}

impl Import {
    async fn run(self) -> Outcome {
        let unread = |error: &dyn std::fmt::Display| format!("{}: {error}", self.file.display());
        let text = fs::read(&self.file).map_err(|error| unread(&error))?;
        let value = strict(&text).map_err(|problem| unread(&problem.detail()))?;
        let caller = caller(self.database, &self.hub, Scope::WriteFrameworks).await?;
        let form: NewFrameworkTree = caller.state().document.decode(value).map_err(told)?;
        let done = Write::run(&caller, async |write| {
            let mut framework = create::plant(write, form.clone()).await?;
            if self.publish {
                framework = lifecycle::enter::<Framework>(write, framework, &PUBLISH).await?;
            }
            crud::answer::<Framework>(&caller, &framework, true)
        });
        print(done.await.map_err(told)?)
    }
}

async fn caller(database: DatabaseSettings, hub: &str, scope: Scope) -> Result<Caller, String> {
    let state = state(database).await?;
    system(&state, hub).await?.under(scope).ok_or_else(|| "the scope is missing".to_owned())
}
