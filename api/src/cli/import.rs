//! `smep import`.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use api::exchange::import::job::{self, Job};
use api::exchange::import::plan::Tally;
use api::exchange::import::record::Wanted;
use api::exchange::import::{self, Import};
use api::kernel::base::settings::DatabaseSettings;
use api::kernel::caller::permission::Scope;
use api::kernel::resource::write::Write;
use clap::{Args, Subcommand, ValueEnum};
use entity::exchange::import::{ImportMode, ImportSource, ImportState};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Outcome, state, system, told};

/// How often the bar is drawn.
const DRAWN: Duration = Duration::from_millis(100);

/// Take in files.
#[derive(Subcommand)]
pub enum ImportCommand {
    /// Take in a file of the Department for Education (GIAS)
    Gias(Gias),
    /// Take in a file with results of exams
    Exams(Exams),
}

/// Takes in a file of the Department for Education.
#[derive(Args)]
pub struct Gias {
    #[command(flatten)]
    taken: Taken,

    /// What kind of file it is
    #[arg(long, default_value = "register")]
    source: Kind,
}

/// Takes in a file with results of exams.
#[derive(Args)]
pub struct Exams {
    #[command(flatten)]
    taken: Taken,

    /// What kind of file it is
    #[arg(long, default_value = "entries")]
    source: ExamKind,

    /// The academic year, such as 2022/23, for a file that does not state it
    #[arg(long)]
    academic_year: Option<String>,
}

/// The file, and how it is taken.
#[derive(Args)]
struct Taken {
    #[command(flatten)]
    database: DatabaseSettings,

    /// The file: CSV, or XLSX for sheets of exam results
    file: PathBuf,

    /// The hub's slug
    #[arg(long)]
    hub: String,

    /// What happens to good rows when others are rejected: each is taken by itself, or all or none
    #[arg(long, default_value = "each")]
    mode: Mode,

    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,
}

/// The kinds of file of the register.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// edubasealldata
    Register,
    /// links_edubasealldata
    Links,
    /// grouplinks_edubaseallacademiesandfree
    GroupLinks,
}

/// The kinds of file with results of exams.
#[derive(Clone, Copy, ValueEnum)]
enum ExamKind {
    /// Subject entries and grades of schools, one figure a row
    Entries,
    /// A workbook, one institution a row
    Sheet,
    /// england_ks5final
    Ks5,
    /// Subject entries and grades of local authorities, regions and England
    Statistics,
}

/// The modes.
#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Good rows are taken, others rejected
    Each,
    /// All rows are taken, or none is
    Atomic,
}

impl ImportCommand {
    /// Runs the import to its end.
    pub async fn run(self) -> Outcome {
        match self {
            Self::Gias(Gias { taken, source }) => {
                let source = match source {
                    Kind::Register => ImportSource::GiasRegister,
                    Kind::Links => ImportSource::GiasLinks,
                    Kind::GroupLinks => ImportSource::GiasGroupLinks,
                };
                Box::pin(taken.run(source, None)).await
            }
            Self::Exams(Exams { taken, source, academic_year }) => {
                let source = match source {
                    ExamKind::Entries => ImportSource::ExamEntries,
                    ExamKind::Sheet => ImportSource::ExamSheet,
                    ExamKind::Ks5 => ImportSource::ExamKs5,
                    ExamKind::Statistics => ImportSource::ExamStatistics,
                };
                Box::pin(taken.run(source, academic_year)).await
            }
        }
    }
}

impl Taken {
    async fn run(self, source: ImportSource, academic_year: Option<String>) -> Outcome {
        let mode = match self.mode {
            Mode::Each => ImportMode::Each,
            Mode::Atomic => ImportMode::Atomic,
        };
        let unread = |error: std::io::Error| format!("{}: {error}", self.file.display());
        let mut file = File::open(&self.file).map_err(unread)?;
        let bytes = file.metadata().map_err(unread)?.len();
        let state = state(self.database).await?;
        let caller = system(&state, &self.hub).await?.under(Scope::WriteImports).ok_or("the scope is missing")?;
        job::check(&mut file, source, caller.today(), academic_year.as_deref()).map_err(told)?;
        let file_name = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        let wanted = Wanted { source, mode, dry_run: self.dry_run, file_name, academic_year, bytes };
        let begun = Write::value_of(&caller, async |write| import::begin(write, wanted.clone()).await);
        let record = begun.await.map_err(told)?;
        let (tally, id) = (Tally::default(), record.import.id);
        let bar = bar(bytes);
        let running = job::run(Job { caller: caller.clone(), record, file }, &tally);
        tokio::select! {
            () = running => {}
            () = draw(&bar, &tally) => {}
        }
        bar.finish_and_clear();
        let import = import::find(&caller, id).await.map_err(told)?;
        summary(&import);
        match import.error {
            None if import.state == ImportState::Finished => Ok(()),
            None => Err(format!("the import is {}", import.state)),
            Some(error) => Err(error.message),
        }
    }
}

fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let style = ProgressStyle::with_template("{msg:10} {bar:40} {percent:>3} %  {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Draws how far the import has come, and has it cancelled at Ctrl-C, until it has ended.
async fn draw(bar: &ProgressBar, tally: &Tally) {
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            _ = &mut interrupted, if !tally.cancelled.get() => {
                tally.cancelled.set(true);
                bar.set_message("cancelling");
            }
            () = tokio::time::sleep(DRAWN) => {}
        }
        let (written, to_write) = (tally.written.get(), tally.to_write.get());
        let read = tally.bytes_read.get();
        if written > 0 {
            bar.set_length(to_write.unsigned_abs());
            bar.set_position(written.unsigned_abs());
            bar.set_message("writing");
        } else {
            bar.set_position(read);
            bar.set_message("reading");
        }
    }
}

fn summary(import: &Import) {
    let dry = if import.dry_run { " (dry run: nothing was written)" } else { "" };
    println!("import {} {}{dry}", import.id, import.state);
    for (count, what) in [
        (import.read, "read"),
        (import.created, "created"),
        (import.updated, "updated"),
        (import.unchanged, "unchanged"),
        (import.rejected, "rejected"),
        (import.out_of_area, "out of area"),
        (import.out_of_scope, "out of scope"),
        (import.missing_from_source, "missing from source"),
        (import.implied, "implied"),
        (import.warned, "with warnings"),
        (import.written, "items written"),
    ] {
        println!("{count:>9}  {what}");
    }
    println!("encoding: {}", import.encoding.as_deref().unwrap_or("unknown"));
    if !import.missing_columns.is_empty() {
        println!("columns missing: {}", import.missing_columns.join(", "));
    }
    if let Some(note) = &import.note {
        println!("note: {note}");
    }
}
