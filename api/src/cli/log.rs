//! Where log lines go: standard error, so that a command's output stays its own.

use std::io::{BufWriter, IsTerminal, stderr};

use api::kernel::settings::{LogFormat, LogSettings};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

/// How many lines may wait to be written. Beyond it lines are lost, so that no request waits for
/// whatever reads the log.
const WAITING: usize = 20_000;

/// Begins to log, until what it gives is dropped. Lines are written by a thread of their own, many
/// at once where many wait.
pub fn start(settings: &LogSettings) -> Result<WorkerGuard, String> {
    let filter: Targets = settings.log.parse().map_err(|error| format!("SMEP_LOG={}: {error}", settings.log))?;
    let lines = NonBlockingBuilder::default().buffered_lines_limit(WAITING).thread_name("log");
    let (writer, guard) = lines.finish(BufWriter::new(stderr()));
    let lines = fmt::layer().with_writer(writer);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match settings.log_format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let started = tracing_subscriber::registry().with(lines).with(filter).try_init();
    started.map_err(|error| format!("cannot log: {error}"))?;
    Ok(guard)
}
