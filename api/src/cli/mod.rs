//! The command line: one file per command.

mod backup;
mod log;
mod migrate;
mod openapi;
mod serve;

use std::process::ExitCode;

use api::kernel::db::Db;
use api::kernel::settings::{DatabaseSettings, without_empty_variables};
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
    /// Copy a SQLite database to a new file, while the service runs
    Backup(backup::Backup),
    /// Print the API document
    Openapi,
}

/// What a command ends with: the error is one line that says what to do.
type Outcome = Result<(), String>;

/// Runs the command that the program was called with.
pub fn run() -> ExitCode {
    let cli = without_empty_variables(Cli::command())
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let outcome = match cli {
        Ok(cli) => actix_web::rt::System::new().block_on(perform(cli.command)),
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
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
        Command::Openapi => openapi::run(),
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
#[expect(dead_code, reason = "the commands of the parts use it")]
async fn open(settings: &DatabaseSettings) -> Result<Db, String> {
    let db = Db::open_existing(settings).await?;
    let pending = db.pending().await?;
    if pending.is_empty() { Ok(db) } else { Err(migrate::told(&pending)) }
}
