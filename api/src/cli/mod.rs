//! The command line: one file per command.

mod backup;
mod client;
mod feed;
mod follow;
mod framework;
mod health;
mod hub;
mod import;
mod keys;
mod log;
mod migrate;
mod openapi;
mod serve;
mod sync;
mod user;

use std::process::ExitCode;

use api::identity::store;
use api::kernel::base::clock::Clock;
use api::kernel::base::problem::{Fault, Problem};
use api::kernel::base::reply::Reply;
use api::kernel::base::settings::{DatabaseSettings, Settings, without_empty_variables};
use api::kernel::caller::state::State;
use api::kernel::caller::tenancy::Caller;
use api::kernel::database::db::Db;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// The School Music Education Plan service.
#[derive(Parser)]
#[command(name = "smep", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(Box<serve::Serve>),
    /// Bring the database's schema up to date
    Migrate(migrate::Migrate),
    /// Make a hub
    #[command(subcommand)]
    Hub(hub::Hub),
    /// Make, disable and reset the users of a hub
    #[command(subcommand)]
    User(user::User),
    /// Make a partner system's client
    #[command(subcommand)]
    Client(client::Client),
    /// Change the keys that sign tokens
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Look after the change feed
    #[command(subcommand)]
    Feed(feed::Feed),
    /// Keep a copy of a hub's items in a SQL database, or print them as lines of JSON
    Follow(follow::Follow),
    /// List, export and import frameworks
    #[command(subcommand)]
    Framework(framework::FrameworkCommand),
    /// Take in a file
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Check a mapping of a music service's database, or run the sync with it
    Sync(Box<sync::SyncCommand>),
    /// Copy a SQLite database to a new file, while the service runs
    Backup(backup::Backup),
    /// Ask the instance on this machine whether it is ready
    Health(health::Health),
    /// Print the API document
    Openapi(openapi::Openapi),
}

/// What a command ends with: the error is one line that says what to do.
type Outcome = Result<(), String>;

/// Runs the command that the program was called with.
pub fn run() -> ExitCode {
    let cli =
        without_empty_variables(Cli::command()).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let outcome = match cli {
        Ok(cli) => actix_web::rt::System::new().block_on(perform(cli.command)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // Nothing is left to do when the reader of the help has gone.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("smep: {}", one_line(&error));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("smep: {}", fault.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

async fn perform(command: Command) -> Outcome {
    match command {
        Command::Serve(serve) => serve.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Backup(backup) => backup.run().await,
        Command::Health(health) => health.run(),
        Command::Openapi(openapi) => openapi.run(),
        Command::Feed(feed) => feed.run().await,
        Command::Follow(follow) => follow.run().await,
        Command::Framework(framework) => framework.run().await,
        Command::Hub(hub) => hub.run().await,
        Command::Import(import) => import.run().await,
        Command::Sync(sync) => sync.run().await,
        Command::User(user) => user.run().await,
        Command::Client(client) => client.run().await,
        Command::Keys(keys) => keys.run().await,
    }
}

/// What is wrong with the command line, and the variable that may have said it.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let told: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let told = told.join(" ");
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    let flag = error.get(clap::error::ContextKind::InvalidArg).map(ToString::to_string);
    let variable = flag.and_then(|flag| {
        let long = flag.strip_prefix("--")?.split([' ', '=']).next()?.to_owned();
        variable(&Cli::command(), &long)
    });
    match variable {
        Some(variable) => format!("{told}; set {variable} or the flag"),
        None => format!("{told}; see smep --help"),
    }
}

/// The variable of a flag, in whichever command it is.
fn variable(command: &clap::Command, long: &str) -> Option<String> {
    command
        .get_arguments()
        .find(|argument| argument.get_long() == Some(long))
        .and_then(|argument| argument.get_env())
        .map(|name| name.to_string_lossy().into_owned())
        .or_else(|| command.get_subcommands().find_map(|command| variable(command, long)))
}

/// Opens a database that is there and up to date, as a command needs that changes its data.
async fn open(settings: &DatabaseSettings) -> Result<Db, String> {
    let db = Db::open_existing(settings).await?;
    let pending = db.pending().await?;
    if pending.is_empty() { Ok(db) } else { Err(migrate::told(&pending)) }
}

/// Opens the service over that database, as far as a command needs it. The other settings come from the
/// environment.
async fn state(database: DatabaseSettings) -> Result<State, String> {
    // A mapping of the sync that cannot work keeps nobody from anything else.
    state_with(database, |settings| settings.sync = None).await
}

/// As [`state`], with some settings set otherwise.
async fn state_with(database: DatabaseSettings, set: impl FnOnce(&mut Settings)) -> Result<State, String> {
    let db = open(&database).await?;
    let settings = Settings::from_flags([]).map_err(|error| one_line(&error))?;
    let mut settings = Settings { database, ..settings };
    set(&mut settings);
    api::app::state(db, Clock::system(), settings).await
}

/// The command line itself, acting in the hub with a slug.
async fn system(state: &State, slug: &str) -> Result<Caller, String> {
    let hub = store::hub_named(state.db.read(), slug).await.map_err(told)?;
    let hub = hub.ok_or_else(|| format!("there is no hub with the slug {slug}"))?;
    Ok(Caller::system(state.clone(), hub.id))
}

/// What is wrong, on one line.
#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn told(problem: Problem) -> String {
    // A field of a flat form is named as it is, a place further down by its whole path.
    let fault = |fault: &Fault| match fault.pointer.strip_prefix('/').unwrap_or_default() {
        "" => fault.message.clone(),
        field => format!("{field}: {}", fault.message),
    };
    match problem.errors() {
        [] => problem.detail().to_owned(),
        faults => faults.iter().map(fault).collect::<Vec<_>>().join("; "),
    }
}

/// Prints what was made as one line of JSON.
fn print(reply: Reply) -> Outcome {
    use std::io::Write;
    let body = reply.body.map(|(_, body)| body).unwrap_or_default();
    let mut out = std::io::stdout();
    out.write_all(&body)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(|error| format!("cannot print what was made: {error}"))
}
