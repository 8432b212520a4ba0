//! The benchmark: makes its data, measures the program `smep` as it is installed, and prints tables.
//!
//! It is run by hand. Its figures hold for one machine at one moment: only ratios within one
//! run say something about another.

mod bare;
mod database;
mod http;
mod load;
mod national;
mod program;
mod random;
mod register;
mod sections;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use api::kernel::base::settings::without_empty_variables;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use database::{Database, Engine};
use program::Program;
use sections::Bench;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a step ends with: the error is one line that says what to do.
type Outcome<T = ()> = Result<T, String>;

/// Measures the release build of smep and prints tables.
///
/// Build both first: `cargo build --release --workspace`. Variables of `smep serve` hold for the
/// service that is measured.
#[derive(Parser)]
#[command(name = "bench", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the bare handlers, to which the service is compared
    #[command(hide = true)]
    Bare(bare::Bare),
}

#[derive(Args)]
struct Run {
    /// The database to measure on; both if absent
    #[arg(long)]
    database: Option<Engine>,

    /// The sections to measure, with commas between; all if absent
    #[arg(long, value_delimiter = ',')]
    only: Vec<Section>,

    /// Seconds that a round of requests lasts
    #[arg(long, default_value_t = 3)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=20))]
    seconds: u64,

    /// The PostgreSQL server, on which a database is made and dropped
    #[arg(long, env = "TEST_DATABASE_URL", default_value = "postgres://postgres@127.0.0.1/postgres")]
    server: String,

    /// The folder with the Department's files; without it rows are invented
    #[arg(long, env = "TEST_DATA", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"))]
    data: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Reads and writes against bare handlers of the same SQL
    Reads,
    /// What the check of a token costs
    Token,
    /// Exports of 50,000 schools
    Exports,
    /// Imports of 50,000 rows, and what others notice of them
    Import,
    /// Imports of 1,000,000 results of exams
    Exams,
    /// What a hub asks about its visits and ratings, alone and among all hubs
    Year,
    /// What a hub asks about what it sells, its people and one school, alone and among all hubs
    Trade,
    /// How far a plan of live targets is, and every report, alone and among all hubs
    Reports,
}

impl Run {
    fn asks_for(&self, section: Section) -> bool {
        self.only.is_empty() || self.only.contains(&section)
    }
}

fn main() -> ExitCode {
    let given = without_empty_variables(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&given).unwrap_or_else(|error| error.exit());
    let outcome = actix_web::rt::System::new().block_on(async {
        match cli.command {
            Some(Command::Bare(bare)) => bare.run().await,
            // An interrupted run still stops what it started and drops its database.
            None => tokio::select! {
                done = measure(&cli.run) => done,
                _ = tokio::signal::ctrl_c() => Err("interrupted".to_owned()),
            },
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(run: &Run) -> Outcome {
    let program = Program::beside_this_one()?;
    println!("smep {}, {}", env!("CARGO_PKG_VERSION"), machine());
    if cfg!(debug_assertions) {
        println!("A DEBUG BUILD: its figures mean nothing. Run it with --release.");
    }
    for engine in Engine::value_variants() {
        if run.database.is_some_and(|one| one != *engine) {
            continue;
        }
        let round = Duration::from_secs(run.seconds);
        let database = Database::create(*engine, &run.server).await?;
        println!("\n{}", database.about().await?);
        if run.asks_for(Section::Year) {
            let database = Database::create(*engine, &run.server).await?;
            sections::year::measure(&program, &database, round).await?;
        }
        if run.asks_for(Section::Trade) {
            let database = Database::create(*engine, &run.server).await?;
            sections::trade::measure(&program, &database, round).await?;
        }
        if run.asks_for(Section::Reports) {
            let database = Database::create(*engine, &run.server).await?;
            sections::reports::measure(&program, &database, round).await?;
        }
        let own = |one: &Section| matches!(one, Section::Year | Section::Trade | Section::Reports);
        if !run.only.is_empty() && run.only.iter().all(own) {
            continue;
        }
        let bench = Bench::prepare(&program, &database, round).await?;
        if run.asks_for(Section::Reads) {
            sections::reads::measure(&bench).await?;
        }
        if run.asks_for(Section::Token) {
            sections::token::measure(&bench).await?;
        }
        if run.asks_for(Section::Exports) {
            sections::exports::measure(&bench).await?;
        }
        if run.asks_for(Section::Import) {
            sections::import::measure(&bench, &run.data).await?;
        }
        if run.asks_for(Section::Exams) {
            sections::exams::measure(&bench, &run.data).await?;
        }
    }
    Ok(())
}

/// The processor that everything runs on.
fn machine() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, name)| name);
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{build} build, {} cores of {model}, load before the run {load}", cores())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
